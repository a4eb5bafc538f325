"""A contact: while their match is confirmed, two people may see how to reach each other."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.envelope import Event
from contracts.members import CloseContact, ContactClosed, ContactOpened, OpenContact
from services.kernel.entity import Kind, State, replace
from services.kernel.service import Context


@dataclass(slots=True)
class Contact:
    contact_id: UUID
    helper_id: UUID
    asker_id: UUID
    is_open: bool
    version: int = 0


def evolve(
    contact: Contact | None, event: ContactOpened | ContactClosed, contact_id: UUID, at: datetime
) -> Contact:
    if isinstance(event, ContactOpened):
        return Contact(contact_id, event.helper_id, event.asker_id, is_open=True)
    assert contact is not None
    return replace(contact, is_open=False)


CONTACT = Kind(
    "contacts", Contact, {e: lambda e: (e.contact_id,) for e in (ContactOpened, ContactClosed)}, evolve
)


def open_contact(command: OpenContact, context: Context, state: State) -> list[Event]:
    return [
        ContactOpened(contact_id=command.contact_id, helper_id=command.helper_id, asker_id=command.asker_id)
    ]


def close_contact(command: CloseContact, context: Context, state: State) -> list[Event]:
    contact = state.get(CONTACT, command.contact_id)
    # A match that fell through before it was confirmed never opened one.
    if contact is None or not contact.is_open:
        return []
    return [ContactClosed(contact_id=contact.contact_id)]
