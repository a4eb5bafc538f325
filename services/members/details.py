"""What a member tells about themselves: ways of contact, how they want to hear from us, who is near."""

from contracts.envelope import Event
from contracts.members import (
    ChangeContactDetails,
    ChannelChosen,
    ChooseChannel,
    CircleChanged,
    ContactDetailsChanged,
    NameTie,
)
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.members.member import changeable, check_person, taking_part


def change_contact(command: ChangeContactDetails, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    if not command.model_dump(exclude={"member_id"}, exclude_none=True):
        raise Rejected(
            "nothing_to_change",
            "U heeft niets ingevuld. Vul in wat er anders is.",
            "You filled in nothing. Please fill in what is different.",
        )
    return [ContactDetailsChanged(member_id=member.member_id)]


def choose_channel(command: ChooseChannel, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    if (command.quiet_from is None) != (command.quiet_until is None):
        raise Rejected(
            "half_quiet_hours",
            "Bij stille uren horen een begin en een einde. Vul beide in, of geen van beide.",
            "Quiet hours have a beginning and an end. Please fill in both, or neither.",
        )
    if command.quiet_from is not None and command.quiet_from == command.quiet_until:
        raise Rejected(
            "no_quiet_hours",
            "De stille uren beginnen en eindigen op hetzelfde uur. Kies twee verschillende uren.",
            "The quiet hours begin and end at the same hour. Please choose two different hours.",
        )
    return [
        ChannelChosen(
            member_id=member.member_id,
            channel=command.channel,
            digest=command.digest,
            quiet_from=command.quiet_from,
            quiet_until=command.quiet_until,
        )
    ]


def name_tie(command: NameTie, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    if command.other_id == command.member_id:
        raise Rejected(
            "tie_with_oneself",
            "U noemt hier tweemaal dezelfde deelnemer. Kies iemand anders.",
            "This names the same participant twice. Please choose someone else.",
        )
    other = taking_part(state, command.other_id)
    check_person(member)
    check_person(other)
    return [CircleChanged(member_id=member.member_id)]
