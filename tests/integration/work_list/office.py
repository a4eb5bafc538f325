"""What the tests of the work list share: a coordinator instance, and what it is told. All invented."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson

from contracts import exchange, members
from contracts.envelope import Actor, Event, Role
from services.coordinator import app as coordinator_app
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.coordinator.work import Work, WorkCode, work_counts, work_list
from services.kernel.dutch import LOCAL
from services.kernel.entity import Origin, State
from services.kernel.log import record_set
from services.kernel.settings import Key
from services.kernel.testing import Specification, nothing_yet
from tests.unit.neighbours import REGION

HERE, THERE = "3511", "3512"
NOOR = Actor(role=Role.COORDINATOR, name="noor")
NOOR_HERE = Actor(role=Role.COORDINATOR, name="noor", areas=(HERE,))
SAM = Actor(role=Role.COORDINATOR, name="sam")

ANNA, BRAM, FAR = UUID(int=0xA), UUID(int=0xB), UUID(int=0xC)
ONE, TWO, THREE, FOUR = (UUID(int=0x70 + n) for n in range(4))
THIS = datetime.now(UTC).replace(microsecond=0)
TODAY = now().date()
DAY = timedelta(days=1)


class Office:
    """A coordinator instance that is told what happened elsewhere, and shows what waits."""

    def __init__(self, pool: Any, keys: tuple[Key, ...] = ()) -> None:
        region = REGION.model_copy(update={"keys": keys})
        self.desk = Desk(SimpleNamespace(region=region, pool=pool))  # type: ignore[arg-type]
        self._pool = pool
        self._projections = Specification(coordinator_app.service(REGION)).projections
        self._state: State = nothing_yet()
        self._told = 0

    async def told(self, *events: Event, at: datetime = THIS, by: str = "service:test") -> None:
        """These happened, at `at`; the tables are what was folded."""
        for event in events:
            self._told += 1
            self._projections.apply(self._state, event, at, Origin(f"told.{self._told}", by))
        for (kind, number), entity in self._state.changed.items():
            await self._pool.execute(f"DELETE FROM {kind.table} WHERE {kind.key} = $1", UUID(int=number))
            await self._pool.execute(
                kind.insert(f"{record_set(kind.typed_columns, 1)} WHERE true"), as_json(entity)
            )

    async def work(self, by: Actor = NOOR, *, kind: WorkCode | None = None) -> list[Work]:
        found = await work_list(self.desk, by, kind=kind)
        counts = await work_counts(self.desk, by)
        assert sum(counts.values()) == len(await work_list(self.desk, by))
        assert kind is None or counts.get(kind, 0) == len(found)
        return found

    async def one(self, kind: WorkCode, by: Actor = NOOR) -> Work:
        (found,) = await self.work(by, kind=kind)
        return found

    async def kinds(self, by: Actor = NOOR) -> list[WorkCode]:
        return [work.kind for work in await self.work(by)]


def as_json(entity: Any) -> str:
    return orjson.dumps([entity], default=str).decode()


def registered(member_id: UUID, number: int, *, pc4: str = HERE, **more: Any) -> Sequence[Event]:
    said = {"member_id": member_id, "number": number, "pc4": pc4, "capacity_minutes_week": 120, **more}
    return (members.MemberRegistered.model_validate(said), members.MemberApproved.model_validate(said))


def requested(request_id: UUID = ONE, **more: Any) -> exchange.HelpRequested:
    said = {"request_id": request_id, "member_id": ANNA, "category": "dog", "pc4": HERE, "minutes": 60}
    return exchange.HelpRequested.model_validate({**said, **more})


def about_match(event: type[Event], **more: Any) -> Any:
    said = {"match_id": TWO, "request_id": ONE, "offer_id": THREE, "helper_id": BRAM, "asker_id": ANNA}
    said |= {"category": "dog", "minutes": 60, "wanted_at": THIS + DAY, "reserved_minutes": 60, "told": True}
    return event.model_validate({**said, **more})


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, LOCAL).astimezone(UTC)
