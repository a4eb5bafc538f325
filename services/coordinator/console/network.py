"""The network of regions: who is there and what waits, and what one of two regions forgot."""

from dataclasses import dataclass
from uuid import UUID

from contracts.envelope import Actor
from contracts.link import GetPeers, Peers, PeerSeen
from services.coordinator.console import region_forms as ask
from services.coordinator.console.addresses import REGIONS, forgotten_href, loan_href, transfer_href
from services.coordinator.console.forms import Failed, Group, kept, shown_form
from services.coordinator.console.people import region_label
from services.coordinator.console.views import CasePage, Fact, Link, Notice
from services.coordinator.desk import Desk
from services.kernel.dutch import day_nl, local, time_nl
from services.kernel.errors import Rejected, Transient
from services.kernel.settings import Region

MOST = 100


@dataclass(frozen=True, slots=True)
class PeerLine:
    """One other region, in words. `attention`: what someone must do something about."""

    region: str
    stands: str
    since: str
    away: bool
    waiting: str
    attention: tuple[str, ...]


def in_network(region: Region) -> bool:
    """Whether this region corresponds with others."""
    return "link" in region.services


async def peers_of(desk: Desk, actor: Actor) -> Peers | None:
    """The network as our link sees it; None while that does not answer, and where there is no link."""
    if not in_network(desk.region):
        return None
    try:
        return await desk.ask(GetPeers(), Peers, actor)
    except (Transient, Rejected):
        return None


async def choices(desk: Desk, found: Peers | None) -> tuple[tuple[str, str], ...]:
    """The regions of the network, as a choice; those we know of already while the link is away."""
    if found is None:
        rows = await desk.fetch(
            "SELECT peer FROM clearings_seen UNION SELECT peer FROM loans_seen ORDER BY 1"
        )
        return tuple((row["peer"], region_label(row["peer"])) for row in rows)
    return tuple((one.peer, _label(one)) for one in found.peers if one.status == "joined")


def peer_lines(found: Peers) -> tuple[PeerLine, ...]:
    """Every region that takes part, or did; those only written to, or refused, have no line."""
    return tuple(_line(one) for one in found.peers if one.status != "unknown")


def _label(one: PeerSeen) -> str:
    return one.municipality or region_label(one.peer)


def _line(one: PeerSeen) -> PeerLine:
    left = one.status == "left"
    since = local(one.since)
    return PeerLine(
        region=_label(one),
        stands="doet niet meer mee" if left else "bereikbaar" if one.up else "niet bereikbaar",
        since=f"{day_nl(since)}, {time_nl(since)}",
        away=not left and not one.up,
        waiting=str(one.waiting) if one.waiting else "niets",
        attention=tuple(_attention(one)),
    )


def _attention(one: PeerSeen) -> list[str]:
    unread_here, unread_there = sum(one.unread_here.values()), sum(one.unread_there.values())
    return [
        f"{count} {_letters(count)} {what}"
        for count, what in (
            (sum(one.refused.values()), "geweigerd"),
            (unread_there, "kan men daar nog niet lezen"),
            (unread_here, "kunnen wij nog niet lezen"),
            (one.orphans_count, "kwijt"),
        )
        if count
    ]


def _letters(count: int) -> str:
    return "bericht" if count == 1 else "berichten"


LETTERS = {
    "TransferOffer": "uren aangeboden",
    "TransferAcceptance": "uren toegezegd",
    "TransferRejection": "uren geweigerd",
    "TransferPosting": "uren geboekt",
    "TransferQuestion": "gevraagd hoe het met de uren staat",
    "TransferVoid": "uren ongeldig verklaard",
    "CapProposal": "een grens voorgesteld",
    "CapAnswer": "een grens beantwoord",
    "Reckoning": "de stand genoemd",
    "ReckoningAnswer": "de stand nagerekend",
    "HelpAppeal": "hulp gevraagd",
    "HelperProposal": "een helper voorgesteld",
    "HelperChoice": "een helper gekozen",
    "PersonAgreement": "verteld dat een deelnemer het goed vindt",
    "MinutesReport": "verteld hoe lang het duurde",
    "LoanSettlement": "de hulp afgerekend",
    "LoanEnd": "de hulp afgezegd",
}
"""What a letter was about, as its writer would say it: 'wij hebben …'."""


async def forgotten_page(
    desk: Desk, actor: Actor, thread_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    """One matter of which letters were forgotten: which, by whom, and where the matter itself is."""
    rows = await desk.fetch(
        "SELECT * FROM forgotten_letters WHERE thread_id = $1 "
        "ORDER BY settled, forgotten_at, orphan_id LIMIT $2",
        thread_id,
        MOST,
    )
    if not rows:
        return None
    peer, href = rows[0]["peer"], forgotten_href(thread_id)
    waits = not rows[0]["settled"]
    form = shown_form(ask.SETTLE_FORGOTTEN, href, failed=failed, unfolded=True)
    return CasePage(
        number_label=f"Berichten tussen regio's {thread_id.int % 1_000_000:06}",
        above=Link("Andere regio's", REGIONS),
        title=f"Berichten kwijt in een zaak met {region_label(peer)}"
        if len(rows) > 1
        else f"Een bericht kwijt in een zaak met {region_label(peer)}",
        status_label="Ga na hoe het staat" if waits else "Nagegaan",
        status_tone="warning" if waits else "safe",
        status_icon="warning" if waits else "check",
        facts=(
            Fact("Regio", region_label(peer)),
            await _matter(desk, peer, thread_id),
            *(_told(row["letter"], row["written_by"], peer) for row in rows),
        ),
        groups=kept((Group("Na het gesprek", (form,)),) if waits else (), ask.FORGOTTEN_FORMS, href, failed),
        notice=Notice("ok", done) if done else _LOST if waits else None,
        failed=failed is not None,
    )


_LOST = Notice(
    "warning",
    "Een van de twee regio's is teruggezet naar een oudere kopie.",
    "Wat hieronder staat, is daar niet meer bekend. Bel elkaar en kijk samen hoe het nu is.",
)


def _told(letter: str, written_by: str, peer: str) -> Fact:
    said = LETTERS.get(letter, "iets verteld wat wij nog niet kunnen lezen")
    if written_by == peer:
        return Fact(f"{region_label(peer)} had", said, "dat zijn zij kwijt")
    return Fact("Wij hadden", said, "dat zijn wij kwijt")


async def _matter(desk: Desk, peer: str, thread_id: UUID) -> Fact:
    """Where the matter itself can be seen, as far as we know of it."""
    loan = await desk.row(
        "SELECT loan_id FROM loans_seen WHERE thread_id = $1 AND peer = $2", thread_id, peer
    )
    if loan is not None:
        return Fact(
            "Waarover", "hulp tussen regio's", "bekijk hoe het hier staat", loan_href(loan["loan_id"])
        )
    crossing = await desk.row("SELECT crossing_id FROM crossings_seen WHERE crossing_id = $1", thread_id)
    if crossing is not None:
        href = transfer_href(crossing["crossing_id"])
        return Fact("Waarover", "uren tussen regio's", "bekijk hoe het hier staat", href)
    return Fact("Waarover", "staat hier niet (meer) in de boeken", "vraag het de andere regio")
