"""Days that people name: today on the wall, and one that they can mean."""

from datetime import date, time

from services.kernel.dutch import local
from services.kernel.errors import Rejected
from services.kernel.service import Context

FARTHEST_YEARS = 10
MORNING = time(9)
"""When a reminder is welcome."""


def this_day(context: Context) -> date:
    """The day it is on the wall when a command is decided."""
    return local(context.at).date()


def check_near(day: date, context: Context) -> None:
    """Go on only with a day that someone can mean: a slip in the year is not. Raises Rejected."""
    if day.year > this_day(context).year + FARTHEST_YEARS:
        raise Rejected(
            "too_far_ahead",
            f"Deze dag is meer dan {FARTHEST_YEARS} jaar verder. Kijk het jaar na.",
            f"This day is more than {FARTHEST_YEARS} years ahead. Please check the year.",
        )
