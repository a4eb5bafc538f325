"""Lending help: shown to other regions, a helper proposed and chosen, both people agree, minutes, an end."""

from typing import Any
from uuid import UUID

import pytest

from contracts.envelope import Actor, Event, Role
from contracts.exchange import MatchReserved, ReserveMatch, SuspendHelper, WithdrawRequest
from contracts.letters import (
    AboutLoan,
    HelpAppeal,
    HelperChoice,
    HelperProposal,
    LoanEnd,
    LoanSettlement,
    MinutesReport,
    PersonAgreement,
)
from contracts.link import LetterOrphaned, PeerLeft, peer_id
from contracts.loans import (
    AgreeToLoan,
    EndLoan,
    EndLoansWith,
    GiveUpLoan,
    HelperTaken,
    HelpSought,
    LapseLoan,
    LendHelper,
    LendingStopped,
    LoanCompleted,
    LoanEnded,
    LoanForgotten,
    LoanMinutesAgreed,
    LoanMinutesDiffered,
    LoanMinutesReported,
    LoanReminded,
    LoanResolved,
    LoanStatus,
    LoanUnbooked,
    RemindOfLoan,
    ReportLoanMinutes,
    ResolveLoan,
    RetryLoan,
    SeekHelp,
    SettleLoan,
    SettleLoanHold,
    TakeHelper,
    TakeLoanLetter,
)
from contracts.participants import LetGo, ParticipantLeft
from services.exchange.help_request import REQUEST as REQUESTS
from services.exchange.loan import LOAN as LOANS
from services.exchange.loan_terms import ANSWER_WITHIN
from services.exchange.participant import PARTICIPANT
from services.exchange.week import WEEK, week_id, week_of
from services.kernel.testing import NOW
from tests.unit.lent import (
    A_CHOSEN_HELPER,
    A_HELPER_ELSEWHERE,
    A_REQUEST_ELSEWHERE,
    A_RUNNING_LOAN,
    ASKED,
    BOTH_AGREE,
    BRAM_AGREES,
    BRAM_HELPS,
    BRAM_IS_LENT,
    BRAM_RUNS,
    BRAM_WANTED,
    CONFIRMED,
    LENT,
    LENT_BRAM,
    LOAN,
    OF_THEM,
    OFFERED,
    OURS,
    PEER,
    SOUGHT,
    TAKEN,
    THEIR_HELPER,
    THEIRS,
    THEY_AGREE,
    THEY_ASK,
    WE_AGREE,
)
from tests.unit.neighbours import (
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    CORA,
    ELSEWHERE,
    NEXT_WEEK,
    OFFER,
    REQUEST,
    TOMORROW,
    admitted,
    as_member,
    asked,
    but,
    exchange,
    offered,
    policy,
    reserved,
)

given = exchange.given
OPERATOR = Actor(role=Role.OPERATOR, name="root")


def letter(about: AboutLoan, peer: str = PEER) -> TakeLoanLetter:
    return TakeLoanLetter.model_validate({"peer": peer, "letter": about})


def ended(of: tuple[Event, ...], command: object, **at: object) -> list[LoanEnded]:
    outcome = given(*of).when(command, **at)  # type: ignore[arg-type]
    assert outcome.refusal is None, outcome.refusal
    return [event for event in outcome.events if isinstance(event, LoanEnded)]


# Asking


def test_a_request_is_shown_to_regions_without_personal_data() -> None:
    outcome = given(*AN_OFFER_AND_A_REQUEST).when(SeekHelp(request_id=REQUEST, peers=(PEER, "gouda")))
    assert [type(event) for event in outcome.events] == [HelpSought, HelpSought]
    first, second = outcome.events
    assert isinstance(first, HelpSought)
    assert isinstance(second, HelpSought)
    assert (first.peer, second.peer) == (PEER, "gouda")
    assert first.loan_id != second.loan_id
    appeal = first.letter()
    assert appeal is not None
    assert str(ANNA) not in appeal.model_dump_json()
    assert str(REQUEST) not in appeal.model_dump_json()


def test_a_region_that_looks_already_is_not_asked_again_until_it_answered() -> None:
    seek = SeekHelp(request_id=REQUEST, peers=(PEER,))
    no = given(*A_REQUEST_ELSEWHERE).when(seek).refused("asked_already")
    assert no.facts == {"peer": PEER}
    (over,) = ended(A_REQUEST_ELSEWHERE, letter(LoanEnd(loan_id=LOAN, reason="declined")))
    assert given(*A_REQUEST_ELSEWHERE, over).when(seek).events


