"""One PostgreSQL cluster with empty tables for a whole test run: each region begins as a copy of it.

Making a cluster, five databases and their tables takes seconds, and every run starts dozens. How
they are made for the first time is what the demo's and README's tests go through.
"""

import asyncio
import fcntl
import shutil
import subprocess
from pathlib import Path

from services.region.configure import write_region
from services.region.databases import create_databases, migrate_all
from services.region.running import RunningRegion
from services.region.servers import Postgres

place: Path | None = None
"""Where this run keeps it; None outside of pytest."""


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
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(made / "secrets.toml", folder)
    # Owners too: PostgreSQL runs as a user of its own.
    subprocess.run(["cp", "-a", "--reflink=auto", made / "servers", folder], check=True)


def _make(folder: Path, region: str, name: str) -> None:
    config = write_region(folder, region=region, name=name, centre="3511", keys=[])
    found = RunningRegion(config).region
    assert found.embedded is not None
    postgres = Postgres(found.embedded.folder, found.postgres.port, found.postgres_password("admin") or "")
    postgres.start()
    try:
        asyncio.run(create_databases(found))
        asyncio.run(migrate_all(found))
    finally:
        postgres.stop()
    # Tests kill servers, but nobody cuts the power: what was written is there for the next one.
    with (postgres.folder / "postgresql.conf").open("a") as settings:
        settings.write("fsync = off\n")
    (folder / "done").touch()
