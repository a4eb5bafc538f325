"""A region of real processes on PostgreSQL and NATS in containers: the same life, the same checks."""

from pathlib import Path

import pytest

from services.kernel.errors import Misconfigured
from services.region.servers import answers
from tests.harness import images
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.regions import real_region
from tests.harness.servers import Servers

# Making the images, the first time and without a registry, takes a minute or two.
pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", autouse=True)
def docker_images() -> None:
    """Both images; skips where no engine answers or no image can be had."""
    try:
        for server in images.OFFICIAL:
            images.ready(server)
    except Misconfigured as reason:
        pytest.skip(str(reason))


async def test_a_region_lives_on_servers_in_containers_and_no_answer_is_lost(tmp_path: Path) -> None:
    async with real_region(tmp_path, on=Servers.CONTAINERS) as (region, mailbox):
        async with Neighbourhood(region.region, seed=1) as place:
            await place.settle_in()
            await place.live(seconds=1.0)
        await assert_all_holds(region.region, place.answered, folder=tmp_path, mailbox=mailbox)
        assert len(place.answered) > 50
    # The servers went with the region.
    assert not answers(region.region.postgres.port)
    assert not answers(region.region.nats.port)
