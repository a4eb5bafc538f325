"""A hold: what is set apart while a match is confirmed and runs. Minutes of the asker, cents of the
helper's room under the caps, or nothing, as the initiative compensates."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.ledger import (
    CompensationBooked,
    CreditTransferred,
    HelpRecorded,
    HoldMoved,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    PlaceHold,
    ReleaseHold,
)
from contracts.policy import compensation_cents
from services.kernel.entity import Kind, State, replace
from services.kernel.service import Context
from services.ledger.account import ACCOUNT
from services.ledger.caps import caps_at
from services.ledger.compensation import left_cents, month_of, year_of
from services.ledger.seat import account_used


@dataclass(slots=True)
class Hold:
    """`kept`: its account was settled; what was held is on SUSPENSE, which pays for the match.

    `peer`: it is for another region.
    """

    hold_id: UUID
    account_id: UUID
    minutes: int
    cents: int
    month: str | None
    status: Literal["held", "refused", "released", "kept", "posted"]
    peer: str | None = None
    version: int = 0

    @property
    def held(self) -> bool:
        return self.status == "held"


type HoldEvent = (
    HoldPlaced
    | HoldRefused
    | HoldReleased
    | HoldMoved
    | CreditTransferred
    | HelpRecorded
    | CompensationBooked
)


def evolve(hold: Hold | None, event: HoldEvent, hold_id: UUID, at: datetime) -> Hold:
    match event:
        case HoldPlaced():
            return Hold(
                hold_id, event.account_id, event.minutes, event.cents, event.month, "held", event.peer
            )
        case HoldRefused():
            return Hold(hold_id, event.account_id, event.minutes, 0, None, "refused")
        case HoldReleased():
            assert hold is not None
            return replace(hold, status="released")
        case HoldMoved():
            assert hold is not None
            return replace(hold, account_id=event.to_account_id)
        case CreditTransferred() if event.kind == "settlement":
            assert hold is not None
            return replace(hold, account_id=event.to_account_id, status="kept")
        case CreditTransferred():
            # A match that is booked without a hold leaves one too: it is booked once.
            return replace(hold or _nothing(hold_id, event.from_account_id), status="posted")
        case HelpRecorded() | CompensationBooked():
            return replace(hold or _nothing(hold_id, event.asker_id), status="posted")
        case _:
            assert_never(event)


def _nothing(hold_id: UUID, account_id: UUID) -> Hold:
    return Hold(hold_id, account_id, 0, 0, None, "posted")


HOLD = Kind(
    "holds",
    Hold,
    {
        HoldPlaced: lambda e: (e.hold_id,),
        HoldRefused: lambda e: (e.hold_id,),
        HoldReleased: lambda e: (e.hold_id,),
        HoldMoved: lambda e: (e.hold_id,),
        CreditTransferred: lambda e: (e.match_id,) if e.match_id is not None else (),
        HelpRecorded: lambda e: (e.match_id,),
        CompensationBooked: lambda e: (e.match_id,),
    },
    evolve,
)


def place(command: PlaceHold, context: Context, state: State) -> list[Event]:
    """Set apart what this match may cost, as the initiative compensates; or say why not. Once."""
    if state.get(HOLD, command.hold_id) is not None:
        return []
    account = account_used(state, command.account_id)
    if account is None or account.closed:
        return _refused(command, command.account_id, "no_account")
    match command.compensation:
        case "euro":
            return _place_cents(command, context, state)
        case "none":
            return [HoldPlaced(hold_id=command.hold_id, account_id=account.account_id, minutes=0)]
        case "credits":
            # The initiative may be stricter than the account, never the other way round.
            floor = max(account.floor_minutes, command.floor_minutes)
            if account.available_minutes - command.minutes < floor:
                return _refused(command, account.account_id, "below_floor")
            return [
                HoldPlaced(hold_id=command.hold_id, account_id=account.account_id, minutes=command.minutes)
            ]
        case _:
            assert_never(command.compensation)


def _place_cents(command: PlaceHold, context: Context, state: State) -> list[Event]:
    """The caps are a person's own: also of who shares a household's hours."""
    helper = state.get(ACCOUNT, command.helper_id)
    if helper is None or helper.closed:
        return _refused(command, command.helper_id, "no_account")
    month = month_of(command.at or context.at)
    limits = caps_at(state, year_of(month))
    cents = compensation_cents(command.minutes, command.age_band, limits.caps)
    left = left_cents(state, command.helper_id, month)
    if cents > left:
        of_caps = {"left_cents": left, "caps_year": limits.year}
        return _refused(command, command.helper_id, "compensation_cap", **of_caps)
    return [
        HoldPlaced(hold_id=command.hold_id, account_id=command.helper_id, minutes=0, cents=cents, month=month)
    ]


def _refused(command: PlaceHold, account_id: UUID, reason: str, **of_caps: int) -> list[Event]:
    return [
        HoldRefused(
            hold_id=command.hold_id,
            account_id=account_id,
            minutes=command.minutes,
            reason=reason,
            **of_caps,
        )
    ]


def release(command: ReleaseHold, context: Context, state: State) -> list[Event]:
    return freed(state.get(HOLD, command.hold_id))


def freed(hold: Hold | None) -> list[Event]:
    """What was set apart is free again; nothing happens when nothing is."""
    if hold is None or not hold.held:
        return []
    return [
        HoldReleased(
            hold_id=hold.hold_id,
            account_id=hold.account_id,
            minutes=hold.minutes,
            cents=hold.cents,
            month=hold.month,
            peer=hold.peer,
        )
    ]
