"""A team's feed on NATS: told as it comes, and read on from a cursor.

What is told live is told to who listens at that moment (core NATS): nothing about a person stays behind in a
stream, and consent that is withdrawn holds at once. Each event has its `feedturn`; after a gap, or after
being away, a team asks for what is after the last one it has, as often as it wants. So it loses nothing,
and keeps nothing of ours.
"""

import asyncio
from uuid import UUID

import nats.errors
import orjson
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts import subjects, wrong
from contracts.envelope import CLOUD_EVENT
from contracts.feedback import GetFeedback
from services.kernel.bus import MAX_REQUEST_BYTES, QueryAnswer
from services.kernel.commit_loop import MAX_BATCH
from services.kernel.errors import DATABASE_AWAY, NATS_AWAY, TOO_LARGE, Unreachable
from services.kernel.runtime import Replica
from services.kernel.tail import Tail
from services.kernel.telemetry import log
from services.notifications.feedback.cloud_event import feedback_event
from services.notifications.feedback.feed import FEEDBACK, HEARD
from services.notifications.feedback.queries import read_feed

AWAY_SECONDS = 0.5
SAID_SECONDS = 5
"""How long NATS may take to confirm what was published."""
QUEUE = "feedback"

_NEW = (
    f"{FEEDBACK.select()} WHERE feedback_id = ANY($1) AND {HEARD.format('feedback.referral_id')} "
    "ORDER BY team, turn"
)


async def say_live(replica: Replica) -> None:
    """Publish what comes into the feeds, from the leading replica, until cancelled.

    Who led before may not have said the last of what it committed: that is said again. So is what NATS
    did not confirm. Whoever heard it already knows by its `feedturn`.
    """
    tail = Tail(replica, {"FeedbackQueued"}, about="feedback_id")
    started = False
    unsaid: list[UUID] = []
    while True:
        try:
            if not started:
                await tail.start(back=MAX_BATCH)
                started = True
            unsaid += [feedback_id for _, feedback_id in await tail.read()]
            if unsaid:
                await _say(replica, unsaid)
                unsaid.clear()
            await tail.wait()
        except (*DATABASE_AWAY, *NATS_AWAY) as away:
            # Teams that do not wait for it ask for what they did not hear.
            log.info("feedback_unsaid", error=type(away).__name__)
            await asyncio.sleep(AWAY_SECONDS)


async def _say(replica: Replica, feedback_ids: list[UUID]) -> None:
    region = replica.region
    for row in await replica.pool.fetch(_NEW, feedback_ids):
        feedback = FEEDBACK.load(tuple(row))
        subject = subjects.feedback_out(region.region, feedback.team)
        said = orjson.dumps(feedback_event(region, feedback))
        await replica.bus.client.publish(subject, said, headers={"Content-Type": CLOUD_EVENT})
    await replica.bus.client.flush(SAID_SECONDS)


async def answer_teams(replica: Replica) -> None:
    """Answer teams that ask for their feed, from every replica, until cancelled."""

    async def on_ask(message: Msg) -> None:
        answering.create_task(_reply(replica, message))

    client = replica.bus.client
    subject = subjects.feedback_ask(replica.region.region, "*")
    async with asyncio.TaskGroup() as answering:
        await client.subscribe(subject, queue=QUEUE, cb=on_ask)
        await asyncio.Event().wait()


async def _reply(replica: Replica, message: Msg) -> None:
    if not subjects.is_own_inbox(message.reply, subjects.team_user(subjects.asking_team(message.subject))):
        return
    answer = await _answer(replica, message)
    try:
        await replica.bus.client.publish(message.reply, answer.model_dump_json(exclude_none=True).encode())
    except (nats.errors.Error, OSError):
        # NATS is away: the team asks again.
        return


async def _answer(replica: Replica, message: Msg) -> QueryAnswer:
    """A FeedbackPage in `view`, or why not in `refusal`."""
    if len(message.data) > MAX_REQUEST_BYTES:
        return QueryAnswer(refusal=TOO_LARGE)
    try:
        query = GetFeedback.model_validate_json(message.data or b"{}")
        page = await read_feed(replica, subjects.asking_team(message.subject), query)
    except ValidationError as invalid:
        return QueryAnswer(refusal=wrong.refusal(invalid))
    except (Unreachable, *DATABASE_AWAY) as away:
        log.info("query_unanswered", query="GetFeedback", error=type(away).__name__)
        return QueryAnswer(unavailable=True)
    return QueryAnswer(view=page.model_dump(mode="json"))
