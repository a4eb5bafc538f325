"""Erased is erased: gone from the vault at once, for good, and after a database was put back to before."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from contracts.envelope import Actor, Command, Event, Role, VaultEntry
from contracts.ledger import AccountOpened
from contracts.members import EraseMember, GiveGuardianConsent, MemberErased, NameTie, RegisterMember
from services.kernel.bus import Bus
from services.kernel.deciding import Item
from services.kernel.entity import State
from services.kernel.erasure import Erasures, place
from services.kernel.log import Recorded
from services.kernel.service import Context, Service, new_id
from services.ledger.app import service as ledger
from services.region.configure import write_region
from services.region.databases import connect, migrate_all
from services.region.running import RunningRegion
from tests.harness import leader as alone
from tests.harness import servers
from tests.harness.leader import Leader, Place
from tests.harness.town import Town
from tests.harness.waiting import until

NOOR = Actor(role=Role.COORDINATOR, name="noor")
PLANTED = ("Geertje Verzonnen", "verzonnen@voorbeeld.example", "Nergenslaan", "Een verzonnen ouder")


@asynccontextmanager
async def members_alone(folder: Path) -> AsyncIterator[RunningRegion]:
    """A region that runs nothing but members, in a process of its own."""
    if servers.chosen is not servers.Servers.EMBEDDED:
        pytest.skip("puts databases back on servers of its own")
    config = write_region(folder, region="proef", name="Proef", centre="3511", keys=[])
    region = RunningRegion(config, services=("members",))
    try:
        await asyncio.to_thread(region.start_servers)
        await migrate_all(region.region)
        await start(region)
        yield region
    finally:
        await asyncio.to_thread(region.stop)


async def start(region: RunningRegion) -> None:
    for replica in region.replicas:
        replica.start()
    await asyncio.to_thread(region.wait_ready)


async def stop(region: RunningRegion) -> None:
    for replica in region.replicas:
        await asyncio.to_thread(replica.stop)


async def tell(region: RunningRegion, command: Command) -> UUID:
    """Give a command over the bus, as the coordinator instance does; returns its id."""
    bus = Bus(region.region, "operator")
    await bus.connect()
    try:
        answer = await bus.send(command, NOOR, id=new_id(), seconds=20)
    finally:
        await bus.close()
    assert answer.outcome == "accepted", answer
    assert answer.id is not None
    return answer.id


async def someone_and_a_friend(region: RunningRegion) -> tuple[UUID, UUID]:
    """Someone of whom the vault holds much, also in rows of another; and that other."""
    name, email, street, guardian = PLANTED
    person = await tell(
        region,
        RegisterMember(
            name=name,
            email=email,
            street=street,
            house_number="1",
            pc4="3512",
            born_on=datetime.now(UTC).date().replace(day=1),
        ),
    )
    await tell(region, GiveGuardianConsent(member_id=person, how="paper", guardian=guardian))
    friend = await tell(
        region,
        RegisterMember(name="Blijver", street="Laan", house_number="2", pc4="3512", circle=(person,)),
    )
    await tell(region, NameTie(member_id=person, other_id=friend, tie="friend"))
    return person, friend


async def vault(region: RunningRegion) -> str:
    """Everything that stands in the vault, as one text."""
    connection = await connect(region.region, "members")
    try:
        return "\n".join(row[0] for row in await connection.fetch("SELECT v::text FROM vault v"))
    finally:
        await connection.close()


async def erased_elsewhere(region: RunningRegion) -> None:
    """What the service's table holds once the leader of another machine erased someone."""
    connection = await connect(region.region, "members")
    try:
        await connection.execute("INSERT INTO erased (person_id, erased_at) VALUES ($1, now())", ERASED)
    finally:
        await connection.close()


def traces(text: str, person: UUID) -> list[str]:
    return [planted for planted in (*PLANTED, str(person)) if planted in text]


