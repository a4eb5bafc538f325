"""Letters between regions: once each and in order, whatever happens to the link."""

import asyncio
from pathlib import Path

from tests.harness.links import linked_regions


async def test_letters_arrive_once_and_in_order(tmp_path: Path) -> None:
    async with linked_regions(tmp_path, ["oost", "west"]) as linked:
        oost, west = linked["oost"], linked["west"]
        await asyncio.gather(oost.write("west", 300), west.write("oost", 200))
        await linked.drained()
        assert await west.received("oost") == oost.wrote
        assert await oost.received("west") == west.wrote
