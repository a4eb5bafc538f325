"""Webhook endpoints of social teams, for operators: how they are, and sending stopped or begun again.

Addresses are the teams' own; nobody here reads them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.envelope import Actor
from contracts.feedback import Endpoint, Endpoints, GetEndpoints, PauseEndpoint, ResumeEndpoint
from services.coordinator.console.referral import team_label
from services.coordinator.console.views import Icon, StatusTone
from services.coordinator.desk import Caller, Desk
from services.kernel.dutch import local
from services.kernel.errors import Rejected, Unreachable
from services.kernel.settings import Region

_STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "active": ("aan", "safe", "check"),
    "paused": ("uit", "neutral", "clock"),
    "disabled": ("gestopt", "warning", "warning"),
}
_WHY = {
    "gone": "De ontvanger zegt dat dit adres niet meer bestaat.",
    "no_answer": "De ontvanger nam vijf dagen niets aan.",
}


@dataclass(frozen=True, slots=True)
class EndpointLine:
    """One endpoint. `last_taken_at` in the region's time zone; `action` is what its button does."""

    team: str
    label: str
    tone: StatusTone
    icon: Icon
    why: str
    waiting: int
    set_aside: int
    last_taken_at: datetime | None
    href: str
    action: str


async def endpoint_lines(desk: Desk, actor: Actor, *, seconds: float) -> tuple[EndpointLine, ...] | None:
    """All endpoints, those that need someone first; None where notifications does not answer in time."""
    try:
        found = await desk.replica.bus.ask(
            GetEndpoints(), Endpoints, actor, to="notifications", seconds=seconds
        )
    except (Unreachable, Rejected):
        return None
    in_order = sorted(
        found.endpoints, key=lambda one: (one.status != "disabled", not one.set_aside, one.team)
    )
    return tuple(_line(one, desk.region) for one in in_order)


def _line(one: Endpoint, region: Region) -> EndpointLine:
    label, tone, icon = _STATUS[one.status]
    return EndpointLine(
        team=team_label(region, one.team),
        label=label,
        tone=tone,
        icon=icon,
        why=_WHY.get(one.reason or "", ""),
        waiting=one.waiting,
        set_aside=one.set_aside,
        last_taken_at=local(one.last_taken_at) if one.last_taken_at is not None else None,
        href=f"/beheer/webhooks/{one.endpoint_id}",
        action="uit" if one.status == "active" else "aan",
    )


async def switch(desk: Desk, caller: Caller, endpoint_id: UUID, action: str) -> str:
    """Stop sending there, or begin again; the word for the address of the page after it. Raises Rejected."""
    command = PauseEndpoint if action == "uit" else ResumeEndpoint
    await desk.send(command(endpoint_id=endpoint_id), caller)
    return "webhook-uit" if action == "uit" else "webhook-aan"
