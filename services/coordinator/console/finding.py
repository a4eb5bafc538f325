"""Deelnemers: who is on the telephone? Found by name, address or number; or signed up, when they are new.

What was typed is posted: a name stands in no address.
"""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.envelope import Actor
from contracts.members import FindPeople, People, RegisterMember
from services.coordinator.console.addresses import MEMBERS, match_href, member_href, request_href
from services.coordinator.console.forms import Failed, Field, Form, Group, member_by_number, shown_form
from services.coordinator.console.member import standing
from services.coordinator.console.people import match_label, place, request_label
from services.coordinator.console.views import Icon, Notice, StatusTone
from services.coordinator.desk import Desk
from services.kernel.errors import Transient

SHORTEST, LONGEST, MOST = 2, 100, 25

REGISTER = Form(
    "inschrijving",
    RegisterMember,
    "Schrijf iemand in",
    "Zoek eerst of diegene al meedoet. Daarna keurt u goed: dan krijgt de persoon bericht.",
    "Schrijf in",
    "Ingeschreven.",
    (
        Field("name", "Naam"),
        Field("phone", "Telefoon", hint="Bijvoorbeeld 06-12 34 56 78.", optional=True),
        Field("email", "E-mail", hint="Leeg: wij sturen brieven, of u belt.", optional=True),
        Field("street", "Straat"),
        Field("house_number", "Huisnummer"),
        Field("pc4", "Postcode", hint="Alleen de vier cijfers."),
        Field(
            "capacity_minutes_week",
            "Hoeveel minuten per week wil diegene helpen?",
            "number",
            "120 is 2 uur. Leeg: alleen hulp vragen.",
            optional=True,
        ),
        Field(
            "kind",
            "Wat is het?",
            "choice",
            choices=(
                ("person", "een persoon"),
                ("household", "een huishouden"),
                ("organisation", "een organisatie"),
            ),
        ),
    ),
    then="/deelnemers/{id}",
)

_SIX_DIGITS = re.compile(r"(?:hulpvraag|koppeling)? ?(\d{6})", re.IGNORECASE)


def _code(id: str) -> str:
    """The six digits by which people refer to a thing (people.py): its id, of 32 hexadecimal digits, modulo
    a million. Taken in parts that fit a bigint; 710,656 is 2^48 modulo a million."""
    parts = [f"('x' || lpad(substr(replace({id}::text, '-', ''), {at}, {n}), 16, '0'))::bit(64)::bigint"
             for at, n in ((1, 8), (9, 12), (21, 12))]  # fmt: skip
    first, second, third = parts
    return f"(({first} % 1000000 * 710656 + {second}) % 1000000 * 710656 + {third}) % 1000000"


_BY_CODE = (
    f"SELECT request_id AS id, 'request' AS what FROM requests_seen WHERE {_code('request_id')} = $1 "
    f"UNION ALL SELECT match_id, 'match' FROM matches_seen WHERE {_code('match_id')} = $1 LIMIT 25"
)


@dataclass(frozen=True, slots=True)
class FoundLine:
    """One person, or what was found by its number; `where` and the status are empty for the latter."""

    href: str
    label: str
    number: str = ""
    where: str = ""
    status_label: str = ""
    status_tone: StatusTone = "neutral"
    status_icon: Icon = "info"


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """`typed` is what was looked for; empty before anything was. `more`: there are more than are shown."""

    typed: str
    lines: tuple[FoundLine, ...]
    groups: tuple[Group, ...]
    action_href: str = MEMBERS
    more: bool = False
    error: str = ""
    notice: Notice | None = None
    failed: bool = False

    @property
    def sentence(self) -> str:
        """What was found."""
        if not self.lines:
            return "niemand gevonden"
        if self.more:
            return f"de eerste {len(self.lines)}: typ meer om verder te kiezen"
        return "1 gevonden" if len(self.lines) == 1 else f"{len(self.lines)} gevonden"


async def people_page(
    desk: Desk,
    actor: Actor,
    *,
    done: str | None = None,
    failed: Failed | None = None,
    typed: str = "",
) -> PeoplePage:
    """The page; with `typed` what was found by it."""
    lines: tuple[FoundLine, ...] = ()
    error = ""
    if typed and not SHORTEST <= len(typed) <= LONGEST:
        error = f"Typ minstens {SHORTEST} en hoogstens {LONGEST} tekens."
    elif typed:
        try:
            lines = await _found(desk, actor, typed)
        except Transient:
            error = (
                "Zoeken op naam lukt nu even niet. Zoek op nummer, of probeer het over een minuut opnieuw."
            )
    register = shown_form(REGISTER, MEMBERS, now={"kind": "person"}, failed=failed)
    return PeoplePage(
        typed=typed,
        lines=lines[:MOST],
        groups=(Group("Is de persoon nieuw?", (register,)),),
        more=len(lines) > MOST,
        error=error,
        notice=Notice("ok", done) if done else None,
        failed=failed is not None,
    )


async def _found(desk: Desk, actor: Actor, typed: str) -> tuple[FoundLine, ...]:
    """By number first, so that it also works while members is away; then by what is known of people."""
    lines = await _by_number(desk, typed)
    if lines:
        return lines
    wanted = FindPeople(text=typed, limit=MOST + 1)
    people = (await desk.ask(wanted, People, actor)).people
    ids = [one.member_id for one in people]
    rows = await desk.fetch(
        "SELECT member_id, status, paused FROM members_seen WHERE member_id = ANY($1)", ids
    )
    seen = {row["member_id"]: row for row in rows}
    return tuple(
        FoundLine(
            member_href(one.member_id),
            one.name,
            str(one.number),
            place(one.pc4),
            *_status(seen.get(one.member_id)),
        )
        for one in people
    )


async def _by_number(desk: Desk, typed: str) -> tuple[FoundLine, ...]:
    """The member with this number, and the requests and matches that people call by it."""
    lines = []
    member_id = await member_by_number(desk, typed)
    if member_id is not None:
        lines.append(FoundLine(member_href(member_id), f"Deelnemer {typed}"))
    if six := _SIX_DIGITS.fullmatch(typed):
        lines += [_thing(row["id"], row["what"]) for row in await desk.fetch(_BY_CODE, int(six.group(1)))]
    return tuple(lines)


def _thing(id: UUID, what: str) -> FoundLine:
    if what == "request":
        return FoundLine(request_href(id), request_label(id))
    return FoundLine(match_href(id), match_label(id))


def _status(seen: dict[str, Any] | None) -> tuple[str, StatusTone, Icon]:
    if seen is None:
        return "", "neutral", "info"
    return standing(seen["status"], paused=seen["paused"])
