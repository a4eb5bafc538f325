"""An event that cannot be applied parks its lane: what follows in it waits, the rest goes on."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import nats
import orjson
import pytest

from contracts import subjects
from contracts.exchange import CancelMatch, ConfirmMatch, GetMatch, Match, PostOffer, RequestHelp
from contracts.ledger import Balances, GetBalances
from services.coordinator.console.addresses import OPERATING
from services.coordinator.console.operating import DONE
from services.kernel.errors import Misconfigured
from services.kernel.questions import GetState, ServiceState
from services.region import operating
from services.region.databases import connect
from tests.faults.conftest import Shared
from tests.harness.checker import assert_all_holds
from tests.harness.console import Console
from tests.harness.neighbourhood import NOOR, Neighbourhood
from tests.harness.regions import RunningRegion, real_region
from tests.harness.town import OPERATOR


async def _rewrite_version(region: RunningRegion, match_id: UUID, version: int) -> None:
    """Let the exchange's log say that this match was reserved by a later release."""
    database = await connect(region.region, "exchange")
    try:
        await database.execute(
            "UPDATE events SET schema_version = $2 WHERE entity_id = $1 AND name = 'MatchReserved'",
            match_id,
            version,
        )
    finally:
        await database.close()


async def _parked(region: RunningRegion, service: str) -> list[dict[str, Any]]:
    return [row for row in await operating.parked(region.region) if row["service"] == service]


async def test_a_lane_with_an_unknown_version_waits_and_goes_on_in_order_after_a_retry(
    tmp_path: Path, seed: int
) -> None:
    async with (
        real_region(tmp_path, keys=[OPERATOR.as_table()]) as (region, _),
        Neighbourhood(region.region, seed) as place,
    ):
        await place.settle_in(4)
        helper, asker = place.members[:2]
        # The ledger rests while the future arrives in the exchange's log.
        ledger = region.of("ledger")[0]
        await asyncio.to_thread(ledger.stop)
        offer = await place.tell(PostOffer(member_id=helper, category="baking"))
        strange = await _reserve(place, asker, offer.id)
        plain = await _reserve(place, asker, offer.id)
        await _rewrite_version(region, strange, 2)
        # JetStream holds the first form; thrown away, it is filled again from the log.
        await _purge(region, "exchange")
        ledger.start()
        await place.until(lambda: _confirmed(place, plain))
        assert not await _confirmed(place, strange)
        parked = await _parked(region, "ledger")
        assert [row["lane"] for row in parked] == [str(strange)]
        assert "upgrade" in parked[0]["reason"]
        place_in_log = ("ledger", "exchange", int(parked[0]["position"]))
        shown = await operating.parked_event(region.region, *place_in_log)
        assert (shown["subject"], shown["type"].rpartition(".")[2]) == (str(strange), "v2")

        # More of the same lane comes: it waits behind.
        database = await connect(region.region, "exchange")
        await database.close()
        await _lapse(region, strange)
        await place.until(lambda: _count(region, "ledger", strange, 2))
        said = await place.bus.ask(GetState(), ServiceState, operating.OPERATOR, to="ledger")
        assert said.parked_count == 2
        assert [(each.lane, each.name, each.behind) for each in said.parked] == [
            (strange, "MatchReserved", False),
            (strange, "MatchFellThrough", True),
        ]

        # The release that knows it: here, the version it always had.
        ledger_db = await connect(region.region, "ledger")
        rows = await ledger_db.fetch("SELECT source, position, event FROM parked ORDER BY position")
        first = orjson.loads(rows[0]["event"])
        first["type"] = first["type"].replace(".v2", ".v1")
        await ledger_db.execute(
            "UPDATE parked SET event = $3 WHERE source = $1 AND position = $2",
            rows[0]["source"],
            rows[0]["position"],
            orjson.dumps(first).decode(),
        )
        await ledger_db.close()
        await asyncio.to_thread(_retried_on_the_page, region, strange)
        assert not await _parked(region, "ledger")
        with pytest.raises(Misconfigured, match="see `wederdienst park list`"):
            await operating.parked_event(region.region, *place_in_log)
        found = await place.bus.ask(GetBalances(account_ids=(asker,)), Balances, NOOR)
        assert found.balances[0].held_minutes == 5, "the strange match's hold was placed, then released"

        await _rewrite_version(region, strange, 1)
        for row in await operating.parked(region.region):
            await _mend_and_retry(region, row)
        await place.tell(CancelMatch(match_id=plain))
        await assert_all_holds(region.region, place.answered, folder=tmp_path)


