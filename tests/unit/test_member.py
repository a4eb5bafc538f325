"""A member: registers, is let in or not, and says how much they want to help."""

from datetime import date
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import ValidationError

from contracts.envelope import Command
from contracts.households import EndRepresentation, GrantRepresentation, JoinHousehold, LeaveHousehold
from contracts.members import (
    COMMANDS,
    ApproveMember,
    CapacityChanged,
    ChangeCapacity,
    ChangeContactDetails,
    ChooseChannel,
    DeclineMember,
    EraseMember,
    GiveGuardianConsent,
    LeaveMembership,
    MemberApproved,
    MemberDeclined,
    MemberRegistered,
    NameTie,
    NoteAgeBand,
    PauseHelping,
    RegisterMember,
    RegisterReferred,
    ResumeHelping,
    WithdrawGuardianConsent,
)
from contracts.policy import AgeBand
from contracts.vetting import RecordVog
from services.kernel.testing import COMMAND_ID, COORDINATOR
from services.members.member import MEMBER
from tests.unit.neighbours import ANNA, BRAM, CORA, as_member, members
from tests.unit.newcomers import A_HOUSEHOLD, ELSEWHERE, HOUSE, NEARBY, approved, left, registered, takes_part

given = members.given

APPROVED = approved()
DECLINED = MemberDeclined(member_id=ANNA)


def registers(pc4: str = "3512", **more: Any) -> RegisterMember:
    return RegisterMember(
        name="Anna de Vries",
        street="Lindelaan",
        house_number="12",
        pc4=pc4,
        **{"capacity_minutes_week": 120, **more},
    )


def changes(
    capacity: int | None = None, carer: int | None = None, *, member_id: UUID = ANNA
) -> ChangeCapacity:
    return ChangeCapacity(member_id=member_id, capacity_minutes_week=capacity, carer_minutes_week=carer)


# Registering


def test_the_first_who_registers_is_participant_1001_and_has_the_commands_id() -> None:
    given().when(registers()).then(registered(COMMAND_ID))


def test_the_next_who_registers_gets_the_next_number() -> None:
    before = registered().model_copy(update={"number": 1041})
    (event,) = given(before).when(registers()).events
    assert isinstance(event, MemberRegistered)
    assert event.number == 1042


def test_a_postcode_that_does_not_exist_is_refused() -> None:
    given().when(registers(pc4="1000")).refused("unknown_postcode")


def test_names_and_addresses_go_to_the_vault_and_not_into_the_event() -> None:
    command = registers(born_on="1950-05-01")
    (entry,) = command.vault(ANNA)
    assert (entry.entity, entry.entity_id, entry.person_id) == ("member", ANNA, ANNA)
    assert (entry.data["name"], entry.data["born_on"]) == ("Anna de Vries", "1950-05-01")
    (event,) = given().when(command).events
    assert not {"Anna", "Lindelaan", "1950-05-01"} & set(event.model_dump_json().split('"'))


def test_whom_someone_names_as_near_is_a_vault_row_about_two_people() -> None:
    _, tie = registers(circle=(BRAM,)).vault(ANNA)
    assert (tie.entity, tie.person_id, tie.other_id, tie.data) == ("tie", ANNA, BRAM, {"tie": "near"})
    assert tie.entity_id == uuid5(ANNA, str(BRAM))


def test_what_an_informal_carer_does_for_their_own_is_part_of_it() -> None:
    (event,) = given().when(registers(carer_minutes_week=600)).events
    assert isinstance(event, MemberRegistered)
    assert (event.capacity_minutes_week, event.carer_minutes_week) == (120, 600)


@pytest.mark.parametrize("kind", ["household", "organisation"])
def test_a_household_or_organisation_registers_like_a_person(kind: str) -> None:
    given().when(registers(kind=kind)).then(registered(COMMAND_ID, kind=kind))


@pytest.mark.parametrize("more", [{"born_on": "1950-05-01"}, {"circle": (BRAM,)}], ids=["born", "circle"])
def test_a_household_has_no_date_of_birth_and_no_circle(more: dict[str, Any]) -> None:
    given().when(registers(kind="household", **more)).refused("not_a_person")


# Letting in


def test_a_coordinator_lets_someone_in() -> None:
    given(registered()).when(ApproveMember(member_id=ANNA)).then(APPROVED)


def test_a_coordinator_does_not_let_someone_in() -> None:
    given(registered()).when(DeclineMember(member_id=ANNA)).then(DECLINED)


def test_who_is_let_in_has_the_capacity_of_that_moment() -> None:
    changed = CapacityChanged(member_id=ANNA, capacity_minutes_week=30, carer_minutes_week=60)
    given(registered(), changed).when(ApproveMember(member_id=ANNA)).then(
        APPROVED.model_copy(update={"capacity_minutes_week": 30, "carer_minutes_week": 60})
    )


def test_a_household_is_let_in_as_one() -> None:
    given(A_HOUSEHOLD[0]).when(ApproveMember(member_id=HOUSE)).then(A_HOUSEHOLD[1])


@pytest.mark.parametrize("decision", [APPROVED, DECLINED], ids=["approved", "declined"])
@pytest.mark.parametrize("command", [ApproveMember(member_id=ANNA), DeclineMember(member_id=ANNA)])
def test_what_was_decided_is_not_decided_again(
    decision: MemberApproved | MemberDeclined, command: ApproveMember | DeclineMember
) -> None:
    no = given(registered(), decision).when(command).refused("already_decided")
    assert "1001" in no.nl


