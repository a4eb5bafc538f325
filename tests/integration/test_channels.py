"""Channels: a real mail server, a real gateway, and messages that a person brings."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from contracts.envelope import Actor, Role
from contracts.exchange import MatchFellThrough, PeopleParted
from contracts.members import ChannelChosen, Person
from contracts.notifications import GetLetters, PaperLetters, RecordDelivery, ReportDelivery, Template
from contracts.policy import Reciprocity
from services.kernel.dutch import LOCAL
from services.kernel.errors import Rejected
from services.kernel.service import new_id
from services.kernel.settings import Mail
from services.notifications import queries
from services.notifications.sender import CONNECTIONS
from services.region.mailbox import Mailbox
from services.region.servers import free_port
from tests.harness.letters import FOUND, WELCOME
from tests.harness.postroom import TOKEN, Postroom, postroom
from tests.harness.town import Town
from tests.harness.waiting import until

NOOR = Actor(role=Role.COORDINATOR, name="noor")
ELSEWHERE = Actor(role=Role.COORDINATOR, name="sam", areas=("1012",))


@pytest_asyncio.fixture(loop_scope="session")
async def room(town: Town) -> AsyncIterator[Postroom]:
    async with postroom(town.region.region) as found:
        found.at = found.at.astimezone(LOCAL).replace(hour=12, minute=0)
        yield found


async def chose(room: Postroom, channel: str, **details: Any) -> Person:
    """A neighbour who wants to hear from us by this channel."""
    person = room.neighbourhood.neighbour(**details)
    await room.follow(ChannelChosen.model_validate({"member_id": person.member_id, "channel": channel}))
    return person


async def last(room: Postroom, message_id: UUID) -> dict[str, Any]:
    return (await room.events(message_id))[-1]


# Text messages


async def test_a_text_message_goes_to_the_gateway_with_our_token_and_the_messages_id(room: Postroom) -> None:
    bram = room.neighbourhood.neighbour(name="Bram Bakker")
    anna = await chose(room, "sms", phone="06 - 1234 5678")
    message_id = await room.queue(
        anna, "match-asker", other=str(bram.member_id), category="dog", minutes=60, wanted_at=None
    )
    async with room.sending():
        await room.becomes("sent", message_id)
    ((text, authorization),) = room.gateway.requests
    assert authorization == f"Bearer {TOKEN}"
    assert (text["to"], text["reference"]) == ("0612345678", str(message_id))
    assert FOUND in text["text"]
    assert "Bram" not in text["text"]
    assert "hond" not in text["text"].lower()
    assert (await last(room, message_id))["channel"] == "sms"
    assert not room.mailbox.mails


async def test_a_slow_gateway_gets_as_many_at_once_as_it_may(room: Postroom) -> None:
    """It answers nobody before it has them all. Those of one reader still go one by one, in their order."""
    readers = [
        await chose(room, "sms", member_id=UUID(int=new_id().int // CONNECTIONS * CONNECTIONS + lane))
        for lane in range(CONNECTIONS)
    ]
    room.gateway.before = asyncio.Barrier(CONNECTIONS).wait
    first = [await room.queue(reader) for reader in readers]
    second = [await room.queue(reader) for reader in readers]
    async with room.sending():
        await room.becomes("sent", *first, *second)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_a_gateway_that_takes_a_text_is_believed(room: Postroom, status: int) -> None:
    room.gateway.status = status
    message_id = await room.queue(await chose(room, "sms"))
    async with room.sending():
        await room.becomes("sent", message_id)


@pytest.mark.parametrize("status", [400, 404, 410, 422])
async def test_a_text_that_the_gateway_refuses_is_a_persons_task(room: Postroom, status: int) -> None:
    room.gateway.status = status
    message_id = await room.queue(await chose(room, "sms"))
    async with room.sending():
        await room.becomes("failed", message_id)
    assert (await last(room, message_id))["reason"] == "refused"
    assert len(room.gateway.texts) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 503, 302])
async def test_a_text_that_the_gateway_cannot_take_now_goes_later_as_the_same(
    room: Postroom, status: int
) -> None:
    room.gateway.status = status
    anna = await chose(room, "sms")
    message_id = await room.queue(anna)
    async with room.sending():
        await _tried(room, 1)
        await room.becomes("sent", await room.queue(room.neighbourhood.neighbour()))
        assert await room.status(message_id) == "queued"
        assert len(room.gateway.texts) == 1
        room.gateway.status = 202
        await room.pass_by(seconds=61)
        await room.becomes("sent", message_id)
    first, second = room.gateway.texts
    assert first == second
    assert (await last(room, message_id))["attempts"] == 2


async def test_a_text_is_not_tried_for_ever(room: Postroom) -> None:
    room.gateway.status = 503
    message_id = await room.queue(await chose(room, "sms"))
    async with room.sending():

        async def gave_up() -> bool:
            # At the same hour: those that no text message rings in are not what this is about.
            await room.pass_by(days=1)
            return await room.status(message_id) == "failed"

        await until(gave_up, "giving up")
    failed = await last(room, message_id)
    assert failed["reason"] == "gave_up"
    assert len(room.gateway.texts) == 10


async def _tried(room: Postroom, times: int) -> None:
    async def often_enough() -> bool:
        return len(room.gateway.texts) >= times

    await until(often_enough, f"the gateway being tried {times} times")


@pytest.mark.parametrize("status", [401, 403])
async def test_a_gateway_that_does_not_know_us_is_no_fault_of_the_texts_and_mail_goes_on(
    room: Postroom, status: int
) -> None:
    room.gateway.status = status
    waits = await room.queue(await chose(room, "sms"))
    goes = await room.queue(room.neighbourhood.neighbour())
    async with room.sending():
        await _tried(room, 2)
        await room.becomes("sent", goes)
        assert await room.status(waits) == "queued"
        room.gateway.status = 202
        await room.becomes("sent", waits)
    assert (await last(room, waits))["attempts"] == 1


async def test_while_the_mail_server_is_away_text_messages_go_on(room: Postroom) -> None:
    port = free_port()
    room.replica.region = room.replica.region.model_copy(update={"mail": Mail(port=port)})
    waits = await room.queue(room.neighbourhood.neighbour())
    goes = await room.queue(await chose(room, "sms"))
    async with room.sending():
        await room.becomes("sent", goes)
        assert await room.status(waits) == "queued"
        with Mailbox(port=port) as mailbox:
            await room.becomes("sent", waits)
            assert len(mailbox.mails) == 1


# What a person brings


@pytest.mark.parametrize("channel", ["letter", "phone"])
async def test_what_a_person_brings_is_handed_over_and_can_be_read(room: Postroom, channel: str) -> None:
    anna = await chose(room, channel, name="Anna de Vries")
    message_id = await room.queue(anna)
    async with room.sending():
        await room.becomes("handed_over", message_id)
    event = await last(room, message_id)
    assert (event["channel"], event["template"], event["reason"]) == (channel, "member-approved", None)
    (letter,) = (await read(room, message_id)).letters
    assert (letter.channel, letter.name, letter.street, letter.phone) == (
        channel,
        "Anna de Vries",
        anna.street,
        anna.phone,
    )
    assert (letter.house_number, letter.pc4) == (anna.house_number, "3512")
    assert letter.subject == WELCOME
    assert "U bent deelnemer 1042." in letter.text
    assert not room.mailbox.mails


async def read(room: Postroom, *message_ids: UUID, by: Actor = NOOR) -> PaperLetters:
    return await queries.get_letters(room.replica, GetLetters(message_ids=message_ids), by)


@pytest.mark.parametrize(
    ("chosen", "details", "channel", "reason"),
    [
        ("email", {"email": None}, "letter", "no_email"),
        ("email", {"email": None, "street": None}, "phone", "no_email"),
        ("sms", {"phone": None}, "letter", "no_phone"),
        ("phone", {"phone": None}, "letter", "no_phone"),
        ("letter", {"street": None}, "phone", "no_address"),
    ],
)
async def test_who_has_no_address_for_their_channel_is_told_by_a_person(
    room: Postroom, chosen: str, details: dict[str, None], channel: str, reason: str
) -> None:
    message_id = await room.queue(await chose(room, chosen, **details))
    async with room.sending():
        await room.becomes("handed_over", message_id)
    event = await last(room, message_id)
    assert (event["channel"], event["reason"]) == (channel, reason)


async def test_who_has_no_address_at_all_is_a_persons_task(room: Postroom) -> None:
    message_id = await room.queue(await chose(room, "email", email=None, phone=None, street=None))
    async with room.sending():
        await room.becomes("failed", message_id)
    assert (await last(room, message_id))["reason"] == "no_address"


async def test_without_a_gateway_text_messages_are_told_by_a_person(town: Town) -> None:
    async with postroom(town.region.region, sms=False) as room:
        room.at = room.at.astimezone(LOCAL).replace(hour=12)
        message_id = await room.queue(await chose(room, "sms"))
        async with room.sending():
            await room.becomes("handed_over", message_id)
        event = await last(room, message_id)
    assert (event["channel"], event["reason"]) == ("letter", "no_gateway")


async def test_only_what_waits_for_a_person_can_be_read_and_in_the_order_it_was_queued(
    room: Postroom,
) -> None:
    anna = await chose(room, "letter")
    first = await room.queue(anna)
    second = await room.queue(anna, "gift-received", minutes=60)
    mailed = await room.queue(room.neighbourhood.neighbour())
    refused = await room.queue(room.neighbourhood.neighbour(phone=None))
    async with room.sending():
        await room.becomes("handed_over", first, second)
        await room.becomes("sent", mailed, refused)
    failed = await room.queue(room.neighbourhood.neighbour())
    await room.decide(RecordDelivery(message_id=failed, outcome="failed", reason="refused"))
    found = await read(room, second, failed, mailed, first, new_id())
    assert [(letter.message_id, letter.channel) for letter in found.letters] == [
        (first, "letter"),
        (second, "letter"),
        (failed, "phone"),
    ]
    await room.decide(ReportDelivery(message_id=first, reached=True))
    assert [letter.message_id for letter in (await read(room, first, second)).letters] == [second]


@pytest.mark.parametrize("ends", ["fell through", "parted"])
async def test_a_letter_that_is_printed_after_two_people_were_parted_does_not_say_how_to_reach_the_other(
    room: Postroom, ends: str
) -> None:
    bram = room.neighbourhood.neighbour(name="Bram Bakker", shares_contact=True)
    anna = await chose(room, "letter")
    match_id = await room.meet(bram, anna)
    message_id = await room.queue(
        anna,
        "series-started",
        other=str(bram.member_id),
        recurrence="FREQ=WEEKLY;BYDAY=TU",
        minutes=60,
        helps=0,
    )
    async with room.sending():
        await room.becomes("handed_over", message_id)
    (letter,) = (await read(room, message_id)).letters
    assert "Bram Bakker komt vaker: elke dinsdag" in letter.text
    assert bram.phone is not None
    assert bram.phone in letter.text

    people = {"match_id": match_id, "helper_id": bram.member_id, "asker_id": anna.member_id}
    if ends == "parted":
        await room.follow(PeopleParted(**people))
    else:
        more = {"request_id": match_id, "minutes": 60, "category": "dog", "series_id": match_id}
        await room.follow(
            MatchFellThrough.model_validate({**people, **more, "reason": "incident", "told": False})
        )
    (letter,) = (await read(room, message_id)).letters
    assert "Uw helper komt vaker: elke dinsdag" in letter.text
    assert "Bram" not in letter.text
    assert bram.phone not in letter.text


@pytest.mark.parametrize(
    ("template", "facts"), [("hours-booked-asker", {}), ("help-recorded", {"helped": 0})]
)
@pytest.mark.parametrize(("reciprocity", "asks"), [("encouraged", True), ("required", True), ("gift", False)])
async def test_who_was_helped_is_asked_something_in_return_as_the_initiative_asks_it(
    room: Postroom, template: Template, facts: dict[str, Any], reciprocity: Reciprocity, asks: bool
) -> None:
    room.neighbourhood.reciprocity = reciprocity
    anna = await chose(room, "letter")
    message_id = await room.queue(anna, template, minutes=60, match=str(new_id()), **facts)
    async with room.sending():
        await room.becomes("handed_over", message_id)
    (letter,) = (await read(room, message_id)).letters
    assert ("Bijvoorbeeld:\n- Hond uitlaten\nHet hoeft niet." in letter.text) is asks
    assert ("buur?" in letter.text) is asks


async def test_thanks_on_paper_carry_the_askers_words(room: Postroom) -> None:
    match_id, bram = new_id(), room.neighbourhood.neighbour(name="Bram Bakker")
    room.neighbourhood.words[match_id] = "Wat was dat fijn!"
    anna = await chose(room, "letter")
    message_id = await room.queue(anna, "thanks", other=str(bram.member_id), match=str(match_id))
    async with room.sending():
        await room.becomes("handed_over", message_id)
    (letter,) = (await read(room, message_id)).letters
    assert "Bram Bakker bedankt u voor uw hulp, met deze woorden:\n\nWat was dat fijn!" in letter.text


async def test_who_is_erased_since_cannot_be_read_about(room: Postroom) -> None:
    anna = await chose(room, "letter")
    message_id = await room.queue(anna)
    async with room.sending():
        await room.becomes("handed_over", message_id)
    del room.neighbourhood.people[anna.member_id]
    assert not (await read(room, message_id)).letters


async def test_a_coordinator_of_another_area_neither_reads_nor_reports(room: Postroom) -> None:
    message_id = await room.queue(await chose(room, "letter"))
    async with room.sending():
        await room.becomes("handed_over", message_id)
    assert not (await read(room, message_id, by=ELSEWHERE)).letters
    report = ReportDelivery(message_id=message_id, reached=True)
    with pytest.raises(Rejected) as no:
        await queries.prepare_report(room.replica, report, ELSEWHERE)
    assert no.value.refusal.code == "other_area"
    assert await queries.prepare_report(room.replica, report, NOOR) == report
    here = ELSEWHERE.model_copy(update={"areas": ("1012", "3512")})
    assert await queries.prepare_report(room.replica, report, here) == report
    unknown = ReportDelivery(message_id=new_id(), reached=True)
    assert await queries.prepare_report(room.replica, unknown, ELSEWHERE) == unknown
