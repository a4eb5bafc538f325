"""A message: queued once, then sent or failed; and who is told what."""

from typing import Any, get_args
from uuid import UUID

import pytest

from contracts.categories import CATEGORIES
from contracts.envelope import Event
from contracts.exchange import MatchReserved, MinutesDiffered
from contracts.ledger import CreditTransferred, HoldRefused
from contracts.members import MemberApproved, MemberRegistered
from contracts.notifications import (
    MessageFailed,
    MessageQueued,
    MessageSent,
    QueueMessage,
    RecordDelivery,
    Template,
)
from services.notifications.handlers import FOLLOWS
from services.notifications.message import MESSAGE
from tests.unit.neighbours import (
    ANNA,
    BRAM,
    MATCH,
    OFFER,
    REQUEST,
    TOMORROW,
    asked,
    confirmed,
    fell_through,
    notifications,
    offered,
    reserved,
)

given = notifications.given

ID = UUID(int=0x3F)
QUEUE = QueueMessage(message_id=ID, member_id=ANNA, template="member-approved", facts={"number": 1042})
QUEUED = MessageQueued(message_id=ID, member_id=ANNA, template="member-approved", facts={"number": 1042})
SENT = MessageSent(message_id=ID, member_id=ANNA, attempts=2)
DELIVERED = RecordDelivery(message_id=ID, delivered=True, attempts=2)


def failed(reason: str) -> MessageFailed:
    return MessageFailed.model_validate(
        {"message_id": ID, "member_id": ANNA, "template": "member-approved", "reason": reason}
    )


def test_what_must_be_told_is_queued() -> None:
    given().when(QUEUE).then(QUEUED)


@pytest.mark.parametrize("happened", [(QUEUED,), (QUEUED, SENT), (QUEUED, failed("refused"))])
def test_the_same_thing_is_not_told_twice(happened: tuple[Event, ...]) -> None:
    given(*happened).when(QUEUE).then_nothing()


def test_a_message_that_the_mail_server_took_is_sent() -> None:
    given(QUEUED).when(DELIVERED).then(SENT)
    message = given(QUEUED, SENT).now(MESSAGE, ID)
    assert (message.status, message.attempts, message.facts) == ("sent", 2, '{"number": 1042}')


@pytest.mark.parametrize("reason", ["no_address", "refused", "gave_up"])
def test_a_message_that_cannot_be_delivered_is_for_a_person(reason: str) -> None:
    given(QUEUED).when(
        RecordDelivery.model_validate({"message_id": ID, "delivered": False, "attempts": 8, "reason": reason})
    ).then(failed(reason))
    assert given(QUEUED, failed(reason)).now(MESSAGE, ID).status == "failed"


def test_a_failure_without_a_reason_is_a_giving_up() -> None:
    given(QUEUED).when(RecordDelivery(message_id=ID, delivered=False, attempts=8)).then(failed("gave_up"))


@pytest.mark.parametrize("happened", [(), (QUEUED, SENT), (QUEUED, failed("gave_up"))])
def test_a_delivery_is_recorded_once_and_of_a_message_that_waits(happened: tuple[Event, ...]) -> None:
    given(*happened).when(DELIVERED).then_nothing()


# Who is told what


APPROVED = MemberApproved(member_id=ANNA, number=1042, pc4="3512", capacity_minutes_week=60)
DIFFERED = MinutesDiffered(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, helper_minutes=90, asker_minutes=60)
BOOKED = CreditTransferred(
    transfer_id=MATCH, from_account_id=ANNA, to_account_id=BRAM, minutes=60, hold_minutes=90, match_id=MATCH
)
TOLD: list[tuple[Event, list[tuple[UUID, Template, dict[str, Any]]]]] = [
    (APPROVED, [(ANNA, "member-approved", {"number": 1042})]),
    (offered(), [(BRAM, "offer-posted", {"category": "gardening"})]),
    (asked(), [(ANNA, "help-requested", {"category": "gardening"})]),
    (
        confirmed(),
        [
            (
                BRAM,
                "match-helper",
                {
                    "other": str(ANNA),
                    "category": "gardening",
                    "minutes": 90,
                    "wanted_at": TOMORROW.isoformat(),
                },
            ),
            (
                ANNA,
                "match-asker",
                {
                    "other": str(BRAM),
                    "category": "gardening",
                    "minutes": 90,
                    "wanted_at": TOMORROW.isoformat(),
                },
            ),
        ],
    ),
    (fell_through(told=True), [(BRAM, "match-ended-helper", {}), (ANNA, "match-ended-asker", {})]),
    (
        DIFFERED,
        [
            (BRAM, "minutes-differ", {"own": 90, "others": 60}),
            (ANNA, "minutes-differ", {"own": 60, "others": 90}),
        ],
    ),
    (
        BOOKED.model_copy(update={"match_id": None}),
        [(BRAM, "gift-received", {"minutes": 60}), (ANNA, "gift-given", {"minutes": 60})],
    ),
    (
        BOOKED,
        [(BRAM, "hours-booked-helper", {"minutes": 60}), (ANNA, "hours-booked-asker", {"minutes": 60})],
    ),
]
EVERY_EVENT = pytest.mark.parametrize(
    ("event", "told"), TOLD, ids=[type(event).__name__ for event, _ in TOLD]
)


@EVERY_EVENT
def test_who_is_told_what(event: Event, told: list[tuple[UUID, Template, dict[str, Any]]]) -> None:
    commands = FOLLOWS[type(event)](event)
    assert [(c.member_id, c.template, c.facts) for c in commands if isinstance(c, QueueMessage)] == told


@EVERY_EVENT
def test_the_same_event_twice_asks_for_the_same_message(event: Event, told: list[Any]) -> None:
    once, again = FOLLOWS[type(event)](event), FOLLOWS[type(event)](event)
    assert once == again
    ids = [command.message_id for command in once if isinstance(command, QueueMessage)]
    assert len(set(ids)) == len(ids) == len(told)


def test_every_template_is_used_and_every_followed_event_is_told() -> None:
    assert {template for _, told in TOLD for _, template, _ in told} == set(get_args(Template))
    assert {type(event) for event, _ in TOLD} == set(FOLLOWS)


def test_nobody_hears_of_a_match_that_was_never_confirmed() -> None:
    assert FOLLOWS[type(fell_through())](fell_through("below_floor", told=False)) == []
    assert not {MatchReserved, HoldRefused, MemberRegistered} & set(FOLLOWS)
    assert isinstance(reserved(), MatchReserved)


@EVERY_EVENT
def test_what_a_message_carries_is_ids_codes_minutes_and_times_and_no_words(
    event: Event, told: list[tuple[UUID, Template, dict[str, Any]]]
) -> None:
    known = {*CATEGORIES, str(ANNA), str(BRAM), str(OFFER), str(REQUEST), TOMORROW.isoformat()}
    for _, _, facts in told:
        assert all(isinstance(fact, int) or fact in known for fact in facts.values())
