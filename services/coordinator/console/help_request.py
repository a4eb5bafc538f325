"""The page of one request for help: what decides, who may help, what happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.categories import CATEGORIES, Intimacy
from contracts.envelope import Actor
from contracts.exchange import GetTexts, Texts
from contracts.initiatives import THE_INITIATIVE, GetInitiatives, Initiatives
from contracts.proposals import ExclusionReason, Helper, RankedHelpers, RankHelpers
from services.coordinator.account import account_used
from services.coordinator.console.addresses import (
    member_href,
    request_href,
    seeking_href,
    series_href,
    stop_href,
)
from services.coordinator.console.chosen import confirmation
from services.coordinator.console.due import appointment_nl
from services.coordinator.console.history import history, people_in
from services.coordinator.console.matched import matched
from services.coordinator.console.network import in_network
from services.coordinator.console.people import Names, names, place, region_label, request_label
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
from services.coordinator.console.wording import balance_nl, category_nl, recurrence_nl
from services.coordinator.desk import Desk
from services.coordinator.outcome import match_seen, why_fell_through
from services.coordinator.projections.exchange import REQUESTS, MatchSeen, RequestSeen
from services.coordinator.projections.history import readable
from services.kernel.dutch import day_nl, hours_nl
from services.kernel.errors import Rejected, Transient

HELPERS_SHOWN = 10
LOOKING = ("open", "matching")

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "draft": ("Wacht op aanbod", "warning", "clock"),
    "open": ("Zonder helper", "warning", "request"),
    "matching": ("Even geduld", "neutral", "clock"),
    "matched": ("Gekoppeld", "safe", "check"),
    "done": ("Klaar", "safe", "check"),
    "withdrawn": ("Ingetrokken", "neutral", "info"),
}
_DIFFER: tuple[str, StatusTone, Icon] = ("Minuten verschillen", "warning", "unequal")
_NOT_BOOKED: tuple[str, StatusTone, Icon] = ("Uren niet geboekt", "warning", "warning")

WISH = {
    "none": "geen wens",
    "unknown": "liefst een onbekende",
    "outside_street": "niet uit de eigen straat",
    "known": "liefst een bekende",
}
CONSENT = {
    "in_person": "met eigen toestemming, zelf verteld",
    "phone": "met eigen toestemming, aan de telefoon",
    "paper": "met eigen toestemming, op papier",
}
RECIPROCITY = {
    "required": "wie vraagt, biedt ook iets aan",
    "encouraged": "iets terugdoen mag",
    "gift": "er hoeft niets terug",
}
_DRAFT = (
    "Deze vraag wacht tot de hulpvrager ook iets aanbiedt. Iets kleins is genoeg. Bel en denk mee. "
    "Lukt het niet? Geef dan vrijstelling op de bladzijde van de deelnemer."
)
URGENCY = {"normal": "", "soon": "snel nodig", "urgent": "dringend"}

EXCLUDED: dict[ExclusionReason, str] = {
    "capacity": "Te weinig ruimte: zou boven de eigen grens komen",
    "running": "Heeft al genoeg lopende afspraken",
    "paused": "Heeft nu pauze",
    "vog": "Heeft hiervoor geen geldige VOG",
    "age": "Is te jong, of mist toestemming van een ouder",
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
    told = readable(
        await desk.fetch(
            "SELECT * FROM history WHERE request_id = $1 OR match_id IN "
            "(SELECT match_id FROM matches_seen WHERE request_id = $1) "
            "OR loan_id IN (SELECT loan_id FROM loans_seen WHERE request_id = $1)",
            request_id,
        ),
        actor,
    )
    balance = await account_used(desk, request.member_id)
    others = (request.asked_by, balance["shared_with"] if balance else None)
    concerned = [request.member_id, *(one for one in others if one is not None), *people_in(told)]
    known = await names(desk, actor, (*concerned, *(h.member_id for h in ranked.helpers)))
    outcome = await _outcome(desk, request, match, known, just_tried=tried is not None)
    if refused is not None and not isinstance(outcome, Matched):
        outcome = Refused(refused)
    elsewhere, elsewhere_href = await _elsewhere(desk, request)
    picked = next((h for h in ranked.helpers if str(h.offer_id) == helper), None)
    label, tone, icon = _status(request, match)
    return RequestPage(
        number_label=request_label(request_id),
        href=request_href(request_id),
        title=category_nl(request.category),
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=await _facts(desk, actor, request, known, balance, elsewhere),
        helpers=tuple(_card(h, known) for h in ranked.helpers),
        helpers_found=ranked.found,
        excluded_counts=tuple((EXCLUDED[why], n) for why, n in ranked.excluded.items() if why in EXCLUDED),
        history=history(told, known, desk.region),
        draft=_DRAFT if request.status == "draft" else None,
        chosen=Choice(
            str(picked.offer_id),
            confirmation(
                request, picked.member_id, known, balance, await _compensation(desk, request.initiative_id)
            ),
        )
        if picked is not None and request.status == "open"
        else None,
        outcome=outcome,
        looking=request.status in LOOKING,
        elsewhere_href=elsewhere_href,
        stop_href=stop_href(request_id) if request.status in ("draft", "open") else "",
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
    if not just_tried or match.confirmed_at:
        return None
    return Refused((await why_fell_through(desk, match)).nl)


def _status(request: RequestSeen, match: MatchSeen | None) -> tuple[str, StatusTone, Icon]:
    if match is not None and match.minutes_differ:
        return _DIFFER
    if match is not None and match.status == "unbooked":
        return _NOT_BOOKED
    return STATUS[request.status]


async def _facts(
    desk: Desk,
    actor: Actor,
    request: RequestSeen,
    known: Names,
    balance: dict[str, Any] | None,
    elsewhere: Fact | None,
) -> tuple[Fact, ...]:
    about = CATEGORIES.get(request.category)
    personal = about is not None and about.intimacy is Intimacy.HIGH
    facts = [
        Fact("Voor", known.of(request.member_id), place(request.pc4), member_href(request.member_id)),
        Fact(
            "Wanneer", _when(request.wanted_at), _notes(hours_nl(request.minutes), URGENCY[request.urgency])
        ),
        Fact(
            "Wens over afstand",
            WISH[request.wish],
            "geen mensen uit de eigen kring of straat: het is persoonlijk" if personal else "",
        ),
    ]
    facts += await _around(desk, actor, request, known)
    if elsewhere is not None:
        facts.append(elsewhere)
    if balance is not None:
        held, home = balance["held_minutes"], balance["shared_with"]
        notes = (
            f"gedeeld met {known.of(home)}" if home else "",
            f"{hours_nl(held)} staat apart" if held else "",
        )
        facts.append(Fact("Saldo", balance_nl(balance["balance_minutes"]), _notes(*notes)))
    if text := await _text(desk, actor, request.request_id):
        facts.append(Fact("In eigen woorden", text))
    return tuple(facts)


async def _around(desk: Desk, actor: Actor, request: RequestSeen, known: Names) -> list[Fact]:
    """What else decides: how often, within which initiative, and who asked for them."""
    facts = []
    series_id = request.series_id
    if request.recurrence is not None:
        until = f"tot en met {day_nl(request.last_day)}" if request.last_day else "geen einddatum"
        began = await desk.row("SELECT 1 FROM series_seen WHERE series_id = $1", request.request_id)
        series_id = request.request_id if began else None
        href = series_href(series_id) if series_id else ""
        facts.append(Fact("Hoe vaak", recurrence_nl(request.recurrence), until, href))
    elif series_id is not None:
        facts.append(Fact("Hoort bij", "terugkerende hulp", "alle keren", series_href(series_id)))
    if request.initiative_id != THE_INITIATIVE:
        facts.append(await _initiative(desk, actor, request.initiative_id))
    if request.asked_by is not None:
        how = CONSENT.get(request.consent or "", "")
        facts.append(Fact("Gevraagd door", known.of(request.asked_by), how))
    if request.referral:
        facts.append(Fact("Gevraagd door", "een sociaal team", CONSENT.get(request.consent or "", "")))
    return facts


async def _elsewhere(desk: Desk, request: RequestSeen) -> tuple[Fact | None, str]:
    """Which other regions look at it, and where they may be asked, while none does.

    Of help that comes back one visit is asked for, not the whole.
    """
    href = seeking_href(request.request_id)
    loans = await desk.fetch(
        "SELECT peer, status FROM loans_seen WHERE request_id = $1 AND status <> 'ended' ORDER BY peer",
        request.request_id,
    )
    if loans:
        regions = ", ".join(region_label(loan["peer"]) for loan in loans)
        return Fact("Andere regio's", regions, "bekijk hoe het staat", href), ""
    as_a_whole = request.recurrence is not None
    if request.status == "open" and in_network(desk.region) and not as_a_whole:
        return Fact("Andere regio's", "nog niet gevraagd", "vraag hulp van elders", href), href
    return None, ""


async def _compensation(desk: Desk, initiative_id: UUID) -> str:
    """What a helper gets in this initiative."""
    sql = "SELECT compensation FROM initiatives_seen WHERE initiative_id = $1"
    row = await desk.row(sql, initiative_id)
    return row["compensation"] if row is not None else "credits"


async def _initiative(desk: Desk, actor: Actor, initiative_id: UUID) -> Fact:
    """Its name, and what it asks in return, as far as exchange answers."""
    try:
        found = (await desk.ask(GetInitiatives(), Initiatives, actor)).initiatives
    except (Transient, Rejected):
        found = ()
    each = next((each for each in found if each.initiative_id == initiative_id), None)
    if each is None:
        return Fact("Initiatief", "nu niet op te halen")
    return Fact("Initiatief", each.name, RECIPROCITY[each.policy.reciprocity])


def _when(wanted_at: datetime | None) -> str:
    return appointment_nl(wanted_at) if wanted_at is not None else "geen vaste dag"


def _notes(*notes: str) -> str:
    return ", ".join(note for note in notes if note)


async def _text(desk: Desk, actor: Actor, request_id: UUID) -> str | None:
    try:
        return (await desk.ask(GetTexts(ids=(request_id,)), Texts, actor)).texts.get(request_id)
    except (Transient, Rejected):
        return None


def _card(helper: Helper, known: Names) -> HelperCard:
    return HelperCard(
        offer_id=str(helper.offer_id),
        label=known.first(helper.member_id),
        href=member_href(helper.member_id),
        place=place(helper.pc4),
        # The centres of areas are compared: within one area there is nothing to say.
        distance_km=helper.distance_km or None,
        reasons=tuple(Reason(each.nl, each.plus) for each in helper.reasons),
        load=Load(helper.reserved_minutes, helper.would_be_minutes, helper.capacity_minutes_week),
    )
