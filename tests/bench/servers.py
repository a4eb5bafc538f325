"""The servers of a run: one PostgreSQL for all, in a temporary folder, and NATS where it is needed."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import psutil

from contracts.catalogue import SERVICES
from services.kernel.database import connection_settings
from services.kernel.errors import Misconfigured
from services.kernel.settings import Region, load
from services.region.configure import write_region
from services.region.databases import create_databases, migrate_all
from services.region.running import ServiceProcess
from services.region.servers import Nats, Postgres, free_port, wait_until

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
PEERS = "peers"
NO_DISK = {"tmpfs", "ramfs"}


@dataclass(frozen=True)
class Place:
    """A region of its own on the shared PostgreSQL server: five empty databases with their tables."""

    config: Path
    region: Region
    environment: dict[str, str]

    def process(self, service: str) -> ServiceProcess:
        """A service of this region as a process of its own, not started yet."""
        log = self.config.parent / "logs" / f"{service}.log"
        return ServiceProcess(service, self.config, log, environment=self.environment)

    @asynccontextmanager
    async def serving(self, *services: str) -> AsyncIterator[list[ServiceProcess]]:
        """These services as real processes, each leading, inside the block."""
        processes = [self.process(service) for service in services]
        try:
            for process in processes:
                process.start()
            for process in processes:
                await until_leading(process)
            yield processes
        finally:
            for process in processes:
                await asyncio.to_thread(process.stop)

    @contextmanager
    def nats(self) -> Iterator[Nats]:
        """The region's NATS server, inside the block."""
        server = Nats(self.config.parent, self.region)
        server.start()
        try:
            yield server
        finally:
            server.stop()


async def until_leading(process: ServiceProcess) -> None:
    """Wait until this process commits. Raises TimeoutError."""

    def leading() -> bool:
        if not process.running:
            raise Misconfigured(f"{process.service} ended:\n{process.log.read_text()[-2000:]}")
        return process.ready() and process.leading()

    await asyncio.to_thread(wait_until, leading, f"{process.service} leading")


@dataclass
class Servers:
    """PostgreSQL as `wederdienst up` starts it, with its data in `folder`, until `stop`."""

    folder: Path
    _places: dict[str, Place] = field(default_factory=dict)

    def start(self) -> None:
        self._secrets = self._write("first").parent / "secrets.toml"
        self.password = load(self.folder / "first" / "region.toml").postgres_password("admin") or ""
        self.postgres = Postgres(self.folder, free_port(), self.password)
        self.postgres.start()

    def stop(self) -> None:
        self.postgres.stop()

    async def place(self, name: str) -> Place:
        """A region of this name, made when it is asked for the first time."""
        if name not in self._places:
            config = self._write(name)
            region = load(config)
            server = region.postgres.model_copy(update={"port": self.postgres.port})
            region = region.model_copy(update={"postgres": server})
            await create_databases(region)
            await migrate_all(region)
            environment = {"WD_POSTGRES__PORT": str(self.postgres.port)}
            self._places[name] = Place(config, region, environment)
        return self._places[name]

    def _write(self, name: str) -> Path:
        """A region's configuration. All have the same secrets: their roles are the server's."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        if name != "first":
            shutil.copy(self._secrets, folder)
        return write_region(
            folder, region=name, name=name.capitalize(), centre="3511", keys=[], embedded=False
        )

    @property
    def peers_login(self) -> dict[str, Any]:
        """How peers log in: the server's admin, a database of their own."""
        return {
            "host": "127.0.0.1",
            "port": self.postgres.port,
            "user": "admin",
            "password": self.password,
            "database": PEERS,
        }

    @asynccontextmanager
    async def admin(self, database: str = "postgres") -> AsyncIterator[Any]:
        """A connection that may do anything."""
        connection: Any = await asyncpg.connect(**(self.peers_login | {"database": database}))
        try:
            yield connection
        finally:
            await connection.close()

    async def durability(self) -> dict[str, str]:
        """The settings that make a commit durable. Raises Misconfigured unless all are on for everyone."""
        async with self.admin() as admin:
            await admin.execute(f"CREATE DATABASE {PEERS}")
        region = (await self.place("bench")).region
        async with AsyncExitStack() as opened:
            connections = [await opened.enter_async_context(self.admin(PEERS))]
            for service in SERVICES:
                connections.append(await asyncpg.connect(**connection_settings(region, service)))
                opened.push_async_callback(connections[-1].close)
            for connection in connections:
                found = {name: str(await connection.fetchval(f"SHOW {name}")) for name in DURABLE}
                if off := [name for name, setting in found.items() if setting != "on"]:
                    raise Misconfigured(f"Not measured: {', '.join(off)} must be on in PostgreSQL.")
        return found

    async def settle(self, *places: Place, service: str = "exchange") -> None:
        """After filling: statistics, visibility map and a checkpoint, so that none comes while measuring."""
        for place in places:
            async with self.admin(place.region.database(service)) as admin:
                await admin.execute("VACUUM (ANALYZE)")
        async with self.admin() as admin:
            await admin.execute("CHECKPOINT")


@contextmanager
def folder_on_a_disk() -> Iterator[Path]:
    """A temporary folder where `fsync` means something. Raises Misconfigured when there is none.

    TMPDIR chooses where; else /var/tmp, which outlives a restart and so is on a disk.
    """
    parent = os.environ.get("TMPDIR") or ("/var/tmp" if os.access("/var/tmp", os.W_OK) else None)
    folder = Path(tempfile.mkdtemp(prefix="wederdienst-bench-", dir=parent))
    try:
        if (kind := file_system(folder)) in NO_DISK:
            raise Misconfigured(
                f"The folder for temporary files is in memory ({kind}): set TMPDIR to one on a disk."
            )
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def file_system(folder: Path) -> str:
    """The kind of file system a folder is on: ext4, xfs, overlay ..."""
    mounted = {Path(one.mountpoint): one.fstype for one in psutil.disk_partitions(all=True)}
    return next((mounted[place] for place in (folder, *folder.parents) if place in mounted), "unknown")


def sync_ms(folder: Path, *, times: int = 50) -> float:
    """How long it takes to append 8 kB to a file and have it on the disk: the median in ms."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(times):
            began = time.perf_counter()
            file.write(bytes(8192))
            file.flush()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return median(took) * 1000
