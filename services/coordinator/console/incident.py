"""The page of one incident: between whom, how it is closed, and what happened, for its handlers alone."""

from uuid import UUID

from contracts.envelope import Actor
from contracts.safety import GetIncidentFile, IncidentFile
from services.coordinator.console import match_forms as ask
from services.coordinator.console.addresses import incident_href, match_href, member_href
from services.coordinator.console.forms import Failed, Group, kept, shown_form
from services.coordinator.console.people import coordinator_label, coordinators, match_label, names
from services.coordinator.console.views import CasePage, Fact, Notice
from services.coordinator.desk import Desk
from services.kernel.dutch import day_nl, local
from services.kernel.errors import Rejected, Transient
from services.kernel.handling import handles, involved


async def incident_page(
    desk: Desk, actor: Actor, incident_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    """The page; none for who is part of it, and None for an incident we do not know."""
    row = await desk.row("SELECT * FROM incidents_seen WHERE incident_id = $1", incident_id)
    if row is None or involved(actor, (row["helper_id"], row["asker_id"])):
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
    mine = handles(actor, (row["reported_by"], row["handler"]), (helper, asker))
    facts.append(Fact("Behandelaar", coordinator_label(desk.region, row["handler"])))
    if match_id is not None:
        facts.append(Fact("Bij", match_label(match_id).lower(), href=match_href(match_id)))
    if closed is not None:
        after = "mogen weer worden gekoppeld" if row["released"] else "worden niet meer gekoppeld"
        facts.append(Fact("Afgesloten op", day_nl(local(closed)), after))
    colleagues = tuple(one for one in coordinators(desk.region) if one[0] != row["handler"])
    close, pass_on = (
        shown_form(form, incident_href(incident_id), failed=failed, choices={"handler": colleagues})
        for form in ask.INCIDENT_FORMS
    )
    # Also of one that is closed someone keeps the file.
    groups = (
        *((Group("Als alles besproken is", (close,)),) if closed is None else ()),
        Group("Een andere behandelaar", (pass_on,)),
    )
    return CasePage(
        number_label=f"Incident {incident_id.int % 1_000_000:06}",
        title=f"Incident: {known.of(helper)} en {known.of(asker)}",
        status_label="Open" if closed is None else "Afgesloten",
        status_tone="warning" if closed is None else "neutral",
        status_icon="warning" if closed is None else "check",
        facts=tuple(facts),
        groups=kept(
            groups,
            ask.INCIDENT_FORMS,
            incident_href(incident_id),
            failed,
        ),
        words=await _words(desk, actor, incident_id) if mine else (),
        notice=Notice("ok", done)
        if done
        else Notice("info", "Zij worden uit elkaar gehouden.", "Bel beiden, ieder apart.")
        if closed is None
        else None,
        failed=failed is not None,
    )


_HANDED_OVER = "Waarom een ander het kreeg"
STEPS = {"reported": "Wat er gebeurde", "closed": "Wat er is afgesproken"}


async def _words(desk: Desk, actor: Actor, incident_id: UUID) -> tuple[tuple[str, str], ...]:
    """What was written, in order."""
    try:
        found = await desk.ask(GetIncidentFile(incident_id=incident_id), IncidentFile, actor)
    except (Transient, Rejected):
        return ()
    # Why it changed hands comes in between.
    steps = sorted(found.texts, key=lambda step: (step == "closed", step != "reported", step))
    return tuple((STEPS.get(step, _HANDED_OVER), found.texts[step]) for step in steps)
