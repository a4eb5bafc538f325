"""A participant: an approved member as exchange sees them, with what they ask and do."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.initiatives import ReciprocityWaived, WaiveReciprocity
from contracts.members import CapacityChanged, MemberApproved
from contracts.participants import AdmitParticipant, NoteCapacity, ParticipantCapacityChanged, ParticipantLeft
from services.exchange.handlers import FOLLOWS
from services.exchange.participant import HALF_LIFE, PARTICIPANT, faded
from services.kernel.testing import COORDINATOR, EARLIER, NOW
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_MATCH,
    A_RESERVED_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    ELSEWHERE,
    MATCH,
    REQUEST,
    REQUEST_WITHDRAWN,
    admitted,
    asked,
    but,
    completed,
    exchange,
    fell_through,
)

given = exchange.given

UNDATED = but(A_MATCH, wanted_at=None)


def test_an_approved_member_is_admitted() -> None:
    approved = MemberApproved(
        member_id=ANNA,
        number=1042,
        pc4="3512",
        capacity_minutes_week=240,
        carer_minutes_week=60,
        kind="household",
    )
    (command,) = FOLLOWS[MemberApproved](approved)
    assert command == AdmitParticipant(
        participant_id=ANNA,
        number=1042,
        pc4="3512",
        capacity_minutes_week=240,
        carer_minutes_week=60,
        kind="household",
    )
    given().when(command).then(but(admitted(ANNA, carer_minutes=60), kind="household"))


def test_a_changed_capacity_is_noted_with_the_care_for_their_own() -> None:
    changed = CapacityChanged(member_id=ANNA, capacity_minutes_week=120, carer_minutes_week=30)
    (command,) = FOLLOWS[CapacityChanged](changed)
    noted = ParticipantCapacityChanged(participant_id=ANNA, capacity_minutes_week=120, carer_minutes_week=30)
    given(admitted(ANNA)).when(command).then(noted)
    anna = given(admitted(ANNA), noted).now(PARTICIPANT, ANNA)
    assert (anna.capacity_minutes_week, anna.carer_minutes_week) == (120, 30)


def test_a_capacity_changed_before_approval_waits_for_the_approval() -> None:
    given().when(NoteCapacity(participant_id=ANNA, capacity_minutes_week=60)).then_nothing()


# What they do


def test_a_match_is_of_its_helper_while_it_runs() -> None:
    for happened, running in (
        (A_RESERVED_MATCH, (MATCH,)),
        (A_CONFIRMED_MATCH, (MATCH,)),
        ((*A_CONFIRMED_MATCH, fell_through()), ()),
        ((*A_CONFIRMED_MATCH, completed()), ()),
    ):
        bram = given(*happened).now(PARTICIPANT, BRAM)
        assert bram.running == bram.places == running
        assert given(*happened).now(PARTICIPANT, ANNA).running == ()


def test_help_without_a_date_counts_apart() -> None:
    happened = (*AN_OFFER_AND_A_REQUEST, UNDATED)
    assert given(*A_RESERVED_MATCH).now(PARTICIPANT, BRAM).undated_minutes == 0
    assert given(*happened).now(PARTICIPANT, BRAM).undated_minutes == 90
    assert given(*happened, fell_through(of=UNDATED)).now(PARTICIPANT, BRAM).undated_minutes == 0
    # What was reserved is free again, however long it took.
    assert given(*happened, completed(30, of=UNDATED)).now(PARTICIPANT, BRAM).undated_minutes == 0


def test_a_request_is_of_its_asker_until_it_is_done_or_withdrawn() -> None:
    for happened, asks in (
        (AN_OFFER_AND_A_REQUEST, (REQUEST,)),
        (A_CONFIRMED_MATCH, (REQUEST,)),
        ((*A_CONFIRMED_MATCH, fell_through()), (REQUEST,)),
        ((*A_CONFIRMED_MATCH, completed()), ()),
        ((*AN_OFFER_AND_A_REQUEST, REQUEST_WITHDRAWN), ()),
    ):
        assert given(*happened).now(PARTICIPANT, ANNA).asks == asks


# Whose turn it is


def test_help_that_was_done_counts_in_whose_turn_it_is_and_fades() -> None:
    bram = given(*A_CONFIRMED_MATCH, completed(60)).now(PARTICIPANT, BRAM)
    assert (bram.helped_lately, bram.helped_at) == (60, EARLIER)
    assert bram.helped_lately_at(EARLIER + HALF_LIFE) == pytest.approx(30)
    assert given(*A_CONFIRMED_MATCH, completed(60)).now(PARTICIPANT, ANNA).helped_lately == 0


def test_help_of_four_weeks_ago_counts_for_half() -> None:
    assert faded(60, NOW - timedelta(days=28), NOW) == pytest.approx(30)
    assert faded(60, NOW - timedelta(days=56), NOW) == pytest.approx(15)
    assert faded(60, NOW, NOW) == faded(60, None, NOW) == faded(60, NOW + timedelta(days=1), NOW) == 60


# Asking without offering


def waive(until: date) -> WaiveReciprocity:
    return WaiveReciprocity(member_id=ANNA, reason="Net geopereerd.", until=until)


def test_a_waiver_lasts_through_its_last_day_on_the_clock_on_the_wall() -> None:
    until = datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC)
    given(admitted(ANNA)).when(waive(NOW.date())).then(ReciprocityWaived(participant_id=ANNA, until=until))
    given(admitted(ANNA)).when(waive(NOW.date()), at=until).refused("in_the_past")
    given(admitted(ANNA)).when(waive(NOW.date() - timedelta(days=1))).refused("in_the_past")


def test_why_goes_to_the_vault_and_not_into_the_event() -> None:
    (entry,) = waive(NOW.date()).vault(MATCH)
    assert (entry.entity, entry.person_id, entry.data) == ("waiver", ANNA, {"text": "Net geopereerd."})
    assert "geopereerd" not in str(given(admitted(ANNA)).when(waive(NOW.date())).events)


def test_only_who_takes_part_here_is_granted_one() -> None:
    given().when(waive(NOW.date())).refused("not_approved")
    given(admitted(ANNA), ParticipantLeft(participant_id=ANNA, settle="pool")).when(
        waive(NOW.date())
    ).refused("left")
    given(admitted(ANNA)).when(waive(NOW.date()), by=ELSEWHERE).refused("other_area")


def test_a_later_waiver_replaces_the_earlier() -> None:
    first, second = (
        ReciprocityWaived(participant_id=ANNA, until=NOW + timedelta(days=days)) for days in (9, 2)
    )
    assert given(admitted(ANNA), asked(), first, second).now(PARTICIPANT, ANNA).waived_until == second.until


def test_nobody_waives_what_is_asked_of_themselves() -> None:
    anke = COORDINATOR.model_copy(update={"member_id": ANNA})
    given(admitted(ANNA)).when(waive(NOW.date()), by=anke).refused("involved")
