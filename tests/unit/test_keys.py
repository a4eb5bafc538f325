"""Keys: who asks, and where they may: their own areas, and those of whom they stand in for."""

import hashlib
from uuid import UUID

import pytest

from services.coordinator.keys import Keys, check_coordinator, check_uninvolved
from services.kernel.errors import Rejected
from services.kernel.settings import Key
from tests.unit.neighbours import ANNA, BRAM


def key(name: str, *areas: str, role: str = "coordinator", member_id: UUID | None = None) -> Key:
    said = {"id": name, "role": role, "sha256": hashlib.sha256(name.encode()).hexdigest(), "areas": areas}
    return Key.model_validate({**said, "member_id": str(member_id) if member_id else None})


KEYS = (
    key("noor", "3511"),
    key("sam", "3512", "3513"),
    key("ali", "3514"),
    key("everywhere"),
    key("anna", role="member", member_id=ANNA),
    key("beheer", role="operator"),
)


def areas(name: str, *stand_ins: tuple[str, str]) -> tuple[str, ...]:
    """Where the holder of a key works, while some stand in for others."""
    keys = Keys(KEYS)
    keys.stand_in(stand_ins)
    holder = keys.holder(name)
    assert holder is not None
    assert keys.still_held(holder.fingerprint) == holder
    return holder.actor.areas


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


def test_what_someone_stands_in_for_goes_on_to_who_stands_in_for_them() -> None:
    assert areas("ali", ("noor", "sam"), ("sam", "ali")) == ("3511", "3512", "3513", "3514")


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


@pytest.mark.parametrize("name", ["anna", "beheer", "niemand"])
def test_only_a_coordinator_with_a_key_can_be_given_work(name: str) -> None:
    check_coordinator(KEYS, "noor")
    with pytest.raises(Rejected, match="unknown_coordinator"):
        check_coordinator(KEYS, name)


def test_a_coordinator_whose_key_is_of_someone_in_the_complaint_does_not_handle_it() -> None:
    keys = (key("noor", member_id=ANNA), key("sam"))
    check_uninvolved(keys, "noor", (BRAM, None))
    check_uninvolved(keys, "sam", (ANNA, BRAM))
    with pytest.raises(Rejected, match="involved"):
        check_uninvolved(keys, "noor", (BRAM, ANNA))
