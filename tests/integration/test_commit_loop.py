"""The commit loop on a real database: one answer for ever, no gaps, one bad command harms no other."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import orjson
import pytest
import pytest_asyncio

from contracts.envelope import Actor, Answer, Command, Event, Role, VaultEntry
from contracts.ledger import AccountOpened, CreditTransferred, OpenAccount, TransferCredit
from contracts.members import MemberApproved, MemberErased
from services.kernel import commit_loop, rebuild
from services.kernel.deciding import Item
from services.kernel.entity import State
from services.kernel.errors import Busy, Misconfigured, NotLeading, Rejected, TooLate, Unparkable, Unreachable
from services.kernel.follower import follow_id, retry_parked
from services.kernel.log import Publisher, Recorded, write
from services.kernel.parking import park_again
from services.kernel.rebuild import Rebuild, shadow
from services.kernel.service import Context, Service, Timer, new_id
from services.kernel.timers import fire_timers
from services.ledger.app import service as ledger
from services.members.app import service as members_service
from tests.harness.leader import Leader, Place, place
from tests.harness.town import Town
from tests.harness.waiting import until

FLOOR = -600


class WriteDown(Command):
    """Opens an account and keeps a text in the vault."""

    text: str

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("note", command_id, command_id, {"text": self.text}),)


class Break(Command):
    """Its decider has a bug, as long as `broken` holds its id."""


class OpenSoon(Command):
    """Opens an account, and another one by a timer."""

    due_at: datetime


class Later(Command):
    account_id: UUID


broken: set[UUID] = set()
decided: list[UUID] = []
"""Which `WriteDown` were decided, in order, as often as they were."""


def write_down(command: WriteDown, context: Context, state: State) -> list[Event]:
    decided.append(context.command_id)
    return [AccountOpened(account_id=context.command_id, floor_minutes=FLOOR)]


def break_down(command: Break, context: Context, state: State) -> list[Event]:
    if context.command_id in broken:
        raise ZeroDivisionError("a bug, with 111222333 in its text")
    return [AccountOpened(account_id=context.command_id, floor_minutes=FLOOR)]


def open_soon(command: OpenSoon, context: Context, state: State) -> list[Event]:
    # The floor carries the moment: events have no other field for it.
    return [AccountOpened(account_id=context.command_id, floor_minutes=-int(command.due_at.timestamp()))]


def open_later(command: Later, context: Context, state: State) -> list[Event]:
    # One more for each time it is fired under another id.
    return [AccountOpened(account_id=context.command_id, floor_minutes=FLOOR)]


def on_member_approved(event: MemberApproved) -> list[Command]:
    return [OpenAccount(account_id=event.member_id, floor_minutes=FLOOR)]


def in_time(event: AccountOpened, at: datetime) -> list[Timer]:
    soon = event.floor_minutes < FLOOR
    due_at = datetime.fromtimestamp(-event.floor_minutes, UTC) if soon else at + timedelta(days=999)
    return [Timer(due_at, Later(account_id=event.account_id), event.account_id)]


def service(town: Town, **more: Any) -> Service:
    """The ledger, with a few commands that show what the loop does."""
    real = ledger(town.region.region)
    return Service(
        name="ledger",
        sql=real.sql,
        kinds=real.kinds,
        decides={
            **real.decides,
            WriteDown: write_down,
            Break: break_down,
            OpenSoon: open_soon,
            Later: open_later,
        },
        follows={MemberApproved: on_member_approved},
        erases={MemberErased: lambda event: event.member_id},
        **more,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def here(town: Town) -> AsyncIterator[Place]:
    async with place(town.region.region, service(town)) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def leader(here: Place) -> AsyncIterator[Leader]:
    async with here.leading() as found:
        yield found


async def accounts(leader: Leader, number: int, *, floor: int = FLOOR) -> list[UUID]:
    ids = [new_id() for _ in range(number)]
    for answer in await leader.all(OpenAccount(account_id=i, floor_minutes=floor) for i in ids):
        assert answer.outcome == "accepted"
    return ids


def give(giver: UUID, taker: UUID, minutes: int) -> TransferCredit:
    return TransferCredit(from_account_id=giver, to_account_id=taker, minutes=minutes)


def between(members: Sequence[UUID], dice: random.Random, minutes: int) -> TransferCredit:
    giver, taker = dice.sample(members, 2)
    return give(giver, taker, minutes)


def code(answer: Answer) -> str | None:
    return answer.refusal.code if answer.refusal is not None else None


# ---- one id, one answer


async def test_the_same_id_has_the_same_answer_for_ever(here: Place) -> None:
    async with here.leading() as leader:
        one, other = await accounts(leader, 2)
        yes, no = new_id(), new_id()
        accepted = await leader.submit(give(one, other, 10), yes, content_hash=1)
        refused = await leader.submit(give(one, other, 601), no, content_hash=2)
        assert (accepted.outcome, code(refused)) == ("accepted", "below_floor")
        # By now it would be possible; the answer stays.
        await leader.submit(give(other, one, 500))
        assert await leader.submit(give(one, other, 10), yes, content_hash=1) == accepted
        assert await leader.submit(give(one, other, 601), no, content_hash=2) == refused
        assert await leader.count("events", "name = 'CreditTransferred'") == 2
    # Also when another replica leads, which has nothing in memory.
    async with here.leading() as leader:
        again = await asyncio.gather(
            leader.submit(give(one, other, 10), yes, content_hash=1),
            leader.submit(give(one, other, 601), no, content_hash=2),
        )
        assert list(again) == [accepted, refused]
        assert await leader.count("events", "name = 'CreditTransferred'") == 2


async def test_the_same_id_with_other_content_is_refused(leader: Leader) -> None:
    one, other = await accounts(leader, 2)
    id = new_id()
    first = await leader.submit(give(one, other, 10), id, content_hash=1)
    assert code(await leader.submit(give(one, other, 11), id, content_hash=2)) == "idempotency_key_reused"
    assert code(await leader.submit(give(one, other, 11), id)) == "idempotency_key_reused"
    assert await leader.submit(give(one, other, 10), id, content_hash=1) == first
    assert await leader.count("events", "name = 'CreditTransferred'") == 1


async def test_the_same_id_twice_in_one_batch_has_one_effect(leader: Leader) -> None:
    one, other = await accounts(leader, 2)
    id = new_id()
    same = [leader.submit(give(one, other, 10), id, content_hash=1) for _ in range(4)]
    changed = leader.submit(give(one, other, 99), id, content_hash=2)
    answers = await asyncio.gather(*same)
    assert answers == [answers[0]] * 4
    assert answers[0].outcome == "accepted"
    assert code(await changed) == "idempotency_key_reused"
    assert await leader.count("events", "name = 'CreditTransferred'") == 1


async def test_old_and_new_ids_in_one_batch_each_get_their_own(leader: Leader) -> None:
    one, other = await accounts(leader, 2)
    ids = [new_id() for _ in range(40)]
    first = await asyncio.gather(*(leader.submit(give(one, other, 1), i, content_hash=0) for i in ids[:20]))
    # Half of them were answered before: the write fails as a whole, and each is told the truth.
    mixed = await asyncio.gather(*(leader.submit(give(one, other, 1), i, content_hash=0) for i in ids))
    assert mixed[:20] == first
    assert {answer.outcome for answer in mixed} == {"accepted"}
    assert await leader.count("events", "name = 'CreditTransferred'") == 40
    assert await leader.positions() == list(range(1, 43))


# ---- one bad command harms no other


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"], ids=["NUL", "a lone surrogate"])
async def test_a_text_that_cannot_be_stored_fails_its_own_command_only(leader: Leader, bad: str) -> None:
    texts = [bad if n % 16 == 5 else f"text {n}" for n in range(64)]
    # Past the contract's own check, as a bug would be.
    commands = [WriteDown.model_construct(text=text) for text in texts]
    answers = await asyncio.wait_for(leader.all(commands), 20)
    for text, answer in zip(texts, answers, strict=True):
        assert (code(answer) == "unstorable") == (text == bad), (text, answer)
    kept = [text for text in texts if text != bad]
    rows = await leader.pool.fetch("SELECT data ->> 'text' FROM vault")
    assert sorted(row[0] for row in rows) == sorted(kept)
    assert await leader.positions() == list(range(1, len(kept) + 1))
    assert (await leader.submit(WriteDown(text="hereafter"))).outcome == "accepted"


async def test_a_decider_that_raises_fails_that_command_alone_and_may_be_tried_again(leader: Leader) -> None:
    ids = [new_id() for _ in range(30)]
    broken.update(ids[7::10])
    answers = await asyncio.gather(*(leader.submit(Break(), i, content_hash=1) for i in ids))
    for id, answer in zip(ids, answers, strict=True):
        assert code(answer) == ("internal" if id in broken else None)
    assert await leader.count("events") == 27
    # A bug is no final no: mended, the same id is decided.
    broken.clear()
    assert (await leader.submit(Break(), ids[7], content_hash=1)).outcome == "accepted"


async def test_a_full_queue_says_come_back(leader: Leader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit_loop, "MAX_WAITING", 20)
    waiting = [leader.submit(OpenAccount(account_id=new_id(), floor_minutes=FLOOR)) for _ in range(20)]
    with pytest.raises(Busy) as turned_away:
        leader.submit(OpenAccount(account_id=new_id(), floor_minutes=FLOOR))
    assert turned_away.value.retry_after_ms > 0
    assert {answer.outcome for answer in await asyncio.gather(*waiting)} == {"accepted"}
    assert (await leader.submit(OpenAccount(account_id=new_id(), floor_minutes=FLOOR))).outcome == "accepted"


async def test_what_nobody_waits_for_any_more_is_not_done(leader: Leader) -> None:
    account_id = new_id()
    past = leader.submit(
        OpenAccount(account_id=account_id, floor_minutes=FLOOR), expires=time.monotonic() - 0.001
    )
    in_time = leader.submit(
        OpenAccount(account_id=new_id(), floor_minutes=FLOOR), expires=time.monotonic() + 60
    )
    with pytest.raises(TooLate):
        await past
    assert (await in_time).outcome == "accepted"
    assert await leader.count("accounts", f"account_id = '{account_id}'") == 0


# ---- one leader


async def test_an_old_term_writes_nothing_and_its_callers_hear_it(here: Place) -> None:
    async with here.leading(lease_seconds=0.2) as old:
        one, other = await accounts(old, 2)
        # The old leader stands still for longer than its lease; another takes the next term.
        async with here.leading(term=await here.take_lead()) as new:
            assert new.term == old.term + 1
            waiting = [old.submit(give(one, other, 1)) for _ in range(50)]
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {NotLeading}
            with pytest.raises(NotLeading):
                await old.running
            with pytest.raises(NotLeading):
                old.submit(give(one, other, 1))
            assert await new.count("events", "name = 'CreditTransferred'") == 0
            assert {a.outcome for a in await new.all([give(one, other, 1)] * 5)} == {"accepted"}
            assert await new.positions() == list(range(1, 8))


async def test_a_leader_that_only_rests_keeps_its_lead_by_renewing(here: Place) -> None:
    async with here.leading(lease_seconds=0.2) as old:
        for _ in range(3):
            old.loop.written_at = 0.0
            await old.loop.renew()
        taken = await here.take_lead()
        old.loop.written_at = 0.0
        with pytest.raises(NotLeading):
            await old.loop.renew()
        assert taken == old.term + 1


async def test_who_still_waits_when_the_loop_stops_hears_it(here: Place) -> None:
    async with here.leading() as leader:
        one, other = await accounts(leader, 2)
        waiting = {new_id(): None for _ in range(300)}
        futures = [leader.submit(give(one, other, 1), i, content_hash=0) for i in waiting]
        await asyncio.sleep(0)
        leader.running.cancel()
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert all(isinstance(outcome, Answer | NotLeading) for outcome in outcomes)
    async with here.leading() as leader:
        # Asked again with the same ids, each has exactly one effect; who had an answer hears it again.
        again = await asyncio.gather(
            *(leader.submit(give(one, other, 1), i, content_hash=0) for i in waiting)
        )
        for before, after in zip(outcomes, again, strict=True):
            assert isinstance(before, NotLeading) or before == after
        assert await leader.count("events", "name = 'CreditTransferred'") == 300


# ---- many at once


async def test_positions_have_no_gaps_under_64_callers(leader: Leader) -> None:
    members = await accounts(leader, 64)
    reached: list[int] = []

    async def live(n: int) -> None:
        dice = random.Random(n)
        for _ in range(15):
            giver, taker = dice.sample(members, 2)
            answer = await leader.submit(give(giver, taker, dice.randint(1, 10)))
            if answer.outcome == "accepted":
                reached.append(answer.position)

    await asyncio.gather(*(live(n) for n in range(64)))
    assert sorted(reached) == list(range(65, 65 + len(reached)))
    assert await leader.positions() == list(range(1, 65 + len(reached)))
    streams = "SELECT max(version) AS last, count(*) AS n FROM events GROUP BY entity, entity_id"
    gaps = f"SELECT count(*) FROM ({streams}) s WHERE last <> n"
    assert await leader.pool.fetchval(gaps) == 0
    assert await leader.pool.fetchval("SELECT sum(balance_minutes) FROM accounts") == 0


@pytest.mark.parametrize("lands", [True, False], ids=["it lands", "it does not land"])
async def test_what_comes_while_a_batch_is_written_is_decided_meanwhile(
    leader: Leader, monkeypatch: pytest.MonkeyPatch, lands: bool
) -> None:
    """Python and the server work beside each other, and nothing happens before it was asked for."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def held_up(*batch: Any) -> int | None:
        monkeypatch.setattr(commit_loop, "write", write)
        begun.set()
        await go_on.wait()
        if not lands:
            raise asyncpg.ConnectionDoesNotExistError
        return await write(*batch)

    monkeypatch.setattr(commit_loop, "write", held_up)
    commits = "SELECT commits FROM log_head"
    before = await leader.pool.fetchval(commits)
    ids, asked = [new_id() for _ in range(3)], {}
    answers = []
    for id in ids:
        asked[id] = datetime.now(UTC)
        answers.append(leader.submit(WriteDown(text="words"), id))

        async def is_decided(id: UUID = id) -> bool:
            return id in decided and begun.is_set()

        await until(is_decided, "deciding meanwhile")
    assert not any(answer.done() for answer in answers)
    go_on.set()
    assert [(await answer).position for answer in answers] == [1, 2, 3]
    assert await leader.pool.fetchval(commits) == before + (2 if lands else 1)
    again = 1 if lands else 2
    assert [decided.count(id) for id in ids] == [again] * 3
    events = await leader.pool.fetch("SELECT command_id, occurred_at FROM events")
    assert all(row["occurred_at"] >= asked[row["command_id"]] for row in events)


