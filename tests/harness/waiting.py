"""Waiting for what must become true, with a deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(
    condition: Callable[[], Awaitable[bool]],
    what: str,
    *,
    seconds: float = 10.0,
    pause_seconds: float = 0.01,
) -> None:
    """Look every 10 ms, or so. Raises TimeoutError that says what did not happen."""
    deadline = time.monotonic() + seconds
    while True:
        if await condition():
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        await asyncio.sleep(pause_seconds)
