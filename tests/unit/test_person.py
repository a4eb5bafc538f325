"""What exchange knows of a person: age, pause, certificates, who may act, as members tells it."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.households import HouseholdJoined, HouseholdLeft, RepresentationEnded, RepresentationGranted
from contracts.members import (
    AgeBandReached,
    GuardianConsentGiven,
    GuardianConsentWithdrawn,
    MemberErased,
    MemberLeft,
    MemberPaused,
    MemberRegistered,
    MemberResumed,
)
from contracts.policy import AgeBand
from contracts.vetting import VogLapsed, VogRecorded
from services.exchange.person import ACTING, PERSON, VETTING, acting_id, may_act, vetting_id
from services.kernel.testing import NOW
from tests.unit.neighbours import ANNA, BRAM, CORA, exchange

given = exchange.given

OLD, NEW = UUID(int=0xE1), UUID(int=0xE2)
REGISTERED = MemberRegistered(member_id=BRAM, number=1042, pc4="3512", capacity_minutes_week=240)
PAUSED = MemberPaused(member_id=BRAM)
RESUMED = MemberResumed(member_id=BRAM)
AGREES = GuardianConsentGiven(member_id=BRAM, how="paper")
AGREES_NO_MORE = GuardianConsentWithdrawn(member_id=BRAM)
LEFT = MemberLeft(member_id=BRAM, settle="pool")


def seen(vog_id: UUID = OLD, *, category: str = "finances", until: date = date(2027, 1, 1)) -> VogRecorded:
    return VogRecorded(vog_id=vog_id, member_id=BRAM, category=category, valid_until=until)


def over(vog_id: UUID = OLD, *, category: str = "finances") -> VogLapsed:
    return VogLapsed(vog_id=vog_id, member_id=BRAM, category=category)


def test_who_registers_is_known_without_an_age_when_none_was_given() -> None:
    person = given(REGISTERED).now(PERSON, BRAM)
    assert (person.kind, person.band, person.paused, person.gone) == ("person", None, False, False)


def test_a_birthday_brings_someone_into_another_band() -> None:
    young = REGISTERED.model_copy(update={"age_band": AgeBand.FROM_16})
    grown = AgeBandReached(member_id=BRAM, age_band=AgeBand.FROM_18)
    assert given(young).now(PERSON, BRAM).band is AgeBand.FROM_16
    assert given(young, grown).now(PERSON, BRAM).band is AgeBand.FROM_18


@pytest.mark.parametrize(
    ("happened", "agrees"), [((), False), ((AGREES,), True), ((AGREES, AGREES_NO_MORE), False)]
)
def test_a_guardian_agrees_until_they_no_longer_do(happened: tuple[Event, ...], agrees: bool) -> None:
    assert given(REGISTERED, *happened).now(PERSON, BRAM).guardian_agrees is agrees


def test_a_pause_without_an_end_lasts_until_they_are_back() -> None:
    assert given(REGISTERED, PAUSED).now(PERSON, BRAM).pauses_at(NOW + timedelta(days=3650))
    assert not given(REGISTERED, PAUSED, RESUMED).now(PERSON, BRAM).pauses_at(NOW)


def test_a_pause_with_an_end_covers_that_moment_and_nothing_after_it() -> None:
    until = NOW + timedelta(days=7)
    person = given(REGISTERED, MemberPaused(member_id=BRAM, until=until)).now(PERSON, BRAM)
    assert person.pauses_at(until)
    assert not person.pauses_at(until + timedelta(seconds=1))


def test_a_pause_that_is_made_open_ended_has_no_end_any_more() -> None:
    first = MemberPaused(member_id=BRAM, until=NOW)
    assert given(REGISTERED, first, PAUSED).now(PERSON, BRAM).pauses_at(NOW + timedelta(days=1))


@pytest.mark.parametrize("event", [LEFT, MemberErased(member_id=BRAM)], ids=["left", "erased"])
def test_who_leaves_is_gone(event: Event) -> None:
    assert given(REGISTERED, event).now(PERSON, BRAM).gone


# Certificates of conduct


def test_a_certificate_counts_for_one_category_until_its_last_day() -> None:
    now = given(seen())
    vetting = now.now(VETTING, vetting_id(BRAM, "finances"))
    assert (vetting.member_id, vetting.category, vetting.valid_until) == (BRAM, "finances", date(2027, 1, 1))
    assert not vetting.lapsed
    assert now.state.get(VETTING, vetting_id(BRAM, "respite")) is None


def test_a_certificate_that_ends_lapses_in_its_own_category_alone() -> None:
    now = given(seen(), seen(category="respite"), over())
    assert now.now(VETTING, vetting_id(BRAM, "finances")).lapsed
    assert not now.now(VETTING, vetting_id(BRAM, "respite")).lapsed


def test_a_newer_certificate_replaces_the_older_whose_end_then_changes_nothing() -> None:
    renewed = given(seen(), over(), seen(NEW, until=date(2029, 1, 1))).now(
        VETTING, vetting_id(BRAM, "finances")
    )
    assert (renewed.lapsed, renewed.valid_until) == (False, date(2029, 1, 1))
    overtaken = given(seen(), seen(NEW, until=date(2029, 1, 1)), over())
    assert not overtaken.now(VETTING, vetting_id(BRAM, "finances")).lapsed


# Who may act for whom

GRANTED = RepresentationGranted(
    representation_id=NEW, member_id=ANNA, representative_id=CORA, how="in_person"
)
ENDED = RepresentationEnded(representation_id=NEW, member_id=ANNA, representative_id=CORA)
ACTS = HouseholdJoined(member_id=CORA, household_id=ANNA, shares_balance=True, may_act=True)
LIVES_THERE = HouseholdJoined(member_id=CORA, household_id=ANNA, shares_balance=True, may_act=False)
MOVED_OUT = HouseholdLeft(member_id=CORA, household_id=ANNA)


@pytest.mark.parametrize(
    ("happened", "may"),
    [
        ((), False),
        ((GRANTED,), True),
        ((GRANTED, ENDED), False),
        ((ACTS,), True),
        ((LIVES_THERE,), False),
        ((ACTS, MOVED_OUT), False),
    ],
)
def test_who_may_act_for_someone(happened: tuple[Event, ...], may: bool) -> None:
    now = given(*happened)
    assert may_act(now.state, ANNA, CORA) is may
    # Never the other way round, and never for someone else.
    assert not may_act(now.state, CORA, ANNA)
    assert not may_act(now.state, BRAM, CORA)


def test_who_may_act_is_kept_by_pair() -> None:
    assert given(GRANTED).now(ACTING, acting_id(ANNA, CORA)).may_act
