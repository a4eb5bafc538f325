"""The line to the hub: who asks without end leaves room for the others."""

import asyncio
from types import SimpleNamespace
from typing import Any

from contracts import subjects
from services.link.line import MOST_OF_ONE, Line


def said(sender: str) -> Any:
    return SimpleNamespace(subject=subjects.between(sender, "oost", "Letters"), data=b"", reply="")


async def test_one_region_does_not_take_the_places_of_all() -> None:
    heard: list[str] = []
    may_answer = asyncio.Event()

    async def hear(sender: str, kind: str, raw: bytes) -> bytes | None:
        heard.append(sender)
        await may_answer.wait()
        return None

    line = Line("oost", "nowhere:1", "", hear)
    for _ in range(5 * MOST_OF_ONE):
        await line._on_message(said("west"))
    await line._on_message(said("zuid"))
    await asyncio.sleep(0)
    assert (heard.count("west"), heard.count("zuid")) == (MOST_OF_ONE, 1)
    # What was left unanswered comes again, and there is room by then.
    may_answer.set()
    await asyncio.gather(*line._answering)
    await line._on_message(said("west"))
    await asyncio.sleep(0)
    assert heard.count("west") == MOST_OF_ONE + 1