def test_what_cannot_come_from_another_region() -> None:
    seek = SeekHelp(request_id=REQUEST, peers=(PEER,))
    weekly = but(asked(), recurrence="FREQ=WEEKLY")
    given(admitted(ANNA), weekly).when(seek).refused("comes_back")
    given(admitted(ANNA), asked(), policy(compensation="euro")).when(seek).refused("compensated")
    given(*AN_OFFER_AND_A_REQUEST).when(seek, by=ELSEWHERE).refused("other_area")
    given(*AN_OFFER_AND_A_REQUEST, reserved()).when(seek).refused("already_matched")


def test_a_request_where_no_hours_count_says_so() -> None:
    seek = SeekHelp(request_id=REQUEST, peers=(PEER,))
    (sought,) = given(*AN_OFFER_AND_A_REQUEST, policy(compensation="none")).when(seek).events
    assert isinstance(sought, HelpSought)
    assert not sought.counted


# Proposing


def test_another_regions_request_arrives_once() -> None:
    appeal = HelpAppeal(loan_id=THEIRS, category="gardening", minutes=90, pc4="3512", wanted_at=TOMORROW)
    given().when(letter(appeal)).then(ASKED)
    given(ASKED).when(letter(appeal)).then_nothing()


def test_a_helper_is_proposed_and_their_week_reserved() -> None:
    after = given(*THEY_ASK)
    after.when(LendHelper(loan_id=LENT, offer_id=OFFER)).then(LENT_BRAM)
    now = given(*BRAM_IS_LENT)
    assert now.now(PARTICIPANT, BRAM).lends == (LENT,)
    assert now.now(WEEK, week_id(BRAM, week_of(TOMORROW))).planned_minutes == 90
    assert LENT_BRAM.letter() == HelperProposal(loan_id=THEIRS, helper_id=BRAM, pc4="3512")


def test_all_rules_of_the_helpers_own_region_hold() -> None:
    lend = LendHelper(loan_id=LENT, offer_id=OFFER)
    given(admitted(BRAM, capacity_minutes=60), offered(), ASKED).when(lend).refused("no_capacity")
    given(admitted(BRAM), offered(category="dog"), ASKED).when(lend).refused("does_not_fit")
    needs_vog = (admitted(BRAM), offered(category="finances"), but(ASKED, category="finances"))
    given(*needs_vog).when(lend).refused("no_vog")
    given(*THEY_ASK).when(lend, by=ELSEWHERE).refused("other_area")
    given(*BRAM_IS_LENT).when(lend).refused("not_now")
    given().when(lend).refused("unknown_loan")


def test_who_helps_elsewhere_has_less_room_at_home() -> None:
    busy = (admitted(BRAM, capacity_minutes=120), offered(), ASKED, LENT_BRAM, admitted(ANNA), asked())
    choose = ReserveMatch(request_id=REQUEST, offer_id=OFFER, too_close=False)
    given(*busy).when(choose).refused("no_capacity")


def test_the_proposal_arrives_at_who_asked_and_nowhere_else() -> None:
    proposal = letter(HelperProposal(loan_id=LOAN, helper_id=THEIR_HELPER, pc4="2611"))
    given(*A_REQUEST_ELSEWHERE).when(proposal).then(OFFERED)
    given(*A_HELPER_ELSEWHERE).when(proposal).then_nothing()
    stranger = letter(HelperProposal(loan_id=LOAN, helper_id=THEIR_HELPER, pc4="2611"), "gouda")
    given(*A_REQUEST_ELSEWHERE).when(stranger).then_nothing()


# Choosing


def test_the_request_waits_for_the_hours_to_be_held_before_the_other_region_hears() -> None:
    given(*A_HELPER_ELSEWHERE).when(TakeHelper(loan_id=LOAN)).then(TAKEN)
    taken = given(*A_HELPER_ELSEWHERE, TAKEN)
    assert taken.now(REQUESTS, REQUEST).status == "matching"
    taken.when(SettleLoanHold(loan_id=LOAN, placed=True)).then(CONFIRMED)
    assert CONFIRMED.letter() == HelperChoice(loan_id=LOAN)
    assert given(*A_CHOSEN_HELPER).now(REQUESTS, REQUEST).status == "matched"


