"""A request that is not wanted any more: stopped for who asked it, and says so on the telephone."""

from uuid import UUID

from contracts.envelope import Actor
from services.coordinator.console.addresses import member_href, request_href, stop_href
from services.coordinator.console.forms import Failed, Form, Group, kept, shown_form
from services.coordinator.console.help_forms import WITHDRAW
from services.coordinator.console.help_request import STATUS
from services.coordinator.console.people import names, request_label
from services.coordinator.console.views import CasePage, Fact, Link, Notice
from services.coordinator.console.wording import category_nl
from services.coordinator.desk import Desk

STOPPABLE = ("draft", "open", "matching")
"""Statuses in which a request may be stopped; after that its match is called off."""


async def stop_page(
    desk: Desk, actor: Actor, request_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    row = await desk.row("SELECT * FROM requests_seen WHERE request_id = $1", request_id)
    if row is None:
        return None
    known = await names(desk, actor, [row["member_id"]])
    about = category_nl(row["category"])
    label, tone, icon = STATUS[row["status"]]
    here = stop_href(request_id)
    form = shown_form(WITHDRAW, here, failed=failed, unfolded=True)
    offered = row["status"] in STOPPABLE and done is None
    return CasePage(
        number_label="Stoppen",
        above=Link(request_label(request_id), request_href(request_id)),
        title=f"{about}: stoppen",
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=(Fact("Voor", known.of(row["member_id"]), href=member_href(row["member_id"])),),
        groups=kept((Group("Weet u het zeker?", (form,)),) if offered else (), (WITHDRAW,), here, failed),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


async def stop_given(desk: Desk, form: Form, request_id: UUID | None) -> dict[str, object]:
    """In whose name it is stopped: theirs who asked it."""
    row = await desk.row("SELECT member_id FROM requests_seen WHERE request_id = $1", request_id)
    return {"request_id": request_id, "member_id": row["member_id"] if row is not None else None}
