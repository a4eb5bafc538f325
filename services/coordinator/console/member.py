"""The page of one member: who they are, what they can carry, who belongs to them, what happened."""

from typing import Any
from uuid import UUID

from contracts.categories import CATEGORIES
from contracts.envelope import Actor
from contracts.members import Person
from services.coordinator.console import member_forms as ask
from services.coordinator.console.addresses import member_href, statement_href, tel_href
from services.coordinator.console.chosen import how_told
from services.coordinator.console.forms import Failed, kept
from services.coordinator.console.history import history, people_in
from services.coordinator.console.member_around import Around, around_member
from services.coordinator.console.member_groups import MEMBER_FORMS, MINORS, initiatives_of, member_groups
from services.coordinator.console.people import Names, names, number_label, place
from services.coordinator.console.running import running, running_lines
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
from services.coordinator.console.wording import balance_nl, carried_nl, category_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.coordinator.projections.history import readable
from services.coordinator.projections.members import MEMBERS, MemberSeen
from services.kernel.dutch import day_nl, local

LINES_SHOWN = 50

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "registered": ("Nieuw", "warning", "person-plus"),
    "approved": ("Doet mee", "safe", "check"),
    "declined": ("Doet niet mee", "neutral", "info"),
    "left": ("Gestopt", "neutral", "info"),
    "erased": ("Gewist", "neutral", "info"),
}


def standing(status: str, *, paused: bool) -> tuple[str, StatusTone, Icon]:
    """How someone takes part, in words."""
    return ("Heeft pauze", "neutral", "clock") if paused and status == "approved" else STATUS[status]


_KINDS = {"household": "huishouden", "organisation": "organisatie"}


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
    around = await around_member(desk, member_id)
    runs = await running(desk, member_id)
    known = await names(desk, actor, [member_id, *people_in(told), *around.people, *runs.people])
    label, tone, icon = standing(member.status, paused=member.paused)
    return MemberPage(
        number_label=number_label(member.number),
        title=known.first(member_id),
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=await _facts(desk, member, around, known),
        details=_details(member, around, known),
        running=running_lines(runs, member_id, known),
        approval=_approval(member, known) if member.status == "registered" else None,
        groups=kept(
            member_groups(desk, member, around, known, await initiatives_of(desk, actor, member), failed),
            MEMBER_FORMS,
            member_href(member_id),
            failed,
        ),
        history=history(told, known, desk.region),
        notice=Notice("ok", done) if done else await _failed(desk, member_id),
        failed=failed is not None,
    )


async def _facts(desk: Desk, member: MemberSeen, around: Around, known: Names) -> tuple[Fact, ...]:
    offered = sorted({category_nl(offer["category"]).lower() for offer in around.offers})
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
        facts.append(
            Fact("Bereikbaar", person.phone or person.email or "per brief", _also(person), _call(person))
        )
    return tuple(facts)


def _call(person: Person) -> str:
    """A telephone that opens this page calls at once."""
    return tel_href(person.phone) if person.phone else ""


def _also(person: Person) -> str:
    if person.email is None:
        return "geen e-mail"
    return person.email if person.phone else ""


def _details(member: MemberSeen, around: Around, known: Names) -> tuple[Fact, ...]:
    facts = []
    if member.paused:
        until = member.paused_until
        facts.append(Fact("Pauze", f"tot en met {day_nl(local(until))}" if until else "zonder einddatum"))
    if member.age_band in MINORS:
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
            how_told(member.member_id, known),
        ),
    )
