"""The region's own time zone. Everything is kept in UTC; days and hours are people's."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/Amsterdam")


def local(moment: datetime) -> datetime:
    """A moment as the clock on the wall says it."""
    return moment.astimezone(LOCAL)


def now() -> datetime:
    """This moment, local."""
    return datetime.now(LOCAL)


def end_of_tomorrow() -> datetime:
    """Midnight after tomorrow, as UTC."""
    day = now().date() + timedelta(days=2)
    return datetime.combine(day, time.min, LOCAL).astimezone(UTC)
