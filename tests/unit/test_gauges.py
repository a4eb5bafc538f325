"""Gauges out of tables: bounded labels, zeros for what is not there, nothing once the lead is lost."""

import asyncio
from typing import Any

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from contracts.catalogue import SERVICES
from services.kernel.gauges import KERNEL_GAUGES, OTHER, Gauge, Gauges
from services.kernel.settings import Region
from services.region.databases import service_of
from tests.harness.waiting import until

BY_SIZE = Gauge("wd_dogs", "Dogs by size", "SELECT dogs", {"size": ("small", "large")})
PLAIN = Gauge("wd_cats", "Cats", "SELECT cats")


class Tables:
    """A database that answers each query with the rows it was given, or is away."""

    def __init__(self, **rows: list[dict[str, Any]] | None) -> None:
        self._rows = rows
        self.asked: list[str] = []

    async def fetch(self, sql: str) -> list[dict[str, Any]]:
        self.asked.append(sql)
        rows = self._rows[sql.removeprefix("SELECT ")]
        if rows is None:
            raise asyncpg.InterfaceError("away")
        return rows


async def measured(tables: Tables, registry: CollectorRegistry, *gauges: Gauge) -> Gauges:
    found = Gauges("ledger", gauges, registry)
    await found.measure(tables)  # type: ignore[arg-type]
    return found


async def test_what_the_query_does_not_find_is_zero_and_what_is_not_declared_is_other() -> None:
    registry = CollectorRegistry()
    rows = [
        {"size": "small", "value": 3},
        {"size": "Fikkie", "value": 1},
        {"size": None, "value": 2},
    ]
    await measured(Tables(dogs=rows), registry, BY_SIZE)
    assert registry.get_sample_value("wd_dogs", {"size": "small"}) == 3
    assert registry.get_sample_value("wd_dogs", {"size": "large"}) == 0
    assert registry.get_sample_value("wd_dogs", {"size": OTHER}) == 3
    assert registry.get_sample_value("wd_dogs", {"size": "Fikkie"}) is None


async def test_one_that_cannot_be_measured_keeps_no_other_from_being_shown() -> None:
    registry = CollectorRegistry()
    await measured(Tables(dogs=None, cats=[{"value": 7}]), registry, BY_SIZE, PLAIN)
    assert registry.get_sample_value("wd_cats") == 7
    assert registry.get_sample_value("wd_dogs", {"size": "small"}) is None


async def test_what_takes_long_is_asked_less_often_and_keeps_its_last_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("services.kernel.gauges.time.monotonic", lambda: now)

    class Slow(Tables):
        async def fetch(self, sql: str) -> list[dict[str, Any]]:
            nonlocal now
            now += 2.0 if "dogs" in sql else 0.0
            return await super().fetch(sql)

    registry, tables = CollectorRegistry(), Slow(dogs=[{"size": "small", "value": 3}], cats=[{"value": 7}])
    found = await measured(tables, registry, BY_SIZE, PLAIN)
    for _ in range(19):
        now += 10
        await found.measure(tables)  # type: ignore[arg-type]
        assert registry.get_sample_value("wd_dogs", {"size": "small"}) == 3
    assert (tables.asked.count(BY_SIZE.sql), tables.asked.count(PLAIN.sql)) == (1, 20)
    now += 10
    await found.measure(tables)  # type: ignore[arg-type]
    assert tables.asked.count(BY_SIZE.sql) == 2


async def test_who_no_longer_leads_shows_nothing() -> None:
    class Away:
        @property
        def client(self) -> Any:
            raise OSError

    registry = CollectorRegistry()
    found = Gauges("ledger", (PLAIN,), registry)
    measuring = asyncio.create_task(found.keep_measuring(Tables(cats=[{"value": 7}]), Away()))  # type: ignore[arg-type]

    async def shown() -> bool:
        return registry.get_sample_value("wd_cats") == 7

    await until(shown, "the cats being counted")
    measuring.cancel()
    await asyncio.gather(measuring, return_exceptions=True)
    assert registry.get_sample_value("wd_cats") is None


@pytest.mark.parametrize("service", SERVICES)
def test_names_are_given_once_and_say_what_they_count(service: str) -> None:
    gauges = (*KERNEL_GAUGES, *service_of(service, Region(region="proef", name="Proef")).gauges)
    names = [gauge.name for gauge in gauges]
    assert len(names) == len(set(names))
    for gauge in gauges:
        assert gauge.name.startswith("wd_")
        assert gauge.says
        assert not gauge.says.endswith(".")
        assert "value" in gauge.sql
        assert all(label in gauge.sql for label in gauge.labels)
