"""Sends what is queued, by SMTP, from the leading replica."""

import asyncio
import json
import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID, uuid5

import aiosmtplib
import asyncpg

from contracts.envelope import Actor, Role
from contracts.exchange import Favours, SuggestReturnFavours
from contracts.members import GetPeople, People, Person
from contracts.notifications import RecordDelivery, Template
from services.kernel.errors import DATABASE_AWAY, Rejected, Transient
from services.kernel.runtime import Replica
from services.kernel.telemetry import log
from services.notifications.templates import Around, render

_SELF = Actor(role=Role.SERVICE, name="notifications")
AT_ONCE = 20
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
    recording: list[asyncio.Task[None]] = []
    recorded: list[BaseException | None] = []
    try:
        async with aiosmtplib.SMTP(hostname=mail.host, port=mail.port, timeout=5) as smtp:
            for message_id, member_id, template, facts in queued:
                person = people.get(member_id)
                tried = later[message_id].tried + 1 if message_id in later else 1
                letter: EmailMessage | None = None
                if person is not None and person.email is not None:
                    around = await _around(replica, person, template, facts, people)
                    letter = _letter(template, facts, around, person.email, message_id, replica)
                outcome = await _send(smtp, letter, message_id, tried, later)
                if outcome is not None:
                    recording.append(asyncio.create_task(_record(replica, message_id, tried, outcome)))
    finally:
        # Recorded together while the next is sent: a crash repeats at most one round. An error of
        # one must not take the place of a cancellation: the leader would wait for this worker for ever.
        recorded = await asyncio.gather(*recording, return_exceptions=True)
    for error in recorded:
        if error is not None:
            raise error


type Outcome = Literal["sent", "no_address", "refused", "gave_up"]


async def _send(
    smtp: aiosmtplib.SMTP,
    letter: EmailMessage | None,
    message_id: UUID,
    tried: int,
    later: dict[UUID, Later],
) -> Outcome | None:
    """Send one letter; None when the server wants it later (4xx), each time after twice as long."""
    if letter is None:
        later.pop(message_id, None)
        return "no_address"
    try:
        await smtp.send_message(letter)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        code = max(recipient.code for recipient in refused.recipients)
    except aiosmtplib.SMTPSenderRefused:
        # The server does not know us: an operator's matter, no fault of this letter.
        raise
    except aiosmtplib.SMTPResponseException as refused:
        code = refused.code
    except (aiosmtplib.SMTPNotSupported, ValueError) as cannot:
        # This letter cannot be sent at all; those behind it can.
        log.warning("letter_impossible", message_id=str(message_id), error=type(cannot).__name__)
        code = 550
    else:
        later.pop(message_id, None)
        return "sent"
    if code < 500 and tried < GIVE_UP_AFTER:
        later[message_id] = Later(tried, time.monotonic() + FIRST_PAUSE_SECONDS * 2**tried)
        return None
    later.pop(message_id, None)
    return "refused" if code >= 500 else "gave_up"


async def _record(replica: Replica, message_id: UUID, tried: int, outcome: Outcome) -> None:
    replica.metrics.mails.labels(outcome).inc()
    command = RecordDelivery(
        message_id=message_id,
        delivered=outcome == "sent",
        attempts=tried,
        reason=None if outcome == "sent" else outcome,
    )
    await replica.decide(command, _SELF, uuid5(message_id, f"delivery/{tried}"))


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


def _letter(
    template: str, facts: dict[str, Any], around: Around, to: str, message_id: UUID, replica: Replica
) -> EmailMessage | None:
    """The mail for one member; None for a template that this release does not know."""
    try:
        letter = render(cast(Template, template), facts, around)
    except LookupError:
        log.warning("letter_unknown", template=template, message_id=str(message_id))
        return None
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
