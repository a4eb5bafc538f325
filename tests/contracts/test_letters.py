"""Letters between regions: each is read as it was written, by older and newer releases too."""

import inspect
import re
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from contracts import clearing, crossings, loans, network
from contracts.generate import PLAUSIBLE, invented
from contracts.letters import LETTERS, ForPeer, HelpAppeal, Letter, TransferOffer, read_letter
from contracts.link import OrphanedLetter
from contracts.upcasting import UnknownEvent
from tests.harness import releases

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


# A release reads a version before the next one writes it: a region may be one behind.

LAST = releases.kept()[-1]


def _written() -> list[type[Letter]]:
    """The letters that an event of today may lead to."""
    events = (*clearing.EVENTS, *crossings.EVENTS, *loans.EVENTS)
    said = "".join(inspect.getsource(event.letter) for event in events if issubclass(event, ForPeer))
    return [LETTERS[name] for name in sorted(set(re.findall(r"\w+", said)) & set(LETTERS))]


def unread(letter: type[Letter], read: dict[str, Any]) -> list[str]:
    """Why a release that reads these could not read what we write; empty when it can."""
    known = read["letters"].get(letter.__name__)
    if known is None:
        return [f"{letter.__name__} is unknown there: read it for a release before an event writes it"]
    if known["version"] < letter.VERSION:
        return [f"{letter.__name__} v{letter.VERSION} is read there up to v{known['version']}"]
    whole = {name: invented(letter, name, _HELD) for name in letter.model_fields}
    return _wrong(letter.model_validate(whole), known["form"])


def _wrong(said: BaseModel, form: dict[str, Any]) -> list[str]:
    found = Draft202012Validator(form).iter_errors(said.model_dump(mode="json"))
    return [f"{type(said).__name__}: {error.message}" for error in found]


_HELD = {**PLAUSIBLE, "reason": "clearing_cap", "count": 3, "total_minutes": 180}


def test_every_letter_is_written_by_an_event() -> None:
    assert len(_written()) == len(LETTERS), "or it is new, and only read yet: then say so here"


@pytest.mark.parametrize("letter", _written(), ids=lambda kind: kind.__name__)
def test_what_is_written_the_release_before_reads(letter: type[Letter]) -> None:
    assert unread(letter, releases.read_by(LAST)) == []


def test_what_the_release_before_does_not_read_is_noticed() -> None:
    read = releases.read_by(LAST)
    read["letters"]["HelpAppeal"]["version"] = 0
    assert unread(HelpAppeal, read) == ["HelpAppeal v1 is read there up to v0"]
    read["letters"]["HelpAppeal"] = {"version": 1, "form": {"properties": {"minutes": {"type": "string"}}}}
    assert unread(HelpAppeal, read) == ["HelpAppeal: 90 is not of type 'string'"]
    del read["letters"]["HelpAppeal"]
    assert "HelpAppeal is unknown there" in unread(HelpAppeal, read)[0]


SAID_BY_A_LINK: tuple[network.Message, ...] = (
    network.Stated(id=ID, sender="oost", to="west", kind="Mark", at=datetime.now(UTC), re=ID, body={}),
    network.Greeting(release="0.2.0"),
    network.Mark(epoch=1, number=2, letter_id=ID, release="0.2.0", reads={"LoanEnd": 1}),
    network.Letters(
        epoch=1,
        base=0,
        letters=(
            network.WrittenLetter(
                letter_id=ID, number=1, thread_id=ID, name="LoanEnd", version=1, data={}, correlation_id=ID
            ),
        ),
    ),
    network.GetTaken(at_most=2),
    network.Taken(letters=(OrphanedLetter(letter_id=ID, thread_id=ID, number=1, name="LoanEnd"),)),
    network.GetContact(thread_id=ID),
    network.Contact(name="Jo Voorbeeld", phone="06", email="jo@voorbeeld.example", refused="gone"),
    network.GetDirectory(),
    network.Leave(),
    network.Report(
        release="0.2.0", peers_up=1, peers_away=0, waiting=0, refused=0, positions_minutes={"owes": 1}
    ),
)


@pytest.mark.parametrize("said", SAID_BY_A_LINK, ids=lambda said: type(said).__name__)
def test_what_links_say_the_release_before_understands(said: network.Message) -> None:
    assert _wrong(said, releases.read_by(LAST)["messages"][type(said).__name__]) == []
