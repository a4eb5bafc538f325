"""The page of one member: who they are, what they can carry, who belongs to them, what happened."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.categories import CATEGORIES
from contracts.envelope import Actor
from contracts.initiatives import THE_INITIATIVE, GetInitiatives, Initiatives
from contracts.members import Person
from contracts.policy import AgeBand
from services.coordinator.account import account_used
from services.coordinator.console import member_forms as ask
from services.coordinator.console.addresses import member_href, statement_href
from services.coordinator.console.forms import Failed, Form, Group, Shown, kept, shown_form
from services.coordinator.console.help_forms import ASK, HELP_FORMS, OFFER
from services.coordinator.console.history import history, people_in
from services.coordinator.console.people import Names, coordinators, names, number_label, place
from services.coordinator.console.today import WHY_FAILED
from services.coordinator.console.views import (
    Confirmation,
    Consequence,
    Fact,
    Icon,
    MemberPage,
    Notice,
    StatusTone,
)
from services.coordinator.console.wording import balance_nl, carried_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.coordinator.projections.history import readable
from services.coordinator.projections.members import MEMBERS, MemberSeen
from services.kernel.dutch import day_nl, local
from services.kernel.errors import Rejected, Transient

LINES_SHOWN = 50

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "registered": ("Nieuw", "warning", "person-plus"),
    "approved": ("Doet mee", "safe", "check"),
    "declined": ("Doet niet mee", "neutral", "info"),
    "left": ("Gestopt", "neutral", "info"),
    "erased": ("Gewist", "neutral", "info"),
}
_PAUSED: tuple[str, StatusTone, Icon] = ("Heeft pauze", "neutral", "clock")
_KINDS = {"household": "huishouden", "organisation": "organisatie"}
_MINORS = [band for band in AgeBand if band.minor]
_GONE = ("left", "erased", "declined")

MEMBER_FORMS = (*HELP_FORMS, *ask.MEMBER_FORMS)
"""Every form of the page."""


async def member_page(
    desk: Desk,
    actor: Actor,
    member_id: UUID,
    *,
    done: str | None = None,
    failed: Failed | None = None,
) -> MemberPage | None:
    """The page; None for a member we do not know. `done`: what just happened here."""
    row = await desk.row(f"{MEMBERS.select()} WHERE member_id = $1", member_id)
    if row is None:
        return None
    member = MemberSeen(**row)
    told = readable(
        await desk.fetch(
            "SELECT * FROM history WHERE person_id = $1 OR other_id = $1 ORDER BY at DESC LIMIT $2",
            member_id,
            LINES_SHOWN,
        ),
        actor,
    )
    around = await _around(desk, member_id)
    known = await names(desk, actor, [member_id, *people_in(told), *around.people])
    label, tone, icon = _PAUSED if member.paused and member.status == "approved" else STATUS[member.status]
    return MemberPage(
        number_label=number_label(member.number),
        title=known.first(member_id),
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=await _facts(desk, member, around, known),
        details=_details(member, around, known),
        approval=_approval(member, known) if member.status == "registered" else None,
        groups=kept(
            _groups(desk, member, around, known, await _running(desk, actor, member), failed),
            MEMBER_FORMS,
            member_href(member_id),
            failed,
        ),
        history=history(told, known, desk.region),
        notice=Notice("ok", done) if done else await _failed(desk, member_id),
        failed=failed is not None,
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What this instance knows around one member: certificates, households, representatives, account."""

    vogs: list[dict[str, Any]]
    households: list[dict[str, Any]]
    inmates: list[dict[str, Any]]
    representatives: list[dict[str, Any]]
    waived: dict[str, Any] | None
    account: dict[str, Any] | None

    @property
    def people(self) -> list[UUID]:
        return [
            *(row["household_id"] for row in self.households),
            *(row["member_id"] for row in self.inmates),
            *(row["representative_id"] for row in self.representatives),
        ]


async def _around(desk: Desk, member_id: UUID) -> _Around:
    return _Around(
        await desk.fetch("SELECT * FROM vogs_seen WHERE member_id = $1 ORDER BY valid_until", member_id),
        await desk.fetch("SELECT * FROM households_seen WHERE member_id = $1 AND belongs", member_id),
        await desk.fetch("SELECT * FROM households_seen WHERE household_id = $1 AND belongs", member_id),
        await desk.fetch("SELECT * FROM representations_seen WHERE member_id = $1 AND stands", member_id),
        await desk.row("SELECT * FROM waivers_seen WHERE participant_id = $1 AND until > now()", member_id),
        await account_used(desk, member_id),
    )


