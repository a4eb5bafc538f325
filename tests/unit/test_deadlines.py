"""Nobody is answered who does not wait any more: not for a command, and not for a question."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.envelope import Query, Request
from contracts.members import GetPeople, People
from services.kernel.bus import Bus, QueryAnswer
from services.kernel.errors import Unreachable
from services.kernel.runtime import Replica
from services.kernel.service import Service, new_id
from services.kernel.settings import load
from services.kernel.testing import COORDINATOR
from services.region.configure import write_region


@pytest.fixture
def answered() -> list[Query]:
    return []


@pytest.fixture
def members(tmp_path: Path, answered: list[Query]) -> Replica:
    """A replica without servers, that takes half a second to find people."""

    async def people(_: Replica, query: GetPeople, __: Any) -> People:
        await asyncio.sleep(0.5)
        answered.append(query)
        return People(people=())

    config = write_region(tmp_path, region="proef", name="Proef", centre="3511", keys=[])
    service = Service(name="members", sql=Path(), answers={GetPeople: people})
    return Replica(load(config), service)


async def asked(members: Replica, seconds: float | None) -> QueryAnswer:
    deadline = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    request = Request(id=new_id(), actor=COORDINATOR, body=GetPeople(member_ids=()), deadline=deadline)
    return QueryAnswer.model_validate_json(
        await members._on_query("GetPeople", request.model_dump_json().encode())
    )


@pytest.mark.parametrize("seconds", [30, None])
async def test_who_waits_long_enough_is_answered(members: Replica, seconds: float | None) -> None:
    assert (await asked(members, seconds)).view == {"people": []}


@pytest.mark.parametrize("seconds", [-1, 0, 0.1])
async def test_whoever_comes_late_or_cannot_wait_so_long_is_told_to_ask_again(
    members: Replica, answered: list[Query], seconds: float
) -> None:
    said = await asked(members, seconds)
    assert said == QueryAnswer(unavailable=True)
    assert answered == []


async def test_a_question_says_until_when_it_waits(members: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    async def nobody(_: Bus, __: str, raw: bytes, ___: float) -> None:
        sent.append(raw)

    monkeypatch.setattr(Bus, "_request", nobody)
    before = datetime.now(UTC)
    with pytest.raises(Unreachable):
        await members.bus.ask(GetPeople(member_ids=()), People, COORDINATOR, seconds=0.1)
    deadline = Request[GetPeople].model_validate_json(sent[0]).deadline
    assert deadline is not None
    assert timedelta(seconds=0.05) < deadline - before < timedelta(seconds=5)
