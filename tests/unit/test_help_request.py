"""A request for help: open, matched, open again when a match falls away, done or withdrawn."""

from datetime import timedelta

import pytest

from contracts.envelope import Event
from contracts.exchange import RequestHelp, RequestWithdrawn, WithdrawRequest
from services.exchange.help_request import REQUEST as KIND
from services.kernel.testing import COMMAND_ID, EARLIER, NOW
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_RESERVED_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    REQUEST,
    TOMORROW,
    admitted,
    asked,
    completed,
    exchange,
    fell_through,
)

given = exchange.given

WITHDRAW = WithdrawRequest(request_id=REQUEST, member_id=ANNA)
WITHDRAWN = RequestWithdrawn(request_id=REQUEST)


def asks(**otherwise: object) -> RequestHelp:
    wanted = {"member_id": ANNA, "category": "gardening", "minutes": 90, "wanted_at": TOMORROW}
    return RequestHelp.model_validate({**wanted, **otherwise})


def test_a_participant_asks_for_help_at_their_own_postcode() -> None:
    given(admitted(ANNA)).when(asks()).then(asked(request_id=COMMAND_ID))


def test_how_urgent_it_is_and_whom_they_would_rather_have_are_part_of_it() -> None:
    (event,) = given(admitted(ANNA)).when(asks(urgency="urgent", wish="unknown")).events
    assert {"urgency": "urgent", "wish": "unknown"}.items() <= event.model_dump().items()


def test_the_words_of_a_request_go_to_the_vault_and_not_into_the_event() -> None:
    request = asks(text="De heg is te hoog.")
    (entry,) = request.vault(REQUEST)
    assert (entry.entity, entry.entity_id, entry.person_id) == ("request", REQUEST, ANNA)
    (event,) = given(admitted(ANNA)).when(request).events
    assert "heg" not in event.model_dump_json()


def test_help_without_a_date_may_be_asked_for() -> None:
    (event,) = given(admitted(ANNA)).when(asks(wanted_at=None)).events
    assert event.model_dump()["wanted_at"] is None


def test_someone_who_is_not_approved_cannot_ask_yet() -> None:
    given().when(asks()).refused("not_approved")


def test_help_cannot_be_asked_for_in_the_past() -> None:
    given(admitted(ANNA)).when(asks(wanted_at=NOW - timedelta(seconds=1))).refused("in_the_past")
    assert given(admitted(ANNA)).when(asks(wanted_at=NOW)).events


@pytest.mark.parametrize("before", [AN_OFFER_AND_A_REQUEST, A_RESERVED_MATCH], ids=["open", "matching"])
def test_a_request_is_withdrawn_while_nobody_is_confirmed(before: tuple[Event, ...]) -> None:
    given(*before).when(WITHDRAW).then(WITHDRAWN)


@pytest.mark.parametrize(
    "before", [A_CONFIRMED_MATCH, (*A_CONFIRMED_MATCH, completed())], ids=["matched", "done"]
)
def test_a_request_with_a_confirmed_match_cannot_be_withdrawn(before: tuple[Event, ...]) -> None:
    given(*before).when(WITHDRAW).refused("already_matched")


def test_nobody_withdraws_another_ones_request() -> None:
    given(admitted(ANNA), asked()).when(WithdrawRequest(request_id=REQUEST, member_id=BRAM)).refused(
        "not_theirs"
    )


def test_a_request_is_withdrawn_once() -> None:
    given(admitted(ANNA), asked(), WITHDRAWN).when(WITHDRAW).refused("withdrawn")


def test_a_request_that_nobody_made_cannot_be_withdrawn() -> None:
    given().when(WITHDRAW).refused("unknown_request")


@pytest.mark.parametrize(
    ("happened", "status"),
    [
        (AN_OFFER_AND_A_REQUEST, "open"),
        (A_RESERVED_MATCH, "matching"),
        (A_CONFIRMED_MATCH, "matched"),
        ((*A_CONFIRMED_MATCH, fell_through()), "open"),
        ((*A_RESERVED_MATCH, WITHDRAWN), "withdrawn"),
        ((*A_RESERVED_MATCH, WITHDRAWN, fell_through()), "withdrawn"),
        ((*A_CONFIRMED_MATCH, completed()), "done"),
    ],
)
def test_where_a_request_stands(happened: tuple[Event, ...], status: str) -> None:
    assert given(*happened).now(KIND, REQUEST).status == status


def test_a_request_that_is_open_again_keeps_its_first_date_and_urgency() -> None:
    first = given(*AN_OFFER_AND_A_REQUEST).now(KIND, REQUEST)
    again = given(*A_CONFIRMED_MATCH, fell_through()).now(KIND, REQUEST)
    assert (again.requested_at, again.urgency, again.wanted_at) == (EARLIER, first.urgency, TOMORROW)
