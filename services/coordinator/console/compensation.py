"""What helpers received in euros, against what the law lets a volunteer receive; expenses stand apart.

One page for all helpers of a year, one for each of them. The caps are those of the year
(contracts.policy and contracts.caps; Belastingdienst, vrijwilligersvergoedingen).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.envelope import Actor
from contracts.ledger import ChangeLimits, GetYearStatement, MonthPaid, NoteExpenses, YearStatement
from contracts.policy import Caps, caps_in_force
from services.coordinator.account import account_used
from services.coordinator.console.addresses import (
    COMPENSATIONS,
    compensation_href,
    member_href,
    statement_href,
    year_href,
)
from services.coordinator.console.forms import (
    NO_SUCH_MEMBER,
    Failed,
    Field,
    Form,
    Group,
    kept,
    shown_form,
)
from services.coordinator.console.people import Names, names
from services.coordinator.console.views import Fact, Meter, Notice
from services.coordinator.console.wording import month_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.coordinator.projections.ledger import ENTERED, CapsSeen
from services.kernel.dutch import euro_nl, hours_nl

AT_ONCE = 25
"""Helpers on one page of the list."""

NEARLY = 0.85
"""From this share of a cap on, a helper is nearly there; as the ledger of hours has it for a week."""

EXPENSES = Form(
    "onkosten",
    NoteExpenses,
    "Noteer onkosten met een bon",
    "Onkosten tellen niet mee voor de grenzen. De organisatie betaalt ze zelf uit en bewaart de bon.",
    "Noteer de onkosten",
    "De onkosten zijn genoteerd. Zij tellen niet mee voor de grenzen.",
    (
        Field("cents", "Bedrag in euro's", "euro", "Bijvoorbeeld 12,50."),
        Field("on", "Dag op de bon", "date"),
    ),
)
LIMITS = Form(
    "grenzen",
    ChangeLimits,
    "Verander de grenzen van de rekening in uren",
    "Bij de ondergrens kan er geen hulp meer worden gekoppeld. Wat boven de bovengrens komt, gaat naar "
    "de solidariteitspot.",
    "Bewaar de grenzen",
    "De grenzen van de rekening zijn bewaard.",
    (
        Field(
            "floor_minutes",
            "Hoeveel minuten mag deze deelnemer meer krijgen dan geven?",
            "owed",
            "600 is 10 uur.",
        ),
        Field(
            "ceiling_minutes",
            "Hoeveel minuten tegoed mag er hoogstens op staan?",
            "number",
            "Laat leeg voor geen bovengrens.",
            optional=True,
        ),
    ),
)
HELPER_FORMS: tuple[Form, ...] = (EXPENSES, LIMITS)


async def helper_given(desk: Desk, form: Form, member_id: UUID | None) -> dict[str, object]:
    """Whom it is about: the account has its member's id."""
    return {"helper_id" if form is EXPENSES else "account_id": member_id}


async def entered(desk: Desk) -> dict[int, Caps]:
    """What an operator entered, by year."""
    rows = await desk.fetch(ENTERED.select())
    return {row["of_year"]: CapsSeen(**row).caps for row in rows}


def caps_nl(year: int, entered: Mapping[int, Caps]) -> str:
    """The caps of a year in one sentence; it says so when they are those of an earlier year.

    >>> caps_nl(2025, {})[:61]
    'Per uur hoogstens € 5,60 vanaf 21 jaar en € 3,30 daaronder. P'
    """
    of_year, limits = caps_in_force(year, entered)
    said = (
        f"Per uur hoogstens {euro_nl(limits.hour_21)} vanaf 21 jaar en {euro_nl(limits.hour_young)} "
        f"daaronder. Per maand hoogstens {euro_nl(limits.month)}, per jaar {euro_nl(limits.year)}."
    )
    if of_year == year:
        return said
    return (
        f"{said} Dit zijn de bedragen van {of_year}: die van {year} staan er nog niet in. Vraag de beheerder "
        "om ze in te vullen. De Belastingdienst maakt ze bekend."
    )


# All helpers of a year


@dataclass(frozen=True, slots=True)
class HelperLine:
    """One helper. `nearly`: the month or the year is nearly full."""

    who: str
    href: str
    month: str
    month_left: str
    year: str
    year_left: str
    expenses: str
    nearly: bool


