"""Leaving and being erased: one decision, a balance that goes somewhere, and nothing after it."""

import pytest

from contracts.households import HouseholdJoined, HouseholdLeft
from contracts.members import EraseMember, LeaveMembership, MemberDeclined, MemberErased, MemberLeft
from services.kernel.testing import NOW
from services.members.handlers import ERASES
from services.members.member import MEMBER
from tests.unit.neighbours import ANNA, BRAM, CORA, as_member, members
from tests.unit.newcomers import (
    A_HOUSEHOLD,
    ELSEWHERE,
    HOUSE,
    erased,
    left,
    registered,
    takes_part,
)

given = members.given

STORY = (*takes_part(ANNA), *takes_part(BRAM))
LEAVES, ERASED = LeaveMembership(member_id=ANNA), EraseMember(member_id=ANNA)
GONE = MemberErased(member_id=ANNA)


def test_a_member_leaves_and_what_is_left_of_their_hours_goes_to_the_pool() -> None:
    given(*STORY).when(LEAVES, by=as_member(ANNA)).then(left())
    assert given(*STORY, left()).now(MEMBER, ANNA).is_gone


def test_being_erased_is_leaving_first() -> None:
    given(*STORY).when(ERASED).then(left(), GONE)
    given(*STORY).when(ERASED.model_copy(update={"settle": "write_off"})).then(
        MemberLeft(member_id=ANNA, settle="write_off"), GONE
    )


def test_who_left_is_erased_later() -> None:
    given(*STORY, left()).when(ERASED).then(GONE)


def test_who_was_erased_need_not_be_erased_again() -> None:
    given(*STORY, *erased()).when(ERASED).then_nothing()


def test_who_only_signed_up_or_was_declined_may_be_erased_too() -> None:
    given(registered()).when(ERASED).then(left(), GONE)
    given(registered(), MemberDeclined(member_id=ANNA)).when(ERASED).then(left(), GONE)


def test_who_leaves_leaves_their_household_first_and_it_stays() -> None:
    joined = HouseholdJoined(member_id=ANNA, household_id=HOUSE, shares_balance=True, may_act=True)
    story = given(*STORY, *A_HOUSEHOLD, joined)
    story.when(ERASED).then(HouseholdLeft(member_id=ANNA, household_id=HOUSE), left(), GONE)
    assert story.now(MEMBER, HOUSE).status == "approved"


def test_a_household_leaves_like_anyone_and_nobody_belongs_to_it_any_more() -> None:
    given(*A_HOUSEHOLD).when(LeaveMembership(member_id=HOUSE)).then(left(HOUSE))
    joined = [
        HouseholdJoined(member_id=person, household_id=HOUSE, shares_balance=True, may_act=True)
        for person in (ANNA, BRAM)
    ]
    gone = HouseholdLeft(member_id=BRAM, household_id=HOUSE)
    story = given(*STORY, *A_HOUSEHOLD, *joined, gone)
    story.when(LeaveMembership(member_id=HOUSE)).then(
        HouseholdLeft(member_id=ANNA, household_id=HOUSE), left(HOUSE)
    )


# The balance


def leaves_to(beneficiary: object) -> LeaveMembership:
    return LeaveMembership.model_validate(
        {"member_id": ANNA, "settle": "beneficiary", "beneficiary_id": beneficiary}
    )


def test_a_member_may_leave_their_hours_to_another() -> None:
    given(*STORY).when(leaves_to(BRAM)).then(
        MemberLeft(member_id=ANNA, settle="beneficiary", beneficiary_id=BRAM)
    )


@pytest.mark.parametrize("beneficiary", [None, ANNA, CORA], ids=["nobody", "themselves", "a stranger"])
def test_the_balance_goes_to_someone_else_who_takes_part(beneficiary: object) -> None:
    given(*STORY).when(leaves_to(beneficiary)).refused("no_beneficiary")


def test_the_balance_does_not_go_to_who_left_or_is_not_let_in() -> None:
    given(*STORY, left(BRAM)).when(leaves_to(BRAM)).refused("no_beneficiary")
    given(*STORY, registered(CORA)).when(leaves_to(CORA)).refused("no_beneficiary")


def test_a_beneficiary_is_named_only_where_the_balance_goes_to_one() -> None:
    command = LeaveMembership(member_id=ANNA, settle="pool", beneficiary_id=BRAM)
    given(*STORY).when(command).then(left())


# Erasure


def test_the_vault_rows_of_who_is_erased_go_in_the_same_commit() -> None:
    assert ERASES[MemberErased](GONE) == ANNA
    assert members.service.erases == ERASES


def test_nobody_is_erased_from_outside_the_area() -> None:
    given(*STORY, left()).when(ERASED, by=ELSEWHERE, at=NOW).refused("other_area")
