"""Every step of help between two regions, with the link cut before, during and after it, in each direction.

Some lots of help run a step apart from each other, so that in a round each of them is at another step; the
rounds go through all kinds of cut. So every step meets every kind, each longer than every time-out.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.loans import lent_id
from services.kernel.service import new_id
from services.link.presence import FAILING_SECONDS
from services.region.databases import connect
from services.region.mirror import mirror
from services.region.verify import verify
from tests.harness.town import NOOR, SAM, Neighbour, Town, good, in_days, problem
from tests.harness.towns import OOST, WEST, Towns, two_towns
from tests.harness.waiting import until

KINDS = tuple(product(("before", "during", "after"), ("there", "back", "both")))
CUT_SECONDS = 1.2 * FAILING_SECONDS
HEALS_SECONDS = 5.0
MINUTES, GIFT = 45, 5

type Seen = Callable[[], bool]
"""Whether the other region has what was done here."""


@dataclass
class Help:
    """One request in oost that someone of west helps with, step by step. Each gives how it is seen there."""

    towns: Towns
    asker: Neighbour
    helper: Neighbour
    offer: UUID
    request: UUID
    here: str = ""
    there: str = ""

    @property
    def steps(self) -> list[Callable[[], Seen]]:
        return [
            self.shown,
            self.proposed,
            self.chosen,
            self.asker_agrees,
            self.helper_agrees,
            self.asker_reports,
            self.helper_reports,
            self.given,
        ]

    def shown(self) -> Seen:
        oost = self.towns.oost
        good(oost.post(f"/v1/help-requests/{self.request}/appeals", {"peers": [WEST]}, by=NOOR), 201)
        (loan,) = oost.read(f"/v1/loans?request_id={self.request}", by=NOOR)["items"]
        self.here, self.there = loan["loan_id"], str(lent_id(OOST, UUID(loan["loan_id"])))
        path = f"/v1/loans/{self.there}"
        return lambda: self.towns.west.get(path, by=SAM).status_code == 200

    def proposed(self) -> Seen:
        good(self._post(self.towns.west, "proposals", {"offer_id": self.offer}, by=SAM))
        return lambda: self.at(OOST)["status"] == "offered"

    def chosen(self) -> Seen:
        good(self._post(self.towns.oost, "choices", by=NOOR))
        return lambda: self._both("wanted")

    def asker_agrees(self) -> Seen:
        good(self._post(self.towns.oost, "agreements", by=self.asker.login))
        return lambda: bool(self.at(WEST)["they_agree"])

    def helper_agrees(self) -> Seen:
        good(self._post(self.towns.west, "agreements", by=self.helper.login))
        return lambda: self._both("confirmed") and self.contact().json()["name"] == self.helper.name

    def asker_reports(self) -> Seen:
        good(self._post(self.towns.oost, "minutes", {"minutes": MINUTES}, by=self.asker.login))
        return lambda: self.at(WEST)["their_minutes"] == MINUTES

    def helper_reports(self) -> Seen:
        good(self._post(self.towns.west, "minutes", {"minutes": MINUTES}, by=self.helper.login))
        return lambda: self._both("completed")

    def given(self) -> Seen:
        """Hours to and fro at the same moment."""
        ways = (
            (self.towns.oost, self.asker, WEST, self.helper),
            (self.towns.west, self.helper, OOST, self.asker),
        )
        made = [(town, _give(town, giver, peer, taker)) for town, giver, peer, taker in ways]
        return lambda: all(town.read(path, by=NOOR)["status"] == "posted" for town, path in made)

    def contact(self) -> Any:
        """What oost hears of how to reach the helper, asked now."""
        return self.towns.oost.get(f"/v1/loans/{self.here}/contact", by=NOOR)

    def at(self, region: str) -> dict[str, Any]:
        if region == OOST:
            return self.towns.loan(self.towns.oost, self.here)
        return self.towns.loan(self.towns.west, self.there)

    def _both(self, status: str) -> bool:
        return self.at(OOST)["status"] == self.at(WEST)["status"] == status

    def _post(self, town: Town, what: str, body: Any = None, **by: Any) -> Any:
        loan_id = self.here if town is self.towns.oost else self.there
        return town.post(f"/v1/loans/{loan_id}/{what}", body, **by)


def _give(town: Town, giver: Neighbour, peer: str, taker: Neighbour) -> str:
    body = {"from_account_id": giver.id, "peer": peer, "to_account_id": taker.id, "minutes": GIFT}
    made = town.post("/v1/region-transfers", body, by=NOOR, key=str(new_id()))
    return f"/v1/region-transfers/{good(made, 201)['id']}"


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_every_step_goes_on_after_every_kind_of_cut(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    async with two_towns(tmp_path) as towns:
        await asyncio.to_thread(towns.agree_on_a_cap, 1_200)
        lots = [await asyncio.to_thread(begin_help, towns) for _ in KINDS]
        kinds = dice.sample(KINDS, len(KINDS))
        for n in range(len(lots) + len(lots[0].steps) - 1):
            steps = [lot.steps[n - k] for k, lot in enumerate(lots) if 0 <= n - k < len(lot.steps)]
            running = [lot for lot in lots if lot.here and lot.at(OOST)["status"] == "confirmed"]
            await _round(towns, kinds[n % len(kinds)], steps, running, dice)
        for lot in lots:
            for town, person, minutes in (
                (towns.oost, lot.asker, -MINUTES),
                (towns.west, lot.helper, MINUTES),
            ):
                account = await asyncio.to_thread(town.account, person)
                assert (account["balance_minutes"], account["held_minutes"]) == (minutes, 0)
        position = await asyncio.to_thread(towns.position, towns.oost)
        assert position["position_minutes"] == MINUTES * len(lots)
        found = await mirror(towns.oost.region.region, towns.west.region.region)
        assert found.ok, found.wrong
        assert found.read == 3 * len(lots)
        planted = [word for lot in lots for who in (lot.asker, lot.helper) for word in (who.name, who.phone)]
        for town in (towns.oost, towns.west):
            report = await verify(town.region.region, folder=town.folder, planted=planted)
            assert report.ok, [check for check in report.checks if not check.ok]


def begin_help(towns: Towns) -> Help:
    """Someone of oost asks, someone of west offers; nothing is shown yet."""
    asker, helper = towns.oost.neighbour(), towns.west.neighbour(capacity=120)
    offer = towns.west.offer(helper, "gardening")
    return Help(towns, asker, helper, offer, towns.oost.ask(asker, "gardening", 60, wanted_at=in_days(3)))


async def _round(
    towns: Towns,
    kind: tuple[str, str],
    steps: list[Callable[[], Seen]],
    running: list[Help],
    dice: random.Random,
) -> None:
    """One step of each lot, one cut; then nothing waits any more, and the other region has it all."""
    when, direction = kind
    of, gate = dice.choice(list(towns.gates.items()))
    if when == "before":
        gate.shut(direction)
    doing = asyncio.gather(*(asyncio.to_thread(_answered, step) for step in steps))
    if when == "during":
        await asyncio.sleep(dice.random() / 4)
        gate.shut(direction)
    seen = await doing
    if when == "after":
        await _until_all(seen)
        gate.shut(direction)
    await asyncio.sleep(CUT_SECONDS)
    for lot in running:
        # How to reach someone is asked live; without a line that is said, and nothing is made up.
        problem(await asyncio.to_thread(lot.contact), 503, "unavailable")
    if dice.random() < 0.5:
        gate.break_off()
    gate.heal()
    began = time.monotonic()
    await until(lambda: _nothing_waits(towns), "every letter being taken", seconds=HEALS_SECONDS)
    drained = time.monotonic() - began
    await _until_all(seen)
    print(f"cut {when} {len(steps)} steps, {direction} at {of}: drained {drained:.1f} s after healing")


def _answered(step: Callable[[], Seen]) -> Seen:
    """Local work is answered as ever, whatever the link does."""
    began = time.monotonic()
    seen = step()
    assert time.monotonic() - began < 5.0
    return seen


async def _until_all(seen: list[Seen]) -> None:
    async def all_seen() -> bool:
        return await asyncio.to_thread(lambda: all(one() for one in seen))

    await until(all_seen, "the other region having it all", seconds=15)


async def _nothing_waits(towns: Towns) -> bool:
    for town in (towns.oost, towns.west):
        database = await connect(town.region.region, "link")
        try:
            if await database.fetchval("SELECT sum(queued - taken) FROM peers"):
                return False
        finally:
            await database.close()
    return True
