"""The sender: brings letters out of the log to each peer, for as long as some wait.

It asks the peer how far it is and goes on from there; nothing is remembered that the peer does not
say. A peer that knows more of our letters than we do shows that our database was put back to an older
copy: then a new epoch begins (`_go_on_in_a_new_epoch`).
"""

import asyncio
from contextlib import suppress
from uuid import UUID

import asyncpg
import orjson

from contracts.link import GiveUpLetter, HandBack, NoteTaken, OpenEpoch, OrphanedLetter, peer_id
from contracts.network import MAX_LETTERS, GetTaken, Greeting, Letters, Mark, Taken, WrittenLetter
from services.kernel.errors import DATABASE_AWAY, Transient, Unreachable
from services.kernel.telemetry import log
from services.link.office import RELEASE, Office
from services.link.presence import Presence
from services.link.seal import MAX_SEALED_BYTES, Refused

AGAIN_SECONDS = 0.5
TICK_SECONDS = 1.0
BREATH_SECONDS = 0.01
LETTERS_SECONDS = 3.0
"""How long a batch may take until it is committed there; after that it is asked how far they are."""
MAX_BATCH_BYTES = MAX_SEALED_BYTES // 4
"""Of letters as they lie in the log: sealing makes twice as much of them."""
MOST_EPOCHS = 1000
"""So many epochs of ours may we have forgotten; a peer that knows of more does not speak the truth."""
MOST_FORGOTTEN = 10_000
"""So many letters that we forgot are listed for a person, the newest; the peer lists what it holds itself."""

_WAITING = (
    "SELECT peer, status FROM peers p WHERE queued > taken AND status <> 'unknown' AND EXISTS "
    "(SELECT FROM letters l WHERE l.peer_id = p.peer_id AND l.number > p.taken AND NOT l.given_up)"
)
_LETTERS = (
    "SELECT l.letter_id, l.number, e.data, e.correlation_id FROM letters l "
    "JOIN events e ON e.entity_id = l.letter_id AND e.version = 1 AND e.entity = 'letter' "
    "WHERE l.peer_id = $1 AND l.number > $2 AND NOT l.given_up ORDER BY l.number LIMIT $3"
)


