"""How long a receiver asks us to stay away: in seconds or until a moment, and at most a day."""

import time
from email.utils import formatdate

import pytest

from services.notifications.feedback.outside import LONGEST_RETRY_AFTER, _retry_after


def test_a_day_is_the_longest() -> None:
    assert LONGEST_RETRY_AFTER == 24 * 3600


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("999999999", LONGEST_RETRY_AFTER),
        (formatdate(time.time() + 3 * 24 * 3600, usegmt=True), LONGEST_RETRY_AFTER),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("-5", 0),
        ("straks", 0),
        ("", 0),
    ],
    ids=["seconds", "too many", "a date too far", "a date gone by", "negative", "a word", "nothing"],
)
def test_it_is_read_in_either_form(said: str, seconds: float) -> None:
    assert _retry_after([(b"Content-Length", b"0"), (b"Retry-After", said.encode())]) == seconds


def test_until_a_moment_is_as_long_as_that_is_away() -> None:
    said = formatdate(time.time() + 600, usegmt=True).encode()
    assert 595 < _retry_after([(b"retry-after", said)]) <= 601
    assert _retry_after([]) == 0
