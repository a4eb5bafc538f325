"""`wederdienst doctor`: nothing to mend in a region that is well, and what to do in one that is not."""

import asyncio
import shutil
import time
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.kernel.certificates import CERTIFICATE_ENDS, keep_looking, soonest
from services.kernel.gauges import Gauges
from services.kernel.settings import Region, load
from services.region import certificates as making
from services.region.certificates import authority
from services.region.doctor import examine
from services.region.expiry import certificates
from services.region.finding import Finding, as_lines, exit_code
from services.region.servers import free_port
from tests.harness.deployed import nats_nodes, tls_front, written
from tests.harness.town import Town
from tests.harness.waiting import until


async def looked_at(config: Path, **more: str) -> list[Finding]:
    return await examine(config, **more)


def bad(findings: list[Finding]) -> dict[str, Finding]:
    """What must be mended, but for this machine's disk, and fsync: tests' servers have it off."""
    wrong = (finding for finding in findings if finding.level == "bad")
    return {each.about: each for each in wrong if each.about != "disk" and "fsync" not in each.says}


@pytest.fixture
def copy(town: Town, tmp_path: Path) -> Path:
    """The town's configuration, to be changed."""
    for name in ("region.toml", "secrets.toml"):
        shutil.copy2(town.region.config.with_name(name), tmp_path / name)
    return tmp_path / "region.toml"


def changed(config: Path, before: str, after: str) -> None:
    text = config.read_text()
    assert before in text
    config.write_text(text.replace(before, after))


async def test_a_region_that_is_well_has_nothing_to_mend(town: Town) -> None:
    # A replica says how it is two seconds after its start at the earliest.
    deadline = time.monotonic() + 40
    while wrong := bad(await looked_at(town.region.config)):
        assert time.monotonic() < deadline, wrong
        await asyncio.sleep(0.2)
    findings = await looked_at(town.region.config)
    assert {"configuration", "permissions", "disk", "versions", "clocks", "tables", "streams", "mail"} <= {
        finding.about for finding in findings
    }
    assert {finding.says.split(":")[0] for finding in findings if finding.about == "services"} == set(
        town.region.region.services
    )
    assert all(finding.do for finding in findings if finding.level != "ok")
    lines = list(as_lines(findings))
    assert any(line.startswith("ok   clocks: ") for line in lines)


async def test_what_is_away_is_said_with_what_to_do(town: Town, copy: Path) -> None:
    region = town.region.region
    changed(copy, f"port = {region.postgres.port}", f"port = {free_port()}")
    changed(copy, f"port = {region.nats.port}", f"port = {free_port()}")
    changed(copy, f"port = {region.mail.port}", f"port = {free_port()}")
    findings = await looked_at(copy)
    assert {"postgres", "nats", "mail"} <= set(bad(findings))
    assert exit_code(findings) == 1
    assert "Start PostgreSQL" in bad(findings)["postgres"].do
    assert "       Start NATS" in "\n".join(as_lines(findings))


async def test_secrets_that_others_can_read_are_told_first(copy: Path) -> None:
    copy.with_name("secrets.toml").chmod(0o644)
    (finding,) = await looked_at(copy)
    assert "chmod 600" in finding.says
    assert exit_code([finding]) == 1


async def test_a_configuration_that_is_not_there_or_not_right(tmp_path: Path) -> None:
    (finding,) = await looked_at(tmp_path / "region.toml")
    assert finding.about == "configuration"
    (tmp_path / "region.toml").write_text('region = "UPPER"\nname = "x"\n')
    (finding,) = await looked_at(tmp_path / "region.toml")
    assert "lower-case" in finding.says


async def test_an_address_without_tls_or_with_a_bad_certificate_is_told(town: Town) -> None:
    plain = bad(await looked_at(town.region.config, url=town.address))["certificates"]
    assert "not https" in plain.says
    secure = f"https://127.0.0.1:{town.region.region.web.port}"
    assert bad(await looked_at(town.region.config, url=secure))["certificates"].do


async def test_what_servers_show_is_looked_at_and_told_before_it_ends(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "SERVER_DAYS", 5)
    places = {name: f"127.0.0.1:{free_port()}" for name in ("nats", "postgres")}
    config = written(tmp_path / "region", nats=[places["nats"]], postgres=[places["postgres"]])
    region = load(config)
    front = tls_front(
        *region.postgres.addresses[0], town.region.region.postgres.port, config.parent / "postgres/server.pem"
    )
    async with front:
        with nats_nodes(config.parent, region, free_port()):
            found = {each.says.split(" ends")[0]: each async for each in certificates(region, "")}
            assert {name: each.level for name, each in found.items()} == {
                **{f"{name}: authority": "ok" for name in places},
                **{f"{name}: {place}": "note" for name, place in places.items()},
            }
            assert all("region certificates" in each.do for each in found.values() if each.level == "note")
            shown = await measured(region)
            assert set(shown) == set(places)
            assert all(4 < (at - time.time()) / 86400 <= 5 for at in shown.values()), shown
            # Another authority's: nobody of ours would speak to them.
            authority("Elders").write(config.with_name("ca.pem"), tmp_path / "ca.key")
            told = [each async for each in certificates(region, "") if each.level == "bad"]
            assert len(told) == 2
            assert all("certificate" in each.says for each in told)
            assert await asyncio.to_thread(soonest, region) == dict.fromkeys(places, 0.0)
    away = [each async for each in certificates(region, "") if each.level == "bad"]
    assert len(away) == 2
    # Then only the authority's own end is known.
    assert all(
        (at - time.time()) / 86400 > 3000 for at in (await asyncio.to_thread(soonest, region)).values()
    )
    assert await measured(town.region.region) == {}, "without TLS there is nothing that ends"


async def measured(region: Region) -> dict[str, float]:
    """What the gauge shows of each server."""
    registry = CollectorRegistry()
    looking = asyncio.create_task(keep_looking(region, Gauges("ledger", (), registry)))

    async def looked_once() -> bool:
        return looking.done() or bool(list(registry.collect()))

    await until(looked_once, "the certificates being looked at")
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    samples = [sample for family in registry.collect() for sample in family.samples]
    assert {sample.name for sample in samples} <= {CERTIFICATE_ENDS}
    return {sample.labels["server"]: sample.value for sample in samples}


def test_a_key_that_is_missing_is_a_note_that_can_wait() -> None:
    assert exit_code([Finding("note", "keys", "none", "Add one.")]) == 0
