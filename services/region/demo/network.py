"""`demo --regions N`: N regions and a hub on this machine, each on its own, and then together.

<folder>/hub           the hub: keys, the list of regions, its NATS server's configuration
<folder>/<region>      one region: own servers, own databases, own secrets and keys
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from services.kernel.errors import Misconfigured
from services.region.configure import write_region
from services.region.demo.abroad import Abroad
from services.region.demo.api import Api
from services.region.demo.cast import Cast
from services.region.demo.people import write_files
from services.region.demo.places import NETWORK, Place
from services.region.demo.show import (
    Demo,
    address_of,
    check,
    empty,
    must_be_a_demos,
    play,
    show_checks,
    tell,
)
from services.region.demo.side import Side
from services.region.demo.steps import Steps, expect, until
from services.region.holding import end_leftovers, hold
from services.region.importing import Files
from services.region.importing.rows import LOCAL
from services.region.invariant import Check
from services.region.mailbox import Mailbox
from services.region.mirror import mirrors
from services.region.network.hub import Hub
from services.region.network.joining import join
from services.region.network.registrar import look_around
from services.region.network.view import table
from services.region.progress import Screen
from services.region.running import RunningRegion, running
from services.region.servers import answers, wait_until

PROJECT = Path(__file__).parents[3]
UP_SECONDS = 30.0


@dataclass
class RegionShown:
    """One region of the demo, with who plays in it."""

    place: Place
    cast: Cast
    files: Files
    mailbox: Mailbox
    config: Path
    running: RunningRegion | None = None
    demo: Demo | None = None


@dataclass
class NetworkDemo:
    """What came of all of it."""

    regions: dict[str, Demo]
    steps: Steps
    mirrors: list[Check] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        good = (
            self.steps.ok,
            *(check.ok for check in self.mirrors),
            *(demo.ok for demo in self.regions.values()),
        )
        return all(good)

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "regions": {name: demo.as_json() for name, demo in self.regions.items()},
            "network": self.steps.as_json(),
            "mirrors": [check.as_dict() for check in self.mirrors],
        }


def show_network(
    folder: Path,
    screen: Screen,
    *,
    count: int,
    once: bool,
    fresh: bool = False,
    wait: Callable[[], None] = lambda: None,
) -> NetworkDemo:
    """Play the demo with `count` regions. Raises Misconfigured when that many are not there."""
    if not 2 <= count <= len(NETWORK):
        raise Misconfigured(f"The demo knows 1 to {len(NETWORK)} regions. Give --regions a number of those.")
    began = time.monotonic()
    must_be_a_demos(folder)
    with ExitStack() as stack:
        stack.enter_context(hold(folder))
        end_leftovers(folder / "hub")
        hub = Hub.init(folder / "hub")
        stack.enter_context(serving(hub))
        screen.say(f"[bold]The hub[/bold] listens on {':'.join(map(str, hub.address))}")
        shown = [_ready(stack, folder / place.region, place, fresh=fresh) for place in NETWORK[:count]]
        steps = Steps(screen)
        with steps.step("Each region is invited, makes its own keys, and joins") as say:
            for each in shown:
                directory = asyncio.run(join(each.config, hub.invite(each.place.region)))
                say(f"{each.place.name}: {len(directory.regions)} on the list")
        for each in shown:
            screen.say(f"\n[bold]Starting the region {each.place.name}[/bold]")
            each.running = stack.enter_context(
                running(each.config, say=lambda step: screen.quote(step, indent=2))
            )
            each.demo = Demo(address_of(each.running), Steps(screen))
        for each in shown:
            assert each.running is not None
            assert each.demo is not None
            screen.say(f"\n[bold]— {each.place.name} —[/bold]")
            played = time.monotonic()
            play(each.running, each.config.parent, each.files, each.cast, each.mailbox, screen, each.demo)
            each.demo.seconds = time.monotonic() - played
        demo = NetworkDemo({each.place.region: each.demo for each in shown if each.demo}, steps)
        with ExitStack() as lines:
            sides = [lines.enter_context(_side(each)) for each in shown]
            steps.chapter("The network", lambda: _together(sides, steps))
            abroad = Abroad(sides, steps)
            steps.chapter("Help from another region", abroad.help)
            steps.chapter("Called off, from either side", abroad.calling_off)
            steps.chapter("Hours between regions", abroad.hours)
            steps.chapter("What the hub sees", lambda: _seen(hub, steps))
        if once:
            for each, side in zip(shown, sides, strict=True):
                assert each.running is not None
                assert each.demo is not None
                screen.say(f"\n[bold]— {each.place.name} —[/bold]")
                check(each.running, each.config.parent, screen, each.demo, planted=side.heard)
            screen.say("\n[bold]— Between the regions —[/bold]")
            demo.mirrors = asyncio.run(mirrors([each.running.region for each in shown if each.running]))
            show_checks(screen, demo.mirrors)
        demo.seconds = time.monotonic() - began
        for each in shown:
            assert each.demo is not None
            screen.say(f"\n[bold]— {each.place.name} —[/bold]")
            tell(screen, each.demo, each.cast, each.mailbox, once=once)
        verdict = "[green]all is well[/green]" if demo.ok else "[red]not all is well[/red]"
        screen.say(f"\n[bold]{verdict}[/bold]: {count} regions and a hub, {demo.seconds:.1f} s")
        wait()
        screen.say("stopping")
    return demo


def _ready(stack: ExitStack, folder: Path, place: Place, *, fresh: bool) -> RegionShown:
    """A region that can be started: its people invented, its configuration written."""
    stack.enter_context(hold(folder))
    if fresh:
        empty(folder)
    files = write_files(folder / "import", today=datetime.now(LOCAL).date(), place=place)
    cast = Cast(home=place.home)
    mailbox = stack.enter_context(Mailbox(folder / "mail"))
    config = write_region(
        folder,
        region=place.region,
        name=place.name,
        centre=place.centre,
        keys=[login.as_table() for login in cast.logins],
        teams=cast.teams,
        mail_port=mailbox.port,
    )
    return RegionShown(place, cast, files, mailbox, config)


@contextmanager
def serving(hub: Hub) -> Iterator[None]:
    """The hub as a process of its own, for the length of the block."""
    host, port = hub.address
    with (hub.folder / "hub.log").open("ab") as log:
        process = subprocess.Popen(
            [*(sys.executable, "-m", "services.region.cli", "network", "serve"), "--folder", str(hub.folder)],
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=PROJECT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        wait_until(lambda: answers(port), f"the hub on {host} accepting connections")
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


@contextmanager
def _side(each: RegionShown) -> Iterator[Side]:
    assert each.demo is not None
    with Api(each.demo.address) as api:
        yield Side(each.place, each.cast, api, each.mailbox)


def _together(sides: list[Side], steps: Steps) -> None:
    for side in sides:
        with steps.step(f"{side.name} sees the others") as say:
            for peer in _peers_when_up(side, len(sides) - 1):
                say(f"{peer['municipality']}: up, release {peer['release']}")
                expect(peer["refused"], {}, "refused messages")


def _peers_when_up(side: Side, count: int) -> list[dict[str, Any]]:
    """What a region's operator reads of the others, once all of them answer."""

    def peers() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = side.api.get("/v1/peers", by=side.cast.operator)["peers"]
        return [peer for peer in found if peer["status"] == "joined"]

    return until(
        peers,
        lambda found: sum(peer["up"] for peer in found) == count,
        f"{count} regions up",
        seconds=UP_SECONDS,
    )


def _seen(hub: Hub, steps: Steps) -> None:
    with steps.step("The operator of the hub sees totals, and nothing about people") as say:
        seen = asyncio.run(look_around(hub))
        expect([one.region for one in seen if not one.up], [], "regions that are away")
        for line in table([one.as_row() for one in seen]):
            say(line)
