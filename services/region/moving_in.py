"""`wederdienst import …`: moving in, from our own CSV files or another system's."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cyclopts import App

from services.region.terminal import Config, path_from_caller, print_json

if TYPE_CHECKING:
    from services.region.importing import Report

import_app = App(name="import")


@import_app.default
def import_(
    *,
    config: Config = Path("region.toml"),
    members: Path | None = None,
    offers: Path | None = None,
    requests: Path | None = None,
    refused: Path = Path("refused.csv"),
    json: bool = False,
) -> None:
    """Import members, offers and requests from CSV files (docs/import.md). Twice is once.

    Every refused row goes to the --refused file, with its reason. Exit code 0 when every row
    was imported, 1 when some were refused, 2 when nothing could be done.
    """
    from services.kernel.settings import load
    from services.region.importing import Files, import_files
    from services.region.progress import Screen

    files = Files(*(path_from_caller(path) if path else None for path in (members, offers, requests)))
    report = asyncio.run(import_files(load(path_from_caller(config)), files, Screen()))
    _end(report, refused, json=json)


@import_app.command
def timeoverflow(
    folder: Path | None = None,
    *,
    config: Config = Path("region.toml"),
    members: Path | None = None,
    offers: Path | None = None,
    requests: Path | None = None,
    transfers: Path | None = None,
    addresses: Path | None = None,
    categories: Path | None = None,
    not_listed: str = "0:00",
    bank: str = "timeoverflow",
    capacity_minutes_week: int = 0,
    request_minutes: int = 60,
    refused: Path = Path("refused.csv"),
    json: bool = False,
) -> None:
    """Move in from TimeOverflow, out of the reports in FOLDER (docs/import.md). Twice is once.

    Members come with their balances. Every refused row goes to the --refused file, with its
    reason. Exit codes as of `import`.

    Parameters
    ----------
    folder
        Where TimeOverflow's download of all reports was unpacked.
    members
        The report of members, where it is not in FOLDER under the name TimeOverflow gave it.
    offers
        The report of offers, likewise.
    requests
        The report of requests ("inquiries"), likewise.
    transfers
        The report of transfers: not imported, but compared with the balances.
    addresses
        A list that you make: number, street, house_number, pc4, and perhaps capacity_minutes_week.
    categories
        What your categories and tags are called here: name, category.
    not_listed
        What the time bank itself and people who are no longer active have together: --not-listed=-2:30.
    bank
        A mark for this time bank, where a region takes in more than one.
    capacity_minutes_week
        What members want to help at most in a week, where the addresses do not say it.
    request_minutes
        How long the help that is asked for takes.
    """
    from services.kernel.settings import load
    from services.region.importing import timeoverflow as moving
    from services.region.progress import Screen

    given = (members, offers, requests, transfers, addresses, categories)
    reports = moving.Reports(*(path_from_caller(path) if path else None for path in given))
    if folder is not None:
        reports = moving.found_in(path_from_caller(folder), reports)
    terms = moving.Terms(bank, request_minutes, capacity_minutes_week, moving.seconds_of(not_listed))
    region = load(path_from_caller(config))
    report = asyncio.run(moving.import_timeoverflow(region, reports, terms, Screen()))
    _end(report, refused, json=json)


def _end(report: "Report", refused: Path, *, json: bool) -> NoReturn:
    """Write the refused rows, tell how it went, and end with the exit code that says so."""
    report.write_refused(path_from_caller(refused))
    if json:
        print_json(report.as_json())
    else:
        for line in report.summary(refused.name):
            print(line)
    sys.exit(report.exit_code)