@dataclass(frozen=True, slots=True)
class CompensationsPage:
    """Helpers with a compensation in euros. `error` is about the number that was looked for."""

    year: int
    month: str
    found: int
    caps: str
    lines: tuple[HelperLine, ...]
    action_href: str
    year_before_href: str
    year_after_href: str
    before_href: str
    after_href: str
    typed: str = ""
    error: str = ""

    @property
    def sentence(self) -> str:
        """How many helpers."""
        if self.found == 0:
            return f"in {self.year} kreeg niemand een vergoeding in geld"
        return f"{self.found} helper{'s' if self.found > 1 else ''} met vergoeding in geld"


# Who did something for a compensation in a year, or has costs noted: as far as coordinator's areas go.
_HELPERS = """
SELECT m.member_id, m.number FROM members_seen m
 WHERE (cardinality($2::text[]) = 0 OR m.pc4 = ANY($2)) AND (m.member_id IN (
        SELECT helper_id FROM matches_seen
         WHERE compensation = 'euro' AND confirmed_at IS NOT NULL AND $1 IN
               (extract(year FROM coalesce(wanted_at, confirmed_at) AT TIME ZONE 'Europe/Amsterdam'),
                extract(year FROM changed_at AT TIME ZONE 'Europe/Amsterdam')))
    OR m.member_id IN (
        SELECT person_id FROM history WHERE code = 'expenses-noted'
           AND extract(year FROM at AT TIME ZONE 'Europe/Amsterdam') = $1))
 ORDER BY m.number
"""


