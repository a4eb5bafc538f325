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
from services.region.demo.places import NETWORK, PHONE, Place
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


@dataclass(frozen=True)
class Ready:
    """A region of the demo that can be started, with who plays in it."""

    place: Place
    cast: Cast
    files: Files
    mailbox: Mailbox
    config: Path


@dataclass(frozen=True)
class Shown:
    """The same, running; `side` is how those who play use it."""

    ready: Ready
    running: RunningRegion
    demo: Demo
    side: Side

    @property
    def title(self) -> str:
        return f"\n[bold]— {self.ready.place.name} —[/bold]"


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
    up: Callable[["NetworkDemo"], None] = lambda _: None,
) -> NetworkDemo:
    """Play the demo with `count` regions, and call `up` while they still run.

    Raises Misconfigured when that many are not there.
    """
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
        ready = [_ready(stack, folder / place.region, place, fresh=fresh) for place in NETWORK[:count]]
        steps = Steps(screen)
        with steps.step("Each region is invited, makes its own keys, and joins") as say:
            for one in ready:
                directory = asyncio.run(join(one.config, hub.invite(one.place.region)))
                say(f"{one.place.name}: {len(directory.regions)} on the list")
        shown = [_started(stack, one, screen) for one in ready]
        for each in shown:
            screen.say(each.title)
            _play(each, screen)
        demo = NetworkDemo({each.side.region: each.demo for each in shown}, steps)
        _play_together([each.side for each in shown], hub, steps)
        if once:
            demo.mirrors = _check(shown, screen)
        demo.seconds = time.monotonic() - began
        for each in shown:
            screen.say(each.title)
            tell(screen, each.demo, each.ready.cast, each.ready.mailbox, once=once)
        verdict = "[green]all is well[/green]" if demo.ok else "[red]not all is well[/red]"
        screen.say(f"\n[bold]{verdict}[/bold]: {count} regions and a hub, {demo.seconds:.1f} s")
        up(demo)
        screen.say("stopping")
    return demo


def _ready(stack: ExitStack, folder: Path, place: Place, *, fresh: bool) -> Ready:
    """Its people invented, its configuration written."""
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
        phone=PHONE,
        keys=[login.as_table() for login in cast.logins],
        teams=cast.teams,
        mail_port=mailbox.port,
    )
    return Ready(place, cast, files, mailbox, config)


def _started(stack: ExitStack, ready: Ready, screen: Screen) -> Shown:
    """Runs until the stack is closed."""
    screen.say(f"\n[bold]Starting the region {ready.place.name}[/bold]")
    region = stack.enter_context(running(ready.config, say=lambda step: screen.quote(step, indent=2)))
    api = stack.enter_context(Api(address_of(region)))
    side = Side(ready.place, ready.cast, api, ready.mailbox)
    return Shown(ready, region, Demo(address_of(region), Steps(screen)), side)


def _play(each: Shown, screen: Screen) -> None:
    """What one region shows alone."""
    began = time.monotonic()
    ready = each.ready
    play(each.running, ready.config.parent, ready.files, ready.cast, ready.mailbox, screen, each.demo)
    each.demo.seconds = time.monotonic() - began


def _play_together(sides: list[Side], hub: Hub, steps: Steps) -> None:
    abroad = Abroad(sides, steps)
    steps.chapter("The network", lambda: _each_other(sides, steps))
    steps.chapter("Help from another region", abroad.help)
    steps.chapter("Called off, from either side", abroad.calling_off)
    steps.chapter("Hours between regions", abroad.hours)
    steps.chapter("What the hub sees", lambda: _seen(hub, steps))


def _check(shown: list[Shown], screen: Screen) -> list[Check]:
    """Each region by itself, then every pair: what one posted the other has."""
    for each in shown:
        screen.say(each.title)
        check(each.running, each.ready.config.parent, screen, each.demo, planted=each.side.heard)
    screen.say("\n[bold]— Between the regions —[/bold]")
    found = asyncio.run(mirrors([each.running.region for each in shown]))
    show_checks(screen, found)
    return found


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


def _each_other(sides: list[Side], steps: Steps) -> None:
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
