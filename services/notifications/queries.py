"""What notifications answers: messages that a person must bring, as they are to be read."""

import json
from datetime import UTC, datetime
from uuid import UUID

from contracts.envelope import Actor
from contracts.notifications import GetLetters, PaperLetter, PaperLetters, ReportDelivery
from services.kernel.rights import check_area
from services.kernel.runtime import Replica
from services.kernel.service import Context
from services.kernel.telemetry import deed
from services.notifications.around import Queued, around, people_of
from services.notifications.message import WITH_A_PERSON
from services.notifications.templates import render


async def get_letters(replica: Replica, query: GetLetters, actor: Actor) -> PaperLetters:
    """Those that wait for a person, in the actor's area, to people who are still known."""
    deed("letters_read", actor=actor, object=[str(i) for i in query.message_ids], origin="bus")
    rows = await replica.pool.fetch(
        "SELECT message_id, member_id, template, facts, channel FROM messages "
        "WHERE message_id = ANY($1) AND status = ANY($2) ORDER BY queued_at, message_id",
        list(query.message_ids),
        list(WITH_A_PERSON),
    )
    messages = [Queued(r["message_id"], r["member_id"], r["template"], json.loads(r["facts"])) for r in rows]
    people = await people_of(replica, messages)
    letters: list[PaperLetter] = []
    for message, row in zip(messages, rows, strict=True):
        person = people.get(message.member_id)
        if person is None or not actor.may_in(person.pc4):
            continue
        letter = render(
            message.template, message.facts, await around(replica, message, people, datetime.now(UTC))
        )
        letters.append(
            PaperLetter(
                message_id=message.message_id,
                member_id=message.member_id,
                # What the mail server refused has no channel yet: tell it by telephone.
                channel=row["channel"] or ("phone" if person.phone else "letter"),
                name=person.name,
                street=person.street,
                house_number=person.house_number,
                pc4=person.pc4,
                phone=person.phone,
                subject=letter.subject,
                text=letter.text,
            )
        )
    return PaperLetters(letters=tuple(letters))


async def prepare_report(replica: Replica, command: ReportDelivery, actor: Actor) -> ReportDelivery:
    """Look, before the command's turn, whether its reader lives where this coordinator works."""
    if actor.areas:
        row = await replica.pool.fetchrow(
            "SELECT message_id, member_id FROM messages WHERE message_id = $1", command.message_id
        )
        message = Queued(row["message_id"], row["member_id"], "", {}) if row is not None else None
        people = await people_of(replica, [message] if message is not None else [])
        for person in people.values():
            check_area(Context(UUID(int=0), actor, datetime.now(UTC)), person.pc4)
    return command
