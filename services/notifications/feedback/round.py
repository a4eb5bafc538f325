"""The deliveries of one endpoint: in order per referral, a few at once, with patience.

    lane (referral)    one delivery at a time; after a failure this referral waits
    round (endpoint)   at most AT_ONCE deliveries; after a failure the endpoint waits too, and is then
                       tried with one delivery, of another referral where there is one

So a receiver that is away is not hammered, one event that it cannot digest keeps no other referral from
coming, and nothing here touches another endpoint. Pauses double up to half a day, with some chance in
them so that many do not come back at the same moment. After five days the decider (delivery.py) sets
aside what a receiver does not digest, and its lane is held until the team has it replayed; a receiver that
took nothing at all is disabled, and what waits for it stays.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from contracts.envelope import CLOUD_EVENT
from contracts.feedback import EndpointTried, RecordAttempt
from services.kernel.errors import DATABASE_AWAY, Transient
from services.kernel.runtime import Replica
from services.kernel.service import new_id
from services.kernel.telemetry import log
from services.notifications.around import ITSELF
from services.notifications.feedback.cloud_event import feedback_event, trial_event
from services.notifications.feedback.feed import FEEDBACK, HEARD
from services.notifications.feedback.outside import AT_ONCE, Outcome, Receiver
from services.notifications.feedback.signing import headers
from services.notifications.feedback.target import Target, load

WINDOW = 1000
"""As many deliveries of one endpoint are in memory; the others wait in the table."""

PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 7200, 21600, 43200))
"""After the first failure, the second, …; the last for every one after that."""

JITTER = 0.2
IDLE_SECONDS = 60.0
AWAY_SECONDS = 0.5

CONTENT_TYPE = f"{CLOUD_EVENT}; charset=utf-8"
USER_AGENT = "Wederdienst (Standard Webhooks)"

_QUEUED = (
    "SELECT delivery_id, turn, lane_id, feedback_id, queued_at FROM deliveries "
    f"WHERE endpoint_id = $1 AND status = 'queued' AND {HEARD.format('deliveries.lane_id')} "
)
_WAITING = f"{_QUEUED} AND turn > $2 ORDER BY turn LIMIT $3"
_RELEASED = f"{_QUEUED} AND turn <= $2 AND lane_id = ANY($3) ORDER BY turn"
_FEEDBACK = f"{FEEDBACK.select()} WHERE feedback_id = $1 AND {HEARD.format('feedback.referral_id')}"


@dataclass(frozen=True, slots=True)
class Waiting:
    delivery_id: UUID
    lane_id: UUID
    feedback_id: UUID | None
    queued_at: datetime


@dataclass(slots=True)
class Lane:
    """What waits for one referral, the oldest first. `due` (UTC): not before."""

    due: datetime
    waiting: deque[Waiting] = field(default_factory=deque)
    tries: int = 0
    busy: bool = False


class Round:
    """One endpoint. `clock` gives the time (UTC), `chance` a number from 0 to 1."""

    def __init__(
        self,
        replica: Replica,
        endpoint_id: UUID,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._replica = replica
        self._endpoint_id = endpoint_id
        self._now = clock
        self._chance = chance
        self._receiver = Receiver(replica.region.webhooks)
        self._lanes: dict[UUID, Lane] = {}
        self._read = 0
        self._in_memory = 0
        self._under_way = 0
        self._target: Target | None = None
        self._held: frozenset[UUID] = frozenset()
        self._stale = True
        self._more = True
        self._failures = 0
        self._failed_at = datetime.min.replace(tzinfo=UTC)
        self._opens_at = self._failed_at
        self._wake = asyncio.Event()

    def wake(self, *, changed: bool) -> None:
        """There is more to bring, or (`changed`) the endpoint is otherwise now."""
        self._more = True
        self._stale = self._stale or changed
        self._wake.set()

    async def run(self) -> None:
        """Bring what waits, until the endpoint is deleted or this is cancelled."""
        try:
            async with asyncio.TaskGroup() as carrying:
                while True:
                    self._wake.clear()
                    try:
                        if not await self._read_on():
                            return
                        while (found := self._take()) is not None:
                            carrying.create_task(self._carry(*found))
                    except DATABASE_AWAY as away:
                        log.warning("feedback_waits", error=type(away).__name__)
                        await asyncio.sleep(AWAY_SECONDS)
                        self._wake.set()
                    await self._until_something()
        finally:
            await self._receiver.close()

    # ---- what there is to do

    async def _read_on(self) -> bool:
        """Know the endpoint and what waits for it; False when it is no more."""
        if self._stale:
            self._stale = False
            try:
                found = await load(self._replica.pool, self._endpoint_id)
                if found is None:
                    return False
                await self._take_up(found)
            except BaseException:
                self._stale = True
                raise
            if self._target is None or not self._target.active or found.url != self._target.url:
                # Resumed, or elsewhere: how it went before says nothing.
                self._failures, self._opens_at = 0, self._now()
                for lane in self._lanes.values():
                    lane.tries, lane.due = 0, self._now()
            self._target = found
        # What waits for a receiver that takes nothing now costs the others nothing: not even the reading.
        while self._may_go and self._may_read:
            # Before it is read: `wake` may come meanwhile.
            self._more = False
            wanted = WINDOW - self._in_memory
            rows = await self._replica.pool.fetch(_WAITING, self._endpoint_id, self._read, wanted)
            self._more = self._more or len(rows) == wanted
            for row in rows:
                self._read = row["turn"]
                if row["lane_id"] not in self._held:
                    self._remember(row)
        return True

    async def _take_up(self, found: Target) -> None:
        """Drop what is held now, and read again what is not held any more."""
        for lane_id in found.held:
            self._forget(lane_id)
        released = list(self._held - found.held)
        self._held |= found.held
        if released:
            for row in await self._replica.pool.fetch(_RELEASED, self._endpoint_id, self._read, released):
                self._remember(row)
        self._held = found.held

    def _remember(self, row: Any) -> None:
        # Before what failed meanwhile, which knows no better moment than the endpoint's own.
        due = min(row["queued_at"], self._now())
        lane = self._lanes.setdefault(row["lane_id"], Lane(due))
        lane.waiting.append(Waiting(row["delivery_id"], row["lane_id"], row["feedback_id"], row["queued_at"]))
        self._in_memory += 1

    def _forget(self, lane_id: UUID) -> None:
        if (lane := self._lanes.pop(lane_id, None)) is not None:
            self._in_memory -= len(lane.waiting)

    @property
    def _may_read(self) -> bool:
        """Whether there may be more in the table, and there is room for it."""
        return self._more and self._in_memory < WINDOW

    @property
    def _may_begin(self) -> bool:
        """Whether one more may be under way; after a failure they go one by one."""
        most = AT_ONCE if self._failures == 0 else 1
        return self._target is not None and self._target.active and self._under_way < most

    @property
    def _may_go(self) -> bool:
        """Whether one may go at this moment."""
        return self._may_begin and self._now() >= self._opens_at

    def _take(self) -> tuple[Lane, Target] | None:
        """The lane whose turn it is, if anything may go now."""
        now, target = self._now(), self._target
        if target is None or not self._may_go:
            return None
        ready = [lane for lane in self._lanes.values() if not lane.busy and lane.due <= now]
        if not ready:
            return None
        lane = min(ready, key=lambda one: one.due)
        lane.busy = True
        self._under_way += 1
        return lane, target

    async def _until_something(self) -> None:
        """Until it was woken, or it is time for the next."""
        seconds = IDLE_SECONDS
        if self._may_begin:
            due = [lane.due for lane in self._lanes.values() if not lane.busy]
            if self._may_read:
                due.append(self._opens_at)
            if due:
                at = max(min(due), self._opens_at)
                seconds = min(seconds, max(0.0, (at - self._now()).total_seconds()))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    # ---- one delivery

    async def _carry(self, lane: Lane, target: Target) -> None:
        """Bring the first of a lane; what comes of it is recorded before the next of it may go."""
        one = lane.waiting[0]
        began = self._now()
        try:
            event = await self._event(one, target)
            if event is None:
                # The person does not agree any more: nobody hears it.
                self._ended(one, lane)
                return
            outcome = await self._bring(one, event, target)
            lane.tries += 1
            if outcome.outcome != "delivered":
                self._failed(lane, began, outcome)
            await self._record(one, lane, outcome)
            if outcome.outcome == "delivered":
                self._delivered(one, lane)
        except (Transient, *DATABASE_AWAY) as away:
            # It may go out once more: at least once is what we promise.
            log.warning("feedback_waits", error=type(away).__name__)
            lane.due = max(lane.due, self._now() + timedelta(seconds=AWAY_SECONDS))
        except Exception:
            log.exception("delivery_broken", delivery_id=str(one.delivery_id))
            lane.tries += 1
            lane.due = self._now() + self._pause(lane.tries)
        finally:
            lane.busy = False
            self._under_way -= 1
            self._wake.set()

    async def _bring(self, one: Waiting, event: dict[str, object], target: Target) -> Outcome:
        at = self._now()
        body = orjson.dumps(event).decode()
        webhook_id = str(one.feedback_id or one.delivery_id)
        sent = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": USER_AGENT,
            **headers(target.signers(at), webhook_id, at, body),
        }
        return await self._receiver.bring(target.url, sent, body.encode())

    async def _event(self, one: Waiting, target: Target) -> dict[str, object] | None:
        """What is brought; None for what the team may not hear any more."""
        if one.feedback_id is None:
            trial = EndpointTried(endpoint_id=self._endpoint_id, team=target.team)
            return trial_event(self._replica.region, trial, one.delivery_id, one.queued_at)
        row = await self._replica.pool.fetchrow(_FEEDBACK, one.feedback_id)
        return feedback_event(self._replica.region, FEEDBACK.load(tuple(row))) if row is not None else None

    async def _record(self, one: Waiting, lane: Lane, outcome: Outcome) -> None:
        self._replica.metrics.webhooks.labels(outcome.outcome).inc()
        attempt = RecordAttempt(
            delivery_id=one.delivery_id,
            endpoint_id=self._endpoint_id,
            outcome=outcome.outcome,
            attempts=lane.tries,
            at=self._now(),
            milliseconds=outcome.milliseconds,
            said=outcome.said,
        )
        await self._replica.decide(attempt, ITSELF, new_id())

    def _delivered(self, one: Waiting, lane: Lane) -> None:
        self._failures = 0
        self._opens_at = self._now()
        self._ended(one, lane)

    def _ended(self, one: Waiting, lane: Lane) -> None:
        """The next of this lane may go."""
        lane.tries, lane.due = 0, self._now()
        if self._lanes.get(one.lane_id) is not lane:
            # Held meanwhile, and forgotten.
            return
        lane.waiting.popleft()
        self._in_memory -= 1
        if not lane.waiting:
            del self._lanes[one.lane_id]

    def _failed(self, lane: Lane, began: datetime, outcome: Outcome) -> None:
        now = self._now()
        asked = timedelta(seconds=outcome.retry_after_seconds)
        lane.due = now + max(self._pause(lane.tries), asked)
        if began >= self._failed_at:
            # Those that were under way together fail together: that is one failure.
            self._failures += 1
            self._failed_at = now
        self._opens_at = max(self._opens_at, now + max(self._pause(self._failures), asked))

    def _pause(self, tries: int) -> timedelta:
        pause = PAUSES[min(tries, len(PAUSES)) - 1]
        return pause * (1 + JITTER * (2 * self._chance() - 1))
