"""Balances, statements and a helper's year, asked of a real database; and what `verify` sees there."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import orjson
import pytest
import pytest_asyncio

from contracts.clearing import AnswerCap, EndClearing
from contracts.crossings import DecideTransfer, GiveAcross, SeeToTransfers, TakeClearingLetter
from contracts.envelope import Actor, Command, Event, Role
from contracts.households import HouseholdJoined, HouseholdLeft
from contracts.ledger import (
    OPENING,
    POOL,
    SUSPENSE,
    Balance,
    BookMatch,
    BringBalance,
    ChangeLimits,
    GetBalances,
    GetStatement,
    GetYearStatement,
    GiveToPool,
    NoteExpenses,
    OpenAccount,
    PlaceHold,
    ReverseTransfer,
    SettleAccount,
    SpendFromPool,
    Statement,
    TransferCredit,
)
from contracts.letters import CapProposal, TransferOffer, TransferPosting
from contracts.members import MemberErased
from contracts.policy import AgeBand, caps_in_force, compensation_cents
from services.kernel.deciding import Item
from services.kernel.dutch import local
from services.kernel.errors import Rejected
from services.kernel.follower import follow_id
from services.kernel.log import Recorded
from services.kernel.runtime import Replica
from services.kernel.service import new_id
from services.ledger import queries
from services.ledger.app import service as ledger
from services.region.mirror import clears
from services.region.verify import _above_floor, _sums_to_zero
from tests.harness.leader import NOOR, Leader, Place, place
from tests.harness.town import Town

LEDGER = Actor(role=Role.SERVICE, name="ledger")
TODAY = local(datetime.now(UTC)).date()
LATELY = {"from_day": TODAY - timedelta(days=1), "to_day": TODAY + timedelta(days=1)}


@dataclass(frozen=True)
class Asked:
    """What the queries use of a replica."""

    pool: Any


@pytest_asyncio.fixture(loop_scope="session")
async def leader(town: Town) -> AsyncIterator[Leader]:
    here: Place
    async with place(town.region.region, ledger(town.region.region)) as here, here.leading() as found:
        yield found


def asked(leader: Leader) -> Replica:
    return cast(Replica, Asked(leader.pool))


async def do(leader: Leader, command: Command) -> UUID:
    answer = await leader.submit(command)
    assert answer.outcome == "accepted", answer
    assert answer.id is not None
    return answer.id


async def accounts(leader: Leader, number: int = 2) -> list[UUID]:
    ids = [new_id() for _ in range(number)]
    for account_id in ids:
        await do(leader, OpenAccount(account_id=account_id, floor_minutes=-600))
    return ids


async def give(leader: Leader, giver: UUID, to: UUID, minutes: int) -> UUID:
    return await do(leader, TransferCredit(from_account_id=giver, to_account_id=to, minutes=minutes))


async def balances(leader: Leader, *account_ids: UUID) -> list[Balance]:
    """In the order in which they were asked."""
    found = await queries.get_balances(asked(leader), GetBalances(account_ids=account_ids), NOOR)
    by_id = {balance.account_id: balance for balance in found.balances}
    return [by_id[account_id] for account_id in account_ids if account_id in by_id]


async def statement(leader: Leader, account_id: UUID, **days: date) -> Statement:
    query = GetStatement(account_id=account_id, **{**LATELY, **days})
    found = await queries.get_statement(asked(leader), query, NOOR)
    running = found.opening_minutes
    for posting in found.postings:
        running += posting.minutes
        assert posting.balance_minutes == running
    assert found.closing_minutes == running
    return found


async def members_say(leader: Leader, *events: Event) -> None:
    """Followed from members, as they come off the bus."""
    begins = 1 + max((mark[1] for mark in leader.loop.marks.values()), default=0)
    recorded = [
        Recorded(
            source="members",
            epoch=1,
            position=position,
            event_id=f"{new_id()}.0",
            name=type(event).__name__,
            schema_version=1,
            entity_id=event.entity_id,
            correlation_id=None,
            traceparent=None,
            at=datetime.now(UTC),
            data=event.model_dump(mode="json"),
            raw=b"{}",
        )
        for position, event in enumerate(events, begins)
    ]
    await leader.loop.submit_followed(
        [Item(follow_id("ledger", e), LEDGER, followed=e, causation_id=e.event_id) for e in recorded]
    )
    assert not leader.loop.parked


def joined(member_id: UUID, household_id: UUID) -> HouseholdJoined:
    return HouseholdJoined(member_id=member_id, household_id=household_id, shares_balance=True, may_act=False)


# ---- balances


async def test_who_shares_a_balance_sees_the_households_and_their_own_again_after_it(leader: Leader) -> None:
    anna, home, bram = await accounts(leader, 3)
    await give(leader, anna, bram, 10)
    await members_say(leader, joined(anna, home))
    await give(leader, anna, bram, 60)
    mine, ours = await balances(leader, anna, home)
    assert (mine.balance_minutes, mine.shared_with, mine.floor_minutes) == (-60, home, -600)
    assert (ours.balance_minutes, ours.shared_with) == (-60, None)
    await members_say(leader, HouseholdLeft(member_id=anna, household_id=home))
    mine, ours = await balances(leader, anna, home)
    assert (mine.balance_minutes, mine.shared_with, ours.balance_minutes) == (-10, None, -60)


async def test_holds_limits_and_closing_show_in_a_balance(leader: Leader) -> None:
    anna, bram = await accounts(leader)
    await do(leader, ChangeLimits(account_id=anna, floor_minutes=-300, ceiling_minutes=900))
    await do(leader, PlaceHold(hold_id=new_id(), account_id=anna, helper_id=bram, minutes=90))
    (mine,) = await balances(leader, anna)
    assert (mine.held_minutes, mine.available_minutes) == (90, -90)
    assert (mine.floor_minutes, mine.ceiling_minutes, mine.closed) == (-300, 900, False)
    await do(leader, SettleAccount(account_id=anna, settle="pool"))
    (mine,) = await balances(leader, anna)
    assert (mine.balance_minutes, mine.held_minutes, mine.closed) == (0, 0, True)


async def test_the_pool_stands_at_zero_before_anyone_gave_and_a_stranger_has_no_balance(
    leader: Leader,
) -> None:
    (pool,) = await balances(leader, POOL, new_id())
    assert (pool.account_id, pool.balance_minutes, pool.floor_minutes) == (POOL, 0, 0)
    await do(leader, GiveToPool(minutes=600))
    (pool,) = await balances(leader, POOL)
    assert pool.balance_minutes == 600


# ---- statements


async def test_a_statement_has_every_posting_in_the_order_of_the_log(leader: Leader) -> None:
    anna, bram = await accounts(leader)
    await do(leader, BringBalance(account_id=anna, minutes=240))
    hold_id = new_id()
    await do(leader, PlaceHold(hold_id=hold_id, account_id=anna, helper_id=bram, minutes=90))
    await do(leader, BookMatch(match_id=hold_id, from_account_id=anna, to_account_id=bram, minutes=60))
    # One batch: the same moment, and still each after the other.
    await leader.all(
        TransferCredit(from_account_id=bram, to_account_id=anna, minutes=minutes) for minutes in (1, 2, 3)
    )
    found = await statement(leader, anna)
    assert (found.opening_minutes, found.closing_minutes) == (0, 186)
    assert [line.minutes for line in found.postings] == [240, -60, 1, 2, 3]
    assert [line.kind for line in found.postings] == ["opening", "match", "gift", "gift", "gift"]
    assert [line.other_account_id for line in found.postings] == [OPENING, bram, bram, bram, bram]
    assert [line.match_id for line in found.postings[:2]] == [None, hold_id]
    (mine,) = await balances(leader, anna)
    assert mine.balance_minutes == found.closing_minutes


async def test_a_statement_of_a_period_begins_with_what_was_before_and_leaves_out_what_came_after(
    leader: Leader,
) -> None:
    anna, bram = await accounts(leader)
    for days_ago, minutes in ((40, 5), (20, 7), (10, 11), (0, 13)):
        transfer_id = await give(leader, anna, bram, minutes)
        at = datetime.now(UTC) - timedelta(days=days_ago)
        await leader.pool.execute(
            "UPDATE transfers SET posted_at = $2 WHERE transfer_id = $1", transfer_id, at
        )
    days = {"from_day": TODAY - timedelta(days=25), "to_day": TODAY - timedelta(days=5)}
    found = await statement(leader, anna, **days)
    assert (found.opening_minutes, [p.minutes for p in found.postings]) == (-5, [-7, -11])
    empty = {"from_day": TODAY - timedelta(days=8), "to_day": TODAY - timedelta(days=5)}
    found = await statement(leader, bram, **empty)
    assert (found.opening_minutes, found.closing_minutes, found.postings) == (23, 23, ())


@pytest.mark.parametrize(("hour", "belongs"), [(21, True), (22, False)], ids=["23:30 local", "0:30 local"])
async def test_days_are_those_of_the_clock_on_the_wall(leader: Leader, hour: int, belongs: bool) -> None:
    anna, bram = await accounts(leader)
    transfer_id = await give(leader, anna, bram, 5)
    at = datetime(2026, 7, 1, hour, 30, tzinfo=UTC)
    await leader.pool.execute("UPDATE transfers SET posted_at = $2 WHERE transfer_id = $1", transfer_id, at)
    day = {"from_day": date(2026, 7, 1), "to_day": date(2026, 7, 1)}
    assert bool((await statement(leader, anna, **day)).postings) is belongs


async def test_who_shares_a_balance_sees_what_the_others_booked_on_it(leader: Leader) -> None:
    anna, home, bram, cora = await accounts(leader, 4)
    await members_say(leader, joined(anna, home), joined(bram, home))
    await give(leader, bram, cora, 60)
    found = await statement(leader, anna)
    assert (found.account_id, [line.minutes for line in found.postings]) == (home, [-60])


async def test_a_statement_of_nobody_is_refused_and_that_of_an_unused_pool_is_empty(leader: Leader) -> None:
    with pytest.raises(Rejected, match="no_account"):
        await statement(leader, new_id())
    with pytest.raises(Rejected, match="period_backwards"):
        await statement(leader, POOL, from_day=TODAY, to_day=TODAY - timedelta(days=1))
    found = await statement(leader, POOL)
    assert (found.opening_minutes, found.closing_minutes, found.postings) == (0, 0, ())


async def test_a_period_with_more_lines_than_fit_is_refused(
    leader: Leader, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bram = await accounts(leader)
    monkeypatch.setattr(queries, "MOST_POSTINGS", 2)
    for _ in range(2):
        await give(leader, anna, bram, 1)
    assert len((await statement(leader, anna)).postings) == 2
    await give(leader, anna, bram, 1)
    with pytest.raises(Rejected, match="period_too_long"):
        await statement(leader, anna)


async def test_a_statement_reads_by_account_and_time_and_not_the_whole_table(leader: Leader) -> None:
    await leader.pool.execute(
        "INSERT INTO transfers (transfer_id, from_account_id, to_account_id, minutes, status, kind, "
        "posted_at, version) SELECT gen_random_uuid(), ('0' || lpad(to_hex(n % 1000), 31, '0'))::uuid, "
        "('1' || lpad(to_hex(n % 997), 31, '0'))::uuid, 5, 'posted', 'gift', now() - n * interval '1 min', 1 "
        "FROM generate_series(1, 50000) n"
    )
    await leader.pool.execute("ANALYZE transfers")
    explained = await leader.pool.fetch(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {queries._LINES}",
        UUID(int=7),
        datetime.now(UTC) - timedelta(days=7),
        datetime.now(UTC),
        queries.MOST_POSTINGS,
    )
    plan = orjson.loads(explained[0][0])[0]
    nodes = [*_nodes(plan["Plan"])]
    used = {node["Index Name"] for node in nodes if "Index Name" in node}
    assert {"transfers_from", "transfers_to"} <= used, used
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan" and "transfers" in str(node)]
    assert plan["Execution Time"] < 50


def _nodes(plan: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in _nodes(child))]


# ---- a helper's year


async def test_a_year_has_its_months_with_what_was_paid_what_it_cost_and_what_is_left(leader: Leader) -> None:
    anna, bram = await accounts(leader)
    paid = compensation_cents(120, AgeBand.FROM_21, caps_in_force(2026).caps)
    held = compensation_cents(60, AgeBand.FROM_21, caps_in_force(2026).caps)
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    euro = {"compensation": "euro", "age_band": AgeBand.FROM_21, "at": at}
    book = {"match_id": new_id(), "from_account_id": anna, "to_account_id": bram, "minutes": 120}
    await do(leader, BookMatch.model_validate(book | euro))
    hold = {"hold_id": new_id(), "account_id": anna, "helper_id": bram, "minutes": 60}
    await do(leader, PlaceHold.model_validate(hold | euro))
    await do(leader, NoteExpenses(helper_id=bram, cents=950, on=date(2026, 10, 31)))
    await do(leader, NoteExpenses(helper_id=bram, cents=50, on=date(2027, 1, 1)))
    found = await queries.get_year_statement(asked(leader), GetYearStatement(helper_id=bram, year=2026), NOOR)
    limits = caps_in_force(2026).caps
    assert (found.minutes, found.cents, found.expenses_cents) == (120, paid, 950)
    assert found.left_cents == limits.year - paid - held
    assert (found.month_cap_cents, found.year_cap_cents) == (limits.month, limits.year)
    assert found.caps_year == caps_in_force(2026).year
    october, november = found.months
    assert (october.month, october.cents, october.expenses_cents) == ("2026-10", 0, 950)
    assert (november.month, november.cents, november.minutes) == ("2026-11", paid, 120)
    assert (october.left_cents, november.left_cents) == (limits.month, limits.month - paid - held)


async def test_a_year_in_which_nothing_was_paid_has_all_its_room(leader: Leader) -> None:
    found = await queries.get_year_statement(
        asked(leader), GetYearStatement(helper_id=new_id(), year=2026), NOOR
    )
    assert (found.cents, found.months, found.left_cents) == (0, (), caps_in_force(2026).caps.year)


# ---- reasons


async def test_the_reason_of_a_reversal_goes_with_either_of_them(leader: Leader) -> None:
    for erased in range(2):
        anna, bram = await accounts(leader)
        home = (await accounts(leader, 1))[0]
        await members_say(leader, joined(bram, home))
        transfer_id = await give(leader, anna, bram, 60)
        reverse = ReverseTransfer(transfer_id=transfer_id, reason="Dit was voor de buurvrouw bedoeld")
        undone = await do(leader, await queries.prepare_reversal(asked(leader), reverse, NOOR))
        assert await leader.count("vault", f"entity_id = '{undone}'") == 1
        await members_say(leader, MemberErased(member_id=(anna, bram)[erased]))
        assert await leader.count("vault", f"entity_id = '{undone}'") == 0
        assert (await balances(leader, anna))[0].balance_minutes == 0


async def test_what_does_not_exist_is_not_undone_and_leaves_no_reason(leader: Leader) -> None:
    reverse = ReverseTransfer(transfer_id=new_id(), reason="Verkeerd nummer")
    answer = await leader.submit(await queries.prepare_reversal(asked(leader), reverse, NOOR))
    assert answer.refusal is not None
    assert answer.refusal.code == "no_transfer"
    assert await leader.count("vault") == 0


async def test_the_reason_for_spending_from_the_pool_goes_with_who_got_it(leader: Leader) -> None:
    (anna,) = await accounts(leader, 1)
    await do(leader, GiveToPool(minutes=60))
    await do(leader, SpendFromPool(to_account_id=anna, minutes=60, reason="Zorgt al voor haar moeder"))
    assert await leader.count("vault") == 1
    await members_say(leader, MemberErased(member_id=anna))
    assert await leader.count("vault") == 0


# ---- verify


async def _found(leader: Leader) -> list[str]:
    async with leader.pool.acquire() as connection:
        return (await _sums_to_zero(connection)).wrong + (await _above_floor(connection)).wrong


async def _busy(leader: Leader) -> list[UUID]:
    """A bit of everything; returns the transfer that was undone."""
    anna, bram, cora, home = await accounts(leader, 4)
    await do(leader, GiveToPool(minutes=60))
    await do(leader, BringBalance(account_id=cora, minutes=-700))
    await do(leader, ChangeLimits(account_id=anna, floor_minutes=-60))
    await do(leader, ChangeLimits(account_id=anna, floor_minutes=-600, ceiling_minutes=10))
    await members_say(leader, joined(bram, home))
    hold_id = new_id()
    await do(leader, PlaceHold(hold_id=hold_id, account_id=bram, helper_id=anna, minutes=90))
    await do(leader, BookMatch(match_id=hold_id, from_account_id=bram, to_account_id=anna, minutes=60))
    gift = await give(leader, anna, bram, 500)
    await give(leader, bram, cora, 1_000)
    reverse = ReverseTransfer(transfer_id=gift, reason="Vergissing")
    await do(leader, await queries.prepare_reversal(asked(leader), reverse, NOOR))
    await do(leader, SettleAccount(account_id=cora, settle="write_off"))
    await do(leader, SettleAccount(account_id=anna, settle="pool"))
    return [gift, anna]


async def test_verify_finds_nothing_wrong_in_a_busy_ledger(leader: Leader) -> None:
    await _busy(leader)
    assert SUSPENSE in {row[0] for row in await leader.pool.fetch("SELECT account_id FROM accounts")}
    assert await _found(leader) == []


@pytest.mark.parametrize(
    ("damage", "sees"),
    [
        pytest.param("UPDATE accounts SET balance_minutes = balance_minutes + 1 WHERE NOT closed", "sum to"),
        pytest.param(
            "UPDATE events SET data = jsonb_set(data::jsonb, '{minutes}', '0')::json "
            "WHERE name = 'CreditTransferred'",
            "position",
        ),
        pytest.param("DELETE FROM accounts WHERE closed", "account"),
        pytest.param("UPDATE events SET position = -position WHERE name = 'AccountClosed'", "closed account"),
        pytest.param(
            "UPDATE events SET data = jsonb_set(data::jsonb, '{minutes}', '501')::json "
            "WHERE data->>'reverses' IS NOT NULL",
            "undone transfer",
        ),
        pytest.param(
            "UPDATE events SET command_id = gen_random_uuid() WHERE data->>'reverses' IS NOT NULL",
            "undone transfer",
        ),
        pytest.param("DELETE FROM events WHERE name = 'LimitsChanged'", "account"),
        pytest.param(
            "UPDATE events SET data = jsonb_set(data::jsonb, '{floor_minutes}', '0')::json "
            "WHERE name = 'AccountOpened'",
            "account",
        ),
    ],
)
async def test_verify_sees_what_is_wrong(leader: Leader, damage: str, sees: str) -> None:
    await _busy(leader)
    await leader.pool.execute(damage)
    assert [line for line in await _found(leader) if sees in line]


# ---- with other regions


async def test_what_a_peer_posted_beyond_the_cap_is_on_suspense_and_no_fault(leader: Leader) -> None:
    """We were put back, and know no cap any more; they post what we had accepted."""
    (bram,) = await accounts(leader, 1)
    said = {"payee_id": bram, "minutes": 60, "kind": "gift"}
    posting = TransferPosting.model_validate({"transfer_id": new_id(), **said})
    await do(leader, TakeClearingLetter(peer="west", letter=posting))
    (suspense,) = await balances(leader, SUSPENSE)
    assert suspense.balance_minutes == 60
    assert await _crossing_faults(leader) == []
    # Without that reason the same position is one.
    await leader.pool.execute("UPDATE clearings SET position_minutes = -61, got_minutes = 61")
    assert await _crossing_faults(leader) == ["position on west"]


async def _crossing_faults(leader: Leader) -> list[str]:
    async with leader.pool.acquire() as connection:
        return (await clears(connection)).wrong


async def test_what_is_under_way_with_a_peer_that_left_is_found_and_decided(leader: Leader) -> None:
    anna, bram = await accounts(leader)
    cap = CapProposal(proposal_id=new_id(), minutes=600)
    await do(leader, TakeClearingLetter(peer="west", letter=cap))
    await do(leader, AnswerCap(peer="west", proposal_id=cap.proposal_id, agree=True))
    to_there = {"from_account_id": anna, "to_account_id": new_id(), "peer": "west", "minutes": 30}
    ours = await do(leader, GiveAcross.model_validate(to_there))
    said = {"payee_id": bram, "minutes": 60, "kind": "gift", "transfer_id": new_id()}
    await do(leader, TakeClearingLetter(peer="west", letter=TransferOffer.model_validate(said)))
    await do(leader, EndClearing(peer="west"))
    found = await queries.prepare_open(asked(leader), SeeToTransfers(peer="west"), NOOR)
    assert len(found.crossing_ids) == 2
    await do(leader, found)
    assert await leader.count("crossings", "stranded = 'peer_left'") == 2
    decision = DecideTransfer(crossing_id=ours, booked=False, note="Gebeld met West.")
    prepared = await queries.prepare_decision(asked(leader), decision, NOOR)
    assert prepared.member_id == anna
    await do(leader, prepared)
    (balance,) = await balances(leader, anna)
    assert balance.held_minutes == 0
    # The note is about Anna, and goes with her.
    assert await leader.count("vault", f"person_id = '{anna}'") == 1
