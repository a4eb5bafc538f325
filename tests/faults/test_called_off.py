"""Help between two regions called off: at each of its states, by each side, and by both at the same instant.

What was held is free, once; who had heard that it would be hears that it will not; and neither coordinator
has anything of it on their list any more.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args

import pytest

from services.region.mirror import mirror
from services.region.verify import verify
from tests.harness.help_across import CAP, PLANNED, Help, all_seen, begin_help
from tests.harness.letters import ASKED, ENDED, FOUND, HELPS, OFFERED, SEARCHING, WELCOME
from tests.harness.town import NOOR, SAM
from tests.harness.towns import OOST, WEST, Towns, two_towns

STEPS = {"offered": 2, "wanted": 3, "confirmed": 5}
"""How many steps it takes until help stands so."""

Who = Literal["their coordinator", "the asker", "our coordinator", "the helper", "both coordinators"]
"""Seen from who lends: the asker is theirs."""


@dataclass
class CalledOff:
    status: str
    who: Who
    help: Help

    @property
    def by(self) -> dict[str, tuple[str, ...]]:
        """In each region, who may be said to have ended it."""
        if self.who == "both coordinators":
            return {OOST: ("us", "them"), WEST: ("us", "them")}
        asks = self.who in ("their coordinator", "the asker")
        return {OOST: ("us",) if asks else ("them",), WEST: ("them",) if asks else ("us",)}

    def calls(self) -> Iterator[Callable[[], int]]:
        help = self.help
        oost, west = f"/v1/loans/{help.here}", f"/v1/loans/{help.there}"
        if self.who in ("their coordinator", "the asker", "both coordinators"):
            by = help.asker.login if self.who == "the asker" else NOOR
            yield lambda: help.towns.oost.call("DELETE", oost, by=by).status_code
        if self.who in ("our coordinator", "the helper", "both coordinators"):
            by = help.helper.login if self.who == "the helper" else SAM
            yield lambda: help.towns.west.call("DELETE", west, by=by).status_code

    async def call(self) -> None:
        said = await asyncio.gather(*(asyncio.to_thread(call) for call in self.calls()))
        # Of two at once one may have heard already that it is over.
        assert 204 in said
        assert set(said) <= ({204, 409} if len(said) == 2 else {204}), (self.who, said)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_whoever_calls_it_off_and_whenever_nothing_of_it_is_left(tmp_path: Path) -> None:
    async with two_towns(tmp_path) as towns:
        await asyncio.to_thread(towns.agree_on_a_cap, CAP)
        made = await asyncio.gather(
            *(
                asyncio.to_thread(lambda status=status, who=who: CalledOff(status, who, begin_help(towns)))
                for status, who in product(STEPS, get_args(Who))
            )
        )
        for n in range(max(STEPS.values())):
            await asyncio.to_thread(_step, towns, [one for one in made if n < STEPS[one.status]], n)
        for one in made:
            await asyncio.to_thread(_stands, one)
        await asyncio.gather(*(one.call() for one in made))
        for one in made:
            await asyncio.to_thread(_is_over, one)
        found = await mirror(towns.oost.region.region, towns.west.region.region)
        assert found.ok, found.wrong
        assert found.read == 0
        for town in (towns.oost, towns.west):
            report = await verify(town.region.region, folder=town.folder)
            assert report.ok, [check for check in report.checks if not check.ok]


def _step(towns: Towns, lots: list[CalledOff], n: int) -> None:
    seen = [one.help.steps[n]() for one in lots]
    towns.oost.until(lambda: all_seen(seen), f"step {n} of all of them", seconds=30)


def _stands(one: CalledOff) -> None:
    """So far: hours are held from the choice on, and someone's list asks for the next step."""
    help = one.help
    assert help.both(one.status)
    held = help.towns.oost.account(help.asker)["held_minutes"]
    assert held == (0 if one.status == "offered" else PLANNED)
    assert _planned(help) == PLANNED
    if one.status == "confirmed":
        help.towns.oost.until_letters(help.asker, WELCOME, ASKED, FOUND)
        help.towns.west.until_letters(help.helper, WELCOME, OFFERED, HELPS)
    else:
        assert any(_work(help))


def _is_over(one: CalledOff) -> None:
    help, oost, west = one.help, one.help.towns.oost, one.help.towns.west
    oost.until(lambda: help.both("ended"), f"both knowing what {one.who} called off", seconds=30)
    for region, by in one.by.items():
        assert help.at(region)["ended_by"] in by, (one.status, one.who)
    account = oost.account(help.asker)
    assert (account["balance_minutes"], account["held_minutes"]) == (0, 0)
    released = oost.happened("ledger", help.here, "HoldReleased")
    assert len(released) == (one.status != "offered"), "freed once"
    assert oost.read(f"/v1/help-requests/{help.request}", by=NOOR)["status"] == "open"
    assert oost.read(f"/v1/loans?request_id={help.request}", by=NOOR)["items"] == []
    assert _planned(help) == 0
    assert not any(_work(help)), "nothing of it waits for anyone"
    told_asker, told_helper = (WELCOME, ASKED), (WELCOME, OFFERED)
    if one.status == "confirmed":
        # Their own wish, or somebody else will be looked for.
        told_asker += (FOUND, ENDED if help.at(OOST)["ended_by"] == "us" else SEARCHING)
        told_helper += (HELPS, ENDED)
    oost.until_letters(help.asker, *told_asker)
    west.until_letters(help.helper, *told_helper)


def _planned(help: Help) -> int:
    """Minutes of the helper's weeks that are reserved."""
    sql = "SELECT coalesce(sum(planned_minutes), 0) FROM weeks WHERE member_id = $1"
    return int(asyncio.run(help.towns.value(help.towns.west, "exchange", sql, help.helper.id)))


def _work(help: Help) -> list[dict[str, Any]]:
    """What waits for a coordinator of either region about it."""
    found = []
    for town, loan_id in ((help.towns.oost, help.here), (help.towns.west, help.there)):
        items: list[dict[str, Any]] = town.read("/v1/work-items?limit=200", by=NOOR)["items"]
        found += [item for item in items if item["entity_id"] == loan_id]
    return found
