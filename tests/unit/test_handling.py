"""Who handles what is about people: its handlers, who stands in for them, and nobody who is part of it."""

import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Actor, Role
from services.kernel.errors import Rejected
from services.kernel.handling import (
    check_can_handle,
    check_coordinator,
    check_handler,
    check_uninvolved,
    handles,
)
from services.kernel.settings import Key
from tests.unit.neighbours import ANNA, BRAM, CORA


def key(name: str, *, role: str = "coordinator", member_id: UUID | None = None) -> Key:
    said = {"id": name, "role": role, "sha256": hashlib.sha256(name.encode()).hexdigest()}
    return Key.model_validate({**said, "member_id": str(member_id) if member_id else None})


KEYS = (
    key("noor", member_id=ANNA),
    key("sam"),
    key("anna", role="member", member_id=ANNA),
    key("beheer", role="operator"),
)


def someone(name: str, *stands_in_for: str, member_id: UUID | None = None) -> Actor:
    return Actor(role=Role.COORDINATOR, name=name, member_id=member_id, stands_in_for=stands_in_for)


NAMES = ("noor", "sam", "ali", "bas")
PEOPLE = (ANNA, BRAM, None)


@given(
    st.sampled_from(NAMES),
    st.sets(st.sampled_from(NAMES)),
    st.sets(st.sampled_from(NAMES), max_size=2),
    st.sampled_from((ANNA, CORA, None)),
)
def test_a_file_is_read_by_a_handler_or_their_deputy_who_is_no_part_of_it_and_by_nobody_else(
    name: str, stands_in_for: set[str], handlers: set[str], member_id: UUID | None
) -> None:
    actor = someone(name, *stands_in_for, member_id=member_id)
    may = bool({name, *stands_in_for} & handlers) and member_id != ANNA
    assert handles(actor, tuple(handlers), PEOPLE) is may
    if may:
        check_handler(actor, tuple(handlers), PEOPLE)
    else:
        with pytest.raises(Rejected, match="involved" if member_id == ANNA else "not_the_handler"):
            check_handler(actor, tuple(handlers), PEOPLE)


def test_a_key_that_is_nobodys_is_part_of_nothing() -> None:
    check_uninvolved(someone("sam"), (ANNA, None))


@pytest.mark.parametrize("name", ["anna", "beheer", "niemand"])
def test_only_a_coordinator_with_a_key_can_be_given_work(name: str) -> None:
    check_coordinator(KEYS, "noor")
    for check in (lambda: check_coordinator(KEYS, name), lambda: check_can_handle(KEYS, name, PEOPLE)):
        with pytest.raises(Rejected, match="unknown_coordinator"):
            check()


def test_a_coordinator_whose_key_is_of_someone_in_it_is_not_given_it() -> None:
    check_can_handle(iter(KEYS), "noor", (BRAM, None))
    check_can_handle(iter(KEYS), "sam", (ANNA, BRAM))
    with pytest.raises(Rejected, match="involved"):
        check_can_handle(iter(KEYS), "noor", (BRAM, ANNA))
