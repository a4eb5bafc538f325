"""What this region and another agreed on and exchanged: the cap, the position, what is on its way.

The position is what this region owes the peer, in minutes; below zero what it is owed. Each side keeps
it within the cap by itself, whatever is on its way: going up it counts what we offered and the peer may
still accept, going down what we accepted and the peer may still post. What may come the other way is
counted when it is posted, never before. So nobody waits for anybody: who has no room says no.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import assert_never
from uuid import UUID, uuid5

from contracts import clearing
from contracts.clearing import (
    CapAgreed,
    CapDeclined,
    CapProposed,
    ClearingEnded,
    ClearingOpened,
    ClearingResumed,
    PositionCompared,
    PositionReckoned,
    Reckon,
    ReckoningAnswered,
    clearing_account,
    clearing_id,
)
from contracts.crossings import (
    TransferAccepted,
    TransferDiffered,
    TransferOffered,
    TransferPosted,
    TransferReceived,
    TransferReleased,
    TransferTakenBack,
    TransferVoided,
)
from contracts.envelope import Event
from contracts.ledger import AccountOpened, CreditTransferred, HoldPlaced, HoldReleased
from services.kernel.days import moment
from services.kernel.dutch import local
from services.kernel.entity import Kind, State
from services.kernel.errors import Rejected
from services.kernel.service import Timer
from services.ledger.account import BOTTOMLESS

RECKONING_AT = time(3, 30)
"""When on the region's clock each peer is told what was posted to it."""


@dataclass(slots=True)
class Clearing:
    """All in minutes. `sent_` is what we posted to the peer, `got_` what it posted to us.

    `told_count`: what the peer said at its last reckoning that it had posted; `got_then`: what we had
    of it at that time. `differs` by our count, `differs_there` by theirs. `ended`: the peer left.
    """

    clearing_id: UUID
    peer: str
    cap_minutes: int = 0
    position_minutes: int = 0
    outgoing_minutes: int = 0
    incoming_minutes: int = 0
    proposal_id: UUID | None = None
    proposed_minutes: int | None = None
    proposed_by: str | None = None
    sent_count: int = 0
    sent_minutes: int = 0
    got_count: int = 0
    got_minutes: int = 0
    told_count: int = 0
    got_then: int = 0
    reckoned_on: date | None = None
    differs: bool = False
    differs_there: bool = False
    ended: bool = False
    version: int = 0

    @property
    def cap_now(self) -> int:
        """Who proposes a lower cap keeps to it from then on: the peer may agree at any moment."""
        if self.proposed_by == "us" and self.proposed_minutes is not None:
            return min(self.cap_minutes, self.proposed_minutes)
        return self.cap_minutes

    @property
    def room_out(self) -> int:
        """What may still be offered to the peer."""
        return self.cap_now - self.position_minutes - self.outgoing_minutes

    @property
    def room_in(self) -> int:
        """What may still be accepted of the peer."""
        return self.cap_now + self.position_minutes - self.incoming_minutes

    def fits_in(self, cap_minutes: int) -> bool:
        """Whether a cap holds with all that may still be posted either way."""
        highest = self.position_minutes + self.outgoing_minutes
        lowest = self.position_minutes - self.incoming_minutes
        return -cap_minutes <= lowest and highest <= cap_minutes


type ClearingEvent = (
    ClearingOpened
    | ClearingEnded
    | ClearingResumed
    | CapProposed
    | CapAgreed
    | CapDeclined
    | HoldPlaced
    | HoldReleased
    | CreditTransferred
    | TransferOffered
    | TransferAccepted
    | TransferPosted
    | TransferReceived
    | TransferDiffered
    | TransferTakenBack
    | TransferReleased
    | TransferVoided
    | PositionReckoned
    | PositionCompared
    | ReckoningAnswered
)


def evolve(found: Clearing | None, event: ClearingEvent, id: UUID, at: datetime) -> Clearing:
    if isinstance(event, ClearingOpened):
        return Clearing(id, event.peer)
    assert found is not None
    match event:
        case ClearingEnded():
            return replace(found, ended=True, proposal_id=None, proposed_minutes=None, proposed_by=None)
        case ClearingResumed():
            # Not told meanwhile, on purpose: it counts from the next night on.
            return replace(found, ended=False, reckoned_on=None)
        case CapProposed() | CapAgreed() | CapDeclined():
            return _capped(found, event)
        case PositionReckoned() | PositionCompared() | ReckoningAnswered():
            return _reckoned(found, event)
        case HoldPlaced():
            return replace(found, outgoing_minutes=found.outgoing_minutes + event.minutes)
        case HoldReleased():
            return replace(found, outgoing_minutes=found.outgoing_minutes - event.minutes)
        case CreditTransferred():
            return replace(found, outgoing_minutes=found.outgoing_minutes - event.hold_minutes)
        case _:
            return _crossed(found, event)


