"""A social team refers someone: answered by a coordinator, followed to its end, told as far as agreed."""

from datetime import timedelta
from uuid import UUID

import pytest

from contracts.envelope import Command, Event
from contracts.exchange import CancelMatch, SettleBooking, SettleHold, WithdrawRequest
from contracts.initiatives import THE_INITIATIVE, InitiativeClosed
from contracts.loans import LoanEnded
from contracts.members import GuardianConsentGiven, MemberDeclined, MemberLeft, MemberRegistered
from contracts.participants import AdmitParticipant, LetGo
from contracts.referrals import (
    ENDED,
    NEXT,
    AcceptReferral,
    CancelReferral,
    CheckReferral,
    EndReferrals,
    FailReferral,
    FeedbackGiven,
    FeedbackStopped,
    HoldReferral,
    PersonReferred,
    ReferralMoved,
    ReferralTermPassed,
    RejectReferral,
    StopFeedback,
)
from contracts.visits import SeriesEnded, SeriesStarted
from services.exchange.handlers import FOLLOWS, SCHEDULES
from services.exchange.referral import WORDS
from services.kernel.testing import COMMAND_ID, COORDINATOR, NOW
from tests.unit.lent import SOUGHT
from tests.unit.neighbours import (
    ANNA,
    BRAM,
    CORA,
    ELSEWHERE,
    MATCH,
    NEXT_WEEK,
    OFFER,
    TOMORROW,
    admitted,
    agreed,
    as_member,
    asked,
    but,
    completed,
    confirmed,
    exchange,
    fell_through,
    offered,
    policy,
    reserved,
)
from tests.unit.referrals import (
    ANSWER_BY,
    OTHER_TEAM,
    REFERRAL,
    REMIND_AT,
    TEAM,
    moved,
    referred,
    refers,
    told,
    who_hears,
)

given = exchange.given

ACCEPT = AcceptReferral(referral_id=REFERRAL)
ACCEPTED = moved("accepted", initiative_id=THE_INITIATIVE)
REQUESTED = but(asked(request_id=REFERRAL), consent="in_person", referral=True, urgency="normal", wish="none")
HELPED = (
    admitted(ANNA),
    admitted(BRAM),
    offered(),
    referred(),
    told(1, "requested"),
    ACCEPTED,
    told(2, "accepted"),
    REQUESTED,
)
"""Anna's referral is accepted: a helper is sought."""
THE_MATCH = reserved(request_id=REFERRAL)
UNDER_WAY = (*HELPED, THE_MATCH, confirmed(THE_MATCH), moved("in-progress"), told(3, "in-progress"))


# It comes in


def test_a_team_refers_someone_and_hears_that_it_came_in() -> None:
    event = referred(COMMAND_ID)
    given().when(refers(), by=TEAM).then(event, but(told(1, "requested"), referral_id=COMMAND_ID))


def test_what_the_team_wrote_goes_to_the_vault_under_the_help_request_that_it_becomes() -> None:
    need, file = refers().vault(REFERRAL)
    assert (need.entity, need.entity_id, need.person_id) == ("request", REFERRAL, ANNA)
    assert (file.entity, file.data["reference"]) == ("referral", "zaak W-17")
    written = "".join(event.model_dump_json() for event in given().when(refers(), by=TEAM).events)
    assert not [word for word in ("heg", "Samira", "W-17") if word in written]


def test_the_same_event_again_is_the_same_referral_also_when_its_first_answer_was_forgotten() -> None:
    given(referred()).when(refers(), by=TEAM, id=REFERRAL).then_nothing()


def test_help_is_not_wanted_in_the_past() -> None:
    given().when(refers(wanted_at=NOW - timedelta(seconds=1)), by=TEAM).refused("in_the_past")


def test_it_is_reminded_of_and_then_its_term_passes() -> None:
    timers = SCHEDULES[PersonReferred](referred(), NOW)
    assert [(timer.due_at, timer.command) for timer in timers] == [
        (REMIND_AT, CheckReferral(referral_id=REFERRAL, term="reminder")),
        (ANSWER_BY, CheckReferral(referral_id=REFERRAL, term="answer")),
    ]
    reminder, answer = (timer.command for timer in timers)
    reminded = ReferralTermPassed(referral_id=REFERRAL, term="reminder")
    passed = ReferralTermPassed(referral_id=REFERRAL, term="answer")
    given(referred()).when(reminder).then(reminded)
    given(referred(), reminded).when(answer).then(passed)
    # Once each, and not where someone answered.
    given(referred(), reminded).when(reminder).then_nothing()
    given(referred(), passed).when(answer).then_nothing()
    for status in ("accepted", "rejected", "on-hold"):
        given(referred(), moved(status)).when(answer).then_nothing()


