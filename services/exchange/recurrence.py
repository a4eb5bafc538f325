"""When help comes back: RFC 5545 rules on the region's clock, so that 10.00 stays 10.00 in summer."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from dateutil.rrule import rrulestr

from services.kernel.dutch import LOCAL, local


def following(
    recurrence: str, starts_at: datetime, after: datetime, last_day: date | None
) -> datetime | None:
    """The first occurrence after `after` (all UTC), or None when the last day is past.

    A time that the clock skips in spring is taken an hour later, one that comes twice in autumn
    is the first of the two (RFC 5545, section 3.3.5).

    >>> tuesdays = ("FREQ=WEEKLY;BYDAY=TU", datetime(2026, 10, 20, 8, 0, tzinfo=UTC))
    >>> following(*tuesdays, datetime(2026, 10, 20, 8, 0, tzinfo=UTC), None).isoformat()
    '2026-10-27T09:00:00+00:00'
    """
    # The rule runs over the times on the wall, without a zone; each is then put in its place.
    wall = local(starts_at).replace(tzinfo=None)
    rule = rrulestr(recurrence, dtstart=wall)
    found = rule.after(local(after).replace(tzinfo=None))
    if found is None or (last_day is not None and found.date() > last_day):
        return None
    return found.replace(tzinfo=LOCAL).astimezone(UTC)


def between(recurrence: str, starts_at: datetime, first: date, last: date) -> Iterator[datetime]:
    """The occurrences (UTC) on the days from `first` through `last`, from `starts_at` (UTC) on.

    Works through every occurrence before those: start from a late one, which is one of the same rule.

    >>> tuesdays = ("FREQ=WEEKLY;BYDAY=TU", datetime(2026, 10, 20, 8, 0, tzinfo=UTC))
    >>> [at.isoformat() for at in between(*tuesdays, date(2026, 10, 26), date(2026, 11, 1))]
    ['2026-10-27T09:00:00+00:00']
    """
    wall = local(starts_at).replace(tzinfo=None)
    days = (datetime.combine(first, time.min), datetime.combine(last, time.max))
    for found in rrulestr(recurrence, dtstart=wall).between(*days, inc=True):
        yield found.replace(tzinfo=LOCAL).astimezone(UTC)
