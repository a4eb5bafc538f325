"""Who is too close to an asker, or nearer or farther than they like: ids, and never why.

near      the own circle: named as near by either of the two, or living next door (same street and
          a house number at most two away; the same number is the same door)
street    in the same street
home      of the same household
apart     better apart, because either of the two said so

Who is home or apart is always out. At high intimacy so are the own circle and the own street; at
medium they are less fitting. What the asker wishes comes before that (design, section 7).
"""

from collections import defaultdict
from uuid import UUID

from contracts.categories import Intimacy
from contracts.envelope import Actor
from contracts.members import Excluded, FindExcluded
from services.kernel.runtime import Replica

NEXT_DOOR = 2

_NAMED = (
    "SELECT t.other_id AS id, t.data ->> 'tie' AS how FROM vault t "
    "WHERE t.entity = 'tie' AND t.person_id = $1 "
    "UNION ALL SELECT t.person_id, t.data ->> 'tie' FROM vault t "
    "WHERE t.entity = 'tie' AND t.other_id = $1 "
)
# An organisation is no home: those who belong to one may help each other.
_HOME = (
    "UNION ALL SELECT m.member_id, 'home' FROM members m JOIN members h ON h.member_id = m.household_id "
    "WHERE h.kind = 'household' AND (m.household_id = $1 "
    "OR m.household_id = (SELECT household_id FROM members WHERE member_id = $1)) "
    "UNION ALL SELECT h.member_id, 'home' FROM members h WHERE h.kind = 'household' "
    "AND h.member_id = (SELECT household_id FROM members WHERE member_id = $1) "
)
_NUMBER = "substring({}.data ->> 'house_number' from '^[0-9]+')::integer"
_STREET = (
    f"UNION ALL SELECT n.entity_id, CASE WHEN abs({_NUMBER.format('n')} - {_NUMBER.format('a')}) "
    f"<= {NEXT_DOOR} THEN 'next_door' ELSE 'street' END "
    "FROM vault a JOIN members ma ON ma.member_id = a.entity_id "
    "JOIN vault n ON lower(n.data ->> 'street') = lower(a.data ->> 'street') AND n.entity = 'member' "
    "JOIN members mn ON mn.member_id = n.entity_id AND mn.pc4 = ma.pc4 "
    "WHERE a.entity = 'member' AND a.entity_id = $1"
)

_APART = {"conflict"}
_HOMES = {"home"}
_CIRCLE = {"near", "relative", "friend", "neighbour", "next_door"}
_OWN_STREET = {"street", "next_door"}


async def find_excluded(replica: Replica, query: FindExcluded, actor: Actor) -> Excluded:
    """Ids of who may not help this asker, and of who is less or more fitting."""
    asks_for_street = query.intimacy is not Intimacy.LOW or query.wish != "none"
    statement = _NAMED + _HOME + (_STREET if asks_for_street else "")
    found: dict[UUID, set[str]] = defaultdict(set)
    for row in await replica.pool.fetch(statement, query.asker_id):
        found[row["id"]].add(row["how"])
    found.pop(query.asker_id, None)
    return weigh(found, query)


def weigh(found: dict[UUID, set[str]], query: FindExcluded) -> Excluded:
    """What each one's closeness means for this wish and intimacy; each id is in one of three, or in none."""
    out = set(_APART | _HOMES)
    less: set[str] = set()
    more: set[str] = set()
    match query.intimacy:
        case Intimacy.HIGH:
            out |= _CIRCLE | _OWN_STREET
        case Intimacy.MEDIUM:
            less |= _CIRCLE | _OWN_STREET
        case Intimacy.LOW:
            pass
    match query.wish:
        case "unknown":
            out |= _CIRCLE
        case "outside_street":
            out |= _OWN_STREET
        case "known":
            more |= _CIRCLE
        case "none":
            pass
    chosen: dict[str, list[UUID]] = {"out": [], "more": [], "less": []}
    for member_id, how in found.items():
        for name, reasons in (("out", out), ("more", more), ("less", less)):
            if how & reasons:
                chosen[name].append(member_id)
                break
    return Excluded(member_ids=tuple(chosen["out"]), less=tuple(chosen["less"]), more=tuple(chosen["more"]))
