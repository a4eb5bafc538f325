"""A letter to print and post, or a telephone call: a task for a person, who reads it with GetLetters."""

from typing import Self

from services.kernel.settings import Region
from services.notifications.channels import Outcome, Parcel


class Paper:
    """The coordinators' work list."""

    def __init__(self, region: Region) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *why: object) -> None:
        pass

    async def carry(self, parcel: Parcel) -> Outcome:
        return "handed_over"
