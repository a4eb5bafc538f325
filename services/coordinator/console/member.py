"""The page of one member: who they are, what they offer, and whether they may take part."""

from uuid import UUID

from contracts.categories import CATEGORIES
from contracts.envelope import Actor
from contracts.members import Person
from services.coordinator.console.people import Names, names, number_label, place
from services.coordinator.console.today import WHY_FAILED, member_href
from services.coordinator.console.views import (
    Confirmation,
    Consequence,
    Fact,
    HistoryLine,
    Icon,
    MemberPage,
    Notice,
    StatusTone,
)
from services.coordinator.console.wording import balance_nl
from services.coordinator.desk import Desk
from services.coordinator.projections.members import MEMBERS, MemberSeen
from services.kernel.dutch import hours_nl, local

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "registered": ("Nieuw", "warning", "person-plus"),
    "approved": ("Doet mee", "safe", "check"),
    "declined": ("Doet niet mee", "neutral", "info"),
}


async def member_page(
    desk: Desk, actor: Actor, member_id: UUID, *, just_approved: bool = False
) -> MemberPage | None:
    """The page; None for a member we do not know."""
    row = await desk.row(f"{MEMBERS.select()} WHERE member_id = $1", member_id)
    if row is None:
        return None
    member = MemberSeen(**row)
    known = await names(desk, actor, [member_id])
    label, tone, icon = STATUS[member.status]
    notice = await _failed(desk, member_id)
    if just_approved and member.status == "approved":
        notice = Notice("ok", "Goedgekeurd.", f"{number_label(member.number)} doet mee.")
    return MemberPage(
        number_label=number_label(member.number),
        title=known.first(member_id),
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=await _facts(desk, member, known.people.get(member_id)),
        approval=_approval(member, known) if member.status == "registered" else None,
        history=_history(member),
        notice=notice,
    )


async def _facts(desk: Desk, member: MemberSeen, person: Person | None) -> tuple[Fact, ...]:
    offers = await desk.fetch(
        "SELECT DISTINCT category FROM offers_seen WHERE member_id = $1 AND status = 'open'", member.member_id
    )
    offered = sorted(CATEGORIES[o["category"]].nl.lower() for o in offers if o["category"] in CATEGORIES)
    balance = await desk.row("SELECT * FROM balances_seen WHERE account_id = $1", member.member_id)
    wants = (
        hours_nl(member.capacity_minutes_week) + " per week" if member.capacity_minutes_week else "nu niet"
    )
    facts = [
        Fact("Woont in", place(member.pc4)),
        Fact(
            "Wil helpen",
            wants,
            "hoogstens" if member.capacity_minutes_week else "pauze, of alleen hulp vragen",
        ),
        Fact("Biedt aan", ", ".join(offered) or "nog niets"),
    ]
    if balance is not None:
        facts.append(Fact("Saldo", balance_nl(balance["balance_minutes"])))
    if person is not None:
        facts.append(Fact("Bereikbaar", person.phone or person.email or "per brief", _also(person)))
    return tuple(facts)


def _also(person: Person) -> str:
    if person.email is None:
        return "geen e-mail"
    return person.email if person.phone else ""


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


def _history(member: MemberSeen) -> tuple[HistoryLine, ...]:
    lines = [HistoryLine(local(member.registered_at).date(), "Meldde zich aan.")]
    if member.decided_at is not None:
        said = "Goedgekeurd." if member.status == "approved" else "Doet (nog) niet mee."
        lines.insert(0, HistoryLine(local(member.decided_at).date(), said))
    return tuple(lines)
