"""A hold: minutes of the asker set apart while a match is confirmed and runs."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.ledger import (
    CreditTransferred,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    PlaceHold,
    ReleaseHold,
)
from services.kernel.entity import Kind, State
from services.kernel.service import Context
from services.ledger.account import ACCOUNT


@dataclass(slots=True)
class Hold:
    hold_id: UUID
    account_id: UUID
    minutes: int
    status: Literal["held", "refused", "released", "posted"]
    version: int = 0


def evolve(
    hold: Hold | None,
    event: HoldPlaced | HoldRefused | HoldReleased | CreditTransferred,
    hold_id: UUID,
    at: datetime,
) -> Hold:
    match event:
        case HoldPlaced():
            return Hold(hold_id, event.account_id, event.minutes, "held")
        case HoldRefused():
            return Hold(hold_id, event.account_id, event.minutes, "refused")
        case HoldReleased():
            assert hold is not None
            return replace(hold, status="released")
        case CreditTransferred():
            assert hold is not None
            return replace(hold, status="posted")
        case _:
            assert_never(event)


HOLD = Kind(
    "holds",
    Hold,
    {
        HoldPlaced: lambda e: (e.hold_id,),
        HoldRefused: lambda e: (e.hold_id,),
        HoldReleased: lambda e: (e.hold_id,),
        # A transfer for a match frees the match's hold.
        CreditTransferred: lambda e: (e.match_id,) if e.hold_minutes else (),
    },
    evolve,
)


def place(command: PlaceHold, context: Context, state: State) -> list[Event]:
    account = state.get(ACCOUNT, command.account_id)
    if account is None or not account.can_spare(command.minutes):
        return [
            HoldRefused(
                hold_id=command.hold_id,
                account_id=command.account_id,
                minutes=command.minutes,
                reason="no_account" if account is None else "below_floor",
            )
        ]
    return [HoldPlaced(hold_id=command.hold_id, account_id=command.account_id, minutes=command.minutes)]


def release(command: ReleaseHold, context: Context, state: State) -> list[Event]:
    hold = state.get(HOLD, command.hold_id)
    if hold is None or hold.status != "held":
        return []
    return [HoldReleased(hold_id=hold.hold_id, account_id=hold.account_id, minutes=hold.minutes)]
