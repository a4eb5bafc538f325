"""What both sides of a loan do alike: their person agrees, says how long it took, or it is called off."""

from datetime import datetime
from typing import assert_never, get_args
from uuid import UUID

from contracts.envelope import Event, Role
from contracts.letters import (
    HelpAppeal,
    HelperChoice,
    HelperProposal,
    LoanEnd,
    LoanSettlement,
    MinutesReport,
    PersonAgreement,
)
from contracts.loans import (
    AgreeToLoan,
    EndLoan,
    EndReason,
    LoanConfirmed,
    LoanMinutesDiffered,
    LoanMinutesReported,
    LoanResolved,
    PersonAgreed,
    ReportLoanMinutes,
    ResolveLoan,
    TakeLoanLetter,
    lent_id,
)
from services.exchange import borrowing, lending
from services.exchange.help_request import REQUEST
from services.exchange.initiative import policy_of
from services.exchange.loan import LOAN, RUNNING, Loan, end, evolve, known_loan, loans_among, not_now
from services.exchange.participant import Participant
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.handling import check_uninvolved
from services.kernel.service import Context

READS = get_args(TakeLoanLetter.model_fields["letter"].annotation)
"""The letters that are for exchange."""

# What people here do


def agree(command: AgreeToLoan, context: Context, state: State) -> list[Event]:
    """By the person themself, or written down by their coordinator."""
    found = known_loan(state, command.loan_id, context)
    _check_theirs(found, command.member_id)
    if found.status != "wanted" or found.we_agree:
        raise not_now(found)
    agreed = PersonAgreed(**found.about, by="us", member_id=command.member_id)
    return [agreed, *_confirmed(found, they_agree=found.they_agree)]


def report(command: ReportLoanMinutes, context: Context, state: State) -> list[Event]:
    """Who was wrong says it anew; where both say the same, the hours go."""
    found = known_loan(state, command.loan_id, context)
    _check_theirs(found, command.member_id)
    if found.status not in RUNNING:
        raise not_now(found)
    reported = LoanMinutesReported(
        **found.about, by="us", member_id=command.member_id, minutes=command.minutes
    )
    return [reported, *_weighed(evolve(found, reported, found.loan_id, context.at), state)]


def call_off(command: EndLoan, context: Context, state: State) -> list[Event]:
    found = known_loan(state, command.loan_id, context)
    if command.member_id is not None or context.actor.role is not Role.COORDINATOR:
        _check_theirs(found, command.member_id)
    if found.over:
        raise not_now(found)
    if not found.may_end:
        raise Rejected(
            "minutes_reported",
            "Van deze hulp is al opgegeven hoe lang die duurde. Geef de eigen minuten op, of overleg met de "
            "coördinator van de andere regio als er iets niet klopt.",
            "How long this help took was reported already. Report your own minutes, or talk with the other "
            "region's coordinator if something is wrong.",
        )
    return [end(found, _why(found, command))]


def _why(found: Loan, command: EndLoan) -> EndReason:
    if found.side == "asks":
        return "withdrawn" if found.status in ("sought", "offered") else "cancelled"
    if found.member_id is None:
        return "declined"
    return "helper_withdrew" if found.member_id == command.member_id else "cancelled"


def resolve(command: ResolveLoan, context: Context, state: State) -> list[Event]:
    """Both coordinators talked: the hours were given by hand, or it took no time after all."""
    found = known_loan(state, command.loan_id, context)
    check_uninvolved(context.actor, (found.member_id,))
    if found.status != "ended" or not found.said or found.resolved:
        raise not_now(found)
    return [
        LoanResolved(
            **found.about, request_id=found.request_id, member_id=found.member_id, by=context.actor.name
        )
    ]


def _check_theirs(found: Loan, member_id: UUID | None) -> None:
    if found.member_id is None or found.member_id != member_id:
        raise Rejected(
            "not_yours",
            "Deze hulp is niet van deze deelnemer. Kijk het na.",
            "This help is not this participant's. Please check.",
        )


# What the peer writes


