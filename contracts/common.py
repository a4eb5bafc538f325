"""Types that several contracts use."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from contracts.freetext import clean

Pc4 = Annotated[str, Field(pattern=r"^[1-9][0-9]{3}$")]
"""A Dutch four-digit postcode area, such as `3511`."""

Minutes = Annotated[int, Field(strict=True, ge=1, le=24 * 60)]
"""Length of one visit: 1 to 1,440 minutes."""

WeekMinutes = Annotated[int, Field(strict=True, ge=0, le=40 * 60)]
"""What someone wants to help at most in a week: 0 to 2,400 minutes."""

Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    AfterValidator(lambda moment: moment.astimezone(UTC)),
]
"""A moment from 2000 to 2199, given with its offset from UTC and kept in UTC."""

Credential = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$"), AfterValidator(clean)]
"""The id of a coordinator's key in the region's configuration; never a person's name."""

Peer = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$"), AfterValidator(clean)]
"""Another region, by its token in subjects."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$"), AfterValidator(clean)]
"""A word of a list that may grow, such as why something ended: never what a person wrote."""

Urgency = Literal["normal", "soon", "urgent"]
Wish = Literal["none", "unknown", "outside_street", "known"]
"""How near the asker wants the helper to be: no wish, nobody known, not from the street, someone known."""

Cap = Annotated[int, Field(strict=True, ge=0, le=600_000)]
"""How far the position between two regions may go, either way, in minutes: up to 10,000 hours."""

HowGiven = Literal["in_person", "phone", "paper"]
"""How someone gave their consent."""

Settle = Literal["pool", "beneficiary", "write_off"]
"""What happens to the balance of who leaves: to the solidarity pool, to someone named, or written off."""

CreditMinutes = Annotated[int, Field(strict=True)]
"""An amount or balance on an account, in minutes; may be negative."""
