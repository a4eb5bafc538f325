"""How far an account may go down and up: by a coordinator, for one account."""

from contracts.envelope import Event
from contracts.ledger import ChangeLimits, LimitsChanged
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.service import Context
from services.ledger.account import check_not_regions, known
from services.ledger.place import check_place
from services.ledger.seat import check_not_own


def change_limits(command: ChangeLimits, context: Context, state: State) -> list[Event]:
    """A ceiling may be below the balance: then nothing comes in until it is spent."""
    check_place(state, context, command.account_id)
    check_not_own(state, context, command.account_id)
    account = known(state, command.account_id)
    check_not_regions(account)
    if account.available_minutes < command.floor_minutes:
        raise Rejected(
            "already_lower",
            f"Op deze rekening is nu {account.available_minutes} minuten vrij. "
            "Kies een grens die niet hoger is, of wacht tot er uren bij komen.",
            f"This account has {account.available_minutes} minutes available now. "
            "Choose a limit that is not higher, or wait until hours come in.",
            available_minutes=account.available_minutes,
        )
    changed = LimitsChanged(
        account_id=account.account_id,
        floor_minutes=command.floor_minutes,
        ceiling_minutes=command.ceiling_minutes,
    )
    same = (changed.floor_minutes, changed.ceiling_minutes) == (
        account.floor_minutes,
        account.ceiling_minutes,
    )
    return [] if same else [changed]