def take_letter(command: TakeLoanLetter, context: Context, state: State) -> list[Event]:
    """A letter is never refused. What is about something unknown, or comes too late, changes nothing.

    Minutes are read whenever they come: who called it off meanwhile must see that someone helped.
    """
    letter, peer = command.letter, command.peer
    if isinstance(letter, HelpAppeal):
        return lending.take_appeal(letter, peer, state)
    found = loan_with(peer, letter.loan_id, state)
    if found is None or (found.over and not isinstance(letter, MinutesReport)):
        return []
    match letter:
        case HelperProposal():
            return borrowing.take_proposal(letter, found)
        case HelperChoice():
            return lending.take_choice(found)
        case PersonAgreement():
            return _they_agree(found)
        case MinutesReport():
            return _they_report(letter, found, context, state)
        case LoanSettlement():
            return _they_settled(letter, found)
        case LoanEnd():
            # What was agreed on stands: the hours are on their way.
            return [] if found.status in ("agreed", "unbooked") else [end(found, letter.reason, "them")]
        case _:
            assert_never(letter)


def loan_with(peer: str, thread_id: UUID, state: State) -> Loan | None:
    """The loan of a thread with this peer: theirs, or ours and asked of them."""
    for loan_id in (lent_id(peer, thread_id), thread_id):
        found = state.get(LOAN, loan_id)
        if found is not None and found.peer == peer and found.thread_id == thread_id:
            return found
    return None


def _they_agree(found: Loan) -> list[Event]:
    """The peer may hear our yes, and its person say theirs, before we read that it wants our helper."""
    if found.they_agree:
        return []
    agreed = PersonAgreed(**found.about, by="them")
    return [agreed, *(_confirmed(found, they_agree=True) if found.we_agree else ())]


def _confirmed(found: Loan, *, they_agree: bool) -> list[Event]:
    if not they_agree or found.member_id is None or found.status != "wanted":
        return []
    return [
        LoanConfirmed(
            **found.about,
            member_id=found.member_id,
            side=found.side,
            category=found.category,
            minutes=found.minutes,
            wanted_at=found.wanted_at,
        )
    ]


def _they_report(letter: MinutesReport, found: Loan, context: Context, state: State) -> list[Event]:
    if found.their_minutes == letter.minutes or found.status == "completed":
        return []
    reported = LoanMinutesReported(**found.about, by="them", minutes=letter.minutes)
    return [reported, *_weighed(evolve(found, reported, found.loan_id, context.at), state)]


def _they_settled(letter: LoanSettlement, found: Loan) -> list[Event]:
    if found.side != "helps" or found.status != "confirmed":
        return []
    return [borrowing.completed(found, letter.minutes)]


# How long it took


def _weighed(found: Loan, state: State) -> list[Event]:
    """What both sides said: the same, nearly (the lower counts, by the asker's initiative), or not."""
    ours, theirs = found.our_minutes, found.their_minutes
    if ours is None or theirs is None or found.status not in RUNNING:
        return []
    differed = LoanMinutesDiffered(**found.about, our_minutes=ours, their_minutes=theirs)
    if found.side == "helps":
        # Whether it is near enough is for the side that pays to say.
        return [differed] if ours != theirs else []
    request = state.get(REQUEST, found.request_id) if found.request_id is not None else None
    tolerance = policy_of(state, request.initiative_id).tolerance_minutes if request is not None else 0
    if abs(ours - theirs) > tolerance:
        return [differed]
    return borrowing.agreed(found, min(ours, theirs))


# When someone cannot, or is gone


def loans_of(state: State, helper: Participant) -> list[Loan]:
    """What this helper does for other regions, or is proposed for."""
    return loans_among(state, helper.lends)


def called_off(found: Loan, reason: str, at: datetime) -> list[Event]:
    """What was to come needs someone else; what has been done stands."""
    return [end(found, reason)] if found.may_end and not found.has_been(at) else []


def without(found: Loan, context: Context, state: State) -> list[Event]:
    """What becomes of it when our person leaves: they agreed to what was planned, and say no more of it.

    What the other reported counts, up to that; where nobody said anything there is nothing to book.
    """
    if found.status in RUNNING and found.our_minutes is None and found.their_minutes is not None:
        minutes = min(found.their_minutes, found.minutes)
        reported = LoanMinutesReported(**found.about, by="us", member_id=found.member_id, minutes=minutes)
        return [reported, *_weighed(evolve(found, reported, found.loan_id, context.at), state)]
    return [end(found, "left")] if found.may_end else []