async def test_while_the_database_is_away_who_waits_too_long_hears_it_and_the_others_are_done_later(
    leader: Leader, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await accounts(leader, 2)
    begun, there = asyncio.Event(), asyncio.Event()
    connect = leader.loop._connect

    async def write_nothing(*_: Any) -> int | None:
        begun.set()
        raise asyncpg.ConnectionDoesNotExistError

    async def connect_or_not() -> Any:
        if not there.is_set():
            raise ConnectionRefusedError
        monkeypatch.setattr(commit_loop, "write", write)
        return await connect()

    class Away:
        async def fetch(self, *_: Any) -> Any:
            raise ConnectionRefusedError

    monkeypatch.setattr(commit_loop, "write", write_nothing)
    monkeypatch.setattr(leader.loop, "_connect", connect_or_not)
    leader.loop._cache.clear()
    monkeypatch.setattr(leader.loop, "_pool", Away())
    first = leader.submit(WriteDown(text="needs nothing that is not in memory"))
    await begun.wait()
    soon = time.monotonic() + 0.2
    waits = [leader.submit(WriteDown(text="for long"), expires=soon) for _ in range(3)]
    looks_up = leader.submit(give(one, other, 5))
    for too_long in waits:
        with pytest.raises(Unreachable):
            await too_long
    assert not first.done()
    assert not looks_up.done()
    monkeypatch.setattr(leader.loop, "_pool", leader.pool)
    there.set()
    assert (await first).outcome == (await looks_up).outcome == "accepted"
    assert await leader.count("events", "name = 'CreditTransferred'") == 1
    assert await leader.count("vault") == 1


async def test_a_stream_is_an_entity_of_a_kind(leader: Leader) -> None:
    """A series begins under the id of its request; two of one kind can never have one id."""
    await accounts(leader, 1)
    again = (
        "INSERT INTO events SELECT position + 1, epoch, $1, entity_id, version, name, schema_version, "
        "command_id, ordinal, causation_id, correlation_id, actor, traceparent, occurred_at, data "
        "FROM events WHERE position = 1"
    )
    async with leader.pool.acquire() as connection, connection.transaction():
        with pytest.raises(asyncpg.UniqueViolationError):
            async with connection.transaction():
                await connection.execute(again, AccountOpened.ENTITY)
        await connection.execute(again, "series")


async def test_two_hot_accounts_never_fall_below_the_floor(leader: Leader) -> None:
    one, other = await accounts(leader, 2)
    dice = random.Random(2026)
    commands = [
        give(*((one, other) if dice.random() < 0.8 else (other, one)), dice.randint(5, 60))
        for _ in range(200)
    ]
    answers = await leader.all(commands)
    assert {code(answer) for answer in answers} == {None, "below_floor"}
    balances = {one: 0, other: 0}
    rows = await leader.pool.fetch(
        "SELECT data FROM events WHERE name = 'CreditTransferred' ORDER BY position"
    )
    for row in rows:
        moved = CreditTransferred.model_validate_json(row["data"])
        balances[moved.from_account_id] -= moved.minutes
        balances[moved.to_account_id] += moved.minutes
        assert min(balances.values()) >= FLOOR
    assert len(rows) == sum(answer.outcome == "accepted" for answer in answers)
    kept = await leader.pool.fetch("SELECT account_id, balance_minutes FROM accounts")
    assert {row[0]: row[1] for row in kept} == balances


@pytest.mark.parametrize("held", [rebuild.MAX_HELD, 10], ids=["all in memory", "written now and then"])
async def test_a_rebuild_while_commands_go_on_gives_the_same_tables(
    here: Place, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "MAX_HELD", held)
    monkeypatch.setattr(rebuild, "CHUNK", 100)
    async with here.leading() as leader:
        members = await accounts(leader, 40)
        await leader.all(between(members, random.Random(n), 10) for n in range(400))
        done = asyncio.Event()
        given = 0

        async def live(n: int) -> None:
            nonlocal given
            dice = random.Random(n)
            while not done.is_set():
                answer = await leader.submit(between(members, dice, 1))
                given += answer.outcome == "accepted"

        fewest, reads = len(members), 0

        async def read() -> None:
            nonlocal fewest, reads
            while not done.is_set():
                fewest = min(fewest, await leader.count("accounts"))
                reads += 1

        living = [*(asyncio.create_task(live(n)) for n in range(16)), asyncio.create_task(read())]
        try:
            for _ in range(2):
                before = given
                async with here.pool.acquire() as connection:
                    kinds = here.service.kinds
                    await Rebuild("ledger", kinds, connection, {"ledger": here.pool}).run()

                async def goes_on(before: int = before) -> bool:
                    return given >= before + 50

                await until(goes_on, "commands going on")
        finally:
            done.set()
            await asyncio.gather(*living)
        assert await _differences(here) == []
        assert await leader.positions() == list(range(1, 1 + await leader.count("events")))
    assert given > 100
    assert fewest == len(members), "someone who read met a table that was not filled yet"
    assert reads > 10


async def test_a_rebuild_waits_for_who_reads_and_lets_commits_go_on(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup and `verify` read in one long transaction; commits have a second's patience."""
    monkeypatch.setattr(rebuild, "LOCK_TRIES", 3)
    monkeypatch.setattr(rebuild, "PAUSE_SECONDS", 0.1)
    logs, kinds = {"ledger": here.pool}, here.service.kinds
    async with here.leading() as leader, here.pool.acquire() as connection, here.pool.acquire() as verifying:
        members = await accounts(leader, 4)
        async with verifying.transaction(isolation="repeatable_read"):
            beside = Rebuild("ledger", kinds, verifying, {"ledger": verifying})
            await beside.prepare(temporary=True)
            await beside.fold()
            rebuilding = asyncio.create_task(Rebuild("ledger", kinds, connection, logs).run())
            dice, waited, answers = random.Random(8), 0.0, 0
            while not rebuilding.done():
                began = asyncio.get_running_loop().time()
                await leader.submit(between(members, dice, 1))
                waited = max(waited, asyncio.get_running_loop().time() - began)
                answers += 1
            with pytest.raises(Misconfigured, match="Rebuild again when that is done"):
                await rebuilding
            for one, other in (("accounts", "accounts_rebuilt"), ("accounts_rebuilt", "accounts")):
                assert await verifying.fetch(f"SELECT * FROM {one} EXCEPT SELECT * FROM {other}") == []
        assert answers > 10
        assert waited < 0.9, f"a commit waited for {waited:.2f} s"
        await Rebuild("ledger", kinds, connection, logs).run()
        await leader.submit(between(members, dice, 1))
    assert await _differences(here) == []


async def _differences(here: Place) -> list[str]:
    """Rows of the tables that are not the fold of the log."""
    found = []
    async with here.pool.acquire() as connection:
        again = Rebuild("ledger", here.service.kinds, connection, {"ledger": here.pool})
        await again.prepare()
        await again.fold()
        for kind in here.service.kinds:
            columns = ", ".join(kind.columns)
            for one, other in ((kind.table, shadow(kind)), (shadow(kind), kind.table)):
                rows = await connection.fetch(
                    f"SELECT {kind.key} FROM "
                    f"(SELECT {columns} FROM {one} EXCEPT SELECT {columns} FROM {other}) d"
                )
                found += [f"{kind.table} {row[0]}" for row in rows]
    return found


# ---- timers


async def test_a_timer_fires_once_and_not_before_its_time(town: Town) -> None:
    now = datetime.now(UTC)
    with_timers = service(town, schedules={AccountOpened: in_time})
    async with place(town.region.region, with_timers) as here:
        async with here.leading() as leader:
            due = [await leader.submit(OpenSoon(due_at=now - timedelta(seconds=5))) for _ in range(10)]
            later = await leader.submit(OpenSoon(due_at=now + timedelta(days=3)))
            firing = [asyncio.create_task(fire_timers(with_timers, here.pool, leader.loop)) for _ in range(3)]

            async def all_fired() -> bool:
                return await leader.count("timers", "due_at < now()") == 0

            await until(all_fired, "every timer that is due having fired")
        # Another leader finds the same rows, were they still there.
        async with here.leading() as leader:
            firing.append(asyncio.create_task(fire_timers(with_timers, here.pool, leader.loop)))
            await leader.submit(between(await accounts(leader, 2), random.Random(1), 1))
            for each in firing:
                each.cancel()
            await asyncio.gather(*firing, return_exceptions=True)
            assert {answer.outcome for answer in (*due, later)} == {"accepted"}
            assert await leader.count("events", "actor = 'service:ledger'") == len(due)
            assert await leader.count("timers", f"timer_id = '{later.id}'") == 1


async def test_a_timer_of_another_release_keeps_no_other_from_firing(town: Town) -> None:
    now = datetime.now(UTC)
    with_timers = service(town, schedules={AccountOpened: in_time})
    async with place(town.region.region, with_timers) as here, here.leading() as leader:
        await leader.pool.execute(
            "INSERT INTO timers SELECT gen_random_uuid(), now() - interval '1 day', name, '{}' "
            "FROM unnest(ARRAY['CommandOfTomorrow', 'Later']) name"
        )
        await leader.submit(OpenSoon(due_at=now - timedelta(seconds=5)))
        firing = asyncio.create_task(fire_timers(with_timers, here.pool, leader.loop))

        async def all_looked_at() -> bool:
            return await leader.count("timers", "due_at < now()") == 0

        await until(all_looked_at, "every timer that is due having been looked at")
        assert not firing.done()
        firing.cancel()
        await asyncio.gather(firing, return_exceptions=True)
        assert await leader.count("events", "actor = 'service:ledger'") == 1
        assert await leader.count("timers", "body::text = '{}'") == 2


# ---- followed events


def approved(position: int, member_id: UUID, *, epoch: int = 1) -> Recorded:
    """An event of members, as it comes off the bus."""
    return Recorded(
        source="members",
        epoch=epoch,
        position=position,
        event_id=f"{uuid5(member_id, str(position))}.0",
        name="MemberApproved",
        schema_version=1,
        entity_id=member_id,
        correlation_id=None,
        traceparent=None,
        at=datetime.now(UTC),
        data={"member_id": str(member_id), "number": 1001, "pc4": "3511", "capacity_minutes_week": 0},
        raw=b"{}",
    )


async def follow(leader: Leader, events: Sequence[Recorded]) -> None:
    actor = Actor(role=Role.SERVICE, name="ledger")
    await leader.loop.submit_followed(
        [Item(follow_id("ledger", e), actor, followed=e, causation_id=e.event_id) for e in events]
    )


async def test_followed_events_at_or_below_the_watermark_are_skipped(here: Place) -> None:
    members = [new_id() for _ in range(6)]
    events = [approved(n, member) for n, member in enumerate(members, 1)]
    async with here.leading() as leader:
        await follow(leader, events[:3])
        assert leader.loop.marks["members"] == (1, 3, events[2].event_id)
        # Delivered again, alone and together with new ones, and the same one twice in a batch.
        await follow(leader, [events[2]])
        await follow(leader, [*events[:4], events[3], events[0]])
        assert await leader.count("accounts") == 4
    async with here.leading() as leader:
        await follow(leader, events)
        assert await leader.count("accounts") == 6
        assert await leader.count("events") == 6
        (mark,) = await leader.pool.fetch("SELECT epoch, position, event_id FROM watermarks")
        assert tuple(mark) == (1, 6, events[5].event_id)
        # A later epoch goes on from where it was closed; what it brings at an old position is new.
        again = approved(5, new_id(), epoch=2)
        await follow(leader, [again, events[5]])
        assert await leader.count("accounts") == 7
        assert leader.loop.marks["members"] == (2, 5, again.event_id)
        assert await leader.count("parked") == 0


async def test_a_followed_event_that_cannot_be_stored_is_parked_and_the_rest_goes_on(leader: Leader) -> None:
    good_ones = [new_id() for _ in range(4)]
    events = [approved(n, member) for n, member in enumerate(good_ones, 1)]
    # It asks to open an account that is open: the table's key refuses it, not the decider.
    twice = approved(2, good_ones[1])
    twice.data["member_id"] = str(good_ones[0])
    await asyncio.wait_for(follow(leader, [events[0], twice, *events[2:]]), 20)
    assert await leader.count("parked") == 1
    assert await leader.count("accounts") == 3
    assert leader.loop.marks["members"][1] == 4


async def test_whoever_is_to_be_forgotten_is_also_behind_a_parked_event_of_theirs(leader: Leader) -> None:
    one, other = new_id(), new_id()
    for person in (one, other):
        await leader.submit(WriteDown(text="woont hiernaast"), person)
    strange = replace(approved(1, one), schema_version=99)
    erased = MemberErased(member_id=one).model_dump(mode="json")
    behind = replace(approved(2, one), name="MemberErased", schema_version=1, data=erased)
    await follow(leader, [strange, behind])
    assert await leader.count("parked") == 2
    (kept,) = await leader.pool.fetch("SELECT person_id FROM vault")
    assert kept["person_id"] == other


async def test_a_followed_event_that_cannot_even_be_parked_stops_its_source_and_nothing_else(
    leader: Leader,
) -> None:
    people = [new_id() for _ in range(4)]
    events = [approved(n, person) for n, person in enumerate(people, 1)]
    # Neither what it leads to can be stored, nor it itself. More of its source is behind it.
    bad = replace(events[1], event_id="a\x00b", raw=b"{")
    with pytest.raises(Unparkable):
        await asyncio.wait_for(follow(leader, [events[0], bad, *events[2:]]), 20)
    assert leader.loop.marks["members"][1] == 1
    assert await leader.count("accounts") == 1
    await accounts(leader, 2)
    # Its source has it right: from there it goes on, in order.
    await asyncio.wait_for(follow(leader, events[1:]), 20)
    assert leader.loop.marks["members"][1] == 4
    assert await leader.count("accounts") == 6
    assert await leader.count("parked") == 0


async def test_what_left_no_trace_in_a_lost_time_is_parked_again_and_applied_once_by_a_retry(
    town: Town, here: Place
) -> None:
    people = [new_id() for _ in range(4)]
    members = Publisher(town.region.region.region, "members", "")
    rows = [
        (n, event.entity_id, event.name if n < 4 else "MemberLeft", orjson.dumps(event.data).decode())
        for n, event in enumerate((approved(0, person) for person in people), 1)
    ]
    async with place(town.region.region, members_service(town.region.region)) as source:
        await source.pool.executemany(
            "INSERT INTO events (position, epoch, entity, entity_id, version, name, schema_version, "
            "command_id, ordinal, correlation_id, actor, occurred_at, data) "
            "VALUES ($1, 1, 'member', $2, 1, $3, 1, $2, 0, $2, 'coordinator:noor', now(), $4)",
            rows,
        )
        async with source.pool.acquire() as log, log.transaction(), here.pool.acquire() as ours:
            # Of the first something is here, the last asks nothing of this service.
            parked = await park_again(here.service, ours, members, log, (1, 0, 4), {f"{people[0]}.0"})
    assert parked == 2
    async with here.leading() as leader:
        for _ in range(2):
            with suppress(Rejected):
                assert await retry_parked(leader.loop, here.pool, "ledger", None) == 2
        opened = await leader.pool.fetch("SELECT account_id FROM accounts ORDER BY account_id")
        assert [row[0] for row in opened] == people[1:3]
        assert await leader.count("parked") == 0


async def test_callers_that_gave_up_do_not_stop_the_loop(leader: Leader) -> None:
    one, other = await accounts(leader, 2)
    futures = [leader.submit(give(one, other, 1)) for _ in range(20)]
    for future in futures[::2]:
        future.cancel()
    await asyncio.gather(*futures[1::2])

    # What was queued is done, whether or not someone still listens.
    async def all_done() -> bool:
        return await leader.count("events", "name = 'CreditTransferred'") == 20

    await until(all_done, "all twenty being done")
