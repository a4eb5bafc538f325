"""A crossing: one transfer between this region and another, as this region knows it.

One that we began has the id of the transfer, and `ours` says so; one of a peer has an id made from its
own and the peer's, so that nobody can touch what another began. It is kept for ever: whatever comes
again about it gets the same answer.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid5

from contracts.clearing import clearing_id
from contracts.crossings import (
    EVENTS,
    AskAboutTransfer,
    CrossingStatus,
    SettlementProposed,
    StrandedBecause,
    TransferAccepted,
    TransferAnswered,
    TransferAsked,
    TransferDecided,
    TransferDiffered,
    TransferOffered,
    TransferPosted,
    TransferReceived,
    TransferRejected,
    TransferReleased,
    TransferStranded,
    TransferTakenBack,
    TransferVoided,
)
from contracts.envelope import Event
from contracts.letters import TransferKind, TransferPosting
from services.kernel.entity import Kind, State
from services.kernel.service import Context, Timer
from services.ledger.clearing import CLEARING

ASK_AFTER = timedelta(hours=1)
"""Who offered and hears nothing asks for the first time; then daily."""

ASK_AGAIN = timedelta(days=1)

NOT_RECEIVED = "not_received"
"""Why it is refused for ever: we never had it, or who pays said that it does not come."""


@dataclass(slots=True)
class Crossing:
    """`payer_id` is the member who pays where it is ours, `payee_id` who receives on the other side of it.

    `asked`: how often we asked. `stranded`: why it waits for a person, or nothing; `decided`: one has said
    how it stands in the other region.
    """

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
    asked: int = 0
    stranded: str = ""
    decided: bool = False
    version: int = 0

    @property
    def open(self) -> bool:
        """Whether how it ends is not known yet: of our offer, or of what we accepted."""
        return self.status in ("offered", "accepted")

    @property
    def waits(self) -> bool:
        """Whether the peer still has something to say by itself."""
        return self.open and not self.stranded

    @property
    def posting(self) -> TransferPosting:
        """Its terms, as whoever pays writes them when it is posted."""
        return TransferPosting(
            transfer_id=self.transfer_id,
            payee_id=self.payee_id,
            minutes=self.minutes,
            kind=self.kind or "gift",
            about=self.about,
        )

    def asks(self, times: int) -> TransferAsked:
        """What the peer is asked, for the so many-th time."""
        return TransferAsked(
            crossing_id=self.crossing_id,
            peer=self.peer,
            transfer_id=self.transfer_id,
            asks="payer" if self.ours else "payee",
            times=times,
        )

    def strands(self, reason: StrandedBecause) -> TransferStranded:
        """It waits for a person from now on."""
        return TransferStranded(crossing_id=self.crossing_id, peer=self.peer, reason=reason)

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
                # What they said themselves does not come has none: now it never will.
                "reason": self.reason or NOT_RECEIVED,
            }
        )


type CrossingEvent = (
    TransferOffered
    | SettlementProposed
    | TransferAccepted
    | TransferRejected
    | TransferPosted
    | TransferReceived
    | TransferDiffered
    | TransferTakenBack
    | TransferReleased
    | TransferAsked
    | TransferAnswered
    | TransferVoided
    | TransferStranded
    | TransferDecided
)


def evolve(found: Crossing | None, event: CrossingEvent, id: UUID, at: datetime) -> Crossing:
    match event:
        case TransferOffered():
            began = Crossing(id, event.peer, id, True, event.minutes, event.kind, "offered", at)
            return replace(began, payer_id=event.payer_id, payee_id=event.payee_id, about=event.about)
        case TransferPosted():
            assert found is not None
            return replace(found, status="posted", stranded="", changed_at=at)
        case TransferReleased():
            began = Crossing(id, event.peer, id, True, event.minutes, event.kind, "released", at)
            before = found or replace(began, payer_id=event.payer_id, about=event.about)
            return replace(before, status="released", reason=event.reason, stranded="", changed_at=at)
        case TransferTakenBack():
            assert found is not None
            return replace(found, status="taken_back", stranded="", changed_at=at)
        case TransferAsked():
            assert found is not None
            # What they posted otherwise is asked once more, and stays for a person.
            return replace(found, asked=event.times, stranded="" if found.open else found.stranded)
        case TransferAnswered():
            assert found is not None
            # Who did not hear that it is posted hears it now.
            return replace(found, stranded="" if found.stranded == "undelivered" else found.stranded)
        case TransferStranded():
            assert found is not None
            return replace(found, stranded=event.reason)
        case TransferDecided():
            assert found is not None
            return replace(found, stranded="", decided=True)
        case TransferVoided():
            ours = event.by == "us"
            began = Crossing(id, event.peer, event.transfer_id, ours, event.minutes, None, "void", at)
            return replace(found or began, status="void", stranded="", changed_at=at)
        case _:
            return _theirs(found, event, id, at)


_AFTER: dict[type[Event], CrossingStatus] = {
    TransferAccepted: "accepted",
    TransferReceived: "posted",
    TransferDiffered: "differs",
}


def _theirs(
    found: Crossing | None,
    event: SettlementProposed | TransferAccepted | TransferRejected | TransferReceived | TransferDiffered,
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
        case TransferAccepted() | TransferReceived() | TransferDiffered():
            # What was posted counts, also where something else had been said of it before.
            return replace(
                before,
                minutes=event.minutes,
                kind=event.kind,
                payee_id=event.payee_id,
                about=event.about,
                status=_AFTER[type(event)],
                stranded="differs" if isinstance(event, TransferDiffered) else "",
                changed_at=at,
            )
        case _:
            assert_never(event)


CROSSING = Kind("crossings", Crossing, dict.fromkeys(EVENTS, lambda e: (e.crossing_id,)), evolve)


def hold_of(crossing_id: UUID) -> UUID:
    """The id of what is held for a transfer to another region."""
    return uuid5(crossing_id, "hold")


def posting_of(crossing_id: UUID) -> UUID:
    """The id of the entry with which it is booked here."""
    return uuid5(crossing_id, "posting")


def reversal_of(crossing_id: UUID) -> UUID:
    """The id of the first entry with which it is taken back."""
    return uuid5(crossing_id, "reversal")


def asks(event: TransferOffered | TransferAccepted | TransferAsked, at: datetime) -> list[Timer]:
    """When to ask, where no answer came."""
    times = event.times + 1 if isinstance(event, TransferAsked) else 1
    after = ASK_AGAIN if isinstance(event, TransferAsked) else ASK_AFTER
    command = AskAboutTransfer(crossing_id=event.crossing_id, times=times)
    return [Timer(at + after, command, uuid5(event.crossing_id, f"ask/{times}"))]


def ask(command: AskAboutTransfer, context: Context, state: State) -> list[Event]:
    """An unknown outcome is no answer: ask, until there is one. Nothing is released meanwhile.

    Who left the network is not asked: then it is a person's.
    """
    found = state.get(CROSSING, command.crossing_id)
    if found is None or command.times <= found.asked or not (found.waits or found.status == "differs"):
        return []
    clearing = state.get(CLEARING, clearing_id(found.peer))
    if clearing is not None and clearing.ended:
        return [found.strands("peer_left")] if found.waits else []
    return [found.asks(command.times)]
