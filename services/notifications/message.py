"""A message to one member: queued; then sent, brought by a person, overtaken, or failed.

queued ─▶ sent                          by e-mail or text message
       ─▶ handed_over ─▶ delivered      a person brought it
                      ─▶ escalated      three times in vain; may still be delivered
       ─▶ failed ──────▶ delivered      refused by the mail server: a person tells them
whatever waits ─▶ overtaken             no longer true; sent all the same when it had gone already
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, assert_never
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.notifications import (
    ContactAttempted,
    ContactEscalated,
    MessageDelivered,
    MessageFailed,
    MessageHandedOver,
    MessageOvertaken,
    MessageQueued,
    MessageSent,
    OvertakeMessage,
    QueueMessage,
    RecordDelivery,
    ReportDelivery,
    TellSeries,
)
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.notifications.household import HOUSEHOLD
from services.notifications.recipient import RECIPIENT
from services.notifications.series import SERIES, Series
from services.notifications.thread import BEGINS, THREAD, threads_of, visit_thread

ESCALATES_AT = 3

WITH_A_PERSON = ("handed_over", "escalated", "failed")
"""Statuses in which a person must bring it."""

WAITING = ("queued", *WITH_A_PERSON)
TOLD = ("sent", "delivered")

ENDINGS = frozenset({"match-ended-helper", "match-ended-asker", "helper-withdrew", "series-ends"})
"""Not needed by who never heard that it began."""

LAPSES = frozenset({"draft-waits", "visit-open", "series-started"})
"""Not needed once what they are about is over."""

ABOUT_HOURS = frozenset(
    {
        "hours-booked-helper",
        "hours-booked-asker",
        "hours-received",
        "gift-received",
        "gift-given",
        "transfer-reversed",
        "balance-saved",
        "balance-owed",
    }
)

NUDGES = frozenset({"balance-saved", "balance-owed"})
"""Of these also a household hears: those who may act for it."""

TOLD_AGAIN = frozenset({"balance-saved", "balance-owed", "series-started", "series-ends", "match-moved"})
"""What may be so a second time. Anything else with the same id is the same conversation."""


@dataclass(slots=True)
class Message:
    """`facts` is the JSON of ids, minutes and times that the template needs.

    `channel` is how it went. `attempts`: to send it; then how often a person tried in vain.
    `instead`: JSON of what must be told when an overtaken message turns out to have been sent.
    """

    message_id: UUID
    member_id: UUID
    template: str
    facts: str
    status: Literal["queued", "sent", "handed_over", "escalated", "delivered", "overtaken", "failed"]
    channel: str
    attempts: int
    instead: str | None
    queued_at: datetime
    version: int = 0


type MessageEvent = (
    MessageQueued
    | MessageSent
    | MessageHandedOver
    | MessageDelivered
    | ContactAttempted
    | ContactEscalated
    | MessageOvertaken
    | MessageFailed
)


def evolve(message: Message | None, event: MessageEvent, message_id: UUID, at: datetime) -> Message:
    if isinstance(event, MessageQueued):
        facts = json.dumps(event.facts)
        return Message(message_id, event.member_id, event.template, facts, "queued", "", 0, None, at)
    assert message is not None
    match event:
        case MessageSent():
            return replace(message, status="sent", channel=event.channel, attempts=event.attempts)
        case MessageHandedOver():
            return replace(message, status="handed_over", channel=event.channel)
        case MessageDelivered():
            return replace(message, status="delivered", channel=event.channel)
        case ContactAttempted():
            return replace(message, attempts=event.attempts)
        case ContactEscalated():
            return replace(message, status="escalated")
        case MessageOvertaken():
            instead = None
            if event.instead_id is not None:
                instead = event.model_dump_json(include={"instead_id", "instead_template", "instead_facts"})
            return replace(message, status="overtaken", instead=instead)
        case MessageFailed():
            return replace(message, status="failed")
        case _:
            assert_never(event)


MESSAGE = Kind(
    "messages",
    Message,
    {
        event: lambda e: (e.message_id,)
        for event in (
            MessageQueued,
            MessageSent,
            MessageHandedOver,
            MessageDelivered,
            ContactAttempted,
            ContactEscalated,
            MessageOvertaken,
            MessageFailed,
        )
    },
    evolve,
)


# Telling


def queue(command: QueueMessage, context: Context, state: State) -> list[Event]:
    return [] if _is_usual_visit(command, state) else _say(command, context, state)


def _say(command: QueueMessage, context: Context, state: State) -> list[Event]:
    recipient = state.get(RECIPIENT, command.member_id)
    if recipient is not None and recipient.gone:
        return []
    # The account of a household, or one of the region's own, is nobody's in particular.
    shared = recipient is not None and recipient.account not in ("person", "organisation")
    if shared and command.template in ABOUT_HOURS:
        return _to_household(command, context, state) if command.template in NUDGES else []
    message_id = command.message_id
    if state.get(MESSAGE, message_id) is not None:
        if command.template not in TOLD_AGAIN:
            # Said before: a second report of minutes that differ is the same conversation.
            return []
        message_id = uuid5(message_id, str(context.command_id))
    facts = {name: fact for name, fact in command.facts.items() if name != "series"}
    return [
        MessageQueued(
            message_id=message_id, member_id=command.member_id, template=command.template, facts=facts
        )
    ]


def _to_household(command: QueueMessage, context: Context, state: State) -> list[Event]:
    """What a shared balance asks, to each who may act for it."""
    household = state.get(HOUSEHOLD, command.member_id)
    return [
        event
        for member_id in (household.acting if household is not None else ())
        for event in _say(
            QueueMessage(
                message_id=uuid5(command.message_id, str(member_id)),
                member_id=member_id,
                template=command.template,
                facts={**command.facts, "shared": 1},
            ),
            context,
            state,
        )
    ]


def _is_usual_visit(command: QueueMessage, state: State) -> bool:
    """Whether this is a visit of a series by its usual helper: they heard of it with the series.

    Unless they were told otherwise of this very visit since.
    """
    if "series" not in command.facts:
        return False
    if "visit" in command.facts:
        thread = _thread(state, visit_thread(command.member_id, command.facts["visit"]))
        if any(one.status in TOLD for one in thread):
            return False
    series = state.get(SERIES, UUID(str(command.facts["series"])))
    helper_id = command.member_id if command.template == "match-helper" else command.facts["other"]
    return series is None or str(series.helper_id) == str(helper_id)


def tell_series(command: TellSeries, context: Context, state: State) -> list[Event]:
    """Tell those of a series whom its event does not name."""
    series = state.get(SERIES, command.series_id)
    if series is None:
        return []
    told: list[Event] = []
    if command.to in ("asker", "both"):
        told += _of_series(command, series, series.asker_id, context, state)
    visit_at = command.facts.get("wanted_at")
    if command.to in ("helper", "both") and (
        visit_at is None or series.counts_on(datetime.fromisoformat(str(visit_at)))
    ):
        told += _of_series(command, series, series.helper_id, context, state)
    return told


def _of_series(
    command: TellSeries, series: Series, member_id: UUID, context: Context, state: State
) -> list[Event]:
    """One of the two hears it; whoever helps in it now takes the place of who was named before."""
    helps = member_id == series.helper_id
    facts: dict[str, int | str | None] = {**command.facts, "helps": int(helps)}
    visit = facts.get("visit")
    about = UUID(str(visit)) if visit else uuid5(command.series_id, str(series.helper_id))
    said = QueueMessage(
        message_id=uuid5(about, f"{command.template}/{member_id}"),
        member_id=member_id,
        template=command.template,
        facts=facts,
    )
    if command.template != "series-started":
        return queue(said, context, state)
    thread_id = uuid5(command.series_id, f"series-started/{member_id}")
    facts |= {
        "other": str(series.asker_id if helps else series.helper_id),
        "recurrence": series.recurrence,
        "minutes": series.minutes,
        "follows": str(thread_id),
    }
    anew = OvertakeMessage(message_id=thread_id, instead=said.model_copy(update={"facts": facts}))
    return overtake(anew, context, state)


def overtake(command: OvertakeMessage, context: Context, state: State) -> list[Event]:
    """What was said, or is about to be, is no longer so. Who heard of it hears how it is now."""
    thread = list(_thread(state, command.message_id))
    if command.instead is None:
        waits = (one for one in thread if one.status in WAITING and one.template in LAPSES)
        return [MessageOvertaken(message_id=one.message_id, member_id=one.member_id) for one in waits]
    facts = dict(command.instead.facts)
    if command.instead.template not in BEGINS:
        facts["follows"] = str(command.message_id)
    anew = instead = command.instead.model_copy(update={"facts": facts})
    if thread and thread[0].template in BEGINS and not any(one.status in TOLD for one in thread):
        if instead.template in ENDINGS:
            # They never heard that it began, so nothing ended for them.
            return [_overtaken(one, instead) for one in thread if one.status in WAITING]
        if instead.template == "match-moved":
            # The first they hear of it: the whole letter, with the new time.
            anew = QueueMessage.model_validate(
                {
                    "message_id": instead.message_id,
                    "member_id": instead.member_id,
                    "template": thread[0].template,
                    "facts": {**json.loads(thread[0].facts), **facts},
                }
            )
    return [
        *(_overtaken(one, instead) for one in thread if one.status in WAITING),
        *queue(anew, context, state),
    ]


def _thread(state: State, thread_id: UUID) -> Iterator[Message]:
    """The messages of a thread, oldest first."""
    thread = state.get(THREAD, thread_id)
    for message_id in thread.message_ids if thread is not None else ():
        message = state.get(MESSAGE, message_id)
        assert message is not None
        yield message


def _overtaken(message: Message, instead: QueueMessage) -> MessageOvertaken:
    return MessageOvertaken(
        message_id=message.message_id,
        member_id=message.member_id,
        instead_id=instead.message_id,
        instead_template=instead.template,
        instead_facts=instead.facts,
    )


# How it went


def record_delivery(command: RecordDelivery, context: Context, state: State) -> list[Event]:
    message = state.get(MESSAGE, command.message_id)
    if message is None or message.status not in ("queued", "overtaken"):
        return []
    ids: dict[str, Any] = {"message_id": message.message_id, "member_id": message.member_id}
    if command.outcome == "sent":
        sent = MessageSent(**ids, attempts=command.attempts, channel=command.channel)
        return [sent, *_after_all(message, context, state)]
    if message.status == "overtaken":
        return []
    recipient = state.get(RECIPIENT, message.member_id)
    if recipient is not None and recipient.gone:
        return [MessageOvertaken(**ids)]
    if command.outcome == "handed_over":
        return [
            MessageHandedOver(
                **ids, template=message.template, channel=command.channel, reason=command.reason
            )
        ]
    return [MessageFailed(**ids, template=message.template, reason=command.reason or "gave_up")]


def _after_all(message: Message, context: Context, state: State) -> list[Event]:
    """An overtaken message had gone out already: what it was overtaken by must be told after all.

    Only the latest of its thread counts; and not when they hear of that anyway.
    """
    if message.status != "overtaken":
        return []
    facts = json.loads(message.facts)
    threads = threads_of(message.template, facts, message.member_id, message.message_id)
    thread = list(_thread(state, threads[0])) if threads else []
    latest = thread[-1] if thread else message
    if latest.status != "overtaken" or latest.instead is None:
        return []
    instead = json.loads(latest.instead)
    # Also a visit by the usual helper: they have just heard otherwise.
    return _say(
        QueueMessage(
            message_id=instead["instead_id"],
            member_id=message.member_id,
            template=instead["instead_template"],
            facts=instead["instead_facts"],
        ),
        context,
        state,
    )


def report_delivery(command: ReportDelivery, context: Context, state: State) -> list[Event]:
    """A person posted the letter or spoke with them, or tried to."""
    message = state.get(MESSAGE, command.message_id)
    if message is None:
        raise Rejected(
            "unknown_message",
            "Dit bericht kennen wij niet. Kijk het na.",
            "We do not know this message. Please check.",
        )
    # Posted, and only then overtaken: that it was brought counts.
    brought_late = message.status == "overtaken" and message.channel and command.reached
    if message.status not in WITH_A_PERSON and not brought_late:
        raise Rejected(
            "not_waiting",
            "Dit bericht wacht niet (meer) op u. U hoeft niets te doen.",
            "This message does not wait for you (any more). You need not do anything.",
            status=message.status,
        )
    ids: dict[str, Any] = {"message_id": message.message_id, "member_id": message.member_id}
    if command.reached:
        delivered = MessageDelivered(**ids, channel=message.channel or "phone")
        return [delivered, *_after_all(message, context, state)]
    recipient = state.get(RECIPIENT, message.member_id)
    if recipient is not None and recipient.gone:
        return [MessageOvertaken(**ids)]
    attempts = message.attempts + 1
    attempted = ContactAttempted(**ids, attempts=attempts)
    if attempts != ESCALATES_AT:
        return [attempted]
    return [attempted, ContactEscalated(**ids, attempts=attempts)]
