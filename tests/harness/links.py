"""Regions reduced to their link: real PostgreSQL, real NATS, a real hub with proxies before it.

Each region has its own database and its own NATS server, and reaches the hub through a proxy of its own
that a test may cut. The link's replica runs in this process, so a test can have letters written as the
follower of exchange and ledger would.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from contracts.link import PEER_SPACE, QueueLetter
from services.kernel.deciding import Item
from services.kernel.runtime import Replica
from services.kernel.service import new_id
from services.kernel.settings import Region, load
from services.link.office import ITSELF
from services.region.configure import write_region
from services.region.databases import connect, create_databases, migrate_all, service_of
from services.region.network.hub import Hub, Invitation
from services.region.network.joining import join
from services.region.network.registrar import HubServer, Registrar
from services.region.servers import Nats, Postgres
from tests.harness.proxies import Gate
from tests.harness.waiting import until


@dataclass
class LinkedRegion:
    """One region's link. `gate` is between it and the hub."""

    name: str
    config: Path
    gate: Gate
    nats: Nats
    replica: Replica | None = None
    _living: asyncio.Task[None] | None = None
    wrote: list[UUID] = field(default_factory=list)

    @property
    def region(self) -> Region:
        return load(self.config)

    async def start(self) -> None:
        """Lead; as a process that starts does."""
        region = self.region
        self.replica = Replica(region, service_of("link", region))
        self._living = asyncio.create_task(self.replica._live())
        await until(self._leads, f"the link of {self.name} leading")

    async def _leads(self) -> bool:
        assert self._living is not None
        if self._living.done():
            self._living.result()
        return self.replica is not None and hasattr(self.replica, "loop") and self.replica.loop.leading

    async def stop(self) -> None:
        if self._living is not None:
            self._living.cancel()
            with suppress(asyncio.CancelledError):
                await self._living
            self._living = None

    async def write(self, to: str, count: int = 1, *, thread: UUID | None = None) -> None:
        """Have letters written to a region, as followed events ask it."""
        assert self.replica is not None
        submit = self.replica.loop.submit
        answers = []
        for _ in range(count):
            n = len(self.wrote)
            letter_id = new_id()
            self.wrote.append(letter_id)
            command = QueueLetter(
                peer=to,
                thread_id=thread or uuid5(PEER_SPACE, f"{self.name}/{n % 50}"),
                name="ProofSent",
                version=1,
                data={"n": n, "text": "x" * 200},
            )
            answers.append(submit(Item(letter_id, ITSELF, command=command)))
            if len(answers) == 500:
                await asyncio.gather(*answers)
                answers.clear()
        await asyncio.gather(*answers)

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """Rows of the link's own database."""
        database = await connect(self.region, "link")
        try:
            return list(await database.fetch(sql, *arguments))
        finally:
            await database.close()

    async def received(self, sender: str) -> list[UUID]:
        """The letters of a region that are in the log here, in order."""
        rows = await self.fetch(
            "SELECT data->>'letter_id' AS id FROM events WHERE name = 'LetterReceived' "
            "AND data->>'peer' = $1 ORDER BY position",
            sender,
        )
        return [UUID(row["id"]) for row in rows]

    async def count(self, sql: str, *arguments: Any) -> int:
        return int((await self.fetch(sql, *arguments))[0][0])

    async def waiting(self) -> int:
        return await self.count(
            "SELECT coalesce(sum(queued - taken), 0) FROM peers WHERE status <> 'unknown'"
        )


@dataclass
class Linked:
    """The regions of a test, and the hub between them."""

    folder: Path
    hub: Hub
    server: HubServer
    regions: dict[str, LinkedRegion]
    _registrar: asyncio.Task[None] | None = None

    def __getitem__(self, name: str) -> LinkedRegion:
        return self.regions[name]

    async def start_hub(self) -> None:
        await asyncio.to_thread(self.server.start)
        self._registrar = asyncio.create_task(Registrar(self.hub).run())

    async def stop_hub(self, **how: Any) -> None:
        if self._registrar is not None:
            self._registrar.cancel()
            with suppress(asyncio.CancelledError):
                await self._registrar
        await asyncio.to_thread(self.server.stop, **how)

    async def drained(self, seconds: float = 10.0) -> None:
        """Wait until nothing waits anywhere."""

        async def nothing_waits() -> bool:
            return not any([await region.waiting() for region in self.regions.values()])

        await until(nothing_waits, "every letter being taken", seconds=seconds)


@asynccontextmanager
async def linked_regions(
    folder: Path, names: Sequence[str], *, greet_seconds: float = 1.0, started: bool = True
) -> AsyncIterator[Linked]:
    """Regions that have joined one hub, each with its link leading. Ends only what it started."""
    postgres: Postgres | None = None
    linked = Linked(folder, hub := Hub.init(folder / "hub"), HubServer(hub), {})
    gates: list[Gate] = []
    try:
        await linked.start_hub()
        for name in names:
            config = write_region(folder / name, region=name, name=name.capitalize(), centre="3511", keys=[])
            if postgres is None:
                region = load(config)
                postgres = Postgres(
                    folder / "servers", region.postgres.port, region.postgres_password("admin") or ""
                )
                shared = (config.parent / "secrets.toml").read_text()
                await asyncio.to_thread(postgres.start)
            else:
                # One database server for all: the roles' passwords are the first region's.
                (config.parent / "secrets.toml").write_text(shared)
                _use_port(config, postgres.port)
            region = load(config)
            nats = Nats(config.parent / "servers", region)
            (config.parent / "servers").mkdir(exist_ok=True)
            await asyncio.to_thread(nats.start)
            await create_databases(region)
            await migrate_all(region)
            gate = Gate(hub.address[1])
            await gate.open()
            gates.append(gate)
            await join(config, _through(hub.invite(name), gate.port))
            _greet_every(config, greet_seconds)
            linked.regions[name] = LinkedRegion(name, config, gate, nats)
        if started:
            for one in linked.regions.values():
                await one.start()
        yield linked
    finally:
        for one in linked.regions.values():
            await one.stop()
        for gate in gates:
            await gate.close()
        await linked.stop_hub()
        for one in linked.regions.values():
            await asyncio.to_thread(one.nats.stop)
        if postgres is not None:
            await asyncio.to_thread(postgres.stop)
        shutil.rmtree(folder / "servers", ignore_errors=True)


def _through(invitation: Invitation, port: int) -> Invitation:
    """The same hub, by way of a proxy."""
    return Invitation(
        f"127.0.0.1:{port}",
        invitation.region,
        invitation.seed,
        invitation.signing_key,
        invitation.sealing_key,
    )


def _greet_every(config: Path, seconds: float) -> None:
    config.write_text(config.read_text().replace("[network]\n", f"[network]\ngreet_seconds = {seconds}\n"))


def _use_port(config: Path, port: int) -> None:
    own = load(config).postgres.port
    config.write_text(config.read_text().replace(f"[postgres]\nport = {own}", f"[postgres]\nport = {port}"))
