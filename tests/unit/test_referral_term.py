"""The term for answering a social team: working days in the region's own time, without holidays."""

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest

from contracts.envelope import Query
from contracts.referrals import ReferPerson, TakeReferral
from services.exchange import preparing
from tests.unit.referrals import TEAM, refers

WISH = ReferPerson.model_validate(
    refers().model_dump(include=set(ReferPerson.model_fields))  # without what is looked up
)


class Bus:
    async def ask(self, query: Query, *_: object) -> SimpleNamespace:
        return SimpleNamespace(pc4="3512", member_ids=(UUID(int=7),))


def utc(day: int, hour: int = 23, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "remind_at", "answer_by"),
    [
        (utc(24, 12), utc(29), utc(30)),
        (utc(27, 12), utc(29), utc(30)),
        (utc(27), utc(30), utc(31)),
    ],
    ids=["the day before Christmas", "a Sunday", "an hour later it is Monday here"],
)
async def test_it_counts_working_days_after_the_day_that_it_is_here(
    monkeypatch: pytest.MonkeyPatch, at: datetime, remind_at: datetime, answer_by: datetime
) -> None:
    monkeypatch.setattr(preparing, "datetime", SimpleNamespace(now=lambda zone: at.astimezone(zone)))
    terms = SimpleNamespace(remind_days=2, answer_days=3)
    replica = SimpleNamespace(bus=Bus(), region=SimpleNamespace(referrals=terms))
    taken = await preparing.refer(replica, WISH, TEAM)  # type: ignore[arg-type]
    assert isinstance(taken, TakeReferral)
    assert (taken.remind_at, taken.answer_by) == (remind_at, answer_by)
    assert (taken.pc4, taken.lookalikes) == ("3512", (UUID(int=7),))
