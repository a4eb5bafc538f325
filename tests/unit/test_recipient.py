"""When a message may go: quiet hours, digests, and what cannot wait. Hours are of the region's clock."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Event
from contracts.ledger import AccountOpened
from contracts.members import ChannelChosen, MemberErased
from services.kernel.dutch import LOCAL, local
from services.notifications.agenda import Agenda
from services.notifications.recipient import (
    RECIPIENT,
    Recipient,
    after_quiet,
    digests,
    gathered_at,
    may_go_at,
    urgent,
)
from tests.unit.neighbours import ANNA, notifications

MOMENTS = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
)
HOURS = st.integers(0, 23)


def at(text: str) -> datetime:
    """A moment on the region's clock, as `2026-11-24 21:30` (a Tuesday)."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL).astimezone(UTC)


def anna(**chosen: Any) -> Recipient:
    return Recipient(ANNA, **chosen)


def goes(recipient: Recipient, template: str, now: str, queued: str | None = None, **facts: Any) -> str:
    """When a message may go, on the region's clock."""
    moment = may_go_at(recipient, template, facts, at(queued or now), at(now))
    return f"{local(moment):%Y-%m-%d %H:%M}"


# Quiet hours


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-24 20:59", "2026-11-24 20:59"),
        ("2026-11-24 21:00", "2026-11-25 09:00"),
        ("2026-11-24 23:59", "2026-11-25 09:00"),
        ("2026-11-25 00:00", "2026-11-25 09:00"),
        ("2026-11-25 08:59", "2026-11-25 09:00"),
        ("2026-11-25 09:00", "2026-11-25 09:00"),
    ],
)
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_quiet_hours_that_wrap_midnight_delay_until_they_end(channel: str, now: str, then: str) -> None:
    assert goes(anna(channel=channel, quiet_from=21, quiet_until=9), "offer-posted", now) == then


def test_quiet_hours_within_a_day_delay_until_they_end() -> None:
    quiet = anna(quiet_from=12, quiet_until=14)
    assert goes(quiet, "offer-posted", "2026-11-24 13:10") == "2026-11-24 14:00"
    assert goes(quiet, "offer-posted", "2026-11-24 23:10") == "2026-11-24 23:10"


@pytest.mark.parametrize("hours", [(None, None), (21, None), (None, 9), (8, 8)])
def test_who_has_no_quiet_hours_is_written_to_at_any_hour(hours: tuple[int | None, int | None]) -> None:
    quiet = anna(quiet_from=hours[0], quiet_until=hours[1])
    assert goes(quiet, "offer-posted", "2026-11-24 03:00") == "2026-11-24 03:00"


def test_quiet_hours_are_of_the_clock_on_the_wall_also_when_it_is_changed() -> None:
    # In the night of 25 October the clock goes back, and on 28 March forward.
    quiet = anna(quiet_from=22, quiet_until=7)
    assert goes(quiet, "offer-posted", "2026-10-24 23:00") == "2026-10-25 07:00"
    assert goes(quiet, "offer-posted", "2027-03-27 23:00") == "2027-03-28 07:00"


@given(MOMENTS, HOURS, HOURS)
def test_quiet_hours_end_within_a_day_and_what_may_go_is_not_in_them(
    moment: datetime, quiet_from: int, quiet_until: int
) -> None:
    then = after_quiet(moment, quiet_from, quiet_until)
    assert moment <= then <= moment + timedelta(hours=25)
    assert after_quiet(then, quiet_from, quiet_until) == then
    assert then == moment or (local(then).hour, local(then).minute) in (
        (quiet_until, 0),
        # An hour that the clock skips in spring.
        (quiet_until + 1, 0),
    )


# Visits without a helper


@pytest.mark.parametrize(
    ("visit", "now", "then"),
    [
        # The visit is on a Tuesday: the Monday of the week before.
        ("2026-12-22 10:00", "2026-11-24 12:00", "2026-12-14 08:00"),
        ("2026-12-27 23:00", "2026-11-24 12:00", "2026-12-14 08:00"),
        ("2026-12-28 07:00", "2026-11-24 12:00", "2026-12-14 08:00"),
        ("2026-12-28 09:00", "2026-11-24 12:00", "2026-12-21 08:00"),
        # Soon already: at once.
        ("2026-11-26 10:00", "2026-11-24 12:00", "2026-11-24 12:00"),
    ],
)
@pytest.mark.parametrize(
    "channel", [{"channel": "email"}, {"channel": "letter"}, {"channel": "phone"}, {"digest": "weekly"}]
)
def test_that_nobody_was_found_is_told_a_week_or_two_ahead(
    channel: dict[str, str], visit: str, now: str, then: str
) -> None:
    wanted_at = at(visit).isoformat()
    assert goes(anna(**channel), "visit-open", now, queued="2026-11-24 11:00", wanted_at=wanted_at) == then