def _capped(found: Clearing, event: CapProposed | CapAgreed | CapDeclined) -> Clearing:
    match event:
        case CapProposed():
            return replace(
                found,
                proposal_id=event.proposal_id,
                proposed_minutes=event.minutes,
                proposed_by=event.by,
            )
        case CapAgreed():
            found = replace(found, cap_minutes=event.minutes)
        case CapDeclined():
            pass
        case _:
            assert_never(event)
    if event.proposal_id != found.proposal_id:
        return replace(found)
    return replace(found, proposal_id=None, proposed_minutes=None, proposed_by=None)


def _reckoned(found: Clearing, event: PositionReckoned | PositionCompared | ReckoningAnswered) -> Clearing:
    match event:
        case PositionReckoned():
            return replace(found, reckoned_on=event.day)
        case PositionCompared():
            return replace(found, told_count=event.told_count, got_then=event.count, differs=not event.agrees)
        case ReckoningAnswered():
            return replace(found, differs_there=not event.agrees)
        case _:
            assert_never(event)


def _crossed(
    found: Clearing,
    event: TransferOffered
    | TransferAccepted
    | TransferPosted
    | TransferReceived
    | TransferDiffered
    | TransferTakenBack
    | TransferReleased
    | TransferVoided,
) -> Clearing:
    minutes = event.minutes
    # What a person pays is held, and counts by that hold; a region's own settlement holds nothing.
    unheld = minutes if not isinstance(event, TransferVoided) and event.kind == "settlement" else 0
    match event:
        case TransferOffered():
            return replace(found, outgoing_minutes=found.outgoing_minutes + unheld)
        case TransferReleased():
            return replace(found, outgoing_minutes=found.outgoing_minutes - unheld)
        case TransferPosted():
            return replace(
                found,
                outgoing_minutes=found.outgoing_minutes - unheld,
                position_minutes=found.position_minutes + minutes,
                sent_count=found.sent_count + 1,
                sent_minutes=found.sent_minutes + minutes,
            )
        case TransferAccepted():
            return replace(found, incoming_minutes=found.incoming_minutes + minutes)
        case TransferVoided():
            return replace(found, incoming_minutes=found.incoming_minutes - minutes)
        case TransferDiffered():
            return replace(found, incoming_minutes=found.incoming_minutes - event.accepted_minutes)
        case TransferReceived():
            return replace(
                found,
                incoming_minutes=found.incoming_minutes - (minutes if event.accepted else 0),
                position_minutes=found.position_minutes - minutes,
                got_count=found.got_count + 1,
                got_minutes=found.got_minutes + minutes,
            )
        case TransferTakenBack():
            got = found.got_count - 1
            # Neither side has it now: nor is it in what they compare with, of the night before.
            return replace(
                found,
                position_minutes=found.position_minutes + minutes,
                got_count=got,
                got_minutes=found.got_minutes - minutes,
                told_count=min(found.told_count, got),
                got_then=min(found.got_then, got),
            )
        case _:
            assert_never(event)


def _of_peer(event: HoldPlaced | HoldReleased | CreditTransferred) -> tuple[UUID, ...]:
    return (clearing_id(event.peer),) if event.peer is not None else ()


CLEARING = Kind(
    "clearings",
    Clearing,
    {
        **dict.fromkeys(clearing.EVENTS, lambda e: (e.clearing_id,)),
        HoldPlaced: _of_peer,
        HoldReleased: _of_peer,
        CreditTransferred: lambda e: _of_peer(e) if e.hold_minutes else (),
        TransferOffered: lambda e: (clearing_id(e.peer),),
        TransferAccepted: lambda e: (clearing_id(e.peer),),
        TransferPosted: lambda e: (clearing_id(e.peer),),
        TransferReceived: lambda e: (clearing_id(e.peer),),
        TransferDiffered: lambda e: (clearing_id(e.peer),),
        TransferTakenBack: lambda e: (clearing_id(e.peer),),
        TransferReleased: lambda e: (clearing_id(e.peer),) if e.offered else (),
        TransferVoided: lambda e: (clearing_id(e.peer),) if e.by == "them" else (),
    },
    evolve,
)


def with_peer(state: State, peer: str) -> tuple[Clearing, list[Event]]:
    """What is cleared with a peer; and what happens first, where there was nothing yet."""
    found = state.get(CLEARING, clearing_id(peer))
    if found is not None:
        return found, []
    opened = ClearingOpened(clearing_id=clearing_id(peer), peer=peer)
    account = AccountOpened(account_id=clearing_account(peer), floor_minutes=BOTTOMLESS, kind="clearing")
    return Clearing(clearing_id(peer), peer), [opened, account]


def check_there(found: Clearing | None) -> None:
    """Go on only while the peer takes part. Raises Rejected."""
    if found is not None and found.ended:
        raise Rejected(
            "peer_left",
            "Deze regio doet niet meer mee in het netwerk. Kies een andere regio, of wacht tot zij terug is.",
            "This region no longer takes part in the network. Choose another, or wait until it is back.",
        )


def reckons(event: CapAgreed | PositionReckoned | ClearingResumed, at: datetime) -> list[Timer]:
    """The next night; once a night, however often a cap was agreed."""
    day = local(at).date() + timedelta(days=1)
    command = Reckon(peer=event.peer, day=day)
    return [Timer(moment(day, RECKONING_AT), command, uuid5(event.clearing_id, day.isoformat()))]