class Sender:
    def __init__(self, office: Office, presence: Presence) -> None:
        self._office = office
        self._presence = presence
        self._pool = office.replica.pool
        self._at_work: set[str] = set()
        self._more: set[str] = set()
        """Peers to which something was written while letters were under way to them."""

    async def run(self) -> None:
        """Until cancelled: a task for each peer for which something waits."""
        loop = self._office.replica.loop
        async with asyncio.TaskGroup() as tasks:
            while True:
                looked_at = loop.position
                with suppress(*DATABASE_AWAY):
                    for row in await self._pool.fetch(_WAITING):
                        if row["peer"] in self._at_work:
                            self._more.add(row["peer"])
                        else:
                            self._at_work.add(row["peer"])
                            tasks.create_task(self._work(row["peer"], left=row["status"] == "left"))
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_SECONDS), loop.committed:
                        if loop.position == looked_at:
                            await loop.committed.wait()
                await asyncio.sleep(BREATH_SECONDS)

    async def _work(self, peer: str, *, left: bool) -> None:
        """Bring all that waits for one peer, or hand it back; a pause after anything that went wrong."""
        try:
            await (self._give_up(peer) if left else self._bring(peer))
        except Refused:
            await asyncio.sleep(AGAIN_SECONDS)
        except (Transient, *DATABASE_AWAY) as away:
            self._presence.failed(peer)
            log.info("letters_wait", peer=peer, error=type(away).__name__)
            await asyncio.sleep(AGAIN_SECONDS)
        except Exception:
            # Whatever is the matter with one peer, letters to the others go on.
            log.exception("peer_failed", peer=peer)
            await asyncio.sleep(AGAIN_SECONDS)
        finally:
            self._at_work.discard(peer)

    # ---- to a peer that takes part

    async def compare(self, peer: str, mark: Mark) -> None:
        """What a peer says of our letters while none is under way: it, or we, may have been put back."""
        if peer not in self._at_work:
            self._at_work.add(peer)
            try:
                await self._agreed(peer, mark)
            finally:
                self._at_work.discard(peer)

    async def _bring(self, peer: str) -> None:
        mark = await self._office.ask(peer, Greeting(release=RELEASE), Mark)
        self._presence.answered(peer, mark)
        after = await self._agreed(peer, mark)
        while (letters := await self._next_or_new(peer, after, mark.epoch)) is not None:
            mark = await self._office.ask(peer, letters, Mark, seconds=LETTERS_SECONDS)
            self._presence.answered(peer, mark)
            before, after = after, await self._agreed(peer, mark)
            if after == before:
                # They were not taken. Why is theirs to say; asking at once again would not help.
                raise Unreachable(peer)

    async def _agreed(self, peer: str, mark: Mark) -> int:
        """The number after which to go on. The peer has what it says; whether that is ours is looked at."""
        row = await self._pool.fetchrow("SELECT epoch, base, queued, taken FROM peers WHERE peer = $1", peer)
        assert row is not None
        if mark.epoch > row["epoch"] + MOST_EPOCHS:
            raise self._office.refused(peer, "malformed")
        if not await self._is_ours(peer, row, mark):
            return await self._go_on_in_a_new_epoch(peer, row, mark)
        if mark.epoch < row["epoch"]:
            # It has not heard of our new epoch yet: what it holds beyond the base it will list.
            return min(mark.number, int(row["base"]))
        if mark.number != row["taken"]:
            await self._office.decide(NoteTaken(peer=peer, epoch=mark.epoch, number=mark.number))
        return mark.number

    async def _is_ours(self, peer: str, row: asyncpg.Record, mark: Mark) -> bool:
        """Whether the last letter that the peer has is the one we have under that number."""
        if mark.epoch > row["epoch"]:
            return False
        if mark.number == 0 or (mark.epoch < row["epoch"] and mark.number > row["base"]):
            return True
        return mark.letter_id is not None and await self._letter_id(peer, mark.number) == mark.letter_id

    async def _letter_id(self, peer: str, number: int) -> UUID | None:
        found: UUID | None = await self._pool.fetchval(
            "SELECT letter_id FROM letters WHERE peer_id = $1 AND number = $2", peer_id(peer), number
        )
        return found

    async def _next_or_new(self, peer: str, after: int, epoch_there: int) -> Letters | None:
        """The next letters, also one that is written while we look; None when nothing waits."""
        while True:
            self._more.discard(peer)
            letters = await self._next(peer, after, epoch_there)
            if letters is not None or peer not in self._more:
                return letters

    async def _next(self, peer: str, after: int, epoch_there: int) -> Letters | None:
        """The next letters for a peer, as many as travel well; None when there are none.

        `epoch_there`: which epoch of ours it knows of.
        """
        row = await self._pool.fetchrow("SELECT epoch, base, status FROM peers WHERE peer = $1", peer)
        assert row is not None
        rows = await self._pool.fetch(_LETTERS, peer_id(peer), after, MAX_LETTERS)
        if not rows or row["status"] != "joined":
            return None
        epoch, base = row["epoch"], row["base"]
        if _needs_epoch(rows[0]["number"], after, base, known=epoch_there >= epoch):
            epoch, base = epoch + 1, rows[0]["number"] - 1
            await self._office.decide(OpenEpoch(region=self._office.me, peer=peer, epoch=epoch, base=base))
        letters: list[WrittenLetter] = []
        size = 0
        for each in rows:
            size += len(each["data"])
            # Those in between were handed back: what comes behind them begins a batch of its own.
            if letters and (size > MAX_BATCH_BYTES or each["number"] != letters[-1].number + 1):
                break
            letters.append(_written(each))
        return Letters(epoch=epoch, base=base, letters=tuple(letters))

    # ---- after we were put back

    async def _go_on_in_a_new_epoch(self, peer: str, row: asyncpg.Record, mark: Mark) -> int:
        """Find the last letter that both know; what the peer holds beyond it we have forgotten."""
        base, orphans = await self._last_in_common(peer, mark.number, queued=row["queued"])
        known = await self._pool.fetch(
            "SELECT letter_id FROM letters WHERE letter_id = ANY($1)", [each.letter_id for each in orphans]
        )
        ours = {found["letter_id"] for found in known}
        forgotten = tuple(each for each in orphans if each.letter_id not in ours)
        epoch = max(mark.epoch, row["epoch"]) + 1
        log.error("letters_forgotten", peer=peer, epoch=epoch, base=base, count=len(forgotten))
        await self._office.decide(
            OpenEpoch(region=self._office.me, peer=peer, epoch=epoch, base=base, orphans=forgotten)
        )
        return base

    async def _last_in_common(
        self, peer: str, at_most: int, *, queued: int
    ) -> tuple[int, list[OrphanedLetter]]:
        """Number of the last letter that both know (0: none), and what the peer holds beyond it.

        The search ends whatever the peer says: its numbers fall, and once it has named more than a person
        would look at, only those are asked for that we wrote. Raises Refused, and what `ask` raises.
        """
        beyond = list[OrphanedLetter]()
        while at_most > 0:
            taken = await self._office.ask(peer, GetTaken(at_most=at_most), Taken)
            if not taken.letters:
                break
            if taken.letters[0].number > at_most:
                raise self._office.refused(peer, "malformed")
            for letter in taken.letters:
                if await self._letter_id(peer, letter.number) == letter.letter_id:
                    return letter.number, beyond
                if len(beyond) < MOST_FORGOTTEN:
                    beyond.append(letter)
            at_most = taken.letters[-1].number - 1
            if len(beyond) == MOST_FORGOTTEN:
                at_most = min(at_most, queued)
        return 0, beyond

    # ---- to a peer that has left

    async def _give_up(self, peer: str) -> None:
        """Hand what waits back to whoever had it written."""
        after = await self._pool.fetchval("SELECT taken FROM peers WHERE peer = $1", peer)
        for row in await self._pool.fetch(_LETTERS, peer_id(peer), after, MAX_LETTERS):
            letter = _written(row)
            await self._office.decide(
                GiveUpLetter(letter=HandBack(**letter.model_dump(exclude={"correlation_id"})))
            )
        await asyncio.sleep(AGAIN_SECONDS)


def _needs_epoch(number: int, after: int, base: int, *, known: bool) -> bool:
    """Whether letter `number` can only be said in a new epoch, to a peer that has those to `after`.

    Those before it were handed back when the peer had left, and are passed over: only the first letters
    of an epoch that the peer does not know yet (not `known`) say so. A peer that was put back, and heard
    of the epoch with an older letter, would wait for what never comes.
    """
    return number != after + 1 and (known or number != base + 1)


def _written(row: asyncpg.Record) -> WrittenLetter:
    said = orjson.loads(row["data"])
    return WrittenLetter(
        letter_id=row["letter_id"],
        number=row["number"],
        thread_id=said["thread_id"],
        name=said["name"],
        version=said["version"],
        data=said["data"],
        correlation_id=row["correlation_id"],
    )
