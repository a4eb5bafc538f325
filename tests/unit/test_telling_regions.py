"""What people hear of help from and for another region, and of hours that go there or come from there."""

from typing import Any
from uuid import UUID

import pytest

from contracts.crossings import SETTLED, TransferPosted, TransferReceived, TransferReleased
from contracts.envelope import Event
from contracts.loans import LoanCompleted, LoanConfirmed, LoanEnded
from contracts.notifications import OvertakeMessage, QueueMessage
from services.notifications.handlers import FOLLOWS
from services.notifications.templates import Around, render
from tests.unit.neighbours import ANNA, BRAM, TOMORROW

LOAN, FAR = UUID(int=0x3F), UUID(int=0x5F)
OF = {"loan_id": LOAN, "peer": "delft", "thread_id": LOAN, "category": "gardening", "minutes": 90}
HOURS = {"crossing_id": LOAN, "peer": "delft", "transfer_id": LOAN, "minutes": 90}


def told(event: Event) -> list[tuple[UUID, str]]:
    found = []
    for command in FOLLOWS[type(event)](event):
        said = command.instead if isinstance(command, OvertakeMessage) else command
        assert isinstance(said, QueueMessage)
        found.append((said.member_id, said.template))
        written = render(said.template, said.facts, Around(name="Anna", region="Voorbeeld", at=TOMORROW))
        assert "delft" not in written.text
    return found


def ended(**otherwise: Any) -> LoanEnded:
    said = {**OF, "by": "us", "reason": "cancelled", "told": True, "member_id": ANNA, "wanted_at": TOMORROW}
    return LoanEnded.model_validate({**said, **otherwise})


def completed(*, counted: bool, side: str = "asks") -> LoanCompleted:
    said = {**OF, "side": side, "member_id": ANNA, "reserved_minutes": 90, "counted": counted}
    return LoanCompleted.model_validate(said)


def posted(kind: str, payer_id: UUID = ANNA) -> TransferPosted:
    return TransferPosted.model_validate({**HOURS, "payer_id": payer_id, "payee_id": FAR, "kind": kind})


def received(kind: str, payee_id: UUID | None = BRAM) -> TransferReceived:
    return TransferReceived.model_validate({**HOURS, "payee_id": payee_id, "kind": kind, "accepted": True})


def released(kind: str, *, offered: bool = True) -> TransferReleased:
    said = {**HOURS, "payer_id": ANNA, "kind": kind, "reason": "no_account", "offered": offered}
    return TransferReleased.model_validate(said)


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (LoanConfirmed(**OF, member_id=ANNA, side="asks"), [(ANNA, "match-asker")]),  # type: ignore[arg-type]
        (LoanConfirmed(**OF, member_id=BRAM, side="helps"), [(BRAM, "match-helper")]),  # type: ignore[arg-type]
        (ended(), [(ANNA, "match-ended-asker")]),
        (ended(by="them", reason="helper_withdrew"), [(ANNA, "helper-withdrew")]),
        (ended(member_id=BRAM, helper_id=BRAM, by="them"), [(BRAM, "match-ended-helper")]),
        (ended(told=False), []),
        # They may well have met: a coordinator calls first.
        (ended(by="them", given=True), []),
        (completed(counted=True), []),
        (completed(counted=False), [(ANNA, "help-recorded")]),
        (posted("help"), [(ANNA, "hours-booked-asker")]),
        (posted("gift"), [(ANNA, "gift-given")]),
        (posted("settlement", SETTLED), []),
        (received("help"), [(BRAM, "hours-booked-helper")]),
        (received("gift"), [(BRAM, "gift-received")]),
        (received("settlement", None), []),
        (released("gift"), [(ANNA, "transfer-reversed")]),
        (released("gift", offered=False), []),
        (released("help"), []),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Event) else None,
)
def test_each_region_tells_its_own_person_and_nobody_else(
    event: Event, heard: list[tuple[UUID, str]]
) -> None:
    assert told(event) == heard
