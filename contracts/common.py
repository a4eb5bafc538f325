"""Types that several contracts use."""

from typing import Annotated

from pydantic import Field

Pc4 = Annotated[str, Field(pattern=r"^[1-9][0-9]{3}$")]
"""A Dutch four-digit postcode area, such as `3511`."""

Minutes = Annotated[int, Field(strict=True, ge=1, le=24 * 60)]
"""Length of one visit: 1 to 1,440 minutes."""

WeekMinutes = Annotated[int, Field(strict=True, ge=0, le=40 * 60)]
"""What someone wants to help at most in a week: 0 to 2,400 minutes."""

CreditMinutes = Annotated[int, Field(strict=True)]
"""An amount or balance on an account, in minutes; may be negative."""
