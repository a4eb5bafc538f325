"""`wederdienst doctor`: what an operator would look at first, each with what to do when it is not right.

Reads only. Every line stands by itself: what cannot be looked at because something before it is
away is said to be so.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosmtplib
import asyncpg
from nats.js.errors import NotFoundError

from contracts import subjects
from contracts.envelope import NOBODY, Role
from services.kernel.bus import Bus
from services.kernel.database import connect, own_address
from services.kernel.erasure import place
from services.kernel.errors import DATABASE_AWAY, NATS_AWAY, Misconfigured, Rejected, Transient
from services.kernel.migrations import migrations, pending
from services.kernel.pulse import PROGRAM_VERSION
from services.kernel.questions import GetState, ServiceState
from services.kernel.settings import Region, load, secret_files
from services.kernel.standbys import missing
from services.kernel.streams import differences, stream_config
from services.region.databases import service_of
from services.region.expiry import certificates
from services.region.finding import Finding, ok
from services.region.operating import OPERATOR

POSTGRES_MAJOR, NATS_VERSION = 16, (2, 11)
CLOCK_SECONDS = 0.5
DISK_WARN, DISK_BAD = 0.20, 0.08
MANY_BEHIND = 1000
CONNECTIONS_OF_A_REPLICA = 9


async def examine(config: Path, *, url: str = "") -> list[Finding]:
    """Look at everything. `url`: where people reach this region, to see its certificate."""
    try:
        region = load(config)
    except Misconfigured as wrong:
        return [Finding("bad", "configuration", str(wrong), "Mend that first; then run doctor again.")]
    findings = [*configuration(region), *permissions(region, config), *disks(region, config), _program()]
    for check in (postgres, transport, mail):
        findings += [finding async for finding in check(region)]
    findings += [finding async for finding in certificates(region, url)]
    return findings


# ---- on this machine


def configuration(region: Region) -> Iterator[Finding]:
    """What may be written down, but not meant."""
    yield ok("configuration", f"{region.name} ({region.region}), {len(region.keys)} keys")
    for role, can in ((Role.COORDINATOR, "coordinate"), (Role.OPERATOR, "see Toestand")):
        if not any(key.as_role is role for key in region.keys):
            says = f"no key has the role {role}: nobody can {can}"
            yield Finding("note", "keys", says, f'Add a [[keys]] table with role = "{role}" to region.toml.')
    if region.organisation == NOBODY:
        says = "`organisation` is not set: events name no organisation as their source"
        yield Finding("note", "configuration", says, "Set it to the OIN of your organisation (20 digits).")
    if region.centre is None:
        says = "`centre` is not set: distances of the map begin nowhere"
        yield Finding("note", "configuration", says, "Set it to a postcode area in the middle (four digits).")


def permissions(region: Region, config: Path) -> Iterator[Finding]:
    """Files that others must not read, and folders that we must be able to write."""
    if secrets := secret_files(config):
        yield ok("permissions", f"{', '.join(file.name for file in secrets)}: read by their owner alone")
    # Where nobody names a folder for logs, a service that `up` did not start writes to its standard output.
    logs = region.logs or (config.parent / "logs" if region.embedded else None)
    for name, folder in {"logs": logs, "erasures": place(region).parent}.items():
        if folder is None:
            continue
        there = next(each for each in (folder, *folder.parents) if each.exists())
        if os.access(there, os.W_OK):
            yield ok("permissions", f"{name}: {folder} can be written")
        else:
            do = f"Give: chown {os.getuid()} {folder}"
            yield Finding("bad", "permissions", f"{name}: {folder} cannot be written", do)


def disks(region: Region, config: Path) -> Iterator[Finding]:
    """Room on each disk that the region writes to from here."""
    embedded = region.embedded.folder if region.embedded else None
    seen: set[int] = set()
    for folder in (config.parent, region.logs, place(region).parent, embedded):
        if folder is None or not folder.exists() or (disk := folder.stat().st_dev) in seen:
            continue
        seen.add(disk)
        usage = shutil.disk_usage(folder)
        free = usage.free / usage.total
        says = f"{folder}: {free:.0%} free ({usage.free / 1e9:.0f} GB)"
        if free < DISK_BAD:
            yield Finding("bad", "disk", says, "Make room now: PostgreSQL stops when the disk is full.")
        elif free < DISK_WARN:
            yield Finding("note", "disk", says, "Make room, or take a larger disk.")
        else:
            yield ok("disk", says)


def _program() -> Finding:
    return ok("versions", f"wederdienst {PROGRAM_VERSION}, Python {sys.version.split()[0]}")


# ---- PostgreSQL


async def postgres(region: Region) -> AsyncIterator[Finding]:
    """Every service's database: reached, up to date, durable; and the server's clock."""
    first = True
    for service in region.services:
        try:
            database = await connect(**own_address(region, service), timeout=5)
        except DATABASE_AWAY as away:
            servers = ", ".join(f"{host}:{port}" for host, port in region.postgres.addresses)
            yield Finding(
                "bad",
                "postgres",
                f"{service}: no connection to {servers} ({type(away).__name__})",
                "Start PostgreSQL, or look at [postgres] in region.toml and its password in the secrets.",
            )
            if first and isinstance(away, OSError):
                return
            continue
        try:
            if first:
                async for finding in server(region, database):
                    yield finding
            first = False
            yield await _tables(region, service, database)
        finally:
            await database.close()


async def server(region: Region, database: Any) -> AsyncIterator[Finding]:
    """PostgreSQL itself: its version, what it promises, its connections, its clock."""
    major = int(await database.fetchval("SHOW server_version_num")) // 10_000
    old = Finding("bad", "versions", f"PostgreSQL {major}", f"Upgrade it to {POSTGRES_MAJOR} or later.")
    yield ok("versions", f"PostgreSQL {major}") if major >= POSTGRES_MAJOR else old
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        if await database.fetchval(f"SHOW {setting}") == "off":
            says = f"{setting} is off: what was answered may be lost when the power fails"
            yield Finding("bad", "postgres", says, f"Set {setting} = on in postgresql.conf and reload.")
    most = int(await database.fetchval("SHOW max_connections"))
    needed = len(region.services) * max(2, region.replicas) * CONNECTIONS_OF_A_REPLICA + 10
    if most < needed:
        says = f"max_connections is {most}; two replicas of every service may use {needed}"
        do = f"Set max_connections = {needed} or more and restart PostgreSQL."
        yield Finding("note", "postgres", says, do)
    if away := await missing(database):
        says = f"it waits for {away} synchronous standby that is not connected: no commit ends"
        yield Finding("bad", "postgres", says, "See docs/runbooks/standby-missing.md.")
    before = datetime.now(UTC)
    theirs = await database.fetchval("SELECT clock_timestamp()")
    after = datetime.now(UTC)
    differs = max(before - theirs, theirs - after, timedelta(0)).total_seconds()
    if differs > CLOCK_SECONDS:
        says = f"this machine and PostgreSQL differ by {differs:.1f} s"
        yield Finding("bad", "clocks", says, "Let both follow NTP (systemd-timesyncd or chrony).")
    else:
        yield ok("clocks", f"this machine and PostgreSQL agree within {CLOCK_SECONDS} s")


async def _tables(region: Region, service: str, database: Any) -> Finding:
    try:
        missing = await pending(database, migrations(service, service_of(service, region).sql))
    except asyncpg.PostgresError as wrong:
        return Finding("bad", "tables", f"{service}: {type(wrong).__name__}", "Give: wederdienst migrate")
    if missing:
        return Finding(
            "bad", "tables", f"{service}: {', '.join(missing)} missing", "Give: wederdienst migrate"
        )
    return ok("tables", f"{service}: up to date")


# ---- NATS, and the services behind it


@asynccontextmanager
async def _operator(region: Region) -> AsyncIterator[Bus]:
    bus = Bus(region, "operator")
    async with asyncio.timeout(5):
        await bus.connect()
    try:
        yield bus
    finally:
        await bus.close()


async def transport(region: Region) -> AsyncIterator[Finding]:
    """NATS, its streams, and how every service says that it is."""
    try:
        async with _operator(region) as bus:
            version = bus.client.connected_server_version
            yield nats_version(version.major, version.minor, version.patch)
            for service in region.services:
                yield await _stream(region, bus, service)
            states = {service: await _state(bus, service) for service in region.services}
            for service, state in states.items():
                for finding in running(region, service, state, states):
                    yield finding
    except (TimeoutError, Misconfigured, *NATS_AWAY) as away:
        servers = " ".join(region.nats.urls)
        yield Finding(
            "bad",
            "nats",
            f"no connection to {servers} ({type(away).__name__})",
            "Start NATS, or look at [nats] in region.toml and the password of `operator` in the secrets.",
        )


def nats_version(major: int, minor: int, patch: int) -> Finding:
    """Whether this NATS has what the program asks of it."""
    found = f"NATS {major}.{minor}.{patch}"
    if (major, minor) >= NATS_VERSION:
        return ok("versions", found)
    return Finding("bad", "versions", found, f"Upgrade it to {'.'.join(map(str, NATS_VERSION))} or later.")


async def _stream(region: Region, bus: Bus, service: str) -> Finding:
    name = subjects.stream(service)
    try:
        info = await bus.client.jetstream(timeout=2).stream_info(name)
    except NotFoundError:
        return Finding("note", "streams", f"{name} is not there", "Start the service: it makes its stream.")
    except NATS_AWAY as away:
        says = f"{name}: {type(away).__name__}"
        return Finding("bad", "streams", says, "Switch on JetStream in NATS's configuration.")
    wanted = stream_config(region.region, service, region.nats.stream_days, region.nats.copies)
    if differs := differences(wanted, info.config):
        says = f"{name} is configured otherwise: {', '.join(sorted(differs))}"
        return Finding("note", "streams", says, f"Compare with `nats stream info {name}`; nothing is lost.")
    return ok("streams", f"{name}: {info.state.messages} messages")


async def _state(bus: Bus, service: str) -> ServiceState | None:
    try:
        return await bus.ask(GetState(), ServiceState, OPERATOR, to=service, seconds=3)
    except (Transient, Rejected):
        return None


def running(
    region: Region, service: str, state: ServiceState | None, states: dict[str, ServiceState | None]
) -> Iterator[Finding]:
    """What a service says of itself, against what it should."""
    if state is None:
        do = f"Start it: wederdienst serve {service}. Its log says why it ended."
        yield Finding("bad", "services", f"{service} does not answer", do)
        return
    heads = {name: each.head for name, each in states.items() if each is not None}
    there = [copy for copy in state.replicas if not copy.silent]
    if not any(copy.leading for copy in there):
        waits = sorted({part for copy in there for part in copy.waits_for}) or ["nothing that it knows"]
        do = "See docs/runbooks/no-leader.md."
        yield Finding("bad", "services", f"{service}: nobody leads; it waits for {', '.join(waits)}", do)
    else:
        yield ok("services", f"{service}: {len(there)} running, head {state.head}")
    if len(there) < region.replicas:
        do = f"Start it on the other machine: wederdienst serve {service}"
        yield Finding("note", "services", f"{service}: {len(there)} of {region.replicas} replicas run", do)
    if others := {copy.version for copy in there} - {PROGRAM_VERSION}:
        says = f"{service} runs {', '.join(sorted(others))}, this is {PROGRAM_VERSION}"
        yield Finding("note", "versions", says, "Finish the upgrade: start the older replicas again.")
    if state.parked_count:
        do = "See docs/runbooks/events-parked.md, then: wederdienst park list"
        yield Finding("bad", "lag", f"{service}: {state.parked_count} events are parked", do)
    if state.forks:
        do = "See docs/runbooks/log-forked.md, then: wederdienst forks list"
        yield Finding("bad", "lag", f"{service}: {state.forks} ranges of effects are without their cause", do)
    behind = {
        name: heads[name] - at for name, at in state.marks.items() if heads.get(name, 0) - at > MANY_BEHIND
    }
    for source, count in behind.items():
        do = "After an import this is usual: look again in a minute. Else docs/runbooks/follower-lag.md."
        yield Finding("note", "lag", f"{service} is {count} events behind {source}", do)
    if state.timers_late:
        do = "See docs/runbooks/timers-late.md."
        yield Finding("note", "lag", f"{service}: {state.timers_late} timers are late", do)


# ---- what is outside


async def mail(region: Region) -> AsyncIterator[Finding]:
    """Whether the mail server takes connections; nothing is sent."""
    where = f"{region.mail.host}:{region.mail.port}"
    try:
        async with aiosmtplib.SMTP(hostname=region.mail.host, port=region.mail.port, timeout=5):
            yield ok("mail", f"{where} answers")
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as away:
        do = "Start the mail server, or look at [mail] in region.toml. Messages wait meanwhile."
        yield Finding("bad", "mail", f"{where}: {type(away).__name__}", do)
