"""Sends what is queued, from the leading replica: each message at its time, by its reader's channel."""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

import asyncpg

from contracts.members import Channel, Person
from contracts.notifications import RecordDelivery
from services.kernel.errors import DATABASE_AWAY, Rejected, Transient, Unreachable
from services.kernel.reach import Route, route
from services.kernel.runtime import Replica
from services.kernel.telemetry import log
from services.notifications.agenda import Agenda
from services.notifications.around import ITSELF, Queued, around, people_of
from services.notifications.channels import Away, Carrier, Parcel
from services.notifications.channels.email import Email
from services.notifications.channels.paper import Paper
from services.notifications.channels.sms import Sms
from services.notifications.recipient import Recipient, digests, may_go_at
from services.notifications.templates import compose, write

AT_ONCE = 20
CONNECTIONS = 3
"""To one channel at the same time: as many as Exchange Online takes from one sender."""
PAGE = 1000
SECTIONS = 50
"""At most so many messages in one digest."""

GIVE_UP_AFTER = 10
FIRST_PAUSE = timedelta(seconds=30)
SHORT_PAUSE = timedelta(seconds=5)
"""After which another service is asked again: exchange that is away, members about someone just erased."""
LOOK_AGAIN = timedelta(hours=1)
"""How long a choice of other hours may take to have effect on what waits."""

IDLE_SECONDS = 2.0
AWAY_SECONDS = 0.5

_CARRIERS: dict[Channel, type[Email | Sms | Paper]] = {
    "email": Email,
    "sms": Sms,
    "letter": Paper,
    "phone": Paper,
}
_WAITING = (
    "SELECT m.message_id, m.member_id, m.template, m.facts, m.queued_at, r.channel, r.digest, "
    "r.quiet_from, r.quiet_until, r.gone FROM messages m LEFT JOIN recipients r USING (member_id) "
    "WHERE m.status = 'queued' AND {} ORDER BY m.queued_at, m.message_id LIMIT $2"
)

