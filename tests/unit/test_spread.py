"""How evenly help is spread: figures for a region, never a rating of a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.spread import Helping, figures, gini

AMOUNTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=30)


def test_a_region_without_helpers_has_figures_too() -> None:
    none = figures([])
    assert (none.helpers, none.near_limit, none.spread, none.capacity_minutes) == (0, 0, 0.0, 0)


def test_the_figures_add_up_what_helpers_can_and_do() -> None:
    load = figures(
        [
            Helping(capacity=240, own_care=0, relieved=0, planned=60, helped_lately=100),
            Helping(capacity=600, own_care=300, relieved=120, planned=90, helped_lately=100),
        ]
    )
    assert load.helpers == 2
    assert (load.capacity_minutes, load.planned_minutes) == (840, 150)
    assert (load.carer_minutes, load.relieved_minutes) == (300, 120)
    assert load.spread == 0.0


@pytest.mark.parametrize(
    ("own_care", "relieved", "planned", "near"),
    [(0, 0, 84, 0), (0, 0, 85, 1), (85, 0, 0, 1), (85, 1, 0, 0), (60, 60, 84, 0), (10, 60, 85, 1)],
)
def test_who_is_near_their_limit_counts_with_their_own_care_less_what_others_take_over(
    own_care: int, relieved: int, planned: int, near: int
) -> None:
    assert figures([Helping(100, own_care, relieved, planned, 0)]).near_limit == near


def test_who_only_cares_for_their_own_is_no_helper_and_their_care_counts() -> None:
    load = figures([Helping(240, 0, 0, 0, 0), Helping(0, 300, 120, 0, 0)])
    assert (load.helpers, load.near_limit, load.capacity_minutes) == (1, 0, 240)
    assert (load.carer_minutes, load.relieved_minutes) == (300, 120)


def test_nobody_is_relieved_of_more_than_they_carry() -> None:
    assert figures([Helping(240, 60, 90, 0, 0)]).relieved_minutes == 60


def test_one_who_did_everything_is_told_from_all_who_did_the_same() -> None:
    assert gini([60, 60, 60]) == gini([0, 0]) == gini([]) == 0.0
    assert gini([0, 0, 0, 120]) == 0.75
    assert gini([30, 90]) == 0.25


@given(AMOUNTS)
def test_the_coefficient_is_never_below_nought_nor_one(amounts: list[int]) -> None:
    assert -1e-9 <= gini(amounts) < 1


@given(AMOUNTS, st.integers(1, 60))
def test_it_does_not_depend_on_the_unit_nor_on_the_order(amounts: list[int], factor: int) -> None:
    assert gini(amounts) == pytest.approx(gini([factor * one for one in reversed(amounts)]))


@given(AMOUNTS.filter(lambda some: max(some) - min(some) > 1))
def test_help_that_goes_from_the_busiest_to_the_least_busy_evens_it_out(amounts: list[int]) -> None:
    evened = sorted(amounts)
    evened[0], evened[-1] = evened[0] + 1, evened[-1] - 1
    assert gini(evened) < gini(amounts)
