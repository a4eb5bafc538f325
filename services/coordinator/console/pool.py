"""The solidarity pool: what is in it, what came in and went out, and giving out of it.

No names: who gave to the pool and who needed it is nobody else's business. Each of them finds it on
their own account.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from contracts.envelope import Actor
from contracts.ledger import (
    POOL,
    REGION,
    SUSPENSE,
    Balances,
    GetBalances,
    GetStatement,
    GiveToPool,
    Posting,
    SpendFromPool,
    Statement,
)
from services.coordinator.console import addresses
from services.coordinator.console.forms import Failed, Field, Form, Group, kept, shown_form
from services.coordinator.console.views import Notice
from services.coordinator.console.wording import full_day_nl, month_nl, signed_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.kernel.dutch import hours_nl, local

_MINUTES = Field("minutes", "Minuten", "number", "90 is 1 uur 30.")
_REASON = Field("reason", "Waarom?", "lines", "Schrijf geen BSN of medische gegevens op.")

SPEND = Form(
    "geven",
    SpendFromPool,
    "Geef uren uit de pot",
    "De uren staan meteen op de rekening. De deelnemer krijgt bericht. Uw reden bewaren wij bij de boeking.",
    "Geef de uren",
    "De uren zijn gegeven. De deelnemer krijgt bericht.",
    (Field("to_account_id", "Nummer van de deelnemer", "member", "Bijvoorbeeld 1042."), _MINUTES, _REASON),
)
FILL = Form(
    "aanvullen",
    GiveToPool,
    "Vul de pot aan",
    "Laat het nummer leeg als de regio de uren geeft. Een deelnemer geeft alleen wat die zelf wil geven.",
    "Vul aan",
    "De pot is aangevuld.",
    (
        _MINUTES,
        Field(
            "from_account_id",
            "Nummer van de deelnemer die geeft",
            "member",
            "Bijvoorbeeld 1042.",
            optional=True,
        ),
    ),
)
MAKE_UP = Form(
    "tussenrekening",
    SpendFromPool,
    "Vul de tussenrekening aan",
    "De tussenrekening betaalde wat bij een terugboeking niet te halen was. Met de pot maakt u dat goed.",
    "Vul de tussenrekening aan",
    "De tussenrekening is aangevuld.",
    (_MINUTES, _REASON),
)
POOL_FORMS: tuple[Form, ...] = (SPEND, FILL, MAKE_UP)


async def pool_given(desk: Desk, form: Form, _: UUID | None) -> dict[str, object]:
    """Where the hours go, where the form does not ask for it."""
    return {"to_account_id": SUSPENSE} if form is MAKE_UP else {}


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One booking, without names. `comes_in` tells the two sorts apart in words too."""

    day: str
    what: str
    amount: str
    balance: str


@dataclass(frozen=True, slots=True)
class PoolPage:
    """The pool in one month. `after_href` is empty for this month: nothing comes after it."""

    balance: str
    empty: bool
    month: str
    came_in: str
    went_out: str
    opening: str
    closing: str
    lines: tuple[PoolLine, ...]
    before_href: str
    after_href: str
    groups: tuple[Group, ...]
    short: str = ""
    """What the suspense account owes, in words; empty when it owes nothing."""
    notice: Notice | None = None
    failed: bool = False


async def pool_page(
    desk: Desk,
    actor: Actor,
    *,
    maand: str | None = None,
    done: str | None = None,
    failed: Failed | None = None,
) -> PoolPage:
    """The page; `maand` as `2026-11`, this month for what is none."""
    first = _month(maand)
    after = _next(first)
    query = GetStatement(account_id=POOL, from_day=first, to_day=after - timedelta(days=1))
    found = await desk.ask(query, Statement, actor)
    balances = (await desk.ask(GetBalances(account_ids=(POOL, SUSPENSE)), Balances, actor)).balances
    minutes = {balance.account_id: balance.balance_minutes for balance in balances}
    in_pool, owed = minutes.get(POOL, 0), max(0, -minutes.get(SUSPENSE, 0))
    forms = [form for form in POOL_FORMS if form is not MAKE_UP or owed]
    shown = tuple(shown_form(form, addresses.POOL, failed=failed) for form in forms)
    return PoolPage(
        balance=hours_nl(max(0, in_pool)),
        empty=in_pool <= 0,
        month=month_nl(f"{first:%Y-%m}"),
        came_in=hours_nl(sum(line.minutes for line in found.postings if line.minutes > 0)),
        went_out=hours_nl(-sum(line.minutes for line in found.postings if line.minutes < 0)),
        opening=hours_nl(max(0, found.opening_minutes)),
        closing=hours_nl(max(0, found.closing_minutes)),
        lines=tuple(_line(posting) for posting in reversed(found.postings)),
        before_href=_href(first - timedelta(days=1)),
        after_href=_href(after) if after <= now().date() else "",
        groups=kept((Group("Geven en aanvullen", shown),), POOL_FORMS, addresses.POOL, failed),
        short=hours_nl(owed) if owed else "",
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


def _month(text: str | None) -> date:
    """The first day of a month, this one for what is none or has yet to come."""
    this = now().date().replace(day=1)
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return this
    return first if date(2000, 1, 1) <= first <= this else this


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _href(day: date) -> str:
    return f"{addresses.POOL}?maand={day:%Y-%m}"


def _line(posting: Posting) -> PoolLine:
    return PoolLine(
        day=full_day_nl(local(posting.posted_at).date()),
        what=_what(posting),
        amount=signed_nl(posting.minutes),
        balance=hours_nl(max(0, posting.balance_minutes)),
    )


def _what(posting: Posting) -> str:
    comes_in = posting.minutes > 0
    match posting.kind:
        case "pool" if posting.other_account_id == REGION:
            return "Gegeven door de regio"
        case "pool" if posting.other_account_id == SUSPENSE:
            return "Naar de tussenrekening"
        case "pool":
            return "Gegeven door een deelnemer" if comes_in else "Gegeven aan een deelnemer"
        case "ceiling":
            return "Meer dan op een rekening past"
        case "settlement":
            return "Van iemand die stopte"
        case "reversal":
            return "Teruggedraaid"
    return "Overgeboekt"