# Twins


@pytest.mark.parametrize("team", ["team-oost", "team-west"])
def test_a_second_one_for_the_same_person_and_help_is_marked_and_nothing_is_merged(team: str) -> None:
    first = referred(team=team)
    event, heard = given(first).when(refers(), by=TEAM).events
    assert event == referred(COMMAND_ID, twin_ids=(REFERRAL,))
    # The team hears what it would hear anyhow.
    assert heard == but(told(1, "requested"), referral_id=COMMAND_ID)


@pytest.mark.parametrize(
    ("first", "second"),
    [((), (CORA,)), ((CORA,), ())],
    ids=["the second looks like the first", "the first looked like the second"],
)
def test_who_may_be_the_same_person_counts_whichever_was_signed_up_first(
    first: tuple[UUID, ...], second: tuple[UUID, ...]
) -> None:
    before = referred(member_id=CORA, lookalikes=(ANNA,) if first else ())
    event = given(before).when(refers(lookalikes=second), by=TEAM).events[0]
    assert event.model_dump()["twin_ids"] == (REFERRAL,)


@pytest.mark.parametrize(
    "before",
    [
        (referred(category="dog"),),
        (referred(member_id=CORA),),
        (referred(), moved("rejected", reason="incomplete")),
        (referred(), moved("cancelled")),
    ],
    ids=["other help", "someone else", "rejected", "taken back"],
)
def test_other_help_other_people_and_what_ended_are_no_twins(before: tuple[Event, ...]) -> None:
    event = given(*before).when(refers(), by=TEAM).events[0]
    assert event.model_dump()["twin_ids"] == ()


# It is answered


def test_accepted_it_is_a_help_request_of_the_same_id() -> None:
    outcome = given(admitted(ANNA), referred(), told(1, "requested")).when(ACCEPT)
    outcome.then(ACCEPTED, told(2, "accepted"), REQUESTED)


@pytest.mark.parametrize("wish", ["unknown", "outside_street", "known"])
def test_whom_the_person_would_rather_have_goes_with_it(wish: str) -> None:
    assert given().when(refers(wish=wish), by=TEAM).events[0] == referred(COMMAND_ID, wish=wish)
    (*_, request) = given(admitted(ANNA), referred(wish=wish)).when(ACCEPT).events
    assert request == but(REQUESTED, wish=wish)


def test_who_does_not_take_part_yet_is_asked_for_as_soon_as_they_do_and_nothing_is_asked_again() -> None:
    before = (referred(), told(1, "requested"))
    given(*before).when(ACCEPT).then(ACCEPTED, told(2, "accepted"))
    admit = AdmitParticipant(participant_id=ANNA, number=1042, pc4="3512", capacity_minutes_week=240)
    given(*before, ACCEPTED, told(2, "accepted")).when(admit).then(admitted(ANNA), REQUESTED)
    # Not where it was not accepted, or ended meanwhile.
    for other in ((), (ACCEPTED, moved("failed", reason="withdrawn"))):
        given(*before, *other).when(admit).then(admitted(ANNA))


def test_what_may_not_be_asked_when_they_take_part_is_on_hold_and_accepted_once_more() -> None:
    before = (policy(), referred(), told(1, "requested"), ACCEPTED, told(2, "accepted"))
    admit = AdmitParticipant(participant_id=ANNA, number=1042, pc4="3512", capacity_minutes_week=240)
    minor = MemberRegistered(
        member_id=ANNA, number=1042, pc4="3512", capacity_minutes_week=240, age_band="from_16"
    )
    ended = InitiativeClosed(initiative_id=THE_INITIATIVE)
    for what, reason in ((minor, "guardian-missing"), (ended, "initiative-ended")):
        held = (moved("on-hold", reason=reason), told(3, "on-hold", reason=reason))
        given(*before, what).when(admit).then(admitted(ANNA), *held)
    agrees = GuardianConsentGiven(member_id=ANNA, how="in_person")
    again = given(*before, minor, admitted(ANNA), *held, agrees).when(ACCEPT).events
    assert (again[0], again[-1]) == (ACCEPTED, REQUESTED)


