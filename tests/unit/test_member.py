"""A member: registers, is let in or not, and says how much they want to help."""

from uuid import UUID

import pytest

from contracts.members import (
    ApproveMember,
    CapacityChanged,
    ChangeCapacity,
    DeclineMember,
    MemberApproved,
    MemberDeclined,
    MemberRegistered,
    RegisterMember,
)
from services.kernel.testing import COMMAND_ID
from services.members.member import MEMBER
from tests.unit.neighbours import ANNA, BRAM, members

given = members.given


def registers(pc4: str = "3512") -> RegisterMember:
    return RegisterMember(
        name="Anna de Vries", street="Lindelaan", house_number="12", pc4=pc4, capacity_minutes_week=120
    )


def registered(member_id: UUID = ANNA, number: int = 1001) -> MemberRegistered:
    return MemberRegistered(member_id=member_id, number=number, pc4="3512", capacity_minutes_week=120)


APPROVED = MemberApproved(member_id=ANNA, number=1001, pc4="3512", capacity_minutes_week=120)
DECLINED = MemberDeclined(member_id=ANNA)


def test_the_first_who_registers_is_participant_1001_and_has_the_commands_id() -> None:
    given().when(registers()).then(registered(COMMAND_ID))


def test_the_next_who_registers_gets_the_next_number() -> None:
    given(registered(number=1041)).when(registers()).then(registered(COMMAND_ID, number=1042))


def test_a_postcode_that_does_not_exist_is_refused() -> None:
    given().when(registers(pc4="1000")).refused("unknown_postcode")


def test_names_and_addresses_go_to_the_vault_and_not_into_the_event() -> None:
    (entry,) = registers().vault(ANNA)
    assert (entry.entity, entry.entity_id, entry.person_id) == ("member", ANNA, ANNA)
    assert entry.data["name"] == "Anna de Vries"
    (event,) = given().when(registers()).events
    assert not {"Anna", "Lindelaan"} & set(event.model_dump_json().split('"'))


def test_a_coordinator_lets_someone_in() -> None:
    given(registered()).when(ApproveMember(member_id=ANNA)).then(APPROVED)


def test_a_coordinator_does_not_let_someone_in() -> None:
    given(registered()).when(DeclineMember(member_id=ANNA)).then(DECLINED)


def test_who_is_let_in_has_the_capacity_of_that_moment() -> None:
    changed = CapacityChanged(member_id=ANNA, capacity_minutes_week=30)
    given(registered(), changed).when(ApproveMember(member_id=ANNA)).then(
        APPROVED.model_copy(update={"capacity_minutes_week": 30})
    )


@pytest.mark.parametrize("decision", [APPROVED, DECLINED], ids=["approved", "declined"])
@pytest.mark.parametrize("command", [ApproveMember(member_id=ANNA), DeclineMember(member_id=ANNA)])
def test_what_was_decided_is_not_decided_again(
    decision: MemberApproved | MemberDeclined, command: ApproveMember | DeclineMember
) -> None:
    no = given(registered(), decision).when(command).refused("already_decided")
    assert "1001" in no.nl


def test_someone_changes_how_much_they_want_to_help() -> None:
    given(registered(), APPROVED).when(ChangeCapacity(member_id=ANNA, capacity_minutes_week=0)).then(
        CapacityChanged(member_id=ANNA, capacity_minutes_week=0)
    )


def test_the_same_capacity_again_changes_nothing() -> None:
    given(registered()).when(ChangeCapacity(member_id=ANNA, capacity_minutes_week=120)).then_nothing()


@pytest.mark.parametrize(
    "command",
    [
        ApproveMember(member_id=BRAM),
        DeclineMember(member_id=BRAM),
        ChangeCapacity(member_id=BRAM, capacity_minutes_week=60),
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_stranger_is_not_let_in_or_changed(
    command: ApproveMember | DeclineMember | ChangeCapacity,
) -> None:
    given(registered()).when(command).refused("unknown_member")


def test_a_member_is_what_happened_to_them() -> None:
    changed = CapacityChanged(member_id=ANNA, capacity_minutes_week=60)
    anna = given(registered(), APPROVED, changed).now(MEMBER, ANNA)
    assert (anna.number, anna.status, anna.capacity_minutes_week, anna.version) == (1001, "approved", 60, 3)
    assert given(registered(), DECLINED).now(MEMBER, ANNA).status == "declined"
