"""What a running town's logs and databases say themselves: accounts, timers, and where a text stands."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.catalogue import SERVICES
from services.region.databases import connect
from tests.harness.town import Neighbour, Town


def names(events: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """What happened (`town.happened`), without the facts."""
    return [name for name, _ in events]


def until_account(town: Town, person: Neighbour, *, balance: int, held: int = 0) -> None:
    """Wait until an account stands so, in minutes; what is available is the difference."""

    def is_so() -> bool:
        account = town.account(person)
        return (account["balance_minutes"], account["held_minutes"]) == (balance, held)

    town.until(is_so, f"a balance of {balance} minutes with {held} held")
    account = town.account(person)
    assert account["available_minutes"] == balance - held >= account["floor_minutes"]


def until_closed(town: Town, person: Neighbour) -> None:
    """Wait until the account of someone who left is closed: at zero, and nothing set apart."""

    def closed() -> bool:
        return bool(town.account(person)["closed"])

    town.until(closed, "the account of someone who left being closed")
    account = town.account(person)
    assert (account["balance_minutes"], account["held_minutes"]) == (0, 0)


def timers(town: Town, service: str, command: str, about: UUID) -> int:
    """How many timers of this command about this thing a service still has."""

    async def read() -> int:
        database = await connect(town.region.region, service)
        try:
            sql = "SELECT count(*) FROM timers WHERE command = $1 AND strpos(body::text, $2) > 0"
            return int(await database.fetchval(sql, command, str(about)))
        finally:
            await database.close()

    return asyncio.run(read())


def where(town: Town, texts: Iterable[str]) -> set[str]:
    """Every table (`members.vault`) and file of JetStream or the logs in which one of these texts is."""
    wanted = sorted(set(texts))
    assert all(len(text) >= 6 for text in wanted), "a short text may stand anywhere by chance"
    return asyncio.run(_tables_with(town, wanted)) | set(_files_with(town.folder, wanted))


async def _tables_with(town: Town, texts: list[str]) -> set[str]:
    found = set()
    for service in SERVICES:
        database = await connect(town.region.region, service)
        try:
            tables = await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in tables:
                sql = f"SELECT FROM {table} t, unnest($1::text[]) x WHERE strpos(t::text, x) > 0"
                if await database.fetchval(f"SELECT EXISTS ({sql})", texts):
                    found.add(f"{service}.{table}")
        finally:
            await database.close()
    return found


def _files_with(folder: Path, texts: list[str]) -> Iterator[str]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and ("jetstream" in file.parts or file.suffix == ".log"):
            content = file.read_bytes()
            if any(text.encode() in content for text in texts):
                yield str(file.relative_to(folder))
