"""Whether a helper may do this, now: the hard rules, each with what to do instead.

The same rules hold when a coordinator chooses a helper and when a visit of a series is planned.
Who is too close to the asker is known to members alone and asked before (preparing.py).
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.categories import CATEGORIES
from contracts.policy import Policy
from services.exchange.age import check_age, check_guardian
from services.exchange.incident import apart
from services.exchange.match import Match
from services.exchange.participant import Participant, taking_part
from services.exchange.person import PERSON, VETTING, vetting_id
from services.exchange.week import load, week_of
from services.kernel.dutch import local
from services.kernel.entity import State
from services.kernel.errors import Rejected


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a helper. `series_id`: as part of help that comes back.

    `asker_id` is None for someone of another region, whose own side looks after them.
    `further`: where it begins, when it comes back in its first weeks (UTC), each time as long.
    """

    asker_id: UUID | None
    category: str
    minutes: int
    wanted_at: datetime | None
    series_id: UUID | None = None
    further: tuple[datetime, ...] = ()

    @property
    def moments(self) -> tuple[datetime | None, ...]:
        return (self.wanted_at, *self.further)


def check(state: State, helper_id: UUID, wanted: Wanted, policy: Policy, at: datetime) -> None:
    """Go on only when this helper may do what is wanted. Raises Rejected."""
    helper = taking_part(state, helper_id)
    _check_pause(state, helper, wanted, at)
    check_age(state, helper, policy)
    check_guardian(state, helper)
    if wanted.asker_id is not None and apart(state, helper_id, wanted.asker_id):
        raise does_not_fit()
    _check_vetting(state, helper, wanted, at)
    _check_running(helper, wanted, policy)
    _check_weeks(state, helper, wanted, at)
    if wanted.asker_id is not None:
        check_guardian(state, taking_part(state, wanted.asker_id))


def does_not_fit() -> Rejected:
    """Whatever the reason between two people is, this is all that is said of it."""
    return Rejected(
        "does_not_fit",
        "Deze helper past niet bij deze hulpvraag. Kies iemand uit de lijst.",
        "This helper does not fit this request. Choose someone from the list.",
    )


def _check_pause(state: State, helper: Participant, wanted: Wanted, at: datetime) -> None:
    person = state.get(PERSON, helper.participant_id)
    if person is not None and person.pauses_at(wanted.wanted_at or at):
        raise Rejected(
            "paused",
            f"Deelnemer {helper.number} helpt nu even niet. Kies iemand anders.",
            f"Participant {helper.number} does not help for a while. Choose someone else.",
        )


def _check_vetting(state: State, helper: Participant, wanted: Wanted, at: datetime) -> None:
    if not CATEGORIES[wanted.category].vog:
        return
    vetting = state.get(VETTING, vetting_id(helper.participant_id, wanted.category))
    day = local(wanted.wanted_at or at).date()
    if vetting is None or vetting.lapsed or vetting.valid_until < day:
        raise Rejected(
            "no_vog",
            f"Deelnemer {helper.number} heeft voor deze hulp op die dag geen geldige VOG. "
            "Kies iemand anders, of vraag een nieuwe VOG aan.",
            f"Participant {helper.number} has no valid certificate of conduct for this help on that day. "
            "Choose someone else, or apply for a new one.",
        )


def _check_running(helper: Participant, wanted: Wanted, policy: Policy) -> None:
    # A visit of a series they help in already is no further commitment.
    if wanted.series_id in helper.helps_in:
        return
    if len(helper.helps_in) >= policy.most_running:
        raise Rejected(
            "too_many_running",
            f"Deelnemer {helper.number} helpt al op {policy.most_running} plekken tegelijk. "
            "Kies iemand anders.",
            f"Participant {helper.number} already helps in {policy.most_running} places at once. "
            "Choose someone else.",
        )


def check_move(state: State, helper: Participant, found: Match, to: datetime, at: datetime) -> None:
    """Go on only when the helper of a match can do it at another time. Raises Rejected."""
    # What their series asks of them in that week stays: this visit is one more there.
    wanted = Wanted(found.asker_id, found.category, found.minutes, to)
    _check_pause(state, helper, wanted, at)
    _check_vetting(state, helper, wanted, at)
    if found.wanted_at is None:
        # Help without a date counts in every week already.
        _check_week(state, helper, replace(wanted, minutes=0), at)
    elif week_of(found.wanted_at) != week_of(to):
        _check_week(state, helper, wanted, at)


def _check_weeks(state: State, helper: Participant, wanted: Wanted, at: datetime) -> None:
    """Every week in which it is asked has room for all of it."""
    # Without a date it is one time, in every week.
    weeks = {moment: week_of(moment) if moment is not None else "" for moment in wanted.moments}
    times = Counter(weeks.values())
    for week, moment in {week: moment for moment, week in weeks.items()}.items():
        that_week = replace(wanted, wanted_at=moment, minutes=times[week] * wanted.minutes)
        _check_week(state, helper, that_week, at)


def _check_week(state: State, helper: Participant, wanted: Wanted, at: datetime) -> None:
    held = load(state, helper, wanted.wanted_at, at, besides=wanted.series_id)
    would_be = held + wanted.minutes
    if would_be > helper.capacity_minutes_week:
        raise _no_capacity(helper, would_be, comes_back=bool(wanted.further))


def _no_capacity(helper: Participant, would_be: int, *, comes_back: bool) -> Rejected:
    number, most = helper.number, helper.capacity_minutes_week
    nl = (
        f"Dit kan nu niet. Deelnemer {number} zou {would_be} minuten per week helpen en wil er hoogstens "
        f"{most}. Kies iemand anders, maak de afspraak korter of kies een andere week."
    )
    en = (
        f"Not possible now. Participant {number} would help {would_be} minutes a week and wants {most} at "
        "most. Choose someone else, a shorter visit or another week."
    )
    if comes_back:
        nl = (
            "Dit kan nu niet. Deze hulp komt terug, en in een van de eerste vier weken zou deelnemer "
            f"{number} {would_be} minuten helpen. Meer dan {most} per week wil diegene niet. Kies iemand "
            "anders, maak de afspraak korter, of vraag eerst om één keer."
        )
        en = (
            "Not possible now. This help comes back, and in one of its first four weeks participant "
            f"{number} would help {would_be} minutes. They want {most} a week at most. Choose someone "
            "else, a shorter visit, or ask for one time first."
        )
    return Rejected("no_capacity", nl, en, would_be_minutes=would_be, capacity_minutes=most)
