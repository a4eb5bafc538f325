"""A certificate of conduct (VOG): seen for a category of help, until its last day.

Which categories need one: `contracts.categories`. A newer certificate of the same member for the
same category takes the place of the older; its reminders then stay silent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from contracts.categories import CATEGORIES
from contracts.envelope import Event
from contracts.vetting import RecordVog, RemindVog, VogLapsed, VogRecorded, VogReminded
from services.kernel.days import end, moment
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.handling import check_uninvolved
from services.kernel.service import Context, Timer
from services.members.days import MORNING, check_near, this_day
from services.members.member import MEMBER, changeable, check_person

REMIND_DAYS = (90, 30)

type VogEvent = VogRecorded | VogReminded | VogLapsed


@dataclass(slots=True)
class Vog:
    vog_id: UUID
    member_id: UUID
    category: str
    valid_until: date
    has_lapsed: bool
    version: int = 0


def evolve(vog: Vog | None, event: VogEvent, vog_id: UUID, at: datetime) -> Vog:
    if isinstance(event, VogRecorded):
        return Vog(vog_id, event.member_id, event.category, event.valid_until, has_lapsed=False)
    assert vog is not None
    return replace(vog, has_lapsed=vog.has_lapsed or isinstance(event, VogLapsed))


VOG = Kind("vogs", Vog, {e: lambda e: (e.vog_id,) for e in (VogRecorded, VogReminded, VogLapsed)}, evolve)


@dataclass(slots=True)
class NewestVog:
    """Which certificate counts for a member and a category: the one seen last."""

    purpose_id: UUID
    vog_id: UUID
    version: int = 0


def purpose_id(member_id: UUID, category: str) -> UUID:
    return uuid5(member_id, category)


def keep_newest(newest: NewestVog | None, event: VogRecorded, purpose_id: UUID, at: datetime) -> NewestVog:
    return NewestVog(purpose_id, event.vog_id)


NEWEST_VOG = Kind(
    "newest_vogs", NewestVog, {VogRecorded: lambda e: (purpose_id(e.member_id, e.category),)}, keep_newest
)


def record(command: RecordVog, context: Context, state: State) -> list[Event]:
    check_uninvolved(context.actor, (command.member_id,))
    member = changeable(state, command.member_id, context)
    check_person(member)
    for category in command.categories:
        if not CATEGORIES[category].vog:
            _refuse_category(category)
    if command.valid_until < this_day(context):
        raise Rejected(
            "vog_ended",
            "Deze VOG is al verlopen. Vraag de deelnemer om een nieuwe VOG.",
            "This certificate has ended. Ask the participant for a new one.",
        )
    check_near(command.valid_until, context)
    return [
        VogRecorded(
            vog_id=uuid5(context.command_id, category),
            member_id=member.member_id,
            category=category,
            valid_until=command.valid_until,
        )
        for category in dict.fromkeys(command.categories)
    ]


def _refuse_category(category: str) -> None:
    needed = [found for found in CATEGORIES.values() if found.vog]
    raise Rejected(
        "no_vog_needed",
        f"Voor {CATEGORIES[category].nl} is geen VOG nodig. Kies uit: {', '.join(n.nl for n in needed)}.",
        f"{CATEGORIES[category].en} needs no certificate. Choose from: {', '.join(n.en for n in needed)}.",
        category=category,
    )


def remind(command: RemindVog, context: Context, state: State) -> list[Event]:
    vog = state.get(VOG, command.vog_id)
    if vog is None or vog.has_lapsed or vog.valid_until != command.valid_until:
        return []
    member = state.get(MEMBER, vog.member_id)
    newest = state.get(NEWEST_VOG, purpose_id(vog.member_id, vog.category))
    if member is None or member.is_gone or newest is None or newest.vog_id != vog.vog_id:
        return []
    if command.days_left == 0:
        return [VogLapsed(vog_id=vog.vog_id, member_id=vog.member_id, category=vog.category)]
    return [
        VogReminded(
            vog_id=vog.vog_id,
            member_id=vog.member_id,
            category=vog.category,
            valid_until=vog.valid_until,
            days_left=command.days_left,
        )
    ]


def schedule(event: VogRecorded, at: datetime) -> Iterable[Timer]:
    """In the morning 90 and 30 days before the last day, and when that is over; never for what has passed."""
    moments = {left: moment(event.valid_until - timedelta(days=left), MORNING) for left in REMIND_DAYS}
    moments[0] = end(event.valid_until)
    for left, due_at in moments.items():
        if due_at >= at:
            command = RemindVog(vog_id=event.vog_id, valid_until=event.valid_until, days_left=left)
            yield Timer(due_at, command, uuid5(event.vog_id, f"{left} days left"))
