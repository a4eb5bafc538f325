"""The page of one incident: between whom, and how it is closed. What happened stays in its own file."""

from uuid import UUID

from contracts.envelope import Actor
from services.coordinator.console import match_forms as ask
from services.coordinator.console.addresses import incident_href, match_href, member_href
from services.coordinator.console.forms import Failed, Group, kept, shown_form
from services.coordinator.console.people import match_label, names
from services.coordinator.console.views import CasePage, Fact, Notice
from services.coordinator.desk import Desk
from services.kernel.dutch import day_nl, local


async def incident_page(
    desk: Desk, actor: Actor, incident_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    """The page; None for an incident we do not know."""
    row = await desk.row("SELECT * FROM incidents_seen WHERE incident_id = $1", incident_id)
    if row is None:
        return None
    helper, asker, match_id, closed = (
        row[name] for name in ("helper_id", "asker_id", "match_id", "closed_at")
    )
    known = await names(desk, actor, [helper, asker])
    facts = [
        Fact("Helper", known.first(helper), href=member_href(helper)),
        Fact("Hulpvrager", known.first(asker), href=member_href(asker)),
        Fact("Gemeld op", day_nl(local(row["reported_at"]))),
    ]
    if match_id is not None:
        facts.append(Fact("Bij", match_label(match_id).lower(), href=match_href(match_id)))
    if closed is not None:
        after = "mogen weer worden gekoppeld" if row["released"] else "worden niet meer gekoppeld"
        facts.append(Fact("Afgesloten op", day_nl(local(closed)), after))
    forms = tuple(shown_form(form, incident_href(incident_id), failed=failed) for form in ask.INCIDENT_FORMS)
    return CasePage(
        number_label=f"Incident {incident_id.int % 1_000_000:06}",
        title=f"Incident: {known.of(helper)} en {known.of(asker)}",
        status_label="Open" if closed is None else "Afgesloten",
        status_tone="warning" if closed is None else "neutral",
        status_icon="warning" if closed is None else "check",
        facts=tuple(facts),
        groups=kept(
            (Group("Als alles besproken is", forms),) if closed is None else (),
            ask.INCIDENT_FORMS,
            incident_href(incident_id),
            failed,
        ),
        notice=Notice("ok", done)
        if done
        else Notice("info", "Zij worden uit elkaar gehouden.", "Bel beiden, ieder apart.")
        if closed is None
        else None,
        failed=failed is not None,
    )
