"""The command line: `wederdienst …`. Every command is one function; what it does lives in its module."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from services.kernel.errors import Misconfigured

app = App(name="wederdienst", help="Organised neighbourly help for a network of municipalities.")

Config = Annotated[Path, Parameter(name="--config", help="The region's configuration file.")]


def path_from_caller(path: Path) -> Path:
    """`path` as the caller meant it: the wrapper script changes into the project first."""
    return Path(os.environ.get("WEDERDIENST_FROM", "."), path).resolve()


@app.command
def serve(service: str, *, config: Config = Path("region.toml"), probe_port: int = 0) -> None:
    """Run one replica of one service until it is told to stop."""
    import uvloop

    from contracts.catalogue import SERVICES
    from services.kernel.runtime import Replica
    from services.kernel.settings import load
    from services.region.databases import service_of

    if service not in SERVICES:
        raise Misconfigured(f"There is no service {service!r}. Choose one of: {', '.join(SERVICES)}.")
    region = load(path_from_caller(config))
    uvloop.run(Replica(region, service_of(service, region), probe_port=probe_port).run())


@app.command
def migrate(*, config: Config = Path("region.toml")) -> None:
    """Bring every service's tables up to date."""
    from services.kernel.settings import load
    from services.region.databases import migrate_all

    for service, applied in asyncio.run(migrate_all(load(path_from_caller(config)))).items():
        print(f"{service}: {', '.join(applied) or 'up to date'}")


@app.command
def up(*, config: Config = Path("region.toml")) -> None:
    """Run a whole region on this machine until Ctrl-C."""
    import signal
    import threading

    from services.region.running import running

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running(path_from_caller(config), say=lambda step: print(f"  {step}", flush=True)) as region:
        print(f"{region.region.name}: http://{region.region.web.host}:{region.region.web.port}/", flush=True)
        stop.wait()
        print("stopping", flush=True)


def main() -> None:
    """Entry point. What a person must change is told in a sentence, without a stack trace."""
    try:
        app()
    except Misconfigured as wrong:
        print(f"wederdienst: {wrong}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
