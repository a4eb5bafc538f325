"""Who may be the same person as someone: two social teams may each have signed them up.

Nobody is ever merged by it: a coordinator looks. Compared are members of the same postcode area and
house number who share a name (but for capitals and spaces), a date of birth or a way of contact.
"""

import re

import orjson

from contracts.envelope import Actor
from contracts.members import FindLookalikes, Lookalikes
from services.kernel.errors import Rejected
from services.kernel.runtime import Replica

_THEM = (
    "SELECT m.pc4, v.data FROM members m JOIN vault v ON v.entity_id = m.member_id AND v.entity = 'member' "
    "WHERE m.member_id = $1 AND m.status NOT IN ('left', 'erased', 'declined')"
)
# Whoever shares a street is few; the index is that of closeness.py.
_AT_THE_DOOR = (
    "SELECT m.member_id, v.data FROM vault v JOIN members m ON m.member_id = v.entity_id "
    "WHERE v.entity = 'member' AND lower(v.data ->> 'street') = lower($1) AND m.pc4 = $2 "
    "AND m.member_id <> $3 AND m.status NOT IN ('left', 'erased')"
)


async def find_lookalikes(replica: Replica, query: FindLookalikes, actor: Actor) -> Lookalikes:
    row = await replica.pool.fetchrow(_THEM, query.member_id)
    if row is None:
        raise Rejected(
            "unknown_member",
            "Deze deelnemer kennen wij niet (meer). Kijk het nummer na, of vul de gegevens in.",
            "We do not know this participant (any more). Check the number, or fill in their details.",
        )
    them = orjson.loads(row["data"])
    rows = await replica.pool.fetch(_AT_THE_DOOR, them.get("street") or "", row["pc4"], query.member_id)
    same = (other["member_id"] for other in rows if alike(them, orjson.loads(other["data"])))
    return Lookalikes(pc4=row["pc4"], member_ids=tuple(sorted(same)))


def alike(one: dict[str, object], other: dict[str, object]) -> bool:
    """Whether what two members wrote may be about one person.

    >>> anna = {"name": "Anna  de Wit", "house_number": "12", "phone": "06-1234 5678"}
    >>> alike(anna, {"name": "anna de wit", "house_number": "12"})
    True
    >>> alike(anna, {"name": "Bram", "house_number": "12", "phone": "0612345678"})
    True
    >>> alike(anna, {"name": "Anna de Wit", "house_number": "14"})
    False
    """
    if _plain(one.get("house_number")) != _plain(other.get("house_number")):
        return False
    told = ("name", "born_on", "email", "phone")
    return any(
        _plain(one.get(field)) and _plain(one.get(field)) == _plain(other.get(field)) for field in told
    )


def _plain(written: object) -> str:
    """As written, but for capitals, spaces and hyphens."""
    return re.sub(r"[\s\-]+", "", str(written or "")).casefold()
