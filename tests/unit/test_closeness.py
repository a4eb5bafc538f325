"""Closeness: what being near, next door, of one household or better apart means for who may help."""

from typing import Any
from uuid import UUID

import pytest

from contracts.categories import Intimacy
from contracts.members import Excluded, FindExcluded
from services.members.closeness import weigh
from tests.unit.neighbours import ANNA

APART, HOME, FRIEND, NEXT_DOOR, STREET, FORMER = (UUID(int=0x70 + n) for n in range(6))
FOUND = {
    APART: {"conflict", "friend", "street"},
    HOME: {"home", "next_door"},
    FRIEND: {"friend"},
    NEXT_DOOR: {"next_door"},
    STREET: {"street"},
    FORMER: {"none"},
}
ALWAYS = {APART, HOME}
LOW, MEDIUM, HIGH = Intimacy.LOW, Intimacy.MEDIUM, Intimacy.HIGH


def weighed(intimacy: Intimacy, wish: Any = "none") -> Excluded:
    return weigh(FOUND, FindExcluded(asker_id=ANNA, intimacy=intimacy, wish=wish))


@pytest.mark.parametrize(
    ("intimacy", "wish", "out", "less", "more"),
    [
        (LOW, "none", set(), set(), set()),
        (LOW, "unknown", {FRIEND, NEXT_DOOR}, set(), set()),
        (LOW, "outside_street", {NEXT_DOOR, STREET}, set(), set()),
        (LOW, "known", set(), set(), {FRIEND, NEXT_DOOR}),
        (MEDIUM, "none", set(), {FRIEND, NEXT_DOOR, STREET}, set()),
        (MEDIUM, "unknown", {FRIEND, NEXT_DOOR}, {STREET}, set()),
        (MEDIUM, "outside_street", {NEXT_DOOR, STREET}, {FRIEND}, set()),
        (MEDIUM, "known", set(), {STREET}, {FRIEND, NEXT_DOOR}),
        (HIGH, "none", {FRIEND, NEXT_DOOR, STREET}, set(), set()),
        (HIGH, "known", {FRIEND, NEXT_DOOR, STREET}, set(), set()),
    ],
    ids=str,
)
def test_who_is_out_less_and_more_fitting(
    intimacy: Intimacy, wish: str, out: set[UUID], less: set[UUID], more: set[UUID]
) -> None:
    found = weighed(intimacy, wish)
    assert set(found.member_ids) == out | ALWAYS
    assert (set(found.less), set(found.more)) == (less, more)


@pytest.mark.parametrize("intimacy", list(Intimacy))
@pytest.mark.parametrize("wish", ["none", "unknown", "outside_street", "known"])
def test_nobody_is_told_apart_by_why(intimacy: Intimacy, wish: str) -> None:
    found = weighed(intimacy, wish)
    ids = [*found.member_ids, *found.less, *found.more]
    assert len(ids) == len(set(ids))
    assert FORMER not in ids
    assert set(Excluded.model_fields) == {"member_ids", "less", "more"}