def test_visits_of_one_week_are_told_in_one_mail() -> None:
    assert digests(anna(), "visit-open")
    assert digests(anna(digest="daily"), "visit-open")
    assert not digests(anna(channel="sms"), "visit-open")
    assert not digests(anna(), "offer-posted")


# What cannot wait


NIGHT = "2026-11-24 23:30"


def test_that_a_helper_withdrew_is_mailed_at_once() -> None:
    assert goes(anna(quiet_from=21, quiet_until=9), "helper-withdrew", NIGHT) == NIGHT


@pytest.mark.parametrize("template", ["match-moved", "match-ended-helper", "match-ended-asker"])
def test_what_ends_or_moves_within_a_day_is_mailed_at_once(template: str) -> None:
    quiet = anna(quiet_from=21, quiet_until=9)
    tomorrow, later = (at(f"2026-11-{day} 23:00").isoformat() for day in (25, 26))
    assert goes(quiet, template, NIGHT, wanted_at=tomorrow) == NIGHT
    assert goes(quiet, template, NIGHT, wanted_at=later) == "2026-11-25 09:00"
    assert goes(quiet, template, NIGHT, wanted_at=None) == "2026-11-25 09:00"
    assert goes(quiet, template, NIGHT, wanted_at=later, from_at=tomorrow) == NIGHT


def test_what_can_wait_is_not_urgent() -> None:
    soon = {"wanted_at": at(NIGHT).isoformat()}
    assert not urgent("match-asker", soon, at(NIGHT))
    assert not urgent("hours-booked-helper", {}, at(NIGHT))


@pytest.mark.parametrize(
    ("template", "now", "then"),
    [
        ("helper-withdrew", "2026-11-24 21:59", "2026-11-24 21:59"),
        ("helper-withdrew", "2026-11-24 22:00", "2026-11-25 07:00"),
        ("helper-withdrew", "2026-11-25 06:59", "2026-11-25 07:00"),
        ("offer-posted", "2026-11-25 02:00", "2026-11-25 07:00"),
        ("offer-posted", "2026-11-24 12:00", "2026-11-24 12:00"),
    ],
)
def test_no_text_message_rings_at_night_however_urgent(template: str, now: str, then: str) -> None:
    assert goes(anna(channel="sms"), template, now) == then


def test_an_urgent_text_message_does_not_mind_quiet_hours_by_day() -> None:
    quiet = anna(channel="sms", quiet_from=18, quiet_until=10)
    assert goes(quiet, "helper-withdrew", "2026-11-24 19:00") == "2026-11-24 19:00"
    assert goes(quiet, "helper-withdrew", "2026-11-24 23:00") == "2026-11-25 07:00"
    assert goes(quiet, "offer-posted", "2026-11-24 23:00") == "2026-11-25 10:00"


@pytest.mark.parametrize("channel", ["letter", "phone"])
def test_what_a_person_brings_is_given_to_them_at_once(channel: str) -> None:
    chosen = anna(channel=channel, digest="weekly", quiet_from=21, quiet_until=9)
    assert goes(chosen, "offer-posted", NIGHT) == NIGHT


# Digests


@pytest.mark.parametrize(
    ("digest", "queued", "then"),
    [
        ("daily", "2026-11-24 07:59", "2026-11-24 08:00"),
        ("daily", "2026-11-24 08:00", "2026-11-25 08:00"),
        ("daily", "2026-11-24 20:00", "2026-11-25 08:00"),
        ("weekly", "2026-11-24 20:00", "2026-11-30 08:00"),
        ("weekly", "2026-11-30 07:00", "2026-11-30 08:00"),
        ("weekly", "2026-11-30 08:00", "2026-12-07 08:00"),
    ],
)
def test_a_digest_goes_at_eight_every_day_or_on_mondays(digest: str, queued: str, then: str) -> None:
    assert goes(anna(digest=digest), "offer-posted", queued) == then


def test_a_digest_that_is_late_goes_as_soon_as_it_can() -> None:
    late = goes(anna(digest="daily"), "offer-posted", "2026-11-25 10:15", queued="2026-11-24 20:00")
    assert late == "2026-11-25 10:15"


def test_a_digest_waits_for_the_end_of_quiet_hours() -> None:
    quiet = anna(digest="daily", quiet_from=21, quiet_until=9)
    assert goes(quiet, "offer-posted", "2026-11-24 20:00") == "2026-11-25 09:00"


