"""One database per service: its role comes into its own, and into no other; whoever made them."""

import asyncio
import subprocess
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from contracts.catalogue import SERVICES
from services.kernel.database import address
from services.kernel.database import connect as connect_to
from services.kernel.settings import Region, load
from services.region.configure import write_region
from services.region.databases import connect, migrate_all, roles_sql
from services.region.servers import Postgres, postgres_program


@pytest.fixture(
    scope="module",
    params=["made by migrate", pytest.param("made by roles.sql", marks=pytest.mark.long)],
)
def region(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """A region whose databases and roles are there, on the town's server or on one that was empty."""
    if request.param == "made by migrate":
        yield request.getfixturevalue("town").region.region
        return
    folder = tmp_path_factory.mktemp("by-hand")
    found = load(write_region(folder, region="eigen", name="Eigen", centre="3511", keys=[]))
    password = found.postgres_password("admin") or ""
    server = Postgres(folder / "servers", found.postgres.port, password)
    (folder / "servers").mkdir(exist_ok=True)
    script = folder / "roles.sql"
    script.write_text(roles_sql(found))
    try:
        server.start()
        # As the script's first line says, and stopping at whatever is wrong.
        subprocess.run(
            [
                postgres_program("psql"),
                *("--host=127.0.0.1", f"--port={found.postgres.port}", "--username=admin"),
                *("--dbname=postgres", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={script}"),
            ],
            env={"PGPASSWORD": password},
            check=True,
            capture_output=True,
        )
        asyncio.run(migrate_all(found))
        yield found
    finally:
        server.stop()


async def connect_as(region: Region, user: str, password: str | None, database: str) -> Any:
    return await connect_to(**address(region, user, password, database), timeout=5)


async def _come_in(region: Region, role: str, database: str, password: str | None) -> None:
    connection = await connect_as(region, f"wd_{role}", password, database)
    await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_role_comes_into_its_own_database_and_no_other(region: Region, service: str) -> None:
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
async def test_every_table_is_its_own_roles_and_nobody_elses(region: Region, service: str) -> None:
    """Also for a role that came in by a mistake in who may connect."""
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
async def test_a_role_has_no_power_beyond_its_tables(region: Region, service: str) -> None:
    database = await connect(region, service)
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
