"""Who is told what, when: events of other services as messages, by topic."""

from datetime import datetime
from uuid import UUID, uuid5

from contracts.notifications import OvertakeMessage, QueueMessage, Template


def message_id(member_id: UUID, template: Template, about: UUID) -> UUID:
    """The id of a message is made from what it is about, so that it exists once."""
    return uuid5(about, f"{template}/{member_id}")


def tell(member_id: UUID, template: Template, about: UUID, **facts: int | str | None) -> QueueMessage:
    """One message to one member."""
    return QueueMessage(
        message_id=message_id(member_id, template, about),
        member_id=member_id,
        template=template,
        facts=facts,
    )


def instead(member_id: UUID, began: Template, about: UUID, told: QueueMessage) -> OvertakeMessage:
    """`told`, in place of what this member was (or is about to be) told of the same thing before."""
    return OvertakeMessage(message_id=message_id(member_id, began, about), instead=told)


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
