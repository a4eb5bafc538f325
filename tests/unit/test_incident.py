"""An incident: two people kept apart at once, until someone says they may meet again."""

from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.participants import ParticipantLeft
from contracts.safety import EndIncident, IncidentClosed, IncidentReported, ReportIncident
from services.exchange.incident import INCIDENT as KIND
from services.exchange.incident import PAIR, apart, pair_id
from services.kernel.testing import COMMAND_ID
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_MATCH,
    A_RESERVED_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    CORA,
    ELSEWHERE,
    MATCH,
    admitted,
    agreed,
    asked,
    but,
    completed,
    confirmed,
    exchange,
    fell_through,
)

given = exchange.given

REPORT = ReportIncident(helper_id=BRAM, asker_id=ANNA, match_id=MATCH, text="Er is geld weg.")
INCIDENT = IncidentReported(
    incident_id=COMMAND_ID, pair_id=pair_id(ANNA, BRAM), helper_id=BRAM, asker_id=ANNA, match_id=MATCH
)


def close(released: bool) -> EndIncident:
    return EndIncident(
        incident_id=COMMAND_ID, released=released, note="Besproken.", helper_id=BRAM, asker_id=ANNA
    )


def closed(released: bool) -> IncidentClosed:
    return IncidentClosed(**INCIDENT.model_dump(), released=released)


def test_what_happened_goes_to_the_vault_for_both_and_not_into_the_event() -> None:
    for command in (REPORT, close(released=True)):
        (entry,) = command.vault(COMMAND_ID)
        assert {entry.person_id, entry.other_id} == {ANNA, BRAM}
        assert entry.entity_id == COMMAND_ID
    assert "geld" not in INCIDENT.model_dump_json()


def test_what_was_planned_between_them_is_called_off_at_once() -> None:
    given(*A_CONFIRMED_MATCH).when(REPORT).then(INCIDENT, fell_through("incident"))


def test_nobody_is_told_of_a_match_that_was_not_confirmed_yet() -> None:
    given(*A_RESERVED_MATCH).when(REPORT).then(INCIDENT, fell_through("incident", told=False))


def test_also_what_the_other_of_them_would_help_with() -> None:
    back = UUID(int=0x101)
    match = but(A_MATCH, match_id=UUID(int=0x201), request_id=back, helper_id=ANNA, asker_id=BRAM)
    happened = (*A_CONFIRMED_MATCH, asked(BRAM, request_id=back), match, confirmed(match))
    given(*happened).when(REPORT).then(INCIDENT, fell_through("incident"), fell_through("incident", of=match))


def test_what_either_does_with_others_goes_on() -> None:
    other = UUID(int=0x101)
    match = but(A_MATCH, match_id=UUID(int=0x201), request_id=other, asker_id=CORA)
    happened = (admitted(CORA), *AN_OFFER_AND_A_REQUEST, asked(CORA, request_id=other), match)
    given(*happened).when(REPORT).then(INCIDENT)


@pytest.mark.parametrize("happened", [(agreed(),), (agreed(), completed())], ids=["agreed", "completed"])
def test_help_that_both_agreed_on_stands(happened: tuple[Event, ...]) -> None:
    given(*A_CONFIRMED_MATCH, *happened).when(REPORT).then(INCIDENT)


def test_two_people_are_one_pair_whoever_is_named_first() -> None:
    assert pair_id(ANNA, BRAM) == pair_id(BRAM, ANNA) != pair_id(ANNA, CORA)
    now = given(*AN_OFFER_AND_A_REQUEST, INCIDENT)
    assert apart(now.state, ANNA, BRAM)
    assert apart(now.state, BRAM, ANNA)
    assert not apart(now.state, ANNA, CORA)
    assert not apart(given(*AN_OFFER_AND_A_REQUEST).state, ANNA, BRAM)


def test_an_incident_is_about_two_people_who_take_part() -> None:
    same = REPORT.model_copy(update={"helper_id": ANNA})
    given(*A_CONFIRMED_MATCH).when(same).refused("same_person")
    given(admitted(ANNA)).when(REPORT).refused("not_approved")
    left = ParticipantLeft(participant_id=BRAM, settle="pool")
    given(*A_CONFIRMED_MATCH, fell_through("left"), left).when(REPORT).refused("left")


def test_a_coordinator_of_elsewhere_does_not_keep_it() -> None:
    given(*A_CONFIRMED_MATCH).when(REPORT, by=ELSEWHERE).refused("other_area")
    given(*AN_OFFER_AND_A_REQUEST, INCIDENT).when(close(released=True), by=ELSEWHERE).refused("other_area")


# The end of it


@pytest.mark.parametrize("released", [True, False])
def test_it_is_closed_and_the_two_may_meet_again_or_stay_apart(released: bool) -> None:
    given(*AN_OFFER_AND_A_REQUEST, INCIDENT).when(close(released)).then(closed(released))
    after = given(*AN_OFFER_AND_A_REQUEST, INCIDENT, closed(released))
    assert apart(after.state, ANNA, BRAM) is not released
    assert not after.now(KIND, COMMAND_ID).is_open


def test_they_stay_apart_for_each_incident_that_is_not_released() -> None:
    second = but(INCIDENT, incident_id=MATCH)
    pair = given(*AN_OFFER_AND_A_REQUEST, INCIDENT, second, closed(released=True)).now(PAIR, INCIDENT.pair_id)
    assert pair.incidents == (MATCH,)


def test_an_incident_is_closed_once_and_one_that_never_was_not_at_all() -> None:
    again = close(released=True)
    given(*AN_OFFER_AND_A_REQUEST, INCIDENT, closed(released=False)).when(again).refused("no_open_incident")
    given(*AN_OFFER_AND_A_REQUEST).when(again).refused("no_open_incident")
