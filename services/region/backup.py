"""Backups: every service's database at one and the same instant, and putting them back.

    2026-11-30T182400Z/
      backup.json       region, release, time, head of every log, checksum of every file
      members.dump      one a service, in pg_dump's custom format
      erasures.txt      the list of erasures as it was then

For the blink in which the instant is fixed no service commits; then pg_dump reads at its leisure.
So no log in a backup holds the effect of an event that another log in it does not hold. NATS is not
in it: its streams are filled again from the logs. It holds personal data: keep it as you keep the
databases, and no longer than you say you do.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import BaseModel, ValidationError

from contracts.catalogue import SERVICES
from services.kernel.entity import Kind
from services.kernel.erasure import FILE as ERASURES
from services.kernel.erasure import Erasures, place
from services.kernel.errors import DATABASE_AWAY, Misconfigured
from services.kernel.migrations import migrations
from services.kernel.settings import Region
from services.region.databases import connect, migrate_all, service_of
from services.region.operating import note_job
from services.region.servers import postgres_program

MANIFEST = "backup.json"
STAMP = "%Y-%m-%dT%H%M%SZ"
LOCK_MILLISECONDS = 200
LOCK_TRIES = 20
PAUSE_SECONDS = 0.5


class Head(BaseModel):
    """Where one log was, and which tables it had."""

    epoch: int
    position: int
    migrations: tuple[str, ...]
    sha256: str = ""


class Manifest(BaseModel):
    """What a backup holds."""

    region: str
    release: str
    taken_at: datetime
    logs: dict[str, Head]


async def take(region: Region, to: Path) -> tuple[Path, Manifest]:
    """Back up every database into a new folder under `to`; returns that folder and what is in it.

    One that fails leaves nothing behind; where the machine itself stopped, a folder whose name ends in
    `.part`. How it ended is kept with the region's jobs. Raises Misconfigured when pg_dump is missing or
    fails or PostgreSQL does not answer, asyncpg's errors and OSError when that ends on the way.
    """
    try:
        folder, manifest = await _take(region, to)
    except (Misconfigured, *DATABASE_AWAY) as why:
        with suppress(Misconfigured, *DATABASE_AWAY):
            await note_job(region, "backup", ok=False, said=type(why).__name__)
        raise
    await note_job(region, "backup", ok=True, said=folder.name)
    return folder, manifest


async def _take(region: Region, to: Path) -> tuple[Path, Manifest]:
    async with one_instant(region) as snapshots:
        taken_at = datetime.now(UTC)
        manifest = Manifest(
            region=region.region,
            release=version("wederdienst"),
            taken_at=taken_at,
            logs={service: head for service, (_, head) in snapshots.items()},
        )
        folder = to / taken_at.strftime(STAMP)
        part = folder.with_suffix(".part")
        part.mkdir(parents=True, mode=0o700)
        try:
            for service, (snapshot, head) in snapshots.items():
                head.sha256 = await _dump(region, service, snapshot, part / f"{service}.dump")
        except BaseException:
            # It holds people's names: nobody would ever remove it.
            shutil.rmtree(part)
            raise
    if (erasures := place(region)).exists():
        shutil.copy(erasures, part / ERASURES)
    (part / MANIFEST).write_text(manifest.model_dump_json(indent=2))
    await asyncio.to_thread(_settle, part)
    part.rename(folder)
    return folder, manifest


async def _dump(region: Region, service: str, snapshot: str, file: Path) -> str:
    """Write one database as it was then; returns the file's checksum."""
    await asyncio.to_thread(file.touch, 0o600)
    await _run(
        region,
        service,
        "pg_dump",
        *("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"),
        f"--file={file}",
        f"--dbname={region.postgres.dsn(f'wd_{service}', region.database(service))}",
    )
    return await asyncio.to_thread(_checksum, file)


def forget_older(to: Path, region: Region, keep: int) -> list[Path]:
    """Remove all but the newest `keep` of a region's backups under `to`; returns which."""
    whole = (file for file in sorted(to.glob(f"*/{MANIFEST}")) if file.parent.suffix != ".part")
    ours = [file.parent for file in whole if _read(file).region == region.region]
    older = ours[: max(0, len(ours) - keep)]
    for folder in older:
        shutil.rmtree(folder)
    return older


async def put_back(region: Region, folder: Path, services: Sequence[str] = ()) -> Manifest:
    """Put a backup's databases (of `services`, or all) in the place of what is there.

    Everything is looked at before anything is touched. Raises Misconfigured when it is another
    region's backup, a later release's, damaged, or when a service still runs.
    """
    manifest = _read(folder / MANIFEST)
    chosen = tuple(services) or tuple(manifest.logs)
    await asyncio.to_thread(_check, region, folder, manifest, chosen)
    for service in chosen:
        await _nobody_there(region, service)
    for service in chosen:
        database = await connect(region, service)
        try:
            await database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        finally:
            await database.close()
        await _run(
            region,
            service,
            "pg_restore",
            *("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"),
            f"--dbname={region.postgres.dsn(f'wd_{service}', region.database(service))}",
            str(folder / f"{service}.dump"),
        )
    await migrate_all(region)
    # Only added to: who was erased since stays erased.
    Erasures(place(region)).add(Erasures(folder / ERASURES).read())
    await note_job(region, "restore", ok=True, said=folder.name)
    return manifest


