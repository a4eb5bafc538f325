"""Booking a match that both agree on: in hours, in euros, or as help for which nothing is counted."""

from typing import assert_never

from contracts.envelope import Event
from contracts.ledger import (
    POOL,
    SUSPENSE,
    BookMatch,
    CompensationBooked,
    HelpRecorded,
    TransferRefused,
)
from contracts.policy import compensation_cents
from services.kernel.entity import State
from services.kernel.service import Context
from services.ledger.account import ACCOUNT, Account, regions_own
from services.ledger.caps import caps_at
from services.ledger.compensation import left_cents, month_of, year_of
from services.ledger.hold import HOLD, Hold, freed
from services.ledger.seat import account_used, stands_for
from services.ledger.transfer import Links, Postings


def book(command: BookMatch, context: Context, state: State) -> list[Event]:
    """The agreed minutes of a match, once, out of its hold."""
    hold = state.get(HOLD, command.match_id)
    if hold is not None and hold.status == "posted":
        return []
    match command.compensation:
        case "credits":
            return _in_hours(command, hold, context, state)
        case "euro":
            return _in_euros(command, hold, context, state)
        case "none":
            return _recorded(command, hold, context)
        case _:
            assert_never(command.compensation)


def _in_hours(command: BookMatch, hold: Hold | None, context: Context, state: State) -> list[Event]:
    """From asker to helper; more than was held only above the floor.

    The account of the hold pays, also when the asker has moved since; SUSPENSE where it keeps what was
    held. Accepting binds (design, section 8): SUSPENSE stands in for an account that was closed
    meanwhile. What goes beyond a hard ceiling of the helper is not lost: it goes to the pool, as a
    transfer of its own.
    """
    held = hold.minutes if hold is not None and hold.held else 0
    set_apart = hold is not None and (held > 0 or hold.status == "kept")
    payer = (
        state.get(ACCOUNT, hold.account_id)
        if hold is not None and set_apart
        else account_used(state, command.from_account_id)
    )
    payee = account_used(state, command.to_account_id)
    if payer is None or payee is None:
        return _refused(command, context, "no_account")
    if not payer.closed and not payer.can_spare(command.minutes - held):
        return _refused(command, context, "below_floor")
    pays, receives = _or_suspense(state, payer), _or_suspense(state, payee)
    if pays.account_id == receives.account_id:
        # They share one account (or both left): there is nothing to post.
        return _recorded(command, hold, context)
    payee_id = stands_for(receives.account_id, command.to_account_id)
    fits = receives.fits(command.minutes)
    of_match = Links(match_id=command.match_id, payer_id=stands_for(pays.account_id, command.from_account_id))
    for_helper: Links = {**of_match, "hold_minutes": held, "payee_id": payee_id}
    postings = Postings(context.command_id)
    postings.move(fits, pays, receives, "match", **for_helper)
    if fits < command.minutes:
        # The pool stands in for the helper here: they hear of it.
        beyond: Links = {
            **of_match,
            "hold_minutes": 0 if fits else held,
            "payee_id": command.to_account_id,
        }
        postings.move(command.minutes - fits, pays, regions_own(state, POOL), "ceiling", **beyond)
    return postings.noted() if held else [*freed(hold), *postings.noted()]


def _or_suspense(state: State, account: Account) -> Account:
    return regions_own(state, SUSPENSE) if account.closed else account


def _in_euros(command: BookMatch, hold: Hold | None, context: Context, state: State) -> list[Event]:
    """A compensation in the month of the visit; more than was set apart only under the caps."""
    month = month_of(command.at or context.at)
    limits = caps_at(state, year_of(month))
    cents = compensation_cents(command.minutes, command.age_band, limits.caps)
    theirs = hold is not None and hold.held and hold.account_id == command.to_account_id
    held, in_month = (hold.cents, hold.month or "") if hold is not None and theirs else (0, "")
    if cents > left_cents(state, command.to_account_id, month, freed_cents=held, freed_month=in_month):
        return _refused(command, context, "compensation_cap", caps_year=limits.year)
    # Room that was set apart in another month (the visit moved) is given back there.
    same = held > 0 and in_month == month
    booked = CompensationBooked(
        transfer_id=context.command_id,
        match_id=command.match_id,
        helper_id=command.to_account_id,
        asker_id=command.from_account_id,
        minutes=command.minutes,
        cents=cents,
        month=month,
        hold_cents=held if same else 0,
    )
    return [booked] if same else [*freed(hold), booked]


def _recorded(command: BookMatch, hold: Hold | None, context: Context) -> list[Event]:
    recorded = HelpRecorded(
        transfer_id=context.command_id,
        match_id=command.match_id,
        helper_id=command.to_account_id,
        asker_id=command.from_account_id,
        minutes=command.minutes,
    )
    return [*freed(hold), recorded] if hold is not None and (hold.minutes or hold.cents) else [recorded]


def _refused(command: BookMatch, context: Context, reason: str, **of_caps: int) -> list[Event]:
    """The hold stays: a coordinator looks at it, and the match is booked or falls through after all."""
    return [
        TransferRefused(
            transfer_id=context.command_id,
            from_account_id=command.from_account_id,
            to_account_id=command.to_account_id,
            minutes=command.minutes,
            match_id=command.match_id,
            reason=reason,
            **of_caps,
        )
    ]
