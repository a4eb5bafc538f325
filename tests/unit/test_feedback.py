"""A team's feed, its webhook endpoints and what is brought there: decided without a clock or a network."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import ValidationError

from contracts.envelope import Actor, Event, Role
from contracts.feedback import (
    ChangeEndpoint,
    DeleteEndpoint,
    DeliveryQueued,
    DeliveryRequeued,
    DeliverySetAside,
    EndpointChanged,
    EndpointDeleted,
    EndpointDisabled,
    EndpointPaused,
    EndpointRegistered,
    EndpointResumed,
    EndpointTried,
    FeedbackDelivered,
    FeedbackQueued,
    OpenEndpoint,
    PauseEndpoint,
    RecordAttempt,
    RegisterEndpoint,
    RenewSecret,
    ReplayThese,
    ResumeEndpoint,
    SecretRotated,
    TakeFeedback,
    TryEndpoint,
)
from contracts.referrals import FeedbackGiven, FeedbackStopped
from services.kernel.testing import COMMAND_ID, NOW
from services.notifications.feedback.delivery import DELIVERY, GIVE_UP_AFTER, first_delivery
from services.notifications.feedback.endpoint import ENDPOINT, MOST
from services.notifications.feedback.feed import FEED, feed_id, feedback_id
from services.notifications.handlers import FOLLOWS
from tests.unit.neighbours import notifications

given = notifications.given

WEST, OOST = "west", "oost"
OF_WEST = Actor(role=Role.REFERRER, name="key-1", team=WEST)
OF_OOST = Actor(role=Role.REFERRER, name="key-2", team=OOST)
TEAMLESS = Actor(role=Role.REFERRER, name="key-3")
OPERATOR = Actor(role=Role.OPERATOR, name="operator")

REFERRAL, OTHER = UUID(int=0x51), UUID(int=0x52)
HERE, THERE = UUID(int=0x61), UUID(int=0x62)
URL = "https://team.example/webhooks"

REGISTERED = EndpointRegistered(endpoint_id=HERE, team=WEST)
PAUSED = EndpointPaused(endpoint_id=HERE)
GONE = EndpointDisabled(endpoint_id=HERE, reason="gone")
DELETED = EndpointDeleted(endpoint_id=HERE, team=WEST)


def told(number: int = 1, referral_id: UUID = REFERRAL) -> TakeFeedback:
    return TakeFeedback(referral_id=referral_id, team=WEST, number=number, status="accepted", at=NOW)


def queued(turn: int = 1, number: int = 1, referral_id: UUID = REFERRAL) -> FeedbackQueued:
    said = told(number, referral_id).model_dump()
    return FeedbackQueued(feedback_id=feedback_id(referral_id, number), turn=turn, **said)


def delivery(
    turn: int = 1, endpoint_id: UUID = HERE, number: int = 1, id: UUID | None = None
) -> DeliveryQueued:
    what = feedback_id(REFERRAL, number)
    return DeliveryQueued(
        delivery_id=id or first_delivery(endpoint_id, what),
        endpoint_id=endpoint_id,
        turn=turn,
        feedback_id=what,
        referral_id=REFERRAL,
    )


def delivered(of: DeliveryQueued, attempts: int = 1, after: timedelta = timedelta()) -> FeedbackDelivered:
    return FeedbackDelivered(
        delivery_id=of.delivery_id, endpoint_id=of.endpoint_id, attempts=attempts, taken_at=NOW + after
    )


def attempt(of: DeliveryQueued, outcome: Any = "delivered", after: timedelta = timedelta()) -> RecordAttempt:
    return RecordAttempt(
        delivery_id=of.delivery_id,
        endpoint_id=of.endpoint_id,
        outcome=outcome,
        attempts=3,
        at=NOW + after,
        milliseconds=12,
        said="204",
    )


# The feed


def test_what_exchange_says_goes_into_the_feed_of_its_team() -> None:
    said = FeedbackGiven(referral_id=REFERRAL, team=WEST, number=1, status="accepted", at=NOW)
    assert FOLLOWS[FeedbackGiven](said) == [told()]
    given().when(told()).then(queued())
    given(queued()).when(told(2)).then(queued(2, 2))


def test_it_is_queued_for_every_endpoint_of_the_team_and_of_no_other() -> None:
    before = (
        REGISTERED,
        EndpointRegistered(endpoint_id=THERE, team=WEST),
        EndpointRegistered(endpoint_id=UUID(int=0x63), team=OOST),
    )
    given(*before).when(told()).then(queued(), delivery(), delivery(endpoint_id=THERE))


def test_the_same_thing_twice_is_told_once() -> None:
    given(REGISTERED, queued(), delivery()).when(told()).then_nothing()


@pytest.mark.parametrize("stopped", [PAUSED, GONE], ids=["paused", "disabled"])
def test_what_comes_while_nothing_is_sent_is_kept(stopped: Event) -> None:
    given(REGISTERED, stopped).when(told()).then(queued(), delivery())


def test_nothing_is_queued_for_an_endpoint_that_was_deleted() -> None:
    given(REGISTERED, DELETED).when(told()).then(queued())


# Endpoints


def opened(url: str = URL) -> OpenEndpoint:
    return OpenEndpoint(url=url, secret="whsec_x", signing_key="whsk_x")


def test_a_team_registers_where_it_wants_to_hear() -> None:
    given().when(opened(), by=OF_WEST).then(EndpointRegistered(endpoint_id=COMMAND_ID, team=WEST))


def test_its_address_and_secrets_are_in_the_vault_and_in_no_event() -> None:
    kept = {entry.entity: entry.data for entry in opened().vault(COMMAND_ID)}
    assert kept == {"endpoint": {"url": URL}, "secret-1": {"secret": "whsec_x", "signing_key": "whsk_x"}}
    assert {entry.person_id for entry in opened().vault(COMMAND_ID)} == {COMMAND_ID}


def test_a_team_has_a_few_endpoints_at_most() -> None:
    many = [EndpointRegistered(endpoint_id=UUID(int=0x70 + n), team=WEST) for n in range(MOST)]
    given(*many).when(opened(), by=OF_WEST).refused("too_many_endpoints")
    given(*many).when(opened(), by=OF_OOST).then(EndpointRegistered(endpoint_id=COMMAND_ID, team=OOST))
    given(*many, EndpointDeleted(endpoint_id=UUID(int=0x70), team=WEST)).when(opened(), by=OF_WEST).then(
        EndpointRegistered(endpoint_id=COMMAND_ID, team=WEST)
    )


@pytest.mark.parametrize(
    "url",
    [
        "ftp://team.example/x",
        "https:///nowhere",
        "https://anna:geheim@team.example/",
        "https://team.example/#deel",
        "https://team.example:99999/",
        "https://tëam.example/",
        "https://team.example/a\nb",
        "javascript:alert(1)",
        "https://[::1",
    ],
)
def test_this_is_no_address_for_a_webhook(url: str) -> None:
    with pytest.raises(ValidationError):
        RegisterEndpoint(url=url)


WISHES = (
    ChangeEndpoint(endpoint_id=HERE, url=URL),
    RenewSecret(endpoint_id=HERE, nth=2, secret="whsec_y", signing_key="whsk_y"),
    PauseEndpoint(endpoint_id=HERE),
    ResumeEndpoint(endpoint_id=HERE),
    DeleteEndpoint(endpoint_id=HERE),
    TryEndpoint(endpoint_id=HERE),
    ReplayThese(endpoint_id=HERE, feedback_ids=()),
)


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: type(wish).__name__)
def test_an_endpoint_is_its_own_teams_and_to_others_unknown(wish: Any) -> None:
    for stranger in (OF_OOST, TEAMLESS):
        given(REGISTERED).when(wish, by=stranger).refused("unknown_endpoint")
    given().when(wish, by=OF_WEST).refused("unknown_endpoint")
    given(REGISTERED, DELETED).when(wish, by=OF_WEST).refused("unknown_endpoint")


def test_it_is_paused_and_resumed_once_each() -> None:
    pause, resume = PauseEndpoint(endpoint_id=HERE), ResumeEndpoint(endpoint_id=HERE)
    given(REGISTERED).when(pause, by=OF_WEST).then(PAUSED)
    given(REGISTERED, PAUSED).when(pause, by=OF_WEST).then_nothing()
    given(REGISTERED).when(resume, by=OF_WEST).then_nothing()
    for stopped in (PAUSED, GONE):
        given(REGISTERED, stopped).when(resume, by=OF_WEST).then(EndpointResumed(endpoint_id=HERE))
    given(REGISTERED).when(pause, by=OPERATOR).then(PAUSED)


def test_another_address_is_an_event_without_the_address() -> None:
    moved = ChangeEndpoint(endpoint_id=HERE, url="https://elders.example/webhooks")
    given(REGISTERED).when(moved, by=OF_WEST).then(EndpointChanged(endpoint_id=HERE))


def test_deleting_ends_it_for_the_feed() -> None:
    after = given(REGISTERED, DELETED)
    assert after.now(ENDPOINT, HERE).status == "deleted"
    assert after.now(FEED, feed_id(WEST)).endpoint_ids == ()
    given(REGISTERED).when(DeleteEndpoint(endpoint_id=HERE), by=OF_WEST).then(DELETED)


def test_a_new_secret_leaves_the_former_one_for_some_hours() -> None:
    wish = RenewSecret(endpoint_id=HERE, keep_hours=6, nth=2, secret="whsec_y", signing_key="whsk_y")
    rotated = SecretRotated(endpoint_id=HERE, secrets=2, former_until=NOW + timedelta(hours=6))
    given(REGISTERED).when(wish, by=OF_WEST).then(rotated)
    given(REGISTERED, rotated).when(wish, by=OF_WEST).refused("rotated_meanwhile")


def test_the_test_button_sends_nothing_where_sending_has_stopped() -> None:
    wish = TryEndpoint(endpoint_id=HERE)
    given(REGISTERED).when(wish, by=OF_WEST).then(
        EndpointTried(endpoint_id=HERE, team=WEST),
        DeliveryQueued(delivery_id=COMMAND_ID, endpoint_id=HERE, turn=1),
    )
    given(REGISTERED, PAUSED).when(wish, by=OF_WEST).refused("endpoint_not_active")


# Deliveries


def test_what_was_taken_is_delivered_once() -> None:
    one = delivery()
    before = (REGISTERED, queued(), one)
    given(*before).when(attempt(one)).then(delivered(one, 3))
    given(*before, delivered(one)).when(attempt(one)).then_nothing()
    assert given(*before, delivered(one)).now(DELIVERY, one.delivery_id).status == "delivered"


def test_what_failed_stays_queued() -> None:
    one = delivery()
    given(REGISTERED, queued(), one).when(attempt(one, "failed")).then_nothing()


def test_gone_disables_the_endpoint_once() -> None:
    one = delivery()
    given(REGISTERED, queued(), one).when(attempt(one, "gone")).then(GONE)
    given(REGISTERED, queued(), one, GONE).when(attempt(one, "gone")).then_nothing()
    given(REGISTERED, queued(), one, PAUSED).when(attempt(one, "gone")).then_nothing()


LONG = GIVE_UP_AFTER + timedelta(hours=1)


def test_days_in_which_nothing_was_taken_disable_it() -> None:
    one = delivery()
    failed = attempt(one, "failed", LONG)
    before = (REGISTERED, queued(), one)
    given(*before).when(attempt(one, "failed", GIVE_UP_AFTER - timedelta(days=1))).then_nothing()
    given(*before).when(failed).then(EndpointDisabled(endpoint_id=HERE, reason="no_answer"))
    given(*before, DELETED).when(failed).then_nothing()


def test_one_thing_that_a_receiver_does_not_digest_is_set_aside_and_its_endpoint_goes_on() -> None:
    poison, other = delivery(), delivery(2, number=2)
    before = (REGISTERED, queued(), poison, queued(2, 2), other)
    taken = delivered(other, after=timedelta(hours=2))
    aside = DeliverySetAside(delivery_id=poison.delivery_id, endpoint_id=HERE)
    after = given(*before, taken)
    assert after.now(ENDPOINT, HERE).last_taken_at == taken.taken_at
    after.when(attempt(poison, "failed", LONG)).then(aside)
    # Once; and days after the last thing that it took, the receiver itself is away.
    given(*before, taken, aside).when(attempt(poison, "failed", LONG)).then_nothing()
    silent = attempt(poison, "failed", LONG + timedelta(hours=2))
    given(*before, taken).when(silent).then(EndpointDisabled(endpoint_id=HERE, reason="no_answer"))


def test_a_replay_takes_up_what_was_set_aside_in_its_own_place() -> None:
    poison, behind = delivery(), delivery(2, number=2)
    aside = DeliverySetAside(delivery_id=poison.delivery_id, endpoint_id=HERE)
    before = (REGISTERED, queued(), poison, queued(2, 2), behind, aside)
    both = (feedback_id(REFERRAL, 1), feedback_id(REFERRAL, 2))
    again = DeliveryRequeued(delivery_id=poison.delivery_id, endpoint_id=HERE)
    given(*before).when(ReplayThese(endpoint_id=HERE, feedback_ids=both), by=OF_WEST).then(again)
    after = given(*before, again).now(DELIVERY, poison.delivery_id)
    assert (after.status, after.turn) == ("queued", 1)


def test_a_replay_that_was_itself_set_aside_is_taken_up_by_the_next_one() -> None:
    first, replayed, behind = delivery(), delivery(2, id=UUID(int=0x71)), delivery(3, number=2)
    aside = DeliverySetAside(delivery_id=replayed.delivery_id, endpoint_id=HERE)
    brought = (REGISTERED, queued(), first, delivered(first), replayed)
    wish = ReplayThese(
        endpoint_id=HERE, feedback_ids=(feedback_id(REFERRAL, 1),), unbrought_ids=(replayed.delivery_id,)
    )
    again = DeliveryRequeued(delivery_id=replayed.delivery_id, endpoint_id=HERE)
    given(*brought, aside, queued(2, 2), behind).when(wish, by=OF_WEST).then(again)
    # What waits comes anyhow, once.
    given(*brought).when(wish, by=OF_WEST).then_nothing()
    # Registered later, it has no first delivery there.
    only = (REGISTERED, queued(), delivery(1, id=replayed.delivery_id), aside)
    given(*only).when(wish, by=OF_WEST).then(again)
    # Meanwhile taken after all: it is a new one. And of another endpoint it is none of this.
    new = delivery(3, id=uuid5(COMMAND_ID, str(wish.feedback_ids[0])))
    given(*brought, delivered(replayed)).when(wish, by=OF_WEST).then(new)
    elsewhere = delivery(1, THERE, id=replayed.delivery_id)
    there = EndpointRegistered(endpoint_id=THERE, team=WEST)
    before = (REGISTERED, there, queued(), first, delivered(first), elsewhere)
    given(*before).when(wish, by=OF_WEST).then(new.model_copy(update={"turn": 2}))


def test_every_attempt_is_in_the_vault_under_the_endpoint_without_an_address() -> None:
    (entry,) = attempt(delivery(), "failed").vault(COMMAND_ID)
    assert entry.person_id == HERE
    assert entry.entity == f"attempt/{NOW.isoformat(timespec='microseconds')}"
    assert entry.data == {"outcome": "failed", "said": "204", "milliseconds": 12}


def test_a_replay_queues_again_what_was_brought_and_not_what_still_waits() -> None:
    brought, waits = delivery(1), delivery(2, number=2)
    before = (REGISTERED, queued(), brought, queued(2, 2), waits, delivered(brought))
    both = (feedback_id(REFERRAL, 1), feedback_id(REFERRAL, 2))
    again = delivery(3, id=uuid5(COMMAND_ID, str(both[0])))
    given(*before).when(ReplayThese(endpoint_id=HERE, feedback_ids=both), by=OF_WEST).then(again)


def test_what_a_team_may_not_hear_any_more_is_not_replayed() -> None:
    brought = delivery(1)
    stopped = FeedbackStopped(referral_id=REFERRAL, team=WEST)
    wish = ReplayThese(endpoint_id=HERE, feedback_ids=(feedback_id(REFERRAL, 1),))
    given(REGISTERED, queued(), brought, delivered(brought), stopped).when(wish, by=OF_WEST).then_nothing()


def test_an_endpoint_gets_nothing_of_another_teams_feed() -> None:
    elsewhere = EndpointRegistered(endpoint_id=THERE, team=OOST)
    wish = ReplayThese(endpoint_id=THERE, feedback_ids=(feedback_id(REFERRAL, 1),))
    given(REGISTERED, elsewhere, queued()).when(wish, by=OF_OOST).refused("unknown_feedback")
