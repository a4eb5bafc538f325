"""`python -m tests.bench`: what `wederdienst bench` runs, with the peers' packages present."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import Annotated

import orjson
import structlog
import uvloop
from cyclopts import App, Parameter
from rich.console import Console

from services.kernel.errors import Misconfigured
from services.kernel.memory import collect_less
from services.region.progress import Screen
from tests.bench.bench import Bench
from tests.bench.figures import Figure
from tests.bench.report import Report, circumstances
from tests.bench.servers import Servers, file_system, folder_on_a_disk, sync_ms
from tests.bench.topics import TOPICS

app = App(name="wederdienst bench", help="How fast this is, beside others who do the same.")

QUICK_ROUNDS = 1
FEWEST_ROUNDS = 5
"""A median of fewer says little on a machine that does other work too."""
WIDTH = 132
"""Columns of the table where there is no terminal to ask."""


@app.default
def bench(
    *,
    json: bool = False,
    rounds: Annotated[int, Parameter(help="Rounds of each side, in turns.")] = 5,
    only: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    quick: bool = False,
) -> None:
    """Measure all topics, or those named with --only, and show them in a table or as JSON."""
    if unknown := set(only) - set(TOPICS):
        raise Misconfigured(f"No topic {', '.join(sorted(unknown))}. Choose from: {', '.join(TOPICS)}.")
    if rounds < FEWEST_ROUNDS and not quick:
        raise Misconfigured(f"At least {FEWEST_ROUNDS} rounds make a median; --quick looks whether it runs.")
    # What the kernel logs is no part of the result; errors are still seen.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("error"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    report = uvloop.run(run(only or tuple(TOPICS), rounds=QUICK_ROUNDS if quick else rounds, quick=quick))
    if json:
        print(orjson.dumps(report.as_json()).decode(), flush=True)
    else:
        console = Console()
        report.show(console if console.is_terminal else Console(width=WIDTH))


async def run(topics: tuple[str, ...], *, rounds: int, quick: bool) -> Report:
    """Start the servers, measure these topics, stop what was started."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    # As every service and `rebuild` do. The peers that run in this process have it too.
    collect_less()
    screen = Screen()
    figures: list[Figure] = []
    with folder_on_a_disk() as folder:
        disk = sync_ms(folder)
        servers = Servers(folder)
        try:
            await asyncio.to_thread(servers.start)
            async with servers.admin() as admin:
                version = str(await admin.fetchval("SHOW server_version"))
            facts = circumstances(version, await servers.durability(), file_system(folder), disk)
            for name in topics:
                figures += await TOPICS[name](Bench(servers, screen, rounds, quick))
        finally:
            servers.stop()
    return Report(figures, facts, rounds, quick)


def main() -> None:
    """Entry point: what a person must change is told in a sentence."""
    # libpq's variables reach pgbench and psycopg, not us: a peer could run with other settings than are
    # looked at.
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    try:
        with suppress(BrokenPipeError):
            app()
    except Misconfigured as wrong:
        print(f"wederdienst bench: {wrong}", file=sys.stderr)
        sys.exit(2)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)


if __name__ == "__main__":
    main()
