"""Undoing a transfer by a linked one the other way, once. Nothing that was posted is ever edited."""

from typing import Unpack
from uuid import UUID

from contracts.envelope import Event
from contracts.ledger import SUSPENSE, UndoTransfer
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.ledger.account import ACCOUNT, Account, regions_own
from services.ledger.place import check_place
from services.ledger.seat import check_not_own, stands_for
from services.ledger.transfer import TRANSFER, Links, Postings, Transfer


def undo(command: UndoTransfer, context: Context, state: State) -> list[Event]:
    """The giver gets everything back, above a ceiling too: it was theirs.

    SUSPENSE stands in for an account that was closed meanwhile.
    """
    transfer = _reversible(state, command)
    check_place(state, context, *transfer.people)
    check_not_own(state, context, *transfer.people, transfer.from_account_id, transfer.to_account_id)
    giver = _open(state, transfer.from_account_id)
    gets_back = giver or regions_own(state, SUSPENSE)
    # The other way round: who received now pays.
    payee_id = transfer.payer_id or stands_for(gets_back.account_id, transfer.from_account_id)
    postings = Postings(context.command_id)
    give_back(transfer, gets_back, state, postings, reverses=transfer.transfer_id, payee_id=payee_id)
    if not postings:
        raise Rejected(
            "nothing_left",
            "Er is niemand meer om deze uren van te nemen of aan terug te geven. U hoeft niets te doen.",
            "There is nobody left to take these hours from or to give them to. You need not do anything.",
        )
    return postings.noted()


def give_back(
    transfer: Transfer, gets_back: Account, state: State, postings: Postings, **links: Unpack[Links]
) -> None:
    """All minutes of a transfer, the other way.

    What the receiver can spare above their floor comes from them, the rest from SUSPENSE, as a second
    linked transfer. SUSPENSE stands in for a receiver whose account was closed meanwhile.
    """
    receiver = _open(state, transfer.to_account_id)
    taken = 0
    if receiver is not None and receiver.account_id != gets_back.account_id:
        taken = min(transfer.minutes, receiver.spare_minutes)
        from_them: Links = {**links, "payer_id": transfer.payee_id}
        postings.move(taken, receiver, gets_back, "reversal", **from_them)
    if gets_back.account_id != SUSPENSE:
        postings.move(transfer.minutes - taken, regions_own(state, SUSPENSE), gets_back, "reversal", **links)


def _open(state: State, account_id: UUID) -> Account | None:
    account = state.get(ACCOUNT, account_id)
    return account if account is not None and not account.closed else None


def _reversible(state: State, command: UndoTransfer) -> Transfer:
    """The transfer, when it can be undone. Raises Rejected."""
    transfer = state.get(TRANSFER, command.transfer_id)
    # Its people were looked up before: the reason must be erased with them.
    if transfer is None or transfer.people != (command.one_id, command.other_id):
        raise Rejected(
            "no_transfer",
            "Deze overdracht kennen wij niet. Kijk het nummer na.",
            "We do not know this transfer. Please check the number.",
        )
    if transfer.status == "compensated":
        raise Rejected(
            "compensation_stands",
            "Een vergoeding draait u hier niet terug. Verreken het bij de uitbetaling.",
            "A compensation is not undone here. Please settle it when it is paid out.",
        )
    if transfer.status != "posted":
        raise Rejected(
            "nothing_booked",
            "Hier zijn geen uren geboekt. Er is niets om terug te draaien.",
            "No hours were booked here. There is nothing to undo.",
        )
    if transfer.kind == "clearing":
        raise Rejected(
            "between_regions",
            "Deze uren gingen naar of kwamen uit een andere regio. Draai dat niet aan één kant terug: "
            "laat de andere regio ze teruggeven.",
            "These hours went to or came from another region. Do not undo that on one side: "
            "have the other region give them back.",
        )
    if transfer.reverses is not None:
        raise Rejected(
            "is_reversal",
            "Dit draait zelf al iets terug. Maak een nieuwe overdracht.",
            "This undoes something itself. Please make a new transfer.",
        )
    if transfer.reversed_by is not None:
        raise Rejected(
            "already_reversed",
            "Deze overdracht is al teruggedraaid. U hoeft niets te doen.",
            "This transfer was undone already. You need not do anything.",
            reversed_by=str(transfer.reversed_by),
        )
    return transfer
