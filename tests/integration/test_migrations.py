"""Migrations: each file once, by one process at a time, whole or not at all, and never another text."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from services.kernel.errors import Misconfigured
from services.kernel.migrations import Migration, migrate, pending
from services.ledger.app import service as ledger
from tests.harness.leader import Place, place
from tests.harness.town import Town

BINS = Migration("bins/001_bins", "CREATE TABLE bins (place text)")
FULL = Migration("bins/002_full", "ALTER TABLE bins ADD COLUMN emptied integer NOT NULL DEFAULT 0")
BROKEN = Migration("bins/003_broken", "CREATE TABLE lids (colour text); INSERT INTO nowhere VALUES (1)")


@pytest_asyncio.fixture(loop_scope="session")
async def here(town: Town) -> AsyncIterator[Place]:
    async with place(town.region.region, ledger(town.region.region)) as found:
        yield found


async def tables(here: Place) -> set[str]:
    rows = await here.pool.fetch("SELECT tablename FROM pg_tables WHERE tablename IN ('bins', 'lids')")
    return {row[0] for row in rows}


async def test_a_file_is_applied_once_and_whole_and_never_changes(here: Place) -> None:
    async with here.pool.acquire() as connection, here.pool.acquire() as other:
        # Two processes start at once: one applies, the other finds it done.
        both = await asyncio.gather(*(migrate(one, [BINS, FULL]) for one in (connection, other)))
        assert sorted(both) == [[], [BINS.name, FULL.name]]
        assert await migrate(connection, [BINS, FULL]) == []

        with pytest.raises(asyncpg.UndefinedTableError):
            await migrate(connection, [BINS, FULL, BROKEN])
        assert await tables(here) == {"bins"}
        assert await pending(here.pool, [BINS, FULL, BROKEN]) == [BROKEN.name]
        # Who failed lets the next one through.
        mended = Migration(BROKEN.name, "CREATE TABLE lids (colour text)")
        assert await asyncio.wait_for(migrate(other, [BINS, FULL, mended]), 5) == [mended.name]
        assert await tables(here) == {"bins", "lids"}

        changed = Migration(FULL.name, FULL.sql.replace("integer", "bigint"))
        with pytest.raises(Misconfigured, match=r"bins/002_full\.sql was changed .* add a new file"):
            await migrate(connection, [BINS, changed])
        kept = "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attname = 'emptied'"
        assert await connection.fetchval(kept) == "integer"
