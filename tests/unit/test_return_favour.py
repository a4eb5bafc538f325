"""Small things to do in return."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.categories import CATEGORIES, Intimacy
from services.exchange.return_favour import HOW_MANY, Able, suggest
from tests.unit.neighbours import ANNA

SMALL = {code for code, category in CATEGORIES.items() if category.small}
OFFERED = st.sets(st.sampled_from(list(CATEGORIES)))


@given(st.uuids(), OFFERED)
def test_three_small_things_are_suggested_that_they_do_not_offer_yet(
    member_id: UUID, offered: set[str]
) -> None:
    suggested = [favour.category for favour in suggest(member_id, offered).favours]
    assert set(suggested) <= SMALL - offered
    assert len(set(suggested)) == len(suggested) == min(HOW_MANY, len(SMALL - offered))


@given(st.uuids(), OFFERED)
def test_someone_sees_the_same_suggestions_every_time(member_id: UUID, offered: set[str]) -> None:
    assert suggest(member_id, offered) == suggest(member_id, frozenset(offered))


@given(st.lists(st.uuids(), min_size=60, max_size=60, unique=True))
def test_not_everyone_sees_the_same_suggestions(members: list[UUID]) -> None:
    assert len({suggest(member_id, ()) for member_id in members}) > 1


def test_someone_who_offers_everything_small_already_gets_none() -> None:
    assert suggest(ANNA, SMALL).favours == ()


WELL = Able(capacity_minutes_week=120, from_bands=("from_16",))


@pytest.mark.parametrize(
    ("able", "some"),
    [
        (WELL, True),
        (replace(WELL, load_minutes=119), True),
        (replace(WELL, load_minutes=120), False),
        (replace(WELL, load_minutes=180), False),
        (replace(WELL, paused=True), False),
        # Who never said how much they can do, begins with something small.
        (replace(WELL, capacity_minutes_week=0), True),
        (replace(WELL, age_band="from_16"), False),
        (replace(WELL, age_band="from_16", guardian_agrees=True), True),
        (replace(WELL, age_band="under_16", guardian_agrees=True), False),
        (replace(WELL, age_band="from_18", from_bands=("from_21",)), False),
        (replace(WELL, age_band="from_18", from_bands=("from_21", "from_18")), True),
    ],
)
def test_nothing_is_suggested_to_who_cannot_do_it_now(able: Able, some: bool) -> None:
    assert bool(suggest(ANNA, (), able).favours) is some


def test_what_needs_a_certificate_is_for_who_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATEGORIES, "dog", CATEGORIES["dog"]._replace(vog=True))
    only_the_dog = SMALL - {"dog"}
    assert suggest(ANNA, only_the_dog, WELL).favours == ()
    (favour,) = suggest(ANNA, only_the_dog, replace(WELL, vetted=("dog",))).favours
    assert favour.category == "dog"


@given(st.uuids())
def test_what_is_small_asks_for_no_nearness(member_id: UUID) -> None:
    for favour in suggest(member_id, ()).favours:
        assert CATEGORIES[favour.category].intimacy is Intimacy.LOW
        assert (favour.nl, favour.en) == CATEGORIES[favour.category][:2]
