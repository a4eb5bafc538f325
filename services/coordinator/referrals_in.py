"""Referrals that come in over NATS: CloudEvents of a social team, under its own user and subject.

    wd.ref.<region>.<team>.in ─▶ read ─▶ refer ─▶ reply: the referral, or a problem (RFC 9457)
                                  └ without a reply subject, and refused: kept for a person (stranded.py)

NATS itself lets only a team's own user publish there, so the subject says which team it is. Every
replica listens, not one of a group: a paused one would swallow its share. What two of them take in is
one referral all the same, and the sender takes the first answer.
"""

import asyncio
from contextlib import suppress
from uuid import UUID, uuid5

import nats.errors
import orjson
from nats.aio.msg import Msg
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from contracts import subjects, wrong
from contracts.envelope import Actor, Refusal, Role
from contracts.freetext import clean
from contracts.referring import NewReferral
from contracts.stranded import StrandEvent
from services.coordinator import cloudevents
from services.coordinator.api.edge import MAX_BODY_BYTES
from services.coordinator.api.problems import MEDIA_TYPE, UNAVAILABLE, field_problems, problem_of
from services.coordinator.api.shapes import MadeReferral
from services.coordinator.desk import COMMAND_SPACE, Caller, Desk
from services.coordinator.referring import refer_event
from services.kernel.errors import NATS_AWAY, TOO_LARGE, Busy, Rejected, Transient
from services.kernel.runtime import Replica
from services.kernel.service import new_id
from services.kernel.telemetry import log

AT_ONCE = 64
"""How many are dealt with at the same time; who comes on top of that hears to try again."""

TRIES = 60
"""How often one is tried that nobody waits for, while a service is away: some minutes."""

NO_CLOUDEVENT = Refusal(
    code="no_cloudevent",
    nl="Stuur over NATS een CloudEvent: met specversion, id, source en type. Zo is twee keer hetzelfde één.",
    en="Over NATS, send a CloudEvent: with specversion, id, source and type. So the same twice is one.",
)


async def take_referrals(replica: Replica) -> None:
    """Listen until cancelled; what is under way then is finished first."""
    taking = _Taking(Desk(replica))
    subject = subjects.referrals_in(replica.region.region, "*")
    while True:
        try:
            subscription = await replica.bus.client.subscribe(subject, cb=taking.on_message)
            break
        except (Transient, *NATS_AWAY):
            await asyncio.sleep(0.5)
    try:
        await asyncio.Event().wait()
    finally:
        with suppress(*NATS_AWAY):
            await subscription.unsubscribe()
        await taking.finish()


class _Taking:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._under_way: set[asyncio.Task[None]] = set()

    async def on_message(self, message: Msg) -> None:
        task = asyncio.create_task(self._take(message))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def finish(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _take(self, message: Msg) -> None:
        team = message.subject.split(".")[3]
        caller = Caller(Actor(role=Role.REFERRER, name=subjects.team_user(team), team=team), new_id())
        try:
            if subjects.is_own_inbox(message.reply, subjects.team_user(team)):
                await self._answer(message, caller)
            else:
                await self._take_in(message, caller)
        except (Transient, *NATS_AWAY) as away:
            log.warning("referral_not_taken", team=team, error=type(away).__name__)
        except Exception:
            log.exception("referral_failed", team=team)

    async def _answer(self, message: Msg, caller: Caller) -> None:
        """Someone waits: they hear the referral, or what is wrong."""
        try:
            if len(self._under_way) > AT_ONCE:
                raise Busy
            made = await self._refer(message, caller)
            body, kind = made.model_dump_json(), cloudevents.JSON
        except ValidationError as invalid:
            no, errors = field_problems(invalid.errors())
            body, kind = problem_of(no, caller.correlation_id, errors).model_dump_json(), MEDIA_TYPE
        except Rejected as refused:
            body = problem_of(refused.refusal, caller.correlation_id).model_dump_json()
            kind = MEDIA_TYPE
        except Transient:
            body, kind = problem_of(UNAVAILABLE, caller.correlation_id).model_dump_json(), MEDIA_TYPE
        with suppress(nats.errors.Error, OSError):
            client = self._desk.replica.bus.client
            await client.publish(message.reply, body.encode(), headers={"Content-Type": kind})

    async def _take_in(self, message: Msg, caller: Caller) -> None:
        """Nobody waits: it is tried until it is taken in, or kept with why it could not be."""
        code = "unavailable"
        for _ in range(TRIES):
            try:
                await self._refer(message, caller)
                return
            except ValidationError as invalid:
                code = wrong.refusal(invalid).code
                break
            except Rejected as refused:
                code = refused.refusal.code
                break
            except Transient as away:
                await asyncio.sleep(away.retry_after_ms / 1000)
        await self._strand(message.data, caller, code)

    async def _refer(self, message: Msg, caller: Caller) -> MadeReferral:
        if len(message.data) > MAX_BODY_BYTES:
            raise Rejected(TOO_LARGE.code, TOO_LARGE.nl, TOO_LARGE.en)
        event = cloudevents.read(message.data, message.headers or {})
        if isinstance(event, NewReferral):
            raise Rejected(NO_CLOUDEVENT.code, NO_CLOUDEVENT.nl, NO_CLOUDEVENT.en)
        made = await refer_event(self._desk, event, caller)
        return MadeReferral(
            id=made.referral_id, service="exchange", position=made.position, member_id=made.member_id
        )

    async def _strand(self, raw: bytes, caller: Caller, code: str) -> None:
        """Once, also where two replicas do it: its id is made from what was sent."""
        stranded_id: UUID = uuid5(COMMAND_SPACE, f"stranded/{caller.actor.team}/{raw.hex()}")
        command = StrandEvent(code=code, payload=_keepable(raw))
        while True:
            try:
                await self._desk.send(command, caller, id=stranded_id)
                log.warning("referral_stranded", team=caller.actor.team, code=code)
                return
            except Transient as away:
                await asyncio.sleep(away.retry_after_ms / 1000)


def _keepable(raw: bytes) -> str:
    """What was sent, unless we may or can not keep it.

    >>> _keepable(b'{"name": "Jo"}'), _keepable(b"111222333"), _keepable(b"\\xff"), _keepable(b"a" * 70_000)
    ('{"name":"Jo"}', '', '', '')
    """
    if len(raw) > MAX_BODY_BYTES:
        return ""
    try:
        return clean(_readable(raw))
    except (PydanticCustomError, UnicodeDecodeError):
        return ""


def _readable(raw: bytes) -> str:
    """The text, with what stands escaped in JSON as it reads."""
    with suppress(orjson.JSONDecodeError):
        return orjson.dumps(orjson.loads(raw)).decode()
    return raw.decode()
