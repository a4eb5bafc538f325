"""The command line: `wederdienst …`. Every command is one function; what it does lives in its module.

Here are those that run a region and look after it; groups of others have a module of their own.
"""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Annotated

import asyncpg
import structlog
from cyclopts import App, Parameter

from services.kernel.errors import Misconfigured, Rejected, Transient
from services.region import following, keeping, moving_in
from services.region.network.commands import network
from services.region.terminal import Config, path_from_caller, print_json

DATABASE_LOST = (
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)
"""What asyncpg raises where PostgreSQL goes away in the middle of something, or is stopped."""

app = App(name="wederdienst", help="Organised neighbourly help for a network of municipalities.")
for group in (keeping.region_app, moving_in.import_app, following.park, following.forks, network):
    app.command(group)
for command in (keeping.backup, keeping.restore, keeping.recover, following.events):
    app.command(command)


@app.command
def serve(service: str, *, config: Config = Path("region.toml"), probe_port: int | None = None) -> None:
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
def migrate(*, config: Config = Path("region.toml"), databases: bool = False) -> None:
    """Bring every service's tables up to date, and its stream to as many copies as the settings say.

    With `--databases` missing databases and roles are made first: that needs the password of `admin`.
    """
    from services.kernel.settings import load
    from services.region import operating
    from services.region.databases import create_databases, migrate_all

    region = load(path_from_caller(config))
    if databases:
        asyncio.run(create_databases(region))
    for service, applied in asyncio.run(migrate_all(region)).items():
        print(f"{service}: {', '.join(applied) or 'up to date'}")
    for stream, settings in asyncio.run(operating.update_streams(region)).items():
        print(f"{stream}: changed {', '.join(settings)}")


@app.command
def up(*, config: Config = Path("region.toml")) -> None:
    """Run a whole region on this machine until Ctrl-C."""
    import signal
    import threading

    from services.region.holding import hold
    from services.region.running import running

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    path = path_from_caller(config)
    with hold(path.parent), running(path, say=lambda step: print(f"  {step}", flush=True)) as region:
        print(f"{region.region.name}: http://{region.region.web.host}:{region.region.web.port}/", flush=True)
        while not stop.wait(1.0):
            for service in region.start_again():
                print(f"{service} had ended and was started again: see {region.logs}", flush=True)
        print("stopping", flush=True)


@app.command
def verify(*, config: Config = Path("region.toml"), json: bool = False, drain_seconds: float = 15.0) -> None:
    """Check what must always hold. Exit code 1 when something does not."""
    from services.kernel.settings import load
    from services.region import verify as checks
    from services.region.operating import note_job
    from services.region.running import servers_for

    path = path_from_caller(config)
    region = load(path)
    with servers_for(region):
        report = asyncio.run(checks.verify(region, folder=path.parent, drain_seconds=drain_seconds))
        asyncio.run(note_job(region, "verify", ok=report.ok, said=report.in_words))
    if json:
        print_json(report.as_dict())
    else:
        for check in report.checks:
            print(f"{'ok  ' if check.ok else 'NOT '} {check.name} ({check.read} read)")
            for wrong in check.wrong:
                print(f"       {wrong}")
    sys.exit(0 if report.ok else 1)


@app.command
def demo(
    *,
    once: bool = False,
    json: bool = False,
    folder: Path = Path(".wederdienst/demo"),
    fresh: bool = False,
    regions: int = 1,
) -> None:
    """A region that fills itself and plays its main job, then stays up until Ctrl-C.

    `--once` checks what must always hold and stops; exit code 0 only when every step and
    check was good. `--fresh` begins anew. Invented people, servers out of wheels, no root.
    `--regions 3`: so many regions, each on its own, and a hub between them.
    """
    import signal
    import threading

    from services.region.demo.network import NetworkDemo, show_network
    from services.region.demo.show import Demo, show
    from services.region.progress import Screen

    stop = threading.Event()

    def interrupt(*_: object) -> None:
        # Once: what stops the servers is not to be stopped itself.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)

    def up(shown: Demo | NetworkDemo) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            if json:
                # Now: whoever reads it can use what runs.
                print_json(shown.as_json())
            if not once:
                stop.wait()

    where = path_from_caller(folder)
    shown: Demo | NetworkDemo
    try:
        if regions == 1:
            shown = show(where, Screen(), once=once, fresh=fresh, up=up)
        else:
            shown = show_network(where, Screen(), count=regions, once=once, fresh=fresh, up=up)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0 if shown.ok else 1)