async def admin(region: RunningRegion, *statements: str) -> None:
    """As a database administrator, who puts copies back."""
    settings: dict[str, Any] = {"host": region.region.postgres.host, "port": region.region.postgres.port}
    connection = await asyncpg.connect(
        **settings, user="admin", password=region.region.postgres_password("admin"), database="postgres"
    )
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.long
async def test_who_is_erased_stays_erased_when_the_database_is_put_back(tmp_path: Path) -> None:
    async with members_alone(tmp_path) as region:
        person, friend = await someone_and_a_friend(region)
        assert traces(await vault(region), person) == [*PLANTED, str(person)]
        await stop(region)
        database = region.region.database("members")
        await admin(region, f"CREATE DATABASE backup TEMPLATE {database} OWNER wd_members")
        await start(region)

        await tell(region, EraseMember(member_id=person))
        kept = await vault(region)
        assert traces(kept, person) == []
        assert str(friend) in kept
        erasures = Erasures(place(region.region))

        async def listed() -> bool:
            return set(erasures.read()) == {person}

        await until(listed, "the erasure being on the list")
        assert traces(erasures.path.read_text(), person) == [str(person)]
        await erased_elsewhere(region)

        async def listed_too() -> bool:
            return set(erasures.read()) == {person, ERASED}

        await until(listed_too, "who was erased on another machine being on the list")

        await stop(region)
        await admin(
            region, f"DROP DATABASE {database} WITH (FORCE)", f"ALTER DATABASE backup RENAME TO {database}"
        )
        assert traces(await vault(region), person) == [*PLANTED, str(person)]
        (members,) = region.replicas
        members.start()
        # Whether it leads or finds its log forked: the vault is clean before that.
        await until(said(members.log, "erased_again"), "members reading the list", seconds=30)
        kept = await vault(region)
        assert traces(kept, person) == []
        assert str(friend) in kept


@pytest.mark.long
async def test_an_erasure_that_a_crash_kept_from_the_list_is_put_on_it_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with members_alone(tmp_path) as region:
        person, _ = await someone_and_a_friend(region)
        await tell(region, EraseMember(member_id=person))
        (members,) = region.replicas
        members.kill()
        erasures = Erasures(place(region.region))
        erasures.path.unlink(missing_ok=True)
        await start(region)
        assert set(erasures.read()) == {person}


@pytest.mark.long
async def test_a_service_is_not_ready_as_long_as_it_cannot_read_the_list(tmp_path: Path) -> None:
    async with members_alone(tmp_path) as region:
        await stop(region)
        path = place(region.region)
        path.mkdir()
        (members,) = region.replicas
        members.start()
        await until(said(members.log, "erasures_unknown"), "members saying so", seconds=30)
        assert not members.ready()
        path.rmdir()
        await asyncio.to_thread(region.wait_ready)


def said(log: Path, event: str) -> Callable[[], Awaitable[bool]]:
    """Whether a line of this log is about this event."""

    async def is_there() -> bool:
        return f'"{event}"' in await asyncio.to_thread(log.read_text)

    return is_there


# ---- what is said afterwards


ERASED, STAYS = UUID(int=0xE1), UUID(int=0xE2)


class Note(Command):
    """Opens an account, with words about one person or two."""

    about: UUID
    other: UUID | None = None
    text: str

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("note", command_id, self.about, {"text": self.text}, self.other),)


def note(command: Note, context: Context, state: State) -> list[Event]:
    return [AccountOpened(account_id=context.command_id, floor_minutes=-600)]


NOTES = (
    Note(about=ERASED, text="about who was erased"),
    Note(about=STAYS, other=ERASED, text="about who was erased, by another"),
    Note(about=STAYS, text="about who stays"),
    Note(about=STAYS, other=STAYS, text="about who stays, and another"),
)
KEPT = {"about who stays", "about who stays, and another"}


@pytest_asyncio.fixture(loop_scope="session")
async def here(town: Town) -> AsyncIterator[Place]:
    """A database of a service that hears of erasures from members."""
    real = ledger(town.region.region)
    follows = Service(name="ledger", sql=real.sql, kinds=real.kinds, decides={Note: note}, erases=real.erases)
    async with alone.place(town.region.region, follows) as found:
        yield found