type End = Literal["sent", "handed_over", "refused", "gave_up", "no_address", "unknown_letter", "gone"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued message, and what its reader chose."""

    message: Queued
    queued_at: datetime
    recipient: Recipient

    @property
    def digests(self) -> bool:
        return digests(self.recipient, self.message.template)

    def may_go_at(self, now: datetime) -> datetime:
        return may_go_at(self.recipient, self.message.template, self.message.facts, self.queued_at, now)


type Bundle = tuple[Waiting, ...]
"""What goes out as one: a message, or all of someone's digest, oldest first."""

type Routed = tuple[Bundle, Route]


async def send_messages(replica: Replica) -> None:
    """Send until cancelled."""
    await Sender(replica).run()


class Sender:
    """`clock` gives the time (UTC)."""

    def __init__(self, replica: Replica, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._replica = replica
        self._now = clock
        self._agenda = Agenda()
        self._position: int | None = None
        # Taken out of the agenda by this round, and not dealt with yet.
        self._in_hand: set[UUID] = set()

    async def run(self) -> None:
        """Round after round, until cancelled."""
        while True:
            try:
                await self._read_on()
                taken = self._agenda.take(self._now(), AT_ONCE)
                if taken:
                    await self._round(taken)
                else:
                    await self._until_something()
            except (Away, Transient, Rejected, *DATABASE_AWAY) as error:
                # The mail server, the gateway, members or the database is away: all stays queued.
                log.warning("mail_waits", error=type(error).__name__)
                await asyncio.sleep(AWAY_SECONDS)

    # ---- what there is to do

    async def _read_on(self) -> None:
        """Put into the agenda what is queued: at first all of it, then what the log has more."""
        if self._position is None:
            self._position = await self._read_all()
        while True:
            rows = await self._replica.pool.fetch(
                "SELECT position, name, entity_id, occurred_at FROM events WHERE position > $1 "
                "ORDER BY position LIMIT $2",
                self._position,
                PAGE,
            )
            for row in rows:
                if row["name"] == "MessageQueued":
                    self._agenda.put(row["entity_id"], min(row["occurred_at"], self._now()))
                self._position = row["position"]
            if len(rows) < PAGE:
                return

    async def _read_all(self) -> int:
        """All that is queued, page by page; returns a position that the log had before."""
        position: int = await self._replica.pool.fetchval("SELECT position FROM log_head")
        after = UUID(int=0)
        while rows := await self._replica.pool.fetch(
            "SELECT message_id, queued_at FROM messages WHERE status = 'queued' AND message_id > $1 "
            "ORDER BY message_id LIMIT $2",
            after,
            PAGE,
        ):
            for row in rows:
                self._agenda.put(row["message_id"], min(row["queued_at"], self._now()))
            after = rows[-1]["message_id"]
        return position

    async def _until_something(self) -> None:
        """Until something was committed, or it is time for the next."""
        seconds = IDLE_SECONDS
        if (at := self._agenda.next_at) is not None:
            seconds = min(seconds, max(0.0, (at - self._now()).total_seconds()))
        loop = self._replica.loop
        try:
            async with asyncio.timeout(seconds), loop.committed:
                if loop.position == self._position:
                    await loop.committed.wait()
        except TimeoutError:
            return

    # ---- one round

    async def _round(self, taken: list[UUID]) -> None:
        self._in_hand = set(taken)
        try:
            due = await self._due(taken)
            bundles: list[Bundle] = [(one,) for one in due if not one.digests]
            bundles += await self._digests({one.message.member_id for one in due if one.digests})
            people = await people_of(self._replica, (one.message for bundle in bundles for one in bundle))
            away: Away | None = None
            for channel, routed in (await self._routes(bundles, people)).items():
                try:
                    await self._carry(channel, routed, people)
                except Away as one:
                    # The other channels go on.
                    log.warning("channel_away", channel=channel)
                    away = one
            if away is not None:
                raise away
        finally:
            # Behind what waits: one that cannot go must not hold up the others.
            for message_id in self._in_hand:
                self._agenda.put(message_id, self._now())

    async def _due(self, taken: list[UUID]) -> list[Waiting]:
        """Those of them that may go now; the others go back into the agenda, or out of it."""
        rows = await self._replica.pool.fetch(_WAITING.format("m.message_id = ANY($1)"), taken, len(taken))
        waiting = [_waiting(row) for row in rows]
        self._done(set(taken) - {one.message.message_id for one in waiting})
        due = []
        for one in waiting:
            now = self._now()
            if one.recipient.gone:
                await self._record([one.message], 1, "gone", Route("email"))
            elif (at := one.may_go_at(now)) > now:
                self._put_back([one.message.message_id], min(at, now + LOOK_AGAIN))
            else:
                due.append(one)
        return due

    async def _digests(self, member_ids: set[UUID]) -> list[Bundle]:
        """For each of these members all of the digest that is due."""
        if not member_ids:
            return []
        rows = await self._replica.pool.fetch(
            _WAITING.format("m.member_id = ANY($1)"), list(member_ids), PAGE
        )
        gathered: dict[UUID, list[Waiting]] = {}
        for row in rows:
            one, now = _waiting(row), self._now()
            sections = gathered.setdefault(one.message.member_id, [])
            if one.digests and one.may_go_at(now) <= now and len(sections) < SECTIONS:
                sections.append(one)
        self._in_hand |= {one.message.message_id for sections in gathered.values() for one in sections}
        return [tuple(sections) for sections in gathered.values() if sections]

    async def _routes(
        self, bundles: Iterable[Bundle], people: dict[UUID, Person]
    ) -> dict[Channel, list[Routed]]:
        """The bundles by channel. Who cannot be reached, or is not known, is dealt with here."""
        routes: dict[Channel, list[Routed]] = {}
        for bundle in bundles:
            person = people.get(bundle[0].message.member_id)
            if person is None:
                # Known again soon, or gone as soon as we hear of it.
                await self._later(bundle, Route("email"), first_pause=SHORT_PAUSE)
                continue
            found = route(person, bundle[0].recipient.channel, self._replica.region)
            if found.channel is None:
                await self._record(_messages(bundle), 1, "no_address", Route("email"))
            else:
                routes.setdefault(found.channel, []).append((bundle, found))
        return routes

    async def _carry(self, channel: Channel, routed: list[Routed], people: dict[UUID, Person]) -> None:
        """Carry bundles over a few connections, those of one reader over one. Raises Away."""
        lanes: dict[int, list[Routed]] = {}
        for bundle, found in routed:
            lanes.setdefault(bundle[0].message.member_id.int % CONNECTIONS, []).append((bundle, found))
        carrying = (self._carry_in_turn(channel, lane, people) for lane in lanes.values())
        # An error in one lane leaves the others their work.
        for error in await asyncio.gather(*carrying, return_exceptions=True):
            if error is not None:
                raise error

    async def _carry_in_turn(
        self, channel: Channel, routed: list[Routed], people: dict[UUID, Person]
    ) -> None:
        """Carry bundles one after another, over one connection. Raises Away."""
        recording: list[asyncio.Task[None]] = []
        recorded: list[BaseException | None] = []
        exchange_away = False
        try:
            async with _CARRIERS[channel](self._replica.region) as carrier:
                for bundle, found in routed:
                    asks = any(one.message.asks_exchange for one in bundle)
                    try:
                        if asks and exchange_away:
                            raise Unreachable
                        recording += await self._carry_one(carrier, bundle, found, people)
                    except Unreachable:
                        exchange_away = True
                        self._put_back(_ids(bundle), self._now() + SHORT_PAUSE)
        finally:
            # Recorded together while the next is sent: a crash repeats at most one round. An error of
            # one must not take the place of a cancellation: the leader would wait for this worker for ever.
            recorded = await asyncio.gather(*recording, return_exceptions=True)
        for error in recorded:
            if error is not None:
                raise error

    async def _carry_one(
        self, carrier: Carrier, bundle: Bundle, found: Route, people: dict[UUID, Person]
    ) -> list[asyncio.Task[None]]:
        """Write and carry one bundle; returns what is still being recorded. Raises Away or Transient."""
        parts, written, broken = [], [], []
        for message in _messages(bundle):
            about = await around(self._replica, message, people, self._now())
            try:
                parts.append(write(message.template, message.facts, about))
                written.append(message)
            except LookupError:
                log.warning("letter_unknown", template=message.template, message_id=str(message.message_id))
                broken.append(message)
        recording = []
        if broken:
            recording.append(asyncio.create_task(self._record(broken, 1, "unknown_letter", found)))
        if parts:
            first = written[0]
            letter = compose(parts, about)
            outcome = await carrier.carry(Parcel(first.message_id, people[first.member_id], letter))
            tried = self._agenda.tries(first.message_id)
            if outcome == "later":
                await self._later(bundle, found)
            else:
                recording.append(asyncio.create_task(self._record(written, tried, outcome, found)))
        return recording

    # ---- how it went

    async def _later(self, bundle: Bundle, found: Route, *, first_pause: timedelta = FIRST_PAUSE) -> None:
        """Try again, each time after twice as long; not for ever."""
        first = bundle[0].message.message_id
        tried = self._agenda.tries(first)
        if tried >= GIVE_UP_AFTER:
            await self._record(_messages(bundle), tried, "gave_up", found)
            return
        self._agenda.failed(first)
        pause = FIRST_PAUSE * 2**tried if tried > 1 else first_pause
        self._put_back(_ids(bundle), self._now() + pause)

    async def _record(self, messages: Sequence[Queued], tried: int, end: End, found: Route) -> None:
        """Record how it ended for these; the first last, whose id a repeat would carry again."""
        first, *others = messages
        await asyncio.gather(*(self._decide(message, tried, end, found) for message in others))
        await self._decide(first, tried, end, found)
        self._done(message.message_id for message in messages)

    async def _decide(self, message: Queued, tried: int, end: End, found: Route) -> None:
        self._replica.metrics.mails.labels(end).inc()
        command = RecordDelivery(
            message_id=message.message_id,
            outcome=end if end in ("sent", "handed_over") else "failed",
            channel=found.channel or "email",
            attempts=tried,
            reason={"sent": None, "handed_over": found.reason}.get(end, end),
        )
        await self._replica.decide(command, ITSELF, uuid5(message.message_id, f"delivery/{tried}"))

    def _done(self, message_ids: Iterable[UUID]) -> None:
        ids = set(message_ids)
        self._in_hand -= ids
        self._agenda.done(ids)

    def _put_back(self, message_ids: Iterable[UUID], at: datetime) -> None:
        for message_id in message_ids:
            self._in_hand.discard(message_id)
            self._agenda.put(message_id, at)


def _waiting(row: asyncpg.Record) -> Waiting:
    message = Queued(row["message_id"], row["member_id"], row["template"], json.loads(row["facts"]))
    recipient = Recipient(row["member_id"])
    if row["channel"] is not None:
        chosen = {name: row[name] for name in ("channel", "digest", "quiet_from", "quiet_until", "gone")}
        recipient = Recipient(row["member_id"], **chosen)
    return Waiting(message, row["queued_at"], recipient)


def _messages(bundle: Bundle) -> list[Queued]:
    return [one.message for one in bundle]


def _ids(bundle: Bundle) -> list[UUID]:
    return [one.message.message_id for one in bundle]