@pytest.mark.parametrize("reason", ["below_floor", "clearing_cap", "no_account"])
def test_hours_that_cannot_be_held_end_it_and_the_request_is_open_again(reason: str) -> None:
    refused = SettleLoanHold(loan_id=LOAN, placed=False, reason=reason)
    (over,) = ended((*A_HELPER_ELSEWHERE, TAKEN), refused)
    assert (over.reason, over.by, over.taken, over.told) == (reason, "us", True, False)
    assert given(*A_HELPER_ELSEWHERE, TAKEN, over).now(REQUESTS, REQUEST).status == "open"
    # A hold that is answered later changes nothing any more.
    given(*A_HELPER_ELSEWHERE, TAKEN, over).when(SettleLoanHold(loan_id=LOAN, placed=True)).then_nothing()


def test_where_no_hours_count_nothing_is_held() -> None:
    uncounted = (*AN_OFFER_AND_A_REQUEST, but(SOUGHT, counted=False), OFFERED)
    outcome = given(*uncounted).when(TakeHelper(loan_id=LOAN))
    assert [type(event).__name__ for event in outcome.events] == ["HelperTaken", "HelperConfirmed"]


def test_the_other_regions_need_look_no_further() -> None:
    gouda = but(SOUGHT, loan_id=CORA, thread_id=CORA, peer="gouda")
    outcome = given(*A_REQUEST_ELSEWHERE, gouda, OFFERED).when(TakeHelper(loan_id=LOAN))
    over, taken = outcome.events
    assert isinstance(over, LoanEnded)
    assert (over.peer, over.reason) == ("gouda", "found_elsewhere")
    assert isinstance(taken, HelperTaken)


def test_a_helper_found_at_home_ends_what_was_asked_elsewhere() -> None:
    choose = ReserveMatch(request_id=REQUEST, offer_id=OFFER, too_close=False)
    over, match = given(*A_REQUEST_ELSEWHERE).when(choose).events
    assert isinstance(over, LoanEnded)
    assert isinstance(match, MatchReserved)


def test_what_was_chosen_already_cannot_be_chosen_again() -> None:
    given(*A_CHOSEN_HELPER).when(TakeHelper(loan_id=LOAN)).refused("not_now")
    given(*A_REQUEST_ELSEWHERE).when(TakeHelper(loan_id=LOAN)).refused("not_now")
    given(*A_HELPER_ELSEWHERE, reserved()).when(TakeHelper(loan_id=LOAN)).refused("already_matched")


# Agreeing


def test_both_people_agree_whoever_is_first() -> None:
    agrees = AgreeToLoan(loan_id=LOAN, member_id=ANNA)
    given(*A_CHOSEN_HELPER).when(agrees).then(WE_AGREE)
    given(*A_CHOSEN_HELPER, THEY_AGREE).when(agrees, by=as_member(ANNA)).then(WE_AGREE, BOTH_AGREE)
    theirs = letter(PersonAgreement(loan_id=LOAN))
    given(*A_CHOSEN_HELPER, WE_AGREE).when(theirs).then(THEY_AGREE, BOTH_AGREE)
    given(*A_CHOSEN_HELPER, THEY_AGREE).when(theirs).then_nothing()


def test_only_the_own_person_agrees_and_only_when_asked() -> None:
    given(*A_CHOSEN_HELPER).when(AgreeToLoan(loan_id=LOAN, member_id=BRAM)).refused("not_yours")
    given(*A_HELPER_ELSEWHERE).when(AgreeToLoan(loan_id=LOAN, member_id=ANNA)).refused("not_now")
    given(*A_CHOSEN_HELPER, WE_AGREE).when(AgreeToLoan(loan_id=LOAN, member_id=ANNA)).refused("not_now")
    given(*A_CHOSEN_HELPER).when(AgreeToLoan(loan_id=LOAN, member_id=ANNA), by=as_member(CORA)).refused(
        "may_not_act"
    )


def test_the_helper_is_asked_when_the_other_region_wants_them() -> None:
    given(*BRAM_IS_LENT).when(letter(HelperChoice(loan_id=THEIRS))).then(BRAM_WANTED)
    given(*BRAM_IS_LENT, BRAM_WANTED).when(AgreeToLoan(loan_id=LENT, member_id=BRAM)).then(BRAM_AGREES)
    theirs = letter(PersonAgreement(loan_id=THEIRS))
    outcome = given(*BRAM_IS_LENT, BRAM_WANTED, BRAM_AGREES).when(theirs)
    assert outcome.events[-1] == BRAM_HELPS


