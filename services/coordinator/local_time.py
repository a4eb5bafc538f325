"""Now, and until when something is due, by the clock on people's walls."""

from datetime import datetime, timedelta

from services.kernel.days import end
from services.kernel.dutch import LOCAL


def now() -> datetime:
    """This moment, local."""
    return datetime.now(LOCAL)


def end_of_tomorrow() -> datetime:
    """Midnight after tomorrow, as UTC."""
    return end(now().date() + timedelta(days=1))
