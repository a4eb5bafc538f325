"""A real region for a test: own folder, own servers (tests/harness/servers.py), own processes."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from services.region import operating
from services.region.configure import write_region
from services.region.mailbox import Mailbox
from services.region.running import RunningRegion, wait_until
from tests.harness import servers, template, warm


@asynccontextmanager
async def real_region(
    folder: Path,
    *,
    replicas: int = 1,
    lease_seconds: float = 1.5,
    name: str = servers.NAME,
    keys: Sequence[dict[str, Any]] = (),
    teams: Sequence[dict[str, Any]] = (),
    on: servers.Servers | None = None,
    joins: Callable[[Path], Awaitable[object]] | None = None,
) -> AsyncIterator[tuple[RunningRegion, Mailbox]]:
    """A running region with a mailbox; everything ends with the block, and only what it started.

    It runs on the servers that pytest was given (`--servers`), unless `on` says which. `joins` gets its
    configuration before it starts, to have it take part in a network.
    """
    on = on or servers.chosen
    with Mailbox(folder / "mailbox") as mailbox:
        if on is servers.Servers.EMBEDDED:
            await asyncio.to_thread(template.begin_with, folder, name, name.capitalize())
        config = write_region(
            folder,
            region=name,
            name=name.capitalize(),
            centre="3511",
            keys=list(keys),
            teams=teams,
            mail_port=mailbox.port,
            replicas=replicas,
            lease_seconds=lease_seconds,
            embedded=on is servers.Servers.EMBEDDED,
        )
        if joins is not None:
            await joins(config)
        region = RunningRegion(config)
        for replica in region.replicas:
            replica.launch = warm.launch
        async with servers.serving(region.region, on):
            try:
                await asyncio.to_thread(region.start)
                yield region, mailbox
            except BaseException:
                for replica in region.replicas:
                    print(f"--- last words of {replica.log.stem}:", *_last_words(replica.log), sep="\n")
                raise
            finally:
                # Nobody needs its data any more: no checkpoint.
                await asyncio.to_thread(region.stop, signal.SIGQUIT)


def _last_words(log: Path) -> Sequence[str]:
    return log.read_text(errors="replace").splitlines()[-12:] if log.exists() else ["(none)"]


async def retried(region: RunningRegion) -> None:
    """Retry what a recovery parked again (services/kernel/parking.py): what asks for nothing new is gone."""
    for service in sorted({row["service"] for row in await operating.parked(region.region)}):
        await operating.retry_parked(region.region, service, None)
    assert await operating.parked(region.region) == []


def pause(pid: int) -> None:
    """SIGSTOP: the process stands still and knows nothing of it."""
    os.kill(pid, signal.SIGSTOP)


def resume(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


@contextmanager
def standing_still(region: RunningRegion, service: str) -> Iterator[None]:
    """The one replica of a service is paused inside the block."""
    (replica,) = region.of(service)
    pause(replica.pid)
    try:
        yield
    finally:
        resume(replica.pid)


__all__ = [
    "Mailbox",
    "RunningRegion",
    "pause",
    "real_region",
    "resume",
    "retried",
    "standing_still",
    "wait_until",
]
