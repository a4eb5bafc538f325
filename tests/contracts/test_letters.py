"""Letters between regions: each is read as it was written, by older and newer releases too."""

from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import ValidationError

from contracts.letters import LETTERS, HelpAppeal, Letter, TransferOffer, read_letter
from contracts.upcasting import UnknownEvent

ID = UUID("0198c5f0-0000-7000-8000-0000000000aa")

OFFER = TransferOffer(transfer_id=ID, payee_id=ID, minutes=60, kind="gift")


@pytest.mark.parametrize("letter", LETTERS.values(), ids=lambda kind: kind.__name__)
def test_every_letter_says_which_thread_it_belongs_to(letter: type[Letter]) -> None:
    assert letter.model_fields[letter.THREAD].annotation is UUID


def test_a_letter_is_read_as_it_was_written() -> None:
    assert read_letter("TransferOffer", 1, OFFER.model_dump(mode="json")) == OFFER
    assert OFFER.thread_id == ID


def test_a_field_of_a_newer_release_is_passed_by() -> None:
    data: dict[str, Any] = {**OFFER.model_dump(mode="json"), "colour": "green"}
    assert read_letter("TransferOffer", 1, data) == OFFER


@pytest.mark.parametrize(("name", "version"), [("HouseSwap", 1), ("TransferOffer", 2)])
def test_a_letter_from_the_future_waits_for_an_upgrade(name: str, version: int) -> None:
    with pytest.raises(UnknownEvent, match=name):
        read_letter(name, version, OFFER.model_dump(mode="json"))


LOAN = {"loan_id": str(ID)}
APPEAL = {**LOAN, "category": "gardening", "minutes": 60, "pc4": "3511"}
TRANSFER = {"transfer_id": str(ID), "payee_id": str(ID), "kind": "help"}
CAP = {"proposal_id": str(ID)}
SUMS = {"reckoning_id": str(ID), "count": 1, "total_minutes": 60}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("HelpAppeal", {**APPEAL, "minutes": 24 * 60 + 1}),
        ("HelpAppeal", {**APPEAL, "category": "Mevrouw Jansen, Dorpsstraat 1"}),
        ("HelpAppeal", {**APPEAL, "category": "dog\x00"}),
        ("HelpAppeal", {**APPEAL, "pc4": "3511 AB"}),
        ("HelpAppeal", {**APPEAL, "wanted_at": "2026-11-26T09:00:00"}),
        ("HelpAppeal", {**APPEAL, "wanted_at": "9999-11-26T09:00:00Z"}),
        ("HelpAppeal", {**APPEAL, "urgency": "now!"}),
        ("HelpAppeal", {**APPEAL, "wish": "Kees"}),
        ("HelperProposal", {**LOAN, "helper_id": str(ID), "pc4": "x"}),
        ("MinutesReport", {**LOAN, "minutes": 0}),
        ("MinutesReport", {**LOAN, "minutes": "60"}),
        ("LoanSettlement", {**LOAN, "minutes": -60}),
        ("LoanEnd", {**LOAN, "reason": "Zij is ziek geworden."}),
        ("TransferOffer", {**TRANSFER, "minutes": "60"}),
        ("TransferPosting", {**TRANSFER, "minutes": 2**53}),
        ("TransferRejection", {"transfer_id": str(ID), "reason": "x" * 41}),
        ("CapProposal", {**CAP, "minutes": -1}),
        ("CapAnswer", {**CAP, "minutes": 10**9, "agreed": True}),
        ("Reckoning", {**SUMS, "total_minutes": 2**53}),
        ("ReckoningAnswer", {**SUMS, "count": -1, "agrees": True}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_region_cannot_mean_is_no_letter(name: str, data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_letter(name, 1, data)


def test_every_letter_is_bounded() -> None:
    """Nothing in it is a text or a number of any length: a peer cannot have us keep what it likes."""
    for kind in LETTERS.values():
        for name, field in kind.model_fields.items():
            bare = [each for each in (field.annotation, *get_args(field.annotation)) if each in (int, str)]
            assert not bare or field.metadata, f"{kind.__name__}.{name}"


def test_an_appeal_has_no_room_for_personal_data() -> None:
    """Only codes, numbers and times: what the request says in words has no field to travel in."""
    assert set(HelpAppeal.model_fields) == {
        "loan_id", "category", "minutes", "pc4", "wanted_at", "urgency", "wish", "counted",
    }  # fmt: skip
