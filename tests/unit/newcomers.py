"""How people, households and organisations come to be members: the beginnings that tests of members share."""

from uuid import UUID

from contracts.envelope import Actor, Event, Role
from contracts.members import MemberApproved, MemberErased, MemberLeft, MemberRegistered
from contracts.policy import AgeBand
from tests.unit.neighbours import ANNA, BRAM, CORA

HOUSE, CLUB = UUID(int=0xD), UUID(int=0xE)
NUMBERS = {ANNA: 1001, BRAM: 1002, CORA: 1003, HOUSE: 1004, CLUB: 1005}

NEARBY = Actor(role=Role.COORDINATOR, name="coordinator-1", areas=("3511", "3512"))
ELSEWHERE = Actor(role=Role.COORDINATOR, name="coordinator-2", areas=("3584",))


def registered(
    member_id: UUID = ANNA, *, kind: str = "person", age_band: AgeBand | None = None
) -> MemberRegistered:
    """Someone who signed up and waits for approval. Their number is that of `NUMBERS`, or 1001."""
    return MemberRegistered(
        member_id=member_id,
        number=NUMBERS.get(member_id, 1001),
        pc4="3512",
        capacity_minutes_week=120,
        kind=kind,
        age_band=age_band,
    )


def approved(member_id: UUID = ANNA, *, kind: str = "person") -> MemberApproved:
    return MemberApproved(
        member_id=member_id, number=NUMBERS[member_id], pc4="3512", capacity_minutes_week=120, kind=kind
    )


def left(member_id: UUID = ANNA) -> MemberLeft:
    return MemberLeft(member_id=member_id, settle="pool")


def erased(member_id: UUID = ANNA) -> tuple[Event, ...]:
    return left(member_id), MemberErased(member_id=member_id)


def takes_part(member_id: UUID = ANNA, *, age_band: AgeBand | None = None) -> tuple[Event, ...]:
    return registered(member_id, age_band=age_band), approved(member_id)


A_HOUSEHOLD = (registered(HOUSE, kind="household"), approved(HOUSE, kind="household"))
AN_ORGANISATION = (registered(CLUB, kind="organisation"), approved(CLUB, kind="organisation"))
