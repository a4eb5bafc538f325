"""The page of one event that a social team sent and we could not take in."""

from uuid import UUID

from contracts.envelope import Actor
from contracts.stranded import GetStranded, SettleStranded, Stranded
from services.coordinator.console.addresses import stranded_href
from services.coordinator.console.forms import Failed, Form, Group, kept, shown_form
from services.coordinator.console.referral import team_label
from services.coordinator.console.views import CasePage, Fact, Notice
from services.coordinator.desk import Desk
from services.kernel.dutch import day_nl, local
from services.kernel.errors import Rejected, Transient

SETTLE = Form(
    "afgehandeld",
    SettleStranded,
    "Het is opgelost",
    "Het team weet ervan, en stuurt het zo nodig opnieuw. Wat wij ervan bewaren, wordt gewist.",
    "Zet op afgehandeld",
    "Afgehandeld. Wat bewaard was, is gewist.",
)
STRANDED_FORMS: tuple[Form, ...] = (SETTLE,)

WHY = {
    "bsn": "er stond een getal in dat op een BSN lijkt",
    "from_the_future": "de tijd van het bericht moet nog komen",
    "in_the_past": "het moment van de hulp is al voorbij",
    "no_cloudevent": "het was geen CloudEvent",
    "too_large": "het bericht was te groot",
    "received": "een deel van het systeem antwoordt al een tijd niet; wij blijven het proberen",
    "unknown_member": "de deelnemer is hier niet bekend",
}


async def stranded_page(
    desk: Desk, actor: Actor, stranded_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    row = await desk.row("SELECT * FROM stranded WHERE stranded_id = $1", stranded_id)
    if row is None:
        return None
    text = await _text(desk, actor, stranded_id) if row["kept"] and not row["settled"] else ""
    href = stranded_href(stranded_id)
    form = shown_form(SETTLE, href, failed=failed)
    return CasePage(
        number_label=f"Bericht {stranded_id.int % 1_000_000:06}",
        title=f"Een bericht van {team_label(desk.region, row['team'])} kwam niet aan",
        status_label="Afgehandeld" if row["settled"] else "Wacht",
        status_tone="neutral" if row["settled"] else "warning",
        status_icon="check" if row["settled"] else "warning",
        facts=(
            Fact("Van", team_label(desk.region, row["team"])),
            Fact("Op", day_nl(local(row["stranded_at"]))),
            Fact("Waarom niet", why_nl(row["code"])),
        ),
        groups=kept(
            () if row["settled"] else (Group("Bel eerst het team", (form,)),), STRANDED_FORMS, href, failed
        ),
        words=(("Wat er werd gestuurd", text),) if text else (),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


def why_nl(code: str) -> str:
    """Why an event was not taken in."""
    return WHY.get(code, "er klopte iets niet in het bericht")


async def _text(desk: Desk, actor: Actor, stranded_id: UUID) -> str:
    try:
        return (await desk.ask(GetStranded(stranded_id=stranded_id), Stranded, actor)).text
    except (Transient, Rejected):
        return ""
