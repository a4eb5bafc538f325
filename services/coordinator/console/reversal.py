"""Undoing the booking of a match: what it does to both accounts, before it is done.

The ledger decides (services.ledger.reversal): who gave gets everything back; who received pays what
can be spared above their floor, and the region's suspense account pays the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Actor
from contracts.ledger import SUSPENSE, GetStatement, Posting, ReverseTransfer, Statement
from services.coordinator.console.addresses import match_href, reversal_href
from services.coordinator.console.forms import Failed, Field, Form, Shown, shown_form
from services.coordinator.console.people import Names, match_label, names
from services.coordinator.console.statement import OWN_ACCOUNTS
from services.coordinator.console.views import Notice
from services.coordinator.console.wording import balance_nl, full_day_nl, signed_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.coordinator.outcome import match_seen
from services.coordinator.projections.exchange import MatchSeen
from services.kernel.dutch import hours_nl, local
from services.kernel.errors import Rejected

REVERSE = Form(
    "boeking",
    ReverseTransfer,
    "Boek de uren terug",
    "De boeking zelf blijft staan. Er komt een boeking de andere kant op bij.",
    "Boek terug",
    "De uren zijn teruggeboekt. Beiden krijgen bericht.",
    (
        Field("transfer_id", "Welke boeking?", "radios"),
        Field("reason", "Waarom?", "lines", "Alleen wat nodig is. Schrijf geen BSN of medische gegevens op."),
    ),
)


# What was booked


@dataclass(frozen=True, slots=True)
class Booking:
    """One transfer of a match, in minutes. A match with a full account has two."""

    transfer_id: UUID
    from_id: UUID
    to_id: UUID
    minutes: int
    reversed_on: date | None = None


async def bookings(desk: Desk, actor: Actor, match: MatchSeen) -> tuple[Booking, ...]:
    """The bookings of a match, as the statement of an account that was part of it tells them.

    Whoever asked paid: from their own account, or that of a household they were in by then, or (they
    had left) from SUSPENSE. Raises Unreachable when the ledger is away.
    """
    if match.compensation != "credits" or match.status != "completed":
        return ()
    told = await desk.row(
        "SELECT at FROM history WHERE match_id = $1 AND code = 'credit-transferred' ORDER BY at LIMIT 1",
        match.match_id,
    )
    if told is None:
        return ()
    rows = await desk.fetch("SELECT household_id FROM households_seen WHERE member_id = $1", match.asker_id)
    for account_id in (match.asker_id, *(row["household_id"] for row in rows), match.helper_id, SUSPENSE):
        found = await _on(desk, actor, account_id, match.match_id, told["at"])
        if found:
            return found
    return ()


async def _on(
    desk: Desk, actor: Actor, account_id: UUID, match_id: UUID, since: datetime
) -> tuple[Booking, ...]:
    query = GetStatement(account_id=account_id, from_day=local(since).date(), to_day=now().date())
    try:
        found = await desk.ask(query, Statement, actor)
    except Rejected:
        # No such account, or too many bookings for one statement: the next one may know.
        return ()
    undone = {each.reverses: each for each in found.postings if each.reverses is not None}
    return tuple(
        _booking(found.account_id, each, undone.get(each.transfer_id))
        for each in found.postings
        if each.match_id == match_id and each.reverses is None
    )


def _booking(account_id: UUID, posting: Posting, undone: Posting | None) -> Booking:
    pays = posting.minutes < 0
    return Booking(
        transfer_id=posting.transfer_id,
        from_id=account_id if pays else posting.other_account_id,
        to_id=posting.other_account_id if pays else account_id,
        minutes=abs(posting.minutes),
        reversed_on=local(undone.posted_at).date() if undone is not None else None,
    )


# What undoing it does


@dataclass(frozen=True, slots=True)
class Side:
    """What happens to one account: as it is now, by how much it changes, and as it will be."""

    who: str
    before: str
    change: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What undoing one booking does. `short`: what the receiver cannot pay back any more, and why."""

    title: str
    sides: tuple[Side, ...]
    short: str = ""


@dataclass(frozen=True, slots=True)
class ReversalPage:
    """The last question before hours are booked back. Without `form` there is nothing to undo."""

    title: str
    match_href: str
    match_label: str
    action_href: str
    effects: tuple[Effect, ...]
    form: Shown | None
    done_before: tuple[str, ...]
    notice: Notice | None = None
    failed: bool = False


