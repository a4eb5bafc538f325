"""Who uses a household's account: told by members, independent of what exchange says of anyone."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.households import HouseholdJoined, HouseholdLeft
from services.kernel.entity import Kind, State
from services.kernel.handling import check_uninvolved
from services.kernel.service import Context
from services.ledger.account import ACCOUNT, Account


@dataclass(slots=True)
class Seat:
    """`household_id`: the household (or organisation) whose account this member uses, if any."""

    member_id: UUID
    household_id: UUID | None = None
    version: int = 0


def evolve(seat: Seat | None, event: HouseholdJoined | HouseholdLeft, member_id: UUID, at: datetime) -> Seat:
    before = seat.household_id if seat is not None else None
    match event:
        case HouseholdJoined():
            if event.shares_balance:
                return Seat(member_id, event.household_id)
        case HouseholdLeft():
            pass
        case _:
            assert_never(event)
    # Leaving one household (or joining it without sharing) says nothing about another's account.
    return Seat(member_id, None if before == event.household_id else before)


SEAT = Kind(
    "seats",
    Seat,
    {HouseholdJoined: lambda e: (e.member_id,), HouseholdLeft: lambda e: (e.member_id,)},
    evolve,
)


def account_used(state: State, member_id: UUID) -> Account | None:
    """The account a member pays from and receives on: the household's while they share it, else their own.

    Members may tell of a household before exchange admits it, or after it left: while it has no
    open account, its members use their own.
    """
    seat = state.get(SEAT, member_id)
    if seat is not None and seat.household_id is not None:
        shared = state.get(ACCOUNT, seat.household_id)
        if shared is not None and not shared.closed:
            return shared
    return state.get(ACCOUNT, member_id)


def check_not_own(state: State, context: Context, *ids: UUID) -> None:
    """Go on only with who has no part in these hours: not theirs, nor of a household whose account
    they use (design, section 6). Raises Rejected.

    `ids` are members and accounts.
    """
    actor = context.actor
    if actor.member_id is None:
        return
    seat = state.get(SEAT, actor.member_id)
    shared = seat.household_id if seat is not None else None
    check_uninvolved(actor, tuple(actor.member_id if id == shared else id for id in ids))


def stands_for(account_id: UUID, member_id: UUID) -> UUID | None:
    """The member, where the account is not their own: for `payer_id` and `payee_id`."""
    return None if account_id == member_id else member_id