@asynccontextmanager
async def one_instant(region: Region) -> AsyncIterator[dict[str, tuple[str, Head]]]:
    """A snapshot of every database, between the same two commits of all of them; for the block."""
    async with AsyncExitStack() as stack:

        async def opened() -> Mapping[str, Any]:
            found = {service: await connect(region, service) for service in SERVICES}
            for connection in found.values():
                stack.push_async_callback(connection.close)
            return found

        holding, reading = await opened(), await opened()
        try:
            await _hold_all(list(holding.values()))
            kinds = {service: service_of(service, region).kinds for service in reading}
            snapshots = await _all(_snapshot(reading[service], kinds[service]) for service in reading)
        finally:
            # Closing lets go, whatever state they are in.
            await asyncio.gather(*(connection.close() for connection in holding.values()))
        yield dict(zip(reading, snapshots, strict=True))


async def _hold_all(connections: Sequence[Any]) -> None:
    """Keep every commit of these logs waiting. Reads go on. Raises Misconfigured when one stays locked.

    All or none, and never for long: who waits for a commit longer than a lease loses the lead.
    """
    for _ in range(LOCK_TRIES):
        try:
            await _all(_hold(connection) for connection in connections)
            return
        except asyncpg.LockNotAvailableError:
            await _all(connection.execute("ROLLBACK") for connection in connections)
        await asyncio.sleep(PAUSE_SECONDS)
    raise Misconfigured("A log stays locked (does a rebuild run?). Try again when that is done.")


async def _all(doing: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """The results, in order; every one comes to its end before the first error is raised."""
    results = await asyncio.gather(*doing, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


async def _hold(connection: Any) -> None:
    await connection.execute(f"BEGIN; SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'")
    await connection.execute("LOCK TABLE log_head IN SHARE MODE")


async def _snapshot(connection: Any, kinds: Iterable[Kind[Any]]) -> tuple[str, Head]:
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # From before the snapshot on: in a table that a rebuild swapped in later it would see no rows.
    tables = ", ".join(kind.table for kind in kinds)
    await connection.execute(f"LOCK TABLE {tables} IN ACCESS SHARE MODE")
    name = await connection.fetchval("SELECT pg_export_snapshot()")
    head = await connection.fetchrow("SELECT epoch, position FROM log_head")
    applied = await connection.fetch("SELECT name FROM migrations ORDER BY name")
    return name, Head(**dict(head), migrations=tuple(row["name"] for row in applied))


def _read(manifest: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(manifest.read_bytes())
    except FileNotFoundError:
        raise Misconfigured(
            f"{manifest.parent} is no backup: it has no {MANIFEST}. Give the folder with the date."
        ) from None
    except ValidationError:
        raise Misconfigured(f"{manifest} is damaged. Take another backup.") from None


def _check(region: Region, folder: Path, manifest: Manifest, services: Sequence[str]) -> None:
    if manifest.region != region.region:
        raise Misconfigured(f"{folder} is of region {manifest.region!r}, and this is {region.region!r}.")
    for service in services:
        if service not in manifest.logs:
            raise Misconfigured(f"{folder} holds nothing of {service!r}: {', '.join(manifest.logs)}.")
        head = manifest.logs[service]
        known = {m.name for m in migrations(service, service_of(service, region).sql)}
        if later := set(head.migrations) - known:
            raise Misconfigured(
                f"{folder} was made by release {manifest.release}, which has tables that this release does "
                f"not know ({', '.join(sorted(later))}). Install that release first."
            )
        file = folder / f"{service}.dump"
        if not file.is_file() or _checksum(file) != head.sha256:
            raise Misconfigured(f"{file} is missing or damaged. Take another backup.")


async def _nobody_there(region: Region, service: str) -> None:
    database = await connect(region, service)
    try:
        others = await database.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name LIKE 'wd-%'"
        )
    finally:
        await database.close()
    if others:
        raise Misconfigured(f"{service} still runs. Stop the region's services (not NATS), then again.")


async def _run(region: Region, service: str, program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        postgres_program(program, tls=region.postgres.tls != "off"),
        *arguments,
        env={**os.environ, "PGPASSWORD": region.postgres_password(service) or "", "PGCONNECT_TIMEOUT": "10"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    if process.returncode != 0:
        raise Misconfigured(f"{program} of {service} failed: {told.decode(errors='replace')[-800:].strip()}")


def _checksum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _settle(folder: Path) -> None:
    """Have the disk hold all of it before it gets its name."""
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
