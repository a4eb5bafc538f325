"""What PostgreSQL waits for, out of `synchronous_standby_names` as people write it."""

from typing import Any

import pytest

from services.kernel.standbys import missing, needed


@pytest.mark.parametrize(
    ("names", "count"),
    [
        ("", 0),
        ("  ", 0),
        ("db2", 1),
        ("*", 1),
        ("db2, db3", 1),
        ("FIRST 1 (db2)", 1),
        ("first 2 (db2, db3, db4)", 2),
        ("ANY 1 (db2, db3)", 1),
        ("any 2(db2, db3)", 2),
        ("2 (db2, db3)", 2),
        ("any, first", 1),
    ],
)
def test_how_many_standbys_a_commit_waits_for(names: str, count: int) -> None:
    assert needed(names) == count


class Primary:
    """A PostgreSQL that waits for these, with so many connected."""

    def __init__(self, names: str, there: int) -> None:
        self._said = {"names": names, "there": there}

    async def fetchrow(self, _: str) -> dict[str, Any]:
        return self._said


@pytest.mark.parametrize(
    ("names", "there", "count"),
    [("", 0, 0), ("", 1, 0), ("db2", 0, 1), ("db2", 1, 0), ("ANY 1 (db2, db3)", 2, 0), ("2 (a, b)", 1, 1)],
)
async def test_those_are_missing_that_are_needed_and_not_there(names: str, there: int, count: int) -> None:
    assert await missing(Primary(names, there)) == count
