"""The side that asks: a request is shown to other regions, a helper of theirs is chosen, hours are held.

As for a match within the region, nobody is told before the hours are held. When a request finds its
helper, here or there, the other regions hear that they need look no further.
"""

from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.letters import HelperProposal
from contracts.loans import (
    HelperConfirmed,
    HelperOffered,
    HelperTaken,
    HelpSought,
    LoanCompleted,
    LoanMinutesAgreed,
    LoanUnbooked,
    RetryLoan,
    SeekHelp,
    SettleLoan,
    SettleLoanHold,
    TakeHelper,
)
from services.exchange.age import check_guardian
from services.exchange.help_request import known_request, not_open
from services.exchange.initiative import running_policy
from services.exchange.loan import LOAN, Loan, end, end_all, known_loan, not_now
from services.exchange.participant import taking_part
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context


def seek(command: SeekHelp, context: Context, state: State) -> list[Event]:
    """Once for each region, until it answered. Of help that comes back one visit at a time.

    A visit is a request like any other; the series stays with who helps here.
    """
    request = known_request(state, command.request_id)
    check_area(context, request.pc4)
    if request.status != "open":
        raise not_open(request)
    check_guardian(state, taking_part(state, request.member_id))
    if request.recurrence is not None:
        raise Rejected(
            "comes_back",
            "Hulp die steeds terugkomt kan niet als geheel uit een andere regio komen. Vraag het voor één "
            "afspraak, of maak een losse hulpvraag voor één keer.",
            "Help that comes back cannot come from another region as a whole. Ask for one of its visits, or "
            "make a request for one time.",
        )
    policy = running_policy(state, request.initiative_id)
    if policy.compensation == "euro":
        raise Rejected(
            "compensated",
            "Hulp met een vergoeding kan niet uit een andere regio komen. Vraag het anders.",
            "Help for a compensation cannot come from another region. Ask in another way.",
        )
    asked = {loan.peer for loan_id in request.loans if (loan := state.get(LOAN, loan_id)) is not None}
    if again := sorted(asked & set(command.peers)):
        raise Rejected(
            "asked_already",
            f"De regio {again[0]} kijkt hier al naar. Wacht op antwoord, of trek de vraag daar eerst in.",
            f"The region {again[0]} looks at this already. Wait for its answer, or withdraw it there first.",
            peer=again[0],
        )
    return [
        HelpSought(
            loan_id=uuid5(context.command_id, peer),
            peer=peer,
            thread_id=uuid5(context.command_id, peer),
            request_id=request.request_id,
            asker_id=request.member_id,
            category=request.category,
            minutes=request.minutes,
            pc4=request.pc4,
            wanted_at=request.wanted_at,
            urgency=request.urgency,
            wish=request.wish,
            counted=policy.compensation == "credits",
            floor_minutes=policy.floor_minutes,
            by=context.actor.name,
        )
        for peer in dict.fromkeys(command.peers)
    ]


def take_proposal(letter: HelperProposal, found: Loan) -> list[Event]:
    if found.side != "asks" or found.status != "sought":
        return []
    return [HelperOffered(**found.about, helper_id=letter.helper_id, pc4=letter.pc4)]


def take(command: TakeHelper, context: Context, state: State) -> list[Event]:
    """From now on the request waits for it; its hours are held before anyone is told."""
    found = known_loan(state, command.loan_id, context)
    if found.side != "asks" or found.status != "offered" or found.request_id is None:
        raise not_now(found)
    request = known_request(state, found.request_id)
    if request.status != "open":
        raise not_open(request)
    taken = HelperTaken(
        **found.about,
        request_id=request.request_id,
        asker_id=request.member_id,
        minutes=found.minutes,
        floor_minutes=found.floor_minutes,
        counted=found.counted,
    )
    confirmed = [] if found.counted else [_confirmed(found, request.request_id, request.member_id)]
    others = (loan_id for loan_id in request.loans if loan_id != found.loan_id)
    return [*end_all(state, others, "found_elsewhere"), taken, *confirmed]


def settle_hold(command: SettleLoanHold, context: Context, state: State) -> list[Event]:
    """Where it ended in the meantime, the ledger releases the hold on that event."""
    found = state.get(LOAN, command.loan_id)
    if found is None or found.status != "taken" or found.request_id is None or found.member_id is None:
        return []
    if not command.placed:
        return [end(found, command.reason)]
    return [_confirmed(found, found.request_id, found.member_id)]


def _confirmed(found: Loan, request_id: UUID, asker_id: UUID) -> HelperConfirmed:
    return HelperConfirmed(**found.about, request_id=request_id, asker_id=asker_id)


def agreed(found: Loan, minutes: int) -> list[Event]:
    """Both say so many minutes: the ledger transfers them; where none are counted it is done."""
    assert found.member_id is not None
    assert found.their_id is not None
    agrees = LoanMinutesAgreed(
        **found.about,
        asker_id=found.member_id,
        helper_id=found.their_id,
        minutes=minutes,
        counted=found.counted,
        attempt=found.attempts + 1,
    )
    return [agrees] if found.counted else [agrees, completed(found, minutes)]


def settle(command: SettleLoan, context: Context, state: State) -> list[Event]:
    found = state.get(LOAN, command.loan_id)
    if found is None or found.status != "agreed" or found.agreed_minutes is None:
        return []
    if command.booked:
        return [completed(found, found.agreed_minutes)]
    if command.reason == "peer_left":
        # There is nobody to transfer them to, however often it is tried.
        return [end(found, "peer_left", "them")]
    return [LoanUnbooked(**found.about, minutes=found.agreed_minutes, reason=command.reason)]


def retry(command: RetryLoan, context: Context, state: State) -> list[Event]:
    """After a new cap, a settlement or other limits: once more, as a new transfer."""
    found = known_loan(state, command.loan_id, context)
    if found.status != "unbooked" or found.agreed_minutes is None:
        raise not_now(found)
    return agreed(found, found.agreed_minutes)


def completed(found: Loan, minutes: int) -> LoanCompleted:
    assert found.member_id is not None
    return LoanCompleted(
        **found.about,
        side=found.side,
        member_id=found.member_id,
        request_id=found.request_id,
        helper_id=found.helper_id,
        minutes=minutes,
        reserved_minutes=found.minutes,
        category=found.category,
        wanted_at=found.wanted_at,
        counted=found.counted,
    )
