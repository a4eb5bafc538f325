"""Referrals that come in over NATS: CloudEvents of a social team, under its own user and subject.

    wd.ref.<region>.<team>.in ─▶ read ─▶ refer ─▶ reply: the referral, or a problem (RFC 9457)
                                  └ without a reply subject: the inbox (inbox.py)

NATS itself lets only a team's own user publish there, so the subject says which team it is. Every
replica listens, not one of a group: a paused one would swallow its share. What two of them take in is
one referral all the same, and the sender takes the first answer.
"""

import asyncio
from contextlib import suppress

from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts import subjects
from services.coordinator import cloudevents
from services.coordinator.api.problems import MEDIA_TYPE, field_problems, problem_of
from services.coordinator.api.shapes import MadeReferral
from services.coordinator.desk import Desk
from services.coordinator.inbox import AT_ONCE, AWAY, NOT_TAKEN, Inbox, of_team, read_event
from services.coordinator.referring import refer_event
from services.kernel.errors import NATS_AWAY, Busy, Rejected, Transient
from services.kernel.runtime import Replica
from services.kernel.telemetry import log

FINISH_SECONDS = 5.0
"""How long what came in may take to be dealt with when this replica stops."""


async def take_referrals(replica: Replica) -> None:
    """Listen until cancelled; what is under way then has a moment to be dealt with."""
    desk = Desk(replica)
    inbox = Inbox(desk)
    taking = _Taking(desk, inbox)
    subject = subjects.referrals_in(replica.region.region, "*")
    while True:
        try:
            subscription = await replica.bus.client.subscribe(subject, cb=taking.on_message)
            break
        except (Transient, *NATS_AWAY):
            await asyncio.sleep(0.5)
    try:
        await inbox.keep_trying()
    finally:
        with suppress(*NATS_AWAY):
            await subscription.unsubscribe()
        await taking.finish()


class _Taking:
    def __init__(self, desk: Desk, inbox: Inbox) -> None:
        self._desk = desk
        self._inbox = inbox
        self._under_way: set[asyncio.Task[None]] = set()

    async def on_message(self, message: Msg) -> None:
        task = asyncio.create_task(self._take(message))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def finish(self) -> None:
        """Let what is under way end; what has not by then is refused, or was kept and is tried again."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=FINISH_SECONDS)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _take(self, message: Msg) -> None:
        team = message.subject.split(".")[3]
        busy = len(self._under_way) > AT_ONCE
        try:
            if subjects.is_own_inbox(message.reply, subjects.team_user(team)):
                await self._answer(message, team, busy=busy)
            else:
                await self._inbox.take(message, team, busy=busy)
        except Exception:
            # A fault of ours: what was kept of it shows on the work list after a while.
            log.exception("referral_failed", team=team)

    async def _answer(self, message: Msg, team: str, *, busy: bool) -> None:
        """Someone waits: they hear the referral, or what is wrong."""
        caller = of_team(team)
        kind = MEDIA_TYPE
        try:
            if busy:
                raise Busy
            made = await refer_event(self._desk, read_event(message), caller)
            referral = MadeReferral(
                id=made.referral_id, service="exchange", position=made.position, member_id=made.member_id
            )
            body, kind = referral.model_dump_json(), cloudevents.JSON
        except ValidationError as invalid:
            no, errors = field_problems(invalid.errors())
            body = problem_of(no, caller.correlation_id, errors).model_dump_json()
        except Rejected as refused:
            body = problem_of(refused.refusal, caller.correlation_id).model_dump_json()
        except AWAY:
            body = problem_of(NOT_TAKEN, caller.correlation_id).model_dump_json()
        with suppress(*NATS_AWAY):
            client = self._desk.replica.bus.client
            await client.publish(message.reply, body.encode(), headers={"Content-Type": kind})