@pytest.mark.parametrize(
    "template",
    ["match-helper", "match-asker", "match-moved", "match-ended-asker", "series-started", "series-ends"],
)
def test_when_someone_comes_never_waits_for_a_digest(template: str) -> None:
    assert goes(anna(digest="weekly"), template, "2026-11-24 12:00", wanted_at=None) == "2026-11-24 12:00"


def test_text_messages_are_not_gathered() -> None:
    assert (
        goes(anna(channel="sms", digest="weekly"), "offer-posted", "2026-11-24 12:00") == "2026-11-24 12:00"
    )


@given(MOMENTS, st.sampled_from(["daily", "weekly"]))
def test_what_is_queued_is_in_the_next_digest(queued_at: datetime, digest: Any) -> None:
    then = gathered_at(digest, queued_at)
    days = 1 if digest == "daily" else 7
    assert queued_at < then <= queued_at + timedelta(days=days, hours=1)
    assert (local(then).hour, local(then).minute) == (8, 0)
    assert digest == "daily" or local(then).weekday() == 0


# What is known of a recipient


def test_a_choice_replaces_the_one_before_and_who_never_chose_gets_mail() -> None:
    first = ChannelChosen(member_id=ANNA, channel="sms", digest="daily", quiet_from=21, quiet_until=9)
    second = ChannelChosen(member_id=ANNA, channel="letter")
    found = notifications.given(first, second).now(RECIPIENT, ANNA)
    assert (found.channel, found.digest, found.quiet_from, found.gone) == ("letter", "none", None, False)
    assert notifications.given().state.get(RECIPIENT, ANNA) is None
    assert anna().channel == "email"


def test_the_order_between_sources_does_not_matter() -> None:
    """What is known of one recipient comes from members and from the ledger."""
    events: tuple[Event, ...] = (
        ChannelChosen(member_id=ANNA, channel="sms"),
        AccountOpened(account_id=ANNA, floor_minutes=0, kind="household"),
        MemberErased(member_id=ANNA),
    )
    found = [notifications.given(*order).now(RECIPIENT, ANNA) for order in permutations(events)]
    assert all(one == found[0] for one in found)
    assert (found[0].channel, found[0].account, found[0].gone) == ("sms", "household", True)


def test_of_people_with_an_account_nothing_is_kept() -> None:
    opened = AccountOpened(account_id=ANNA, floor_minutes=0)
    assert notifications.given(opened).state.get(RECIPIENT, ANNA) is None


# The sender's agenda


NOON = at("2026-11-24 12:00")
FIRST, SECOND, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)


def test_an_agenda_gives_what_is_due_the_longest_waiting_first() -> None:
    agenda = Agenda()
    for message_id, minutes in ((SECOND, 2), (THIRD, 90), (FIRST, 1)):
        agenda.put(message_id, NOON + timedelta(minutes=minutes))
    assert agenda.take(NOON, 10) == []
    assert agenda.next_at == NOON + timedelta(minutes=1)
    assert agenda.take(NOON + timedelta(minutes=5), 10) == [FIRST, SECOND]
    assert agenda.take(NOON + timedelta(minutes=5), 10) == []
    assert len(agenda) == 1


def test_an_agenda_gives_no_more_than_is_asked_for() -> None:
    agenda = Agenda()
    for message_id in (FIRST, SECOND, THIRD):
        agenda.put(message_id, NOON)
    assert agenda.take(NOON, 2) == [FIRST, SECOND]
    assert agenda.take(NOON, 2) == [THIRD]


def test_what_is_put_elsewhere_in_the_agenda_is_there_alone() -> None:
    agenda = Agenda()
    agenda.put(FIRST, NOON)
    agenda.put(FIRST, NOON + timedelta(hours=1))
    agenda.put(FIRST, NOON + timedelta(hours=1))
    assert agenda.take(NOON, 10) == []
    assert agenda.take(NOON + timedelta(hours=1), 10) == [FIRST]
    assert agenda.next_at is None


def test_an_agenda_counts_tries_and_forgets_what_is_done() -> None:
    agenda = Agenda()
    agenda.put(FIRST, NOON)
    assert agenda.tries(FIRST) == 1
    agenda.failed(FIRST)
    agenda.failed(FIRST)
    assert agenda.tries(FIRST) == 3
    agenda.done([FIRST, SECOND])
    assert agenda.tries(FIRST) == 1
    assert agenda.take(NOON, 10) == []
    assert len(agenda) == 0
