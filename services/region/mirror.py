"""Whether two regions mirror each other (design, section 9, number 7), out of their databases alone.

Plain SQL on what each wrote down; imports no service code.
"""

import asyncio
from itertools import combinations
from uuid import UUID

from services.kernel.log import Connection
from services.kernel.settings import Region
from services.region.databases import connect
from services.region.invariant import Check, find

_SENT = (
    "SELECT entity_id AS transfer_id, (data->>'minutes')::bigint AS minutes FROM events "
    "WHERE name = 'TransferPosted' AND data->>'peer' = $1"
)
_KEPT = "NOT EXISTS (SELECT FROM events b WHERE b.name = 'TransferTakenBack' AND b.entity_id = e.entity_id)"
"""What was received and not taken back since who paid had forgotten it."""

_GOT = (
    "SELECT (data->>'transfer_id')::uuid AS transfer_id, (data->>'minutes')::bigint AS minutes FROM events e "
    f"WHERE name = 'TransferReceived' AND data->>'peer' = $1 AND {_KEPT}"
)


async def clears(ledger: Connection) -> Check:
    """7, as far as one region can know: every posting to or from a peer has its two sides here."""
    check = Check("7 positions are what was posted", await ledger.fetchval("SELECT count(*) FROM crossings"))
    await find(
        check,
        ledger,
        "WITH sums AS (SELECT data->>'peer' AS peer, sum((data->>'minutes')::bigint * "
        " CASE name WHEN 'TransferReceived' THEN -1 ELSE 1 END) AS minutes FROM events "
        " WHERE name IN ('TransferPosted', 'TransferReceived', 'TransferTakenBack') GROUP BY 1), "
        "booked AS (SELECT t.data->>'peer' AS peer, sum((t.data->>'minutes')::bigint * "
        " CASE WHEN (t.data->>'to_account_id')::uuid = a.entity_id THEN 1 ELSE -1 END) AS minutes "
        " FROM events t JOIN events a ON a.name = 'AccountOpened' AND a.data->>'kind' = 'clearing' "
        " AND a.entity_id IN ((t.data->>'to_account_id')::uuid, (t.data->>'from_account_id')::uuid) "
        " WHERE t.name = 'CreditTransferred' AND t.data->>'kind' IN ('clearing', 'reversal') GROUP BY 1), "
        # What a peer posted that we do not know we accepted may pass the cap: both sides have it then.
        "beyond AS (SELECT data->>'peer' AS peer, sum((data->>'minutes')::bigint) AS minutes FROM events e "
        f" WHERE name = 'TransferReceived' AND (data->>'beyond')::boolean AND {_KEPT} GROUP BY 1), "
        # And so may what was given before something was taken back, that had made room for it.
        "back AS (SELECT data->>'peer' AS peer, sum((data->>'minutes')::bigint) AS minutes FROM events "
        " WHERE name = 'TransferTakenBack' GROUP BY 1) "
        "SELECT 'position on ' || c.peer FROM clearings c LEFT JOIN sums s USING (peer) "
        "LEFT JOIN booked b USING (peer) LEFT JOIN beyond y USING (peer) LEFT JOIN back r USING (peer) "
        "WHERE c.position_minutes <> coalesce(s.minutes, 0) "
        "OR c.position_minutes <> coalesce(b.minutes, 0) "
        "OR c.position_minutes > c.cap_minutes + coalesce(r.minutes, 0) "
        "OR -c.position_minutes > c.cap_minutes + coalesce(y.minutes, 0)",
    )
    await find(
        check,
        ledger,
        # What became of a transfer became of it once.
        "SELECT 'transfer ' || entity_id FROM events WHERE name IN ('TransferPosted', 'TransferReleased', "
        "'TransferReceived') GROUP BY entity_id HAVING count(*) > 1",
    )
    return check


async def mirror(one: Region, other: Region, *, drain_seconds: float = 10.0) -> Check:
    """7. Each transfer is posted on both sides or on neither, and the positions are each other's opposite.

    Letters may still be under way: looked at until it holds, or for so many seconds.
    """
    check = Check(f"7 {one.region} and {other.region} mirror each other", 0)
    until = asyncio.get_running_loop().time() + drain_seconds
    databases = {region.region: await connect(region, "ledger") for region in (one, other)}
    try:
        while True:
            check.wrong = await _one_sided(one, other, databases, check)
            if check.ok or asyncio.get_running_loop().time() > until:
                return check
            await asyncio.sleep(0.1)
    finally:
        for database in databases.values():
            await database.close()


async def _one_sided(one: Region, other: Region, databases: dict[str, Connection], check: Check) -> list[str]:
    wrong: list[str] = []
    check.read = 0
    for sender, receiver in ((one.region, other.region), (other.region, one.region)):
        sent = await _transfers(databases[sender], _SENT, receiver)
        got = await _transfers(databases[receiver], _GOT, sender)
        check.read += len(sent)
        wrong += [
            f"{sender} posted {sent.get(id)} minutes of {id} to {receiver}, which has {got.get(id)}"
            for id in sorted(sent.keys() | got.keys())
            if sent.get(id) != got.get(id)
        ]
    positions = [
        await databases[here].fetchval("SELECT position_minutes FROM clearings WHERE peer = $1", there) or 0
        for here, there in ((one.region, other.region), (other.region, one.region))
    ]
    if sum(positions):
        wrong.append(f"positions of {positions[0]} and {positions[1]} minutes")
    return wrong[:10]


async def _transfers(database: Connection, sql: str, peer: str) -> dict[UUID, int]:
    return {row["transfer_id"]: row["minutes"] for row in await database.fetch(sql, peer)}


async def mirrors(regions: list[Region]) -> list[Check]:
    """Every pair of these regions."""
    return [await mirror(one, other) for one, other in combinations(regions, 2)]
