"""How old a member is, as coarse as the rules need it, and who agrees when they are minors."""

from datetime import date

from contracts.envelope import Event
from contracts.members import (
    AgeBandReached,
    GiveGuardianConsent,
    GuardianConsentGiven,
    GuardianConsentWithdrawn,
    NoteAgeBand,
    ReachAgeBand,
    WithdrawGuardianConsent,
)
from contracts.policy import BAND_BEGINS, AgeBand
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.members.member import MEMBER, Member, changeable, check_person


def years_on(day: date, born_on: date) -> int:
    """Age in whole years on a day. Who was born on 29 February gets older on 1 March in other years.

    >>> years_on(date(2026, 2, 28), date(2008, 2, 29)), years_on(date(2026, 3, 1), date(2008, 2, 29))
    (17, 18)
    """
    had_birthday = (day.month, day.day) >= (born_on.month, born_on.day)
    return day.year - born_on.year - (0 if had_birthday else 1)


def band_on(day: date, born_on: date) -> AgeBand:
    """The age band on a day.

    >>> band_on(date(2026, 11, 23), date(2010, 11, 24)), band_on(date(2026, 11, 23), date(2005, 11, 23))
    (<AgeBand.UNDER_16: 'under_16'>, <AgeBand.FROM_21: 'from_21'>)
    """
    years = years_on(day, born_on)
    return max(
        (band for band, begins in BAND_BEGINS.items() if years >= begins),
        key=BAND_BEGINS.__getitem__,
        default=AgeBand.UNDER_16,
    )


def is_minor(member: Member) -> bool:
    """Whether this member is known to be under 18."""
    return member.age_band is not None and AgeBand(member.age_band).minor


def reach_band(command: ReachAgeBand, context: Context, state: State) -> list[Event]:
    member = state.get(MEMBER, command.member_id)
    if member is None or member.is_gone or member.age_band is None:
        return []
    if AgeBand(member.age_band).reaches(command.age_band):
        return []
    return [AgeBandReached(member_id=member.member_id, age_band=command.age_band)]


def note_band(command: NoteAgeBand, context: Context, state: State) -> list[Event]:
    """Which band someone is in whose date of birth nobody gave. A birthday does not change it."""
    member = changeable(state, command.member_id, context)
    check_person(member)
    if member.birth_date_known:
        raise Rejected(
            "birth_date_known",
            f"Van deelnemer {member.number} kennen wij de geboortedatum, dus ook de leeftijd. U hoeft niets "
            "te doen.",
            f"We know the date of birth of participant {member.number}, and so their age. You need not do "
            "anything.",
        )
    if member.age_band == command.age_band:
        return []
    return [AgeBandReached(member_id=member.member_id, age_band=command.age_band)]


def give_consent(command: GiveGuardianConsent, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    check_person(member)
    if not is_minor(member):
        raise Rejected(
            "not_a_minor",
            f"Deelnemer {member.number} is volgens onze gegevens niet jonger dan 18. U hoeft niets te doen.",
            f"As far as we know participant {member.number} is not under 18. You need not do anything.",
        )
    if member.guardian_agrees:
        return []
    return [GuardianConsentGiven(member_id=member.member_id, how=command.how)]


def withdraw_consent(command: WithdrawGuardianConsent, context: Context, state: State) -> list[Event]:
    member = changeable(state, command.member_id, context)
    if not member.guardian_agrees:
        return []
    return [GuardianConsentWithdrawn(member_id=member.member_id)]
