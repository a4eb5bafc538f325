"""A social team refers someone: one message, whichever way it came in (HTTP, NATS, or the page).

Who is new is signed up first, then referred: two commands with ids made from the one event, so that a
repeat is the same referral, also along another way in.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from contracts.members import RegisterReferred
from contracts.referrals import ReferPerson
from contracts.referring import NewReferral, ReferralEvent, ReferredPerson
from services.coordinator.desk import COMMAND_SPACE, Caller, Desk
from services.kernel.errors import NOT_ALLOWED, Rejected
from services.kernel.service import new_id

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may be ahead of ours."""

_BY_NUMBER = (
    "SELECT member_id FROM members_seen WHERE number = $1 AND pc4 = $2 "
    "AND status IN ('registered', 'approved')"
)


@dataclass(frozen=True, slots=True)
class Referred:
    """The referral and whom it is about; `position` is exchange's."""

    referral_id: UUID
    member_id: UUID
    position: int


async def refer_event(desk: Desk, event: ReferralEvent, caller: Caller) -> Referred:
    """As `refer`, for a CloudEvent: its source is checked, and that it is not from the future."""
    if event.time is not None and event.time > datetime.now(UTC) + AHEAD:
        raise Rejected(
            "from_the_future",
            "De tijd van dit bericht (time) moet nog komen. Zet de klok van uw systeem gelijk en stuur het "
            "opnieuw.",
            "The time of this event is still to come. Set your system's clock right and send it again.",
        )
    team = desk.region.team(caller.actor.team or "")
    if team is not None and team.source and event.source != team.source:
        raise Rejected(
            "not_your_source",
            "Deze afzender (source) is niet die van uw team. Gebruik de source die u met de regio afsprak.",
            "This source is not your team's. Use the source that you agreed on with the region.",
        )
    return await refer(desk, event.data, caller, key=event.key)


async def refer(desk: Desk, asked: NewReferral, caller: Caller, *, key: str | None) -> Referred:
    """Sign up who is new, and refer them. The same `key` of the same team is the same referral.

    Raises Rejected, or Unreachable when nothing is known: then the same key may be used again.
    """
    team = caller.actor.team
    if team is None:
        raise Rejected(NOT_ALLOWED.code, NOT_ALLOWED.nl, NOT_ALLOWED.en)
    referral_id = uuid5(COMMAND_SPACE, f"team/{team}/{key}") if key is not None else new_id()
    await _check_moment(desk, asked, referral_id)
    member_id = await _person(desk, asked.person, caller, referral_id)
    wanted: dict[str, Any] = asked.need.model_dump()
    command = ReferPerson(
        member_id=member_id,
        consent=asked.consent.how,
        feedback=asked.consent.feedback,
        contact=asked.contact,
        reference=asked.reference,
        **wanted,
    )
    answer = await desk.send(command, caller, id=referral_id)
    return Referred(referral_id, member_id, answer.position)


async def _check_moment(desk: Desk, asked: NewReferral, referral_id: UUID) -> None:
    """Exchange looks at it too; but nobody is signed up for a referral that will be refused."""
    wanted_at = asked.need.wanted_at
    if wanted_at is None or wanted_at >= datetime.now(UTC):
        return
    if await desk.row("SELECT FROM referrals_seen WHERE referral_id = $1", referral_id) is not None:
        return
    raise Rejected(
        "in_the_past",
        "Dit moment is al voorbij. Kies een dag die nog komt.",
        "This moment has passed. Choose a day that is still to come.",
    )


async def _person(desk: Desk, person: ReferredPerson, caller: Caller, referral_id: UUID) -> UUID:
    """The member's id: of who is known, or of who is signed up now."""
    if person.member_id is not None:
        return person.member_id
    if person.number is not None:
        row = await desk.row(_BY_NUMBER, person.number, person.pc4)
        if row is None:
            raise Rejected(
                "unknown_member",
                "Een deelnemer met dit nummer en deze postcode kennen wij niet. Kijk het na, of vul naam en "
                "adres in.",
                "We do not know a participant with this number and postcode. Please check, or fill in name "
                "and address.",
            )
        found: UUID = row["member_id"]
        return found
    new = RegisterReferred.model_validate(person.model_dump(exclude={"member_id", "number"}))
    answer = await desk.send(new, caller, id=uuid5(referral_id, "person"))
    assert answer.id is not None
    return answer.id
