"""Every fault prints its seed; `--seed N` runs it again with the same dice.

Faults take servers away and bring them back: only embedded ones are theirs to kill.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.harness import servers
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.regions import Mailbox, RunningRegion, real_region


@pytest.fixture(autouse=True)
def _embedded_servers() -> None:
    if servers.chosen is not servers.Servers.EMBEDDED:
        pytest.skip(f"Faults kill their servers, which --servers={servers.chosen} cannot bear: leave it out.")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    chosen = request.config.getoption("--seed")
    found = int(chosen) if chosen is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {found}: again with --seed {found}")
    return found


@dataclass
class Shared:
    """A region that one fault after another comes over. Each begins with everything running."""

    region: RunningRegion
    mailbox: Mailbox
    kills: int = 0
    """How often the sender of mails was cut off, of all that came before too."""

    async def holds(self, place: Neighbourhood) -> None:
        """What was answered is there, once, and so is all that came before."""
        await asyncio.to_thread(self.region.wait_ready)
        await assert_all_holds(
            self.region.region,
            place.answered,
            folder=self.region.config.parent,
            mailbox=self.mailbox,
            kills=self.kills,
        )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _one_region(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shared]:
    async with real_region(tmp_path_factory.mktemp("shared")) as (region, mailbox):
        yield Shared(region, mailbox)


@pytest_asyncio.fixture(loop_scope="session")
async def shared(_one_region: Shared) -> Shared:
    """For faults after which a region is as whole as before; the others have one of their own."""
    await asyncio.to_thread(_one_region.region.wait_ready)
    return _one_region
