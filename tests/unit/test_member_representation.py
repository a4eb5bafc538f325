"""Representation: who may ask on behalf of a member, for as long as it stands."""

from uuid import UUID

import pytest

from contracts.households import (
    EndRepresentation,
    GrantRepresentation,
    RepresentationEnded,
    RepresentationGranted,
)
from contracts.members import EraseMember, LeaveMembership
from services.kernel.testing import COMMAND_ID
from services.members.representation import REPRESENTATION
from tests.unit.neighbours import ANNA, BRAM, CORA, as_member, members
from tests.unit.newcomers import erased, left, takes_part

given = members.given

STORY = (*takes_part(ANNA), *takes_part(BRAM), *takes_part(CORA))
SECOND = UUID(int=0x51)
GRANTS = GrantRepresentation(member_id=ANNA, representative_id=BRAM, how="in_person")
ENDS = EndRepresentation(member_id=ANNA, representative_id=BRAM)


def granted(id: UUID = COMMAND_ID, *, to: UUID = BRAM) -> RepresentationGranted:
    return RepresentationGranted(representation_id=id, member_id=ANNA, representative_id=to, how="in_person")


def ended(id: UUID = COMMAND_ID) -> RepresentationEnded:
    return RepresentationEnded(representation_id=id, member_id=ANNA, representative_id=BRAM)


def test_a_member_lets_someone_ask_for_them() -> None:
    given(*STORY).when(GRANTS).then(granted())
    given(*STORY, granted()).when(GRANTS, id=SECOND).then_nothing()


def test_a_member_may_have_several_representatives() -> None:
    command = GRANTS.model_copy(update={"representative_id": CORA})
    given(*STORY, granted()).when(command, id=SECOND).then(granted(SECOND, to=CORA))


def test_the_other_way_round_is_another_representation() -> None:
    given(*STORY, granted()).when(
        GrantRepresentation(member_id=BRAM, representative_id=ANNA, how="phone"), id=SECOND
    ).then(
        RepresentationGranted(representation_id=SECOND, member_id=BRAM, representative_id=ANNA, how="phone")
    )


def test_nobody_represents_themselves() -> None:
    command = GRANTS.model_copy(update={"representative_id": ANNA})
    given(*STORY).when(command).refused("represents_oneself")


def test_a_representation_is_ended_once() -> None:
    given(*STORY, granted()).when(ENDS).then(ended())
    given(*STORY, granted(), ended()).when(ENDS).then_nothing()
    given(*STORY).when(ENDS).then_nothing()


def test_what_was_ended_is_granted_again_as_a_new_one() -> None:
    again = given(*STORY, granted(), ended())
    again.when(GRANTS, id=SECOND).then(granted(SECOND))
    third = given(*STORY, granted(), ended(), granted(SECOND))
    third.when(ENDS).then(ended(SECOND))
    assert not third.now(REPRESENTATION, COMMAND_ID).is_standing
    assert (third.now(REPRESENTATION, SECOND).is_standing, third.now(REPRESENTATION, SECOND).version) == (
        True,
        1,
    )


@pytest.mark.parametrize("leaver", [ANNA, BRAM], ids=["who is asked for", "who asks"])
def test_it_ends_when_either_of_the_two_leaves_or_is_erased(leaver: UUID) -> None:
    story = given(*STORY, granted())
    story.when(LeaveMembership(member_id=leaver), by=as_member(leaver)).then(ended(), left(leaver))
    story.when(EraseMember(member_id=leaver)).then(ended(), *erased(leaver))


def test_who_leaves_ends_each_that_stands_and_no_other() -> None:
    to_cora, third = granted(SECOND, to=CORA), UUID(int=0x52)
    by_anna = RepresentationGranted(
        representation_id=third, member_id=CORA, representative_id=ANNA, how="phone"
    )
    happened = (*STORY, granted(), to_cora, ended(), by_anna)
    given(*happened).when(LeaveMembership(member_id=ANNA)).then(
        RepresentationEnded(representation_id=SECOND, member_id=ANNA, representative_id=CORA),
        RepresentationEnded(representation_id=third, member_id=CORA, representative_id=ANNA),
        left(),
    )
    given(*happened).when(LeaveMembership(member_id=BRAM)).then(left(BRAM))