# How long it took


def told(minutes: int, by: str = "us") -> LoanMinutesReported:
    member = {"member_id": ANNA} if by == "us" else {}
    return LoanMinutesReported.model_validate({**OURS, "by": by, "minutes": minutes, **member})


def agreed(minutes: int, attempt: int = 1) -> LoanMinutesAgreed:
    return LoanMinutesAgreed(
        **OURS, asker_id=ANNA, helper_id=THEIR_HELPER, minutes=minutes, counted=True, attempt=attempt
    )


def completed(minutes: int) -> LoanCompleted:
    return LoanCompleted(
        **OURS,
        side="asks",
        member_id=ANNA,
        request_id=REQUEST,
        minutes=minutes,
        reserved_minutes=90,
        category="gardening",
        wanted_at=TOMORROW,
    )


def test_what_both_say_is_transferred_and_then_it_is_done() -> None:
    report = ReportLoanMinutes(loan_id=LOAN, member_id=ANNA, minutes=60)
    given(*A_RUNNING_LOAN).when(report).then(told(60))
    given(*A_RUNNING_LOAN, told(60, "them")).when(report).then(told(60), agreed(60))
    theirs = letter(MinutesReport(loan_id=LOAN, minutes=60))
    given(*A_RUNNING_LOAN, told(60)).when(theirs).then(told(60, "them"), agreed(60))
    both = (*A_RUNNING_LOAN, told(60), told(60, "them"), agreed(60))
    given(*both).when(SettleLoan(loan_id=LOAN, booked=True)).then(completed(60))
    assert completed(60).letter() == LoanSettlement(loan_id=LOAN, minutes=60)
    assert given(*both, completed(60)).now(REQUESTS, REQUEST).status == "done"
    assert given(*both, completed(60)).now(PARTICIPANT, ANNA).asks == ()


def test_what_nearly_agrees_is_settled_by_the_askers_policy() -> None:
    near = (*A_RUNNING_LOAN, policy(tolerance_minutes=15), told(75, "them"))
    given(*near).when(ReportLoanMinutes(loan_id=LOAN, member_id=ANNA, minutes=60)).then(told(60), agreed(60))


def test_what_differs_books_nothing_until_someone_says_it_anew() -> None:
    differs = LoanMinutesDiffered(**OURS, our_minutes=60, their_minutes=90)
    report = ReportLoanMinutes(loan_id=LOAN, member_id=ANNA, minutes=60)
    given(*A_RUNNING_LOAN, told(90, "them")).when(report).then(told(60), differs)
    theirs = letter(MinutesReport(loan_id=LOAN, minutes=60))
    before = (*A_RUNNING_LOAN, told(90, "them"), told(60), differs)
    given(*before).when(theirs).then(told(60, "them"), agreed(60))


def test_the_side_that_helps_shows_what_differs_and_decides_nothing() -> None:
    theirs = letter(MinutesReport(loan_id=THEIRS, minutes=60))
    ours = LoanMinutesReported(loan_id=LENT, peer=PEER, thread_id=THEIRS, by="us", member_id=BRAM, minutes=90)
    outcome = given(*BRAM_RUNS, ours).when(theirs)
    assert [type(event).__name__ for event in outcome.events] == [
        "LoanMinutesReported",
        "LoanMinutesDiffered",
    ]


def test_the_helpers_week_is_free_and_counted_when_it_is_done() -> None:
    outcome = given(*BRAM_RUNS).when(letter(LoanSettlement(loan_id=THEIRS, minutes=60)))
    (done,) = outcome.events
    assert isinstance(done, LoanCompleted)
    assert done.letter() is None
    after = given(*BRAM_RUNS, done)
    week = after.now(WEEK, week_id(BRAM, week_of(TOMORROW)))
    assert (week.planned_minutes, week.done_minutes) == (0, 60)
    assert after.now(PARTICIPANT, BRAM).lends == ()


def test_what_is_settled_before_it_was_agreed_here_changes_nothing() -> None:
    settled = letter(LoanSettlement(loan_id=THEIRS, minutes=60))
    given(*BRAM_IS_LENT, BRAM_WANTED, BRAM_AGREES).when(settled).then_nothing()
    given(*A_RUNNING_LOAN).when(letter(LoanSettlement(loan_id=LOAN, minutes=60))).then_nothing()


