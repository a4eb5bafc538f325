"""Every step of help between two regions, with the link cut before, during and after it, in each direction.

For each way in which help may end some lots of it run a step apart from each other, so that in a round each
of them is at another step; the rounds go through all kinds of cut. So every step meets every kind, each
longer than every time-out.
"""

import asyncio
import random
import time
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from services.link.presence import FAILING_SECONDS
from services.region.mirror import mirror
from services.region.verify import verify
from tests.harness.help_across import (
    BEYOND,
    CAP,
    MINUTES,
    SETTLED,
    TRANSFERS,
    End,
    Help,
    Seen,
    Step,
    all_seen,
    begin_help,
    begin_help_beyond_the_cap,
)
from tests.harness.town import problem
from tests.harness.towns import OOST, Towns, two_towns
from tests.harness.waiting import until

KINDS = tuple(product(("before", "during", "after"), ("there", "back", "both")))
CUT_SECONDS = 1.2 * FAILING_SECONDS
HEALS_SECONDS = 5.0


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_every_step_goes_on_after_every_kind_of_cut(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    async with two_towns(tmp_path) as towns:
        await asyncio.to_thread(towns.agree_on_a_cap, CAP)
        lots = [
            await asyncio.gather(*(asyncio.to_thread(_begin, towns, end) for end in get_args(End)))
            for _ in KINDS
        ]
        all_lots = [lot for each in lots for lot in each]
        kinds = dice.sample(KINDS, len(KINDS))
        for n in range(len(lots) + max(len(lot.steps) for lot in all_lots) - 1):
            steps = [
                lot.steps[n - k] for k, each in enumerate(lots) for lot in each if 0 <= n - k < len(lot.steps)
            ]
            dice.shuffle(steps)
            running = [lot for lot in all_lots if lot.here and lot.at(OOST)["status"] == "confirmed"]
            await _round(towns, kinds[n % len(kinds)], steps, running, dice)
        await asyncio.to_thread(_all_ended_as_it_should, towns, all_lots)
        found = await mirror(towns.oost.region.region, towns.west.region.region)
        assert found.ok, found.wrong
        assert found.read == TRANSFERS * len(lots)
        planted = [
            word for lot in all_lots for who in (lot.asker, lot.helper) for word in (who.name, who.phone)
        ]
        for town in (towns.oost, towns.west):
            report = await verify(town.region.region, folder=town.folder, planted=planted)
            assert report.ok, [check for check in report.checks if not check.ok]


def _begin(towns: Towns, end: End) -> Help:
    return begin_help_beyond_the_cap(towns) if end == "beyond_cap" else begin_help(towns, end)


def _all_ended_as_it_should(towns: Towns, lots: list[Help]) -> None:
    """Hours only where help was given; nothing is held for what was called off."""
    for lot in lots:
        given = MINUTES if lot.end == "given" else 0
        before = 2 * (BEYOND // 3) if lot.end == "beyond_cap" else 0
        for town, person, minutes in (
            (towns.oost, lot.asker, before - given),
            (towns.west, lot.helper, given),
        ):
            account = town.account(person)
            assert (account["balance_minutes"], account["held_minutes"]) == (minutes, 0), lot.end
        assert lot.both("completed" if lot.end == "given" else "ended"), lot.end
    owed = (MINUTES - SETTLED) * sum(lot.end == "given" for lot in lots)
    for town, position in ((towns.oost, owed), (towns.west, -owed)):
        assert towns.position(town)["position_minutes"] == position


async def _round(
    towns: Towns,
    kind: tuple[str, str],
    steps: list[Step],
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
        await asyncio.sleep(dice.random() / 2)
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


def _answered(step: Step) -> Seen:
    """Local work is answered as ever, whatever the link does."""
    began = time.monotonic()
    seen = step()
    assert time.monotonic() - began < 5.0
    return seen


async def _until_all(seen: list[Seen]) -> None:
    async def there() -> bool:
        return await asyncio.to_thread(all_seen, seen)

    await until(there, "the other region having it all", seconds=15)


async def _nothing_waits(towns: Towns) -> bool:
    return not await towns.waiting()
