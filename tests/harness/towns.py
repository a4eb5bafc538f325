"""Two running regions with a hub between them, and a proxy before each that a test may cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from services.region.demo.network import serving
from services.region.network.hub import Hub
from services.region.network.joining import join
from tests.harness.proxies import Gate
from tests.harness.town import NOOR, SAM, Town, good, running_town

OOST, WEST = "oost", "west"


@dataclass
class Towns:
    """Oost and west, each with its own coordinators Noor and Sam."""

    oost: Town
    west: Town
    gates: dict[str, Gate]

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
                yield Towns(oost.result(), west.result(), gates)
        finally:
            for gate in gates.values():
                await gate.close()
