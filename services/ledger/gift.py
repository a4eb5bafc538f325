"""Giving: to a neighbour, to the solidarity pool, and out of it."""

from uuid import UUID

from contracts.envelope import Event
from contracts.ledger import POOL, REGION, SUSPENSE, GiveToPool, SpendFromPool, TransferCredit
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.rights import check_whole_region
from services.kernel.service import Context
from services.ledger.account import Account, check_not_regions, check_open, regions_own
from services.ledger.place import check_place
from services.ledger.seat import account_used, check_not_own, stands_for
from services.ledger.transfer import Postings


def give(command: TransferCredit, context: Context, state: State) -> list[Event]:
    """A gift from one account to another, without a hold."""
    if command.from_account_id == command.to_account_id:
        raise Rejected(
            "same_account",
            "U kunt geen uren aan uzelf geven. Kies iemand anders.",
            "You cannot give hours to yourself. Choose someone else.",
        )
    check_place(state, context, command.from_account_id, command.to_account_id)
    giver = _giver(state, command.from_account_id)
    taker = check_open(account_used(state, command.to_account_id))
    check_not_regions(taker)
    if command.from_account_id != context.actor.member_id:
        # What someone gives is theirs; but nobody gives themselves what is another's.
        check_not_own(state, context, command.to_account_id, taker.account_id)
    if giver.account_id == taker.account_id:
        raise Rejected(
            "shared_account",
            "U gebruikt samen dezelfde rekening. U hoeft niets over te schrijven.",
            "You use the same account together. You need not transfer anything.",
        )
    _check_spare(giver, command.minutes)
    _check_room(taker, command.minutes)
    postings = Postings(context.command_id)
    postings.move(
        command.minutes,
        giver,
        taker,
        "gift",
        payer_id=stands_for(giver.account_id, command.from_account_id),
        payee_id=stands_for(taker.account_id, command.to_account_id),
    )
    return postings.noted()


def give_to_pool(command: GiveToPool, context: Context, state: State) -> list[Event]:
    """Without a giver the region gives: the pool's minutes stand against what REGION owes."""
    postings = Postings(context.command_id)
    pool = regions_own(state, POOL)
    if command.from_account_id is None:
        check_whole_region(context)
        postings.move(command.minutes, regions_own(state, REGION), pool, "pool")
        return postings.noted()
    check_place(state, context, command.from_account_id)
    giver = _giver(state, command.from_account_id)
    _check_spare(giver, command.minutes)
    payer_id = stands_for(giver.account_id, command.from_account_id)
    postings.move(command.minutes, giver, pool, "pool", payer_id=payer_id)
    return postings.noted()


def spend_from_pool(command: SpendFromPool, context: Context, state: State) -> list[Event]:
    """To someone who takes part; or to SUSPENSE, to make up what could not be got back."""
    check_place(state, context, command.to_account_id)
    taker = check_open(account_used(state, command.to_account_id))
    if taker.account_id != SUSPENSE:
        check_not_regions(taker)
    check_not_own(state, context, command.to_account_id, taker.account_id)
    pool = regions_own(state, POOL)
    left = pool.spare_minutes
    if command.minutes > left:
        raise Rejected(
            "pool_too_low",
            f"In de solidariteitspot zitten nog {left} minuten. Geef minder, of vul de pot eerst aan.",
            f"The solidarity pool holds {left} minutes. Give less, or fill the pool first.",
            left_minutes=left,
        )
    _check_room(taker, command.minutes)
    postings = Postings(context.command_id)
    payee_id = stands_for(taker.account_id, command.to_account_id)
    postings.move(command.minutes, pool, taker, "pool", payee_id=payee_id)
    return postings.noted()


def _giver(state: State, member_id: UUID) -> Account:
    """Who gives: someone who takes part; or SUSPENSE, when a coordinator decides where it belongs."""
    giver = check_open(account_used(state, member_id))
    if giver.account_id != SUSPENSE:
        check_not_regions(giver)
    return giver


def _check_spare(giver: Account, minutes: int) -> None:
    # What is in suspense can be handed out; what suspense owes cannot be made more by hand.
    left = giver.spare_minutes if giver.account_id != SUSPENSE else max(0, giver.balance_minutes)
    if minutes > left:
        raise Rejected(
            "below_floor",
            f"Dit kan nu niet: er kunnen nog {left} minuten af. Geef minder, of later.",
            f"Not possible now: {left} minutes can still be given. Give less, or later.",
            left_minutes=left,
        )


def _check_room(taker: Account, minutes: int) -> None:
    # How much room there is would tell one neighbour what another has saved.
    if taker.fits(minutes) < minutes:
        raise Rejected(
            "above_ceiling",
            "Zo veel kan deze deelnemer nu niet ontvangen. Geef minder, of geef aan de solidariteitspot.",
            "This participant cannot receive that much now. Give less, or give to the solidarity pool.",
        )