def test_hours_that_could_not_go_are_for_a_coordinator_who_tries_again() -> None:
    both = (*A_RUNNING_LOAN, told(60), told(60, "them"), agreed(60))
    unbooked = LoanUnbooked(**OURS, minutes=60, reason="clearing_cap")
    given(*both).when(SettleLoan(loan_id=LOAN, booked=False, reason="clearing_cap")).then(unbooked)
    given(*both, unbooked).when(RetryLoan(loan_id=LOAN)).then(agreed(60, attempt=2))
    given(*both).when(RetryLoan(loan_id=LOAN)).refused("not_now")


def test_nothing_is_reported_of_what_does_not_run() -> None:
    report = ReportLoanMinutes(loan_id=LOAN, member_id=ANNA, minutes=60)
    given(*A_CHOSEN_HELPER).when(report).refused("not_now")


# When it does not go on


@pytest.mark.parametrize(
    ("of", "reason"),
    [(A_REQUEST_ELSEWHERE, "withdrawn"), (A_HELPER_ELSEWHERE, "withdrawn"), (A_CHOSEN_HELPER, "cancelled")],
    ids=["asked", "offered", "chosen"],
)
def test_the_side_that_asks_may_stop_at_any_moment(of: tuple[Event, ...], reason: str) -> None:
    (over,) = ended(of, EndLoan(loan_id=LOAN))
    assert over.reason == reason
    assert over.letter() == LoanEnd(loan_id=LOAN, reason=reason)
    assert given(*of, over).now(REQUESTS, REQUEST).status == "open"
    given(*of, over).when(EndLoan(loan_id=LOAN)).refused("not_now")


@pytest.mark.parametrize("reason", ["vog_lapsed", "consent_withdrawn", "paused", "below_floor", "left"])
def test_another_region_does_not_hear_what_says_more_of_a_person(reason: str) -> None:
    (over,) = ended(A_CHOSEN_HELPER, EndLoan(loan_id=LOAN))
    assert over.model_copy(update={"reason": reason}).letter() == LoanEnd(loan_id=LOAN, reason="cancelled")


def test_the_side_that_helps_may_say_no_or_withdraw_and_the_week_is_free_again() -> None:
    (no,) = ended(THEY_ASK, EndLoan(loan_id=LENT))
    assert no.reason == "declined"
    (over,) = ended(BRAM_RUNS, EndLoan(loan_id=LENT, member_id=BRAM))
    assert (over.reason, over.helper_id, over.told) == ("helper_withdrew", BRAM, True)
    after = given(*BRAM_RUNS, over)
    assert after.now(WEEK, week_id(BRAM, week_of(TOMORROW))).planned_minutes == 0
    assert after.now(PARTICIPANT, BRAM).lends == ()


def test_both_sides_may_stop_at_the_same_instant() -> None:
    (ours,) = ended(A_CHOSEN_HELPER, EndLoan(loan_id=LOAN))
    theirs = letter(LoanEnd(loan_id=LOAN, reason="cancelled"))
    given(*A_CHOSEN_HELPER, ours).when(theirs).then_nothing()


def test_what_the_other_region_ends_opens_the_request_again_and_is_not_written_back() -> None:
    (over,) = ended(A_CHOSEN_HELPER, letter(LoanEnd(loan_id=LOAN, reason="helper_withdrew")))
    assert (over.by, over.letter()) == ("them", None)
    assert given(*A_CHOSEN_HELPER, over).now(REQUESTS, REQUEST).status == "open"


def test_minutes_that_were_reported_stand() -> None:
    given(*A_RUNNING_LOAN, told(60)).when(EndLoan(loan_id=LOAN)).refused("minutes_reported")
    both = (*A_RUNNING_LOAN, told(60), told(60, "them"), agreed(60))
    given(*both).when(letter(LoanEnd(loan_id=LOAN, reason="cancelled"))).then_nothing()


def test_nobody_else_calls_it_off() -> None:
    given(*A_CHOSEN_HELPER).when(EndLoan(loan_id=LOAN, member_id=BRAM)).refused("not_yours")
    given(*A_CHOSEN_HELPER).when(EndLoan(loan_id=LOAN), by=OPERATOR).refused("not_yours")


