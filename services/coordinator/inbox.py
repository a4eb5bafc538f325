"""Referrals that a team's system sends over NATS without waiting for an answer.

    read ─┬─▶ kept (received) ─▶ referred ─▶ settled: nothing of it is kept any more
          └─▶ kept for a person, with why it cannot be taken in (stranded.py)

From the moment that it is kept it survives restarts: what was received and is not settled is tried again
until it is one or the other. What cannot even be kept (too many at once, the database is away) is refused
where the team can hear it: on its own subject `…out.Refused`.
"""

import asyncio
import hashlib
import hmac
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid5

import orjson
from nats.aio.msg import Msg
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from contracts import subjects, wrong
from contracts.envelope import Actor, Refusal, Role
from contracts.freetext import clean
from contracts.referring import UUIDS, NewReferral, ReferralEvent
from contracts.stranded import RECEIVED, SettleStranded, StrandEvent
from services.coordinator import cloudevents
from services.coordinator.api.edge import MAX_BODY_BYTES
from services.coordinator.api.problems import MEDIA_TYPE, Problem, problem_of
from services.coordinator.desk import COMMAND_SPACE, Caller, Desk
from services.coordinator.referring import refer_event
from services.kernel.errors import DATABASE_AWAY, NATS_AWAY, TOO_LARGE, Rejected, Transient
from services.kernel.service import new_id
from services.kernel.telemetry import log

AT_ONCE = 64
"""How many are dealt with at the same time; what comes on top of that is refused."""

MOST_KEPT = 1000
"""Of one team, that are not settled yet."""

AGAIN_SECONDS = 15.0
"""How often what was received and not settled is tried again, and how old it is then at least."""

NO_CLOUDEVENT = Refusal(
    code="no_cloudevent",
    nl="Stuur over NATS een CloudEvent: met specversion, id, source en type. Zo is twee keer hetzelfde één.",
    en="Over NATS, send a CloudEvent: with specversion, id, source and type. So the same twice is one.",
)

NOT_TAKEN = Refusal(
    code="unavailable",
    nl="Wij konden dit bericht nu niet aannemen. Stuur het zo opnieuw, met dezelfde id en source.",
    en="We could not take this event in now. Send it again shortly, with the same id and source.",
)

_LEFT = (
    "SELECT stranded_id, team FROM stranded WHERE NOT settled AND code = $1 "
    "AND stranded_at < now() - make_interval(secs => $2) ORDER BY stranded_at LIMIT $3"
)
_TEXT = "SELECT data FROM vault WHERE entity = 'stranded' AND entity_id = $1"

AWAY = (Transient, *DATABASE_AWAY, *NATS_AWAY)
"""What passes by itself; anything else is a fault in the program."""


def of_team(team: str) -> Caller:
    """A team's own system."""
    return Caller(Actor(role=Role.REFERRER, name=subjects.team_user(team), team=team), new_id())


def read_event(message: Msg) -> ReferralEvent:
    """The CloudEvent that was sent. Raises Rejected or ValidationError."""
    if len(message.data) > MAX_BODY_BYTES:
        raise Rejected(TOO_LARGE.code, TOO_LARGE.nl, TOO_LARGE.en)
    event = cloudevents.read(message.data, message.headers or {})
    if isinstance(event, NewReferral):
        raise Rejected(NO_CLOUDEVENT.code, NO_CLOUDEVENT.nl, NO_CLOUDEVENT.en)
    return event


class NotTaken(Problem):
    """Which event it is about, as far as that could be read."""

    id: str | None = None
    source: str | None = None