# How much they want to help


def test_someone_changes_how_much_they_want_to_help() -> None:
    given(registered(), APPROVED).when(changes(0)).then(
        CapacityChanged(member_id=ANNA, capacity_minutes_week=0)
    )


def test_what_is_left_out_stays_as_it_is() -> None:
    carer = CapacityChanged(member_id=ANNA, capacity_minutes_week=120, carer_minutes_week=300)
    given(registered()).when(changes(carer=300)).then(carer)
    given(registered(), carer).when(changes(60)).then(
        CapacityChanged(member_id=ANNA, capacity_minutes_week=60, carer_minutes_week=300)
    )


def test_the_same_capacity_again_changes_nothing() -> None:
    given(registered()).when(changes(120)).then_nothing()
    given(registered()).when(changes(120, 0)).then_nothing()


def test_a_change_that_says_nothing_is_refused() -> None:
    given(registered()).when(changes()).refused("nothing_to_change")


@pytest.mark.parametrize("minutes", [-1, 2401, 1.5])
def test_a_week_has_no_more_than_40_hours(minutes: float) -> None:
    with pytest.raises(ValidationError):
        ChangeCapacity.model_validate({"member_id": ANNA, "carer_minutes_week": minutes})


# What holds for every command about a member

ABOUT_ANNA: tuple[Command, ...] = (
    ApproveMember(member_id=ANNA),
    DeclineMember(member_id=ANNA),
    changes(60),
    PauseHelping(member_id=ANNA),
    ResumeHelping(member_id=ANNA),
    NoteAgeBand(member_id=ANNA, age_band=AgeBand.FROM_18),
    GiveGuardianConsent(member_id=ANNA, how="paper", guardian="Een ouder"),
    WithdrawGuardianConsent(member_id=ANNA),
    ChangeContactDetails(member_id=ANNA, street="Iepenlaan"),
    NameTie(member_id=ANNA, other_id=BRAM, tie="friend"),
    ChooseChannel(member_id=ANNA, channel="letter"),
    JoinHousehold(member_id=ANNA, household_id=HOUSE),
    LeaveHousehold(member_id=ANNA, household_id=HOUSE),
    GrantRepresentation(member_id=ANNA, representative_id=BRAM, how="phone"),
    EndRepresentation(member_id=ANNA, representative_id=BRAM),
    RecordVog(member_id=ANNA, categories=("finances",), valid_until=date(2028, 6, 30)),
    LeaveMembership(member_id=ANNA),
    EraseMember(member_id=ANNA),
)
EACH = pytest.mark.parametrize("command", ABOUT_ANNA, ids=lambda command: type(command).__name__)
OTHERS = (*takes_part(BRAM), *A_HOUSEHOLD)


def test_every_command_but_registering_is_among_them() -> None:
    assert {type(command) for command in ABOUT_ANNA} == set(COMMANDS) - {RegisterMember, RegisterReferred}


@EACH
def test_a_stranger_is_not_known(command: Command) -> None:
    given(*OTHERS).when(command).refused("unknown_member")


@EACH
def test_a_coordinator_of_other_areas_may_not(command: Command) -> None:
    given(*OTHERS, *takes_part(ANNA)).when(command, by=ELSEWHERE).refused("other_area")


@EACH
@pytest.mark.parametrize(
    "by", [NEARBY, COORDINATOR, as_member(ANNA)], ids=["nearby", "all areas", "themselves"]
)
def test_who_works_in_the_area_or_everywhere_is_not_stopped_for_it(command: Command, by: Any) -> None:
    outcome = given(*OTHERS, *takes_part(ANNA)).when(command, by=by)
    assert outcome.refusal is None or outcome.refusal.code != "other_area"


@EACH
def test_who_left_can_only_be_erased(command: Command) -> None:
    outcome = given(*OTHERS, *takes_part(ANNA), left()).when(command)
    if isinstance(command, EraseMember):
        assert outcome.refusal is None
    else:
        outcome.refused("left")


@pytest.mark.parametrize(
    "command",
    [
        NameTie(member_id=CORA, other_id=ANNA, tie="friend"),
        JoinHousehold(member_id=CORA, household_id=ANNA),
        GrantRepresentation(member_id=CORA, representative_id=ANNA, how="phone"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_who_left_is_not_tied_to_others_any_more(command: Command) -> None:
    given(*takes_part(CORA), *takes_part(ANNA), left()).when(command).refused("left")
    given(*takes_part(CORA)).when(command).refused("unknown_member")


def test_a_member_is_what_happened_to_them() -> None:
    changed = CapacityChanged(member_id=ANNA, capacity_minutes_week=60)
    anna = given(registered(), APPROVED, changed).now(MEMBER, ANNA)
    assert (anna.number, anna.status, anna.capacity_minutes_week, anna.version) == (1001, "approved", 60, 3)
    assert given(registered(), DECLINED).now(MEMBER, ANNA).status == "declined"


def test_nobody_approves_themselves() -> None:
    anke = COORDINATOR.model_copy(update={"member_id": ANNA})
    given(registered()).when(ApproveMember(member_id=ANNA), by=anke).refused("involved")
    assert given(registered(BRAM)).when(ApproveMember(member_id=BRAM), by=anke).events
