"""Regions that clear hours with each other: how far, how they stand, and whether both have the same.

Emitted and decided by the ledger. Each region keeps a clearing account for every other one; its balance
is this region's position on that one: what it owes it, in minutes, below zero what it is owed. Position
of A on B = −(B on A) once nothing is in flight. Transfers between the two: `contracts.crossings`.
"""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID, uuid5

from contracts.common import Cap, Peer
from contracts.envelope import Command, Event, Query, View
from contracts.letters import (
    CapAnswer,
    CapProposal,
    ForPeer,
    Letter,
    Reckoning,
    ReckoningAnswer,
)

CLEARING_SPACE = UUID("5b6c2c57-3a3e-5c5e-9f0d-0a6b8d1f4e77")

Side = Literal["us", "them"]
"""Who did it: this region or its peer."""


def clearing_account(peer: str) -> UUID:
    """The account of what this region owes another."""
    return uuid5(CLEARING_SPACE, peer)


def clearing_id(peer: str) -> UUID:
    """What this region and another agreed on and exchanged: not the account's id, streams share none."""
    return uuid5(clearing_account(peer), "clearing")


# Events


class OfClearing(ForPeer):
    """About what this region and a peer agreed on and exchanged."""

    ENTITY: ClassVar[str] = "clearing"
    clearing_id: UUID


class OfCap(OfClearing):
    """About a proposal that the position between the two be at most `minutes`."""

    proposal_id: UUID
    minutes: int
    by: Side


class ClearingOpened(OfClearing):
    """There is a peer with which hours may be cleared, as soon as both agree on a cap."""

    FIRST: ClassVar[bool] = True


class ClearingEnded(OfClearing):
    """The peer left the network: nothing new goes to and fro, and nobody is asked or told anything.

    The position stays as it is; a proposal for a cap that waited is gone on both sides.
    """


class ClearingResumed(OfClearing):
    """The peer takes part again: what had no end is asked for, and both reckon as before."""


class CapProposed(OfCap):
    """`by` proposes that the position between the two be at most `minutes`."""

    def letter(self) -> Letter | None:
        return CapProposal(proposal_id=self.proposal_id, minutes=self.minutes) if self.by == "us" else None


class CapAgreed(OfCap):
    """`by` agrees to what the other proposed: this cap holds from now on."""

    def letter(self) -> Letter | None:
        if self.by == "them":
            return None
        return CapAnswer(proposal_id=self.proposal_id, minutes=self.minutes, agreed=True)


class CapDeclined(OfCap):
    """`by` does not agree to what the other proposed: the cap stays as it was."""

    reason: str

    def letter(self) -> Letter | None:
        if self.by == "them":
            return None
        return CapAnswer(proposal_id=self.proposal_id, minutes=self.minutes, agreed=False, reason=self.reason)


class PositionReckoned(OfClearing):
    """What we posted to the peer until now, and tell it, once a day."""

    reckoning_id: UUID
    day: date
    count: int
    total_minutes: int

    def letter(self) -> Letter | None:
        return Reckoning(reckoning_id=self.reckoning_id, count=self.count, total_minutes=self.total_minutes)


class PositionCompared(OfClearing):
    """What the peer says it posted to us (`told_`), beside what we have of it. What does not agree is
    shown in both regions and repaired by nobody but people."""

    reckoning_id: UUID
    count: int
    total_minutes: int
    told_count: int
    told_minutes: int
    agrees: bool

    def letter(self) -> Letter | None:
        return ReckoningAnswer(
            reckoning_id=self.reckoning_id,
            count=self.count,
            total_minutes=self.total_minutes,
            agrees=self.agrees,
        )


class ReckoningAnswered(OfClearing):
    """What the peer has of what we posted, and whether it agrees with what we told it."""

    reckoning_id: UUID
    count: int
    total_minutes: int
    agrees: bool


EVENTS: tuple[type[Event], ...] = (
    ClearingOpened,
    ClearingEnded,
    ClearingResumed,
    CapProposed,
    CapAgreed,
    CapDeclined,
    PositionReckoned,
    PositionCompared,
    ReckoningAnswered,
)


# Commands


class ProposeCap(Command):
    """Propose to another region how far the position between the two may go, either way."""

    peer: Peer
    minutes: Cap


class AnswerCap(Command):
    """Agree to the cap that another region proposed, or not."""

    peer: Peer
    proposal_id: UUID
    agree: bool


class EndClearing(Command):
    """From link: the peer left the network."""

    peer: str


class ResumeClearing(Command):
    """From link: the peer takes part, perhaps again."""

    peer: str


class Reckon(Command):
    """From a timer, once a day: tell the peer what we posted."""

    peer: str
    day: date


COMMANDS: tuple[type[Command], ...] = (
    ProposeCap,
    AnswerCap,
)


# Queries and views


class GetPositions(Query):
    """How this region stands with each other region: totals only."""


class Position(View):
    """In minutes. `position_minutes`: what we owe the peer (below zero: what it owes us).

    `outgoing_minutes` and `incoming_minutes` are on their way. `differs`: the two sides do not have the
    same, by our count or by theirs. `ended`: the peer left the network.
    """

    peer: str
    cap_minutes: int
    position_minutes: int
    outgoing_minutes: int
    incoming_minutes: int
    proposal_id: UUID | None = None
    proposed_minutes: int | None = None
    proposed_by: Side | None = None
    differs: bool
    ended: bool = False


class Positions(View):
    positions: tuple[Position, ...]


QUERIES: dict[type[Query], type[View]] = {GetPositions: Positions}