async def compensations_page(
    desk: Desk, actor: Actor, year_text: str | None, sheet_text: str | None, *, number: str | None = None
) -> CompensationsPage:
    """The list of one year; `number` is what was typed to look for someone, and found nobody."""
    today = now().date()
    year = _within(year_text, 2000, today.year, today.year)
    helpers = await desk.fetch(_HELPERS, year, list(actor.areas))
    sheets = max(1, -(-len(helpers) // AT_ONCE))
    sheet = _within(sheet_text, 1, sheets, 1)
    here = helpers[(sheet - 1) * AT_ONCE : sheet * AT_ONCE]
    known = await names(desk, actor, [row["member_id"] for row in here])
    month = f"{year}-{today.month:02}" if year == today.year else f"{year}-12"
    found = await asyncio.gather(*(_received(desk, actor, row["member_id"], year) for row in here))
    return CompensationsPage(
        year=year,
        month=month_nl(month),
        found=len(helpers),
        caps=caps_nl(year, await entered(desk)),
        lines=tuple(_line(each, month, known) for each in found),
        action_href=COMPENSATIONS,
        year_before_href=f"{COMPENSATIONS}?jaar={year - 1}",
        year_after_href=f"{COMPENSATIONS}?jaar={year + 1}" if year < today.year else "",
        before_href=_sheet(year, sheet - 1) if sheet > 1 else "",
        after_href=_sheet(year, sheet + 1) if sheet < sheets else "",
        typed=number or "",
        error=NO_SUCH_MEMBER if number is not None else "",
    )


async def _received(desk: Desk, actor: Actor, helper_id: UUID, year: int) -> YearStatement:
    return await desk.ask(GetYearStatement(helper_id=helper_id, year=year), YearStatement, actor)


def _within(text: str | None, least: int, most: int, otherwise: int) -> int:
    if text is None or not text.isdecimal() or len(text) > 6:
        return otherwise
    return min(max(int(text), least), most)


def _sheet(year: int, sheet: int) -> str:
    return f"{COMPENSATIONS}?jaar={year}&blad={sheet}"


def _of_month(found: YearStatement, month: str) -> MonthPaid:
    """What was received in a month, also when that is nothing."""
    nothing = MonthPaid(
        month=month,
        minutes=0,
        cents=0,
        expenses_cents=0,
        left_cents=min(found.month_cap_cents, found.left_cents),
    )
    return next((each for each in found.months if each.month == month), nothing)


def _line(found: YearStatement, month: str, known: Names) -> HelperLine:
    this = _of_month(found, month)
    return HelperLine(
        who=known.first(found.helper_id),
        href=compensation_href(found.helper_id),
        month=euro_nl(this.cents),
        month_left=euro_nl(max(0, this.left_cents)),
        year=euro_nl(found.cents),
        year_left=euro_nl(max(0, found.left_cents)),
        expenses=euro_nl(found.expenses_cents),
        nearly=_nearly(this.left_cents, found.month_cap_cents)
        or _nearly(found.left_cents, found.year_cap_cents),
    )


def _nearly(left_cents: int, cap_cents: int) -> bool:
    return left_cents <= (1 - NEARLY) * cap_cents


# One helper


@dataclass(frozen=True, slots=True)
class HelperPage:
    """One helper's year so far, and what their account may go to."""

    title: str
    member_href: str
    member_label: str
    sentence: str
    caps: str
    month: Meter
    year: Meter
    expenses: str
    limits: tuple[Fact, ...]
    year_href: str
    list_href: str
    groups: tuple[Group, ...]
    notice: Notice | None = None
    failed: bool = False


async def helper_page(
    desk: Desk, actor: Actor, member_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> HelperPage | None:
    """The page; None for a member we do not know."""
    if await desk.row("SELECT number FROM members_seen WHERE member_id = $1", member_id) is None:
        return None
    today = now().date()
    month = f"{today:%Y-%m}"
    found = await _received(desk, actor, member_id, today.year)
    balance = await account_used(desk, member_id)
    known = await names(desk, actor, [member_id])
    this = _of_month(found, month)
    here = compensation_href(member_id)
    return HelperPage(
        title=f"Grenzen en vergoedingen van {known.of(member_id)}",
        member_href=member_href(member_id),
        member_label=known.first(member_id),
        sentence=_sentence(this, found),
        caps=caps_nl(today.year, await entered(desk)),
        month=_meter(f"In {month_nl(month)}", this.cents, this.left_cents, found.month_cap_cents),
        year=_meter(f"In {today.year}", found.cents, found.left_cents, found.year_cap_cents),
        expenses=f"{euro_nl(this.expenses_cents)} in {month_nl(month)}, "
        f"{euro_nl(found.expenses_cents)} in {today.year}",
        limits=_limits(member_id, balance),
        year_href=year_href(member_id, today.year),
        list_href=COMPENSATIONS,
        groups=kept(_groups(here, balance, failed), HELPER_FORMS, here, failed),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


def _sentence(month: MonthPaid, year: YearStatement) -> str:
    left = max(0, month.left_cents)
    if left == 0:
        full = "dit jaar" if year.left_cents <= 0 else "deze maand"
        return f"er is {full} geen ruimte meer voor een vergoeding"
    return f"er is deze maand nog {euro_nl(left)} ruimte"


def _meter(label: str, cents: int, left_cents: int, cap_cents: int) -> Meter:
    """Received is what was booked; apart is what stands ready for help that runs."""
    left = max(0, left_cents)
    apart = cap_cents - left - cents
    return Meter(
        label=label,
        value=f"{euro_nl(cents)} van {euro_nl(cap_cents)}",
        percent=round(100 * min(cents, cap_cents) / cap_cents, 1),
        added_percent=round(100 * max(0, min(apart, cap_cents - cents)) / cap_cents, 1),
        note=f"Nog {euro_nl(left)} ruimte.",
        added=f"{euro_nl(apart)} staat apart voor hulp die loopt." if apart > 0 else "",
    )


def _limits(member_id: UUID, balance: dict[str, Any] | None) -> tuple[Fact, ...]:
    if balance is None:
        return ()
    if balance["shared_with"] is not None:
        home = compensation_href(balance["shared_with"])
        return (Fact("Rekening", "gedeeld met een huishouden", "daar staan ook de grenzen", home),)
    floor, ceiling = -balance["floor_minutes"], balance["ceiling_minutes"]
    return (
        Fact(
            "Ondergrens",
            f"hoogstens {hours_nl(floor)} meer gekregen dan gegeven"
            if floor
            else "niet meer krijgen dan geven",
        ),
        Fact("Bovengrens", f"hoogstens {hours_nl(ceiling)} tegoed" if ceiling is not None else "geen"),
        Fact("Rekening", "alle boekingen", href=statement_href(member_id)),
    )


def _groups(here: str, balance: dict[str, Any] | None, failed: Failed | None) -> tuple[Group, ...]:
    groups = [Group("Onkosten", (shown_form(EXPENSES, here, failed=failed),))]
    if balance is not None and balance["shared_with"] is None:
        limits = {
            "floor_minutes": -balance["floor_minutes"],
            "ceiling_minutes": balance["ceiling_minutes"],
        }
        groups.append(Group("Rekening in uren", (shown_form(LIMITS, here, now=limits, failed=failed),)))
    return tuple(groups)
