"""Who is too close to an asker, or nearer or farther than they like: ids, and never why.

near      the own circle: named as near by either of the two, or living next door (same street and
          a house number at most two away; the same number is the same door)
street    in the same street
home      of the same household
apart     better apart, because either of the two said so

A household or organisation that asks or helps has the ties of all its people; who is better apart from
someone is so from all who live with them.

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

# Ties of the asker, or of each of their people where it is an account that asks; and who is better apart
# from someone they live with: who comes to help meets them too. `one` is whose tie it is.
_TIES = (
    "WITH own AS (SELECT $1::uuid AS id UNION SELECT member_id FROM members WHERE household_id = $1), "
    "home AS (SELECT id FROM own UNION SELECT unnest(ARRAY[h.member_id, m.member_id]) FROM members a "
    "JOIN members h ON h.member_id = a.household_id AND h.kind = 'household' "
    "JOIN members m ON m.household_id = h.member_id WHERE a.member_id = $1), "
    "named AS (SELECT t.person_id AS one, t.other_id AS id, t.data ->> 'tie' AS how FROM vault t "
    "WHERE t.entity = 'tie' AND t.person_id = ANY(ARRAY(SELECT id FROM home)) "
    "UNION ALL SELECT t.other_id, t.person_id, t.data ->> 'tie' FROM vault t "
    "WHERE t.entity = 'tie' AND t.other_id = ANY(ARRAY(SELECT id FROM home))), "
    "ties AS (SELECT id, how FROM named WHERE how = 'conflict' OR one IN (SELECT id FROM own)) "
)
# A tie with someone is one with the account they belong to; being better apart is so too with who belongs
# to the account it was said of, and with who lives with them.
_NAMED = (
    f"{_TIES} SELECT id, how FROM ties "
    "UNION ALL SELECT m.household_id, t.how FROM ties t JOIN members m ON m.member_id = t.id "
    "WHERE m.household_id IS NOT NULL "
    "UNION ALL SELECT m.member_id, t.how FROM ties t JOIN members m ON m.household_id = t.id "
    "WHERE t.how = 'conflict' "
    "UNION ALL SELECT m.member_id, t.how FROM ties t JOIN members x ON x.member_id = t.id "
    "JOIN members h ON h.member_id = x.household_id AND h.kind = 'household' "
    "JOIN members m ON m.household_id = h.member_id WHERE t.how = 'conflict' "
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
