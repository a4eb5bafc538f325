"""Which command is decided where, what follows later, and what other services' events ask of members."""

from contracts.envelope import Command, Event
from contracts.exchange import MatchCompleted, MatchConfirmed, MatchFellThrough, PeopleParted
from contracts.households import EndRepresentation, GrantRepresentation, JoinHousehold, LeaveHousehold
from contracts.members import (
    ApproveMember,
    ChangeCapacity,
    ChangeContactDetails,
    ChooseChannel,
    CloseContact,
    DeclineMember,
    EndPause,
    EraseMember,
    GiveGuardianConsent,
    LeaveMembership,
    MemberErased,
    MemberPaused,
    NameTie,
    NoteAgeBand,
    OpenContact,
    PauseHelping,
    ReachAgeBand,
    RegisterMember,
    RegisterReferred,
    ResumeHelping,
    WithdrawGuardianConsent,
)
from contracts.vetting import RecordVog, RemindVog, VogRecorded
from services.kernel.service import Decide, Erase, Follow, Schedule
from services.members import (
    age,
    contact,
    departure,
    details,
    household,
    member,
    pause,
    registration,
    representation,
    vog,
)

DECIDES: dict[type[Command], Decide] = {
    RegisterMember: registration.register,
    RegisterReferred: registration.register,
    ApproveMember: member.approve,
    DeclineMember: member.decline,
    ChangeCapacity: member.change_capacity,
    PauseHelping: pause.begin,
    ResumeHelping: pause.resume,
    EndPause: pause.end,
    ReachAgeBand: age.reach_band,
    NoteAgeBand: age.note_band,
    GiveGuardianConsent: age.give_consent,
    WithdrawGuardianConsent: age.withdraw_consent,
    ChangeContactDetails: details.change_contact,
    ChooseChannel: details.choose_channel,
    NameTie: details.name_tie,
    JoinHousehold: household.join,
    LeaveHousehold: household.leave,
    GrantRepresentation: representation.grant,
    EndRepresentation: representation.end,
    RecordVog: vog.record,
    RemindVog: vog.remind,
    LeaveMembership: departure.leave,
    EraseMember: departure.erase,
    OpenContact: contact.open_contact,
    CloseContact: contact.close_contact,
}

SCHEDULES: dict[type[Event], Schedule] = {
    MemberPaused: pause.schedule,
    VogRecorded: vog.schedule,
}

ERASES: dict[type[Event], Erase] = {MemberErased: lambda event: event.member_id}


def on_match_confirmed(event: MatchConfirmed) -> list[Command]:
    return [OpenContact(contact_id=event.match_id, helper_id=event.helper_id, asker_id=event.asker_id)]


def on_match_over(event: MatchCompleted | MatchFellThrough | PeopleParted) -> list[Command]:
    return [CloseContact(contact_id=event.match_id)]


FOLLOWS: dict[type[Event], Follow] = {
    MatchConfirmed: on_match_confirmed,
    MatchCompleted: on_match_over,
    MatchFellThrough: on_match_over,
    PeopleParted: on_match_over,
}
