"""The whole demo: a region in a folder of its own, filled, played, checked."""

import asyncio
import fcntl
import os
import shutil
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from services.kernel.errors import Misconfigured
from services.region.configure import write_region
from services.region.demo.api import Api
from services.region.demo.cast import Cast
from services.region.demo.people import write_files
from services.region.demo.places import PHONE, UTRECHT
from services.region.demo.sandbox import STEPS, Sandbox
from services.region.demo.steps import Steps, expect
from services.region.demo.story import Story
from services.region.holding import hold
from services.region.importing import Files, Report, import_files
from services.region.importing.rows import LOCAL, MEMBERS, OFFERS, REQUESTS
from services.region.importing.table import read
from services.region.invariant import Check
from services.region.mailbox import Mailbox
from services.region.progress import Screen
from services.region.running import RunningRegion, running
from services.region.servers import free_port
from services.region.verify import verify

WEB_PORT = 8080


@dataclass
class Demo:
    """What came of it, for --json and for the exit code. `sandbox`: while it stays up."""

    address: str
    steps: Steps
    checks: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    sandbox: Sandbox | None = None

    @property
    def ok(self) -> bool:
        return self.steps.ok and bool(self.checks.get("ok", True))

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "address": self.address,
            "seconds": round(self.seconds, 1),
            "steps": self.steps.as_json(),
            "verify": self.checks,
            **({"sandbox": self.sandbox.as_json()} if self.sandbox else {}),
        }


def show(
    folder: Path,
    screen: Screen,
    *,
    once: bool,
    fresh: bool = False,
    up: Callable[["Demo"], None] = lambda _: None,
) -> Demo:
    """Play the demo in `folder`, with `once` check the region, and call `up` while it still runs.

    Raises Misconfigured when another demo runs there.
    """
    began = time.monotonic()
    must_be_a_demos(folder)
    with hold(folder):
        if fresh:
            empty(folder)
        files = write_files(folder / "import", today=datetime.now(LOCAL).date())
        cast = Cast(home=UTRECHT.home)
        with Mailbox(folder / "mail") as mailbox, _web_port() as web_port:
            config = write_region(
                folder,
                region=UTRECHT.region,
                name=UTRECHT.name,
                centre=UTRECHT.centre,
                phone=PHONE,
                keys=[login.as_table() for login in cast.logins],
                teams=cast.teams,
                mail_port=mailbox.port,
                web_port=web_port,
            )
            screen.say(f"[bold]Starting the region {UTRECHT.name}[/bold] in {folder}")
            with running(config, say=lambda step: screen.quote(step, indent=2)) as region:
                demo = Demo(address_of(region), Steps(screen))
                play(region, folder, files, cast, mailbox, screen, demo)
                if once:
                    check(region, folder, screen, demo)
                demo.seconds = time.monotonic() - began
                if not once:
                    demo.sandbox = Sandbox.of(region.region, cast.team)
                tell(screen, demo, cast, mailbox, once=once)
                up(demo)
                screen.say("stopping")
    return demo


def play(
    region: RunningRegion,
    folder: Path,
    files: Files,
    cast: Cast,
    mailbox: Mailbox,
    screen: Screen,
    demo: Demo,
) -> None:
    """Move in, play the story, and look at who heard what."""
    with Api(demo.address) as api:
        story = Story(api, cast, demo.steps, mailbox)

        def move_in() -> None:
            with demo.steps.step("Members, offers and requests are imported") as say:
                report = asyncio.run(import_files(region.region, files, screen))
                report.write_refused(folder / "refused.csv")
                _all_imported(report, say)

        demo.steps.chapter("Moving in", move_in)
        demo.steps.chapter("The main job", story.main_job)
        demo.steps.chapter("What is refused, and how", story.refusals)
        demo.steps.chapter("What people hear", lambda: story.mails(_letters_of(files)))


def _all_imported(report: Report, say: Callable[[str], None]) -> None:
    for line in report.summary("refused.csv"):
        say(line)
    expect([f"{row.file}:{row.line} {row.code}" for row in report.refused], [], "refused rows")


