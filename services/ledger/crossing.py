"""A crossing: one transfer between this region and another, as this region knows it.

One that we began has the id of the transfer, and `ours` says so; one of a peer has an id made from its
own and the peer's, so that nobody can touch what another began. It is kept for ever: whatever comes
again about it gets the same answer.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid5

from contracts.crossings import (
    AskAboutTransfer,
    CrossingStatus,
    SettlementProposed,
    TransferAccepted,
    TransferAnswered,
    TransferAsked,
    TransferOffered,
    TransferPosted,
    TransferReceived,
    TransferRejected,
    TransferReleased,
    TransferVoided,
)
from contracts.envelope import Event
from contracts.letters import TransferKind
from services.kernel.entity import Kind, State
from services.kernel.service import Context, Timer

ASK_AFTER = timedelta(hours=1)
"""Who offered and hears nothing asks for the first time; then daily."""

ASK_AGAIN = timedelta(days=1)


@dataclass(slots=True)
class Crossing:
    """`payer_id` is the member who pays where it is ours, `payee_id` who receives on the other side of it."""

    crossing_id: UUID
    peer: str
    transfer_id: UUID
    ours: bool
    minutes: int
    kind: TransferKind | None
    status: CrossingStatus
    changed_at: datetime
    payer_id: UUID | None = None
    payee_id: UUID | None = None
    about: UUID | None = None
    reason: str = ""
    version: int = 0

    @property
    def waits(self) -> bool:
        """Whether the peer still has something to say: about our offer, or about what we accepted."""
        return self.status in ("offered", "accepted")

    def answered(self, answer: str) -> TransferAnswered:
        """What the peer hears again."""
        return TransferAnswered.model_validate(
            {
                "crossing_id": self.crossing_id,
                "peer": self.peer,
                "transfer_id": self.transfer_id,
                "answer": answer,
                "payee_id": self.payee_id,
                "minutes": self.minutes,
                "kind": self.kind,
                "about": self.about,
                "reason": self.reason,
            }
        )


type CrossingEvent = (
    TransferOffered
    | SettlementProposed
    | TransferAccepted
    | TransferRejected
    | TransferPosted
    | TransferReceived
    | TransferReleased
    | TransferAsked
    | TransferAnswered
    | TransferVoided
)


def evolve(found: Crossing | None, event: CrossingEvent, id: UUID, at: datetime) -> Crossing:
    match event:
        case TransferOffered():
            began = Crossing(id, event.peer, id, True, event.minutes, event.kind, "offered", at)
            return replace(began, payer_id=event.payer_id, payee_id=event.payee_id, about=event.about)
        case TransferPosted():
            assert found is not None
            return replace(found, status="posted", changed_at=at)
        case TransferReleased():
            began = Crossing(id, event.peer, id, True, event.minutes, event.kind, "released", at)
            before = found or replace(began, payer_id=event.payer_id, about=event.about)
            return replace(before, status="released", reason=event.reason, changed_at=at)
        case TransferAsked() | TransferAnswered():
            assert found is not None
            return replace(found)
        case TransferVoided():
            ours = event.by == "us"
            began = Crossing(id, event.peer, event.transfer_id, ours, event.minutes, None, "void", at)
            return replace(found or began, status="void", changed_at=at)
        case SettlementProposed() | TransferAccepted() | TransferRejected() | TransferReceived():
            return _theirs(found, event, id, at)
        case _:
            assert_never(event)


def _theirs(
    found: Crossing | None,
    event: SettlementProposed | TransferAccepted | TransferRejected | TransferReceived,
    id: UUID,
    at: datetime,
) -> Crossing:
    kind = "settlement" if isinstance(event, SettlementProposed) else event.kind
    before = found or Crossing(id, event.peer, event.transfer_id, False, event.minutes, kind, "asked", at)
    match event:
        case SettlementProposed():
            return before
        case TransferRejected():
            return replace(before, status="rejected", reason=event.reason, changed_at=at)
        case TransferAccepted() | TransferReceived():
            status: CrossingStatus = "accepted" if isinstance(event, TransferAccepted) else "posted"
            # What was posted counts, also where something else had been said of it before.
            return replace(
                before,
                minutes=event.minutes,
                kind=event.kind,
                payee_id=event.payee_id,
                about=event.about,
                status=status,
                changed_at=at,
            )
        case _:
            assert_never(event)


CROSSING = Kind(
    "crossings",
    Crossing,
    {
        event: lambda e: (e.crossing_id,)
        for event in (
            TransferOffered,
            SettlementProposed,
            TransferAccepted,
            TransferRejected,
            TransferPosted,
            TransferReceived,
            TransferReleased,
            TransferAsked,
            TransferAnswered,
            TransferVoided,
        )
    },
    evolve,
)


def hold_of(crossing_id: UUID) -> UUID:
    """The id of what is held for a transfer to another region."""
    return uuid5(crossing_id, "hold")


def posting_of(crossing_id: UUID) -> UUID:
    """The id of the entry with which it is booked here."""
    return uuid5(crossing_id, "posting")


def asks(event: TransferOffered | TransferAccepted | TransferAsked, at: datetime) -> list[Timer]:
    """When to ask, where no answer came."""
    times = event.times + 1 if isinstance(event, TransferAsked) else 1
    after = ASK_AGAIN if isinstance(event, TransferAsked) else ASK_AFTER
    command = AskAboutTransfer(crossing_id=event.crossing_id, times=times)
    return [Timer(at + after, command, uuid5(event.crossing_id, f"ask/{times}"))]


def ask(command: AskAboutTransfer, context: Context, state: State) -> list[Event]:
    """An unknown outcome is no answer: ask, until there is one. Nothing is released meanwhile."""
    found = state.get(CROSSING, command.crossing_id)
    if found is None or not found.waits:
        return []
    return [
        TransferAsked(
            crossing_id=found.crossing_id,
            peer=found.peer,
            transfer_id=found.transfer_id,
            asks="payer" if found.ours else "payee",
            times=command.times,
        )
    ]
