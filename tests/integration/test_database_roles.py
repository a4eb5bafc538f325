"""One database per service: its role comes into its own, and into no other."""

from typing import Any

import asyncpg
import pytest

from contracts.catalogue import SERVICES
from services.kernel.database import address
from services.kernel.database import connect as connect_to
from services.kernel.settings import Region
from services.region.databases import connect
from tests.harness.town import Town


async def connect_as(region: Region, user: str, password: str | None, database: str) -> Any:
    return await connect_to(**address(region, user, password, database), timeout=5)


async def _come_in(region: Region, role: str, database: str, password: str | None) -> None:
    connection = await connect_as(region, f"wd_{role}", password, database)
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


PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_is_its_own_roles_and_nobody_elses(town: Town, service: str) -> None:
    """Also for a role that came in by a mistake in who may connect."""
    region = town.region.region
    admin = await connect_as(region, "admin", region.postgres_password("admin"), region.database(service))
    try:
        tables = await admin.fetch(
            "SELECT c.oid::regclass::text AS name, pg_get_userbyid(c.relowner) AS owner FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
        )
        assert {"events", "log_head", "vault", "commands"} <= {table["name"] for table in tables}
        assert {table["owner"] for table in tables} == {f"wd_{service}"}
        granted = await admin.fetch(
            "SELECT role.rolname, t.name, p.privilege FROM pg_roles role, unnest($1::text[]) t (name), "
            "unnest($2::text[]) p (privilege) WHERE role.rolname <> $3 AND NOT role.rolsuper "
            "AND role.rolname NOT LIKE 'pg\\_%' AND has_table_privilege(role.rolname, t.name, p.privilege)",
            [table["name"] for table in tables],
            PRIVILEGES,
            f"wd_{service}",
        )
        assert [tuple(row) for row in granted] == []
        # And it is not a test of nothing: the owner has them all.
        for table in tables:
            sql = "SELECT bool_and(has_table_privilege($1, $2, p)) FROM unnest($3::text[]) p"
            assert await admin.fetchval(sql, f"wd_{service}", table["name"], PRIVILEGES), table["name"]
    finally:
        await admin.close()


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