@app.command
def rebuild(service: str, *, config: Config = Path("region.toml")) -> None:
    """Rebuild a service's projections from the log and swap them in. Sends nothing."""
    from services.kernel.settings import load
    from services.region import operating

    events = asyncio.run(operating.rebuild(load(path_from_caller(config)), service))
    print(f"{service}: projections rebuilt from {events} events")


@app.command
def doctor(*, config: Config = Path("region.toml"), url: str = "", json: bool = False) -> None:
    """Look at configuration, clocks, disk, permissions, versions, lag, certificates; say what to do.

    Exit code 1 when something must be mended.

    Parameters
    ----------
    url
        Where people reach this region, to see how long its certificate lasts: --url=https://...
    """
    from services.region import finding
    from services.region.doctor import examine

    findings = asyncio.run(examine(path_from_caller(config), url=url))
    if json:
        print_json(finding.as_json(findings))
    else:
        for line in finding.as_lines(findings):
            print(line)
    sys.exit(finding.exit_code(findings))


@app.command(name="log-level")
def log_level(service: str, level: str, *, minutes: int = 30, config: Config = Path("region.toml")) -> None:
    """Have a service write more lines, or fewer, for a while: debug, info, warning or error."""
    from services.kernel.settings import load
    from services.region import operating

    until = asyncio.run(operating.set_log_level(load(path_from_caller(config)), service, level, minutes))
    print(f"{service} writes lines from {level} on until {until:%H:%M} UTC")


@app.command
def test(*pytest_arguments: str, all_: Annotated[bool, Parameter(name="--all")] = False) -> None:
    """Run every check: pytest, ruff, mypy, import rules, schemas. `--all` adds the long forms."""
    from services.region.checking import run_checks

    sys.exit(run_checks(all_forms=all_, pytest_arguments=pytest_arguments))


@app.command
def bench(
    *,
    json: bool = False,
    rounds: int = 5,
    only: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    quick: bool = False,
) -> None:
    """Measure how fast this is, beside others who do the same: about eight minutes; needs a checkout.

    `--only commands relay` measures those topics alone; `--quick` is a smoke test. Exit code 0
    when everything was measured, whatever the numbers.
    """
    from services.region.checking import run_bench

    options = {"--json": json, "--quick": quick}
    arguments = [option for option, given in options.items() if given]
    sys.exit(run_bench([*arguments, "--rounds", str(rounds), *(["--only", *only] if only else [])]))


def main() -> None:
    """Entry point. What a person must change is told in a sentence, without a stack trace."""
    # What a command tells is on standard output, for programs too; log lines are not (`serve` sets its own),
    # and of those only what is wrong is of use at a terminal.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        app()
    except Misconfigured as wrong:
        print(f"wederdienst: {wrong}", file=sys.stderr)
        sys.exit(2)
    except Rejected as no:
        print(f"wederdienst: {no.refusal.en}", file=sys.stderr)
        sys.exit(1)
    except TimeoutError as late:
        print(f"wederdienst: {late}. Look into the logs, then try again.", file=sys.stderr)
        sys.exit(2)
    except asyncpg.UndefinedTableError:
        print("wederdienst: tables are missing. Make them first: wederdienst migrate", file=sys.stderr)
        sys.exit(2)
    except DATABASE_LOST as lost:
        print(
            f"wederdienst: a connection broke off ({type(lost).__name__}). Do the servers run? Try again.",
            file=sys.stderr,
        )
        sys.exit(2)
    except OSError as wrong:
        print(f"wederdienst: {wrong}. Look at that, then try again.", file=sys.stderr)
        sys.exit(2)
    except Transient:
        print(
            "wederdienst: the service does not answer now. Is the region running? Try again.", file=sys.stderr
        )
        sys.exit(2)


if __name__ == "__main__":
    main()