def test_a_request_that_is_withdrawn_is_withdrawn_everywhere() -> None:
    (over,) = ended(A_HELPER_ELSEWHERE, WithdrawRequest(request_id=REQUEST, member_id=ANNA))
    assert over.reason == "withdrawn"


def test_a_helper_who_cannot_is_no_longer_lent_but_what_was_done_stands() -> None:
    paused = SuspendHelper(helper_id=BRAM, reason="paused")
    (over,) = ended(BRAM_RUNS, paused)
    assert over.reason == "paused"
    assert ended(BRAM_RUNS, paused, at=NEXT_WEEK) == []


def test_a_helper_who_leaves_leaves_what_they_did() -> None:
    leaves = LetGo(member_id=BRAM, settle="pool")
    (over,) = ended(BRAM_RUNS, leaves)
    assert over.reason == "left"
    theirs = LoanMinutesReported(loan_id=LENT, peer=PEER, thread_id=THEIRS, by="them", minutes=120)
    outcome = given(*BRAM_RUNS, theirs).when(leaves)
    reported = outcome.events[0]
    assert isinstance(reported, LoanMinutesReported)
    # Both had agreed to what was planned; the other says it took longer.
    assert (reported.by, reported.minutes) == ("us", 90)
    assert isinstance(outcome.events[-1], ParticipantLeft)


# Called off while the other's minutes were on their way


def test_minutes_of_what_was_called_off_meanwhile_are_read_nevertheless() -> None:
    (over,) = ended(A_RUNNING_LOAN, EndLoan(loan_id=LOAN))
    assert not over.given
    late = letter(MinutesReport(loan_id=LOAN, minutes=60))
    given(*A_RUNNING_LOAN, over).when(late).then(told(60, "them"))
    after = given(*A_RUNNING_LOAN, over, told(60, "them"))
    assert (after.now(LOANS, LOAN).status, after.now(LOANS, LOAN).their_minutes) == ("ended", 60)
    # Once, and of nothing that is done.
    after.when(late).then_nothing()


def test_who_reported_and_then_hears_that_it_was_called_off_has_not_lost_their_minutes() -> None:
    (over,) = ended((*A_RUNNING_LOAN, told(60)), letter(LoanEnd(loan_id=LOAN, reason="helper_withdrew")))
    assert (over.given, over.by) == (True, "them")
    assert given(*A_RUNNING_LOAN, told(60), over).now(LOANS, LOAN).our_minutes == 60


def test_a_coordinator_says_once_that_it_was_talked_about() -> None:
    (over,) = ended((*A_RUNNING_LOAN, told(60)), letter(LoanEnd(loan_id=LOAN, reason="cancelled")))
    resolve, cut_short = ResolveLoan(loan_id=LOAN), (*A_RUNNING_LOAN, told(60), over)
    resolved = LoanResolved(**OURS, request_id=REQUEST, member_id=ANNA, by="coordinator-1")
    given(*cut_short).when(resolve).then(resolved)
    given(*cut_short, resolved).when(resolve).refused("not_now")
    given(*cut_short).when(resolve, by=ELSEWHERE).refused("other_area")
    herself = Actor(role=Role.COORDINATOR, name="coordinator-1", member_id=ANNA)
    given(*cut_short).when(resolve, by=herself).refused("involved")
    # Where nobody said anything there is nothing to talk about.
    (quiet,) = ended(A_RUNNING_LOAN, EndLoan(loan_id=LOAN))
    given(*A_RUNNING_LOAN, quiet).when(resolve).refused("not_now")


# When the region that asked was put back to an older copy

THEY_FORGOT = LoanForgotten(**OF_THEM, member_id=BRAM)
BRAM_SAYS = LoanMinutesReported(**OF_THEM, by="us", member_id=BRAM, minutes=60)


def test_that_the_region_which_asked_forgot_it_is_noted_once() -> None:
    appeal: dict[str, Any] = {"orphan_id": LOAN, "thread_id": THEIRS, "number": 1, "name": "HelpAppeal"}
    (note,) = exchange.service.follows[LetterOrphaned](LetterOrphaned(**appeal, peer=PEER, written_by=PEER))
    given(*BRAM_RUNS).when(note).then(THEY_FORGOT)
    given(*BRAM_RUNS, THEY_FORGOT).when(note).then_nothing()
    given().when(note).then_nothing()
    # What else they forgot they hear again; what we forgot they tell us.
    for said in ({"name": "PersonAgreement", "written_by": PEER}, {"written_by": "utrecht"}):
        assert exchange.service.follows[LetterOrphaned](LetterOrphaned(**{**appeal, **said}, peer=PEER)) == []


