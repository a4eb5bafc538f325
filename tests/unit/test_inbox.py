"""Events that nobody waits for: kept before anything else, dealt with once, and refused aloud."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from nats.aio.msg import Msg

from contracts import subjects
from contracts.envelope import Answer, Command
from contracts.members import RegisterReferred
from contracts.referrals import ReferPerson
from contracts.referring import EXAMPLE, REFERRAL_TYPE
from contracts.stranded import SettleStranded, StrandEvent
from services.coordinator import referrals_in
from services.coordinator.desk import Caller
from services.coordinator.inbox import MOST_KEPT, Inbox
from services.coordinator.referrals_in import _Taking
from services.kernel.errors import Rejected, Unreachable
from services.kernel.service import new_id

EVENT = {
    "specversion": "1.0",
    "id": "zaak-17",
    "source": "urn:nld:oin:00000001234567890000:systeem:west",
    "type": REFERRAL_TYPE,
    "data": EXAMPLE,
}


class Desk:
    """A desk of which the services may be away, or say no."""

    def __init__(self) -> None:
        self.region = SimpleNamespace(
            region="voorbeeld", nats_password=lambda user: f"geheim van {user}", team=lambda team: None
        )
        client = SimpleNamespace(publish=self._publish)
        self.replica = SimpleNamespace(bus=SimpleNamespace(client=client))
        self.kept: dict[UUID, tuple[str, str]] = {}
        self.settled: set[UUID] = set()
        self.referred: list[UUID] = []
        self.refused: list[dict[str, Any]] = []
        self.fails: dict[type[Command], Exception] = {}
        self.already = 0

    async def _publish(self, subject: str, said: bytes, **_: Any) -> None:
        assert subject == "wd.ref.voorbeeld.west.out.Refused"
        self.refused.append(json.loads(said))

    async def send(self, command: Command, caller: Caller, *, id: UUID) -> Answer:
        if (no := self.fails.get(type(command))) is not None:
            raise no
        match command:
            case StrandEvent():
                self.kept.setdefault(id, (command.code, command.payload))
            case SettleStranded():
                self.settled.add(command.stranded_id)
            case ReferPerson():
                self.referred.append(id)
            case _:
                assert isinstance(command, RegisterReferred)
        return Answer(outcome="accepted", id=new_id(), position=1)

    async def row(self, sql: str, *arguments: Any) -> dict[str, Any] | None:
        if "count(*)" in sql:
            return {"kept": self.already}
        (stranded_id,) = arguments
        if stranded_id not in self.kept:
            return None
        if "vault" in sql:
            return {"data": json.dumps({"text": self.kept[stranded_id][1]})}
        return {"settled": stranded_id in self.settled}

    async def fetch(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        return [
            {"stranded_id": stranded_id, "team": "west"}
            for stranded_id, (code, _) in self.kept.items()
            if stranded_id not in self.settled and code == arguments[0]
        ]

    @property
    def waits(self) -> list[str]:
        return [code for one, (code, _) in self.kept.items() if one not in self.settled]


async def sent(desk: Desk, event: Any, *, busy: bool = False) -> None:
    raw = json.dumps(event).encode()
    await Inbox(desk).take(Msg(None, data=raw), "west", busy=busy)  # type: ignore[arg-type]


async def test_it_is_referred_and_nothing_of_it_is_kept() -> None:
    desk = Desk()
    await sent(desk, EVENT)
    assert (len(desk.referred), desk.waits, desk.refused) == (1, [], [])


async def test_what_cannot_be_referred_now_is_kept_and_tried_again_also_by_another_replica() -> None:
    desk = Desk()
    desk.fails[ReferPerson] = Unreachable("exchange")
    await sent(desk, EVENT)
    assert (desk.waits, desk.refused) == (["received"], [])
    await Inbox(desk).try_again()  # type: ignore[arg-type]
    assert desk.waits == ["received"]
    desk.fails.clear()
    await Inbox(desk).try_again()  # type: ignore[arg-type]
    assert (len(desk.referred), desk.waits) == (1, [])


async def test_a_no_is_for_a_person_once_and_once_more_when_it_comes_again_after_that() -> None:
    desk = Desk()
    desk.fails[ReferPerson] = Rejected("in_the_past", "Dit is voorbij.", "This has passed.")
    await sent(desk, EVENT)
    await sent(desk, EVENT)
    assert desk.waits == ["in_the_past"]
    desk.settled.update(desk.kept)
    await sent(desk, EVENT)
    assert desk.waits == ["in_the_past"]


async def test_its_id_says_nothing_to_who_does_not_know_the_regions_secret() -> None:
    one, other = Desk(), Desk()
    other.region.nats_password = lambda user: "een ander geheim"
    for desk in (one, other):
        await sent(desk, {"name": "Jo Voorbeeld"})
    assert one.waits == other.waits == ["invalid"]
    assert one.kept.keys() != other.kept.keys()


@pytest.mark.parametrize("why", ["too many at once", "too many kept", "nothing to keep it in"])
async def test_what_cannot_be_kept_is_refused_where_the_team_hears_it(why: str) -> None:
    desk = Desk()
    if why == "too many kept":
        desk.already = MOST_KEPT
    elif why == "nothing to keep it in":
        desk.fails[StrandEvent] = Unreachable("coordinator")
    await sent(desk, EVENT, busy=why == "too many at once")
    assert (desk.kept, desk.referred) == ({}, [])
    (said,) = desk.refused
    assert (said["status"], said["id"], said["source"]) == (503, EVENT["id"], EVENT["source"])
    # HTTP has an Idempotency-Key; over NATS it is these two.
    assert "source" in said["detail"]
    assert "Idempotency-Key" not in str(said)


class Slow(Desk):
    """A desk that answers when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may, self.asked = asyncio.Event(), asyncio.Event()

    async def send(self, command: Command, caller: Caller, *, id: UUID) -> Answer:
        self.asked.set()
        await self.may.wait()
        return await super().send(command, caller, id=id)


async def stopping(desk: Slow) -> _Taking:
    """Something is under way, and the replica stops."""
    taking = _Taking(desk, Inbox(desk))  # type: ignore[arg-type]
    subject = subjects.referrals_in("voorbeeld", "west")
    await taking.on_message(Msg(None, subject=subject, data=json.dumps(EVENT).encode()))  # type: ignore[arg-type]
    await desk.asked.wait()
    return taking


async def test_what_is_under_way_when_a_replica_stops_is_dealt_with_first() -> None:
    desk = Slow()
    taking = await stopping(desk)
    asyncio.get_running_loop().call_soon(desk.may.set)
    await taking.finish()
    assert (len(desk.referred), desk.waits, desk.refused) == (1, [], [])


async def test_what_cannot_be_kept_before_it_stops_is_refused_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referrals_in, "FINISH_SECONDS", 0.01)
    desk = Slow()
    await (await stopping(desk)).finish()
    assert [said["id"] for said in desk.refused] == [EVENT["id"]]


@pytest.mark.parametrize(
    ("agreed", "waits"),
    [(EVENT["source"], []), ("", []), ("urn:nld:oin:2:systeem:oost", ["not_your_source"])],
    ids=["its own", "none agreed on", "another's"],
)
async def test_where_a_source_was_agreed_on_no_other_is_taken(agreed: str, waits: list[str]) -> None:
    desk = Desk()
    desk.region.team = lambda team: SimpleNamespace(source=agreed) if team == "west" else None
    await sent(desk, EVENT)
    assert (desk.waits, len(desk.referred)) == (waits, 0 if waits else 1)
