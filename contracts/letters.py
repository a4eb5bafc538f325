"""What regions write to each other: letters, each about one matter, its thread.

A letter carries pseudonymous ids, codes, numbers and times; never personal data. Like an event it
has a version, is strict on write and tolerant on read: a region one release behind reads what the
next one sends, and a letter from the future waits in its lane until the region is upgraded.
"""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.upcasting import UnknownEvent


class Letter(BaseModel):
    """Something one region tells another. `THREAD` names the field that says what it is about."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    VERSION: ClassVar[int] = 1
    THREAD: ClassVar[str]

    @property
    def thread_id(self) -> UUID:
        """What it is about: the transfer, the help that is sought."""
        found: UUID = getattr(self, self.THREAD)
        return found


LETTERS: dict[str, type[Letter]] = {}
"""Every letter that this release reads, by name."""


def read_letter(name: str, version: int, data: dict[str, Any]) -> Letter:
    """The letter as today's class. Raises UnknownEvent for a name or version from the future."""
    kind = LETTERS.get(name)
    if kind is None or version > kind.VERSION:
        raise UnknownEvent(f"{name} v{version}")
    return kind.model_validate(data)