class Inbox:
    """What one replica does with events that nobody waits for."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        # Who reads the log cannot try out what was sent; the same on every replica.
        self._key = desk.region.nats_password("coordinator").encode()

    async def take(self, message: Msg, team: str, *, busy: bool) -> None:
        """Keep one and deal with it, or refuse it; `busy`: there are too many already."""
        caller = of_team(team)
        kept = False
        try:
            if busy or await self._is_full(team):
                await self._refuse(message, caller)
                return
            try:
                event = read_event(message)
            except ValidationError as invalid:
                await self._strand(message.data, caller, wrong.refusal(invalid).code)
            except Rejected as no:
                await self._strand(message.data, caller, no.refusal.code)
            else:
                text = event.model_dump_json(exclude_unset=True)
                # Each replica keeps its own for that moment; what they refer is one referral.
                received_id = new_id()
                await self._desk.send(StrandEvent(code=RECEIVED, payload=text), caller, id=received_id)
                kept = True
                await self._deal(received_id, event, caller)
        except AWAY as away:
            log.warning("referral_not_taken", team=team, error=type(away).__name__)
            await self._refuse(message, caller)
        except asyncio.CancelledError:
            # This replica stops before it could be kept.
            if not kept:
                await self._refuse(message, caller)
            raise

    async def keep_trying(self) -> None:
        """Deal with what was received and left, by whoever leads, until cancelled."""
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            if self._desk.replica.loop.leading:
                await self.try_again()

    async def try_again(self) -> None:
        try:
            for row in await self._desk.fetch(_LEFT, RECEIVED, AGAIN_SECONDS, AT_ONCE):
                await self._again(row["stranded_id"], of_team(row["team"]))
        except AWAY as away:
            log.info("referral_waits", error=type(away).__name__)

    async def _again(self, received_id: UUID, caller: Caller) -> None:
        kept = await self._desk.row(_TEXT, received_id)
        if kept is None:
            await self._settle(received_id, caller)
            return
        text: str = orjson.loads(kept["data"])["text"]
        try:
            event = ReferralEvent.model_validate_json(text)
        except ValidationError as invalid:
            # This release asks more than the one that received it.
            await self._strand(text.encode(), caller, wrong.refusal(invalid).code)
            await self._settle(received_id, caller)
        else:
            await self._deal(received_id, event, caller)

    async def _deal(self, received_id: UUID, event: ReferralEvent, caller: Caller) -> None:
        """Refer, or have a person look at it. What is away leaves it for the next time."""
        try:
            await refer_event(self._desk, event, caller)
        except Rejected as no:
            raw = event.model_dump_json(exclude_unset=True).encode()
            await self._strand(raw, caller, no.refusal.code)
        except AWAY as away:
            log.info("referral_waits", error=type(away).__name__)
            return
        await self._settle(received_id, caller)

    async def _strand(self, raw: bytes, caller: Caller, code: str) -> None:
        """Once, also where two replicas do it; once more when it comes again after it was settled."""
        said = f"{caller.actor.team}/{code}/".encode() + raw
        first = uuid5(COMMAND_SPACE, hmac.new(self._key, said, hashlib.sha256).hexdigest())
        stranded_id, times = first, 0
        while (known := await self._known(stranded_id)) is not None and known["settled"]:
            times += 1
            stranded_id = uuid5(first, str(times))
        if known is None:
            await self._desk.send(StrandEvent(code=code, payload=keepable(raw)), caller, id=stranded_id)
            log.warning("referral_stranded", team=caller.actor.team, code=code)

    async def _known(self, stranded_id: UUID) -> dict[str, Any] | None:
        return await self._desk.row("SELECT settled FROM stranded WHERE stranded_id = $1", stranded_id)

    async def _settle(self, received_id: UUID, caller: Caller) -> None:
        settle = SettleStranded(stranded_id=received_id)
        await self._desk.send(settle, caller, id=uuid5(received_id, "settled"))

    async def _is_full(self, team: str) -> bool:
        row = await self._desk.row(
            "SELECT count(*) AS kept FROM stranded WHERE NOT settled AND team = $1", team
        )
        return row is not None and bool(row["kept"] >= MOST_KEPT)

    async def _refuse(self, message: Msg, caller: Caller) -> None:
        """Tell whoever listens on the team's side: it is not taken in, send it again."""
        team = caller.actor.team
        assert team is not None
        log.warning("referral_refused", team=team)
        which = cloudevents.which(message.data, message.headers or {})
        no = problem_of(NOT_TAKEN, caller.correlation_id)
        said = NotTaken(**no.model_dump(), **which).model_dump_json().encode()
        subject = subjects.refused_out(self._desk.region.region, team)
        with suppress(*NATS_AWAY):
            client = self._desk.replica.bus.client
            await client.publish(subject, said, headers={"Content-Type": MEDIA_TYPE})


def keepable(raw: bytes) -> str:
    """What was sent, unless we may or can not keep it.

    >>> keepable(b'{"name": "Jo"}'), keepable(b"111222333"), keepable(b"\\xff"), keepable(b"a" * 70_000)
    ('{"name":"Jo"}', '', '', '')

    A UUID is nobody's number, whatever its digits.

    >>> keepable(b'{"id": "28206506-4eb0-4348-a067-e3b3ae7faf6a"}')
    '{"id":"28206506-4eb0-4348-a067-e3b3ae7faf6a"}'

    What is packed is looked into.

    >>> keepable(b'{"data_base64": "MTExMjIyMzMz"}'), keepable(b'{"data_base64": "?"}')
    ('', '')
    """
    if len(raw) > MAX_BODY_BYTES:
        return ""
    try:
        text = _readable(raw).strip()
        clean(UUIDS.sub("/", text))
        return text
    except (PydanticCustomError, UnicodeDecodeError, ValidationError):
        return ""


def _readable(raw: bytes) -> str:
    """The text, with what stands escaped in JSON as it reads."""
    with suppress(orjson.JSONDecodeError):
        return orjson.dumps(cloudevents.opened(orjson.loads(raw))).decode()
    return raw.decode()
