"""Now, and until when something is due, by the clock on people's walls."""

from datetime import UTC, datetime, time, timedelta

from services.kernel.dutch import LOCAL


def now() -> datetime:
    """This moment, local."""
    return datetime.now(LOCAL)


def end_of_tomorrow() -> datetime:
    """Midnight after tomorrow, as UTC."""
    day = now().date() + timedelta(days=2)
    return datetime.combine(day, time.min, LOCAL).astimezone(UTC)
