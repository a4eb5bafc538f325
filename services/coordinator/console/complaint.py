"""The page of one complaint: how far it is, its terms, and what was said, for its handler alone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.coordinator import GetRestricted, Restricted
from contracts.envelope import Actor
from services.coordinator.console import match_forms as ask
from services.coordinator.console.addresses import complaint_href, member_href
from services.coordinator.console.forms import Failed, Group, kept, shown_form
from services.coordinator.console.people import coordinator_label, names
from services.coordinator.console.views import CasePage, Fact, Icon, Notice, StatusTone
from services.coordinator.desk import Desk
from services.kernel.dutch import day_nl, local
from services.kernel.errors import Rejected, Transient

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "filed": ("Binnengekomen", "warning", "clock"),
    "acknowledged": ("Ontvangst bevestigd", "neutral", "clock"),
    "heard": ("Gehoord", "neutral", "clock"),
    "decided": ("Besloten", "safe", "check"),
    "withdrawn": ("Ingetrokken", "neutral", "info"),
}
STEPS = {"filed": "De klacht", **dict(ask.STEP.fields[0].choices)}
_OVER = ("decided", "withdrawn")


async def complaint_page(
    desk: Desk, actor: Actor, complaint_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    """The page; None for a complaint we do not know."""
    row = await desk.row("SELECT * FROM complaints WHERE complaint_id = $1", complaint_id)
    if row is None:
        return None
    about = row["about_id"]
    known = await names(desk, actor, [each for each in (row["member_id"], about) if each is not None])
    label, tone, icon = STATUS[row["status"]]
    mine = row["handler"] == actor.name
    facts = [Fact("Van", known.first(row["member_id"]), href=member_href(row["member_id"]))]
    if about is not None:
        facts.append(Fact("Over", known.first(about), href=member_href(about)))
    facts += [
        Fact("Behandelaar", coordinator_label(desk.region, row["handler"]), "dat bent u" if mine else ""),
        Fact("Ontvangst bevestigen", *_term(row, "acknowledge")),
        Fact("Besluiten", *_term(row, "decide")),
    ]
    over = row["status"] in _OVER
    form = shown_form(ask.STEP, complaint_href(complaint_id), failed=failed)
    return CasePage(
        number_label=f"Klacht {complaint_id.int % 1_000_000:06}",
        title=f"Klacht van {known.of(row['member_id'])}",
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=tuple(facts),
        groups=kept(
            () if over else (Group("Hoe gaat het verder?", (form,)),),
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
    known = sorted(texts, key=lambda step: order.index(step) if step in order else len(order))
    return tuple((STEPS.get(step, step).capitalize(), texts[step]) for step in known)
