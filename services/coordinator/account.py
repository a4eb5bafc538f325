"""Whose account someone uses, and what is on it: one rule for the API and the console.

As the ledger has it (`services/ledger/seat.py`): the household's for as long as someone shares it and
it is open, otherwise their own.
"""

from typing import Any
from uuid import UUID

from services.coordinator.desk import Desk

_USED = """
SELECT b.*, $1::uuid AS account_id, nullif(b.account_id, $1) AS shared_with,
       b.balance_minutes - b.held_minutes AS available_minutes
  FROM balances_seen b
 WHERE b.account_id = $1 OR NOT b.closed AND b.account_id IN
       (SELECT household_id FROM households_seen WHERE member_id = $1 AND belongs AND shares_balance)
 ORDER BY b.account_id = $1 LIMIT 1
"""


async def account_used(desk: Desk, member_id: UUID) -> dict[str, Any] | None:
    """The balance (minutes) a member pays from and receives on; None while they have none.

    `shared_with` is the household whose account it is, where it is not their own.
    """
    return await desk.row(_USED, member_id)
