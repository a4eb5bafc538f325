"""Ways a message reaches someone. Each is a class of one shape in a module of its own:

    async with Email(region) as channel:
        outcome = await channel.carry(parcel)

`email` hands it to the mail server, `sms` to a gateway, `paper` to a person.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, Self
from uuid import UUID

from contracts.members import Person
from services.notifications.templates import Letter

type Outcome = Literal["sent", "handed_over", "refused", "later"]
"""What became of a parcel. `refused` is final; `later`: not now, but perhaps after a while."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One letter to one person. The same `message_id` every time it is tried."""

    message_id: UUID
    person: Person
    letter: Letter


class Away(Exception):
    """The server does not answer, or does not know us: no fault of what it was to carry."""


class Carrier(Protocol):
    """What every channel can do. Entering and `carry` raise Away."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *why: object) -> None: ...

    async def carry(self, parcel: Parcel) -> Outcome: ...