async def _facts(desk: Desk, member: MemberSeen, around: _Around, known: Names) -> tuple[Fact, ...]:
    offers = await desk.fetch(
        "SELECT DISTINCT category FROM offers_seen WHERE member_id = $1 AND status = 'open'", member.member_id
    )
    offered = sorted(CATEGORIES[o["category"]].nl.lower() for o in offers if o["category"] in CATEGORIES)
    facts = [
        Fact("Woont in", place(member.pc4), _KINDS.get(member.kind, "")),
        Fact("Ruimte per week", *carried_nl(member.capacity_minutes_week, member.carer_minutes_week)),
        Fact("Biedt aan", ", ".join(offered) or "nog niets"),
    ]
    if (account := around.account) is not None:
        shared = f"gedeeld met {known.of(account['shared_with'])}: " if account["shared_with"] else ""
        facts.append(
            Fact(
                "Saldo",
                balance_nl(account["balance_minutes"]),
                f"{shared}alle boekingen",
                statement_href(member.member_id),
            )
        )
    if (person := known.people.get(member.member_id)) is not None:
        facts.append(Fact("Bereikbaar", person.phone or person.email or "per brief", _also(person)))
    return tuple(facts)


def _also(person: Person) -> str:
    if person.email is None:
        return "geen e-mail"
    return person.email if person.phone else ""


def _details(member: MemberSeen, around: _Around, known: Names) -> tuple[Fact, ...]:
    facts = []
    if member.paused:
        until = member.paused_until
        facts.append(Fact("Pauze", f"tot en met {day_nl(local(until))}" if until else "zonder einddatum"))
    if member.age_band in _MINORS:
        agrees = (
            "een ouder of voogd vindt het goed" if member.guardian_agrees else "er is nog geen toestemming"
        )
        facts.append(Fact("Onder de 18", agrees))
    facts += [_vog(row) for row in around.vogs]
    for row in around.households:
        shares = "deelt de uren" if row["shares_balance"] else "eigen uren"
        facts.append(_person("Hoort bij", row["household_id"], known, shares))
    facts += [_person("Hierbij hoort", row["member_id"], known) for row in around.inmates]
    facts += [
        _person("Mag namens hen vragen en regelen", row["representative_id"], known)
        for row in around.representatives
    ]
    if around.waived:
        facts.append(Fact("Hoeft niets terug te doen", f"tot en met {day_nl(local(around.waived['until']))}"))
    channel = dict(ask.CHANNELS).get(member.channel, member.channel)
    return (*facts, Fact("Krijgt bericht per", channel))


def _vog(row: dict[str, Any]) -> Fact:
    about = CATEGORIES[row["category"]].nl if row["category"] in CATEGORIES else row["category"]
    ends = row["valid_until"]
    said = "geldig tot en met" if ends >= now().date() else "verlopen na"
    return Fact(f"VOG: {about.lower()}", f"{said} {day_nl(ends)} {ends.year}")


def _person(label: str, member_id: UUID, known: Names, note: str = "") -> Fact:
    return Fact(label, known.first(member_id), note, member_href(member_id))


async def _running(desk: Desk, actor: Actor, member: MemberSeen) -> tuple[tuple[str, str], ...]:
    """The initiatives in which something can be asked or offered; none while exchange is away."""
    if member.status != "approved":
        return ()
    try:
        found = (await desk.ask(GetInitiatives(), Initiatives, actor)).initiatives
    except (Transient, Rejected):
        return ()
    running = [each for each in found if each.status == "running"]
    return tuple((str(each.initiative_id), each.name) for each in running)


def _groups(
    desk: Desk,
    member: MemberSeen,
    around: _Around,
    known: Names,
    initiatives: tuple[tuple[str, str], ...],
    failed: Failed | None,
) -> tuple[Group, ...]:
    if member.status in _GONE:
        return ()
    here = member_href(member.member_id)
    colleagues = coordinators(desk.region)

    def shown(form: Form, **more: Any) -> Shown:
        return shown_form(form, here, failed=failed, **more)

    def people(ids: list[UUID]) -> tuple[tuple[str, str], ...]:
        return tuple((str(id), known.first(id)) for id in ids)

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
        ],
        "Helpen": [
            shown(ask.CAPACITY, now=capacity),
            shown(ask.RESUME if member.paused else ask.PAUSE),
            shown(ask.VOG),
            *([shown(ask.AGE)] if member.age_band is None and member.kind == "person" else []),
            *([_guardian(member, shown)] if member.age_band in _MINORS else []),
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


async def _failed(desk: Desk, member_id: UUID) -> Notice | None:
    """The newest message that did not arrive, as long as it is on the work list."""
    row = await desk.row(
        "SELECT reason FROM messages_seen WHERE member_id = $1 AND status = 'failed' "
        "AND changed_at > now() - interval '14 days' ORDER BY changed_at DESC LIMIT 1",
        member_id,
    )
    if row is None:
        return None
    why = WHY_FAILED.get(row["reason"], "de e-mail komt niet aan")
    return Notice("warning", "Een bericht kwam niet aan.", f"Reden: {why}. Bel even en vertel wat er speelt.")


def _approval(member: MemberSeen, known: Names) -> Confirmation:
    who = known.first(member.member_id)
    return Confirmation(
        action_href=f"{member_href(member.member_id)}/goedkeuring",
        consequences=(
            Consequence("check", f"{who} kan hulp aanbieden en hulp vragen."),
            Consequence("clock", f"{who} krijgt een rekening voor uren."),
            Consequence("mail", f"{who} krijgt een e-mail.")
            if known.has_email(member.member_id)
            else Consequence("phone", f"{who} heeft geen e-mail. Bel zelf even."),
        ),
    )
