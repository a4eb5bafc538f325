"""Regions reduced to their link: real PostgreSQL, real NATS, a real hub with proxies before it.

Each region has its own database and its own NATS server, and reaches the hub through a proxy of its own
that a test may cut. The link's replica runs in this process, so a test can have letters written as the
follower of exchange and ledger would.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from prometheus_client import CollectorRegistry

from contracts.envelope import Answer
from contracts.link import PEER_SPACE, GetPeers, Peers, QueueLetter, SettleForgotten
from services.kernel.deciding import Item
from services.kernel.gauges import Gauges
from services.kernel.runtime import Replica
from services.kernel.service import new_id
from services.kernel.settings import Region, load
from services.link.keys import Keys
from services.link.office import ITSELF
from services.region.configure import write_region
from services.region.databases import connect, create_databases, migrate_all, service_of
from services.region.network.hub import Hub
from services.region.network.joining import join
from services.region.network.registrar import HubServer, Registrar
from services.region.servers import Nats, Postgres
from tests.harness.proxies import Gate
from tests.harness.waiting import until

GREET_SECONDS = 1.0


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

    @cached_property
    def region(self) -> Region:
        return load(self.config)

    async def start(self) -> None:
        """Lead; as a process that starts does."""
        # It may have joined since it was looked at.
        self.__dict__.pop("region", None)
        self.replica = Replica(self.region, service_of("link", self.region))
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

    async def write(self, to: str, count: int = 1) -> None:
        """Have letters written to a region, as followed events ask it."""
        answers = []
        for _ in range(count):
            letter_id = new_id()
            self.wrote.append(letter_id)
            answers.append(self._written(to, letter_id))
            if len(answers) == 500:
                await asyncio.gather(*answers)
                answers.clear()
        await asyncio.gather(*answers)

    async def write_to_nobody(self, to: str, count: int) -> None:
        """Letters to a region that will not take them."""
        await asyncio.gather(*(self._written(to, new_id()) for _ in range(count)))

    async def write_again(self, to: str, letter_id: UUID) -> None:
        """The same letter, as when the event that led to it is followed once more."""
        self.wrote.append(letter_id)
        await self._written(to, letter_id)

    def _written(self, to: str, letter_id: UUID) -> "asyncio.Future[Answer]":
        assert self.replica is not None
        n = letter_id.int % 50
        command = QueueLetter(
            peer=to,
            thread_id=uuid5(PEER_SPACE, f"{self.name}/{n}"),
            name="ProofSent",
            version=1,
            data={"n": n, "text": "x" * 200},
        )
        return self.replica.loop.submit(Item(letter_id, ITSELF, command=command))

    async def peers(self) -> Peers:
        """What the link answers about the others."""
        assert self.replica is not None
        answer = self.replica.service.answers[GetPeers]
        found = await answer(self.replica, GetPeers(), ITSELF)
        assert isinstance(found, Peers)
        return found

    async def settle(self, thread_id: UUID) -> None:
        """People looked at a matter of which letters were forgotten."""
        assert self.replica is not None
        command = await self.replica._ready(SettleForgotten(thread_id=thread_id), ITSELF)
        answer = await self.replica.decide(command, ITSELF, new_id())
        assert answer.refusal is None, answer.refusal

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

    async def shows(self, name: str, wanted: float, **labels: str) -> bool:
        """Whether Prometheus is shown this number, where it is measured now and not in a while."""
        assert self.replica is not None
        registry = CollectorRegistry()
        await Gauges("link", self.replica.service.gauges, registry).measure(self.replica.pool)
        return registry.get_sample_value(name, labels) == wanted

    def refused(self) -> dict[str, float]:
        """How many messages Prometheus is shown to have been refused, by reason."""
        assert self.replica is not None
        return {
            sample.labels["reason"]: sample.value
            for family in self.replica.metrics.messages_refused.collect()
            for sample in family.samples
            if sample.name == "wd_link_refused_total"
        }

    async def count(self, sql: str, *arguments: Any) -> int:
        return int((await self.fetch(sql, *arguments))[0][0])

    async def waiting(self, to: str) -> int:
        """Letters that a region has not taken yet."""
        sql = "SELECT coalesce(sum(queued - taken), 0) FROM peers WHERE peer = $1"
        return await self.count(sql, to)


@dataclass
class Linked:
    """The regions of a test, and the hub between them."""

    folder: Path
    hub: Hub
    server: HubServer
    postgres: Postgres
    regions: dict[str, LinkedRegion]
    gates: dict[str, Gate] = field(default_factory=dict)
    _registrar: asyncio.Task[None] | None = None

    async def join(self, name: str) -> None:
        """Be invited, and join, through the region's gate."""
        config = self.folder / name / "region.toml"
        invitation = replace(self.hub.invite(name), hub=f"127.0.0.1:{self.gates[name].port}")
        await join(config, invitation)
        often = f"[network]\ngreet_seconds = {GREET_SECONDS}\n"
        # Joining again keeps it.
        if "greet_seconds" not in (text := config.read_text()):
            config.write_text(text.replace("[network]\n", often))

    def keys(self, name: str) -> Keys:
        """The own keys of a region, also of a silent one."""
        return Keys.load(self.folder / name / "link-keys.json")

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
            sql = "SELECT coalesce(sum(queued - taken), 0) FROM peers WHERE peer = ANY($1)"
            return not any([await one.count(sql, list(self.regions)) for one in self.regions.values()])

        await until(nothing_waits, "every letter being taken", seconds=seconds, pause_seconds=0.05)


@asynccontextmanager
async def linked_regions(
    folder: Path, names: Sequence[str], *, silent: Sequence[str] = ()
) -> AsyncIterator[Linked]:
    """Regions that have joined one hub, each with its link leading. Ends only what it started.

    The `silent` ones have joined too, and have nothing but their keys.
    """
    configs = {name: _configured(folder / name, name) for name in (*names, *silent)}
    first = load(configs[names[0]])
    secrets = configs[names[0]].with_name("secrets.toml").read_text()
    # One database server for all.
    postgres = Postgres(folder / "servers", first.postgres.port, first.postgres_password("admin") or "")
    hub = Hub.init(folder / "hub")
    linked = Linked(folder, hub, HubServer(hub), postgres, {})
    try:
        await linked.start_hub()
        await asyncio.to_thread(postgres.start)
        for name, config in configs.items():
            gate = Gate(hub.address[1])
            await gate.open()
            linked.gates[name] = gate
            await linked.join(name)
            if name in silent:
                continue
            own = f"[postgres]\nport = {load(config).postgres.port}"
            config.write_text(config.read_text().replace(own, f"[postgres]\nport = {postgres.port}"))
            config.with_name("secrets.toml").write_text(secrets)
            region = load(config)
            (config.parent / "servers").mkdir()
            linked.regions[name] = LinkedRegion(name, config, gate, Nats(config.parent / "servers", region))
            await asyncio.to_thread(linked[name].nats.start)
            await create_databases(region, ["link"])
            await migrate_all(region, ["link"])
        await asyncio.gather(*(one.start() for one in linked.regions.values()))
        yield linked
    finally:
        for one in linked.regions.values():
            await one.stop()
        for gate in linked.gates.values():
            await gate.close()
        await linked.stop_hub()
        for one in linked.regions.values():
            await asyncio.to_thread(one.nats.stop)
        await asyncio.to_thread(postgres.stop)


def _configured(folder: Path, name: str) -> Path:
    return write_region(folder, region=name, name=name.capitalize(), centre="3511", keys=[])
