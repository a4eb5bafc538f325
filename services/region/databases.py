"""A database and a role for each service, and their tables."""

import importlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from contracts.catalogue import SERVICES
from services.kernel import database
from services.kernel.errors import DATABASE_AWAY, Misconfigured
from services.kernel.log import Connection
from services.kernel.migrations import migrate, migrations
from services.kernel.service import Service
from services.kernel.settings import Region


def service_of(name: str, region: Region) -> Service:
    """The service called `name`, put together for this region."""
    found: Service = importlib.import_module(f"services.{name}.app").service(region)
    return found


async def create_databases(region: Region, services: Iterable[str] = SERVICES) -> None:
    """Make what is missing: per service a role that may use its own database and nothing else.

    Raises Misconfigured as `connect` does.
    """
    admin = await _reach(
        region, **database.address(region, "admin", region.postgres_password("admin"), "postgres")
    )
    try:
        for service in services:
            role, own = f"wd_{service}", region.database(service)
            password = region.postgres_password(service) or ""
            # Identifiers come from our own catalogue and a checked region name.
            literal = await admin.fetchval("SELECT quote_literal($1)", password)
            if await admin.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
                await admin.execute(f"ALTER ROLE {role} LOGIN PASSWORD {literal}")
            else:
                await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD {literal}")
            if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", own):
                await admin.execute(f"CREATE DATABASE {own} OWNER {role}")
            await admin.execute(f"REVOKE CONNECT ON DATABASE {own} FROM PUBLIC")
    finally:
        await admin.close()


def roles_sql(region: Region) -> str:
    """The same as a script for psql, for whoever administers an own PostgreSQL server. It holds passwords."""
    lines = ["-- Once, as a superuser: psql --file=roles.sql\n"]
    for service in SERVICES:
        own = region.database(service)
        password = (region.postgres_password(service) or "").replace("'", "''")
        lines += [
            f"CREATE ROLE wd_{service} LOGIN PASSWORD '{password}';\n",
            f"CREATE DATABASE {own} OWNER wd_{service};\n",
            f"REVOKE CONNECT ON DATABASE {own} FROM PUBLIC;\n",
        ]
    return "".join(lines)


async def connect(region: Region, service: str) -> Any:
    """A plain connection as a service's own role. Raises Misconfigured where there is none to be had."""
    return await _reach(region, **database.own_address(region, service))


@asynccontextmanager
async def connected(
    region: Region, services: Iterable[str] = SERVICES
) -> AsyncIterator[dict[str, Connection]]:
    """A connection to the database of each of these services, for the block. Raises as `connect` does."""
    opened: dict[str, Connection] = {}
    try:
        for service in sorted(services):
            opened[service] = await connect(region, service)
        yield opened
    finally:
        for connection in opened.values():
            await connection.close()


async def _reach(region: Region, **where: Any) -> Any:
    try:
        return await database.connect(**where)
    except asyncpg.InvalidCatalogNameError:
        why = f"has no database {where['database']}. Make what is missing: wederdienst migrate --databases"
    except asyncpg.InvalidAuthorizationSpecificationError:
        why = f"does not let {where['user']} in. Put the password right that stands in the secrets."
    except DATABASE_AWAY as away:
        why = f"does not answer ({type(away).__name__}). Start it first."
    servers = ", ".join(f"{host}:{port}" for host, port in region.postgres.addresses)
    raise Misconfigured(f"PostgreSQL at {servers} {why}")


async def migrate_all(region: Region, services: Iterable[str] = SERVICES) -> dict[str, list[str]]:
    """Bring every service's tables up to date; returns what was applied, by service."""
    applied = {}
    for service in services:
        connection = await connect(region, service)
        try:
            applied[service] = await migrate(connection, migrations(service, service_of(service, region).sql))
        finally:
            await connection.close()
    return applied
