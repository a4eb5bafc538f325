"""The page of one referral: what a social team asks for whom, and a coordinator's answer."""

from typing import Any
from uuid import UUID

from contracts.envelope import Actor, Command
from contracts.initiatives import GetInitiatives, Initiatives
from contracts.members import ApproveMember
from contracts.referrals import AcceptReferral, GetReferralFile, ReferralFile
from services.coordinator.console import referral_forms as ask
from services.coordinator.console import referral_words as words
from services.coordinator.console.addresses import member_href, referral_href, request_href
from services.coordinator.console.due import appointment_nl
from services.coordinator.console.forms import Failed, Form, Group, kept, shown_form
from services.coordinator.console.help_request import CONSENT, URGENCY, WISH
from services.coordinator.console.people import names, place
from services.coordinator.console.views import CasePage, Fact, Link, Notice
from services.coordinator.console.wording import category_nl, recurrence_nl
from services.coordinator.desk import Desk
from services.kernel.dutch import day_nl, hours_nl, local
from services.kernel.errors import Rejected, Transient
from services.kernel.handling import involved
from services.kernel.settings import Region

_SQL = (
    "SELECT r.*, m.status AS member_status FROM referrals_seen r JOIN members_seen m USING (member_id) "
    "WHERE referral_id = $1"
)


async def referral_page(
    desk: Desk, actor: Actor, referral_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    """The page; None for what is not this coordinator's to see, and for what we do not know."""
    row = await desk.row(_SQL, referral_id)
    if row is None or involved(actor, (row["member_id"],)) or not actor.may_in(row["pc4"]):
        return None
    known = await names(desk, actor, [row["member_id"]])
    file = await _file(desk, actor, referral_id)
    label, tone, icon = words.STATUS[row["status"]]
    why = words.REASONS.get(row["reason"] or "", "")
    return CasePage(
        number_label=referral_label(referral_id),
        title=f"{_about(row)}: verwijzing van {known.of(row['member_id'])}",
        status_label=f"{label}: {why}" if why else label,
        status_tone=tone,
        status_icon=icon,
        facts=_facts(desk, row, known.first(row["member_id"]), file),
        groups=kept(
            await _groups(desk, actor, row, failed), ask.REFERRAL_FORMS, referral_href(referral_id), failed
        ),
        words=(("Wat het team schreef", file.text),) if file.text else (),
        notice=Notice("ok", done) if done else _notice(row),
        failed=failed is not None,
        links=_links(row),
    )


def referral_label(referral_id: UUID) -> str:
    """How people refer to a referral."""
    return f"Verwijzing {referral_id.int % 1_000_000:06}"


def team_label(region: Region, team: str) -> str:
    """What a social team is called."""
    found = region.team(team)
    return found.label if found is not None else team


def _about(row: dict[str, Any]) -> str:
    return category_nl(row["category"])


def _facts(desk: Desk, row: dict[str, Any], who: str, file: ReferralFile) -> tuple[Fact, ...]:
    new = "nog niet toegelaten" if row["member_status"] == "registered" else ""
    when = appointment_nl(row["wanted_at"]) if row["wanted_at"] else "geen vaste dag"
    often = recurrence_nl(row["recurrence"]) if row["recurrence"] else ""
    answer_by = day_nl(local(row["answer_by"]))
    late = "te laat" if row["overdue"] and row["status"] == "requested" else ""
    return (
        Fact("Voor", who, ", ".join(filter(None, (place(row["pc4"]), new))), member_href(row["member_id"])),
        Fact("Van", team_label(desk.region, row["team"]), file.contact),
        Fact("Wanneer", when, ", ".join(filter(None, (often, hours_nl(row["minutes"]))))),
        Fact("Wens", WISH[row["wish"]], URGENCY[row["urgency"]]),
        Fact("Het team hoort", words.FEEDBACK[row["feedback"]], CONSENT.get(row["consent"], "")),
        Fact("Antwoord vóór", answer_by, late),
    )


def _notice(row: dict[str, Any]) -> Notice | None:
    if row["twin_ids"]:
        return Notice(
            "warning",
            "Misschien dezelfde persoon als in een andere verwijzing.",
            "Kijk of het om dezelfde hulp gaat. Is die al geregeld? Wijs deze dan af. De teams weten niet "
            "van elkaar.",
        )
    if row["overdue"] and row["status"] == "requested":
        return Notice("warning", "De termijn voor antwoord is voorbij.", "Bel het team als het langer duurt.")
    return None


def _links(row: dict[str, Any]) -> tuple[Link, ...]:
    asked = row["status"] in ("accepted", "in-progress", "completed")
    mine = (Link("Naar de hulpvraag", request_href(row["referral_id"])),) if asked else ()
    others = (Link(f"Bekijk {referral_label(id).lower()}", referral_href(id)) for id in row["twin_ids"])
    return (*mine, *others)


async def _groups(desk: Desk, actor: Actor, row: dict[str, Any], failed: Failed | None) -> tuple[Group, ...]:
    """What may be done now, by where the referral stands."""
    href = referral_href(row["referral_id"])
    running = await _initiatives(desk, actor) if row["status"] in ("requested", "on-hold") else ()
    only = {"initiative_id": running[0][0]} if len(running) == 1 else {}

    def shown(heading: str, *forms: Form) -> Group:
        return Group(
            heading,
            tuple(
                shown_form(
                    form,
                    href,
                    now=only,
                    failed=failed,
                    choices={"initiative_id": running},
                    # What is answered most is one click.
                    unfolded=form is ask.ACCEPT and not row["twin_ids"],
                )
                for form in forms
            ),
        )

    groups = []
    match row["status"]:
        case "requested":
            groups.append(shown("Wat is uw antwoord?", ask.ACCEPT, ask.REJECT, ask.HOLD, ask.FAIL))
        case "on-hold":
            groups.append(shown("Wat is uw antwoord?", ask.ACCEPT, ask.REJECT, ask.FAIL))
        case "accepted":
            groups.append(shown("Lukt het niet?", ask.FAIL))
    if row["feedback"] != "nothing":
        groups.append(shown("Wat het team hoort", ask.STOP))
    return tuple(groups)


async def _initiatives(desk: Desk, actor: Actor) -> tuple[tuple[str, str], ...]:
    """The initiatives in which help may be sought now."""
    try:
        found = (await desk.ask(GetInitiatives(), Initiatives, actor)).initiatives
    except (Transient, Rejected):
        return ()
    return tuple((str(each.initiative_id), each.name) for each in found if each.status == "running")


async def _file(desk: Desk, actor: Actor, referral_id: UUID) -> ReferralFile:
    try:
        return await desk.ask(GetReferralFile(referral_id=referral_id), ReferralFile, actor)
    except (Transient, Rejected):
        return ReferralFile()


async def let_in_first(desk: Desk, command: Command) -> Command | None:
    """Who is new takes part as soon as their referral is accepted: that is one answer, not two."""
    if not isinstance(command, AcceptReferral):
        return None
    row = await desk.row(_SQL, command.referral_id)
    if row is None or row["member_status"] != "registered":
        return None
    return ApproveMember(member_id=row["member_id"])
