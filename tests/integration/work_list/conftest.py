"""An empty database with the coordinator instance's tables, new for each test, and an office on it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from services.coordinator import app as coordinator_app
from tests.harness.leader import Leader, Place, place
from tests.harness.town import Town
from tests.integration.work_list.office import ANNA, BRAM, FAR, THERE, Office, registered
from tests.unit.neighbours import REGION


@pytest_asyncio.fixture(loop_scope="session")
async def here(town: Town) -> AsyncIterator[Place]:
    async with place(town.region.region, coordinator_app.service(REGION)) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def leader(here: Place) -> AsyncIterator[Leader]:
    async with here.leading() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def office(here: Place) -> Office:
    office = Office(here.pool)
    await office.told(*registered(ANNA, 1001), *registered(BRAM, 1002), *registered(FAR, 1003, pc4=THERE))
    return office
