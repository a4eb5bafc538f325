"""One PostgreSQL cluster with empty tables for a whole test run: each region begins as a copy of it.

Making a cluster, six databases and their tables takes seconds, and every run starts dozens. How
they are made for the first time is what the demo's and README's tests go through.
"""

import asyncio
import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from contracts.catalogue import SERVICES
from services.kernel.settings import Region
from services.region.configure import write_region
from services.region.databases import create_databases, migrate_all
from services.region.running import RunningRegion
from services.region.servers import Postgres

place: Path | None = None
"""Where this run keeps it, and perhaps others after it; None outside of pytest."""


def begin_with(folder: Path, region: str, name: str) -> None:
    """Let the region that will be in `folder` begin with databases that are there, if this run has them."""
    if place is None or folder.joinpath("servers").exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    made = place / region
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "done").exists():
            _make(made, region, name)
    _copy(made, folder)


def _copy(made: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(made / "secrets.toml", folder)
    # Owners too: PostgreSQL runs as a user of its own.
    subprocess.run(["cp", "-a", "--reflink=auto", made / "servers", folder], check=True)


def _make(folder: Path, region: str, name: str) -> None:
    """From nothing, or as a copy of another region's: only what its databases are called differs."""
    other = next((done.parent for done in folder.parent.glob("*/done")), None)
    if other is not None:
        _copy(other, folder)
    config = write_region(folder, region=region, name=name, centre="3511", keys=[])
    found = RunningRegion(config).region
    with _postgres(found) as postgres:
        if other is not None:
            asyncio.run(_rename_databases(found, other.name))
        else:
            asyncio.run(create_databases(found))
            asyncio.run(migrate_all(found))
            # Tests kill servers, but nobody cuts the power: what was written is there for the next one.
            with (postgres.folder / "postgresql.conf").open("a") as settings:
                settings.write("fsync = off\n")
    (folder / "done").touch()


@contextmanager
def _postgres(region: Region) -> Iterator[Postgres]:
    assert region.embedded is not None
    password = region.postgres_password("admin") or ""
    postgres = Postgres(region.embedded.folder, region.postgres.port, password)
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()


async def _rename_databases(region: Region, other: str) -> None:
    connection = await asyncpg.connect(
        host=region.postgres.host,
        port=region.postgres.port,
        user="admin",
        password=region.postgres_password("admin"),
        database="postgres",
    )
    try:
        before = region.model_copy(update={"region": other})
        for service in SERVICES:
            await connection.execute(
                f"ALTER DATABASE {before.database(service)} RENAME TO {region.database(service)}"
            )
    finally:
        await connection.close()
