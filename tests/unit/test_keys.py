"""Keys: who asks, and where they may: their own areas, and those of whom they stand in for."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Actor
from services.coordinator.keys import Keys
from services.kernel.settings import Key


def key(name: str, *areas: str, role: str = "coordinator", member_id: UUID | None = None) -> Key:
    said = {"id": name, "role": role, "sha256": hashlib.sha256(name.encode()).hexdigest(), "areas": areas}
    return Key.model_validate({**said, "member_id": str(member_id) if member_id else None})


KEYS = (
    key("noor", "3511"),
    key("sam", "3512", "3513"),
    key("ali", "3514"),
    key("everywhere"),
    key("anna", role="member", member_id=UUID(int=0xA)),
    key("beheer", role="operator"),
)


def today(name: str, stand_ins: Iterable[tuple[str, str]]) -> Actor:
    """What the holder of a key may, while some stand in for others."""
    keys = Keys(KEYS)
    keys.stand_in(stand_ins)
    holder = keys.holder(name)
    assert holder is not None
    assert keys.still_held(holder.fingerprint) == holder
    return holder.actor


def areas(name: str, *stand_ins: tuple[str, str]) -> tuple[str, ...]:
    return today(name, stand_ins).areas


def test_a_coordinator_works_in_the_areas_of_their_key() -> None:
    assert areas("sam") == ("3512", "3513")
    assert areas("everywhere") == ()


def test_who_stands_in_works_in_the_areas_of_both() -> None:
    assert areas("sam", ("noor", "sam")) == ("3511", "3512", "3513")


def test_who_is_on_leave_keeps_their_own_rights() -> None:
    assert areas("noor", ("noor", "sam")) == ("3511",)


def test_who_stands_in_for_someone_without_areas_works_in_the_whole_region() -> None:
    assert areas("sam", ("everywhere", "sam")) == ()


def test_who_works_in_the_whole_region_still_does_when_standing_in() -> None:
    assert areas("everywhere", ("noor", "everywhere")) == ()


def test_what_someone_stands_in_for_does_not_go_on_to_who_stands_in_for_them() -> None:
    chain = (("noor", "sam"), ("sam", "ali"))
    assert areas("ali", *chain) == ("3512", "3513", "3514")
    assert today("ali", chain).stands_in_for == ("sam",)
    # Not even the whole region.
    assert areas("ali", ("everywhere", "sam"), ("sam", "ali")) == ("3512", "3513", "3514")


def test_two_who_stand_in_for_each_other_each_work_in_the_areas_of_both() -> None:
    each_other = (("noor", "sam"), ("sam", "noor"))
    assert areas("noor", *each_other) == areas("sam", *each_other) == ("3511", "3512", "3513")


def test_someone_whose_key_is_gone_has_no_areas_to_pass_on() -> None:
    assert areas("sam", ("vertrokken", "sam")) == ("3512", "3513")


def test_rights_end_when_the_leave_does() -> None:
    keys = Keys(KEYS)
    keys.stand_in([("noor", "sam")])
    keys.stand_in([])
    holder = keys.holder("sam")
    assert holder is not None
    assert holder.actor.areas == ("3512", "3513")


# Whatever leave there is


COORDINATORS = ("noor", "sam", "ali", "everywhere")
OWN = {key.id: set(key.areas) for key in KEYS if key.id in COORDINATORS}
"""Where each works by the configuration; nowhere said is everywhere."""

leave = st.tuples(
    st.sampled_from((*COORDINATORS, "vertrokken", "anna")), st.sampled_from((*COORDINATORS, "anna", "beheer"))
).filter(lambda pair: pair[0] != pair[1])


@given(st.sets(leave), st.sampled_from(COORDINATORS))
def test_a_deputy_has_their_own_areas_and_those_of_whom_they_stand_in_for_and_no_others(
    stand_ins: set[tuple[str, str]], name: str
) -> None:
    for_whom = {away for away, deputy in stand_ins if deputy == name} & OWN.keys()
    actor = today(name, stand_ins)
    assert set(actor.stands_in_for) == for_whom
    each = [OWN[one] for one in (name, *for_whom)]
    assert set(actor.areas) == (set[str]().union(*each) if all(each) else set())


@given(st.sets(leave), leave, st.sampled_from(COORDINATORS))
def test_leave_changes_nothing_for_anyone_but_who_is_named_as_its_deputy(
    stand_ins: set[tuple[str, str]], another: tuple[str, str], name: str
) -> None:
    _, deputy = another
    if deputy != name:
        assert today(name, stand_ins | {another}) == today(name, stand_ins)


@given(st.sets(leave))
def test_only_coordinators_stand_in_for_anyone(stand_ins: set[tuple[str, str]]) -> None:
    for name in ("anna", "beheer"):
        assert today(name, stand_ins) == today(name, ())