def test_what_nobody_there_knows_a_coordinator_ends_also_where_someone_helped() -> None:
    end = EndLoan(loan_id=LENT)
    given(*BRAM_RUNS, BRAM_SAYS).when(end).refused("minutes_reported")
    (over,) = ended((*BRAM_RUNS, THEY_FORGOT, BRAM_SAYS), end)
    # Hours that are due are talked about, and given by hand.
    assert (over.given, over.told, over.reason) == (True, True, "cancelled")
    after = given(*BRAM_RUNS, THEY_FORGOT, BRAM_SAYS, over)
    assert after.now(PARTICIPANT, BRAM).lends == ()
    (resolved,) = after.when(ResolveLoan(loan_id=LENT)).events
    assert isinstance(resolved, LoanResolved)


def test_who_says_how_long_it_took_has_not_forgotten_it() -> None:
    theirs = LoanMinutesReported(**OF_THEM, by="them", minutes=60)
    given(*BRAM_RUNS, THEY_FORGOT, theirs).when(EndLoan(loan_id=LENT)).refused("minutes_reported")


# When the peer leaves the network


def test_a_peer_that_left_the_network_ends_what_runs_with_it() -> None:
    (over,) = ended(A_CHOSEN_HELPER, GiveUpLoan(peer=PEER, thread_id=LOAN))
    assert (over.reason, over.by) == ("peer_left", "them")
    given().when(GiveUpLoan(peer=PEER, thread_id=LOAN)).then_nothing()


@pytest.mark.parametrize("side", ["asks", "helps"])
def test_a_peer_that_left_ends_also_what_it_had_heard_all_of(side: str) -> None:
    of, loan_id = (A_RUNNING_LOAN, LOAN) if side == "asks" else (BRAM_RUNS, LENT)
    (over,) = ended(of, EndLoansWith(peer=PEER, loan_ids=(loan_id,)))
    # Who knew that it would be hears that it will not.
    assert (over.reason, over.by, over.told, over.letter()) == ("peer_left", "them", True, None)
    after = given(*of, over)
    if side == "asks":
        request = after.now(REQUESTS, REQUEST)
        assert (request.status, request.wanted_at, request.loans) == ("open", TOMORROW, ())
    else:
        assert after.now(PARTICIPANT, BRAM).lends == ()
        assert after.now(WEEK, week_id(BRAM, week_of(TOMORROW))).planned_minutes == 0
    after.when(EndLoansWith(peer=PEER, loan_ids=(loan_id,))).then_nothing()


def test_a_peer_that_leaves_is_looked_up_after_it_and_once_for_each_time_it_leaves() -> None:
    (gives_up,) = exchange.service.follows[PeerLeft](PeerLeft(peer_id=peer_id(PEER), peer=PEER))
    stopped = LendingStopped(parting_id=CORA, peer=PEER)
    given().when(gives_up, id=CORA).then(stopped)
    given(stopped).when(gives_up, id=BRAM).then(but(stopped, parting_id=BRAM))
    (timer,) = exchange.service.schedules[LendingStopped](stopped, NOW)
    assert (timer.due_at, timer.command) == (NOW, EndLoansWith(peer=PEER))


def test_minutes_that_were_reported_are_for_a_person_when_the_peer_left() -> None:
    (over,) = ended((*A_RUNNING_LOAN, told(60)), EndLoansWith(peer=PEER, loan_ids=(LOAN,)))
    assert over.given
    both = (*A_RUNNING_LOAN, told(60), told(60, "them"), agreed(60))
    # Under way: the ledger says what becomes of them.
    given(*both).when(EndLoansWith(peer=PEER, loan_ids=(LOAN,))).then_nothing()
    (over,) = ended(both, SettleLoan(loan_id=LOAN, booked=False, reason="peer_left"))
    assert (over.reason, over.given) == ("peer_left", True)


# When nobody answers


