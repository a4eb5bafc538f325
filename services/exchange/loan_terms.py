"""No loan waits for ever: not for a person, not for the ledger, not for a region that left or forgot it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.loans import (
    EndLoansWith,
    GiveUpLoan,
    GiveUpPeer,
    HelpAsked,
    HelperConfirmed,
    HelperLent,
    HelperOffered,
    HelperTaken,
    HelperWanted,
    HelpSought,
    LapseLoan,
    LendingStopped,
    LoanForgotten,
    LoanReminded,
    LoanStatus,
    NoteForgotten,
    RemindOfLoan,
    lent_id,
)
from services.exchange.loan import LOAN, Loan, end, loans_among
from services.exchange.loan_life import loan_with
from services.exchange.match import RESERVATION_LASTS
from services.kernel.entity import Kind, State
from services.kernel.service import Context, Timer

ANSWER_WITHIN = timedelta(days=7)
"""How long each step may take, here or there. Half of it is when a coordinator is reminded."""

AGREED_ON = ("confirmed", "agreed", "unbooked", "completed", "ended")
"""Statuses in which nobody needs to answer any more: both people agreed, or it is over."""

type Step = HelpSought | HelpAsked | HelperLent | HelperOffered | HelperConfirmed | HelperWanted

_WAITS: dict[type[Step], LoanStatus] = {
    HelpSought: "sought",
    HelpAsked: "asked",
    HelperLent: "offered",
    HelperOffered: "offered",
    HelperConfirmed: "wanted",
    HelperWanted: "wanted",
}


def terms(event: Step, at: datetime) -> list[Timer]:
    """A reminder halfway, and the end; and whatever was not agreed ends at the moment of the help.

    Statuses never come back, so a timer knows by the status whether its step was taken.
    """
    status, until = _WAITS[type(event)], at + ANSWER_WITHIN
    loan_id, moment = event.loan_id, None
    if isinstance(event, HelpSought | HelpAsked):
        moment = event.wanted_at
    remind = RemindOfLoan(loan_id=loan_id, status=status, until=until)
    timers = [
        Timer(at + ANSWER_WITHIN / 2, remind, uuid5(loan_id, f"remind/{status}")),
        Timer(until, LapseLoan(loan_id=loan_id, status=status), uuid5(loan_id, f"lapse/{status}")),
    ]
    if moment is not None and moment > at:
        timers.append(Timer(moment, LapseLoan(loan_id=loan_id), uuid5(loan_id, "lapse")))
    return timers


def hold_term(event: HelperTaken, at: datetime) -> list[Timer]:
    """As a reservation: it does not wait for the ledger for ever."""
    lapse = LapseLoan(loan_id=event.loan_id, status="taken")
    return [Timer(at + RESERVATION_LASTS, lapse, uuid5(event.loan_id, "lapse/taken"))]


def remind(command: RemindOfLoan, context: Context, state: State) -> list[Event]:
    found = state.get(LOAN, command.loan_id)
    if found is None or found.status != command.status:
        return []
    moment = found.wanted_at
    until = min(command.until, moment) if moment is not None and moment > context.at else command.until
    return [LoanReminded(**found.about, request_id=found.request_id, member_id=found.member_id, until=until)]


def lapse(command: LapseLoan, context: Context, state: State) -> list[Event]:
    """Time that was reserved is free again, the request is open again, and the other region hears of it."""
    found = state.get(LOAN, command.loan_id)
    if found is None or found.status in AGREED_ON or command.status not in (None, found.status):
        return []
    return [end(found, "no_answer")]


# When a peer was put back to an older copy


def note_forgotten(command: NoteForgotten, context: Context, state: State) -> list[Event]:
    """Of what they asked, and know no more. Whether someone still waits there only people can find out."""
    found = state.get(LOAN, lent_id(command.peer, command.thread_id))
    if found is None or found.over or found.forgotten:
        return []
    return [LoanForgotten(**found.about, member_id=found.member_id)]


# When a peer leaves the network


@dataclass(slots=True)
class Parting:
    """A region left the network: what went on with it ended."""

    parting_id: UUID
    peer: str
    version: int = 0


PARTING = Kind(
    "partings",
    Parting,
    {LendingStopped: lambda e: (e.parting_id,)},
    lambda _, event, of, at: Parting(of, event.peer),
)


def give_up(command: GiveUpLoan, context: Context, state: State) -> list[Event]:
    """It never took a letter of this thread: nobody there hears of it any more."""
    found = loan_with(command.peer, command.thread_id, state)
    return _given_up(found) if found is not None else []


def give_up_peer(command: GiveUpPeer, context: Context, state: State) -> list[Event]:
    return [LendingStopped(parting_id=context.command_id, peer=command.peer)]


def look_for_loans(event: LendingStopped, at: datetime) -> list[Timer]:
    """At once, and after it: what goes on with a peer is looked up (preparing.py)."""
    return [Timer(at, EndLoansWith(peer=event.peer), uuid5(event.parting_id, "loans"))]


def end_with(command: EndLoansWith, context: Context, state: State) -> list[Event]:
    return [event for loan in loans_among(state, command.loan_ids) for event in _given_up(loan)]


def _given_up(found: Loan) -> list[Event]:
    """Hours that are under way, or were refused, are the ledger's to release and a coordinator's to see."""
    return [] if found.over or found.status == "agreed" else [end(found, "peer_left", "them")]
