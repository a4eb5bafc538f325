"""Verwijzingen: what social teams asked, first what waits for an answer."""

from dataclasses import dataclass
from typing import Any

from contracts.envelope import Actor
from contracts.referrals import ENDED
from services.coordinator.console import referral_words as words
from services.coordinator.console.addresses import referral_href
from services.coordinator.console.due import due_nl
from services.coordinator.console.people import Names, names
from services.coordinator.console.referral import team_label
from services.coordinator.console.views import Icon, StatusTone
from services.coordinator.console.wording import category_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.kernel.dutch import day_nl, local
from services.kernel.settings import Region

SHOWN = 200

_SQL = (
    "SELECT * FROM referrals_seen WHERE (cardinality($1::text[]) = 0 OR pc4 = ANY($1)) "
    "AND (member_id <> $2 OR $2::uuid IS NULL) "
    "ORDER BY status = ANY($3), CASE WHEN status = 'requested' THEN answer_by END, changed_at DESC LIMIT $4"
)


@dataclass(frozen=True, slots=True)
class ReferralLine:
    """One row. `why`: the reason, or what to look at; `late`: its term has passed."""

    href: str
    title: str
    who: str
    team: str
    day: str
    status_label: str
    status_tone: StatusTone
    status_icon: Icon
    why: str
    term: str
    late: bool


@dataclass(frozen=True, slots=True)
class ReferralsPage:
    """Groups: a heading, its rows, and what is said when there are none."""

    sentence: str
    groups: tuple[tuple[str, tuple[ReferralLine, ...], str], ...]


async def referrals_page(desk: Desk, actor: Actor) -> ReferralsPage:
    rows = await desk.fetch(_SQL, list(actor.areas), actor.member_id, list(ENDED), SHOWN)
    known = await names(desk, actor, (row["member_id"] for row in rows))
    waiting = [row for row in rows if row["status"] in ("requested", "on-hold")]
    ended = [row for row in rows if row["status"] in ENDED]
    running = [row for row in rows if row["status"] in ("accepted", "in-progress")]

    def lines(some: list[dict[str, Any]]) -> tuple[ReferralLine, ...]:
        return tuple(_line(row, known, desk.region) for row in some)

    count = sum(row["status"] == "requested" for row in rows)
    return ReferralsPage(
        sentence="Niemand wacht op antwoord."
        if not count
        else f"{count} {'verwijzing wacht' if count == 1 else 'verwijzingen wachten'} op antwoord.",
        groups=(
            ("Wacht op antwoord", lines(waiting), "Er wacht niets op antwoord."),
            ("Loopt", lines(running), "Er loopt niets."),
            ("Afgelopen", lines(ended), "Er is nog niets afgelopen."),
        ),
    )


def _line(row: dict[str, Any], known: Names, region: Region) -> ReferralLine:
    label, tone, icon = words.STATUS[row["status"]]
    waits = row["status"] == "requested"
    term, how = due_nl(row["answer_by"], fixed=False, at=now()) if waits else (None, "later")
    twin = "misschien twee keer dezelfde" if row["twin_ids"] and row["status"] not in ENDED else ""
    return ReferralLine(
        href=referral_href(row["referral_id"]),
        title=category_nl(row["category"]),
        who=known.of(row["member_id"]),
        team=team_label(region, row["team"]),
        day=day_nl(local(row["referred_at"])),
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        why=words.REASONS.get(row["reason"] or "", twin),
        term=term or "",
        late=how == "late",
    )
