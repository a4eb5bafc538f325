"""Webhooks to real receivers, with a real log: signatures, order, patience, and nobody waits for another."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook as Checker
from standardwebhooks import WebhookVerificationError
from starlette.responses import Response

from contracts.envelope import Actor, Role
from contracts.feedback import (
    ChangeEndpoint,
    DeleteEndpoint,
    Endpoint,
    GetDeliveries,
    GetEndpoints,
    GetEndpointSecrets,
    GetFeedback,
    PauseEndpoint,
    ReplayFeedback,
    ResumeEndpoint,
    RotateSecret,
    TryEndpoint,
)
from contracts.referrals import FeedbackGiven, FeedbackStopped
from services.kernel.errors import NotLeading, Rejected
from services.kernel.service import new_id
from services.kernel.settings import Webhooks
from services.notifications.feedback import queries
from services.notifications.feedback.signing import public_key
from tests.harness.postroom import Postroom, postroom
from tests.harness.receivers import Dispatch, Receiver, Webhook
from tests.harness.town import Town
from tests.harness.waiting import until

OPERATOR = Actor(role=Role.OPERATOR, name="operator")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def room(town: Town) -> AsyncIterator[Postroom]:
    async with postroom(town.region.region) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def dispatch(room: Postroom) -> AsyncIterator[Dispatch]:
    """One room for all of these tests, each with teams of its own."""
    decide, settings = room.replica.decide, room.replica.region
    room.at = datetime.now(UTC)
    found = Dispatch(room)
    yield found
    room.replica.decide, room.replica.region = decide, settings
    await found.clear()


@pytest_asyncio.fixture(loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver().open() as found:
        yield found


# What comes, and from whom


def checked(webhook: Webhook, secret: str) -> Any:
    """What the official package makes of it. Raises WebhookVerificationError."""
    return Checker(secret).verify(webhook.body, webhook.headers)


def checked_by_key(webhook: Webhook, public: str) -> None:
    """As the standard says for `v1a`. Raises InvalidSignature."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    signed = b".".join(
        (webhook.headers["webhook-id"].encode(), webhook.headers["webhook-timestamp"].encode(), webhook.body)
    )
    found = [each.partition(",") for each in webhook.headers["webhook-signature"].split(" ")]
    for version, _, signature in found:
        if version == "v1a":
            try:
                key.verify(base64.b64decode(signature), signed)
            except InvalidSignature:
                continue
            return
    raise InvalidSignature


