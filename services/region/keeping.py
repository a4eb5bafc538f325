"""Commands that keep a region: its configuration for own servers, backups and what comes after one."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from contracts.envelope import NOBODY
from services.kernel.errors import Misconfigured
from services.region.terminal import Config, asked, path_from_caller, print_json

region_app = App(name="region", help="A region's configuration.")


@region_app.command(name="new")
def region_new(
    folder: Path,
    *,
    name: str | None = None,
    token: str | None = None,
    centre: str | None = None,
    domain: str | None = None,
    sender: str | None = None,
    phone: str = "",
    mail: str = "mail:587",
    organisation: str = NOBODY,
    postgres: tuple[str, ...] = ("postgres:5432",),
    nats: tuple[str, ...] = ("nats:4222",),
) -> None:
    """Write a new region's whole configuration into FOLDER, with fresh keys. Overwrites nothing.

    What is not given is asked. The first coordinator's and operator's keys are shown once and kept nowhere.

    Parameters
    ----------
    folder
        Where it is written: a folder that is not there yet, or empty.
    name
        What people call the region: Utrecht.
    token
        What machines call it, for ever: utrecht. Lower-case letters, digits and hyphens.
    centre
        The four digits of a postcode in its middle.
    domain
        The host name that people type: hulp.voorbeeld.nl.
    sender
        The address that messages come from.
    phone
        Where people call, in every message that they get: give one, or many messages end in a question.
    mail
        The SMTP server, host:port. The default is the one of compose's profile `mail`.
    organisation
        The organisation's OIN, 20 digits.
    postgres
        PostgreSQL servers, host:port; the one that takes writes is used. The default is compose's.
    nats
        One NATS server or three, host:port. The default is compose's.
    """
    from services.region import new

    name = name or asked("What do people call the region?", "--name")
    keys = new.write(
        path_from_caller(folder),
        new.Wishes(
            token=token or asked("What do machines call it, for ever?", "--token", name.lower()),
            name=name,
            centre=centre or asked("Four digits of a postcode in its middle?", "--centre"),
            domain=domain or asked("Which host name do people type?", "--domain"),
            sender=sender or asked("From which address do messages come?", "--sender"),
            phone=phone,
            mail=mail,
            organisation=organisation,
            postgres=postgres,
            nats=nats,
        ),
    )
    print(f"{folder} holds the configuration of {name}. Keep it as you keep a key.")
    for key, secret in keys.items():
        print(f"  {key}: {secret}")
    print("These two keys are shown once. Next: docs/install.md")


@region_app.command(name="certificates")
def region_certificates(folder: Path) -> None:
    """New certificates for the servers of the region in FOLDER, for two years; then restart the servers."""
    from services.kernel.settings import load
    from services.region import new

    at = path_from_caller(folder)
    for written in new.write_certificates(at, load(at / "region.toml")):
        print(written)


@region_app.command(name="nats")
def region_nats(folder: Path) -> None:
    """Write nats.conf of the region in FOLDER anew: after a new team or release. Then restart NATS."""
    from services.kernel.settings import load
    from services.region import new

    at = path_from_caller(folder)
    for written in new.write_nats(at, load(at / "region.toml")):
        print(written)


def backup(*, to: Path, keep: int = 0, config: Config = Path("region.toml"), json: bool = False) -> None:
    """Back up every database at one instant, into a new folder under --to, while the region runs.

    With `--keep 14` the newest fourteen of this region stay there and older ones are removed.
    """
    from services.kernel.settings import load
    from services.region import backup as backups
    from services.region.running import servers_for

    region = load(path_from_caller(config))
    with servers_for(region):
        folder, manifest = asyncio.run(backups.take(region, path_from_caller(to)))
    removed = backups.forget_older(folder.parent, region, keep) if keep > 0 else []
    if json:
        print_json({"folder": folder, "removed": removed, **manifest.model_dump()})
        return
    heads = ", ".join(f"{service} {head.position}" for service, head in manifest.logs.items())
    print(f"{folder}: {heads}")
    for old in removed:
        print(f"  removed {old}")


def restore(
    *, from_: Annotated[Path, Parameter(name="--from")], config: Config = Path("region.toml")
) -> None:
    """Put a backup back in the place of every database, then take back what NATS still holds.

    Stop the services first; NATS may run. What is in the databases now is gone.
    """
    from services.kernel.settings import load
    from services.region import backup as backups
    from services.region import operating
    from services.region.running import servers_for

    region = load(path_from_caller(config))
    with servers_for(region, nats=True):
        manifest = asyncio.run(backups.put_back(region, path_from_caller(from_)))
        print(f"{region.name} is as it was at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC.", flush=True)
        try:
            done = asyncio.run(operating.recover(region, manifest.logs))
        except Misconfigured as why:
            print(f"What came after that was not taken back: {why} Then: wederdienst recover")
            sys.exit(1)
    for line in operating.told(done):
        print(line)


def recover(*services: str, config: Config = Path("region.toml")) -> None:
    """After databases were put back by other means: take back what NATS still holds of their logs.

    Name the services whose database was put back; without a name, all.
    """
    from contracts.catalogue import SERVICES
    from services.kernel.settings import load
    from services.region import operating

    done = asyncio.run(operating.recover(load(path_from_caller(config)), services or SERVICES))
    for line in operating.told(done):
        print(line)
