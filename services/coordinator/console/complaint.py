"""The page of one complaint: how far it is, its terms, its handler, and what was said, for them alone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.coordinator import GetRestricted, Restricted
from contracts.envelope import Actor
from services.coordinator.console import match_forms as ask
from services.coordinator.console.addresses import complaint_href, member_href
from services.coordinator.console.forms import Failed, Group, kept, shown_form
from services.coordinator.console.people import coordinator_label, coordinators, names
from services.coordinator.console.views import CasePage, Fact, Icon, Notice, StatusTone
from services.coordinator.desk import Desk
from services.kernel.dutch import day_nl, local
from services.kernel.errors import Rejected, Transient
from services.kernel.handling import handles, involved

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "filed": ("Binnengekomen", "warning", "clock"),
    "acknowledged": ("Ontvangst bevestigd", "neutral", "clock"),
    "heard": ("Gehoord", "neutral", "clock"),
    "decided": ("Besloten", "safe", "check"),
    "withdrawn": ("Ingetrokken", "neutral", "info"),
}
STEPS = {"filed": "De klacht", **dict(ask.STEP.fields[0].choices)}
_HANDED_OVER = "Waarom een ander de klacht kreeg"
_OVER = ("decided", "withdrawn")


async def complaint_page(
    desk: Desk, actor: Actor, complaint_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    """The page; none for who is part of it, and None for a complaint we do not know."""
    row = await desk.row("SELECT * FROM complaints WHERE complaint_id = $1", complaint_id)
    if row is None or involved(actor, (row["member_id"], row["about_id"])):
        return None
    about = row["about_id"]
    known = await names(desk, actor, [each for each in (row["member_id"], about) if each is not None])
    label, tone, icon = STATUS[row["status"]]
    mine = handles(actor, (row["handler"],), (row["member_id"], about))
    facts = [Fact("Van", known.first(row["member_id"]), href=member_href(row["member_id"]))]
    if about is not None:
        facts.append(Fact("Over", known.first(about), href=member_href(about)))
    facts += [
        Fact("Behandelaar", coordinator_label(desk.region, row["handler"]), _notes(desk, row, actor)),
        Fact("Ontvangst bevestigen", *_term(row, "acknowledge")),
        Fact("Besluiten", *_term(row, "decide")),
    ]
    over = row["status"] in _OVER
    colleagues = tuple(one for one in coordinators(desk.region) if one[0] != row["handler"])
    step, hand_over = (
        shown_form(form, complaint_href(complaint_id), failed=failed, choices={"handler": colleagues})
        for form in ask.COMPLAINT_FORMS
    )
    return CasePage(
        number_label=f"Klacht {complaint_id.int % 1_000_000:06}",
        title=f"Klacht van {known.of(row['member_id'])}",
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=tuple(facts),
        groups=kept(
            (Group("Hoe gaat het verder?", (hand_over,) if over else (step, hand_over)),),
            ask.COMPLAINT_FORMS,
            complaint_href(complaint_id),
            failed,
        ),
        words=await _words(desk, actor, complaint_id) if mine else (),
        notice=Notice("ok", done) if done else None if mine else _NOT_YOURS,
        failed=failed is not None,
    )


_NOT_YOURS = Notice(
    "info", "Het dossier is van de behandelaar.", "Wilt u iets weten? Vraag het aan de behandelaar."
)


def _notes(desk: Desk, row: dict[str, Any], actor: Actor) -> str:
    """Whether that is who looks, and who had it before."""
    former = " en ".join(coordinator_label(desk.region, name) for name in row["former_handlers"])
    stands_in = "u vervangt nu" if row["handler"] in actor.stands_in_for else ""
    yours = "dat bent u" if row["handler"] == actor.name else stands_in
    return ", ".join(note for note in (yours, f"eerder {former}" if former else "") if note)


def _term(row: dict[str, Any], term: str) -> tuple[str, str]:
    by: datetime = row[f"{term}_by"]
    return f"vóór {day_nl(local(by))}", "te laat" if row[f"{term}_passed"] else ""


async def _words(desk: Desk, actor: Actor, complaint_id: UUID) -> tuple[tuple[str, str], ...]:
    """What was said, in the order of the steps."""
    try:
        texts = (await desk.ask(GetRestricted(complaint_id=complaint_id), Restricted, actor)).texts
    except (Transient, Rejected):
        return ()
    order = list(STEPS)
    known = sorted(texts, key=lambda step: (order.index(step) if step in order else len(order), step))
    return tuple((STEPS.get(step, _HANDED_OVER).capitalize(), texts[step]) for step in known)
