"""What is told live on NATS: nothing that was committed stays unsaid while the program runs."""

import asyncio
import json
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import nats.errors
import pytest

from services.kernel.commit_loop import MAX_BATCH
from services.kernel.testing import NOW
from services.notifications.feedback import live

REFERRAL = UUID(int=0x51)
GOVERNED = {
    "specversion": "1.0",
    "source": "urn:nld:oin:00000001234567890000:systeem:wederdienst",
    "type": "nl.wederdienst.exchange.feedback-given.v1",
    "subject": str(REFERRAL),
    "time": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "dataschema": "urn:wederdienst:schema:exchange.feedback-given.v1",
    "datacontenttype": "application/json",
}
"""What the NL GOV profile for CloudEvents asks: a source by OIN, the time in UTC, a schema by its name."""


class Replica:
    """A leader whose log holds one piece of feedback at each position; NATS is away at times."""

    def __init__(self, head: int, *, away: int = 0, unconfirmed: int = 0) -> None:
        self.head, self.away, self.unconfirmed = head, away, unconfirmed
        self.said: list[int] = []
        self.confirmed = asyncio.Event()
        self.region = SimpleNamespace(region="voorbeeld", organisation="00000001234567890000")
        self.bus = SimpleNamespace(client=self)
        self.pool = self
        self.loop = SimpleNamespace(position=head, committed=asyncio.Condition())

    async def fetchval(self, _: str) -> int:
        return self.head

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        if "FROM events" in sql:
            after, limit, *_ = arguments
            found = range(after + 1, min(self.head, after + limit) + 1)
            return [{"position": n, "name": "FeedbackQueued", "about": UUID(int=n)} for n in found]
        (ids,) = arguments
        return [(one, "west", one.int, REFERRAL, one.int, "accepted", None, None, NOW, NOW, 1) for one in ids]

    async def publish(self, subject: str, said: bytes, headers: dict[str, str]) -> None:
        assert subject == "wd.ref.voorbeeld.west.out.FeedbackGiven"
        assert headers == {"Content-Type": "application/cloudevents+json"}
        if self.away:
            self.away -= 1
            raise nats.errors.ConnectionClosedError
        event = json.loads(said)
        assert GOVERNED.items() <= event.items()
        self.said.append(event["feedturn"])

    async def flush(self, _: int) -> None:
        if self.unconfirmed:
            self.unconfirmed -= 1
            raise nats.errors.TimeoutError
        self.confirmed.set()


async def says(replica: Replica) -> list[int]:
    """What is said until NATS confirmed it, or a second has passed."""
    saying = asyncio.create_task(live.say_live(replica))  # type: ignore[arg-type]
    with suppress(TimeoutError):
        await asyncio.wait_for(replica.confirmed.wait(), 1)
    saying.cancel()
    with suppress(asyncio.CancelledError):
        await saying
    return replica.said


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AWAY_SECONDS", 0)


async def test_what_the_leader_before_may_not_have_said_is_said_again() -> None:
    assert await says(Replica(MAX_BATCH + 5)) == [*range(6, MAX_BATCH + 6)]
    assert await says(Replica(3)) == [1, 2, 3]


async def test_what_nats_did_not_take_is_said_when_it_is_back() -> None:
    assert await says(Replica(2, away=2)) == [1, 2]


async def test_what_nats_did_not_confirm_is_said_again() -> None:
    assert await says(Replica(2, unconfirmed=1)) == [1, 2, 1, 2]
