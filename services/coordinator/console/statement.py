"""What was booked on an account, and what a helper received in a year: pages that print well."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from contracts.envelope import Actor
from contracts.ledger import (
    OPENING,
    POOL,
    REGION,
    SUSPENSE,
    WRITTEN_OFF,
    GetStatement,
    GetYearStatement,
    Statement,
    YearStatement,
)
from services.coordinator.console.addresses import (
    compensation_href,
    match_href,
    member_href,
    statement_href,
    year_href,
)
from services.coordinator.console.people import Names, names
from services.coordinator.console.wording import balance_nl, full_day_nl, month_nl, signed_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.kernel.dutch import euro_nl, hours_nl, local

KINDS = {
    "match": "Hulp",
    "gift": "Gegeven",
    "pool": "Solidariteitspot",
    "settlement": "Afgerekend bij vertrek",
    "opening": "Beginsaldo",
    "reversal": "Teruggedraaid",
    "ceiling": "Boven de bovengrens: naar de pot",
}
OWN_ACCOUNTS = {
    POOL: "solidariteitspot",
    SUSPENSE: "tussenrekening",
    OPENING: "vorig systeem",
    REGION: "de regio",
    WRITTEN_OFF: "vervallen",
}


@dataclass(frozen=True, slots=True)
class PostingLine:
    """One booking, in words. `href`: the match it was for."""

    day: str
    what: str
    other: str
    amount: str
    balance: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class StatementPage:
    """An account from one day to another, both included."""

    title: str
    number_label: str
    member_href: str
    from_day: date
    to_day: date
    opening: str
    closing: str
    postings: tuple[PostingLine, ...]
    action_href: str
    year_href: str
    compensation_href: str
    csv_href: str
    made_on: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class MonthLine:
    month: str
    time: str
    amount: str
    expenses: str
    left: str


@dataclass(frozen=True, slots=True)
class YearPage:
    """What a helper received in a year, against what the law lets a volunteer receive."""

    title: str
    year: int
    member_href: str
    compensation_href: str
    before_href: str
    after_href: str
    months: tuple[MonthLine, ...]
    time: str
    amount: str
    expenses: str
    left: str
    month_cap: str
    year_cap: str
    made_on: str


def period(from_text: str | None, to_text: str | None) -> tuple[date, date, str]:
    """The days that were asked for, this year's where none were; and what is wrong with them."""
    today = now().date()
    try:
        begin = date.fromisoformat(from_text) if from_text else today.replace(month=1, day=1)
        end = date.fromisoformat(to_text) if to_text else today
    except ValueError:
        return today.replace(month=1, day=1), today, "Dit is geen dag. Kies een dag in de kalender."
    if end < begin:
        return begin, begin, "De laatste dag ligt vóór de eerste. Kies een latere laatste dag."
    return begin, end, ""


async def statement(desk: Desk, actor: Actor, member_id: UUID, begin: date, end: date) -> Statement:
    """The bookings themselves. Raises Rejected or Unreachable."""
    query = GetStatement(account_id=member_id, from_day=begin, to_day=end)
    return await desk.ask(query, Statement, actor)


async def statement_page(
    desk: Desk, actor: Actor, member_id: UUID, from_text: str | None, to_text: str | None
) -> StatementPage:
    """The page; the ledger says so when it does not know the account."""
    begin, end, error = period(from_text, to_text)
    found = await statement(desk, actor, member_id, begin, end)
    others = [line.other_account_id for line in found.postings if line.other_account_id not in OWN_ACCOUNTS]
    known = await names(desk, actor, [member_id, *others])
    here = statement_href(member_id)
    return StatementPage(
        title=f"Uren van {known.of(member_id)}",
        number_label="Rekening",
        member_href=member_href(member_id),
        from_day=begin,
        to_day=end,
        opening=balance_nl(found.opening_minutes),
        closing=balance_nl(found.closing_minutes),
        postings=_postings(found, known),
        action_href=here,
        year_href=year_href(member_id, end.year),
        compensation_href=compensation_href(member_id),
        csv_href=f"{here}.csv?van={begin}&tot={end}",
        made_on=full_day_nl(now().date()),
        error=error,
    )


def _postings(found: Statement, known: Names) -> tuple[PostingLine, ...]:
    return tuple(
        PostingLine(
            day=full_day_nl(local(line.posted_at).date()),
            what=KINDS.get(line.kind, "Overgeboekt"),
            other=OWN_ACCOUNTS.get(line.other_account_id) or known.of(line.other_account_id),
            amount=signed_nl(line.minutes),
            balance=signed_nl(line.balance_minutes),
            href=match_href(line.match_id) if line.match_id is not None else "",
        )
        for line in found.postings
    )


async def year_page(desk: Desk, actor: Actor, member_id: UUID, year: int) -> YearPage:
    """What a helper received in one calendar year."""
    found = await desk.ask(GetYearStatement(helper_id=member_id, year=year), YearStatement, actor)
    known = await names(desk, actor, [member_id])
    return YearPage(
        title=f"Vergoedingen {year} van {known.of(member_id)}",
        year=year,
        member_href=member_href(member_id),
        compensation_href=compensation_href(member_id),
        before_href=year_href(member_id, year - 1),
        after_href=year_href(member_id, year + 1),
        months=tuple(
            MonthLine(
                month_nl(each.month),
                hours_nl(each.minutes),
                euro_nl(each.cents),
                euro_nl(each.expenses_cents),
                euro_nl(each.left_cents),
            )
            for each in found.months
        ),
        time=hours_nl(found.minutes),
        amount=euro_nl(found.cents),
        expenses=euro_nl(found.expenses_cents),
        left=euro_nl(found.left_cents),
        month_cap=euro_nl(found.month_cap_cents),
        year_cap=euro_nl(found.year_cap_cents),
        made_on=full_day_nl(now().date()),
    )
