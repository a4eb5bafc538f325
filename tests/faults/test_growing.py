"""Past one machine: a NATS node of three is gone, PostgreSQL goes over to its standby. No answer is lost."""

import asyncio
import signal
import time
from pathlib import Path

import asyncpg
import nats
import pytest

from contracts import subjects
from services.kernel.certificates import CERTIFICATE_ENDS
from services.kernel.settings import Region
from services.kernel.standbys import missing
from services.region import operating
from services.region.mailbox import Mailbox
from services.region.running import RunningRegion
from tests.harness.checker import assert_all_holds
from tests.harness.deployed import Pair, grown_region
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.waiting import until


async def _leaders(region: Region) -> dict[str, str]:
    """Which node leads each service's stream, and that three hold it."""
    client = await nats.connect(
        region.nats.urls,
        user="operator",
        password=region.nats_password("operator"),
        tls=region.nats.ssl_context(),
        inbox_prefix=subjects.inbox("operator").encode(),
    )
    try:
        leaders = {}
        for service in region.services:
            info = await client.jetstream().stream_info(subjects.stream(service))
            assert info.config.num_replicas == 3
            assert info.cluster is not None
            leaders[service] = info.cluster.leader or ""
        return leaders
    finally:
        await client.close()


async def _certificates_shown(running: RunningRegion) -> bool:
    names = [f'{CERTIFICATE_ENDS}{{server="{server}"}}' for server in ("postgres", "nats")]
    shown = [await asyncio.to_thread(replica.metric, name) for replica in running.replicas for name in names]
    return all(at > time.time() + 86400 for at in shown)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_nats_node_of_three_and_then_the_first_postgres_are_gone(tmp_path: Path, seed: int) -> None:
    with Mailbox(tmp_path / "mailbox") as mailbox:
        async with grown_region(tmp_path, mail_port=mailbox.port) as (running, nodes, pair):
            region = running.region
            assert await operating.update_streams(region) == {}, "made as they should be"
            await until(lambda: _certificates_shown(running), "every service showing when certificates end")
            async with Neighbourhood(region, seed) as place:
                await place.settle_in(6)
                leaders = await _leaders(region)
                living = asyncio.create_task(place.live(seconds=6.0))
                await asyncio.sleep(1.0)
                # The one that leads the busiest stream, and without a word.
                gone = next(node for node in nodes if node.host == leaders["exchange"])
                await asyncio.to_thread(gone.kill)
                before = len(place.answered)
                await place.until(lambda: _more(place, before + 50), 60)
                await asyncio.to_thread(pair.primary.stop, signal.SIGQUIT)
                await pair.promote()
                before = len(place.answered)
                await living
                await place.live(seconds=1.0)
                assert len(place.answered) > before + 50
                print(f"slowest answer {place.slowest_seconds:.1f} s, {len(place.answered)} answers")
            await assert_all_holds(region, place.answered, folder=tmp_path, drain_seconds=60)


@pytest.mark.long
async def test_a_standby_that_is_gone_is_counted_by_a_service_in_its_own_role(tmp_path: Path) -> None:
    pair = Pair(tmp_path, "geheim")
    try:
        await pair.begin()
        admin = await pair.admin(pair.primary)
        await admin.execute("CREATE ROLE wd_ledger LOGIN PASSWORD 'ook geheim'")
        service = await asyncpg.connect(
            host="127.0.0.1",
            port=pair.primary.port,
            user="wd_ledger",
            password="ook geheim",
            database="postgres",
        )
        assert await missing(service) == 0
        await pair.join()
        assert await missing(service) == 0
        await asyncio.to_thread(pair.standby.stop)

        async def is_missed() -> bool:
            return await missing(service) == 1

        await until(is_missed, "the standby being missed")
        # And so is every commit, until somebody says that it need not wait.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(admin.execute("CREATE TABLE kept (one boolean)"), 1)
        other = await pair.admin(pair.primary)
        await other.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
        await other.execute("SELECT pg_reload_conf()")

        async def is_not_waited_for() -> bool:
            return await missing(service) == 0

        await until(is_not_waited_for, "nobody being waited for")
        for connection in (other, service):
            await connection.close()
        admin.terminate()
    finally:
        await asyncio.to_thread(pair.stop)


async def _more(place: Neighbourhood, than: int) -> bool:
    return len(place.answered) > than