async def reversal_page(
    desk: Desk, actor: Actor, match_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> ReversalPage | None:
    """The page; None for a match we do not know."""
    match = await match_seen(desk, match_id)
    if match is None:
        return None
    booked = await bookings(desk, actor, match)
    accounts = {each for booking in booked for each in (booking.from_id, booking.to_id)}
    rows = await desk.fetch("SELECT * FROM balances_seen WHERE account_id = ANY($1)", [*accounts, SUSPENSE])
    balances = {row["account_id"]: row for row in rows}
    people = [match.helper_id, match.asker_id, *accounts]
    known = await names(desk, actor, [each for each in people if each not in OWN_ACCOUNTS])
    standing = [each for each in booked if each.reversed_on is None]
    what = "Boek de uren terug" if standing or not booked else "Uren teruggeboekt"
    return ReversalPage(
        title=f"{what}: {known.of(match.helper_id)} en {known.of(match.asker_id)}",
        match_href=match_href(match_id),
        match_label=match_label(match_id),
        action_href=reversal_href(match_id),
        effects=tuple(effect(each, balances, known) for each in standing),
        form=_form(match_id, standing, known, failed) if standing or failed else None,
        done_before=tuple(
            f"{hours_nl(each.minutes)} is teruggeboekt op {full_day_nl(each.reversed_on)}."
            for each in booked
            if each.reversed_on is not None
        ),
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


def _form(match_id: UUID, standing: list[Booking], known: Names, failed: Failed | None) -> Shown:
    choices = tuple(
        (str(each.transfer_id), f"{hours_nl(each.minutes)}, naar {account_nl(each.to_id, known)}")
        for each in standing
    )
    return shown_form(REVERSE, reversal_href(match_id), choices={"transfer_id": choices}, failed=failed)


def account_nl(account_id: UUID, known: Names) -> str:
    """Whose account, as in the middle of a sentence."""
    own = OWN_ACCOUNTS.get(account_id)
    if own is None:
        return known.of(account_id)
    return own if own.startswith("de ") else f"de {own}"


type Balances = Mapping[UUID, Mapping[str, Any]]
"""Rows of `balances_seen` by account."""


def changes(booking: Booking, balances: Balances) -> dict[UUID, int]:
    """By how many minutes undoing a booking changes each account, as the ledger will decide it."""
    giver, receiver = _open(balances, booking.from_id), _open(balances, booking.to_id)
    back_id = booking.from_id if giver is not None else SUSPENSE
    taken = 0
    if receiver is not None and booking.to_id != back_id:
        spare = receiver["balance_minutes"] - receiver["held_minutes"] - receiver["floor_minutes"]
        taken = max(0, min(booking.minutes, spare))
    found = {booking.to_id: -taken}
    if back_id == SUSPENSE:
        # What is missing would go from SUSPENSE to itself.
        found[SUSPENSE] = found.get(SUSPENSE, 0) + taken
    else:
        found[back_id] = found.get(back_id, 0) + booking.minutes
        found[SUSPENSE] = found.get(SUSPENSE, 0) - (booking.minutes - taken)
    return {account_id: change for account_id, change in found.items() if change}


def effect(booking: Booking, balances: Balances, known: Names) -> Effect:
    """What undoing a booking does to the accounts as they are now, in words."""
    found = changes(booking, balances)
    back_id = booking.from_id if _open(balances, booking.from_id) is not None else SUSPENSE
    taken = -found.get(booking.to_id, 0)
    return Effect(
        title=f"{hours_nl(booking.minutes)} gaat terug van {account_nl(booking.to_id, known)} "
        f"naar {account_nl(back_id, known)}",
        sides=tuple(_side(id, change, balances, known) for id, change in found.items()),
        short=_short(booking, taken, _open(balances, booking.to_id), known)
        if taken < booking.minutes
        else "",
    )


def _open(balances: Balances, account_id: UUID) -> Mapping[str, Any] | None:
    row = balances.get(account_id)
    return row if row is not None and not row["closed"] else None


def _side(id: UUID, change: int, balances: Balances, known: Names) -> Side:
    who = account_nl(id, known)
    before = balances[id]["balance_minutes"] if id in balances else 0
    return Side(
        who=who[:1].upper() + who[1:],
        before=balance_nl(before),
        change=signed_nl(change),
        after=balance_nl(before + change),
    )


def _short(booking: Booking, taken: int, receiver: Mapping[str, Any] | None, known: Names) -> str:
    """What cannot be got back, and why."""
    who = account_nl(booking.to_id, known)
    pays = f"De tussenrekening van de regio betaalt de rest: {hours_nl(booking.minutes - taken)}."
    if receiver is None:
        return f"De rekening van {who} is gesloten. {pays}"
    floor, held = -receiver["floor_minutes"], receiver["held_minutes"]
    lowest = f"{hours_nl(floor)} meer gekregen dan gegeven" if floor else "nul"
    left = f"nog {hours_nl(taken)}" if taken else "nu niets meer"
    apart = f" Er staat {hours_nl(held)} apart voor hulp die komt." if held else ""
    return (
        f"De uren zijn al gebruikt. Van {who} kan {left} terug: lager dan de grens ({lowest}) gaat het "
        f"saldo niet.{apart} {pays}"
    )
