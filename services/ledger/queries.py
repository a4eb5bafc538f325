"""What the ledger answers."""

from contracts.envelope import Actor
from contracts.ledger import Balance, Balances, GetBalances
from services.kernel.runtime import Replica


async def get_balances(replica: Replica, query: GetBalances, actor: Actor) -> Balances:
    rows = await replica.pool.fetch(
        "SELECT account_id, balance_minutes, held_minutes, floor_minutes FROM accounts "
        "WHERE account_id = ANY($1)",
        list(query.account_ids),
    )
    return Balances(balances=tuple(Balance(**dict(row)) for row in rows))
