"""When help comes back: rules of RFC 5545 on the clock on the wall."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.visits import Recurrence
from services.exchange.recurrence import following
from services.kernel.dutch import LOCAL, local

RULE = TypeAdapter(Recurrence)
TUESDAYS = "FREQ=WEEKLY;BYDAY=TU"


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A time on the wall, in UTC."""
    return datetime.combine(day, time(hour, minute), LOCAL).astimezone(UTC)


def days(recurrence: str, starts_at: datetime, many: int, last_day: date | None = None) -> list[date]:
    """The first days after the one it starts on."""
    found: list[date] = []
    after: datetime | None = starts_at
    while after is not None and len(found) < many:
        after = following(recurrence, starts_at, after, last_day)
        found += [local(after).date()] if after is not None else []
    return found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY", [date(2026, 11, 25), date(2026, 11, 26)]),
        ("FREQ=DAILY;INTERVAL=3", [date(2026, 11, 27), date(2026, 11, 30)]),
        (TUESDAYS, [date(2026, 12, 1), date(2026, 12, 8)]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR", [date(2026, 11, 27), date(2026, 12, 8)]),
        ("FREQ=MONTHLY;BYDAY=-1TU", [date(2026, 12, 29), date(2027, 1, 26)]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", [date(2026, 12, 31), date(2027, 1, 31), date(2027, 3, 31)]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", [date(2026, 11, 30), date(2026, 12, 31)]),
    ],
)
def test_help_comes_back_on_the_days_of_its_rule(rule: str, expected: list[date]) -> None:
    assert RULE.validate_python(rule) == rule
    assert days(rule, at(date(2026, 11, 24), 10), len(expected)) == expected


def test_ten_in_the_morning_stays_ten_when_the_clock_goes_back_in_autumn() -> None:
    before, after = at(date(2026, 10, 20), 10), at(date(2026, 10, 27), 10)
    assert following(TUESDAYS, before, before, None) == after
    assert after - before == timedelta(days=7, hours=1)


def test_ten_in_the_morning_stays_ten_when_the_clock_goes_forward_in_spring() -> None:
    before, after = at(date(2027, 3, 23), 10), at(date(2027, 3, 30), 10)
    assert following(TUESDAYS, before, before, None) == after
    assert after - before == timedelta(days=7, hours=-1)


def test_a_time_that_the_clock_skips_is_an_hour_later_and_the_next_day_as_always() -> None:
    starts_at = at(date(2027, 3, 27), 2, 30)
    skipped = following("FREQ=DAILY", starts_at, starts_at, None)
    assert skipped == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert local(skipped).time() == time(3, 30)
    assert following("FREQ=DAILY", starts_at, skipped, None) == at(date(2027, 3, 29), 2, 30)


def test_a_time_that_comes_twice_is_the_first_of_the_two_and_comes_once() -> None:
    starts_at = at(date(2026, 10, 24), 2, 30)
    twice = following("FREQ=DAILY", starts_at, starts_at, None)
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert following("FREQ=DAILY", starts_at, twice, None) == at(date(2026, 10, 26), 2, 30)


def test_the_last_day_still_counts_and_nothing_after_it() -> None:
    starts_at = at(date(2026, 11, 24), 10)
    assert days(TUESDAYS, starts_at, 9, date(2026, 12, 8)) == [date(2026, 12, 1), date(2026, 12, 8)]
    assert days(TUESDAYS, starts_at, 9, date(2026, 12, 7)) == [date(2026, 12, 1)]


def test_late_in_the_evening_the_last_day_is_that_of_the_clock_on_the_wall() -> None:
    starts_at = at(date(2026, 7, 1), 0, 30)
    assert starts_at.date() == date(2026, 6, 30)
    assert days("FREQ=DAILY", starts_at, 9, date(2026, 7, 2)) == [date(2026, 7, 2)]


@given(
    st.sampled_from(["FREQ=DAILY", TUESDAYS, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "FREQ=MONTHLY;BYDAY=1WE"]),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.integers(1, 40),
)
def test_every_time_is_later_than_the_one_before_and_at_the_same_hour(
    rule: str, first: date, many: int
) -> None:
    starts_at = after = at(first, 10)
    for _ in range(many):
        found = following(rule, starts_at, after, None)
        assert found is not None
        assert found > after
        assert local(found).time() == time(10)
        after = found


# Which rules there are


@pytest.mark.parametrize("rule", ["freq=weekly;byday=tu", "FREQ=WEEKLY;BYDAY=TU;", TUESDAYS])
def test_a_rule_is_kept_in_one_way_of_writing(rule: str) -> None:
    assert RULE.validate_python(rule) == TUESDAYS


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "elke dinsdag",
        "BYDAY=TU",
        "FREQ=YEARLY",
        "FREQ=HOURLY",
        "FREQ=WEEKLY;COUNT=3",
        "FREQ=WEEKLY;UNTIL=20270101T000000Z",
        "FREQ=WEEKLY;BYHOUR=3",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY",
        "FREQ=WEEKLY;BYDAY=1TU",
        "FREQ=WEEKLY;INTERVAL=x",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=1000",
        "FREQ=DAILY;INTERVAL=1;INTERVAL=2",
        "FREQ=DAILY;BYSETPOS=2",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=30;BYSETPOS=2",
        "FREQ=MONTHLY;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=9MO",
        "FREQ=MONTHLY;BYDAY=TU\nDTSTART:20200101T000000",
    ],
)
def test_a_rule_that_would_break_or_never_end_is_refused_at_the_door(rule: str) -> None:
    with pytest.raises(ValidationError):
        RULE.validate_python(rule)


def test_a_rule_that_never_occurs_has_no_following_day() -> None:
    starts_at = at(date(2027, 2, 10), 10)
    assert following("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", starts_at, starts_at, None) is None
