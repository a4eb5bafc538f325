"""Households and organisations: a member belongs to one at most."""

import pytest

from contracts.households import HouseholdJoined, HouseholdLeft, JoinHousehold, LeaveHousehold
from services.members.member import MEMBER
from tests.unit.neighbours import ANNA, BRAM, as_member, members
from tests.unit.newcomers import A_HOUSEHOLD, AN_ORGANISATION, CLUB, HOUSE, takes_part

given = members.given

STORY = (*takes_part(ANNA), *takes_part(BRAM), *A_HOUSEHOLD, *AN_ORGANISATION)
JOINED = HouseholdJoined(member_id=ANNA, household_id=HOUSE, shares_balance=True, may_act=False)
LEFT = HouseholdLeft(member_id=ANNA, household_id=HOUSE)
JOINS = JoinHousehold(member_id=ANNA, household_id=HOUSE)
LEAVES = LeaveHousehold(member_id=ANNA, household_id=HOUSE)


def test_a_member_joins_a_household_and_uses_its_balance() -> None:
    given(*STORY).when(JOINS).then(JOINED)
    assert given(*STORY, JOINED).now(MEMBER, ANNA).household_id == HOUSE


def test_a_member_may_act_for_an_organisation_and_keep_their_own_balance() -> None:
    given(*STORY).when(
        JoinHousehold(member_id=ANNA, household_id=CLUB, shares_balance=False, may_act=True)
    ).then(HouseholdJoined(member_id=ANNA, household_id=CLUB, shares_balance=False, may_act=True))


@pytest.mark.parametrize("another", [HOUSE, CLUB])
def test_a_member_belongs_to_one_at_most(another: object) -> None:
    command = JOINS.model_copy(update={"household_id": another})
    given(*STORY, JOINED).when(command).refused("in_a_household")


def test_a_person_is_no_household() -> None:
    given(*STORY).when(JoinHousehold(member_id=ANNA, household_id=BRAM)).refused("not_a_household")
    given(*STORY).when(JoinHousehold(member_id=ANNA, household_id=ANNA)).refused("not_a_household")


def test_a_household_does_not_join_another() -> None:
    given(*STORY).when(JoinHousehold(member_id=HOUSE, household_id=CLUB)).refused("not_a_person")


def test_a_member_leaves_a_household_once_and_may_join_another() -> None:
    given(*STORY, JOINED).when(LEAVES, by=as_member(ANNA)).then(LEFT)
    given(*STORY, JOINED, LEFT).when(LEAVES).then_nothing()
    given(*STORY).when(LEAVES).then_nothing()
    joined_club = JOINED.model_copy(update={"household_id": CLUB})
    given(*STORY, JOINED, LEFT).when(JOINS.model_copy(update={"household_id": CLUB})).then(joined_club)


def test_leaving_a_household_that_one_does_not_belong_to_is_a_mistake() -> None:
    command = LEAVES.model_copy(update={"household_id": CLUB})
    given(*STORY, JOINED).when(command).refused("another_household")


def test_a_household_that_all_have_left_stays() -> None:
    house = given(*STORY, JOINED, LEFT).now(MEMBER, HOUSE)
    assert (house.kind, house.status) == ("household", "approved")