def _letters_of(files: Files) -> Counter[str]:
    """How many messages each address gets because of the import: a welcome, and one an offer or request."""
    assert files.members
    assert files.offers
    assert files.requests
    email: dict[str, str] = {}
    letters: Counter[str] = Counter()
    for row in read(files.members, MEMBERS).rows:
        if row.cells["email"]:
            email[row.cells["ref"]] = row.cells["email"].lower()
            letters[row.cells["email"].lower()] += row.cells["approved"] == "yes"
    for row in (*read(files.offers, OFFERS).rows, *read(files.requests, REQUESTS).rows):
        if (address := email.get(row.cells["member_ref"])) is not None:
            letters[address] += 1
    return +letters


def check(
    region: RunningRegion, folder: Path, screen: Screen, demo: Demo, planted: Iterable[str] = ()
) -> None:
    """What must always hold in this region, on the screen and in the outcome.

    `planted`: what else may stand nowhere but in a vault.
    """
    report = asyncio.run(verify(region.region, folder=folder, planted=planted))
    demo.checks = report.as_dict()
    screen.say("\n[bold]What must always hold[/bold]")
    show_checks(screen, report.checks)


def show_checks(screen: Screen, checks: Iterable[Check]) -> None:
    """One line for each, and what is wrong below it."""
    for one in checks:
        mark = "[green]✓[/green]" if one.ok else "[red]✗[/red]"
        screen.say(f"{mark} {one.name} [dim]({one.read} read)[/dim]", indent=2)
        for wrong in one.wrong:
            screen.quote(wrong, indent=6, style="red")


def tell(screen: Screen, demo: Demo, cast: Cast, mailbox: Mailbox, *, once: bool) -> None:
    """The summary; and, when the region stays up, where it is and how to come in."""
    good = sum(step.ok for step in demo.steps.made)
    verdict = "[green]all is well[/green]" if demo.ok else "[red]not all is well[/red]"
    held = f", {sum(c['ok'] for c in demo.checks['checks'])} invariants hold" if demo.checks else ""
    screen.say(
        f"\n[bold]{verdict}[/bold]: {good} of {len(demo.steps.made)} steps{held}, "
        f"{len(mailbox.mails)} mails, {demo.seconds:.1f} s"
    )
    if once:
        return
    screen.say(f"\n[bold]{demo.address}/[/bold] (the API: {demo.address}/v1/openapi.json)", indent=2)
    screen.say("These keys are shown once; each start makes new ones:", indent=2)
    for login in (cast.noor, cast.team, cast.operator, cast.helper.login, cast.asker.login):
        screen.quote(f"{login.label:<28} {login.role.value:<12} {login.key}", indent=4)
    if demo.sandbox is not None:
        tell_teams(screen, demo.sandbox)
    screen.say("\nCtrl-C stops it.", indent=2)


def tell_teams(screen: Screen, sandbox: Sandbox) -> None:
    """What to copy to try a social team's system against it."""
    screen.say("\nA sandbox for a social team (docs/social-teams.md). In another terminal:", indent=2)
    for line in sandbox.setup:
        screen.copyable(line)
    screen.say("and then, one by one:", indent=2)
    for line in STEPS:
        screen.copyable(line)


def address_of(region: RunningRegion) -> str:
    """Where its web pages and API are."""
    return f"http://{region.region.web.host}:{region.region.web.port}"


def must_be_a_demos(folder: Path) -> None:
    """Raises Misconfigured for a folder with other files: --fresh must never remove those."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "lock").exists():
        raise Misconfigured(f"{folder} holds other files. Give the demo a folder of its own with --folder.")


def empty(folder: Path) -> None:
    """Remove what an earlier demo left; the lock that we hold stays."""
    for name in ("import", "mail", "servers", "logs"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("region.toml", "secrets.toml", "refused.csv"):
        (folder / name).unlink(missing_ok=True)


@contextmanager
def _web_port() -> Iterator[int]:
    """The usual one where it is free, for this demo alone also before its web opens it; else another."""
    with (Path(tempfile.gettempdir()) / f"wederdienst-demo-{os.getuid()}").open("a") as usual:
        try:
            fcntl.flock(usual, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", WEB_PORT))
        except OSError:
            yield free_port()
        else:
            yield WEB_PORT
