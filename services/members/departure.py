"""Leaving, and being erased: everything that runs ends, the balance is settled as the member chose.

With it ends what the member is to others: who asks for whom, and who belongs to which household.
"""

from uuid import UUID

from contracts.common import Settle
from contracts.envelope import Event
from contracts.members import EraseMember, LeaveMembership, MemberErased, MemberLeft
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.rights import check_area
from services.kernel.service import Context
from services.members import household, representation
from services.members.member import MEMBER, Member, changeable, known


def leave(command: LeaveMembership, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    return _leaving(member, command, state)


def erase(command: EraseMember, context: Context, state: State) -> list[Event]:
    member = known(state, command.member_id)
    check_area(context, member.pc4)
    if member.status == "erased":
        return []
    leaving = [] if member.status == "left" else _leaving(member, command, state)
    return [*leaving, MemberErased(member_id=member.member_id)]


def _leaving(member: Member, command: LeaveMembership, state: State) -> list[Event]:
    beneficiary_id = _beneficiary(member, command.settle, command.beneficiary_id, state)
    return [
        *representation.all_ended(state, member.member_id),
        *household.all_left(state, member),
        MemberLeft(member_id=member.member_id, settle=command.settle, beneficiary_id=beneficiary_id),
    ]


def _beneficiary(member: Member, settle: Settle, beneficiary_id: UUID | None, state: State) -> UUID | None:
    """Who gets the balance: another approved member, or None where it goes elsewhere. Raises Rejected."""
    if settle != "beneficiary":
        return None
    beneficiary = state.get(MEMBER, beneficiary_id) if beneficiary_id is not None else None
    if beneficiary is None or beneficiary.status != "approved" or beneficiary.member_id == member.member_id:
        raise Rejected(
            "no_beneficiary",
            "Het saldo kan alleen naar een andere deelnemer die nu meedoet. "
            "Kies zo iemand, of geef het saldo aan de solidariteitspot.",
            "The balance can only go to another participant who takes part now. "
            "Choose one, or give the balance to the solidarity pool.",
        )
    return beneficiary.member_id
