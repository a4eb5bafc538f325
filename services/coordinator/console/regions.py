"""Andere regio's: how we stand with them, what is under way, and the pages of one of each."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.clearing import GetPositions, Position, Positions
from contracts.envelope import Actor
from services.coordinator.console import region_forms as ask
from services.coordinator.console.addresses import (
    REGIONS,
    clearing_href,
    loan_href,
    member_href,
    request_href,
    seeking_href,
    settlement_href,
    transfer_href,
)
from services.coordinator.console.due import appointment_nl
from services.coordinator.console.forms import Failed, Form, Group, Shown, kept, shown_form
from services.coordinator.console.history import history, people_in
from services.coordinator.console.network import PeerLine, choices, in_network, peer_lines, peers_of
from services.coordinator.console.people import names, place, region_label, request_label
from services.coordinator.console.views import CasePage, Fact, Icon, Link, Notice, StatusTone
from services.coordinator.console.wording import category_nl
from services.coordinator.desk import Desk
from services.coordinator.peer_contact import ask_contact
from services.coordinator.projections.history import readable
from services.coordinator.projections.regions import OWN_PLACE
from services.kernel.dutch import hours_nl
from services.kernel.errors import Rejected, Transient

MOST = 100

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "sought": ("Gevraagd", "neutral", "clock"),
    "asked": ("Gevraagd aan ons", "warning", "request"),
    "offered": ("Helper voorgesteld", "warning", "person-plus"),
    "taken": ("Even geduld", "neutral", "clock"),
    "wanted": ("Mensen worden gevraagd", "warning", "phone"),
    "confirmed": ("Afgesproken", "safe", "check"),
    "agreed": ("Uren onderweg", "neutral", "clock"),
    "unbooked": ("Uren niet geboekt", "warning", "warning"),
    "completed": ("Klaar", "safe", "check"),
    "ended": ("Ging niet door", "neutral", "info"),
}
RUNS = ("confirmed", "unbooked")
"""Statuses in which both people agreed and may be reached."""

WHY_ENDED = {
    "declined": "die regio heeft niemand",
    "withdrawn": "de vraag is ingetrokken",
    "found_elsewhere": "er is al iemand gevonden",
    "below_floor": "te weinig uren",
    "clearing_cap": "de grens tussen de regio's is bereikt",
    "helper_withdrew": "de helper kan niet",
    "no_answer": "er kwam niet op tijd antwoord",
    "peer_left": "die regio doet niet meer mee",
}


@dataclass(frozen=True, slots=True)
class PositionLine:
    """How we stand with one region, in words."""

    region: str
    stands: str
    cap: str
    under_way: str
    warning: str
    href: str


@dataclass(frozen=True, slots=True)
class LoanLine:
    what: str
    region: str
    side: str
    status: str
    href: str


@dataclass(frozen=True, slots=True)
class RegionsPage:
    positions: tuple[PositionLine, ...]
    loans: tuple[LoanLine, ...]
    groups: tuple[Group, ...]
    away: bool = False
    """Whether the ledger does not answer now."""
    linked: bool = False
    """Whether this region takes part in a network."""
    network: tuple[PeerLine, ...] | None = None
    """The other regions; None while the link does not answer."""
    connected: bool = False
    """Whether our link reaches the hub now."""
    notice: Notice | None = None
    failed: bool = False


async def regions_page(
    desk: Desk, actor: Actor, *, done: str | None = None, failed: Failed | None = None
) -> RegionsPage:
    try:
        positions: tuple[Position, ...] | None = (await desk.ask(GetPositions(), Positions, actor)).positions
    except Transient:
        positions = None
    ids = {row["peer"]: row["clearing_id"] for row in await desk.fetch("SELECT * FROM clearings_seen")}
    rows = await desk.fetch(
        "SELECT * FROM loans_seen WHERE status NOT IN ('completed', 'ended') "
        f"AND (cardinality($1::text[]) = 0 OR {OWN_PLACE} IS NULL OR {OWN_PLACE} = ANY($1)) "
        "ORDER BY changed_at DESC LIMIT $2",
        list(actor.areas),
        MOST,
    )
    network = await peers_of(desk, actor)
    peers = await choices(desk, network)
    forms = tuple(
        shown_form(form, REGIONS, choices={"peer": peers}, failed=failed) for form in ask.REGION_FORMS
    )
    return RegionsPage(
        positions=tuple(_position(one, ids.get(one.peer)) for one in positions or ()),
        loans=tuple(_line(row) for row in rows),
        groups=kept((Group("Wat wilt u doen?", forms),), ask.REGION_FORMS, REGIONS, failed),
        away=positions is None,
        linked=in_network(desk.region),
        network=peer_lines(network) if network is not None else None,
        connected=network is not None and network.connected,
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


def _position(one: Position, clearing_id: UUID | None) -> PositionLine:
    under_way = one.outgoing_minutes + one.incoming_minutes
    return PositionLine(
        region=region_label(one.peer),
        stands=_stands(one.position_minutes),
        cap=hours_nl(one.cap_minutes) if one.cap_minutes else "nog niet afgesproken",
        under_way=hours_nl(under_way) if under_way else "niets",
        warning=_warning(one),
        href=clearing_href(clearing_id) if clearing_id is not None else REGIONS,
    )


def _warning(one: Position) -> str:
    if one.ended:
        return "deze regio doet niet meer mee in het netwerk"
    return "de stand is daar anders: zoek samen uit waarom" if one.differs else ""


def _stands(minutes: int) -> str:
    if minutes == 0:
        return "gelijk"
    return f"wij moeten nog {hours_nl(minutes)}" if minutes > 0 else f"wij krijgen nog {hours_nl(-minutes)}"


def _line(row: Any) -> LoanLine:
    return LoanLine(
        what=_about(row),
        region=region_label(row["peer"]),
        side="wij vragen" if row["side"] == "asks" else "wij helpen",
        status=STATUS[row["status"]][0],
        href=loan_href(row["loan_id"]),
    )


def _about(row: Any) -> str:
    about = category_nl(row["category"])
    return f"{about}, {hours_nl(row['minutes'])}"


ALL_REGIONS = Link("Andere regio's", REGIONS)

# One piece of help


async def loan_page(
    desk: Desk,
    actor: Actor,
    loan_id: UUID,
    *,
    done: str | None = None,
    failed: Failed | None = None,
    contact: str | None = None,
) -> CasePage | None:
    """With `contact` how to reach the other person: asked of their region now, and shown this once."""
    row = await desk.row("SELECT * FROM loans_seen WHERE loan_id = $1", loan_id)
    if row is None:
        return None
    label, tone, icon = STATUS[row["status"]]
    href = loan_href(loan_id)
    forms = await _loan_forms(desk, row, href, failed)
    told = readable(await desk.fetch("SELECT * FROM history WHERE loan_id = $1", loan_id), actor)
    known = await names(desk, actor, people_in(told))
    reached, no = await _contact(desk, actor, row) if contact else ((), None)
    return CasePage(
        number_label=f"Hulp tussen regio's {loan_id.int % 1_000_000:06}",
        above=ALL_REGIONS,
        title=f"{_about(row)}: {'van' if row['side'] == 'asks' else 'voor'} {region_label(row['peer'])}",
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=(*await _loan_facts(desk, actor, row), *reached),
        groups=kept((Group("Hoe gaat het verder?", forms),) if forms else (), ask.LOAN_FORMS, href, failed),
        history=history(told, known, desk.region),
        notice=Notice("ok", done) if done else no,
        failed=failed is not None,
        links=(Link("Vraag de contactgegevens", f"{href}?contact=ja"),) if row["status"] in RUNS else (),
    )


async def _contact(desk: Desk, actor: Actor, row: Any) -> tuple[tuple[Fact, ...], Notice | None]:
    """How to reach the other person, or why that is not told now."""
    region = region_label(row["peer"])
    try:
        found = await ask_contact(desk, actor, row["loan_id"], origin="console")
    except Rejected as no:
        return (), Notice("warning", no.refusal.nl)
    except Transient:
        return (), Notice("warning", f"{region} is nu niet bereikbaar. Probeer het later nog eens.")
    ways = ", ".join(way for way in (found.phone, found.email) if way)
    return (Fact("Te bereiken", found.name, ways or f"alleen via de coördinator in {region}"),), None


async def _loan_facts(desk: Desk, actor: Actor, row: Any) -> list[Fact]:
    facts = [
        Fact("Wanneer", appointment_nl(row["wanted_at"]) if row["wanted_at"] else "geen vaste dag"),
        Fact("Waar", place(row["pc4"])),
        Fact("Uren", "tellen mee" if row["counted"] else "worden niet geteld"),
    ]
    if row["request_id"] is not None:
        facts.append(
            Fact("Bij", request_label(row["request_id"]).lower(), href=request_href(row["request_id"]))
        )
    if row["member_id"] is not None:
        known = await names(desk, actor, [row["member_id"]])
        ours = "Hulpvrager" if row["side"] == "asks" else "Helper"
        agrees = "vindt het goed" if row["we_agree"] else ""
        facts.append(Fact(ours, known.first(row["member_id"]), agrees, member_href(row["member_id"])))
    if row["side"] == "asks" and row["helper_pc4"] is not None:
        agrees = "vindt het goed" if row["they_agree"] else ""
        facts.append(Fact("Helper", f"iemand uit {place(row['helper_pc4'])}", agrees))
    for who, minutes in (("Wij zeggen", row["our_minutes"]), ("Zij zeggen", row["their_minutes"])):
        if minutes is not None:
            facts.append(Fact(who, hours_nl(minutes)))
    if row["answer_by"] is not None:
        facts.append(Fact("Stopt vanzelf", appointment_nl(row["answer_by"]), "als niemand antwoordt"))
    if _forgotten(row):
        facts.append(Fact("Let op", "die regio is teruggezet, en weet hier niets meer van", "bel hen"))
    elif row["reason"] is not None:
        facts.append(Fact("Waarom", WHY_ENDED.get(row["reason"], "het kon niet doorgaan")))
    return facts


def _forgotten(row: Any) -> bool:
    """Whether the region that asked was put back to before it did, and has not said otherwise since."""
    return bool(row["reason"] == "forgotten" and row["their_minutes"] is None)


async def _loan_forms(desk: Desk, row: Any, href: str, failed: Failed | None) -> tuple[Shown, ...]:
    """What may be done with it now."""
    offered: list[Form] = []
    choices: dict[str, tuple[tuple[str, str], ...]] = {}
    match row["status"], row["side"]:
        case "asked", _:
            offers = await _offers(desk, row["category"])
            choices["offer_id"] = offers
            offered += [ask.LEND] if offers else []
        case "offered", "asks":
            offered.append(ask.TAKE)
        case "wanted", _ if not row["we_agree"]:
            offered.append(ask.AGREE)
        case "confirmed", _:
            offered.append(ask.REPORT)
        case "unbooked", _:
            offered += [ask.RETRY, ask.REPORT]
    said = row["our_minutes"] is not None or row["their_minutes"] is not None
    if row["status"] == "ended" and said and not row["resolved"]:
        offered.append(ask.RESOLVE)
    if row["status"] not in ("agreed", "unbooked", "completed", "ended") and (not said or _forgotten(row)):
        offered.append(ask.END)
    return tuple(
        # The next step stands open; that it does not go on is one click further.
        shown_form(form, href, choices=choices, failed=failed, unfolded=n == 0 and form is not ask.END)
        for n, form in enumerate(offered)
    )


async def _offers(desk: Desk, category: str) -> tuple[tuple[str, str], ...]:
    """Who of ours offers this, by number: the rules are looked at when one is proposed."""
    rows = await desk.fetch(
        "SELECT o.offer_id, o.pc4, m.number FROM offers_seen o JOIN members_seen m USING (member_id) "
        "WHERE o.category = $1 AND o.status = 'open' AND m.status = 'approved' AND NOT m.paused "
        "ORDER BY m.number LIMIT $2",
        category,
        MOST,
    )
    return tuple((str(row["offer_id"]), f"Deelnemer {row['number']}, {place(row['pc4'])}") for row in rows)


async def loan_given(desk: Desk, form: Form, loan_id: UUID | None) -> dict[str, object]:
    given: dict[str, object] = {"loan_id": loan_id}
    if form in (ask.AGREE, ask.REPORT):
        row = await desk.row("SELECT member_id FROM loans_seen WHERE loan_id = $1", loan_id)
        given["member_id"] = row["member_id"] if row is not None else None
    return given


# Asking for a request


async def seeking_page(
    desk: Desk, actor: Actor, request_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    row = await desk.row("SELECT * FROM requests_seen WHERE request_id = $1", request_id)
    if row is None or not actor.may_in(row["pc4"]):
        return None
    asked = await desk.fetch("SELECT * FROM loans_seen WHERE request_id = $1 ORDER BY peer", request_id)
    href = seeking_href(request_id)
    looking = {one["peer"] for one in asked if one["status"] not in ("completed", "ended")}
    others = tuple(one for one in await choices(desk, await peers_of(desk, actor)) if one[0] not in looking)
    form = shown_form(
        ask.SEEK,
        href,
        choices={"peers": others},
        failed=failed,
        unfolded=True,
    )
    is_open = row["status"] == "open"
    return CasePage(
        number_label="Andere regio's",
        above=Link(request_label(request_id), request_href(request_id)),
        title=f"{_about(row)}: hulp uit een andere regio",
        status_label="Zonder helper" if is_open else "Niet open",
        status_tone="warning" if is_open else "neutral",
        status_icon="request" if is_open else "info",
        facts=(
            Fact("Hoort bij", request_label(request_id).lower(), href=request_href(request_id)),
            *(
                Fact(
                    region_label(one["peer"]), STATUS[one["status"]][0].lower(), "", loan_href(one["loan_id"])
                )
                for one in asked
            ),
        ),
        groups=kept(
            (Group("Wie kan helpen?", (form,)),) if is_open and others else (), (ask.SEEK,), href, failed
        ),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


# Hours


async def clearing_page(
    desk: Desk, actor: Actor, clearing_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    row = await desk.row("SELECT * FROM clearings_seen WHERE clearing_id = $1", clearing_id)
    if row is None:
        return None
    href = clearing_href(clearing_id)
    differs = row["differs"] or row["differs_there"]
    asked = row["proposed_by"] == "them"
    forms = tuple(
        shown_form(form, href, failed=failed, unfolded=form is ask.ANSWER_CAP)
        for form in ask.CLEARING_FORMS
        if form is not ask.ANSWER_CAP or asked
    )
    facts = [Fact("Grens", hours_nl(row["cap_minutes"]) if row["cap_minutes"] else "nog niet afgesproken")]
    if row["proposed_minutes"] is not None:
        who = "door hen" if asked else "door ons"
        facts.append(Fact("Voorgesteld", hours_nl(row["proposed_minutes"]), who))
    return CasePage(
        number_label="Uren tussen regio's",
        above=ALL_REGIONS,
        title=f"Uren met {region_label(row['peer'])}",
        status_label="Stand verschilt" if differs else "In orde",
        status_tone="warning" if differs else "safe",
        status_icon="warning" if differs else "check",
        facts=tuple(facts),
        groups=kept((Group("Wat wilt u doen?", forms),), ask.CLEARING_FORMS, href, failed),
        notice=Notice("ok", done) if done else _differs_notice(row) if differs else None,
        failed=failed is not None,
    )


def _differs_notice(row: Any) -> Notice:
    return Notice(
        "warning",
        "De stand is daar anders dan hier.",
        "Bel de andere regio en zoek samen uit welke boeking ontbreekt. Wij veranderen niets vanzelf.",
    )


async def clearing_given(desk: Desk, form: Form, clearing_id: UUID | None) -> dict[str, object]:
    row = await desk.row("SELECT peer, proposal_id FROM clearings_seen WHERE clearing_id = $1", clearing_id)
    if row is None:
        return {}
    given: dict[str, object] = {"peer": row["peer"]}
    return given | {"proposal_id": row["proposal_id"]} if form is ask.ANSWER_CAP else given


async def settlement_page(
    desk: Desk, actor: Actor, crossing_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    row = await desk.row("SELECT * FROM crossings_seen WHERE crossing_id = $1", crossing_id)
    if row is None or row["kind"] != "settlement":
        return None
    href, waits = settlement_href(crossing_id), row["status"] == "asked"
    form = shown_form(ask.ANSWER_SETTLEMENT, href, failed=failed, unfolded=True)
    return CasePage(
        number_label="Vereffening",
        above=ALL_REGIONS,
        title=f"{region_label(row['peer'])} stelt voor om {hours_nl(row['minutes'])} te vereffenen",
        status_label="Wacht op antwoord" if waits else "Beantwoord",
        status_tone="warning" if waits else "neutral",
        status_icon="clock" if waits else "check",
        facts=(Fact("Regio", region_label(row["peer"])), Fact("Uren", hours_nl(row["minutes"]))),
        groups=kept((Group("Uw antwoord", (form,)),) if waits else (), ask.SETTLEMENT_FORMS, href, failed),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


WHY_STRANDED = {
    "peer_left": "Die regio verliet het netwerk voor zij antwoordde.",
    "undelivered": "Die regio verliet het netwerk voor zij hoorde dat het hier geboekt is.",
    "differs": "De regio die de uren krijgt, boekte ze niet: er kwam iets anders dan was afgesproken.",
    "forgotten": "Die regio is teruggezet naar een oudere kopie, en kent deze uren niet meer.",
}
STANDS_HERE = {
    "offered": "apart gezet, niet geboekt",
    "accepted": "toegezegd, niet geboekt",
    "differs": "niet geboekt",
    "posted": "geboekt",
    "released": "vrijgegeven",
    "rejected": "geweigerd",
    "void": "niet geboekt",
    "taken_back": "teruggedraaid",
}


async def transfer_page(
    desk: Desk, actor: Actor, crossing_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    """One transfer of which a person finds out how it stands in the other region."""
    row = await desk.row("SELECT * FROM crossings_seen WHERE crossing_id = $1", crossing_id)
    if row is None:
        return None
    href, waits = transfer_href(crossing_id), row["stranded"] is not None
    form = shown_form(ask.DECIDE_TRANSFER, href, failed=failed, unfolded=True)
    way = "naar" if row["ours"] else "van"
    why = (Fact("Waarom u dit ziet", WHY_STRANDED[row["stranded"]]),) if waits else ()
    return CasePage(
        number_label=f"Uren tussen regio's {crossing_id.int % 1_000_000:06}",
        above=ALL_REGIONS,
        title=f"{hours_nl(row['minutes'])} {way} {region_label(row['peer'])}",
        status_label="Niet bekend hoe het afloopt" if waits else "Klaar",
        status_tone="warning" if waits else "neutral",
        status_icon="warning" if waits else "check",
        facts=(
            Fact("Regio", region_label(row["peer"])),
            Fact("Hier", STANDS_HERE.get(row["status"], "wacht op antwoord")),
            *why,
        ),
        groups=kept((Group("Na het gesprek", (form,)),) if waits else (), ask.TRANSFER_FORMS, href, failed),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )
