"""How long the help took: reported by both, agreed within the tolerance, or decided by someone else."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from contracts.envelope import Actor, Command, Event, Role
from contracts.exchange import (
    CancelMatch,
    MatchUnbooked,
    MinutesAgreed,
    MinutesDiffered,
    MinutesReported,
    PeopleParted,
    ReportMinutes,
    SettleBooking,
)
from contracts.participants import ParticipantLeft
from contracts.policy import AgeBand
from contracts.safety import MinutesDecided, SettleMinutes
from contracts.visits import MoveVisit, NoteNoShow, SkipVisit
from services.exchange.match import MATCH as KIND
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_MATCH,
    A_RESERVED_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    CORA,
    ELSEWHERE,
    MATCH,
    NEXT_WEEK,
    REQUEST,
    TOMORROW,
    agreed,
    as_member,
    but,
    completed,
    confirmed,
    exchange,
    fell_through,
    policy,
)

given = exchange.given

SIDES: tuple[Literal["helper", "asker"], ...] = ("helper", "asker")
WHO = {"helper": BRAM, "asker": ANNA}
BOOKED = SettleBooking(match_id=MATCH, booked=True)
NOT_BOOKED = SettleBooking(match_id=MATCH, booked=False)
UNBOOKED = MatchUnbooked(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60)
DECIDE = SettleMinutes(match_id=MATCH, minutes=75, note="Beiden gesproken.", helper_id=BRAM, asker_id=ANNA)
PARTED = PeopleParted(match_id=MATCH, helper_id=BRAM, asker_id=ANNA)
A_COLLEAGUE = Actor(role=Role.COORDINATOR, name="coordinator-2")


def said(by: Literal["helper", "asker"], minutes: int = 60) -> MinutesReported:
    return MinutesReported(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, by=by, minutes=minutes)


def says(who: UUID, minutes: int = 60) -> ReportMinutes:
    return ReportMinutes(match_id=MATCH, member_id=who, minutes=minutes)


def differed(helper_minutes: int, asker_minutes: int) -> MinutesDiffered:
    return MinutesDiffered(
        match_id=MATCH,
        helper_id=BRAM,
        asker_id=ANNA,
        helper_minutes=helper_minutes,
        asker_minutes=asker_minutes,
    )


def decided(minutes: int = 75, by: str = "coordinator-2") -> MinutesDecided:
    return MinutesDecided(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=minutes, by=by)


AGREED = (*A_CONFIRMED_MATCH, said("helper"), said("asker"), agreed())
DIFFERED = (*A_CONFIRMED_MATCH, said("helper", 90), said("asker", 60), differed(90, 60))
UNBOOKED_MATCH = (*AGREED, UNBOOKED)
OVER = [
    pytest.param(A_RESERVED_MATCH, id="reserved"),
    pytest.param((*A_CONFIRMED_MATCH, fell_through()), id="fell_through"),
    pytest.param(AGREED, id="agreed"),
    pytest.param((*AGREED, completed()), id="completed"),
]


# Both report


@pytest.mark.parametrize("by", SIDES)
def test_each_reports_their_own_minutes(by: Literal["helper", "asker"]) -> None:
    given(*A_CONFIRMED_MATCH).when(says(WHO[by]), by=as_member(WHO[by])).then(said(by))


@pytest.mark.parametrize(("first", "second"), [SIDES, SIDES[::-1]])
def test_when_both_report_the_same_they_agree(
    first: Literal["helper", "asker"], second: Literal["helper", "asker"]
) -> None:
    given(*A_CONFIRMED_MATCH, said(first)).when(says(WHO[second])).then(said(second), agreed())


def test_minutes_that_differ_book_nothing_and_are_told() -> None:
    given(*A_CONFIRMED_MATCH, said("helper", 90)).when(says(ANNA, 60)).then(
        said("asker", 60), differed(90, 60)
    )
    given(*A_CONFIRMED_MATCH, said("asker", 60)).when(says(BRAM, 90)).then(
        said("helper", 90), differed(90, 60)
    )


@pytest.mark.parametrize(("second", "agree"), [(75, True), (76, False), (45, True), (44, False), (60, True)])
def test_within_the_tolerance_of_the_initiative_the_lower_counts(second: int, agree: bool) -> None:
    before = given(policy(tolerance_minutes=15), *A_CONFIRMED_MATCH, said("helper", 60))
    settled: Event = agreed(min(60, second)) if agree else differed(60, second)
    before.when(says(ANNA, second)).then(said("asker", second), settled)


def test_without_a_tolerance_a_minute_is_a_difference() -> None:
    given(*A_CONFIRMED_MATCH, said("helper", 60)).when(says(ANNA, 61)).then(
        said("asker", 61), differed(60, 61)
    )


@for_all(st.integers(1, 1440), st.integers(1, 1440), st.integers(0, 120), st.sampled_from(SIDES))
def test_nobody_pays_for_more_than_they_saw(
    helper: int, asker: int, tolerance: int, first: Literal["helper", "asker"]
) -> None:
    minutes = {"helper": helper, "asker": asker}
    second = SIDES[1 - SIDES.index(first)]
    before = given(policy(tolerance_minutes=tolerance), *A_CONFIRMED_MATCH, said(first, minutes[first]))
    _, settled = before.when(says(WHO[second], minutes[second])).events
    if abs(helper - asker) <= tolerance:
        assert settled == agreed(min(helper, asker))
    else:
        assert settled == differed(helper, asker)


def test_who_reports_again_corrects_their_own_and_they_may_still_agree() -> None:
    given(*DIFFERED).when(says(BRAM, 60), by=as_member(BRAM)).then(said("helper", 60), agreed())


def test_the_same_person_twice_is_not_two_people() -> None:
    given(*A_CONFIRMED_MATCH, said("helper")).when(says(BRAM)).then(said("helper"))


def test_what_the_ledger_needs_goes_with_the_agreed_minutes() -> None:
    euro = but(A_MATCH, compensation="euro", age_band=AgeBand.FROM_21)
    (_, event) = given(*AN_OFFER_AND_A_REQUEST, euro, confirmed(euro), said("helper")).when(says(ANNA)).events
    assert isinstance(event, MinutesAgreed)
    assert (event.compensation, event.age_band) == ("euro", AgeBand.FROM_21)
    assert event.wanted_at == euro.wanted_at


@pytest.mark.parametrize("happened", OVER)
def test_minutes_are_reported_of_a_match_that_runs(happened: tuple[Event, ...]) -> None:
    given(*happened).when(says(BRAM)).refused("not_confirmed")


def test_others_cannot_report_minutes() -> None:
    given(*A_CONFIRMED_MATCH).when(says(CORA), by=as_member(CORA)).refused("not_yours")


def test_a_coordinator_of_elsewhere_cannot_report_for_them() -> None:
    given(*A_CONFIRMED_MATCH).when(says(BRAM), by=ELSEWHERE).refused("other_area")


def test_a_coordinator_who_is_one_of_the_two_does_not_write_down_the_minutes_of_the_other() -> None:
    themselves = A_COLLEAGUE.model_copy(update={"member_id": BRAM})
    given(*A_CONFIRMED_MATCH, said("asker", 180)).when(says(BRAM, 180), by=themselves).then(
        said("helper", 180), agreed(180)
    )
    for happened in (A_CONFIRMED_MATCH, (*A_CONFIRMED_MATCH, said("helper", 180))):
        given(*happened).when(says(ANNA, 180), by=themselves).refused("involved")


# Someone without a part in it decides


def test_a_coordinator_without_a_part_in_it_decides_and_then_it_is_booked() -> None:
    given(*DIFFERED).when(DECIDE, by=A_COLLEAGUE).then(decided(), agreed(75))


def test_why_goes_to_the_vault_for_both_and_not_into_the_event() -> None:
    (entry,) = DECIDE.vault(MATCH)
    assert (entry.entity, entry.entity_id, {entry.person_id, entry.other_id}) == (
        "decision",
        MATCH,
        {ANNA, BRAM},
    )
    assert all(
        "gesproken" not in e.model_dump_json() for e in given(*DIFFERED).when(DECIDE, by=A_COLLEAGUE).events
    )


def test_who_confirmed_the_match_is_involved_and_asks_a_colleague() -> None:
    given(*DIFFERED).when(DECIDE).refused("involved")


@pytest.mark.parametrize("who", [ANNA, BRAM])
def test_a_coordinator_who_is_one_of_the_two_is_involved_too(who: UUID) -> None:
    themselves = A_COLLEAGUE.model_copy(update={"member_id": who})
    given(*DIFFERED).when(DECIDE, by=themselves).refused("involved")


def test_a_coordinator_who_takes_part_in_other_help_decides() -> None:
    another = A_COLLEAGUE.model_copy(update={"member_id": CORA})
    given(*DIFFERED).when(DECIDE, by=another).then(decided(), agreed(75))


@pytest.mark.parametrize("who", [ANNA, BRAM], ids=["asker", "helper"])
def test_a_coordinator_who_is_one_of_the_two_is_involved(who: UUID) -> None:
    themselves = A_COLLEAGUE.model_copy(update={"member_id": who})
    given(*DIFFERED).when(DECIDE, by=themselves).refused("involved")
    assert given(*DIFFERED).when(DECIDE, by=A_COLLEAGUE.model_copy(update={"member_id": CORA})).events


def test_typing_in_the_others_minutes_is_deciding_too() -> None:
    agree = (said("asker", 90), agreed(90))
    given(*DIFFERED).when(says(ANNA, 90)).refused("involved")
    given(*DIFFERED).when(says(BRAM, 60)).refused("involved")
    themselves = A_COLLEAGUE.model_copy(update={"member_id": BRAM})
    given(*DIFFERED).when(says(ANNA, 90), by=themselves).refused("involved")
    given(*DIFFERED).when(says(ANNA, 90), by=A_COLLEAGUE).then(*agree)
    # Their own word stays theirs to correct, and before it differs anyone may write down what they are told.
    given(*DIFFERED).when(says(BRAM, 60), by=themselves).then(said("helper", 60), agreed(60))
    given(*A_CONFIRMED_MATCH, said("helper", 90)).when(says(ANNA, 90)).then(*agree)


def test_of_a_visit_that_a_series_planned_who_chose_its_helper_is_involved() -> None:
    visit = but(A_MATCH, series_id=REQUEST, by="coordinator-1")
    differ = (said("helper", 90), said("asker", 60), differed(90, 60))
    happened = (*AN_OFFER_AND_A_REQUEST, visit, confirmed(visit), *differ)
    for command in (DECIDE, says(ANNA, 90)):
        given(*happened).when(command).refused("involved")
        assert given(*happened).when(command, by=A_COLLEAGUE).events


# What was reported is not one party's to undo

REPORTED = (*A_CONFIRMED_MATCH, said("helper"))
UNDO: tuple[Command, ...] = (
    CancelMatch(match_id=MATCH, member_id=ANNA),
    SkipVisit(match_id=MATCH, member_id=ANNA),
    NoteNoShow(match_id=MATCH, member_id=ANNA, who="helper"),
    MoveVisit(match_id=MATCH, member_id=ANNA, wanted_at=NEXT_WEEK),
)


@pytest.mark.parametrize("command", UNDO, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("happened", [REPORTED, DIFFERED, UNBOOKED_MATCH], ids=["one", "differ", "unbooked"])
def test_once_minutes_were_reported_nobody_ends_it_alone(
    happened: tuple[Event, ...], command: Command
) -> None:
    no = given(*happened).when(command, by=as_member(ANNA), at=TOMORROW).refused("minutes_reported")
    assert "Geef uw eigen minuten op" in no.nl
    party = A_COLLEAGUE.model_copy(update={"member_id": ANNA})
    given(*happened).when(command, by=party, at=TOMORROW).refused("minutes_reported")


def test_a_coordinator_may_still_call_it_off_and_where_they_differ_only_an_uninvolved_one() -> None:
    cancel = CancelMatch(match_id=MATCH)
    given(*REPORTED).when(cancel).then(fell_through())
    given(*UNBOOKED_MATCH).when(cancel).then(fell_through())
    given(*DIFFERED).when(cancel).refused("involved")
    given(*DIFFERED).when(cancel, by=A_COLLEAGUE).then(fell_through())


def test_help_that_was_given_is_moved_by_nobody() -> None:
    move = MoveVisit(match_id=MATCH, wanted_at=NEXT_WEEK)
    given(*REPORTED).when(move, at=TOMORROW - timedelta(hours=1)).refused("already_given")
    given(*A_CONFIRMED_MATCH).when(move, at=TOMORROW).refused("already_given")
    given(*A_CONFIRMED_MATCH, PARTED).when(move).refused("already_given")


# One of the two is gone


def left(who: UUID) -> ParticipantLeft:
    return ParticipantLeft(participant_id=who, settle="pool")


@pytest.mark.parametrize(("by", "gone"), [("helper", ANNA), ("asker", BRAM)])
@pytest.mark.parametrize(("minutes", "counts"), [(60, 60), (90, 90), (91, 90)])
def test_when_the_other_is_gone_what_is_reported_counts_up_to_what_was_planned(
    by: Literal["helper", "asker"], gone: UUID, minutes: int, counts: int
) -> None:
    happened = (*A_CONFIRMED_MATCH, PARTED, left(gone))
    given(*happened).when(says(WHO[by], minutes), by=as_member(WHO[by])).then(
        said(by, minutes), agreed(counts)
    )


def test_what_was_reported_by_who_is_gone_waits_for_the_word_of_the_other() -> None:
    happened = (*A_CONFIRMED_MATCH, said("helper", 90), PARTED, left(BRAM))
    given(*happened).when(says(ANNA, 90)).then(said("asker", 90), agreed(90))
    given(*happened).when(says(ANNA, 30)).then(said("asker", 30), differed(90, 30))
    differ = given(*happened, said("asker", 30), differed(90, 30))
    differ.when(DECIDE, by=A_COLLEAGUE).then(decided(), agreed(75))


def test_a_coordinator_of_elsewhere_does_not_decide() -> None:
    given(*DIFFERED).when(DECIDE, by=ELSEWHERE).refused("other_area")


@pytest.mark.parametrize(
    "happened",
    [*OVER, pytest.param((*A_CONFIRMED_MATCH, said("helper")), id="one side reported")],
)
def test_there_is_nothing_to_decide_without_a_difference(happened: tuple[Event, ...]) -> None:
    given(*happened).when(DECIDE, by=A_COLLEAGUE).refused("nothing_differs")


def test_it_is_decided_once() -> None:
    given(*DIFFERED, decided(), agreed(75)).when(DECIDE, by=A_COLLEAGUE).refused("nothing_differs")
    settled = given(*DIFFERED, decided(), agreed(75)).now(KIND, MATCH)
    assert (settled.status, settled.agreed_minutes, settled.differs) == ("agreed", 75, False)


def test_minutes_of_a_match_that_nobody_made_are_unknown() -> None:
    given().when(DECIDE, by=A_COLLEAGUE).refused("unknown_match")
    given().when(says(BRAM)).refused("unknown_match")
    given().when(BOOKED).refused("unknown_match")


# The booking


def test_booked_minutes_complete_the_match_and_free_what_was_reserved() -> None:
    given(*AGREED).when(BOOKED).then(completed())


def test_it_is_completed_with_the_minutes_that_were_agreed() -> None:
    given(*DIFFERED, decided(), agreed(75)).when(BOOKED).then(completed(75))


def test_minutes_that_could_not_be_booked_are_for_a_coordinator() -> None:
    given(*AGREED).when(NOT_BOOKED).then(UNBOOKED)


def test_what_could_not_be_booked_may_be_decided_and_booked_then() -> None:
    given(*UNBOOKED_MATCH).when(DECIDE, by=A_COLLEAGUE).then(decided(), agreed(75))
    given(*UNBOOKED_MATCH, decided(), agreed(75)).when(BOOKED).then(completed(75))


def test_after_minutes_that_could_not_be_booked_both_may_agree_on_others() -> None:
    given(*UNBOOKED_MATCH, said("helper", 30), differed(30, 60)).when(
        says(ANNA, 30), by=as_member(ANNA)
    ).then(said("asker", 30), agreed(30))


@pytest.mark.parametrize("command", [BOOKED, NOT_BOOKED], ids=["booked", "not booked"])
@pytest.mark.parametrize(
    "happened",
    [
        pytest.param(A_CONFIRMED_MATCH, id="confirmed"),
        pytest.param((*AGREED, completed()), id="completed"),
        pytest.param((*A_CONFIRMED_MATCH, fell_through()), id="cancelled"),
        pytest.param(UNBOOKED_MATCH, id="unbooked"),
    ],
)
def test_a_booking_is_settled_once(happened: tuple[Event, ...], command: SettleBooking) -> None:
    given(*happened).when(command).then_nothing()