def test_a_referral_waits_for_no_offer_in_return() -> None:
    before = (policy(reciprocity="required"), admitted(ANNA), referred())
    (*_, request) = given(*before).when(ACCEPT).events
    assert request.model_dump()["draft"] is False


def test_a_moment_that_passed_meanwhile_is_the_next_one_or_none() -> None:
    later = NOW + timedelta(days=2)
    (*_, once) = given(admitted(ANNA), referred()).when(ACCEPT, at=later).events
    assert once.model_dump()["wanted_at"] is None
    comes_back = referred(recurrence="FREQ=WEEKLY")
    (*_, weekly) = given(admitted(ANNA), comes_back).when(ACCEPT, at=later).events
    assert weekly.model_dump()["wanted_at"] == TOMORROW + timedelta(weeks=1)


def test_it_is_not_accepted_in_an_initiative_that_ended() -> None:
    ended = InitiativeClosed(initiative_id=THE_INITIATIVE)
    given(policy(), ended, admitted(ANNA), referred()).when(ACCEPT).refused("initiative_closed")


@pytest.mark.parametrize(
    ("command", "status", "reason"),
    [
        (RejectReferral(referral_id=REFERRAL, reason="needs-professional"), "rejected", "needs-professional"),
        (HoldReferral(referral_id=REFERRAL, reason="person-considers"), "on-hold", "person-considers"),
        (FailReferral(referral_id=REFERRAL, reason="not-reached"), "failed", "not-reached"),
    ],
    ids=["rejected", "held", "failed"],
)
def test_a_no_a_wait_and_a_failure_have_a_reason_that_the_team_reads(
    command: Command, status: str, reason: str
) -> None:
    before = given(referred(), told(1, "requested"))
    before.when(command).then(moved(status, reason=reason), told(2, status, reason=reason))


def test_what_is_on_hold_can_still_be_accepted() -> None:
    held = (referred(), told(1, "requested"), moved("on-hold", reason="person-away"))
    assert given(admitted(ANNA), *held).when(ACCEPT).events[0] == ACCEPTED


COMMANDS: tuple[Command, ...] = (
    ACCEPT,
    RejectReferral(referral_id=REFERRAL, reason="incomplete"),
    HoldReferral(referral_id=REFERRAL, reason="person-away"),
    FailReferral(referral_id=REFERRAL, reason="no-longer-needed"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: type(one).__name__)
def test_only_a_coordinator_of_the_area_without_a_part_in_it_answers(command: Command) -> None:
    before = given(referred())
    before.when(command, by=ELSEWHERE).refused("other_area")
    before.when(command, by=COORDINATOR.model_copy(update={"member_id": ANNA})).refused("involved")
    given().when(command).refused("unknown_referral")


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: type(one).__name__)
def test_what_has_ended_is_not_answered_again(command: Command, status: str) -> None:
    no = given(referred(), moved(status)).when(command).refused("wrong_status")
    assert no.facts == {"status": status}


def test_what_someone_helps_with_already_is_not_accepted_once_more() -> None:
    given(*UNDER_WAY).when(ACCEPT).refused("wrong_status")
    given(*HELPED).when(ACCEPT).refused("wrong_status")


def test_what_is_asked_for_already_is_not_put_on_hold() -> None:
    hold = HoldReferral(referral_id=REFERRAL, reason="person-away")
    given(referred(), told(1, "requested"), ACCEPTED, admitted(ANNA)).when(hold).refused("wrong_status")


def test_every_status_can_be_reached_is_in_the_diagram_and_has_words() -> None:
    reached = {status for following in NEXT.values() for status in following}
    assert reached == set(NEXT) - {None} == set(WORDS)


def test_a_team_takes_its_own_referral_back_as_long_as_nobody_helps() -> None:
    cancel = CancelReferral(referral_id=REFERRAL)
    given(referred(), told(1, "requested")).when(cancel, by=TEAM).then(
        moved("cancelled"), told(2, "cancelled")
    )
    withdrawn = given(*HELPED).when(cancel, by=TEAM).events[-1]
    assert withdrawn.model_dump() == {"request_id": REFERRAL, "member_id": ANNA}
    given(*UNDER_WAY).when(cancel, by=TEAM).refused("helper_found")
    given(*UNDER_WAY).when(FailReferral(referral_id=REFERRAL, reason="withdrawn")).refused("helper_found")


