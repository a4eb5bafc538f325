"""What a coordinator may change about a member, on the page of that member: forms by what they are about."""

from typing import Any
from uuid import UUID

from contracts.envelope import Actor
from contracts.initiatives import THE_INITIATIVE, GetInitiatives, Initiatives
from contracts.policy import AgeBand
from services.coordinator.console import member_forms as ask
from services.coordinator.console.addresses import member_href
from services.coordinator.console.forms import Failed, Form, Group, Shown, shown_form
from services.coordinator.console.help_forms import ASK, HELP_FORMS, OFFER, WITHDRAW_OFFER
from services.coordinator.console.member_around import Around
from services.coordinator.console.people import Names, coordinators
from services.coordinator.console.wording import category_nl
from services.coordinator.desk import Desk
from services.coordinator.projections.members import MemberSeen
from services.kernel.errors import Rejected, Transient

MINORS = [band for band in AgeBand if band.minor]
GONE = ("left", "erased", "declined")

MEMBER_FORMS = (*HELP_FORMS, *ask.MEMBER_FORMS)
"""Every form of the page."""


async def initiatives_of(desk: Desk, actor: Actor, member: MemberSeen) -> tuple[tuple[str, str], ...]:
    """The initiatives in which something can be asked or offered; none while exchange is away."""
    if member.status != "approved":
        return ()
    try:
        found = (await desk.ask(GetInitiatives(), Initiatives, actor)).initiatives
    except (Transient, Rejected):
        return ()
    running = [each for each in found if each.status == "running"]
    return tuple((str(each.initiative_id), each.name) for each in running)


def member_groups(
    desk: Desk,
    member: MemberSeen,
    around: Around,
    known: Names,
    initiatives: tuple[tuple[str, str], ...],
    failed: Failed | None,
) -> tuple[Group, ...]:
    if member.status in GONE:
        return ()
    here = member_href(member.member_id)
    colleagues = coordinators(desk.region)

    def shown(form: Form, **more: Any) -> Shown:
        return shown_form(form, here, failed=failed, **more)

    def people(ids: list[UUID]) -> tuple[tuple[str, str], ...]:
        return tuple((str(id), known.first(id)) for id in ids)

    offers = tuple((str(row["offer_id"]), category_nl(row["category"])) for row in around.offers)
    homes = [row["household_id"] for row in around.households]
    speakers = [row["representative_id"] for row in around.representatives]
    told_by = {"channel": member.channel, "digest": member.digest}
    quiet = {"quiet_from": member.quiet_from, "quiet_until": member.quiet_until}
    capacity = {
        "capacity_minutes_week": member.capacity_minutes_week,
        "carer_minutes_week": member.carer_minutes_week,
    }
    everywhere = {"initiative_id": str(THE_INITIATIVE)}
    choice = {"initiative_id": initiatives}
    groups = {
        "Vragen en aanbieden": [
            shown(ASK, now={**everywhere, "urgency": "normal", "wish": "none"}, choices=choice),
            shown(OFFER, now=everywhere, choices=choice),
            *([shown(WITHDRAW_OFFER, choices={"offer_id": offers})] if offers else []),
        ],
        "Helpen": [
            shown(ask.CAPACITY, now=capacity),
            shown(ask.RESUME if member.paused else ask.PAUSE),
            shown(ask.VOG),
            *([shown(ask.AGE)] if member.age_band is None and member.kind == "person" else []),
            *([_guardian(member, shown)] if member.age_band in MINORS else []),
            shown(ask.WAIVER),
        ],
        "Wie hoort bij wie": [
            shown(ask.TIE),
            shown(ask.JOIN),
            *([shown(ask.PART, choices={"household_id": people(homes)})] if homes else []),
            shown(ask.REPRESENT),
            *([shown(ask.UNREPRESENT, choices={"representative_id": people(speakers)})] if speakers else []),
        ],
        "Bereiken": [shown(ask.CONTACT), shown(ask.CHANNEL, now={**told_by, **quiet})],
        "Als het niet goed gaat": [shown(ask.COMPLAINT, choices={"handler": colleagues})],
        "Stoppen": [shown(ask.LEAVE), shown(ask.ERASE)],
    }
    if member.status == "registered":
        groups = {"Liever niet?": [shown(ask.DECLINE)], "Bereiken": [shown(ask.CONTACT)]}
    return tuple(Group(heading, tuple(forms)) for heading, forms in groups.items())


def _guardian(member: MemberSeen, shown: Any) -> Shown:
    found: Shown = shown(ask.NO_GUARDIAN if member.guardian_agrees else ask.GUARDIAN)
    return found
