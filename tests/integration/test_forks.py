"""Effects without their cause: counted until a person settles them with a note, which stays."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.kernel.errors import Misconfigured
from services.kernel.forks import OPEN, ranges, settle
from services.kernel.gauges import KERNEL_GAUGES
from services.ledger.app import service as ledger
from services.region import following, operating
from tests.harness import leader as alone
from tests.harness.leader import Place
from tests.harness.town import Town

(GAUGE,) = (gauge for gauge in KERNEL_GAUGES if gauge.name == "wd_forks")


@pytest_asyncio.fixture(loop_scope="session")
async def here(town: Town) -> AsyncIterator[Place]:
    """A ledger whose source, exchange, was put back twice, and members once."""
    async with alone.place(town.region.region, ledger(town.region.region)) as found:
        # As the release before writes it: it knows no notes.
        await found.pool.executemany(
            "INSERT INTO forks (source, epoch, first_position, last_position, noticed_at) "
            "VALUES ($1, $2, $3, $4, '2026-11-23 09:00Z'::timestamptz + make_interval(mins => $2))",
            [("exchange", 2, 10, 14), ("exchange", 3, 12, 12), ("members", 2, 5, 9)],
        )
        yield found


async def counted(here: Place) -> set[int]:
    """What a service's state, its gauge and `verify` count: the same."""
    return {int(await here.pool.fetchval(sql)) for sql in (OPEN, GAUGE.sql)}


async def test_what_a_person_settles_is_no_longer_counted_and_its_note_stays(here: Place) -> None:
    assert await counted(here) == {3}
    assert [row[:4] for row in await ranges(here.pool)] == [
        ("exchange", 2, 10, 14),
        ("members", 2, 5, 9),
        ("exchange", 3, 12, 12),
    ]
    assert await settle(here.pool, "exchange", 2, "twee boekingen teruggedraaid")
    assert await counted(here) == {2}
    assert ("exchange", 2) not in [row[:2] for row in await ranges(here.pool)]
    (first, *_) = await ranges(here.pool, settled=True)
    assert (first["note"], first["settled_at"] is not None) == ("twee boekingen teruggedraaid", True)


async def test_what_is_settled_or_was_never_there_is_not_settled_again(here: Place) -> None:
    assert await settle(here.pool, "exchange", 2, "gezien")
    assert not await settle(here.pool, "exchange", 2, "nog eens")
    assert not await settle(here.pool, "exchange", 9, "wat niet bestaat")
    assert [row["note"] for row in await ranges(here.pool, settled=True)] == ["gezien", None, None]


@pytest.mark.parametrize(
    ("note", "says"), [("gezien", "see `wederdienst forks list`"), (" ", "without names")]
)
async def test_it_is_said_what_to_do_where_there_is_nothing_to_settle(
    town: Town, note: str, says: str
) -> None:
    with pytest.raises(Misconfigured, match=says):
        await operating.settle_fork(town.region.region, "ledger", "exchange", 99, note)


def test_the_command_lists_what_is_open(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    following.forks_list(config=town.region.config)
    assert capsys.readouterr().out == "No effects are without their cause.\n"
