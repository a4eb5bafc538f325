"""Which servers the regions of a test run have: `pytest --servers=embedded|containers|external`.

embedded    out of wheels, started by the region itself; the default
containers  in a Docker engine, new ones for each region
external    yours, for nothing but tests: before each region, its databases (wd_proef_…) and every
            stream EVT_… are dropped. So one region at a time: give pytest one folder of tests.

External servers stand in the environment, where everything of a region's configuration may stand:

    export WD_POSTGRES__HOST=… WD_POSTGRES__PORT=… WD_NATS__HOST=… WD_NATS__PORT=…
    export WD_TEST_PASSWORD=…     of PostgreSQL's superuser `admin`, and of every user of NATS
    python -m tests.harness.servers > nats.conf     what that NATS server is to be started with
    pytest --servers=external tests/integration
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

import asyncpg
import nats
from nats.js.errors import NotFoundError

from contracts import subjects
from contracts.catalogue import SERVICES
from services.kernel.errors import Misconfigured
from services.kernel.settings import Region, Team
from services.region.databases import create_databases
from services.region.servers import nats_config

NAME = "proef"
"""The region of the tests. External NATS knows its subjects, so it is the only one there."""


class Servers(StrEnum):
    """Whose servers a region has."""

    EMBEDDED = "embedded"
    CONTAINERS = "containers"
    EXTERNAL = "external"


chosen = Servers.EMBEDDED

TEAMS = ({"id": "west", "label": "Sociaal team West"}, {"id": "oost", "label": "Sociaal team Oost"})
"""The social teams of every town; on external servers they have a user too."""


def choose(servers: Servers) -> None:
    """Let every region of this run have `servers`. Raises Misconfigured where that cannot be."""
    global chosen
    if servers is Servers.EXTERNAL:
        _take_password_from_environment()
    if servers is Servers.CONTAINERS:
        from tests.harness import images

        for server in images.OFFICIAL:
            images.ready(server)
    chosen = servers


@asynccontextmanager
async def serving(region: Region, servers: Servers) -> AsyncIterator[None]:
    """The region's servers with its empty databases, inside the block; an embedded region brings its own."""
    match servers:
        case Servers.EMBEDDED:
            yield
        case Servers.CONTAINERS:
            from tests.harness.containers import in_containers

            with in_containers(region):
                await create_databases(region)
                yield
        case Servers.EXTERNAL:
            await _drop_databases(region)
            await drop_streams(region)
            await create_databases(region)
            yield


async def _drop_databases(region: Region) -> None:
    admin: Any = await asyncpg.connect(
        host=region.postgres.host,
        port=region.postgres.port,
        user="admin",
        password=region.postgres_password("admin"),
        database="postgres",
    )
    try:
        for service in SERVICES:
            await admin.execute(f"DROP DATABASE IF EXISTS {region.database(service)}")
    except asyncpg.ObjectInUseError:
        raise Misconfigured(
            "Another region lives on the external servers: run one folder of tests at a time."
        ) from None
    finally:
        await admin.close()


async def drop_streams(region: Region) -> None:
    """Every stream of the services, with all that is in it."""
    operator = await nats.connect(
        f"nats://{region.nats.host}:{region.nats.port}",
        user="operator",
        password=region.nats_password("operator"),
        inbox_prefix=subjects.inbox("operator").encode(),
        allow_reconnect=False,
    )
    try:
        for service in SERVICES:
            with suppress(NotFoundError):
                await operator.jetstream().delete_stream(subjects.stream(service))
    finally:
        await operator.close()


def _take_password_from_environment() -> None:
    """WD_TEST_PASSWORD into the secrets of every region of this run and its processes."""
    missing = [
        name
        for name in ("WD_POSTGRES__PORT", "WD_NATS__PORT", "WD_TEST_PASSWORD")
        if not os.environ.get(name)
    ]
    if missing:
        raise Misconfigured(f"External servers need {', '.join(missing)}: see tests/harness/servers.py.")
    password = os.environ["WD_TEST_PASSWORD"]
    os.environ["WD_SECRETS__POSTGRES__ADMIN"] = password
    for user in (*SERVICES, "operator", *(subjects.team_user(team["id"]) for team in TEAMS)):
        os.environ[f"WD_SECRETS__NATS__{user.upper()}"] = password


if __name__ == "__main__":
    _take_password_from_environment()
    print(
        nats_config(
            Region(region=NAME, name=NAME, teams=[Team(**team) for team in TEAMS]), Path("jetstream")
        ),
        end="",
    )