def hears(leader: Leader, position: int = 1) -> "asyncio.Future[Any]":
    """Members says that someone was erased."""
    erased = MemberErased(member_id=ERASED)
    told = Recorded(
        source="members",
        epoch=1,
        position=position,
        event_id=f"{new_id()}.0",
        name="MemberErased",
        schema_version=erased.VERSION,
        entity_id=ERASED,
        correlation_id=None,
        traceparent=None,
        at=datetime.now(UTC),
        data=erased.model_dump(mode="json"),
        raw=b"{}",
    )
    item = Item(new_id(), Actor(role=Role.SERVICE, name="ledger"), followed=told)
    return leader.loop.submit_followed([item])


async def texts(leader: Leader) -> set[str]:
    return {row[0] for row in await leader.pool.fetch("SELECT data ->> 'text' FROM vault")}


async def say(leader: Leader) -> None:
    """Every note, each of which counts as done."""
    assert {answer.outcome for answer in await leader.all(NOTES)} == {"accepted"}


async def test_words_about_someone_erased_are_not_kept_and_what_they_came_with_is_done(here: Place) -> None:
    async with here.leading() as leader:
        await say(leader)
        assert await texts(leader) == {said.text for said in NOTES}
        await hears(leader)
        assert await texts(leader) == KEPT
        await say(leader)
        assert await texts(leader) == KEPT
        assert await leader.count("events") == 2 * len(NOTES)
    # Nor by who leads next, who was told of it by nobody.
    async with here.leading() as leader:
        await say(leader)
        assert await texts(leader) == KEPT


@pytest.mark.parametrize("order", ["said first", "erased first"])
async def test_words_that_arrive_together_with_the_erasure_are_not_kept_either(
    here: Place, order: str
) -> None:
    async with here.leading() as leader:
        # Queued at once and few: one batch.
        if order == "said first":
            together = [*map(leader.submit, NOTES), hears(leader)]
        else:
            together = [hears(leader), *map(leader.submit, NOTES)]
        await asyncio.gather(*together)
        assert leader.loop.position == len(NOTES)
        assert await leader.count("log_head", "commits = 1") == 1
        assert await texts(leader) == KEPT


async def test_a_service_that_was_put_back_takes_no_words_about_who_is_on_the_list(
    here: Place, tmp_path: Path
) -> None:
    erasures = Erasures(tmp_path / "erasures.txt")
    erasures.add({ERASED: datetime.now(UTC)})
    await erasures.catch_up(here.service, here.pool)
    async with here.leading() as leader:
        await say(leader)
        assert await texts(leader) == KEPT


async def test_an_erasure_heard_of_by_a_follower_is_on_its_list_after_a_crash_too(
    here: Place, tmp_path: Path
) -> None:
    async with here.leading() as leader:
        await hears(leader)
    erasures = Erasures(tmp_path / "erasures.txt")
    await erasures.catch_up(here.service, here.pool)
    assert set(erasures.read()) == {ERASED}


async def test_the_lists_of_two_machines_hold_the_same_while_either_only_stands_by(
    here: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.erasure.EVERY_SECONDS", 0.01)
    one, other = (Erasures(tmp_path / machine / "erasures.txt") for machine in ("one", "other"))
    standing_by = asyncio.gather(*(each.keep_up(here.pool) for each in (one, other)))
    async with here.leading() as leader:
        await hears(leader)

    async def both_hold_it() -> bool:
        return set(one.read()) == set(other.read()) == {ERASED}

    await until(both_hold_it, "the erasure being on both lists")
    standing_by.cancel()
    await asyncio.gather(standing_by, return_exceptions=True)
    # The database is put back to before it, on the machine that never led.
    await here.pool.execute("DELETE FROM erased")
    await other.catch_up(here.service, here.pool)
    async with here.leading() as leader:
        await say(leader)
        assert await texts(leader) == KEPT