def test_a_team_that_hears_nothing_learns_nothing_of_taking_it_back_either() -> None:
    cancel = CancelReferral(referral_id=REFERRAL)
    silent = [but(one, feedback="nothing") if isinstance(one, PersonReferred) else one for one in UNDER_WAY]
    stopped = (*UNDER_WAY, FeedbackStopped(referral_id=REFERRAL, team="team-west"))
    ended = (who_hears("nothing"), moved("rejected", reason="no-consent"))
    said = [
        given(*before).when(cancel, by=TEAM).refused("not_taken_back") for before in (silent, stopped, ended)
    ]
    assert said[0] == said[1] == said[2]
    assert said[0].facts == {}
    # Coordinators read how it stands anyhow.
    given(*stopped).when(cancel).refused("helper_found")
    given(*ended).when(cancel).refused("wrong_status")


def test_what_is_taken_back_is_withdrawn_in_other_regions_too() -> None:
    shown = given(*HELPED, but(SOUGHT, request_id=REFERRAL))
    events = shown.when(CancelReferral(referral_id=REFERRAL), by=TEAM).events
    (over,) = [event for event in events if isinstance(event, LoanEnded)]
    assert (over.request_id, over.reason) == (REFERRAL, "withdrawn")


def test_to_another_team_there_is_no_such_referral() -> None:
    for command in (CancelReferral(referral_id=REFERRAL), StopFeedback(referral_id=REFERRAL)):
        given(referred()).when(command, by=OTHER_TEAM).refused("unknown_referral")


# It follows what happens


def test_a_helper_was_found_and_the_help_was_given() -> None:
    settle = SettleHold(match_id=MATCH, placed=True)
    given(*HELPED, THE_MATCH).when(settle).then(
        confirmed(THE_MATCH), moved("in-progress"), told(3, "in-progress")
    )
    booked = SettleBooking(match_id=MATCH, booked=True)
    given(*UNDER_WAY, agreed(60, THE_MATCH)).when(booked).then(
        completed(60, THE_MATCH),
        moved("completed", outcome="help-given"),
        told(4, "completed", outcome="help-given"),
    )


def test_when_the_helper_cannot_come_someone_else_is_sought() -> None:
    off = CancelMatch(match_id=MATCH, member_id=BRAM)
    given(*UNDER_WAY).when(off, by=as_member(BRAM)).then(
        fell_through("helper_withdrew", of=THE_MATCH), moved("accepted"), told(4, "accepted")
    )


def test_what_the_person_withdraws_came_to_nothing() -> None:
    withdraw = WithdrawRequest(request_id=REFERRAL, member_id=ANNA)
    *_, failed, heard = given(*HELPED).when(withdraw, by=as_member(ANNA)).events
    assert failed == moved("failed", reason="withdrawn")
    assert heard == told(3, "failed", reason="withdrawn")


def test_when_the_person_leaves_while_someone_helps_it_is_said_once() -> None:
    events = given(*UNDER_WAY).when(LetGo(member_id=ANNA, settle="pool")).events
    steps = [event for event in events if isinstance(event, ReferralMoved)]
    assert steps == [moved("failed", reason="withdrawn")]


def test_help_that_nobody_referred_is_none_of_it() -> None:
    before = (admitted(ANNA), admitted(BRAM), offered(), asked(), reserved())
    given(*before).when(SettleHold(match_id=MATCH, placed=True)).then(confirmed())


SERIES = but(THE_MATCH, series_id=REFERRAL)
WEEKLY = (
    *(but(one, recurrence="FREQ=WEEKLY") if one in (referred(), REQUESTED) else one for one in HELPED),
    SERIES,
    confirmed(SERIES),
    SeriesStarted(
        series_id=REFERRAL,
        offer_id=OFFER,
        helper_id=BRAM,
        asker_id=ANNA,
        category="gardening",
        minutes=90,
        recurrence="FREQ=WEEKLY",
        starts_at=TOMORROW,
        next_at=NEXT_WEEK,
    ),
    moved("in-progress"),
    told(3, "in-progress"),
)


