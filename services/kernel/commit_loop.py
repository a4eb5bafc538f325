"""The commit loop: every write of a service goes through here, one batch after another.

    submit() ──▶ queue ──▶ decide a batch ──▶ one SQL statement ──▶ answers
                              │ in memory, on layers:
                              │   this batch's changes
                              │   over the batch being written
                              │   over what is committed (the cache)

While one batch is being written the next is decided on top of it, as its items come. Answers are given
only after the write. When a write does not land, whatever was decided on top of it is
dropped and decided again. So a reply means durable, hot entities never conflict, and
positions have no gaps.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg

from contracts.envelope import Answer
from services.kernel.deciding import Decided, Deciding, Item, Lane, Mark
from services.kernel.entity import Key, Missing, State
from services.kernel.errors import (
    DATABASE_AWAY,
    KEY_REUSED,
    UNSTORABLE,
    Busy,
    NotLeading,
    TooLate,
    Transient,
    Unparkable,
    Unreachable,
)
from services.kernel.log import Batch, Connection, Pool, write
from services.kernel.looking_up import done_long_ago, entities, first_answer, first_answers
from services.kernel.service import Service
from services.kernel.telemetry import Metrics, log
from services.kernel.tracing import TRACING, clock

MAX_BATCH = 1000
FEW = 8
"""So many go together, also when nothing is being written: halves would only wait for each other."""
MAX_DECIDING_SECONDS = 0.020
MAX_WAITING = 10_000
MAX_CACHED = 50_000


class CommitLoop:
    """The writer of one service while this replica leads.

    `connect` opens a connection for writing; `pool` is for reading. Runs between
    `run(...)` and the loss of the lead; `submit` raises NotLeading outside of it.
    `on_erased` hears who was erased and when, after the commit.
    """

    def __init__(
        self,
        service: Service,
        *,
        connect: Callable[[], Any],
        pool: Pool,
        lease: timedelta,
        metrics: Metrics,
        on_erased: Callable[[dict[UUID, datetime]], None] = lambda _: None,
    ) -> None:
        self.service = service
        self._on_erased = on_erased
        self._deciding = Deciding(service)
        self._connect = connect
        self._pool = pool
        self._lease = lease
        self._metrics = metrics
        self._queue: deque[Item] = deque()
        self._work = asyncio.Event()
        self._leading = False
        self._limit = MAX_BATCH
        self._look_up_known = False
        self._cache: dict[Key, Any] = {}
        self._next: Decided | None = None
        self._connection: Connection | None = None
        self._commits = 0
        self.position = 0
        self.epoch = 1
        self.term = 0
        self.marks: dict[str, Mark] = {}
        self.parked: dict[Lane, set[int]] = {}
        self.committed = asyncio.Condition()
        self.written_at = time.monotonic()

    # ---- taking work

    def submit(self, item: Item) -> asyncio.Future[Answer]:
        """Queue one item. The future gives its Answer, or raises Transient.

        Raises NotLeading or Busy at once.
        """
        if not self._leading:
            raise NotLeading
        if len(self._queue) >= MAX_WAITING:
            self._metrics.refused_busy.inc()
            raise Busy
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        item.future = future
        self._queue.append(item)
        self._work.set()
        return future

    def submit_followed(self, items: list[Item]) -> asyncio.Future[Answer]:
        """Queue followed events in order; the future is that of the last.

        It raises Unparkable when they go no further than one that nothing can be done with.
        """
        if not self._leading:
            raise NotLeading
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        for item in items:
            item.run = future
        items[-1].future = future
        self._queue.extend(items)
        self._work.set()
        return future

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def leading(self) -> bool:
        return self._leading

    # ---- the loop

    async def run(self, *, term: int, started: asyncio.Event) -> None:
        """Commit batches until the lead is lost or the task is cancelled.

        Raises NotLeading when another replica took over. Whoever still waits then hears
        NotLeading: a repeat with the same id gets the one true answer.
        """
        self.term = term
        self._queue.clear()
        self._cache.clear()
        writing: asyncio.Task[list[Item] | None] | None = None
        before: Decided | None = None
        landed: Decided | None = None
        try:
            await self._open()
            self._leading = True
            started.set()
            while True:
                await self._decide(before, writing)
                if writing is not None:
                    failed = await writing
                    landed, writing, before = before, None, None
                    if failed is not None:
                        # What was decided meanwhile stood on something that is not there,
                        # and what was loaded meanwhile may be older than it seems.
                        self._cache.clear()
                        self._queue.extendleft(reversed(self._taken()))
                        self._queue.extendleft(reversed(failed))
                        landed, self._next = None, None
                if self._next is not None:
                    before, self._next = self._next, None
                    before.fill_rows()
                    writing = asyncio.create_task(self._write(before))
                    writing.add_done_callback(lambda _: self._work.set())
                    # On its way to the server before the answers below wake everyone up.
                    await asyncio.sleep(0)
                if landed is not None:
                    await self._settle(landed)
                    landed = None
        finally:
            self._leading = False
            in_hand = self._taken()
            self._next = None
            try:
                if landed is not None:
                    await self._settle(landed)
                if writing is not None and before is not None:
                    in_hand += before.items
                    (outcome,) = await asyncio.gather(writing, return_exceptions=True)
                    if outcome is None:
                        await self._settle(before)
            finally:
                # Also when this very waiting is cancelled: nobody may wait for ever.
                for item in (*in_hand, *self._queue):
                    item.fail(NotLeading())
                self._queue.clear()
                self._cache.clear()
                if self._connection is not None:
                    self._connection.terminate()
                    self._connection = None

    # ---- deciding

    async def _decide(self, before: Decided | None, writing: asyncio.Task[Any] | None) -> None:
        """Decide what waits; and what comes, for as long as `before` is being written."""
        while True:
            self._work.clear()
            until = time.perf_counter() + MAX_DECIDING_SECONDS
            try:
                while self._queue and self._room(before) > 0 and time.perf_counter() < until:
                    await self._decide_first(before)
            except DATABASE_AWAY:
                if writing is None:
                    raise
                # What is being written finds out too, and waits until it is there again.
                return
            if writing is None:
                if self._next is not None:
                    return
            elif writing.done() or self._room(before) <= 0:
                return
            if self._queue:
                # Everyone else's turn; and what is being written may have landed.
                await asyncio.sleep(0)
            else:
                await self._work.wait()

    def _taken(self) -> list[Item]:
        """What is decided for the next batch so far."""
        return self._next.items if self._next is not None else []

    def _room(self, before: Decided | None) -> int:
        """How many more items the next batch takes.

        Half of all that is under way: then one half is decided while the other is written, and
        callers who repeat keep it so.
        """
        taken = len(self._taken())
        under_way = len(self._queue) + taken + (len(before.items) if before is not None else 0)
        return min(self._limit, max(FEW, (under_way + 1) // 2)) - taken

    async def _decide_first(self, before: Decided | None) -> None:
        """Decide the first of the queue; or load what it needs, and leave it where it is."""
        item = self._queue[0]
        if item.broken_off or item.late(time.monotonic()):
            self._queue.popleft()
            item.fail(TooLate())
            return
        if self._next is None:
            self._next = self._begin(before)
        decided = self._next
        if decided.known is not None and item.command is not None:
            if item.command_id not in decided.known:
                ahead = islice(self._queue, self._room(before))
                decided.known |= await first_answers(self._pool, [i.command_id for i in ahead if i.command])
                return
            row = decided.known[item.command_id]
            if row is not None:
                self._queue.popleft()
                if item.timer_id is not None:
                    decided.rows.timers_done.append({"timer_id": item.timer_id})
                item.answer(first_answer(row, item.content_hash))
                return
        first = decided.by_id.get(item.command_id)
        if first is None and before is not None:
            first = before.by_id.get(item.command_id)
        if first is not None:
            self._queue.popleft()
            _join(first, item)
            return
        try:
            if item.command is None:
                self._deciding.followed(item, decided)
            else:
                self._deciding.command(item, item.command, decided)
                decided.by_id[item.command_id] = item
        except Missing:
            wanted = self._deciding.looks_at(islice(self._queue, self._room(before)), decided.state)
            for key, entity in (await entities(self._pool, wanted)).items():
                self._cache.setdefault(key, entity)
            return
        self._queue.popleft()
        decided.items.append(item)

    def _begin(self, before: Decided | None) -> Decided:
        """An empty batch on top of what is being written and what is committed."""
        known: dict[UUID, asyncpg.Record | None] | None = {} if self._look_up_known else None
        self._look_up_known = False
        below = [before.state.changed] if before is not None else []
        position = before.head if before is not None else self.position
        return Decided(
            state=State(*below, self._cache),
            rows=Batch(position, self.term, self.epoch, datetime.now(UTC)),
            marks_before=before.marks_after(self.marks) if before is not None else self.marks,
            parked_before=before.parked_after() if before is not None else self.parked,
            known=known,
        )

    # ---- writing

    async def _write(self, decided: Decided) -> list[Item] | None:
        """Write a batch. Returns None when it is durable, or the items to decide again.

        Raises NotLeading when another replica has taken over.
        """
        rows = decided.rows
        if not rows:
            return None
        began, began_at = time.perf_counter(), clock()
        try:
            if self._connection is None:
                raise asyncpg.InterfaceError("no connection")
            position = await write(self._connection, rows, self._commits, self._lease)
        except asyncpg.UniqueViolationError as twice:
            if decided.known is None:
                # Most likely commands that were answered before: a repeat gets its first answer.
                self._look_up_known = True
                return decided.items
            return await self._split(decided, twice)
        except (
            asyncpg.DataError,
            asyncpg.IntegrityConstraintViolationError,
            asyncpg.ProgramLimitExceededError,
            UnicodeError,
            TypeError,
        ) as cannot:
            return await self._split(decided, cannot)
        except DATABASE_AWAY as error:
            log.warning("commit_unknown", error=type(error).__name__)
            # One that fails in the same way each time must not spin.
            await asyncio.sleep(0.05)
            position = None
        if position is None:
            await self._reopen()
            return decided.items
        self.written_at = time.monotonic()
        self._metrics.commit_seconds.observe(time.perf_counter() - began)
        self._metrics.batch_size.observe(len(decided.items))
        self.position = position
        self._commits += 1
        for item in decided.items if TRACING.on else ():
            TRACING.passed("commit", item.traceparent, began_at, items=len(decided.items))
        return None

    async def _split(self, decided: Decided, why: Exception) -> list[Item]:
        """Something in the batch cannot be stored: try halves until it stands alone."""
        items = decided.items
        if len(items) > 1:
            self._limit = len(items) // 2
            return items
        self._limit = MAX_BATCH
        item = items[0]
        if item.followed is not None:
            if item.unstorable:
                # Not even as a parked one: those behind it wait with it, and everyone else goes on.
                log.error("unparkable", source=item.followed.source, position=item.followed.position)
                if item.run is not None and not item.run.done():
                    item.run.set_exception(Unparkable())
                return []
            # Skipping a followed event would lose it: the next pass parks its lane.
            item.unstorable = True
            return items
        twice = isinstance(why, asyncpg.UniqueViolationError)
        done = await done_long_ago(self._pool, item.command_id) if twice else None
        constraint = getattr(why, "constraint_name", None)
        log.warning("unstorable", id=str(item.command_id), error=type(why).__name__, constraint=constraint)
        item.answer(done or Answer(outcome="refused", id=item.command_id, refusal=UNSTORABLE))
        return []

    async def _settle(self, decided: Decided) -> None:
        """The batch is durable: its state becomes the cache, and everyone gets their answer."""
        self._limit = min(MAX_BATCH, self._limit * 2)
        self._cache.update(decided.state.changed)
        if len(self._cache) > MAX_CACHED:
            # The older half, at once: a dict that loses its first key over and over gets slow.
            for key in list(islice(self._cache, MAX_CACHED // 2)):
                del self._cache[key]
        self.marks.update(decided.marks)
        self.parked = decided.parked_after()
        for item in decided.items:
            refusal = decided.refusals.get(item)
            if refusal is not None:
                item.answer(
                    Answer(
                        outcome="refused",
                        id=item.command_id,
                        position=decided.positions[item],
                        refusal=refusal,
                    )
                )
            elif item in decided.positions:
                item.answer(Answer(outcome="accepted", id=item.command_id, position=decided.positions[item]))
            elif item.followed is not None:
                item.answer(Answer(outcome="accepted", id=item.command_id, position=self.position))
        self._metrics.commands.inc(len(decided.positions))
        if decided.rows.erased:
            erased = {row["person_id"]: decided.rows.at for row in decided.rows.erased}
            # Waits for the disk: not in the thread that everyone else waits for.
            await asyncio.to_thread(self._on_erased, erased)
        async with self.committed:
            self.committed.notify_all()

    # ---- the connection

    async def _open(self) -> None:
        self._connection = await self._connect()
        await self._refresh()

    async def _reopen(self) -> None:
        """Drop everything that rests on an unknown outcome, and begin again from the database."""
        self._cache.clear()
        self._look_up_known = True
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
        while True:
            try:
                self._connection = await self._connect()
                await self._refresh()
            except DATABASE_AWAY as error:
                log.warning("database_away", error=type(error).__name__)
                self._fail_expired()
                await asyncio.sleep(0.1)
            else:
                return

    def _fail_expired(self) -> None:
        now = time.monotonic()
        for item in self._taken():
            # Comes back to the queue when the database is there again, and is let go then.
            if item.late(now):
                item.fail(Unreachable())
        waiting = list(self._queue)
        self._queue.clear()
        for item in waiting:
            if item.late(now):
                item.fail(Unreachable())
            else:
                self._queue.append(item)

    async def _refresh(self) -> None:
        """Read where the log is. Raises NotLeading when another replica has taken over."""
        assert self._connection is not None
        head = await self._connection.fetchrow(
            "UPDATE log_head SET leader_until = clock_timestamp() + $2 WHERE term = $1 "
            "RETURNING position, epoch, commits",
            self.term,
            self._lease,
        )
        if head is None:
            raise NotLeading
        self.position, self.epoch, self._commits = head["position"], head["epoch"], head["commits"]
        self.marks = {
            row["source"]: (row["epoch"], row["position"], row["event_id"])
            for row in await self._connection.fetch("SELECT * FROM watermarks")
        }
        self.parked = {}
        for row in await self._connection.fetch("SELECT source, lane, position FROM parked"):
            self.parked.setdefault((row["source"], row["lane"]), set()).add(row["position"])
        self.written_at = time.monotonic()

    async def renew(self) -> None:
        """Prolong the lead while there is nothing to write. Raises NotLeading when it is lost."""
        if time.monotonic() - self.written_at < self._lease.total_seconds() / 4:
            return
        async with asyncio.timeout(self._lease.total_seconds()):
            held = await self._pool.fetchval(
                "UPDATE log_head SET leader_until = clock_timestamp() + $2 WHERE term = $1 RETURNING true",
                self.term,
                self._lease,
            )
        if not held:
            raise NotLeading
        self.written_at = time.monotonic()


def _join(first: Item, second: Item) -> None:
    """The same id twice under way: the second gets the answer of the first."""
    if first.content_hash != second.content_hash:
        second.answer(Answer(outcome="refused", id=second.command_id, refusal=KEY_REUSED))
    elif first.future is not None:
        first.future.add_done_callback(lambda done: _copy(done, second))


def _copy(done: asyncio.Future[Answer], to: Item) -> None:
    if done.cancelled():
        to.fail(Unreachable())
    elif (error := done.exception()) is not None:
        to.fail(error if isinstance(error, Transient) else Unreachable())
    else:
        to.answer(done.result())
