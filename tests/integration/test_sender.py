"""The sender of letters, against a real log and mail server, while what is around it comes and goes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from contracts.members import ChannelChosen, MemberErased
from contracts.notifications import OvertakeMessage, QueueMessage, RecordDelivery
from services.kernel.dutch import LOCAL, local
from services.kernel.errors import NotLeading
from services.kernel.service import new_id
from services.notifications import sender
from services.notifications.thread import visit_thread
from tests.harness.letters import FOUND, SEARCHING
from tests.harness.postroom import Postroom, postroom
from tests.harness.town import Town
from tests.harness.waiting import until


@pytest_asyncio.fixture(loop_scope="session")
async def room(town: Town) -> AsyncIterator[Postroom]:
    async with postroom(town.region.region) as found:
        yield found


def clock(text: str) -> datetime:
    """The next such time of day on the wall, such as `08:00`, tomorrow or later."""
    hour, minute = map(int, text.split(":"))
    tomorrow = local(datetime.now(UTC)).date() + timedelta(days=1)
    return datetime(*tomorrow.timetuple()[:3], hour, minute, tzinfo=LOCAL).astimezone(UTC)


# Ending


async def test_a_lost_lead_ends_the_sender_though_what_it_was_recording_fails(room: Postroom) -> None:
    """Swallowing the cancellation would keep the old leader from ever leading again."""
    recording = asyncio.Event()

    async def decide(*_: object) -> None:
        recording.set()
        await asyncio.sleep(0.05)
        raise NotLeading

    anna = room.neighbourhood.neighbour()
    for _ in range(20):
        await room.queue(anna)
    room.replica.decide = decide
    sending = asyncio.create_task(room.sender.run())
    await asyncio.wait_for(recording.wait(), 10)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(sending, 10)


# Sending


async def test_what_is_queued_is_sent_once_whenever_it_was_queued(room: Postroom) -> None:
    anna = room.neighbourhood.neighbour()
    before = [await room.queue(anna) for _ in range(25)]
    async with room.sending():
        await room.becomes("sent", *before)
        later = await room.queue(anna)
        await room.becomes("sent", later)
    assert len(room.mailbox.to(anna.email or "")) == 26
    assert room.mailbox.repeats() == 0


async def test_a_letter_whose_recording_failed_goes_again_with_the_same_message_id(room: Postroom) -> None:
    anna = room.neighbourhood.neighbour()
    message_id = await room.queue(anna)
    decide, failures = room.replica.decide, iter([NotLeading()])
    ids: list[Any] = []

    async def decide_at_last(command: Any, actor: Any, command_id: Any) -> Any:
        ids.append(command_id)
        for failure in failures:
            raise failure
        return await decide(command, actor, command_id)

    room.replica.decide = decide_at_last
    async with room.sending():
        await room.becomes("sent", message_id)
    first, second = room.mailbox.to(anna.email or "")
    assert first.message_id == second.message_id == f"<{message_id}@{room.replica.region.region}.wederdienst>"
    assert len(set(ids)) == 1


async def test_who_cannot_be_looked_up_now_waits_and_holds_nobody_up(room: Postroom) -> None:
    unknown, anna = room.neighbourhood.neighbour(), room.neighbourhood.neighbour()
    del room.neighbourhood.people[unknown.member_id]
    waits, goes = await room.queue(unknown), await room.queue(anna)
    async with room.sending():
        await room.becomes("sent", goes)
        assert await room.status(waits) == "queued"
        room.neighbourhood.people[unknown.member_id] = unknown
        await room.pass_by(seconds=6)
        await room.becomes("sent", waits)


async def test_while_members_is_away_everything_waits(room: Postroom) -> None:
    anna = room.neighbourhood.neighbour()
    room.neighbourhood.away.add("members")
    message_id = await room.queue(anna)
    async with room.sending():
        await _asked(room, 2)
        assert await room.status(message_id) == "queued"
        room.neighbourhood.away.clear()
        await room.becomes("sent", message_id)
    assert len(room.mailbox.mails) == 1


async def test_while_exchange_is_away_only_letters_that_need_it_wait(room: Postroom) -> None:
    anna = room.neighbourhood.neighbour()
    room.neighbourhood.away.add("exchange")
    booked: dict[str, Any] = {"minutes": 60, "match": str(new_id())}
    waits = [await room.queue(anna, "hours-booked-asker", **booked) for _ in range(3)]
    # To who helped it asks nothing in return.
    goes = await room.queue(anna, "help-recorded", minutes=60, helped=1)
    async with room.sending():
        await room.becomes("sent", goes)
        await room.becomes("queued", *waits)
        # Asked once, not for each of them.
        assert len(room.neighbourhood.asked) <= 3
        room.neighbourhood.away.clear()
        await room.pass_by(seconds=31)
        await room.becomes("sent", *waits)
    assert "- Hond uitlaten" in room.mailbox.mails[-1].text


async def _asked(room: Postroom, times: int) -> None:
    async def often_enough() -> bool:
        return len(room.neighbourhood.asked) >= times

    await until(often_enough, f"asking {times} times")


async def test_a_letter_of_a_later_release_is_a_persons_task_and_the_next_goes(room: Postroom) -> None:
    anna = room.neighbourhood.neighbour()
    # A letter without what it needs is as unknown as one that this release does not have.
    unknown = await room.queue(anna, "offer-posted")
    goes = await room.queue(anna)
    async with room.sending():
        await room.becomes("failed", unknown)
        await room.becomes("sent", goes)
    (_, failed) = await room.events(unknown)
    assert failed["reason"] == "unknown_letter"


async def test_who_is_gone_by_their_turn_gets_nothing(room: Postroom) -> None:
    anna, bram = room.neighbourhood.neighbour(), room.neighbourhood.neighbour()
    message_id, other = await room.queue(anna), await room.queue(bram)
    await room.follow(MemberErased(member_id=anna.member_id))
    async with room.sending():
        await room.becomes("overtaken", message_id)
        await room.becomes("sent", other)
    assert room.mailbox.by_recipient() == {bram.email: 1}


async def test_a_letter_that_is_overtaken_while_it_is_being_sent_is_recorded_and_its_end_is_told(
    room: Postroom,
) -> None:
    anna, bram = room.neighbourhood.neighbour(), room.neighbourhood.neighbour()
    message_id = await room.queue(
        anna, "match-asker", other=str(bram.member_id), category="dog", minutes=60, wanted_at=None
    )
    ended = QueueMessage(message_id=new_id(), member_id=anna.member_id, template="helper-withdrew")
    decide = room.replica.decide

    async def overtaken_first(command: Any, actor: Any, command_id: Any) -> Any:
        # The mail server has taken it; before that is recorded, the match ends.
        if command.message_id == message_id:
            await room.decide(OvertakeMessage(message_id=message_id, instead=ended))
        return await decide(command, actor, command_id)

    room.replica.decide = overtaken_first
    async with room.sending():
        await room.becomes("sent", message_id, ended.message_id)
    names = [event["name"] for event in await room.events(message_id)]
    assert names == ["MessageQueued", "MessageOvertaken", "MessageSent"]
    assert [mail.subject for mail in room.mailbox.mails] == [FOUND, SEARCHING]


# At its time


async def test_quiet_hours_delay_a_letter_and_what_is_urgent_goes_at_once(room: Postroom) -> None:
    anna = room.neighbourhood.neighbour()
    await room.follow(ChannelChosen(member_id=anna.member_id, channel="email", quiet_from=21, quiet_until=9))
    await room.set_clock(clock("23:30"))
    waits = await room.queue(anna)
    urgent = await room.queue(anna, "helper-withdrew", wanted_at=None)
    async with room.sending():
        await room.becomes("sent", urgent)
        assert await room.status(waits) == "queued"
        await room.pass_by(hours=9)
        unrelated = await room.queue(room.neighbourhood.neighbour())
        await room.becomes("sent", unrelated)
        assert await room.status(waits) == "queued"
        await room.pass_by(hours=1)
        await room.becomes("sent", waits)


async def test_a_choice_of_other_hours_also_holds_for_what_waits(room: Postroom) -> None:
    anna = room.neighbourhood.neighbour()
    await room.follow(ChannelChosen(member_id=anna.member_id, channel="email", digest="weekly"))
    waits = await room.queue(anna)
    async with room.sending():
        await room.becomes("sent", await room.queue(room.neighbourhood.neighbour()))
        await room.follow(ChannelChosen(member_id=anna.member_id, channel="email"))
        await room.set_clock(room.at + sender.LOOK_AGAIN)
        await room.becomes("sent", waits)


async def test_a_digest_is_one_mail_of_all_that_waits_and_each_message_is_recorded(room: Postroom) -> None:
    anna, bram = room.neighbourhood.neighbour(), room.neighbourhood.neighbour()
    await room.follow(ChannelChosen(member_id=anna.member_id, channel="email", digest="daily"))
    sections = [
        await room.queue(anna, "offer-posted", category="dog"),
        await room.queue(anna, "gift-received", minutes=60),
        await room.queue(anna, "thanks", other=str(bram.member_id), match=str(new_id())),
    ]
    matched = await room.queue(
        anna, "match-helper", other=str(bram.member_id), category="dog", minutes=60, wanted_at=None
    )
    async with room.sending():
        await room.becomes("sent", matched)
        await room.becomes("queued", *sections)
        await room.set_clock(clock("08:00") + timedelta(days=1))
        await room.becomes("sent", *sections)
    _, digest = room.mailbox.to(anna.email or "")
    assert digest.subject == "Uw berichten van Wederdienst"
    assert digest.message_id == f"<{sections[0]}@{room.replica.region.region}.wederdienst>"
    headings = ["UW AANBOD STAAT ERIN", "U KREEG UREN", "IEMAND BEDANKT U"]
    assert sorted(headings, key=digest.text.index) == headings
    assert len(room.mailbox.mails) == 2


async def test_visits_of_one_week_without_a_helper_are_one_mail_and_those_that_found_one_are_not_in_it(
    room: Postroom,
) -> None:
    anna = room.neighbourhood.neighbour()
    monday = clock("08:00") + timedelta(days=(7 - clock("08:00").weekday()) % 7)
    visits = [monday + timedelta(days=8 + n, hours=2) for n in range(4)]
    *seeking, found = [
        await room.queue(anna, "visit-open", wanted_at=at.isoformat(), visit=str(new_id())) for at in visits
    ]
    async with room.sending():
        await room.becomes("sent", await room.queue(room.neighbourhood.neighbour()))
        await room.becomes("queued", *seeking, found)
        facts = await room.events(found)
        thread_id = visit_thread(anna.member_id, facts[0]["facts"]["visit"])
        await room.decide(OvertakeMessage(message_id=thread_id))
        await room.set_clock(monday)
        await room.becomes("sent", *seeking)
    (mail,) = room.mailbox.to(anna.email or "")
    assert await room.status(found) == "overtaken"
    assert mail.text.count("is nog geen helper gevonden") == len(seeking)


async def test_a_digest_that_was_recorded_in_part_goes_again_as_the_same_mail(room: Postroom) -> None:
    anna = room.neighbourhood.neighbour()
    await room.follow(ChannelChosen(member_id=anna.member_id, channel="email", digest="daily"))
    sections = [await room.queue(anna, "gift-received", minutes=60) for _ in range(3)]
    decide, failures = room.replica.decide, iter([NotLeading()])

    async def one_fails(command: Any, actor: Any, command_id: Any) -> Any:
        if command.message_id == sections[1]:
            for failure in failures:
                raise failure
        return await decide(command, actor, command_id)

    room.replica.decide = one_fails
    await room.set_clock(clock("08:00") + timedelta(days=1))
    async with room.sending():
        await room.becomes("sent", *sections)
    first, second = room.mailbox.mails
    assert first.message_id == second.message_id


async def test_more_messages_than_fit_one_digest_go_in_the_next(
    room: Postroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "SECTIONS", 2)
    anna = room.neighbourhood.neighbour()
    await room.follow(ChannelChosen(member_id=anna.member_id, channel="email", digest="daily"))
    sections = [await room.queue(anna, "gift-received", minutes=60) for _ in range(5)]
    await room.set_clock(clock("08:00") + timedelta(days=1))
    async with room.sending():
        await room.becomes("sent", *sections)
    assert [mail.text.count("Iemand gaf u 1 uur") for mail in room.mailbox.mails] == [2, 2, 1]


# Many


async def test_each_look_at_the_tables_is_at_a_few_rows_however_much_waits(room: Postroom) -> None:
    """Thousands wait for their digest; one letter in between goes at once, and no query grows with them."""
    crowd = [room.neighbourhood.neighbour() for _ in range(40)]
    for person in crowd:
        await room.follow(ChannelChosen(member_id=person.member_id, channel="email", digest="weekly"))
    many = [
        QueueMessage(
            message_id=new_id(),
            member_id=crowd[n % len(crowd)].member_id,
            template="gift-received",
            facts={"minutes": 60},
        )
        for n in range(2 * sender.PAGE + 1)
    ]
    await room.leader.all(many)
    looked_at: list[int] = []
    fetch = room.leader.pool.fetch

    class Counted:
        """The pool, with a count of the rows of each look."""

        async def fetch(self, *query: Any) -> Any:
            rows = await fetch(*query)
            looked_at.append(len(rows))
            return rows

        def __getattr__(self, name: str) -> Any:
            return getattr(room.leader.pool, name)

    room.replica.pool = Counted()
    one = room.neighbourhood.neighbour()
    async with room.sending():
        await room.becomes("sent", await room.queue(one))
        looked_at.clear()
        await room.becomes("sent", await room.queue(one))
    assert max(looked_at) <= sender.AT_ONCE
    assert len(looked_at) < 20
    assert room.mailbox.by_recipient() == {one.email: 2}


@pytest.mark.parametrize(
    "query",
    [
        sender._WAITING.format("m.member_id = ANY($1)"),
        "SELECT message_id, queued_at FROM messages WHERE status = 'queued' AND message_id > $1 "
        "ORDER BY message_id LIMIT $2",
    ],
)
async def test_what_waits_is_found_by_an_index(room: Postroom, query: str) -> None:
    async with room.leader.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = on")
        argument = [new_id()] if "ANY" in query else new_id()
        plan = await connection.fetch(f"EXPLAIN {query}", argument, 20)
    lines = "\n".join(row[0] for row in plan)
    assert "messages_queued" in lines or "messages_of_member" in lines, lines


async def test_what_a_person_was_told_of_already_is_recorded_by_nobody_else(room: Postroom) -> None:
    anna = room.neighbourhood.neighbour()
    message_id = await room.queue(anna)
    await room.decide(RecordDelivery(message_id=message_id, outcome="failed", reason="refused"))
    other = await room.queue(anna)
    async with room.sending():
        await room.becomes("sent", other)
    assert len(room.mailbox.mails) == 1