def test_of_help_that_comes_back_each_visit_is_told_and_how_it_ended() -> None:
    booked = SettleBooking(match_id=MATCH, booked=True)
    visited = (moved("in-progress", outcome="visit-done"), told(4, "in-progress", outcome="visit-done"))
    given(*WEEKLY, agreed(60, SERIES)).when(booked).then(completed(60, SERIES), *visited)
    # One visit that falls through changes nothing.
    given(*WEEKLY).when(CancelMatch(match_id=MATCH, member_id=BRAM), by=as_member(BRAM)).then(
        fell_through("helper_withdrew", of=SERIES)
    )
    let_go = LetGo(member_id=ANNA, settle="pool")
    for before, end in (((), "failed"), (visited, "completed")):
        events = given(*WEEKLY, *before).when(let_go).events
        assert [one.status for one in events if isinstance(one, ReferralMoved)] == [end]
        assert [one.reason for one in events if isinstance(one, SeriesEnded)] == ["left"]


def test_who_is_not_let_in_or_left_is_not_waited_for() -> None:
    declined, left = MemberDeclined(member_id=ANNA), MemberLeft(member_id=ANNA, settle="pool")
    assert FOLLOWS[MemberDeclined](declined) == [EndReferrals(member_id=ANNA, declined=True)]
    assert FOLLOWS[MemberLeft](left)[-1] == EndReferrals(member_id=ANNA)
    (rejected, _) = given(referred()).when(EndReferrals(member_id=ANNA, declined=True)).events
    assert rejected == moved("rejected", reason="not-admitted")
    # Why they left is told to nobody.
    (failed, _) = given(referred()).when(EndReferrals(member_id=ANNA)).events
    assert failed == moved("failed", reason="withdrawn")
    # Someone who only looks like them has their own.
    other = referred(member_id=CORA, lookalikes=(ANNA,))
    given(other).when(EndReferrals(member_id=ANNA)).then_nothing()


# What the team hears


@pytest.mark.parametrize(
    ("feedback", "heard"),
    [
        ("nothing", []),
        ("status", [("completed", None, None)]),
        ("outcome", [("completed", None, "help-given")]),
    ],
)
def test_the_team_hears_what_the_person_agreed_to_and_no_more(feedback: str, heard: list[object]) -> None:
    before = [but(one, feedback=feedback) if isinstance(one, PersonReferred) else one for one in UNDER_WAY]
    events = given(*before, agreed(60, THE_MATCH)).when(SettleBooking(match_id=MATCH, booked=True)).events
    said = [(one.status, one.reason, one.outcome) for one in events if isinstance(one, FeedbackGiven)]
    assert said == heard


def test_why_is_told_only_to_who_may_hear_what_came_of_it() -> None:
    reject = RejectReferral(referral_id=REFERRAL, reason="needs-professional")
    for feedback, heard in (("nothing", []), ("status", [None]), ("outcome", ["needs-professional"])):
        before = referred(feedback=feedback)
        events = given(before).when(reject).events
        assert [one.reason for one in events if isinstance(one, ReferralMoved)] == ["needs-professional"]
        assert [one.reason for one in events if isinstance(one, FeedbackGiven)] == heard


def test_who_agreed_to_the_status_alone_is_not_followed_visit_by_visit() -> None:
    before = [but(one, feedback="status") if isinstance(one, PersonReferred) else one for one in WEEKLY]
    events = given(*before, agreed(60, SERIES)).when(SettleBooking(match_id=MATCH, booked=True)).events
    assert not [one for one in events if isinstance(one, FeedbackGiven)]


def test_consent_that_is_withdrawn_stops_it_at_once() -> None:
    stop = StopFeedback(referral_id=REFERRAL)
    stopped = FeedbackStopped(referral_id=REFERRAL, team="team-west")
    for by in (TEAM, COORDINATOR):
        given(*UNDER_WAY).when(stop, by=by).then(stopped)
    theirs = StopFeedback(referral_id=REFERRAL, member_id=ANNA)
    given(*UNDER_WAY).when(theirs, by=as_member(ANNA)).then(stopped)
    given(*UNDER_WAY, stopped).when(stop).then_nothing()
    given(who_hears("nothing")).when(stop).then_nothing()
    off = given(*UNDER_WAY, stopped).when(CancelMatch(match_id=MATCH, member_id=BRAM), by=as_member(BRAM))
    off.then(fell_through("helper_withdrew", of=THE_MATCH), moved("accepted"))


def test_it_is_for_the_person_themselves_or_who_may_act_for_them_to_withdraw_it() -> None:
    given(referred()).when(StopFeedback(referral_id=REFERRAL), by=as_member(CORA)).refused("may_not_act")
    for_another = StopFeedback(referral_id=REFERRAL, member_id=CORA)
    given(referred()).when(for_another, by=COORDINATOR).refused("unknown_referral")
