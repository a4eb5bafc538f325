"""A member's age: bands in place of dates, birthdays, and who agrees when someone is a minor."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from contracts.members import (
    AgeBandReached,
    GiveGuardianConsent,
    GuardianConsentGiven,
    GuardianConsentWithdrawn,
    MemberRegistered,
    NoteAgeBand,
    ReachAgeBand,
    RegisterMember,
    WithdrawGuardianConsent,
)
from contracts.policy import AgeBand
from services.kernel.testing import NOW
from services.members.age import band_on, years_on
from services.members.member import MEMBER
from tests.unit.neighbours import ANNA, members
from tests.unit.newcomers import A_HOUSEHOLD, HOUSE, left, registered

given = members.given

TODAY = date(2026, 11, 23)
CONSENTS = GiveGuardianConsent(member_id=ANNA, how="paper", guardian="Een ouder, bereikbaar via de school")
CONSENTED = GuardianConsentGiven(member_id=ANNA, how="paper")
WITHDRAWS = WithdrawGuardianConsent(member_id=ANNA)


def registers(born_on: date | None) -> RegisterMember:
    return RegisterMember(name="Bewoner", street="Lindelaan", house_number="12", pc4="3512", born_on=born_on)


def band(born_on: date | None, at: datetime = NOW) -> AgeBand | None:
    (event,) = given().when(registers(born_on), at=at).events
    assert isinstance(event, MemberRegistered)
    return event.age_band


# Bands


@pytest.mark.parametrize(
    ("born_on", "expected"),
    [
        (None, None),
        (date(2026, 11, 23), AgeBand.UNDER_16),
        (date(2010, 11, 24), AgeBand.UNDER_16),
        (date(2010, 11, 23), AgeBand.FROM_16),
        (date(2008, 11, 24), AgeBand.FROM_16),
        (date(2008, 11, 23), AgeBand.FROM_18),
        (date(2005, 11, 24), AgeBand.FROM_18),
        (date(2005, 11, 23), AgeBand.FROM_21),
        (date(1906, 11, 23), AgeBand.FROM_21),
    ],
    ids=str,
)
def test_a_band_begins_on_the_birthday(born_on: date | None, expected: AgeBand | None) -> None:
    assert band(born_on) == expected


def test_the_birthday_begins_at_midnight_in_amsterdam() -> None:
    born_on = date(2008, 11, 24)
    assert band(born_on, datetime(2026, 11, 23, 22, 59, tzinfo=UTC)) == AgeBand.FROM_16
    assert band(born_on, datetime(2026, 11, 23, 23, 0, tzinfo=UTC)) == AgeBand.FROM_18


def test_nobody_is_born_tomorrow() -> None:
    given().when(registers(TODAY + timedelta(days=1))).refused("born_in_the_future")


def test_nobody_is_over_120() -> None:
    no = given().when(registers(date(1905, 11, 23))).refused("born_too_long_ago")
    assert "120" in no.nl


def test_who_was_born_on_29_february_gets_older_on_1_march() -> None:
    assert years_on(date(2026, 2, 28), date(2008, 2, 29)) == 17
    assert years_on(date(2026, 3, 1), date(2008, 2, 29)) == 18
    assert years_on(date(2028, 2, 29), date(2008, 2, 29)) == 20


@for_any(st.dates(date(1930, 1, 1), TODAY), st.integers(0, 9000))
def test_nobody_gets_younger(born_on: date, days: int) -> None:
    order = list(AgeBand)
    later = born_on + timedelta(days=days)
    assert order.index(band_on(born_on, born_on)) == 0
    assert order.index(band_on(later + timedelta(days=1), born_on)) >= order.index(band_on(later, born_on))


# Birthdays


def reaches(age_band: AgeBand) -> ReachAgeBand:
    return ReachAgeBand(member_id=ANNA, age_band=age_band)


def test_a_birthday_brings_a_member_into_the_next_band() -> None:
    reached = AgeBandReached(member_id=ANNA, age_band=AgeBand.FROM_18)
    young = registered(age_band=AgeBand.FROM_16)
    given(young).when(reaches(AgeBand.FROM_18)).then(reached)
    assert given(young, reached).now(MEMBER, ANNA).age_band == AgeBand.FROM_18
    given(young, reached).when(reaches(AgeBand.FROM_18)).then_nothing()
    given(young, reached).when(reaches(AgeBand.FROM_16)).then_nothing()


def test_a_birthday_of_who_left_or_has_no_known_age_is_no_event() -> None:
    given().when(reaches(AgeBand.FROM_18)).then_nothing()
    given(registered()).when(reaches(AgeBand.FROM_18)).then_nothing()
    given(registered(age_band=AgeBand.FROM_16), left()).when(reaches(AgeBand.FROM_18)).then_nothing()


# A coordinator notes it


def test_a_coordinator_notes_how_old_someone_is_whose_date_of_birth_nobody_gave() -> None:
    unknown = (registered(),)
    adult = NoteAgeBand(member_id=ANNA, age_band=AgeBand.FROM_18)
    noted = AgeBandReached(member_id=ANNA, age_band=AgeBand.FROM_18)
    given(*unknown).when(adult).then(noted)
    given(*unknown, noted).when(adult).then_nothing()
    # A mistake may be put right.
    mistaken = NoteAgeBand(member_id=ANNA, age_band=AgeBand.FROM_16)
    assert given(*unknown, noted).when(mistaken).events


def test_where_a_date_of_birth_says_so_nobody_else_does() -> None:
    minor = registered(age_band=AgeBand.FROM_16)
    no = given(minor).when(NoteAgeBand(member_id=ANNA, age_band=AgeBand.FROM_21)).refused("birth_date_known")
    assert "hoeft niets te doen" in no.nl


def test_a_household_has_no_age_to_note() -> None:
    home = registered(kind="household")
    given(home).when(NoteAgeBand(member_id=ANNA, age_band=AgeBand.FROM_21)).refused("not_a_person")


# Guardians


@pytest.mark.parametrize("young", [AgeBand.UNDER_16, AgeBand.FROM_16])
def test_a_guardian_agrees_that_a_minor_takes_part(young: AgeBand) -> None:
    given(registered(age_band=young)).when(CONSENTS).then(CONSENTED)
    assert given(registered(age_band=young), CONSENTED).now(MEMBER, ANNA).guardian_agrees


def test_who_the_guardian_is_stays_in_the_vault() -> None:
    (entry,) = CONSENTS.vault(ANNA)
    assert (entry.entity, entry.person_id) == ("guardian", ANNA)
    (event,) = given(registered(age_band=AgeBand.FROM_16)).when(CONSENTS).events
    assert "ouder" not in event.model_dump_json()


@pytest.mark.parametrize("age_band", [AgeBand.FROM_18, AgeBand.FROM_21, None])
def test_nobody_else_needs_a_guardian(age_band: AgeBand | None) -> None:
    given(registered(age_band=age_band)).when(CONSENTS).refused("not_a_minor")


def test_a_household_has_no_guardian() -> None:
    command = CONSENTS.model_copy(update={"member_id": HOUSE})
    given(*A_HOUSEHOLD).when(command).refused("not_a_person")


def test_consent_is_withdrawn_and_given_again() -> None:
    young = registered(age_band=AgeBand.FROM_16)
    withdrawn = GuardianConsentWithdrawn(member_id=ANNA)
    given(young, CONSENTED).when(CONSENTS).then_nothing()
    given(young, CONSENTED).when(WITHDRAWS).then(withdrawn)
    given(young, CONSENTED, withdrawn).when(WITHDRAWS).then_nothing()
    given(young).when(WITHDRAWS).then_nothing()
    given(young, CONSENTED, withdrawn).when(CONSENTS).then(CONSENTED)
    assert not given(young, CONSENTED, withdrawn).now(MEMBER, ANNA).guardian_agrees
