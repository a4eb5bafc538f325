"""Whom someone on the telephone may be: found by name, address, e-mail address or telephone number."""

import re
import unicodedata

from contracts.envelope import Actor
from contracts.members import FindPeople, People
from services.kernel.runtime import Replica
from services.kernel.telemetry import deed
from services.members.queries import PEOPLE, person

SHORTEST_NUMBER, LONGEST_NUMBER = 6, 9
"""So many digits are looked for as a telephone number; the last nine are the same with 0 and with +31."""

# Every member is read, for one coordinator who waits: 100,000 of them are read in about a second.
_SAID = (
    "concat_ws(' ', v.data ->> 'name', v.data ->> 'street', v.data ->> 'house_number', v.data ->> 'email')"
)
_BARE = rf"regexp_replace(normalize(lower({_SAID}), NFD), '[\u0300-\u036f]', '', 'g')"
_FOUND = (
    f"{PEOPLE} AND (cardinality($1::text[]) = 0 OR m.pc4 = ANY($1)) "
    f"AND ((SELECT bool_and(strpos({_BARE}, word) > 0) FROM unnest($2::text[]) AS word) "
    "OR $3 <> '' AND regexp_replace(v.data ->> 'phone', '[^0-9]', '', 'g') LIKE '%' || $3) "
    "ORDER BY v.data ->> 'name', m.number LIMIT $4"
)


async def find_people(replica: Replica, query: FindPeople, actor: Actor) -> People:
    rows = await replica.pool.fetch(
        _FOUND, list(actor.areas), bare(query.text).split(), phone_end(query.text), query.limit
    )
    found = tuple(person(row) for row in rows)
    deed("people_found", actor=actor, object=[str(one.member_id) for one in found], origin="bus")
    return People(people=found)


def bare(text: str) -> str:
    """As people type a name: without capitals and accents.

    >>> bare("Çelik  de Wit")
    'celik  de wit'
    """
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def phone_end(text: str) -> str:
    """How a telephone number ends, whichever way it begins; empty for what is none.

    >>> phone_end("06-12 34 56 78"), phone_end("+31 6 12345678"), phone_end("Kade 12")
    ('612345678', '612345678', '')
    """
    digits = re.sub(r"[\s().+-]", "", text)
    if not digits.isdecimal() or len(digits) < SHORTEST_NUMBER:
        return ""
    return digits[-LONGEST_NUMBER:]