async def test_rubbish_on_an_event_subject_is_passed_by(shared: Shared, seed: int) -> None:
    config = shared.region.region
    async with Neighbourhood(config, seed) as place:
        await place.settle_in(4)
        client = await nats.connect(
            f"nats://{config.nats.host}:{config.nats.port}",
            user="exchange",
            password=config.nats_password("exchange"),
            inbox_prefix=subjects.inbox("exchange").encode(),
        )
        for rubbish in (b"", b"\x00\xff", b"[]", b'{"type": 5}', b'{"type":"a.b.c.d.v1"}', b"x" * 100_000):
            await client.publish(subjects.event(config.region, "exchange", "OfferPosted"), rubbish)
        await client.close()
        await place.live(seconds=2.0)
    await shared.holds(place)


def _retried_on_the_page(region: RunningRegion, lane: UUID) -> None:
    """An operator sees the lane under Beheer, and has the ledger try it again."""
    console = Console(f"http://{region.region.web.host}:{region.region.web.port}", OPERATOR)
    form = f"geparkeerd/ledger/{lane}"
    assert f'action="{OPERATING}/{form}"' in console.read(OPERATING)
    page = console.send(OPERATING, form)
    assert DONE["opnieuw"] in page
    assert form not in page
    # Who presses it twice hears that it was done.
    assert DONE["niets"] in console.send(OPERATING, form)


async def _reserve(place: Neighbourhood, asker: UUID, offer_id: UUID | None) -> UUID:
    asked = await place.tell(RequestHelp(member_id=asker, category="baking", minutes=5, consent="phone"))
    answer = await place.tell(ConfirmMatch.model_validate({"request_id": asked.id, "offer_id": offer_id}))
    assert answer.outcome == "accepted"
    assert answer.id is not None
    return answer.id


async def _confirmed(place: Neighbourhood, match_id: UUID) -> bool:
    found = await place.bus.ask(GetMatch(match_id=match_id), Match, NOOR)
    return found.status == "confirmed"


async def _count(region: RunningRegion, service: str, lane: UUID, wanted: int) -> bool:
    return len([row for row in await _parked(region, service) if row["lane"] == str(lane)]) == wanted


async def _lapse(region: RunningRegion, match_id: UUID) -> None:
    """Let the reservation's timer be due now."""
    database = await connect(region.region, "exchange")
    try:
        await database.execute("UPDATE timers SET due_at = now() WHERE timer_id = $1", match_id)
    finally:
        await database.close()


async def _purge(region: RunningRegion, service: str) -> None:
    config = region.region
    client = await nats.connect(
        f"nats://{config.nats.host}:{config.nats.port}",
        user="operator",
        password=config.nats_password("operator"),
        inbox_prefix=subjects.inbox("operator").encode(),
    )
    try:
        await client.jetstream().purge_stream(subjects.stream(service))
    finally:
        await client.close()


async def _mend_and_retry(region: RunningRegion, row: dict[str, Any]) -> None:
    """Other followers parked the strange event too, depending on when they read it."""
    database = await connect(region.region, row["service"])
    try:
        await database.execute(
            "UPDATE parked SET event = replace(event::text, 'match-reserved.v2', 'match-reserved.v1')::json"
        )
    finally:
        await database.close()
    await operating.retry_parked(region.region, row["service"], UUID(row["lane"]))
