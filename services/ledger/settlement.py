"""The beginning and end of a balance: brought from another system, and settled when someone leaves."""

from uuid import UUID, uuid5

from contracts.envelope import Event
from contracts.ledger import (
    OPENING,
    POOL,
    SUSPENSE,
    WRITTEN_OFF,
    AccountClosed,
    BringBalance,
    HoldMoved,
    LimitsChanged,
    SettleAccount,
)
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.ledger.account import ACCOUNT, Account, check_not_regions, known, regions_own
from services.ledger.hold import HOLD, Hold, freed
from services.ledger.seat import account_used, stands_for
from services.ledger.transfer import TRANSFER, Links, Postings


def bring(command: BringBalance, context: Context, state: State) -> list[Event]:
    """An opening entry against OPENING, once per account, on that very account.

    A balance that does not fit between floor and ceiling is a fact of the other system: the limits
    of this account are widened just so far first, and stay so until someone changes them. So what
    always holds (design, section 9) holds here too.
    """
    account = known(state, command.account_id)
    check_not_regions(account)
    postings = Postings(_opening_id(account, state))
    opening = regions_own(state, OPENING)
    if command.minutes < 0:
        postings.move(-command.minutes, account, opening, "opening")
    else:
        postings.move(command.minutes, opening, account, "opening")
    return [*_widened(account, command.minutes), *postings.noted()]


def _opening_id(account: Account, state: State) -> UUID:
    """The id of this account's opening entry: made from the account's, so that it is there once.

    One that was undone makes room for the next. Raises Rejected.
    """
    opening_id = uuid5(account.account_id, "opening")
    while (before := state.get(TRANSFER, opening_id)) is not None:
        if before.reversed_by is None:
            raise Rejected(
                "already_brought",
                "Op deze rekening staat al een beginsaldo. Klopt het niet? Draai die overdracht eerst terug.",
                "This account has its opening balance already. Is it wrong? Then undo that transfer first.",
            )
        opening_id = uuid5(opening_id, "again")
    return opening_id


def _widened(account: Account, minutes: int) -> list[Event]:
    floor = min(account.floor_minutes, account.available_minutes + minutes)
    ceiling = account.ceiling_minutes
    if ceiling is not None and minutes > 0:
        ceiling = max(ceiling, account.balance_minutes + minutes)
    if (floor, ceiling) == (account.floor_minutes, account.ceiling_minutes):
        return []
    return [LimitsChanged(account_id=account.account_id, floor_minutes=floor, ceiling_minutes=ceiling)]


def settle(command: SettleAccount, context: Context, state: State) -> list[Event]:
    """Someone left: their own account goes to zero and closes. A household's account stays.

    All of theirs has ended before (exchange says so last). Minutes that are still held are for help
    that goes on, of the members of a household that left, or was given: they are kept for it.
    """
    account = state.get(ACCOUNT, command.account_id)
    if account is None or account.closed:
        return []
    postings, released = Postings(context.command_id), list[Event]()
    suspense = regions_own(state, SUSPENSE)
    for hold in (state.get(HOLD, hold_id) for hold_id in account.holds):
        if hold is None or not hold.minutes:
            released += freed(hold)
            continue
        if hold.peer is not None:
            # Another region may have said yes to it already: it goes on, out of SUSPENSE.
            postings.note(_to_suspense(hold), suspense)
            postings.move(hold.minutes, account, suspense, "settlement")
            continue
        of_match = Links(match_id=hold.hold_id, hold_minutes=hold.minutes)
        postings.move(hold.minutes, account, suspense, "settlement", **of_match)
    left = account.available_minutes
    if left > 0:
        _give_away(left, account, command, state, postings)
    elif left < 0:
        _make_up(-left, account, command, state, postings)
    return [*released, *postings.noted(), AccountClosed(account_id=account.account_id)]


def _to_suspense(hold: Hold) -> HoldMoved:
    return HoldMoved(
        hold_id=hold.hold_id,
        from_account_id=hold.account_id,
        to_account_id=SUSPENSE,
        minutes=hold.minutes,
    )


def _give_away(
    minutes: int, account: Account, command: SettleAccount, state: State, postings: Postings
) -> None:
    """To the pool, off the books, or to whom they named; the pool gets what those cannot receive."""
    if command.settle == "write_off":
        postings.move(minutes, account, regions_own(state, WRITTEN_OFF), "settlement")
        return
    heir = _heir(account, command, state)
    if heir is not None and command.beneficiary_id is not None:
        fits = heir.fits(minutes)
        payee_id = stands_for(heir.account_id, command.beneficiary_id)
        postings.move(fits, account, heir, "settlement", payee_id=payee_id)
        minutes -= fits
    postings.move(minutes, account, regions_own(state, POOL), "settlement")


def _heir(account: Account, command: SettleAccount, state: State) -> Account | None:
    if command.settle != "beneficiary" or command.beneficiary_id is None:
        return None
    heir = account_used(state, command.beneficiary_id)
    if heir is None or heir.closed or heir.regions_own or heir.account_id == account.account_id:
        return None
    return heir


def _make_up(owed: int, account: Account, command: SettleAccount, state: State, postings: Postings) -> None:
    """What they owe comes from the pool as far as it reaches, and is written off beyond that.

    Nobody inherits what another owes.
    """
    pool = regions_own(state, POOL)
    from_pool = min(owed, pool.spare_minutes) if command.settle != "write_off" else 0
    postings.move(from_pool, pool, account, "settlement")
    postings.move(owed - from_pool, regions_own(state, WRITTEN_OFF), account, "settlement")
