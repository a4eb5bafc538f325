"""`wederdienst network …`: for the operator of a hub, and for a region that takes part."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from services.region.terminal import Config, path_from_caller, print_json

network = App(name="network", help="The network of regions: a hub, invitations, joining, leaving, who is up.")

Folder = Annotated[Path, Parameter(name="--folder", help="The hub's folder, for its operator.")]

Authority = Annotated[
    Path | None,
    Parameter(name="--ca", help="The hub speaks TLS: the file of the authority that signed its certificate."),
]


@network.command
def init(
    *,
    folder: Folder = Path("hub"),
    host: str = "127.0.0.1",
    port: int = 4223,
    beside: Annotated[
        bool, Parameter(negative="", help="Its NATS servers run by themselves, at this host and port.")
    ] = False,
    ca: Authority = None,
) -> None:
    """Make a hub: its keys, an empty list of regions, and the configuration of its NATS server."""
    from services.region.network.hub import Hub

    ca = path_from_caller(ca) if ca is not None else None
    hub = Hub.init(path_from_caller(folder), host=host, port=port, beside=beside, ca=ca)
    print(f"The hub's folder is {hub.folder}; keep hub-keys.json secret and a copy of it safe.")
    print("Start it with: wederdienst network serve; invite a region with: wederdienst network invite")


@network.command
def serve(*, folder: Folder = Path("hub")) -> None:
    """Run the hub: the registrar who keeps the list, and an ordinary NATS server. Until Ctrl-C.

    Of a hub made with --beside the registrar alone: its servers run already.
    """
    from services.kernel.telemetry import set_up
    from services.region.network.hub import Hub
    from services.region.network.registrar import serve as run

    async def until_told() -> None:
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        await run(Hub(path_from_caller(folder)), lambda line: print(line, flush=True), told.wait())

    set_up("registrar", "hub", str(os.getpid()))
    asyncio.run(until_told())


@network.command
def invite(region: str, *, folder: Folder = Path("hub")) -> None:
    """Print an invitation for one region: good for one joining, for seven days. Send it safely."""
    from services.region.network.hub import Hub

    print(Hub(path_from_caller(folder)).invite(region).text())


@network.command
def join(invitation: str, *, config: Config = Path("region.toml"), ca: Authority = None) -> None:
    """Take up an invitation: make the region's own keys, be put on the list, write `[network]`."""
    from services.region.network.hub import Invitation
    from services.region.network.joining import join as take_up

    ca = path_from_caller(ca) if ca is not None else None
    directory = asyncio.run(take_up(path_from_caller(config), Invitation.of(invitation), ca=ca))
    others = sum(not one.left for one in directory.regions) - 1
    print(
        f"This region has joined; {others} others take part. Start the region (again), so that its link runs."
    )


@network.command
def leave(*, config: Config = Path("region.toml")) -> None:
    """Leave the network. What waits for other regions, and there for this one, is handed back."""
    from services.region.network.joining import leave as go

    asyncio.run(go(path_from_caller(config)))
    print(
        "This region is off the list. When nothing waits any more (wederdienst network peers), take "
        "[network] out of region.toml and start the region again."
    )


@network.command
def peers(
    *,
    config: Annotated[Path | None, Parameter(name="--config", help="As a region sees it.")] = None,
    folder: Folder = Path("hub"),
    json: bool = False,
) -> None:
    """Who is up, what waits, what was refused, which releases run: totals, nothing about people.

    With --config as that region sees it; else as the operator of the hub in --folder does.
    """
    from services.region.network import view

    rows: list[dict[str, Any]]
    if config is not None:
        rows = asyncio.run(view.of_region(path_from_caller(config)))
    else:
        from services.region.network.hub import Hub
        from services.region.network.registrar import look_around

        rows = [one.as_row() for one in asyncio.run(look_around(Hub(path_from_caller(folder))))]
    if json:
        print_json(rows)
        return
    for line in view.table(rows):
        print(line)
