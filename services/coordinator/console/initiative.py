"""The region's initiatives: what each asks in return, in plain words, and how its rules are changed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.envelope import Actor
from contracts.initiatives import (
    THE_INITIATIVE,
    ChangePolicy,
    CloseInitiative,
    GetInitiatives,
    Initiative,
    Initiatives,
    StartInitiative,
)
from contracts.policy import PRESETS, AgeBand, Policy
from services.coordinator.console.addresses import INITIATIVES, initiative_href
from services.coordinator.console.forms import Failed, Field, Form, Group, Shown, kept, shown_form
from services.coordinator.console.views import CasePage, Fact, Icon, Link, Notice, StatusTone
from services.coordinator.console.wording import full_day_nl
from services.coordinator.desk import Desk
from services.kernel.dutch import hours_nl, local, time_nl

PRESET_NAMES: dict[str, str] = {
    "burenhulp": "Burenhulp",
    "ruilkring": "Ruilkring",
    "klussendienst": "Klussendienst",
    "dorpscoordinator": "Dorpscoördinator",
}
STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "running": ("Loopt", "safe", "check"),
    "closed": ("Gestopt", "neutral", "info"),
}
RECIPROCITY = {
    "required": "Wie hulp vraagt, biedt ook iets aan. Iets kleins is genoeg.",
    "encouraged": "Iets terugdoen mag. Het hoeft niet.",
    "gift": "Er hoeft niets terug.",
}
COMPENSATION = {
    "credits": "Hulp telt in uren, op een rekening.",
    "euro": "De helper krijgt een kleine vergoeding in geld, binnen de grenzen van het jaar.",
    "none": "Er worden geen uren of geld geteld.",
}
YOUNGEST = {
    AgeBand.UNDER_16: "Helpen mag op elke leeftijd. Onder de 18 met toestemming van een ouder of voogd.",
    AgeBand.FROM_16: "Helpen mag vanaf 16 jaar. Onder de 18 met toestemming van een ouder of voogd.",
    AgeBand.FROM_18: "Helpen mag vanaf 18 jaar.",
    AgeBand.FROM_21: "Helpen mag vanaf 21 jaar.",
}


def floor_nl(floor_minutes: int) -> str:
    """How much more someone may get than give.

    >>> floor_nl(-600), floor_nl(0)
    ('Iemand mag hoogstens 10 uur meer krijgen dan geven.', 'Niemand mag meer uren krijgen dan geven.')
    """
    if floor_minutes == 0:
        return "Niemand mag meer uren krijgen dan geven."
    return f"Iemand mag hoogstens {hours_nl(-floor_minutes)} meer krijgen dan geven."


def tolerance_nl(minutes: int) -> str:
    """What happens when two people write down other minutes."""
    if minutes == 0:
        return "Schrijven zij andere minuten op, dan beslist een coördinator."
    return (
        f"Schrijven zij hoogstens {hours_nl(minutes)} verschil op, dan telt het laagste. "
        "Bij meer verschil beslist een coördinator."
    )


def running_nl(most: int) -> str:
    """How much a helper does at once."""
    said = "1 afspraak" if most == 1 else f"{most} afspraken"
    return f"Een helper heeft hoogstens {said} tegelijk. Terugkerende hulp telt als één."


def policy_facts(policy: Policy) -> tuple[Fact, ...]:
    """All rules of an initiative, in plain words. A floor is only told where hours are counted."""
    facts = [
        Fact("Iets terugdoen", RECIPROCITY[policy.reciprocity]),
        Fact("Wat telt", COMPENSATION[policy.compensation]),
        Fact("Grens", floor_nl(policy.floor_minutes)),
        Fact("Verschil in minuten", tolerance_nl(policy.tolerance_minutes)),
        Fact("Tegelijk", running_nl(policy.most_running)),
        Fact("Leeftijd", YOUNGEST[policy.from_band]),
    ]
    return tuple(fact for fact in facts if policy.compensation == "credits" or fact.label != "Grens")


# Forms


def _preset_words(preset: str, policy: Policy) -> str:
    said = f"{RECIPROCITY[policy.reciprocity]} {COMPENSATION[policy.compensation]}"
    return f"{PRESET_NAMES[preset]}. {said}"


START = Form(
    "begin",
    StartInitiative,
    "Begin een initiatief",
    "Kies de soort die het meest lijkt op wat u wilt. De regels kunt u daarna nog veranderen.",
    "Begin het initiatief",
    "Het initiatief is begonnen. Er kan nu hulp in worden gevraagd en aangeboden.",
    (
        Field("name", "Naam", hint="Zo noemen wij het tegen deelnemers, bijvoorbeeld Ruilkring West."),
        Field(
            "preset",
            "Welke soort?",
            "radios",
            choices=tuple((preset, _preset_words(preset, policy)) for preset, policy in PRESETS.items()),
        ),
    ),
)
CHANGE = Form(
    "regels",
    ChangePolicy,
    "Verander de regels",
    "De nieuwe regels gelden voor wat vanaf nu wordt gevraagd en gekoppeld.",
    "Bewaar de regels",
    "De nieuwe regels gelden vanaf nu.",
    (
        Field("policy.reciprocity", "Iets terugdoen", "radios", choices=tuple(RECIPROCITY.items())),
        Field("policy.compensation", "Wat telt", "radios", choices=tuple(COMPENSATION.items())),
        Field(
            "policy.floor_minutes",
            "Hoeveel minuten mag iemand meer krijgen dan geven?",
            "owed",
            "600 is 10 uur. Dit telt alleen waar uren worden geteld.",
        ),
        Field(
            "policy.tolerance_minutes",
            "Hoeveel minuten mogen zij van elkaar verschillen?",
            "number",
            "0 tot 120. Binnen dit verschil telt het laagste.",
        ),
        Field(
            "policy.most_running",
            "Hoeveel afspraken heeft een helper hoogstens tegelijk?",
            "number",
            "1 tot 100. Terugkerende hulp telt als één.",
        ),
        Field(
            "policy.from_band",
            "Vanaf welke leeftijd mag iemand helpen?",
            "radios",
            choices=tuple((band.value, words) for band, words in YOUNGEST.items()),
        ),
    ),
)
CLOSE = Form(
    "stoppen",
    CloseInitiative,
    "Stop dit initiatief",
    "Er kan niets nieuws meer in worden gevraagd of aangeboden. Wat loopt, wordt afgemaakt. "
    "Een gestopt initiatief begint niet opnieuw.",
    "Stop het initiatief",
    "Het initiatief is gestopt. Wat loopt, wordt afgemaakt.",
)
INITIATIVE_FORMS: tuple[Form, ...] = (CHANGE, CLOSE)


async def initiative_given(desk: Desk, form: Form, initiative_id: UUID | None) -> dict[str, object]:
    """What is changed, and (for a change of rules) the rules that the form does not ask about."""
    if form is not CHANGE:
        return {"initiative_id": initiative_id}
    row = await desk.row("SELECT * FROM initiatives_seen WHERE initiative_id = $1", initiative_id)
    rules = {name: row[name] for name in Policy.model_fields if name in row} if row else {}
    return {"initiative_id": initiative_id, "policy": rules}


# Pages


@dataclass(frozen=True, slots=True)
class InitiativeLine:
    """One initiative in the list. `since`: since when its rules hold, in words."""

    anchor: str
    name: str
    href: str
    kind: str
    status_label: str
    status_tone: StatusTone
    status_icon: Icon
    since: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class InitiativesPage:
    """Those that run first, then those that ended."""

    lines: tuple[InitiativeLine, ...]
    groups: tuple[Group, ...]
    notice: Notice | None = None
    failed: bool = False

    @property
    def sentence(self) -> str:
        running = sum(line.status_tone == "safe" for line in self.lines)
        return "1 initiatief loopt" if running == 1 else f"{running} initiatieven lopen"


async def initiatives_page(
    desk: Desk, actor: Actor, *, done: str | None = None, failed: Failed | None = None
) -> InitiativesPage:
    """All initiatives of the region."""
    found = (await desk.ask(GetInitiatives(), Initiatives, actor)).initiatives
    rows = await desk.fetch("SELECT initiative_id, changed_at FROM initiatives_seen")
    changed = {row["initiative_id"]: row["changed_at"] for row in rows}
    ordered = sorted(found, key=lambda each: (each.status == "closed", each.name.casefold()))
    form = shown_form(START, INITIATIVES, failed=failed)
    return InitiativesPage(
        lines=tuple(_line(each, changed.get(each.initiative_id)) for each in ordered),
        groups=(Group("Iets nieuws", (form,)),),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


def _line(initiative: Initiative, changed_at: datetime | None) -> InitiativeLine:
    label, tone, icon = STATUS[initiative.status]
    return InitiativeLine(
        anchor=f"initiatief-{initiative.initiative_id}",
        name=initiative.name,
        href=initiative_href(initiative.initiative_id),
        kind=_kind(initiative),
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        since=_since(initiative, changed_at),
        facts=policy_facts(initiative.policy),
    )


def _kind(initiative: Initiative) -> str:
    if initiative.initiative_id == THE_INITIATIVE:
        return "voor alles wat nergens anders bij hoort"
    return PRESET_NAMES.get(initiative.preset, initiative.preset).lower()


def _since(initiative: Initiative, changed_at: datetime | None) -> str:
    if changed_at is None:
        return "deze regels gelden vanaf het begin"
    at = local(changed_at)
    when = f"{full_day_nl(at.date())}, {time_nl(at)}"
    return f"gestopt op {when}" if initiative.status == "closed" else f"deze regels gelden sinds {when}"


async def initiative_page(
    desk: Desk,
    actor: Actor,
    initiative_id: UUID,
    *,
    done: str | None = None,
    failed: Failed | None = None,
) -> CasePage | None:
    """One initiative; None for one we do not know."""
    known = (await desk.ask(GetInitiatives(), Initiatives, actor)).initiatives
    found = next((each for each in known if each.initiative_id == initiative_id), None)
    if found is None:
        return None
    row = await desk.row("SELECT changed_at FROM initiatives_seen WHERE initiative_id = $1", initiative_id)
    label, tone, icon = STATUS[found.status]
    since = _since(found, row["changed_at"] if row else None)
    here = initiative_href(initiative_id)
    return CasePage(
        number_label="Initiatief",
        title=found.name,
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=(*policy_facts(found.policy), Fact("Sinds", f"{since[:1].upper()}{since[1:]}.")),
        groups=kept(_groups(found, failed), INITIATIVE_FORMS, here, failed),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
        links=(Link("Alle initiatieven", INITIATIVES),),
    )


def _groups(initiative: Initiative, failed: Failed | None) -> tuple[Group, ...]:
    if initiative.status == "closed":
        return ()
    here = initiative_href(initiative.initiative_id)
    policy = initiative.policy
    now = {f"policy.{name}": value for name, value in policy.model_dump(mode="json").items()}
    now["policy.floor_minutes"] = -policy.floor_minutes
    change: Shown = shown_form(CHANGE, here, now=now, failed=failed)
    if initiative.initiative_id == THE_INITIATIVE:
        # Without it there would be no place for what names no initiative.
        return (Group("Wat verandert er?", (change,)),)
    return (Group("Wat verandert er?", (change, shown_form(CLOSE, here, failed=failed))),)
