"""An incident: two people kept apart at once, until someone says they may meet again."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from contracts.envelope import Actor, Event, Role
from contracts.exchange import MatchUnbooked, MinutesReported, PeopleParted, ReportMinutes
from contracts.households import HouseholdJoined, HouseholdLeft
from contracts.participants import ParticipantLeft
from contracts.safety import (
    EndIncident,
    GetIncidentFile,
    HandOverIncident,
    IncidentClosed,
    IncidentHandedOver,
    IncidentReported,
    PassOnIncident,
    ReportIncident,
)
from contracts.visits import HelperEndPlanned, SeriesStarted
from services.exchange.incident import INCIDENT as KIND
from services.exchange.incident import PAIR, apart, pair_id
from services.exchange.preparing import hand_over_incident, report_incident
from services.exchange.queries import get_incident_file
from services.exchange.series import SERIES
from services.kernel.errors import Rejected
from services.kernel.settings import Key
from services.kernel.testing import COMMAND_ID, COORDINATOR, NOW
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
    NEXT_WEEK,
    OFFER,
    REQUEST,
    TOMORROW,
    admitted,
    agreed,
    as_member,
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
    incident_id=COMMAND_ID,
    pair_id=pair_id(ANNA, BRAM),
    helper_id=BRAM,
    asker_id=ANNA,
    match_id=MATCH,
    reported_by=COORDINATOR.name,
    handler=COORDINATOR.name,
)


PARTED = PeopleParted(match_id=MATCH, helper_id=BRAM, asker_id=ANNA)
SAID = MinutesReported(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, by="helper", minutes=60)


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


def test_help_that_both_agreed_on_stands() -> None:
    given(*A_CONFIRMED_MATCH, agreed()).when(REPORT).then(INCIDENT, PARTED)
    given(*A_CONFIRMED_MATCH, agreed(), completed()).when(REPORT).then(INCIDENT)


def test_help_that_was_given_stands_and_they_no_longer_see_how_to_reach_each_other() -> None:
    given(*A_CONFIRMED_MATCH).when(REPORT, at=TOMORROW).then(INCIDENT, PARTED)
    on_the_day = TOMORROW - timedelta(hours=1)
    given(*A_CONFIRMED_MATCH, SAID).when(REPORT, at=on_the_day).then(INCIDENT, PARTED)
    given(*A_CONFIRMED_MATCH, SAID, INCIDENT, PARTED).when(REPORT, id=MATCH, at=on_the_day).then(
        but(INCIDENT, incident_id=MATCH)
    )
    unbooked = MatchUnbooked(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60)
    both = (SAID, but(SAID, by="asker"), agreed(), unbooked)
    given(*A_CONFIRMED_MATCH, *both).when(REPORT).then(INCIDENT, PARTED)


def test_a_visit_that_is_still_to_come_is_called_off_whatever_one_of_them_reported_of_it() -> None:
    given(*A_CONFIRMED_MATCH, SAID).when(REPORT).then(INCIDENT, fell_through("incident"))


def test_who_is_kept_apart_still_reports_their_own_minutes() -> None:
    happened = (*A_CONFIRMED_MATCH, SAID, INCIDENT, PARTED)
    own = ReportMinutes(match_id=MATCH, member_id=ANNA, minutes=60)
    given(*happened).when(own, by=as_member(ANNA)).then(but(SAID, by="asker"), agreed())


def test_two_people_are_one_pair_whoever_is_named_first() -> None:
    assert pair_id(ANNA, BRAM) == pair_id(BRAM, ANNA) != pair_id(ANNA, CORA)
    now = given(*AN_OFFER_AND_A_REQUEST, INCIDENT)
    assert apart(now.state, ANNA, BRAM)
    assert apart(now.state, BRAM, ANNA)
    assert not apart(now.state, ANNA, CORA)
    assert not apart(given(*AN_OFFER_AND_A_REQUEST).state, ANNA, BRAM)


def test_an_incident_is_about_two_people_who_take_part_or_did() -> None:
    same = REPORT.model_copy(update={"helper_id": ANNA})
    given(*A_CONFIRMED_MATCH).when(same).refused("same_person")
    given(admitted(ANNA)).when(REPORT).refused("not_approved")
    for who in (ANNA, BRAM):
        left = ParticipantLeft(participant_id=who, settle="pool")
        given(*A_CONFIRMED_MATCH, fell_through("left"), left).when(REPORT).then(INCIDENT)
        given(*A_CONFIRMED_MATCH, PARTED, left).when(REPORT, at=TOMORROW).then(INCIDENT)


# Help that comes back

STARTED = SeriesStarted(
    series_id=REQUEST,
    offer_id=OFFER,
    helper_id=BRAM,
    asker_id=ANNA,
    category="gardening",
    minutes=90,
    recurrence="FREQ=WEEKLY;BYDAY=TU",
    starts_at=TOMORROW,
    next_at=NEXT_WEEK,
)
STOPS = HelperEndPlanned(series_id=REQUEST, helper_id=BRAM, helper_last_day=NOW.date())


@pytest.mark.parametrize("turned", [False, True], ids=["as helped", "the other way round"])
def test_a_series_between_them_does_not_stay_with_its_helper(turned: bool) -> None:
    around = REPORT.model_copy(update={"helper_id": ANNA, "asker_id": BRAM}) if turned else REPORT
    happened = (*AN_OFFER_AND_A_REQUEST, STARTED)
    _, stops = given(*happened).when(around).events
    assert stops == STOPS
    # Whoever stopped already is not told again.
    assert len(given(*happened, STOPS).when(around).events) == 1
    series = given(*happened, INCIDENT, STOPS).now(SERIES, REQUEST)
    assert (series.status, series.helper_last_day) == ("running", NOW.date())


def test_a_series_with_someone_else_goes_on() -> None:
    other = but(STARTED, asker_id=CORA)
    given(admitted(CORA), *AN_OFFER_AND_A_REQUEST, other).when(REPORT).then(INCIDENT)


# Who lives together

HOME = UUID(int=0xDD)
KIN = UUID(int=0xEE)


def home(*people: UUID, kind: str = "household") -> tuple[Event, ...]:
    """A household (or organisation) that takes part, with its people."""
    joined = (
        HouseholdJoined(household_id=HOME, member_id=one, shares_balance=False, may_act=True)
        for one in people
    )
    return (but(admitted(HOME, number=1050), kind=kind), *joined)


FOR_HOME = but(A_MATCH, asker_id=HOME)


@pytest.mark.parametrize(
    ("helper", "asker", "kept_apart"),
    [(BRAM, HOME, True), (HOME, BRAM, True), (BRAM, KIN, True), (KIN, BRAM, True), (BRAM, CORA, False)],
)
def test_who_lives_with_someone_is_kept_apart_from_the_same_people(
    helper: UUID, asker: UUID, kept_apart: bool
) -> None:
    now = given(*AN_OFFER_AND_A_REQUEST, admitted(KIN), admitted(CORA), *home(ANNA, KIN), INCIDENT)
    assert apart(now.state, helper, asker) is kept_apart
    left = HouseholdLeft(household_id=HOME, member_id=ANNA)
    moved_out = given(*AN_OFFER_AND_A_REQUEST, admitted(KIN), *home(ANNA, KIN), INCIDENT, left)
    assert not apart(moved_out.state, helper, asker)
    assert apart(moved_out.state, BRAM, ANNA)


def test_an_organisation_is_no_home_and_still_has_what_its_people_have() -> None:
    happened = (*AN_OFFER_AND_A_REQUEST, admitted(KIN), *home(ANNA, KIN, kind="organisation"), INCIDENT)
    now = given(*happened)
    assert apart(now.state, BRAM, HOME)
    assert not apart(now.state, BRAM, KIN)


def test_what_was_planned_for_their_household_is_called_off_too_and_once() -> None:
    happened = (
        *AN_OFFER_AND_A_REQUEST[:3],
        *home(ANNA, KIN),
        asked(HOME),
        FOR_HOME,
        confirmed(FOR_HOME),
        but(STARTED, asker_id=HOME),
    )
    given(*happened).when(REPORT).then(INCIDENT, fell_through("incident", of=FOR_HOME), STOPS)


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


def test_it_is_closed_by_who_reads_its_file() -> None:
    now = given(*AN_OFFER_AND_A_REQUEST, but(INCIDENT, reported_by="noor", handler="sam"))
    for name in ("noor", "sam"):
        now.when(close(released=True), by=coordinator(name)).then(closed(True))
    now.when(close(released=True), by=coordinator("bas", "sam")).then(closed(True))
    no = now.when(close(released=True), by=coordinator("bas")).refused("not_the_handler")
    assert "afsluiten" in no.nl


def pass_on(handler: str = "bas", nth: int = 1) -> PassOnIncident:
    return PassOnIncident(
        incident_id=COMMAND_ID, handler=handler, reason="Met verlof.", helper_id=BRAM, asker_id=ANNA, nth=nth
    )


def handed_over(former_handler: str = "sam", handler: str = "bas") -> IncidentHandedOver:
    return IncidentHandedOver(
        incident_id=COMMAND_ID,
        helper_id=BRAM,
        asker_id=ANNA,
        former_handler=former_handler,
        handler=handler,
    )


def test_it_is_given_to_a_colleague_also_when_it_is_closed() -> None:
    reported = but(INCIDENT, reported_by="noor", handler="sam")
    now = given(*AN_OFFER_AND_A_REQUEST, reported)
    now.when(pass_on(), by=coordinator("sam")).then(handed_over())
    given(*AN_OFFER_AND_A_REQUEST, reported, closed(True)).when(pass_on()).then(handed_over())
    after = given(*AN_OFFER_AND_A_REQUEST, reported, handed_over())
    found = after.now(KIND, COMMAND_ID)
    assert (found.handler, found.former_handlers) == ("bas", ("sam",))
    after.when(close(released=True), by=coordinator("sam")).refused("not_the_handler")
    after.when(close(released=True), by=coordinator("bas")).then(closed(True))


def test_nobody_takes_it_and_nobody_of_the_two_gives_it_away() -> None:
    now = given(*AN_OFFER_AND_A_REQUEST, but(INCIDENT, reported_by="noor", handler="sam"))
    now.when(pass_on("bas"), by=coordinator("bas")).refused("names_oneself")
    now.when(pass_on("sam"), by=coordinator("noor")).refused("same_handler")
    now.when(pass_on("noor", nth=2), by=coordinator("sam")).refused("handed_over_meanwhile")
    now.when(pass_on(), by=coordinator("bram", member_id=BRAM)).refused("involved")
    given(*AN_OFFER_AND_A_REQUEST).when(pass_on()).refused("unknown_incident")


def test_why_it_was_handed_over_goes_to_the_vault_each_time() -> None:
    entries = [entry for nth in (1, 2) for entry in pass_on(nth=nth).vault(COMMAND_ID)]
    assert [entry.entity for entry in entries] == ["incident-handed-over-1", "incident-handed-over-2"]
    assert all({entry.person_id, entry.other_id} == {ANNA, BRAM} for entry in entries)


def test_an_incident_is_closed_once_and_one_that_never_was_not_at_all() -> None:
    again = close(released=True)
    given(*AN_OFFER_AND_A_REQUEST, INCIDENT, closed(released=False)).when(again).refused("no_open_incident")
    given(*AN_OFFER_AND_A_REQUEST).when(again).refused("no_open_incident")


# Who handles it


BRAM_COORDINATES = COORDINATOR.model_copy(update={"name": "bram", "member_id": BRAM})


def test_a_coordinator_who_is_one_of_the_two_reports_it_for_a_colleague_to_handle() -> None:
    given(*A_CONFIRMED_MATCH).when(REPORT, by=BRAM_COORDINATES).refused("involved")
    to_sam = REPORT.model_copy(update={"handler": "sam"})
    given(*A_CONFIRMED_MATCH).when(to_sam, by=BRAM_COORDINATES).then(
        but(INCIDENT, reported_by="bram", handler="sam"), fell_through("incident")
    )


def test_a_coordinator_who_is_one_of_the_two_does_not_close_it() -> None:
    now = given(*AN_OFFER_AND_A_REQUEST, INCIDENT)
    now.when(close(released=True), by=BRAM_COORDINATES).refused("involved")
    now.when(close(released=True), by=COORDINATOR.model_copy(update={"member_id": CORA})).then(closed(True))


class OneIncident:
    """A database with one incident, reported by Noor and handled by Sam."""

    async def fetchrow(self, sql: str, incident_id: UUID) -> dict[str, Any] | None:
        row = {"reported_by": "noor", "handler": "sam", "helper_id": BRAM, "asker_id": ANNA}
        row |= {"former_handlers": ["ali"]}
        return row if incident_id == COMMAND_ID else None

    async def fetch(self, sql: str, incident_id: UUID) -> list[dict[str, str]]:
        return [
            {"entity": "incident", "data": '{"text": "Er is geld weg."}'},
            {"entity": "incident-handed-over-1", "data": '{"text": "Ali is ziek."}'},
            {"entity": "incident-end", "data": '{"text": "Besproken."}'},
        ]


KEYS = tuple(
    Key.model_validate({"id": name, "role": "coordinator", "sha256": digit * 64, "member_id": member_id})
    for name, digit, member_id in (("sam", "0", None), ("bram", "1", str(BRAM)))
)
REPLICA: Any = SimpleNamespace(pool=OneIncident(), region=SimpleNamespace(keys=KEYS))


def coordinator(name: str, *stands_in_for: str, member_id: UUID | None = None) -> Actor:
    return Actor(role=Role.COORDINATOR, name=name, stands_in_for=stands_in_for, member_id=member_id)


@pytest.mark.parametrize("reader", [coordinator("noor"), coordinator("sam"), coordinator("bas", "sam")])
async def test_its_file_is_read_by_who_reported_it_who_handles_it_and_their_deputies(reader: Actor) -> None:
    with capture_logs() as logged:
        found = await get_incident_file(REPLICA, GetIncidentFile(incident_id=COMMAND_ID), reader)
    assert found.texts == {
        "reported": "Er is geld weg.",
        "handed-over-1": "Ali is ziek.",
        "closed": "Besproken.",
    }
    (look,) = logged
    said = (look["event"], look["actor"], look["object"])
    assert said == ("restricted_read", str(reader), str(COMMAND_ID))


@pytest.mark.parametrize(
    ("incident_id", "reader", "code"),
    [
        (COMMAND_ID, coordinator("bas"), "not_the_handler"),
        (COMMAND_ID, coordinator("noor", member_id=ANNA), "involved"),
        (MATCH, coordinator("sam"), "unknown_incident"),
    ],
)
async def test_nobody_else_reads_it(incident_id: UUID, reader: Actor, code: str) -> None:
    with pytest.raises(Rejected, match=code):
        await get_incident_file(REPLICA, GetIncidentFile(incident_id=incident_id), reader)


async def test_it_is_given_to_a_coordinator_with_a_key_who_is_not_one_of_the_two() -> None:
    to_sam = REPORT.model_copy(update={"handler": "sam"})
    assert await report_incident(REPLICA, to_sam, COORDINATOR) == to_sam
    assert await report_incident(REPLICA, REPORT, COORDINATOR) == REPORT
    for handler, code in (("bram", "involved"), ("niemand", "unknown_coordinator")):
        with pytest.raises(Rejected, match=code):
            await report_incident(REPLICA, REPORT.model_copy(update={"handler": handler}), COORDINATOR)


async def test_handing_it_over_knows_whom_it_is_about_and_how_often_it_was_done() -> None:
    give = HandOverIncident(incident_id=COMMAND_ID, handler="sam", reason="Met verlof.")
    assert await hand_over_incident(REPLICA, give, COORDINATOR) == pass_on("sam", nth=2)
    for incident_id, handler, code in (
        (COMMAND_ID, "bram", "involved"),
        (COMMAND_ID, "niemand", "unknown_coordinator"),
        (MATCH, "sam", "unknown_incident"),
    ):
        with pytest.raises(Rejected, match=code):
            again = give.model_copy(update={"incident_id": incident_id, "handler": handler})
            await hand_over_incident(REPLICA, again, COORDINATOR)
