"""Ranking: who may be proposed, in which order, and what is said about why."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.policy import AgeBand, Policy
from contracts.proposals import RankedHelpers
from services.exchange.matching import (
    LITTLE_MINUTES,
    MUCH_MINUTES,
    WEIGHED,
    Asked,
    Candidate,
    nearest_areas,
    rank,
)
from services.exchange.preparing import Nearness
from tests.unit.neighbours import ANNA

HERE, NEXT_DOOR, ACROSS_TOWN, AMSTERDAM = "3511", "3512", "3526", "1012"
AREAS = st.sampled_from([HERE, NEXT_DOOR, ACROSS_TOWN, AMSTERDAM])


def candidate(
    n: int, *, pc4: str = HERE, capacity: int = 240, reserved: int = 0, helped: int = 0
) -> Candidate:
    """Offer n, by member n, participant 1000 + n; minutes."""
    return Candidate(UUID(int=n), UUID(int=1000 + n), 1000 + n, pc4, capacity, reserved, helped)


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.integers(1, 12),
        pc4=AREAS,
        capacity=st.sampled_from([0, 60, 240]),
        reserved=st.sampled_from([0, 30, 60]),
        helped=st.sampled_from([0, 300, 900]),
    ),
    max_size=12,
    unique_by=lambda one: one.offer_id,
)


def ranked(
    candidates: Sequence[Candidate],
    *,
    minutes: int = 60,
    excluded: Sequence[UUID] = (),
    less: Sequence[UUID] = (),
    more: Sequence[UUID] = (),
    limit: int = 50,
    asker_id: UUID = ANNA,
    needs_vog: bool = False,
    policy: Policy = Policy(),  # noqa: B008
) -> RankedHelpers:
    asked = Asked(asker_id, "gardening", HERE, minutes, needs_vog)
    return rank(candidates, asked, Nearness(excluded, less, more), policy, limit=limit)


def order(found: RankedHelpers) -> list[int]:
    return [helper.number - 1000 for helper in found.helpers]


def codes(found: RankedHelpers) -> list[str]:
    (helper,) = found.helpers
    return [reason.code for reason in helper.reasons]


# The hard rules


def test_nobody_is_proposed_to_themselves_and_that_is_not_counted() -> None:
    found = ranked([candidate(1)], asker_id=candidate(1).member_id)
    assert (found.helpers, found.found, found.excluded) == ((), 0, {})


def test_who_is_too_close_is_left_out_and_only_counted() -> None:
    found = ranked([candidate(1), candidate(2)], excluded=[candidate(1).member_id])
    assert order(found) == [2]
    assert found.excluded == {"distance": 1}
    assert str(candidate(1).member_id) not in found.model_dump_json()


def test_who_pauses_is_left_out() -> None:
    assert ranked([candidate(1, capacity=0)]).excluded == {"paused": 1}
    assert ranked([replace(candidate(1), paused=True)]).excluded == {"paused": 1}


@pytest.mark.parametrize(
    ("band", "guardian_agrees", "from_band", "fits"),
    [
        (None, False, AgeBand.FROM_16, True),
        (AgeBand.FROM_21, False, AgeBand.FROM_21, True),
        (AgeBand.FROM_18, False, AgeBand.FROM_21, False),
        (AgeBand.FROM_16, False, AgeBand.FROM_16, False),
        (AgeBand.FROM_16, True, AgeBand.FROM_16, True),
        (AgeBand.FROM_16, True, AgeBand.FROM_18, False),
    ],
)
def test_who_is_too_young_for_the_initiative_is_left_out(
    band: AgeBand | None, guardian_agrees: bool, from_band: AgeBand, fits: bool
) -> None:
    young = replace(candidate(1), age_band=band, guardian_agrees=guardian_agrees)
    found = ranked([young], policy=Policy(from_band=from_band))
    assert (found.found, found.excluded) == ((1, {}) if fits else (0, {"age": 1}))


def test_whose_age_must_be_known_first_is_in_the_list_with_what_to_do() -> None:
    chores = Policy(from_band=AgeBand.FROM_18)
    assert "age_unknown" in codes(ranked([candidate(1)], policy=chores))
    assert "age_unknown" not in codes(ranked([candidate(1)]))
    for known in (
        replace(candidate(1), age_band=AgeBand.FROM_18),
        replace(candidate(1), kind="organisation"),
    ):
        assert "age_unknown" not in codes(ranked([known], policy=chores))


def test_where_help_needs_a_vog_who_has_none_is_left_out() -> None:
    found = ranked([candidate(1), replace(candidate(2), vetted=True)], needs_vog=True)
    assert (order(found), found.excluded) == ([2], {"vog": 1})


def test_who_helps_in_as_many_places_as_allowed_is_left_out() -> None:
    found = ranked(
        [replace(candidate(1), running=2), replace(candidate(2), running=1)], policy=Policy(most_running=2)
    )
    assert (order(found), found.excluded) == ([2], {"running": 1})


def test_who_has_no_room_this_week_is_left_out() -> None:
    found = ranked([candidate(1, capacity=119, reserved=60), candidate(2, capacity=120, reserved=60)])
    assert order(found) == [2]
    assert found.excluded == {"capacity": 1}


def test_someone_with_two_offers_is_proposed_and_counted_once() -> None:
    twice = [candidate(1), replace(candidate(1), offer_id=UUID(int=99))]
    assert ranked(twice).found == 1
    assert ranked(twice, excluded=[candidate(1).member_id]).excluded == {"distance": 1}


@given(CANDIDATES, st.sets(st.integers(1001, 1012)), st.integers(1, 12))
def test_whoever_is_proposed_passes_every_hard_rule(
    candidates: list[Candidate], close: set[int], limit: int
) -> None:
    excluded = [UUID(int=n) for n in close]
    found = ranked(candidates, excluded=excluded, limit=limit)
    by_offer = {one.offer_id: one for one in candidates}
    for helper in found.helpers:
        one = by_offer[helper.offer_id]
        assert one.member_id not in excluded
        assert one.load_minutes + 60 <= one.capacity_minutes_week
    assert len(found.helpers) == min(limit, found.found)
    assert found.found + sum(found.excluded.values()) == len({one.member_id for one in candidates})


@given(CANDIDATES, st.sets(st.integers(1001, 1012)))
def test_whom_members_left_out_changes_nothing_for_the_others(
    candidates: list[Candidate], close: set[int]
) -> None:
    excluded = [UUID(int=n) for n in close]
    others = [one for one in candidates if one.member_id not in excluded]
    assert ranked(candidates, excluded=excluded).helpers == ranked(others).helpers


# The order


def test_nearer_comes_first() -> None:
    found = ranked([candidate(1, pc4=AMSTERDAM), candidate(2, pc4=ACROSS_TOWN), candidate(3)])
    assert order(found) == [3, 2, 1]


def test_of_equals_the_one_who_helped_less_comes_first() -> None:
    assert order(ranked([candidate(1, helped=300), candidate(2, helped=0)])) == [2, 1]


def test_of_equals_the_one_with_more_room_comes_first() -> None:
    assert order(ranked([candidate(1, reserved=60), candidate(2)])) == [2, 1]


def test_a_full_week_is_worth_more_than_a_few_streets() -> None:
    almost_full = candidate(1, pc4=HERE, capacity=240, reserved=180)
    assert order(ranked([almost_full, candidate(2, pc4=NEXT_DOOR)])) == [2, 1]


def test_what_the_asker_wishes_brings_some_forward_and_others_back() -> None:
    same = [candidate(1), candidate(2), candidate(3)]
    one, two, three = (each.member_id for each in same)
    assert order(ranked(same)) == [1, 2, 3]
    assert order(ranked(same, more=[three])) == [3, 1, 2]
    assert order(ranked(same, less=[one])) == [2, 3, 1]
    assert order(ranked(same, less=[one], more=[two])) == [2, 3, 1]


def test_who_withdrew_from_it_comes_after_everyone_else_and_that_is_said() -> None:
    withdrew = replace(candidate(1), withdrew=True)
    assert order(ranked([withdrew, candidate(2, pc4=AMSTERDAM)])) == [2, 1]
    assert "withdrew" in codes(ranked([withdrew]))
    assert "withdrew" not in codes(ranked([candidate(1)]))


def test_a_wish_is_no_reason_that_others_read() -> None:
    wished = ranked([candidate(1)], more=[candidate(1).member_id])
    assert wished == ranked([candidate(1)]) == ranked([candidate(1)], less=[candidate(1).member_id])


def test_who_called_off_this_request_before_comes_after_everyone_else_and_it_says_so() -> None:
    first, far = replace(candidate(1), withdrew=True), candidate(2, pc4=AMSTERDAM, capacity=60, helped=900)
    assert order(ranked([first, far])) == [2, 1]
    assert codes(ranked([first])) == ["exact", "near", "turn", "room", "withdrew"]
    # A wish of the asker brings nobody past it.
    assert order(ranked([first, far], more=[first.member_id], less=[far.member_id])) == [2, 1]


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_having_helped_more_never_brings_anyone_forward(one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert order(ranked([candidate(1, helped=less), candidate(2, helped=more)])) == [1, 2]


@given(CANDIDATES.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_same_question_gets_the_same_order(both: tuple[list[Candidate], list[Candidate]]) -> None:
    one, other = both
    assert ranked(one) == ranked(other)


@given(st.permutations([candidate(1), replace(candidate(1), offer_id=UUID(int=99)), candidate(2)]))
def test_also_where_someone_has_two_offers(some: list[Candidate]) -> None:
    assert [helper.offer_id for helper in ranked(some).helpers] == [UUID(int=1), UUID(int=2)]


# The reasons


def test_the_reasons_say_why_in_favour_first() -> None:
    assert codes(ranked([candidate(1)])) == ["exact", "near", "turn", "room"]
    assert codes(ranked([candidate(1, pc4=AMSTERDAM, capacity=60, helped=MUCH_MINUTES)])) == [
        "exact",
        "far",
        "much",
        "nearly_full",
    ]
    assert codes(ranked([candidate(1, capacity=100, helped=LITTLE_MINUTES, pc4=ACROSS_TOWN)])) == ["exact"]
    assert codes(ranked([replace(candidate(1), vetted=True)])) == ["exact", "near", "turn", "room", "vog"]


@given(CANDIDATES, st.sets(st.integers(1001, 1012)))
def test_no_reason_tells_that_someone_is_close_to_the_asker(
    candidates: list[Candidate], close: set[int]
) -> None:
    found = ranked(candidates, excluded=[UUID(int=n) for n in close])
    assert set(found.excluded) <= {"distance", "capacity", "paused"}
    told = {"exact", "near", "far", "turn", "much", "room", "nearly_full"}
    for helper in found.helpers:
        assert {reason.code for reason in helper.reasons} <= told
        words = " ".join(reason.nl + reason.en for reason in helper.reasons).lower()
        assert not [
            word for word in ("straat", "street", "famil", "kring", "circle", "relati") if word in words
        ]


# Which areas are weighed


def test_areas_come_from_near_to_far_until_there_are_enough_offers() -> None:
    offers = {AMSTERDAM: 500, ACROSS_TOWN: 5, NEXT_DOOR: 5, HERE: 5}
    assert nearest_areas(HERE, offers, wanted=5) == [HERE]
    assert nearest_areas(HERE, offers, wanted=6) == [HERE, NEXT_DOOR]
    assert nearest_areas(HERE, offers, wanted=WEIGHED) == [HERE, NEXT_DOOR, ACROSS_TOWN, AMSTERDAM]
    assert nearest_areas(HERE, {}, wanted=WEIGHED) == []


@given(st.dictionaries(AREAS, st.integers(1, 500)), AREAS)
def test_no_area_is_weighed_before_a_nearer_one_and_none_too_many(offers: dict[str, int], pc4: str) -> None:
    chosen = nearest_areas(pc4, offers, wanted=WEIGHED)
    assert chosen == nearest_areas(pc4, offers, wanted=10**9)[: len(chosen)]
    assert sum(offers[area] for area in chosen) >= min(WEIGHED, sum(offers.values()))
    assert sum(offers[area] for area in chosen[:-1]) < WEIGHED
    assert chosen == nearest_areas(pc4, dict(reversed(offers.items())), wanted=WEIGHED)
