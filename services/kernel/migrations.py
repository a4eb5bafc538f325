"""Numbered SQL files, applied once each, in order, and never changed once landed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.kernel.errors import Misconfigured
from services.kernel.log import Connection, Pool

KERNEL_SQL = Path(__file__).parent / "sql"
_LOCK = 0x7764_0001


@dataclass(frozen=True)
class Migration:
    """One file; `name` is `kernel/001_log` or `exchange/001_offers`."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(service: str, folder: Path) -> list[Migration]:
    """The kernel's migrations, then the service's own."""
    return [
        Migration(f"{owner}/{file.stem}", file.read_text())
        for owner, where in (("kernel", KERNEL_SQL), (service, folder))
        for file in sorted(where.glob("[0-9]*.sql"))
    ]


async def migrate(connection: Connection, wanted: Iterable[Migration]) -> list[str]:
    """Apply what is missing, one transaction each; returns the names applied.

    Several processes may call this at once: an advisory lock lets one through at a time.
    Raises Misconfigured when a file that was applied has changed since.
    """
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, checksum text NOT NULL, "
            "applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = {r["name"]: r["checksum"] for r in await connection.fetch("SELECT * FROM migrations")}
        new = []
        for migration in wanted:
            before = applied.get(migration.name)
            if before is None:
                async with connection.transaction():
                    await connection.execute(migration.sql)
                    await connection.execute(
                        "INSERT INTO migrations (name, checksum) VALUES ($1, $2)",
                        migration.name,
                        migration.checksum,
                    )
                new.append(migration.name)
            elif before != migration.checksum:
                raise Misconfigured(
                    f"{migration.name}.sql was changed after it was applied. Put it back and add a new file."
                )
        return new
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def pending(pool: Pool, wanted: Iterable[Migration]) -> list[str]:
    """Names of migrations that the database does not have yet."""
    exists = await pool.fetchval("SELECT to_regclass('migrations') IS NOT NULL")
    applied = {r["name"] for r in await pool.fetch("SELECT name FROM migrations")} if exists else set()
    return [migration.name for migration in wanted if migration.name not in applied]
