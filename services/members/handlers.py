"""Which command is decided where, and what other services' events ask of members."""

from contracts.envelope import Command, Event
from contracts.exchange import MatchCompleted, MatchConfirmed, MatchFellThrough
from contracts.members import (
    ApproveMember,
    ChangeCapacity,
    CloseContact,
    DeclineMember,
    OpenContact,
    RegisterMember,
)
from services.kernel.service import Decide, Follow
from services.members import contact, member

DECIDES: dict[type[Command], Decide] = {
    RegisterMember: member.register,
    ApproveMember: member.approve,
    DeclineMember: member.decline,
    ChangeCapacity: member.change_capacity,
    OpenContact: contact.open_contact,
    CloseContact: contact.close_contact,
}


def on_match_confirmed(event: MatchConfirmed) -> list[Command]:
    return [OpenContact(contact_id=event.match_id, helper_id=event.helper_id, asker_id=event.asker_id)]


def on_match_over(event: MatchCompleted | MatchFellThrough) -> list[Command]:
    return [CloseContact(contact_id=event.match_id)]


FOLLOWS: dict[type[Event], Follow] = {
    MatchConfirmed: on_match_confirmed,
    MatchCompleted: on_match_over,
    MatchFellThrough: on_match_over,
}