@pytest.mark.parametrize(
    ("of", "loan_id", "status"),
    [
        (A_REQUEST_ELSEWHERE, LOAN, "sought"),
        (THEY_ASK, LENT, "asked"),
        (A_HELPER_ELSEWHERE, LOAN, "offered"),
        (BRAM_IS_LENT, LENT, "offered"),
        (A_CHOSEN_HELPER, LOAN, "wanted"),
        ((*BRAM_IS_LENT, BRAM_WANTED, BRAM_AGREES), LENT, "wanted"),
    ],
    ids=["sought", "asked", "offered to us", "offered by us", "wanted", "wanted there"],
)
def test_a_step_that_nobody_takes_is_brought_to_mind_and_then_ends(
    of: tuple[Event, ...], loan_id: UUID, status: LoanStatus
) -> None:
    step = next(event for event in reversed(of) if type(event) in exchange.service.schedules)
    reminder, end, *_ = exchange.service.schedules[type(step)](step, NOW)
    assert (reminder.due_at, end.due_at) == (NOW + ANSWER_WITHIN / 2, NOW + ANSWER_WITHIN)
    assert end.command == LapseLoan(loan_id=loan_id, status=status)

    (reminded,) = given(*of).when(reminder.command).events
    assert isinstance(reminded, LoanReminded)
    # The help would be tomorrow: then it is over anyway.
    assert (reminded.until, reminded.letter()) == (TOMORROW, None)

    (over,) = ended((*of, reminded), end.command)
    assert (over.reason, over.by) == ("no_answer", "us")
    assert over.letter() == LoanEnd(loan_id=over.thread_id, reason="no_answer")
    after = given(*of, reminded, over)
    if status == "wanted" and loan_id == LOAN:
        assert after.now(REQUESTS, REQUEST).status == "open"
    if loan_id == LENT and status != "asked":
        assert after.now(PARTICIPANT, BRAM).lends == ()
        assert after.now(WEEK, week_id(BRAM, week_of(TOMORROW))).planned_minutes == 0


def test_a_step_that_was_taken_in_time_ends_nothing() -> None:
    lapse = LapseLoan(loan_id=LOAN, status="sought")
    remind = RemindOfLoan(loan_id=LOAN, status="sought", until=NEXT_WEEK)
    for after in (given(*A_HELPER_ELSEWHERE), given(*A_RUNNING_LOAN), given()):
        after.when(lapse).then_nothing()
        after.when(remind).then_nothing()


def test_without_a_day_it_waits_for_its_term_alone() -> None:
    undated = (*AN_OFFER_AND_A_REQUEST, but(SOUGHT, wanted_at=None))
    assert len(exchange.service.schedules[HelpSought](undated[-1], NOW)) == 2
    remind = RemindOfLoan(loan_id=LOAN, status="sought", until=NEXT_WEEK)
    (reminded,) = given(*undated).when(remind).events
    assert isinstance(reminded, LoanReminded)
    assert reminded.until == NEXT_WEEK


def test_what_both_did_not_agree_to_before_its_moment_is_over() -> None:
    *_, moment = exchange.service.schedules[HelpSought](SOUGHT, NOW)
    assert (moment.due_at, moment.command) == (TOMORROW, LapseLoan(loan_id=LOAN))
    (over,) = ended(A_CHOSEN_HELPER, moment.command)
    assert over.reason == "no_answer"
    given(*A_RUNNING_LOAN).when(moment.command).then_nothing()
    # Of what was wanted before it was asked only the term counts.
    assert len(exchange.service.schedules[HelpSought](SOUGHT, NEXT_WEEK)) == 2


def test_hours_that_the_ledger_does_not_answer_for_are_not_waited_for() -> None:
    (timer,) = exchange.service.schedules[HelperTaken](TAKEN, NOW)
    (over,) = ended((*A_HELPER_ELSEWHERE, TAKEN), timer.command)
    assert over.reason == "no_answer"
    given(*A_CHOSEN_HELPER).when(timer.command).then_nothing()


def test_a_letter_about_something_unknown_changes_nothing() -> None:
    given().when(letter(LoanEnd(loan_id=LOAN, reason="cancelled"))).then_nothing()
    given(ASKED).when(letter(PersonAgreement(loan_id=THEIRS), "gouda")).then_nothing()


def test_a_loan_that_ends_keeps_its_reason() -> None:
    (over,) = ended(A_CHOSEN_HELPER, EndLoan(loan_id=LOAN))
    assert given(*A_CHOSEN_HELPER, over).now(LOANS, LOAN).reason == "cancelled"
