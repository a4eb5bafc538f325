"""Verwijzen: a social team refers someone in a minute, and sees how its own referrals stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from contracts import wrong
from contracts.categories import CATEGORIES
from contracts.envelope import Actor, Refusal
from contracts.referring import NewReferral
from services.coordinator.console import referral_words as words
from services.coordinator.console.addresses import REFER
from services.coordinator.console.forms import Asked, Field, FieldKind
from services.coordinator.console.people import number_label
from services.coordinator.console.views import Notice
from services.coordinator.console.wording import category_nl, recurrence_nl
from services.coordinator.desk import Desk
from services.kernel.dutch import LOCAL, day_nl, local

SHOWN = 12

_LENGTHS = (("30", "een half uur"), ("60", "een uur"), ("90", "anderhalf uur"), ("120", "twee uur"))
_WISHES = (
    ("none", "Geen wens"),
    ("outside_street", "Liefst niet uit de eigen straat"),
    ("unknown", "Liefst een onbekende"),
    ("known", "Liefst een bekende"),
)
_URGENCIES = (("urgent", "Vandaag of morgen"), ("soon", "Deze week"), ("normal", "Kan wachten"))
_FEEDBACK = (
    ("nothing", "Niets"),
    ("status", "Alleen de status"),
    ("outcome", "De status en hoe het afliep"),
)
_HOW = (("in_person", "In een gesprek"), ("phone", "Aan de telefoon"), ("paper", "Op papier"))

type Part = Literal["person", "need", "consent", ""]


def _asks(part: Part, name: str, label: str, kind: FieldKind = "text", **more: Any) -> tuple[Part, Field]:
    return part, Field(name, label, kind, **more)


FIELDS: tuple[tuple[Part, Field], ...] = (
    _asks("person", "name", "Naam"),
    _asks("person", "phone", "Telefoon", optional=True),
    _asks("person", "street", "Straat"),
    _asks("person", "house_number", "Huisnummer"),
    _asks("person", "pc4", "Postcode", hint="Alleen de vier cijfers."),
    _asks("person", "number", "Deelnemersnummer", "number", optional=True),
    _asks(
        "need", "category", "Soort hulp", "choice", choices=tuple((c, k.nl) for c, k in CATEGORIES.items())
    ),
    _asks("need", "minutes", "Hoe lang per keer?", "choice", choices=_LENGTHS),
    _asks("need", "wish", "Wens over de helper", "choice", choices=_WISHES),
    _asks("need", "wanted_at", "Op een vaste dag en tijd?", "moment", optional=True),
    _asks(
        "need",
        "text",
        "In één of twee zinnen",
        "lines",
        hint="Geen BSN en geen medische gegevens. Een buur leest dit ook.",
        optional=True,
    ),
    _asks("need", "urgency", "Kies wat past", "radios", choices=_URGENCIES),
    _asks(
        "consent",
        "feedback",
        "De persoon kiest dit zelf, en mag het later veranderen",
        "radios",
        choices=_FEEDBACK,
    ),
    _asks("consent", "how", "Hoe gaf de persoon toestemming?", "choice", choices=_HOW),
    _asks("", "contact", "Wie kunnen wij bij u bellen?", hint="Uw naam en telefoonnummer."),
    _asks("", "reference", "Uw eigen kenmerk", hint="Bijvoorbeeld een zaaknummer.", optional=True),
)
"""What the page asks, in its order; each belongs to a part of the referral (contracts/referring.py)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the line of a referral."""

    label: str
    state: Literal["done", "now", "later", "ended"]


@dataclass(frozen=True, slots=True)
class OwnReferral:
    """One of the team's referrals, as far as it may know. No steps: it hears nothing."""

    title: str
    who: str
    day: str
    steps: tuple[Step, ...]
    now: str
    take_back_href: str = ""
    """Empty where it cannot be taken back, or the team does not hear how it stands."""


@dataclass(frozen=True, slots=True)
class ReferPage:
    """The form, by the name of each field; and the team's own referrals."""

    asked: Mapping[str, Asked]
    wrong: tuple[tuple[str, str, str], ...]
    """Of what is wrong: where on the page, what is asked there, and what it says."""
    error: str
    answer_days: int
    mine: tuple[OwnReferral, ...]
    key: str
    notice: Notice | None = None


async def refer_page(
    desk: Desk,
    actor: Actor,
    key: str,
    *,
    typed: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
    done: UUID | None = None,
) -> ReferPage:
    """The page; `typed` and what was `said` of it when it did not go through, `done` when it did."""
    typed, said = typed or {"wish": "none"}, said or {}
    asked = {
        field.name: Asked(
            field.name.replace("_", "-"),
            field,
            typed.get(field.name, ""),
            field.choices,
            said.get(field.name, ""),
        )
        for _, field in FIELDS
    }
    rows = await desk.fetch(
        "SELECT r.*, m.number FROM referrals_seen r JOIN members_seen m USING (member_id) "
        "WHERE r.team = $1 ORDER BY r.referred_at DESC, r.referral_id LIMIT $2",
        actor.team,
        SHOWN,
    )
    return ReferPage(
        asked=asked,
        wrong=tuple((one.id, one.field.label, one.error) for one in asked.values() if one.error),
        error=said.get("", ""),
        answer_days=desk.region.referrals.answer_days,
        mine=tuple(_own(row) for row in rows),
        key=key,
        notice=_received(rows, done),
    )


