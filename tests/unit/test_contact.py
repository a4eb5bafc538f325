"""A contact: two people may reach each other for as long as their match is confirmed."""

import pytest

from contracts.envelope import Event
from contracts.exchange import MatchReserved
from contracts.members import CloseContact, ContactClosed, ContactOpened, OpenContact
from services.members.contact import CONTACT
from services.members.handlers import FOLLOWS
from tests.unit.neighbours import ANNA, BRAM, MATCH, completed, confirmed, fell_through, members

given = members.given

OPENED = ContactOpened(contact_id=MATCH, helper_id=BRAM, asker_id=ANNA)
CLOSED = ContactClosed(contact_id=MATCH)


def test_a_confirmed_match_asks_to_open_a_contact() -> None:
    (command,) = FOLLOWS[type(confirmed())](confirmed())
    assert command == OpenContact(contact_id=MATCH, helper_id=BRAM, asker_id=ANNA)
    given().when(command).then(OPENED)


@pytest.mark.parametrize("over", [fell_through(), completed()], ids=lambda event: type(event).__name__)
def test_a_match_that_is_over_asks_to_close_it(over: Event) -> None:
    (command,) = FOLLOWS[type(over)](over)
    assert command == CloseContact(contact_id=MATCH)
    given(OPENED).when(command).then(CLOSED)


def test_a_reserved_match_shows_nobody_anything() -> None:
    assert MatchReserved not in FOLLOWS


def test_a_match_that_was_never_confirmed_has_no_contact_to_close() -> None:
    given().when(CloseContact(contact_id=MATCH)).then_nothing()


def test_a_contact_is_closed_once() -> None:
    given(OPENED, CLOSED).when(CloseContact(contact_id=MATCH)).then_nothing()


def test_a_contact_is_open_between_its_two_people_until_it_is_closed() -> None:
    contact = given(OPENED).now(CONTACT, MATCH)
    assert (contact.helper_id, contact.asker_id, contact.is_open) == (BRAM, ANNA, True)
    assert not given(OPENED, CLOSED).now(CONTACT, MATCH).is_open