async def test_a_webhook_is_signed_twice_and_is_a_cloud_event(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, opened = await dispatch.register(receiver)
    referral_id = new_id()
    async with dispatch.bringing():
        await dispatch.give(referral_id, "in-progress")
        await dispatch.all_brought(endpoint_id)
    (webhook,) = receiver.got
    assert checked(webhook, opened.secret) == webhook.event
    checked_by_key(webhook, public_key(opened.signing_key))
    event = from_structured(HTTPMessage(webhook.headers, webhook.body), JSONFormat())
    assert event.get_id() == webhook.headers["webhook-id"]
    assert event.get_subject() == str(referral_id)
    assert event.get_type() == "nl.wederdienst.exchange.feedback-given.v1"
    assert event.get_data()["status"] == "in-progress"
    changed = Webhook(webhook.headers, webhook.body.replace(b"in-progress", b"completed"))
    with pytest.raises(WebhookVerificationError):
        checked(changed, opened.secret)
    with pytest.raises(InvalidSignature):
        checked_by_key(changed, public_key(opened.signing_key))


async def test_the_secret_is_read_by_its_own_team_alone(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, opened = await dispatch.register(receiver)
    query = GetEndpointSecrets(endpoint_id=endpoint_id)
    read = await queries.get_endpoint_secrets(dispatch.room.replica, query, dispatch.of_west)
    assert read.secret == opened.secret
    assert read.public_key == public_key(opened.signing_key)
    for stranger in (dispatch.of_oost, Actor(role=Role.REFERRER, name="key-3")):
        with pytest.raises(Rejected):
            await queries.get_endpoint_secrets(dispatch.room.replica, query, stranger)
        assert (await queries.get_endpoints(dispatch.room.replica, GetEndpoints(), stranger)).endpoints == ()
    (mine,) = (await queries.get_endpoints(dispatch.room.replica, GetEndpoints(), dispatch.of_west)).endpoints
    assert mine.url == receiver.url
    *_, seen = (await queries.get_endpoints(dispatch.room.replica, GetEndpoints(), OPERATOR)).endpoints
    assert (seen.endpoint_id, seen.team, seen.url) == (endpoint_id, dispatch.west, None)


async def test_after_a_rotation_both_secrets_sign_for_a_while(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, opened = await dispatch.register(receiver)
    replica = dispatch.room.replica
    rotate = RotateSecret(endpoint_id=endpoint_id, keep_hours=24)
    await dispatch.ask(await queries.prepare_rotation(replica, rotate, dispatch.of_west))
    now = await queries.get_endpoint_secrets(
        replica, GetEndpointSecrets(endpoint_id=endpoint_id), dispatch.of_west
    )
    assert now.former_secret == opened.secret
    assert now.secret != opened.secret
    async with dispatch.bringing():
        await dispatch.give(new_id())
        await receiver.gets(1)
        for secret in (now.secret, opened.secret):
            checked(receiver.got[0], secret)
        for key in (now.public_key, public_key(opened.signing_key)):
            checked_by_key(receiver.got[0], key)
        await dispatch.pass_by(hours=25)
        await dispatch.give(new_id())
        await receiver.gets(2)
    signatures = receiver.got[1].headers["webhook-signature"].split(" ")
    assert [one.partition(",")[0] for one in signatures] == ["v1", "v1a"]
    checked_by_key(receiver.got[1], now.public_key)
    with pytest.raises(InvalidSignature):
        checked_by_key(receiver.got[1], public_key(opened.signing_key))


async def test_each_team_gets_its_own(dispatch: Dispatch, receiver: Receiver) -> None:
    async with Receiver().open() as other, dispatch.bringing():
        await dispatch.register(receiver)
        await dispatch.register(other, dispatch.of_oost)
        for_west = await dispatch.give(new_id(), team=dispatch.west)
        for_oost = await dispatch.give(new_id(), team=dispatch.oost)
        await receiver.gets(1)
        await other.gets(1)
        assert (receiver.taken, other.taken) == ([for_west], [for_oost])
    mine = await queries.get_feedback(dispatch.room.replica, GetFeedback(), dispatch.of_oost)
    assert [one["data"]["referral_id"] for one in mine.events] == [for_oost[0]]
    nobody = Actor(role=Role.REFERRER, name="key-3")
    assert (await queries.get_feedback(dispatch.room.replica, GetFeedback(), nobody)).events == ()


# Order and patience


async def test_what_fails_comes_again_before_what_is_behind_it(
    dispatch: Dispatch, receiver: Receiver
) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    receiver.answers.append(Response(status_code=500))
    one, other = new_id(), new_id()
    first = await dispatch.give(one)
    async with dispatch.bringing():
        await dispatch.tried(endpoint_id, 1)
        second, elsewhere = await dispatch.give(one), await dispatch.give(other)
        await dispatch.pass_by(seconds=5)
        await dispatch.all_brought(endpoint_id)
    of_one = [told for told in receiver.taken if told[0] == str(one)]
    assert of_one == [first, first, second]
    assert elsewhere in receiver.taken


async def test_one_event_that_a_receiver_cannot_digest_keeps_no_other_referral_waiting(
    dispatch: Dispatch, receiver: Receiver
) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    poison, healthy = new_id(), [new_id() for _ in range(5)]
    receiver.answers.append(Response(status_code=400))
    refused = await dispatch.give(poison)
    async with dispatch.bringing():
        await dispatch.tried(endpoint_id, 1)
        behind = await dispatch.give(poison)
        others = [await dispatch.give(each) for each in healthy]
        await dispatch.pass_by(seconds=4)
        assert len(receiver.got) == 1, "the endpoint rests after a failure"
        await dispatch.pass_by(seconds=2)
        await dispatch.all_brought(endpoint_id)
    assert set(others) < set(receiver.taken)
    assert receiver.taken.index(behind) > receiver.taken.index(refused)


async def test_what_a_receiver_does_not_digest_is_set_aside_and_a_replay_brings_it_in_order(
    dispatch: Dispatch, receiver: Receiver
) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    poison = new_id()
    receiver.refuses.add(str(poison))
    replica = dispatch.room.replica

    async def seen() -> Endpoint:
        return (await queries.get_endpoints(replica, GetEndpoints(), dispatch.of_west)).endpoints[0]

    async with dispatch.bringing():
        refused = await dispatch.give(poison)
        await dispatch.tried(endpoint_id, 1)
        behind = [await dispatch.give(poison)]
        for _ in range(7):
            await dispatch.pass_by(hours=20)
            other = await dispatch.give(new_id())

            async def taken(other: tuple[str, int] = other) -> bool:
                # Which of the two goes first is chance; after a failure the endpoint rests for a while.
                await dispatch.pass_by(minutes=1)
                return other in receiver.taken

            await until(taken, "the other referral's being taken")
        behind.append(await dispatch.give(poison))

        async def set_aside() -> bool:
            return (await seen()).set_aside == 1

        await until(set_aside, "it being set aside")
        assert ((await seen()).status, (await seen()).waiting) == ("active", 2)
        assert not set(behind) & set(receiver.taken)
        receiver.refuses.clear()
        receiver.got.clear()
        (aside,) = [
            one.feedback_id
            for one in (
                await queries.get_deliveries(
                    replica, GetDeliveries(endpoint_id=endpoint_id), dispatch.of_west
                )
            ).deliveries
            if one.status == "set_aside"
        ]
        replay = ReplayFeedback(endpoint_id=endpoint_id, feedback_id=aside)
        await dispatch.ask(await queries.prepare_replay(replica, replay, dispatch.of_west))
        await dispatch.all_brought(endpoint_id)
    assert receiver.taken == [refused, *behind]


async def test_a_receiver_that_was_down_for_a_day_gets_everything_in_order(dispatch: Dispatch) -> None:
    receiver = Receiver()
    endpoint_id, _ = await dispatch.register(receiver)
    referrals = [new_id() for _ in range(3)]
    said = []
    async with dispatch.bringing():
        for _ in range(8):
            said += [await dispatch.give(each) for each in referrals]
            await dispatch.pass_by(hours=3)
        assert await dispatch.waiting(endpoint_id) == len(said)
        async with receiver.open():
            await dispatch.pass_by(hours=15)
            await dispatch.all_brought(endpoint_id)
    for each in referrals:
        assert [told for told in receiver.taken if told[0] == str(each)] == [
            told for told in said if told[0] == str(each)
        ]
    log = await queries.get_deliveries(
        dispatch.room.replica, GetDeliveries(endpoint_id=endpoint_id, limit=200), dispatch.of_west
    )
    assert {one.status for one in log.deliveries} == {"delivered"}
    first = log.deliveries[-1]
    assert first.attempts[0].said == "connection"
    assert first.attempts[-1].said == "204"


async def test_retry_after_is_honoured(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    receiver.answers.append(Response(status_code=503, headers={"Retry-After": "3600"}))
    async with dispatch.bringing():
        await dispatch.give(new_id())
        await dispatch.tried(endpoint_id, 1)
        # Another referral neither: the receiver asked for rest.
        await dispatch.give(new_id())
        await dispatch.pass_by(minutes=59)
        await dispatch.give(new_id(), team=dispatch.oost)
        assert len(receiver.got) == 1
        await dispatch.pass_by(minutes=2)
        await dispatch.all_brought(endpoint_id)


async def test_gone_disables_and_resuming_brings_what_waited(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    receiver.answers.append(Response(status_code=410))
    referral_id = new_id()
    async with dispatch.bringing():
        first = await dispatch.give(referral_id)
        await dispatch.becomes(endpoint_id, "disabled")
        (seen,) = (
            await queries.get_endpoints(dispatch.room.replica, GetEndpoints(), dispatch.of_west)
        ).endpoints
        assert (seen.status, seen.reason) == ("disabled", "gone")
        second = await dispatch.give(referral_id)
        await dispatch.pass_by(days=1)
        assert receiver.taken == [first]
        await dispatch.ask(ResumeEndpoint(endpoint_id=endpoint_id))
        await dispatch.all_brought(endpoint_id)
    assert receiver.taken == [first, first, second]


async def test_a_receiver_that_takes_nothing_for_days_is_disabled_and_nothing_is_lost(
    dispatch: Dispatch,
) -> None:
    receiver = Receiver()
    endpoint_id, _ = await dispatch.register(receiver)
    async with dispatch.bringing():
        said = await dispatch.give(new_id())
        for times in range(1, 10):
            await dispatch.tried(endpoint_id, times)
            await dispatch.pass_by(hours=15)
        await dispatch.becomes(endpoint_id, "disabled")
        async with receiver.open():
            await dispatch.ask(ResumeEndpoint(endpoint_id=endpoint_id))
            await dispatch.all_brought(endpoint_id)
    assert receiver.taken == [said]


async def test_after_consent_is_withdrawn_nothing_more_is_brought_or_read(
    dispatch: Dispatch, receiver: Receiver
) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    stopped, goes_on = new_id(), new_id()
    receiver.answers.append(Response(status_code=503))
    async with dispatch.bringing():
        first = await dispatch.give(stopped)
        await dispatch.tried(endpoint_id, 1)
        await dispatch.give(stopped)
        other = await dispatch.give(goes_on)
        # Also where something of this referral that we do not understand waits for an upgrade.
        later = FeedbackGiven(
            referral_id=stopped, team=dispatch.west, number=3, status="completed", at=dispatch.room.at
        )
        await dispatch.room.follow(later, version=99)
        await dispatch.room.follow(FeedbackStopped(referral_id=stopped, team=dispatch.west))
        await dispatch.pass_by(hours=1)
        await receiver.gets(2)
        await dispatch.pass_by(hours=1)
    assert receiver.taken == [first, other]
    read = await queries.get_feedback(dispatch.room.replica, GetFeedback(), dispatch.of_west)
    assert [one["data"]["referral_id"] for one in read.events] == [other[0]]
    (seen,) = (await queries.get_endpoints(dispatch.room.replica, GetEndpoints(), dispatch.of_west)).endpoints
    assert seen.waiting == 0
    # Nor does the delivery log tell of it any more.
    asked = GetDeliveries(endpoint_id=endpoint_id)
    told = (await queries.get_deliveries(dispatch.room.replica, asked, dispatch.of_west)).deliveries
    assert {one.referral_id for one in told} == {goes_on}
    # A leader that begins now does not take it up either.
    async with dispatch.bringing():
        await dispatch.ask(TryEndpoint(endpoint_id=endpoint_id))
        await receiver.gets(3)
    assert len(receiver.got) == 3


# Nobody waits for another


async def test_a_receiver_that_hangs_or_fails_delays_nobody_else(dispatch: Dispatch) -> None:
    healthy, hanging, failing = Receiver(), Receiver(hangs=True), Receiver(always=500)
    async with AsyncExitStack() as open:
        for each in (healthy, hanging, failing):
            await open.enter_async_context(each.open())
        ids = [(await dispatch.register(each))[0] for each in (hanging, failing, healthy)]
        async with dispatch.bringing():
            said = [await dispatch.give(new_id()) for _ in range(40)]
            await dispatch.all_brought(ids[2], seconds=1.8)
            assert sorted(healthy.taken) == sorted(said)
            assert await dispatch.waiting(ids[0]) == await dispatch.waiting(ids[1]) == 40
            assert 1 <= len(hanging.got) <= 4
    assert healthy.most_at_once <= 4


# At least once


async def test_what_was_not_recorded_comes_again_with_the_same_id(
    dispatch: Dispatch, receiver: Receiver
) -> None:
    """As after a crash between the receiver's yes and our commit of it."""
    endpoint_id, _ = await dispatch.register(receiver)
    decide, lost = dispatch.room.replica.decide, []

    async def loses_the_first(command: Any, actor: Actor, id: UUID) -> Any:
        if type(command).__name__ == "RecordAttempt" and not lost:
            lost.append(command)
            raise NotLeading
        return await decide(command, actor, id)

    dispatch.room.replica.decide = loses_the_first
    async with dispatch.bringing():
        await dispatch.give(new_id())
        await receiver.gets(1)

        async def comes_again() -> bool:
            await dispatch.pass_by(seconds=1)
            return await dispatch.waiting(endpoint_id) == 0

        await until(comes_again, "it being brought again")
    first, again = receiver.got
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body


async def test_another_leader_goes_on_where_the_last_one_was(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    said = [await dispatch.give(new_id()) for _ in range(3)]
    async with dispatch.bringing():
        await dispatch.all_brought(endpoint_id)
    said += [await dispatch.give(new_id()) for _ in range(3)]
    async with dispatch.bringing():
        await dispatch.all_brought(endpoint_id)
    assert sorted(receiver.taken) == sorted(said)


async def test_the_same_feedback_twice_is_in_the_feed_once(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    referral_id = new_id()
    await dispatch.give(referral_id)
    dispatch._numbers.clear()
    await dispatch.give(referral_id)
    assert await dispatch.waiting(endpoint_id) == 1


# What the team does with its endpoints


async def test_pausing_keeps_what_comes_and_resuming_brings_it(
    dispatch: Dispatch, receiver: Receiver
) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    async with dispatch.bringing():
        await dispatch.ask(PauseEndpoint(endpoint_id=endpoint_id))
        said = await dispatch.give(new_id())
        await dispatch.pass_by(hours=1)
        assert receiver.got == []
        await dispatch.ask(ResumeEndpoint(endpoint_id=endpoint_id))
        await dispatch.all_brought(endpoint_id)
    assert receiver.taken == [said]


async def test_the_test_button_sends_at_once_and_the_log_says_how_it_went(
    dispatch: Dispatch, receiver: Receiver
) -> None:
    endpoint_id, opened = await dispatch.register(receiver)
    async with dispatch.bringing():
        tried = await dispatch.ask(TryEndpoint(endpoint_id=endpoint_id))
        await dispatch.all_brought(endpoint_id)
    (webhook,) = receiver.got
    assert checked(webhook, opened.secret)["type"] == "nl.wederdienst.notifications.endpoint-tried.v1"
    log = await queries.get_deliveries(
        dispatch.room.replica, GetDeliveries(endpoint_id=endpoint_id), dispatch.of_west
    )
    (one,) = log.deliveries
    assert (one.delivery_id, one.status, one.feedback_id) == (tried, "delivered", None)
    (attempt,) = one.attempts
    assert (attempt.outcome, attempt.said) == ("delivered", "204")


async def test_another_address_is_used_at_once(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    async with Receiver().open() as elsewhere, dispatch.bringing():
        await dispatch.ask(ChangeEndpoint(endpoint_id=endpoint_id, url=elsewhere.url))
        said = await dispatch.give(new_id())
        await dispatch.all_brought(endpoint_id)
        assert (receiver.taken, elsewhere.taken) == ([], [said])


async def test_deleting_forgets_address_secrets_and_log(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    async with dispatch.bringing():
        await dispatch.give(new_id())
        await dispatch.all_brought(endpoint_id)
        assert await dispatch.room.leader.count("vault", f"person_id = '{endpoint_id}'") == 3
        await dispatch.ask(DeleteEndpoint(endpoint_id=endpoint_id))
        await dispatch.give(new_id())
    assert await dispatch.room.leader.count("vault", f"person_id = '{endpoint_id}'") == 0
    assert len(receiver.got) == 1


async def test_one_or_a_period_is_brought_again(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    replica = dispatch.room.replica
    referral_id = new_id()
    async with dispatch.bringing():
        said = [await dispatch.give(referral_id) for _ in range(3)]
        await dispatch.all_brought(endpoint_id)
        second = UUID(receiver.got[1].headers["webhook-id"])
        one = ReplayFeedback(endpoint_id=endpoint_id, feedback_id=second)
        await dispatch.ask(await queries.prepare_replay(replica, one, dispatch.of_west))
        await dispatch.all_brought(endpoint_id)
        assert receiver.taken == [*said, said[1]]
        at = dispatch.room.at
        period = ReplayFeedback(
            endpoint_id=endpoint_id, from_at=at - timedelta(hours=1), until_at=at + timedelta(hours=1)
        )
        await dispatch.ask(await queries.prepare_replay(replica, period, dispatch.of_west))
        await dispatch.all_brought(endpoint_id)
    assert receiver.taken == [*said, said[1], *said]
    # A replay that still waits is not queued a second time: it is the one that is looked at again.
    await dispatch.ask(await queries.prepare_replay(replica, one, dispatch.of_west))
    prepared = await queries.prepare_replay(replica, one, dispatch.of_west)
    await dispatch.ask(prepared)
    log = await queries.get_deliveries(replica, GetDeliveries(endpoint_id=endpoint_id), dispatch.of_west)
    assert [each.delivery_id for each in log.deliveries if each.status == "queued"] == [
        *prepared.unbrought_ids
    ]
    assert len(prepared.unbrought_ids) == 1
    with pytest.raises(Rejected, match="unknown_endpoint"):
        await queries.prepare_replay(replica, one, dispatch.of_oost)
    backwards = ReplayFeedback(endpoint_id=endpoint_id, from_at=at, until_at=at)
    with pytest.raises(Rejected, match="period_backwards"):
        await queries.prepare_replay(replica, backwards, dispatch.of_west)
    unknown = ReplayFeedback(endpoint_id=endpoint_id, feedback_id=new_id())
    with pytest.raises(Rejected, match="unknown_feedback"):
        await queries.prepare_replay(replica, unknown, dispatch.of_west)


# Where a webhook may lead


async def test_an_address_inside_is_not_connected_to(dispatch: Dispatch, receiver: Receiver) -> None:
    endpoint_id, _ = await dispatch.register(receiver)
    settings = dispatch.room.replica.region
    dispatch.room.replica.region = settings.model_copy(update={"webhooks": Webhooks()})
    async with dispatch.bringing():
        await dispatch.ask(TryEndpoint(endpoint_id=endpoint_id))

        async def refused() -> bool:
            log = await queries.get_deliveries(
                dispatch.room.replica, GetDeliveries(endpoint_id=endpoint_id), dispatch.of_west
            )
            return [one.said for one in log.deliveries[0].attempts] == ["not_allowed"]

        await until(refused, "the attempt being refused")
    assert receiver.got == []


async def test_a_redirect_is_a_failure_and_is_not_followed(dispatch: Dispatch, receiver: Receiver) -> None:
    async with Receiver().open() as elsewhere:
        endpoint_id, _ = await dispatch.register(receiver)
        receiver.answers.append(Response(status_code=307, headers={"Location": elsewhere.url}))
        async with dispatch.bringing():
            await dispatch.ask(TryEndpoint(endpoint_id=endpoint_id))
            await dispatch.tried(endpoint_id, 1)
            await dispatch.pass_by(seconds=6)
            await dispatch.all_brought(endpoint_id)
        assert len(receiver.got) == 2
        assert elsewhere.got == []


# A cursor


async def test_a_team_reads_on_from_its_cursor(dispatch: Dispatch) -> None:
    said = [await dispatch.give(new_id()) for _ in range(5)]
    replica, read, cursor = dispatch.room.replica, [], 0
    while True:
        page = await queries.get_feedback(replica, GetFeedback(after=cursor, limit=2), dispatch.of_west)
        read += [(one["data"]["referral_id"], one["data"]["number"]) for one in page.events]
        assert [one["feedturn"] for one in page.events] == list(
            range(cursor + 1, cursor + 1 + len(page.events))
        )
        cursor = page.cursor
        if not page.more:
            break
    assert read == said
    assert (await queries.get_feedback(replica, GetFeedback(after=cursor), dispatch.of_west)).cursor == cursor
