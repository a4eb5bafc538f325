"""One database per service: its role comes into its own, and into no other."""

import asyncpg
import pytest

from contracts.catalogue import SERVICES
from services.kernel.settings import Region
from services.region.databases import connect
from tests.harness.town import Town


async def _come_in(region: Region, role: str, database: str, password: str | None) -> None:
    connection = await asyncpg.connect(
        host=region.postgres.host,
        port=region.postgres.port,
        user=f"wd_{role}",
        password=password,
        database=database,
        timeout=5,
    )
    await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_role_comes_into_its_own_database_and_no_other(town: Town, service: str) -> None:
    region = town.region.region
    password = region.postgres_password(service)
    assert password
    await _come_in(region, service, region.database(service), password)
    for other in SERVICES:
        if other != service:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await _come_in(region, service, region.database(other), password)
            with pytest.raises(asyncpg.InvalidPasswordError):
                await _come_in(region, other, region.database(other), password)
    for wrong in ("", "wrong", None):
        with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InternalClientError)):
            await _come_in(region, service, region.database(service), wrong)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_role_has_no_power_beyond_its_tables(town: Town, service: str) -> None:
    database = await connect(town.region.region, service)
    try:
        role = await database.fetchrow("SELECT * FROM pg_roles WHERE rolname = current_user")
        for power in ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls"):
            assert not role[power], power
        member_of = "SELECT count(*) FROM pg_auth_members WHERE member = $1"
        assert await database.fetchval(member_of, role["oid"]) == 0
        for other in SERVICES:
            if other != service:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await database.execute(f"SET ROLE wd_{other}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute("CREATE DATABASE loophole")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.fetchval("SELECT pg_read_file('PG_VERSION')")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.execute("COPY (SELECT 1) TO PROGRAM 'true'")
    finally:
        await database.close()
