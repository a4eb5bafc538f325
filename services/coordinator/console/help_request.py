"""The page of one request for help: what decides, who may help, what happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.categories import CATEGORIES, Intimacy
from contracts.envelope import Actor
from contracts.exchange import ExclusionReason, GetTexts, Helper, RankedHelpers, RankHelpers, Texts
from services.coordinator.console.chosen import confirmation
from services.coordinator.console.due import appointment_nl
from services.coordinator.console.history import history
from services.coordinator.console.matched import matched
from services.coordinator.console.people import Names, names, place, request_label
from services.coordinator.console.today import request_href
from services.coordinator.console.views import (
    Choice,
    Fact,
    HelperCard,
    Icon,
    Load,
    Matched,
    Outcome,
    Reason,
    Refused,
    RequestPage,
    StatusTone,
    Waiting,
)
from services.coordinator.console.wording import balance_nl
from services.coordinator.desk import Desk
from services.coordinator.outcome import WHY_NOT, match_seen
from services.coordinator.projections.exchange import REQUESTS, MatchSeen, RequestSeen
from services.kernel.dutch import hours_nl
from services.kernel.errors import Rejected, Transient

HELPERS_SHOWN = 10
LOOKING = ("open", "matching")

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "open": ("Zonder helper", "warning", "request"),
    "matching": ("Even geduld", "neutral", "clock"),
    "matched": ("Gekoppeld", "safe", "check"),
    "done": ("Klaar", "safe", "check"),
    "withdrawn": ("Ingetrokken", "neutral", "info"),
}
_DIFFER: tuple[str, StatusTone, Icon] = ("Minuten verschillen", "warning", "unequal")
_NOT_BOOKED: tuple[str, StatusTone, Icon] = ("Uren niet geboekt", "warning", "warning")

WISH = {"none": "geen wens", "unknown": "liefst een onbekende", "outside_street": "niet uit de eigen straat"}
URGENCY = {"normal": "", "soon": "snel nodig", "urgent": "dringend"}

EXCLUDED: dict[ExclusionReason, str] = {
    "capacity": "Te weinig ruimte: zou boven de eigen grens komen",
    "paused": "Heeft nu pauze",
    # All reasons of closeness in one bucket: nobody's circle can be read from it.
    "distance": "Past niet bij de wensen en regels over afstand",
}


async def request_page(
    desk: Desk,
    actor: Actor,
    request_id: UUID,
    *,
    helper: str | None = None,
    tried: UUID | None = None,
    refused: str | None = None,
) -> RequestPage | None:
    """The page; None for a request we do not know.

    `helper` is the offer picked with the first click; `tried` the match that was just
    confirmed; `refused` why it was not taken on at all.
    """
    row = await desk.row(f"{REQUESTS.select()} WHERE request_id = $1", request_id)
    if row is None:
        return None
    request = RequestSeen(**row)
    match_id = request.match_id or tried
    match = await match_seen(desk, match_id) if match_id is not None else None
    if match is not None and match.request_id != request_id:
        match = None
    ranked = await _ranked(desk, actor, request)
    told = await desk.fetch(
        "SELECT code, person_id, minutes, reason, at FROM history WHERE request_id = $1 OR match_id IN "
        "(SELECT match_id FROM matches_seen WHERE request_id = $1)",
        request_id,
    )
    concerned = [request.member_id, *(line["person_id"] for line in told if line["person_id"])]
    known = await names(desk, actor, (*concerned, *(h.member_id for h in ranked.helpers)))
    outcome = await _outcome(desk, request, match, known, just_tried=tried is not None)
    if refused is not None and not isinstance(outcome, Matched):
        outcome = Refused(refused)
    balance = await desk.row("SELECT * FROM balances_seen WHERE account_id = $1", request.member_id)
    picked = next((h for h in ranked.helpers if str(h.offer_id) == helper), None)
    label, tone, icon = _status(request, match)
    return RequestPage(
        number_label=request_label(request_id),
        href=request_href(request_id),
        title=CATEGORIES[request.category].nl if request.category in CATEGORIES else "Hulp",
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=await _facts(desk, actor, request, known, balance),
        helpers=tuple(_card(h, known, request.minutes) for h in ranked.helpers),
        helpers_found=ranked.found,
        excluded_counts=tuple((EXCLUDED[why], n) for why, n in ranked.excluded.items() if why in EXCLUDED),
        history=history(told, known),
        chosen=Choice(str(picked.offer_id), confirmation(request, picked.member_id, known, balance))
        if picked is not None and request.status == "open"
        else None,
        outcome=outcome,
        looking=request.status in LOOKING,
    )


async def _ranked(desk: Desk, actor: Actor, request: RequestSeen) -> RankedHelpers:
    """Who may help, while someone is still looked for."""
    nobody = RankedHelpers(helpers=(), found=0, excluded={})
    if request.status not in LOOKING:
        return nobody
    wanted = RankHelpers(request_id=request.request_id, limit=HELPERS_SHOWN)
    return await desk.ask(wanted, RankedHelpers, actor)


async def _outcome(
    desk: Desk, request: RequestSeen, match: MatchSeen | None, known: Names, *, just_tried: bool
) -> Outcome | None:
    if match is None:
        return None
    if match.status == "reserved":
        return Waiting(str(match.offer_id))
    if match.status != "fell_through":
        return await matched(desk, request, match, known)
    return Refused(WHY_NOT[match.reason or "no_answer"].nl) if just_tried and not match.confirmed_at else None


def _status(request: RequestSeen, match: MatchSeen | None) -> tuple[str, StatusTone, Icon]:
    if match is not None and match.minutes_differ:
        return _DIFFER
    if match is not None and match.status == "unbooked":
        return _NOT_BOOKED
    return STATUS[request.status]


async def _facts(
    desk: Desk, actor: Actor, request: RequestSeen, known: Names, balance: dict[str, Any] | None
) -> tuple[Fact, ...]:
    about = CATEGORIES.get(request.category)
    personal = about is not None and about.intimacy is Intimacy.HIGH
    facts = [
        Fact("Voor", known.of(request.member_id), place(request.pc4)),
        Fact(
            "Wanneer", _when(request.wanted_at), _notes(hours_nl(request.minutes), URGENCY[request.urgency])
        ),
        Fact(
            "Wens over afstand",
            WISH[request.wish],
            "geen mensen uit de eigen kring of straat: het is persoonlijk" if personal else "",
        ),
    ]
    if balance is not None:
        held = balance["held_minutes"]
        facts.append(
            Fact(
                "Saldo",
                balance_nl(balance["balance_minutes"]),
                f"{hours_nl(held)} staat apart" if held else "",
            )
        )
    if text := await _text(desk, actor, request.request_id):
        facts.append(Fact("Toelichting", "in eigen woorden", text))
    return tuple(facts)


def _when(wanted_at: datetime | None) -> str:
    return appointment_nl(wanted_at) if wanted_at is not None else "geen vaste dag"


def _notes(*notes: str) -> str:
    return ", ".join(note for note in notes if note)


async def _text(desk: Desk, actor: Actor, request_id: UUID) -> str | None:
    try:
        return (await desk.ask(GetTexts(ids=(request_id,)), Texts, actor)).texts.get(request_id)
    except (Transient, Rejected):
        return None


def _card(helper: Helper, known: Names, minutes: int) -> HelperCard:
    return HelperCard(
        offer_id=str(helper.offer_id),
        label=known.first(helper.member_id),
        place=place(helper.pc4),
        # The centres of areas are compared: within one area there is nothing to say.
        distance_km=helper.distance_km or None,
        reasons=tuple(Reason(each.nl, each.plus) for each in helper.reasons),
        load=Load(helper.reserved_minutes, helper.reserved_minutes + minutes, helper.capacity_minutes_week),
    )
