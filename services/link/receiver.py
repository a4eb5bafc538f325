"""The receiver: what other regions say to this one, opened, checked, and answered after the commit."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid5

import asyncpg
from pydantic import BaseModel, ValidationError

from contracts.clearing import GetPositions, Positions
from contracts.envelope import UnknownEvent
from contracts.letters import read_letter
from contracts.link import FollowFork, OrphanedLetter, TakeLetter, peer_id
from contracts.network import (
    HUB,
    MAX_LETTERS,
    Contact,
    Directory,
    GetContact,
    GetReport,
    GetTaken,
    Greeting,
    Letters,
    Mark,
    Report,
    Taken,
    WrittenLetter,
)
from services.kernel.deciding import Item
from services.kernel.errors import DATABASE_AWAY, Rejected, Transient, Unreachable
from services.kernel.telemetry import log
from services.link.contact import contact_of
from services.link.office import ITSELF, READS, RELEASE, Office
from services.link.presence import Presence
from services.link.seal import Refused

_MARK = (
    "SELECT p.heard_epoch, p.heard, r.letter_id FROM peers p LEFT JOIN received r "
    "ON r.peer_id = p.peer_id AND r.number = p.heard AND NOT r.orphaned WHERE p.peer = $1"
)
_TAKEN = (
    "SELECT letter_id, thread_id, number, name FROM received "
    "WHERE peer_id = $1 AND NOT orphaned AND number {bound} $2 ORDER BY number DESC LIMIT $3"
)
_REPORT = (
    "SELECT count(*) FILTER (WHERE up) AS peers_up, count(*) FILTER (WHERE NOT up) AS peers_away, "
    "(SELECT count(*) FROM letters l JOIN peers p USING (peer_id) "
    "WHERE l.number > p.taken AND NOT l.given_up) AS waiting, "
    "(SELECT coalesce(sum(count), 0) FROM refusals)::bigint AS refused FROM peers WHERE status = 'joined'"
)


_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


def as_known(letter: WrittenLetter) -> WrittenLetter:
    """A letter with what this release knows of it: what else stands in it is not kept.

    One that it does not know waits as it is for an upgrade. Raises Refused for one that is not in form, or
    is about something else than it says.
    """
    try:
        known = read_letter(letter.name, letter.version, letter.data)
    except UnknownEvent:
        return letter
    except ValidationError:
        raise Refused("malformed") from None
    if known.thread_id != letter.thread_id:
        raise Refused("malformed")
    return letter.model_copy(update={"version": known.VERSION, "data": known.model_dump(mode="json")})


type Answers = tuple[type[BaseModel], Callable[[str, Any], Awaitable[BaseModel | None]]]
"""What form a message has, and who answers it."""


class Receiver:
    """Answers what comes over the line. One batch of letters of a peer at a time, in their order."""

    def __init__(self, office: Office, presence: Presence) -> None:
        self._office = office
        self._presence = presence
        self._pool = office.replica.pool
        self._turn: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._of_peers: dict[str, Answers] = {
            "Greeting": (Greeting, self._greeted),
            "Letters": (Letters, self._take),
            "GetTaken": (GetTaken, self._taken),
            "GetContact": (GetContact, self._contact),
        }
        self._of_the_hub: dict[str, Answers] = {
            "GetReport": (GetReport, self._report),
            "Directory": (Directory, self._directory),
        }

    async def hear(self, sender: str, kind: str, raw: bytes) -> bytes | None:
        """The sealed answer to a message; None for what is refused, and while we cannot answer."""
        try:
            other, stated = await self._office.opened(sender, kind, raw)
            known = (self._of_the_hub if sender == HUB else self._of_peers).get(kind)
            if known is None:
                # Of a later release perhaps: who said it hears nothing, and goes on with what we both know.
                raise Refused("malformed")
            form, answer = known
            found = await answer(sender, form.model_validate(stated.body))
        except Refused as no:
            self._office.refused(sender, no.reason)
            if no.reason == "unknown_peer":
                # It may have joined a moment ago.
                self._office.line.connects.set()
            return None
        except ValidationError:
            self._office.refused(sender, "malformed")
            return None
        except (Transient, *DATABASE_AWAY) as away:
            log.info("unanswered", peer=sender, kind=kind, error=type(away).__name__)
            return None
        if found is None:
            return None
        _, sealed = self._office.seal.close(other, type(found).__name__, found, re=stated.id)
        return sealed

    # ---- letters

    async def _greeted(self, sender: str, greeting: Greeting) -> Mark:
        self._presence.heard(sender, greeting.release)
        return await self._mark(sender)

    async def _take(self, sender: str, letters: Letters) -> Mark:
        """Commit what is new of it. What is not next in line is left: the answer says what is."""
        if not all(_can_be_kept(letter.data) for letter in letters.letters):
            # It would block all that comes behind it.
            raise Refused("malformed")
        known = [as_known(letter) for letter in letters.letters]
        self._presence.heard(sender)
        async with self._turn[sender]:
            mark = await self._mark(sender)
            if letters.epoch > mark.epoch and letters.letters:
                await self._follow_fork(sender, letters, mark)
                mark = await self._mark(sender)
            if letters.epoch == mark.epoch:
                new = [letter for letter in known if letter.number > mark.number]
                if new and [letter.number for letter in new] == list(
                    range(mark.number + 1, mark.number + 1 + len(new))
                ):
                    await self._commit(sender, letters.epoch, new)
                    mark = await self._mark(sender)
        return mark

    async def _commit(self, sender: str, epoch: int, letters: list[WrittenLetter]) -> None:
        """In one batch, in order. An id of the letter's own: taken once more, it is the same event."""
        submit = self._office.replica.loop.submit
        answers = await asyncio.gather(
            *[
                submit(
                    Item(
                        command_id=uuid5(letter.letter_id, f"{epoch}/{letter.number}"),
                        actor=ITSELF,
                        command=TakeLetter(
                            peer=sender, epoch=epoch, **letter.model_dump(exclude={"correlation_id"})
                        ),
                        correlation_id=letter.correlation_id,
                    )
                )
                for letter in letters
            ]
        )
        if refused := [answer.refusal.code for answer in answers if answer.refusal is not None]:
            log.error("letters_not_taken", peer=sender, codes=sorted(set(refused)))

    async def _mark(self, sender: str) -> Mark:
        row = await self._pool.fetchrow(_MARK, sender)
        assert row is not None
        return Mark(
            epoch=row["heard_epoch"],
            number=row["heard"],
            letter_id=row["letter_id"],
            release=RELEASE,
            reads=READS,
        )

    async def _follow_fork(self, sender: str, letters: Letters, mark: Mark) -> None:
        """The peer was put back to an older copy: what it no longer knows is listed for a person.

        A new epoch also begins where the peer passes over what it had handed back while we had left.
        """
        passes_over = letters.letters[0].number == letters.base + 1
        base = letters.base if passes_over else min(letters.base, mark.number)
        rows = await self._pool.fetch(_TAKEN.format(bound=">"), peer_id(sender), base, None)
        orphans = tuple(OrphanedLetter(**row) for row in rows)
        log.error("peer_was_put_back", peer=sender, epoch=letters.epoch, base=base, count=len(orphans))
        await self._office.decide(FollowFork(peer=sender, epoch=letters.epoch, base=base, orphans=orphans))

    async def _taken(self, sender: str, asked: GetTaken) -> Taken:
        rows = await self._pool.fetch(_TAKEN.format(bound="<="), peer_id(sender), asked.at_most, MAX_LETTERS)
        return Taken(letters=tuple(OrphanedLetter(**row) for row in rows))

    # ---- people

    async def _contact(self, sender: str, asked: GetContact) -> Contact:
        return await contact_of(self._office.replica, sender, asked.thread_id)

    # ---- the hub

    async def _report(self, _: str, __: GetReport) -> Report:
        row: asyncpg.Record | None = await self._pool.fetchrow(_REPORT)
        assert row is not None
        return Report(release=RELEASE, positions_minutes=await self._positions(), **row)

    async def _positions(self) -> dict[str, int]:
        """What this region owes others and others owe it, all together; empty while the ledger is silent."""
        try:
            asked = self._office.replica.bus.ask(GetPositions(), Positions, ITSELF, seconds=1.0)
            minutes = [one.position_minutes for one in (await asked).positions]
        except (Rejected, Unreachable):
            return {}
        return {
            "owes": sum(one for one in minutes if one > 0),
            "owed": -sum(one for one in minutes if one < 0),
        }

    async def _directory(self, _: str, directory: Directory) -> None:
        await self._presence.learn(directory)


def _can_be_kept(said: Any) -> bool:
    """Whether PostgreSQL keeps all its texts: not with a NUL, nor with half a character."""
    match said:
        case str():
            return _NOT_KEPT.search(said) is None
        case dict():
            return all(_can_be_kept(name) and _can_be_kept(value) for name, value in said.items())
        case list():
            return all(map(_can_be_kept, said))
        case _:
            return True
