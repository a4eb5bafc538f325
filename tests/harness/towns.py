"""Two running regions with a hub between them, and a proxy before each that a test may cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from services.kernel.service import new_id
from services.region.databases import connect
from services.region.demo.network import serving
from services.region.network.hub import Hub
from services.region.network.joining import join
from tests.harness.proxies import Gate
from tests.harness.town import NOOR, SAM, Neighbour, Town, good, running_town

OOST, WEST = "oost", "west"


@dataclass
class Towns:
    """Oost and west, each with its own coordinators Noor and Sam."""

    oost: Town
    west: Town
    gates: dict[str, Gate]
    hub: Hub

    def agree_on_a_cap(self, minutes: int) -> None:
        """Noor of oost proposes it, Sam of west agrees."""
        body = {"peer": WEST, "minutes": minutes}
        proposal = good(self.oost.post("/v1/clearing-caps", body, by=NOOR), 201)["id"]
        self.oost.until(lambda: self.answered(UUID(proposal)), "west hearing of the cap", seconds=30)
        self.oost.until(lambda: self.position(self.oost)["cap_minutes"] == minutes, "the cap", seconds=30)

    def answered(self, proposal_id: UUID) -> bool:
        body = {"peer": OOST, "agree": True}
        path = f"/v1/clearing-caps/{proposal_id}/answers"
        return self.west.post(path, body, by=SAM).status_code == 200

    def position(self, town: Town) -> dict[str, Any]:
        """How a town stands with the other."""
        found: list[dict[str, Any]] = town.read("/v1/positions", by=NOOR)["positions"]
        return found[0] if found else {"cap_minutes": 0, "position_minutes": 0}

    def loan(self, town: Town, loan_id: str) -> dict[str, Any]:
        return town.read(f"/v1/loans/{loan_id}", by=NOOR)

    def peer_of(self, town: Town) -> Town:
        return self.west if town is self.oost else self.oost

    def give(self, town: Town, giver: Neighbour, taker: Neighbour, minutes: int) -> UUID:
        """Minutes for someone of the other town; gives the transfer's id."""
        peer = WEST if town is self.oost else OOST
        body = {"from_account_id": giver.id, "peer": peer, "to_account_id": taker.id, "minutes": minutes}
        made = town.post("/v1/region-transfers", body, by=NOOR, key=str(new_id()))
        return UUID(good(made, 201)["id"])

    async def value(self, town: Town, service: str, sql: str, *arguments: Any) -> Any:
        """One value out of a service's database."""
        database = await connect(town.region.region, service)
        try:
            return await database.fetchval(sql, *arguments)
        finally:
            await database.close()

    async def waiting(self, *towns: Town) -> int:
        """Letters of these towns, or of both, that were not taken yet."""
        sql = "SELECT coalesce(sum(queued - taken), 0) FROM peers"
        return sum([await self.value(town, "link", sql) for town in towns or (self.oost, self.west)])

    async def under_way(self) -> int:
        """Transfers of which one of the two does not know yet how they end."""
        sql = "SELECT count(*) FROM crossings WHERE status IN ('offered', 'accepted')"
        return sum([await self.value(town, "ledger", sql) for town in (self.oost, self.west)])

    def until_loan(self, town: Town, loan_id: str, status: str) -> None:
        town.until(lambda: self.loan(town, loan_id)["status"] == status, f"a loan {status}", seconds=30)


@asynccontextmanager
async def two_towns(folder: Path) -> AsyncIterator[Towns]:
    """Ends what it started, and only that."""
    hub = Hub.init(folder / "hub")
    gates = {name: Gate(hub.address[1]) for name in (OOST, WEST)}

    async def joins(config: Path) -> None:
        name = config.parent.name
        await gates[name].open()
        await join(config, replace(hub.invite(name), hub=f"127.0.0.1:{gates[name].port}"))

    with serving(hub):
        try:
            async with AsyncExitStack() as running:
                # Side by side: each waits most of the time.
                async with asyncio.TaskGroup() as starting:
                    oost, west = (
                        starting.create_task(running.enter_async_context(town))
                        for town in (running_town(folder / name, name=name, joins=joins) for name in gates)
                    )
                yield Towns(oost.result(), west.result(), gates, hub)
        finally:
            for gate in gates.values():
                await gate.close()
