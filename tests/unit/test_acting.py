"""In whose name: what a member may do for someone who lets them, and what nobody does for another."""

from datetime import timedelta

import pytest

from contracts.access import ACTING, MAY
from contracts.envelope import Actor, Command, Event, Role
from contracts.exchange import (
    CancelMatch,
    MatchFellThrough,
    MinutesReported,
    ReportMinutes,
    RequestWithdrawn,
    WithdrawRequest,
)
from contracts.households import HouseholdJoined, HouseholdLeft, RepresentationEnded, RepresentationGranted
from contracts.loans import (
    AgreeToLoan,
    EndLoan,
    LoanEnded,
    LoanMinutesReported,
    PersonAgreed,
    ReportLoanMinutes,
)
from contracts.visits import (
    EndHelping,
    EndSeries,
    HelperThanked,
    MoveVisit,
    NoShowNoted,
    NoteNoShow,
    SayThanks,
    SeriesEnded,
    SeriesStarted,
    SkipVisit,
    VisitMoved,
)
from services.kernel.dutch import local
from services.kernel.testing import NOW
from tests.unit.lent import A_CHOSEN_HELPER, A_RUNNING_LOAN, LOAN
from tests.unit.neighbours import (
    A_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    CORA,
    MATCH,
    NEXT_WEEK,
    OFFER,
    REQUEST,
    TOMORROW,
    agreed,
    as_member,
    but,
    confirmed,
    exchange,
)

given = exchange.given

CARES = RepresentationGranted(representation_id=OFFER, member_id=ANNA, representative_id=CORA, how="phone")
BELONGS = HouseholdJoined(member_id=CORA, household_id=ANNA, shares_balance=True, may_act=True)

VISIT = but(A_MATCH, series_id=REQUEST)
MATCHED = (*AN_OFFER_AND_A_REQUEST, VISIT, confirmed(VISIT))
SERIES = SeriesStarted(
    series_id=REQUEST,
    offer_id=OFFER,
    helper_id=BRAM,
    asker_id=ANNA,
    category="gardening",
    minutes=90,
    recurrence="FREQ=WEEKLY",
    starts_at=TOMORROW,
)
LATER = TOMORROW + timedelta(hours=2)

# What each of them does, where Anna is helped by Bram, or (the last) helps as Bram does.
ASKED: dict[str, tuple[tuple[Event, ...], Command, type[Event]]] = {
    "withdraw": (
        AN_OFFER_AND_A_REQUEST,
        WithdrawRequest(request_id=REQUEST, member_id=ANNA),
        RequestWithdrawn,
    ),
    "call off": (MATCHED, CancelMatch(match_id=MATCH, member_id=ANNA), MatchFellThrough),
    "skip": (MATCHED, SkipVisit(match_id=MATCH, member_id=ANNA), MatchFellThrough),
    "move": (MATCHED, MoveVisit(match_id=MATCH, member_id=ANNA, wanted_at=LATER), VisitMoved),
    "report": (MATCHED, ReportMinutes(match_id=MATCH, member_id=ANNA, minutes=60), MinutesReported),
    "no-show": (MATCHED, NoteNoShow(match_id=MATCH, member_id=ANNA, who="helper"), NoShowNoted),
    "end": ((*MATCHED, SERIES), EndSeries(series_id=REQUEST, member_id=ANNA), SeriesEnded),
    "agree to a loan": (A_CHOSEN_HELPER, AgreeToLoan(loan_id=LOAN, member_id=ANNA), PersonAgreed),
    "report of a loan": (
        A_RUNNING_LOAN,
        ReportLoanMinutes(loan_id=LOAN, member_id=ANNA, minutes=60),
        LoanMinutesReported,
    ),
    "end a loan": (A_CHOSEN_HELPER, EndLoan(loan_id=LOAN, member_id=ANNA), LoanEnded),
    "thank": (
        (*MATCHED, agreed(of=VISIT)),
        SayThanks(match_id=MATCH, member_id=ANNA, helper_id=BRAM, text="Fijn."),
        HelperThanked,
    ),
}
AT = {"no-show": NEXT_WEEK}


@pytest.mark.parametrize("may", [CARES, BELONGS], ids=["represents", "of the household"])
@pytest.mark.parametrize("what", ASKED)
def test_who_may_act_for_someone_arranges_what_was_asked(what: str, may: Event) -> None:
    happened, command, event = ASKED[what]
    at = AT.get(what, NOW)
    outcome = given(*happened, may).when(command, by=as_member(CORA), at=at)
    assert outcome.refusal is None, outcome.refusal
    assert event in [type(each) for each in outcome.events]
    # As if they had done it themselves: in whose name is in the event, who did it is its actor.
    assert outcome == given(*happened).when(command, by=as_member(ANNA), at=at)


@pytest.mark.parametrize(
    "happened",
    [
        pytest.param((), id="nobody"),
        pytest.param((but(CARES, member_id=BRAM),), id="someone else's son"),
        pytest.param((but(BELONGS, may_act=False),), id="lives there"),
        pytest.param((CARES, RepresentationEnded(**CARES.model_dump())), id="no longer"),
        pytest.param((BELONGS, HouseholdLeft(member_id=CORA, household_id=ANNA)), id="moved out"),
    ],
)
@pytest.mark.parametrize("what", ASKED)
def test_who_may_not_act_for_someone_arranges_nothing(what: str, happened: tuple[Event, ...]) -> None:
    before, command, _ = ASKED[what]
    no = given(*before, *happened).when(command, by=as_member(CORA)).refused("may_not_act")
    assert "buurtcoördinator" in no.nl


def test_whether_it_exists_is_not_told_to_who_may_not_act() -> None:
    withdraw = WithdrawRequest(request_id=MATCH, member_id=ANNA)
    given().when(withdraw, by=as_member(CORA)).refused("may_not_act")


def test_a_helper_may_let_someone_act_too() -> None:
    granted = but(CARES, member_id=BRAM)
    stops = EndHelping(series_id=REQUEST, member_id=BRAM, last_day=local(NEXT_WEEK).date())
    assert given(*MATCHED, SERIES, granted).when(stops, by=as_member(CORA)).events
    given(*MATCHED, SERIES).when(stops, by=as_member(CORA)).refused("may_not_act")


@pytest.mark.parametrize("by", [as_member(BRAM), Actor(role=Role.COORDINATOR, name="c", member_id=BRAM)])
def test_nobody_speaks_for_both_of_a_match(by: Actor) -> None:
    helper_cares = but(CARES, representative_id=BRAM)
    reports = ReportMinutes(match_id=MATCH, member_id=ANNA, minutes=600)
    no = given(*MATCHED, helper_cares).when(reports, by=by).refused("involved")
    assert "Laat de ander het zelf zeggen" in no.nl
    assert given(*MATCHED, helper_cares).when(but_by(reports), by=by).events


def but_by(reports: ReportMinutes) -> ReportMinutes:
    """The same, in the helper's own name."""
    return reports.model_copy(update={"member_id": BRAM, "minutes": 60})


def test_every_command_of_the_table_looks_at_who_acts() -> None:
    # Of a referral it is looked at where its person is known (test_15_referral.py).
    said = {type(command).__name__ for _, command, _ in ASKED.values()} | {"EndHelping", "StopFeedback"}
    said = {"ThankHelper" if name == "SayThanks" else name for name in said}
    assert {name for name, row in MAY.items() if row.get(Role.MEMBER) == ACTING} == said
