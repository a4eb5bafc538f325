"""A region that takes part and does not speak the truth: it is refused, and what it says has an end."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from contracts.envelope import Actor, Answer, Command
from contracts.link import NoteRefused, OpenEpoch, OrphanedLetter, RefusedBecause
from contracts.network import MAX_LETTERS, GetTaken, Greeting, Mark, Taken
from services.kernel.settings import Network
from services.kernel.telemetry import Metrics
from services.link import office
from services.link.keys import Keys
from services.link.office import Office
from services.link.presence import Presence
from services.link.receiver import Receiver
from services.link.seal import MAX_AGE, Correspondent, Refused, Seal
from services.link.sender import MOST_EPOCHS, MOST_FORGOTTEN, Sender
from tests.harness.waiting import until

ANY = UUID(int=0xA)
QUEUED = 3
"""Letters that we wrote to it, in the first epoch."""


class PaperOffice:
    """Asks a peer that answers as it likes; keeps what is decided and refused. `pool`: our three letters."""

    me = "oost"

    def __init__(self, answers: Callable[[int], Taken]) -> None:
        self.replica: Any = self
        self.pool = self
        self._answers = answers
        self.decided: list[Command] = []
        self.asked = 0

    async def ask(self, peer: str, message: GetTaken, answer: type[Taken]) -> Taken:
        self.asked += 1
        return self._answers(message.at_most)

    async def decide(self, command: Command) -> None:
        self.decided.append(command)

    def refused(self, peer: str, reason: RefusedBecause) -> Refused:
        return Refused(reason)

    # ---- the tables

    async def fetchrow(self, sql: str, peer: str) -> dict[str, int]:
        return {"epoch": 1, "base": 0, "queued": QUEUED, "taken": 0}

    async def fetchval(self, sql: str, peer: UUID, number: int) -> UUID | None:
        return UUID(int=number) if number <= QUEUED else None

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        return []


def letter(number: int, letter_id: UUID = ANY) -> OrphanedLetter:
    return OrphanedLetter(letter_id=letter_id, thread_id=ANY, number=number, name="MinutesReport")


async def compared(mark: Mark, answers: Callable[[int], Taken]) -> PaperOffice:
    found = PaperOffice(answers)
    ours: Any = found
    await Sender(ours, presence=Any).compare("west", mark)
    return found


async def test_what_a_peer_holds_beyond_the_last_that_both_know_is_listed() -> None:
    """An honest one, after we were put back."""
    held = (letter(5), letter(4), letter(3, UUID(int=3)), letter(2, UUID(int=2)))
    found = await compared(Mark(epoch=1, number=5, letter_id=ANY), lambda at_most: Taken(letters=held))
    assert found.decided == [OpenEpoch(region="oost", peer="west", epoch=2, base=3, orphans=held[:2])]


async def test_numbers_that_never_go_down_are_refused() -> None:
    with pytest.raises(Refused, match="malformed"):
        await compared(Mark(epoch=1, number=5, letter_id=ANY), lambda at_most: Taken(letters=(letter(9),)))


async def test_letters_without_end_are_asked_for_no_longer_than_a_person_would_read() -> None:
    """Every answer is in form: full, and beginning where it was asked."""

    def made_up(at_most: int) -> Taken:
        return Taken(
            letters=tuple(letter(n, uuid4()) for n in range(at_most, max(0, at_most - MAX_LETTERS), -1))
        )

    found = await compared(Mark(epoch=1, number=2**62 - 1, letter_id=ANY), made_up)
    (opened,) = found.decided
    assert isinstance(opened, OpenEpoch)
    assert (opened.base, len(opened.orphans)) == (0, MOST_FORGOTTEN)
    assert found.asked == MOST_FORGOTTEN / MAX_LETTERS + 1


async def test_a_peer_that_names_epochs_of_ours_without_end_is_refused() -> None:
    """We would count on from there, until no message can say it."""
    mark = Mark(epoch=2 + MOST_EPOCHS, number=0)
    with pytest.raises(Refused, match="malformed"):
        await compared(mark, lambda at_most: Taken(letters=()))


async def test_every_refusal_is_counted_by_who_it_said_to_come_from_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from who has left, and from who is on no list: those together, under no name."""
    monkeypatch.setattr(office, "TELL_SECONDS", 0.0)
    own, west = Keys.new(), Keys.new()
    own.save(tmp_path / "keys.json")
    keys = {"hub_signing_key": own.signing_key, "hub_sealing_key": own.sealing_key}
    network = Network(hub="127.0.0.1:1", keys=tmp_path / "keys.json", **keys)
    replica: Any = PaperLink(
        {
            "west": {"status": "joined", "signing_key": west.signing_key, "sealing_key": west.sealing_key},
            "zuid": {"status": "left", "signing_key": "", "sealing_key": ""},
        }
    )
    ours = Office(replica, network, hear=Any)
    hear = Receiver(ours, Presence(ours)).hear
    to_us = Correspondent.of("oost", own.signing_key, own.sealing_key)
    long_ago = datetime.now(UTC) - 2 * MAX_AGE
    stale = Seal("west", west, clock=lambda: long_ago).close(to_us, "Greeting", Greeting(release="1"))[1]
    for sender, raw in (("west", stale), ("west", stale), ("zuid", b"x"), ("noord", b"x"), ("", b"x")):
        assert await hear(sender, "Greeting", raw) is None
    telling = asyncio.create_task(ours.tell_refused())
    await until(replica.heard_of_all, "every one being on record")
    telling.cancel()
    assert replica.decided == [
        NoteRefused(peer="west", reason="stale", count=2),
        NoteRefused(peer="zuid", reason="left_peer", count=1),
        NoteRefused(peer="-", reason="unknown_peer", count=2),
    ]


class PaperLink:
    """A leading replica of Oost, of which only the peers are there."""

    region = SimpleNamespace(region="oost")

    def __init__(self, peers: dict[str, dict[str, str]]) -> None:
        self.metrics = Metrics()
        self.pool = self
        self.decided: list[Command] = []
        self._peers = peers

    async def fetchrow(self, sql: str, peer: str) -> dict[str, str] | None:
        return self._peers.get(peer)

    async def decide(self, command: Command, actor: Actor, command_id: UUID) -> Answer:
        self.decided.append(command)
        return Answer(outcome="accepted", id=command_id)

    async def heard_of_all(self) -> bool:
        return len(self.decided) >= 3


@pytest.mark.parametrize("number", [-1, 2**62, 2**63])
def test_a_number_that_could_not_be_kept_or_asked_about_is_no_number(number: int) -> None:
    with pytest.raises(ValidationError):
        letter(number)


@pytest.mark.parametrize(
    "numbers", [(2, 2), (1, 2), range(MAX_LETTERS + 1, 0, -1)], ids=["twice", "rising", "too many"]
)
def test_taken_letters_fall_and_are_no_more_than_travel(numbers: Any) -> None:
    with pytest.raises(ValidationError):
        Taken(letters=tuple(map(letter, numbers)))
    assert Taken(letters=tuple(map(letter, (MAX_LETTERS, 2, 1))))
