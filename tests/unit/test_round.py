"""What waits for a receiver that takes nothing now costs nothing, until its time has come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.kernel.settings import Webhooks
from services.kernel.testing import NOW
from services.notifications.feedback.outside import Outcome
from services.notifications.feedback.round import PAUSES, Round
from services.notifications.feedback.signing import new_secret, new_signing_key
from tests.harness.waiting import until

ENDPOINT = UUID(int=0xE)


class Replica:
    """A leader with one active endpoint and a table of tests that wait for it; counts who reads it."""

    def __init__(self) -> None:
        self.region = SimpleNamespace(webhooks=Webhooks(), region="proef", organisation="0" * 20)
        self.metrics = SimpleNamespace(webhooks=SimpleNamespace(labels=lambda _: self))
        self.pool = self
        self.waiting: list[dict[str, Any]] = []
        self.read = 0
        self.recorded: list[str] = []

    def inc(self) -> None:
        """One more attempt."""

    def comes(self) -> UUID:
        """One more waits, of a lane of its own."""
        turn = len(self.waiting) + 1
        row = {"delivery_id": UUID(int=turn), "lane_id": UUID(int=turn), "turn": turn, "feedback_id": None}
        self.waiting.append({**row, "queued_at": NOW})
        return UUID(int=turn)

    async def fetchrow(self, sql: str, *_: Any) -> dict[str, Any]:
        return {"team": "west", "status": "active", "secrets": 1, "former_until": None}

    async def fetch(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        if "FROM vault" in sql:
            secret = {"secret": new_secret(), "signing_key": new_signing_key()}
            kept = {"endpoint": {"url": "https://team.example/"}, "secret-1": secret}
            return [{"entity": name, "data": orjson.dumps(data)} for name, data in kept.items()]
        if "set_aside" in sql:
            return []
        self.read += 1
        _, after, most = arguments
        return [row for row in self.waiting if row["turn"] > after][:most]

    async def decide(self, command: Any, *_: Any) -> None:
        self.recorded.append(command.outcome)


class Receiver:
    """Answers with what `says`; knows whom it was asked to take."""

    def __init__(self) -> None:
        self.says: list[str] = []
        self.got: list[str] = []

    async def bring(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        self.got.append(headers["webhook-id"])
        return Outcome(self.says.pop(0) if self.says else "delivered", "", 1)  # type: ignore[arg-type]

    async def close(self) -> None:
        """Nothing to close."""


class Place:
    """A round with its replica and receiver, whose clock is the test's."""

    def __init__(self) -> None:
        self.at = NOW
        self.replica = Replica()
        self.receiver = Receiver()
        self.round = Round(self.replica, ENDPOINT, clock=lambda: self.at, chance=lambda: 0.5)  # type: ignore[arg-type]
        self.round._receiver = self.receiver  # type: ignore[assignment]

    @asynccontextmanager
    async def bringing(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.round.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def comes(self) -> str:
        """One more is queued, and the round is told."""
        made = self.replica.comes()
        await self.looks()
        return str(made)

    async def looks(self) -> None:
        """The round is woken, and has done what it can."""
        self.round.wake(changed=False)
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
def place() -> Place:
    return Place()


async def test_nothing_is_read_for_a_receiver_that_just_failed_until_its_pause_is_over(place: Place) -> None:
    place.receiver.says = ["failed"]
    async with place.bringing():
        first = await place.comes()
        assert (place.receiver.got, place.replica.recorded) == ([first], ["failed"])
        read = place.replica.read
        others = [await place.comes() for _ in range(10)]
        assert place.replica.read == read
        place.at += PAUSES[0] - timedelta(seconds=1)
        await place.looks()
        assert (place.replica.read, place.receiver.got) == (read, [first])
        # Then one goes first, of another referral than the one that failed; it is taken, and all come.
        place.at += timedelta(seconds=1)
        await place.looks()
        await place.looks()
        assert place.receiver.got[1] == others[0]
        assert set(place.receiver.got[1:]) == {first, *others}


async def test_what_came_meanwhile_goes_by_itself_when_the_pause_is_over(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = (timedelta(milliseconds=300), timedelta(minutes=1))
    monkeypatch.setattr("services.notifications.feedback.round.PAUSES", pauses)
    began = asyncio.get_running_loop().time()
    place.round._now = lambda: NOW + timedelta(seconds=asyncio.get_running_loop().time() - began)
    place.receiver.says = ["failed", "delivered", "failed"]

    async def brings(number: int) -> None:
        async def brought() -> bool:
            return len(place.receiver.got) == number

        await until(brought, f"{number} being brought by themselves")

    async with place.bringing():
        first, second = await place.comes(), await place.comes()
        await brings(3)
        # The first waits for a minute now, and its receiver for a moment.
        third = await place.comes()
        await brings(4)
        assert place.receiver.got == [first, second, first, third]
