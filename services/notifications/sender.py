"""Sends what is queued, by SMTP, from the leading replica."""

import asyncio
import json
import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import aiosmtplib
import asyncpg

from contracts.envelope import Actor, Role
from contracts.exchange import Favours, SuggestReturnFavours
from contracts.members import GetPeople, People, Person
from contracts.notifications import RecordDelivery
from services.kernel.errors import DATABASE_AWAY, Rejected, Transient
from services.kernel.runtime import Replica
from services.kernel.telemetry import log
from services.notifications.templates import Around, Letter, render

_SELF = Actor(role=Role.SERVICE, name="notifications")
AT_ONCE = 50
GIVE_UP_AFTER = 10
FIRST_PAUSE_SECONDS = 30.0
IDLE_SECONDS = 2.0


class Later(NamedTuple):
    """A letter that the mail server would not take yet: how often tried, and when again (monotonic)."""

    tried: int
    at: float


async def send_messages(replica: Replica) -> None:
    """Send until cancelled: what waits, oldest first, over one connection a round."""
    later: dict[UUID, Later] = {}
    while True:
        try:
            now = time.monotonic()
            rows = await replica.pool.fetch(
                "SELECT message_id, member_id, template, facts FROM messages WHERE status = 'queued' "
                "AND message_id <> ALL($2) ORDER BY queued_at LIMIT $1",
                AT_ONCE,
                [message_id for message_id, when in later.items() if when.at > now],
            )
            if rows:
                await _send_round(replica, rows, later)
            else:
                await _until_queued(replica)
        except (
            Transient,
            Rejected,
            aiosmtplib.SMTPException,
            *DATABASE_AWAY,
        ) as error:
            # The mail server, members or the database is away: everything stays queued.
            log.warning("mail_waits", error=type(error).__name__)
            await asyncio.sleep(0.5)


async def _until_queued(replica: Replica) -> None:
    try:
        async with asyncio.timeout(IDLE_SECONDS), replica.loop.committed:
            await replica.loop.committed.wait()
    except TimeoutError:
        return


async def _send_round(replica: Replica, rows: Sequence[asyncpg.Record], later: dict[UUID, Later]) -> None:
    queued = [
        (row["message_id"], row["member_id"], row["template"], json.loads(row["facts"])) for row in rows
    ]
    wanted = {member_id for _, member_id, _, _ in queued}
    wanted |= {UUID(facts["other"]) for *_, facts in queued if "other" in facts}
    found = await replica.bus.ask(GetPeople(member_ids=tuple(wanted)), People, _SELF)
    people = {person.member_id: person for person in found.people}
    mail = replica.region.mail
    async with aiosmtplib.SMTP(hostname=mail.host, port=mail.port, timeout=5) as smtp:
        for message_id, member_id, template, facts in queued:
            person = people.get(member_id)
            if person is None or person.email is None:
                await _record(replica, message_id, delivered=False, attempts=0, reason="no_address")
                continue
            tried = later[message_id].tried + 1 if message_id in later else 1
            try:
                letter = render(template, facts, await _around(replica, person, template, facts, people))
                await smtp.send_message(_mail(letter, person.email, message_id, replica))
            except aiosmtplib.SMTPRecipientsRefused as refused:
                await _refused(replica, message_id, max(r.code for r in refused.recipients), tried, later)
            except aiosmtplib.SMTPSenderRefused:
                # The server does not know us: an operator's matter, no fault of this letter.
                raise
            except aiosmtplib.SMTPResponseException as refused:
                await _refused(replica, message_id, refused.code, tried, later)
            except (aiosmtplib.SMTPNotSupported, ValueError, LookupError) as cannot:
                # This letter cannot be written or sent at all; those behind it can.
                log.warning("letter_impossible", message_id=str(message_id), error=type(cannot).__name__)
                await _record(replica, message_id, delivered=False, attempts=tried, reason="refused")
            else:
                later.pop(message_id, None)
                await _record(replica, message_id, delivered=True, attempts=tried)


async def _refused(
    replica: Replica, message_id: UUID, code: int, tried: int, later: dict[UUID, Later]
) -> None:
    """Final (5xx), or tried again later (4xx), each time after twice as long."""
    if code < 500 and tried < GIVE_UP_AFTER:
        later[message_id] = Later(tried, time.monotonic() + FIRST_PAUSE_SECONDS * 2**tried)
        return
    later.pop(message_id, None)
    reason = "refused" if code >= 500 else "gave_up"
    await _record(replica, message_id, delivered=False, attempts=tried, reason=reason)


async def _record(replica: Replica, message_id: UUID, **outcome: Any) -> None:
    replica.metrics.mails.labels(outcome.get("reason") or "sent").inc()
    command = RecordDelivery(message_id=message_id, **outcome)
    await replica.decide(command, _SELF, uuid5(message_id, f"delivery/{outcome['attempts']}"))


async def _around(
    replica: Replica, person: Person, template: str, facts: dict[str, Any], people: dict[UUID, Person]
) -> Around:
    other = people.get(UUID(facts["other"])) if "other" in facts else None
    favours: tuple[str, ...] = ()
    if template == "hours-booked-asker":
        suggested = await replica.bus.ask(SuggestReturnFavours(member_id=person.member_id), Favours, _SELF)
        favours = tuple(favour.nl for favour in suggested.favours)
    return Around(
        name=person.name,
        region=replica.region.name,
        other_name=other.name if other else "",
        other_reach=_reach(other) if other else "",
        favours=favours,
    )


def _reach(person: Person) -> str:
    ways = [way for way in (person.phone, person.email) if way] if person.shares_contact else []
    if not ways:
        return f"Wilt u {person.name} spreken? Dat kan via uw buurtcoördinator."
    return f"U bereikt {person.name} zo: {' of '.join(ways)}."


def _mail(letter: Letter, to: str, message_id: UUID, replica: Replica) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = replica.region.mail.sender
    mail["To"] = to
    mail["Subject"] = letter.subject
    mail["Date"] = formatdate(localtime=False)
    # The same message always has the same Message-ID: a repeat after a crash is seen as one.
    mail["Message-ID"] = f"<{message_id}@{replica.region.region}.wederdienst>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    return mail
