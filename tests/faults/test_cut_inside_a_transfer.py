"""A transfer between two regions, with the link cut after each message that it takes, in each direction.

How many there are the first transfer tells, which nothing disturbs. Then one is cut after each of them: the
line stands still for longer than it waits, and what was under way comes late; or it breaks, and that is lost.
Where between the two regions something is lost makes no difference: the hub keeps nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from uuid import UUID

import pytest

from services.link.line import ASK_SECONDS, PULSE_SECONDS
from services.link.sender import LETTERS_SECONDS
from services.region.mirror import mirror
from services.region.verify import verify
from tests.harness.proxies import Gate
from tests.harness.town import Neighbour
from tests.harness.towns import OOST, Towns, two_towns
from tests.harness.waiting import until

HOW = Literal["late", "lost"]
CUT_SECONDS = max(LETTERS_SECONDS, ASK_SECONDS) + 2 * PULSE_SECONDS
ENDS_SECONDS = 10.0
"""What waits is taken within five; here all that follows from it is done too."""
BREAK_SECONDS = 1.0
QUIET_SECONDS = 0.4
MINUTES = 5

STEPS = {("offered", None), ("offered", "accepted"), ("posted", "accepted"), ("posted", "posted")}
"""How it may stand at who pays and at who receives: it is cut in every one of them."""


@dataclass
class Giving:
    """Anna of oost gives Bram of west minutes, time and again; the line is cut at oost's gate."""

    towns: Towns
    anna: Neighbour
    bram: Neighbour
    given: int = 0

    @property
    def gate(self) -> Gate:
        return self.towns.gates[OOST]

    async def give(self) -> UUID:
        self.given += 1
        return await asyncio.to_thread(self.towns.give, self.towns.oost, self.anna, self.bram, MINUTES)

    async def stands(self, transfer_id: UUID) -> tuple[str | None, str | None]:
        """At who pays, and at who receives."""
        sql, towns = "SELECT status FROM crossings WHERE transfer_id = $1", self.towns
        here = await towns.value(towns.oost, "ledger", sql, transfer_id)
        return here, await towns.value(towns.west, "ledger", sql, transfer_id)

    async def posted(self, transfer_id: UUID) -> bool:
        done = await self.stands(transfer_id) == ("posted", "posted")
        return done and not await self.towns.waiting()

    async def until_posted(self, transfer_id: UUID) -> None:
        what = "the transfer being posted on both sides"
        await until(lambda: self.posted(transfer_id), what, seconds=ENDS_SECONDS, pause_seconds=0.05)

    async def quiet(self) -> None:
        """No message passes, also none by which they greet each other after a cut."""
        while True:
            before = self.passed()
            await asyncio.sleep(QUIET_SECONDS)
            if before == self.passed():
                return

    def passed(self) -> dict[str, int]:
        return {direction: len(kinds) for direction, kinds in self.gate.passed.items()}


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", get_args(HOW))
async def test_a_transfer_cut_at_any_of_its_messages_is_posted_on_both_sides_once(
    tmp_path: Path, how: HOW
) -> None:
    async with two_towns(tmp_path) as towns:
        giving = await asyncio.to_thread(_ready, towns)
        met = {await _cut(giving, *where, how) async for where in _every_message(giving)}
        assert met >= STEPS, f"never cut while it stood at {STEPS - met}"
        await _holds(giving)


def _ready(towns: Towns) -> Giving:
    towns.agree_on_a_cap(1_200)
    return Giving(towns, towns.oost.neighbour(), towns.west.neighbour())


async def _every_message(giving: Giving) -> AsyncIterator[tuple[str, int]]:
    """Each direction, and after how many messages to cut: from none to as many as it takes."""
    await giving.quiet()
    before = giving.passed()
    transfer_id = await giving.give()
    await giving.until_posted(transfer_id)
    await giving.quiet()
    took = {direction: kinds[before[direction] :] for direction, kinds in giving.gate.passed.items()}
    for direction, kinds in took.items():
        print(f"{direction}: {', '.join(kinds)}")
        for n in range(len(kinds) + 1):
            yield direction, n


async def _cut(giving: Giving, direction: str, n: int, how: HOW) -> tuple[str | None, str | None]:
    """One transfer, cut after the n-th message of it this way; gives how it stood meanwhile."""
    gate = giving.gate
    await giving.quiet()
    gate.shut_after(n, direction)
    transfer_id = await giving.give()
    await until(
        lambda: _cut_or_done(giving, transfer_id), "so many messages having passed", pause_seconds=0.05
    )
    await asyncio.sleep(CUT_SECONDS if how == "late" else BREAK_SECONDS)
    stood = await giving.stands(transfer_id)
    if how == "lost":
        gate.break_off()
    gate.heal()
    began = time.monotonic()
    await giving.until_posted(transfer_id)
    took = time.monotonic() - began
    print(f"after {n} {direction}, {how}: stood at {stood}, done {took:.1f} s after healing")
    return stood


async def _cut_or_done(giving: Giving, transfer_id: UUID) -> bool:
    """It may need fewer messages than the first one, as what comes close together travels together."""
    return giving.gate.is_shut or await giving.posted(transfer_id)


async def _holds(giving: Giving) -> None:
    """Nothing one-sided, nothing doubled, the pair clears to zero."""
    towns, minutes = giving.towns, MINUTES * giving.given
    found = await mirror(towns.oost.region.region, towns.west.region.region)
    assert found.ok, found.wrong
    assert found.read == giving.given
    for town, person, balance in ((towns.oost, giving.anna, -minutes), (towns.west, giving.bram, minutes)):
        account = await asyncio.to_thread(town.account, person)
        assert (account["balance_minutes"], account["held_minutes"]) == (balance, 0)
        position = await asyncio.to_thread(towns.position, town)
        assert position["position_minutes"] == -balance
        report = await verify(town.region.region, folder=town.folder)
        assert report.ok, [check for check in report.checks if not check.ok]