def _received(rows: list[dict[str, Any]], done: UUID | None) -> Notice | None:
    row = next((row for row in rows if row["referral_id"] == done), None)
    if row is None:
        return None
    if row["told_status"] == "cancelled":
        return Notice("ok", "U nam deze doorverwijzing terug.", "Er wordt geen helper meer gezocht.")
    by = day_nl(_last_day(row["answer_by"]))
    return Notice("ok", "Wij hebben uw doorverwijzing.", f"Een coördinator antwoordt uiterlijk {by}.")


def _own(row: dict[str, Any]) -> OwnReferral:
    about = category_nl(row["category"])
    often = f", {recurrence_nl(row['recurrence'])}" if row["recurrence"] else ""
    return OwnReferral(
        title=f"{about}{often}",
        who=number_label(row["number"]).lower(),
        day=day_nl(local(row["referred_at"])),
        steps=steps(row["told_status"]),
        now=_now(row),
        take_back_href=f"{REFER}/{row['referral_id']}/terugname" if row["told_status"] in _UNHELPED else "",
    )


_UNHELPED = ("requested", "on-hold", "accepted")
"""Nobody helps yet: the team may take it back."""

LINE = (
    ("requested", "Ontvangen"),
    ("accepted", "Aangenomen"),
    ("in-progress", "Hulp loopt"),
    ("completed", "Klaar"),
)
_STOPS = {
    "on-hold": (1, "Aangehouden"),
    "rejected": (1, "Afgewezen"),
    "failed": (2, "Niet gelukt"),
    "cancelled": (1, "Teruggenomen"),
}
"""What stands in the place of a step, and after how many."""


def steps(status: str | None) -> tuple[Step, ...]:
    """Status as words on a line; what ended early replaces the step it stopped at.

    >>> [f"{step.label}: {step.state}" for step in steps("rejected")]
    ['Ontvangen: done', 'Afgewezen: ended']
    >>> [step.state for step in steps("in-progress")], steps(None)
    (['done', 'done', 'now', 'later'], ())
    """
    if status is None:
        return ()
    if status in _STOPS:
        before, label = _STOPS[status]
        state: Literal["now", "ended"] = "now" if status == "on-hold" else "ended"
        return (*(Step(words, "done") for _, words in LINE[:before]), Step(label, state))
    at = [each for each, _ in LINE].index(status)
    last = at == len(LINE) - 1
    return tuple(
        Step(label, "done" if n < at or last else "now" if n == at else "later")
        for n, (_, label) in enumerate(LINE)
    )


def _now(row: dict[str, Any]) -> str:
    """One sentence about where it is."""
    why = words.REASONS.get(row["told_reason"] or "", "")
    match row["told_status"]:
        case None:
            return "Geen terugkoppeling. Dat koos de persoon zelf."
        case "requested":
            return f"Antwoord uiterlijk {day_nl(_last_day(row['answer_by']))}."
        case "accepted":
            return "Wij zoeken een helper."
        case "in-progress":
            return "Er is een helper." if row["told_outcome"] is None else "Er is al geholpen."
        case "completed":
            return "De hulp is gegeven." if row["told_outcome"] else "Dit is afgerond."
        case "cancelled":
            return "U nam dit terug."
    return f"{why[:1].upper()}{why[1:]}." if why else "Bel de buurtcoördinator voor meer."


def _last_day(until: datetime) -> datetime:
    """The day that ends at a midnight."""
    return local(until - timedelta(seconds=1))


def read_referral(posted: FormData) -> tuple[NewReferral | None, dict[str, str], dict[str, str]]:
    """The referral that was typed, or None; what was typed; and what is wrong with it, by field."""
    typed = {field.name: str(posted.get(field.name) or "").strip() for _, field in FIELDS}
    parts: dict[str, dict[str, Any]] = {"person": {}, "need": {}, "consent": {}, "": {}}
    for part, field in FIELDS:
        if typed[field.name]:
            parts[part][field.name] = _value(field, typed[field.name])
    if parts["person"].get("number"):
        # Who takes part already is known by number and postcode.
        parts["person"] = {name: parts["person"].get(name) for name in ("number", "pc4")}
    try:
        return NewReferral.model_validate({**parts.pop(""), **parts}), typed, {}
    except ValidationError as invalid:
        said: dict[str, str] = {}
        for error in invalid.errors(include_input=False, include_url=False):
            if error["type"] == "person_unclear":
                said |= {name: _MISSING for name in _NEEDED if not typed[name]}
            else:
                said.setdefault(_where(wrong.field(error), typed), wrong.words(error)[0])
        return None, typed, said


def refused(no: Refusal) -> dict[str, str]:
    """What a service said, where it belongs on the page."""
    where = {"unknown_postcode": "pc4", "unknown_member": "number", "in_the_past": "wanted_at"}
    return {where.get(no.code, ""): no.nl}


_NEEDED = ("name", "street", "house_number", "pc4")
_MISSING = wrong.words({"type": "missing", "msg": ""})[0]


def _where(field: str, typed: Mapping[str, str]) -> str:
    """The field of the page that an error is about."""
    name = field.rpartition(".")[2]
    return name if name in typed else ""


def _value(field: Field, text: str) -> object:
    if field.name in ("minutes", "number"):
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else text
    if field.kind == "moment":
        try:
            return datetime.fromisoformat(text).replace(tzinfo=LOCAL)
        except ValueError:
            return text
    return text
