"""Commands about what happened: the events themselves, those that could not be followed, and those that
their source lost after they were.
"""

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from services.kernel.errors import Misconfigured
from services.region.terminal import Config, path_from_caller, print_json


def events(
    *,
    config: Config = Path("region.toml"),
    follow: bool = False,
    service: str | None = None,
    name: str | None = None,
    entity: UUID | None = None,
    since: datetime | None = None,
    json: bool = False,
) -> None:
    """Search the logs, or follow new events; one line an event.

    Parameters
    ----------
    since
        From this moment on; UTC where it says no offset. Not with --follow, which shows what comes.
    """
    from services.kernel.settings import load
    from services.region import operating

    if follow and since is not None:
        raise Misconfigured("--since looks back and --follow shows what comes. Give one of the two.")
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    sought = operating.Sought(service, name, entity)
    region = load(path_from_caller(config))

    async def show() -> None:
        found = (
            operating.follow_events(region, sought)
            if follow
            else operating.search_events(region, sought, since=since)
        )
        async for event in found:
            if json:
                print_json(event)
            else:
                print(operating.one_line(event), flush=True)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(show())


park = App(name="park", help="Followed events that could not be applied, and those that wait behind them.")


@park.command(name="list")
def park_list(*, config: Config = Path("region.toml"), json: bool = False) -> None:
    """Every parked event: where, which lane, why, since when."""
    from services.kernel.settings import load
    from services.region import operating

    found = asyncio.run(operating.parked(load(path_from_caller(config))))
    if json:
        print_json(found)
    elif not found:
        print("Nothing is parked.")
    for row in () if json else found:
        place = f"{row['service']} follows {row['source']} at {row['position']}"
        print(f"{place}, lane {row['lane']}: {row['reason']}")


@park.command(name="show")
def park_show(service: str, source: str, position: int, *, config: Config = Path("region.toml")) -> None:
    """One parked event whole. It may hold what should never have been sent: handle with care."""
    from services.kernel.settings import load
    from services.region import operating

    print_json(asyncio.run(operating.parked_event(load(path_from_caller(config)), service, source, position)))


@park.command(name="retry")
def park_retry(service: str, *, lane: UUID | None = None, config: Config = Path("region.toml")) -> None:
    """Try parked events again, lane by lane in their order."""
    from services.kernel.settings import load
    from services.region import operating

    applied = asyncio.run(operating.retry_parked(load(path_from_caller(config)), service, lane))
    print(f"{service}: {applied} applied")


forks = App(name="forks", help="Effects of events that their source lost: a person looks at each.")


@forks.command(name="list")
def forks_list(
    *,
    settled: Annotated[bool, Parameter(negative=())] = False,
    config: Config = Path("region.toml"),
    json: bool = False,
) -> None:
    """Each range: who followed what, since when. With --settled also those a person looked at."""
    from services.kernel.settings import load
    from services.region import operating

    found = asyncio.run(operating.forks(load(path_from_caller(config)), settled=settled))
    if json:
        print_json(found)
    elif not found:
        print("No effects are without their cause.")
    for row in () if json else found:
        print(
            f"{row['service']} followed {row['source']} from {row['first_position']} to "
            f"{row['last_position']}, which epoch {row['epoch']} no longer has; "
            f"noticed {row['noticed_at']:%Y-%m-%d %H:%M} UTC"
        )
        if row["settled_at"]:
            print(f"       settled {row['settled_at']:%Y-%m-%d %H:%M} UTC: {row['note']}")


@forks.command(name="settle")
def forks_settle(
    service: str, source: str, epoch: int, *, note: str, config: Config = Path("region.toml")
) -> None:
    """A person looked at a range and mended what it had done. It stays, and is no longer counted.

    Parameters
    ----------
    service
        Who followed what is no more.
    source
        Whose log was put back.
    epoch
        The epoch that began then, as `forks list` shows it.
    note
        What was found and done, without names.
    """
    from services.kernel.settings import load
    from services.region import operating

    asyncio.run(operating.settle_fork(load(path_from_caller(config)), service, source, epoch, note))
    print(f"{service}: what it followed of {source} before epoch {epoch} is settled")
