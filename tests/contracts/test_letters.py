"""Letters between regions: each is read as it was written, by older and newer releases too."""

from typing import Any
from uuid import UUID

import pytest

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


def test_an_appeal_has_no_room_for_personal_data() -> None:
    """Only codes, numbers and times: what the request says in words has no field to travel in."""
    assert set(HelpAppeal.model_fields) == {
        "loan_id", "category", "minutes", "pc4", "wanted_at", "urgency", "wish", "counted",
    }  # fmt: skip
