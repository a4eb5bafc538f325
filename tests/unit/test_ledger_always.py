"""What always holds in the ledger, whatever comes in whatever order."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from contracts import clearing, crossings
from contracts.caps import EnterCaps
from contracts.catalogue import SERVICES
from contracts.common import Settle
from contracts.envelope import Command, Event
from contracts.households import HouseholdJoined, HouseholdLeft
from contracts.ledger import (
    POOL,
    SUSPENSE,
    AccountClosed,
    AccountOpened,
    BalanceNoted,
    BookMatch,
    BringBalance,
    ChangeLimits,
    CreditTransferred,
    ExpensesNoted,
    GiveToPool,
    HoldMoved,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    LimitsChanged,
    NoteExpenses,
    OpenAccount,
    PlaceHold,
    ReleaseHold,
    SettleAccount,
    SpendFromPool,
    TransferCredit,
    TransferRefused,
    UndoTransfer,
)
from contracts.policy import Compensation
from services.kernel.entity import Origin
from services.kernel.errors import Rejected
from services.kernel.testing import NOW, InMemory
from services.ledger.account import ACCOUNT, OWED_MINUTES, SAVED_MINUTES
from services.ledger.hold import HOLD
from services.ledger.seat import SEAT, account_used
from services.ledger.transfer import TRANSFER
from tests.unit.neighbours import ledger, members
from tests.unit.walking import walk

MINUTES = st.sampled_from([30, 1, 60, 90, 600, 601])
COMPENSATION = st.sampled_from(["credits", "credits", "none", "euro"])
STRANGER = UUID(int=0xDEAD)
PEOPLE_BEGIN = 0x10000
"""Ids below this are the region's own."""


@dataclass
class Books:
    """What an accountant makes of the events alone, one by one: knows nothing of the ledger's code."""

    balances: Counter[UUID] = field(default_factory=Counter)
    held: Counter[UUID] = field(default_factory=Counter)
    floors: dict[UUID, int] = field(default_factory=dict)
    ceilings: dict[UUID, int | None] = field(default_factory=dict)
    closed: set[UUID] = field(default_factory=set)

    def enter(self, event: Event) -> None:
        match event:
            case AccountOpened() | LimitsChanged():
                self.floors[event.account_id] = event.floor_minutes
                self.ceilings[event.account_id] = event.ceiling_minutes
            case HoldPlaced():
                self.held[event.account_id] += event.minutes
                assert event.account_id not in self.closed
            case HoldReleased():
                self.held[event.account_id] -= event.minutes
            case CreditTransferred():
                self._post(event)
            case AccountClosed():
                assert self.balances[event.account_id] == self.held[event.account_id] == 0
                self.closed.add(event.account_id)
            case _:
                pass
        for account_id, floor in self.floors.items():
            assert self.balances[account_id] - self.held[account_id] >= floor, event

    def _post(self, event: CreditTransferred) -> None:
        assert event.minutes > 0
        assert event.from_account_id != event.to_account_id
        assert {event.from_account_id, event.to_account_id} <= set(self.floors) - self.closed
        self.balances[event.from_account_id] -= event.minutes
        self.balances[event.to_account_id] += event.minutes
        self.held[event.from_account_id] -= event.hold_minutes
        ceiling = self.ceilings[event.to_account_id]
        if ceiling is not None and event.kind != "reversal":
            assert self.balances[event.to_account_id] <= ceiling

    def standing(self, account_id: UUID) -> str | None:
        """Beyond which soft limit a participant's balance is."""
        balance = self.balances[account_id]
        if account_id.int < PEOPLE_BEGIN or OWED_MINUTES <= balance <= SAVED_MINUTES:
            return None
        return "saved" if balance > SAVED_MINUTES else "owed"


class Ledger(RuleBasedStateMachine):
    """Accounts and households, holds, bookings, gifts, reversals, settlements, at random."""

    accounts: Bundle[UUID] = Bundle("accounts")
    holds: Bundle[tuple[UUID, UUID]] = Bundle("holds")
    transfers: Bundle[UUID] = Bundle("transfers")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = InMemory(ledger.service)
        self.members = InMemory(members.service)
        self.books = Books()
        self.ids = PEOPLE_BEGIN

    def new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def decide(self, command: Command) -> list[Event]:
        events = self.ledger.decide(command, id=self.new_id())
        standing = {account_id: self.books.standing(account_id) for account_id in self.books.balances}
        for event in events:
            self.books.enter(event)
        noted = {(event.account_id, event.which) for event in events if isinstance(event, BalanceNoted)}
        assert noted == {
            (account_id, now)
            for account_id in self.books.balances
            if (now := self.books.standing(account_id)) not in (None, standing.get(account_id))
        }
        return events

    def attempt(self, command: Command) -> list[Event]:
        """As `decide`; refused is fine, and then nothing happened."""
        happened = len(self.ledger.log)
        events: list[Event] = []
        with suppress(Rejected):
            events = self.decide(command)
        assert len(self.ledger.log) == happened + len(events)
        return events

    def booked(self, events: list[Event]) -> MultipleResults[UUID]:
        return multiple(*(one.transfer_id for one in events if isinstance(one, CreditTransferred)))

    # ---- accounts and households

    @rule(target=accounts, floor_minutes=st.sampled_from([-600, -1200, -60]))
    def open_an_account(self, floor_minutes: int) -> UUID:
        return self.an_account(floor_minutes)

    def an_account(self, floor_minutes: int) -> UUID:
        account_id = self.new_id()
        self.decide(OpenAccount(account_id=account_id, floor_minutes=floor_minutes))
        return account_id

    @initialize(target=accounts, filled=st.booleans())
    def begin(self, filled: bool) -> MultipleResults[UUID]:
        if filled:
            self.decide(GiveToPool(minutes=600))
        return multiple(*(self.an_account(-600) for _ in range(3)))

    @rule(
        account_id=accounts,
        floor=st.sampled_from([-600, 0, -60]),
        ceiling=st.sampled_from([None, 60, 600, 1300]),
    )
    def change_the_limits(self, account_id: UUID, floor: int, ceiling: int | None) -> None:
        self.attempt(ChangeLimits(account_id=account_id, floor_minutes=floor, ceiling_minutes=ceiling))

    @rule(member_id=accounts, household_id=accounts, shares=st.sampled_from([True, True, False]))
    def join_a_household(self, member_id: UUID, household_id: UUID, shares: bool) -> None:
        self.members_say(
            HouseholdJoined(
                member_id=member_id, household_id=household_id, shares_balance=shares, may_act=False
            )
        )

    @rule(member_id=accounts, household_id=accounts)
    def leave_a_household(self, member_id: UUID, household_id: UUID) -> None:
        self.members_say(HouseholdLeft(member_id=member_id, household_id=household_id))

    def members_say(self, event: Event) -> None:
        self.members.log.append((event, NOW))
        self.members.origins.append(Origin(f"{self.new_id()}.0", "service:members"))
        assert self.ledger.follow(self.members)

    @rule(account_id=accounts, minutes=st.sampled_from([0, 300, 1300, -200, -700]))
    def bring_a_balance(self, account_id: UUID, minutes: int) -> None:
        self.attempt(BringBalance(account_id=account_id, minutes=minutes))

    @rule(
        target=transfers,
        account_id=accounts,
        settle=st.sampled_from(["pool", "beneficiary", "write_off"]),
        beneficiary_id=accounts,
        owing=st.booleans(),
    )
    def leave(
        self, account_id: UUID, settle: Settle, beneficiary_id: UUID, owing: bool
    ) -> MultipleResults[UUID]:
        if sum(account.account_id not in self.books.closed for account in self.ledger.all(ACCOUNT)) < 5:
            return multiple()
        if owing:
            self.attempt(GiveToPool(from_account_id=account_id, minutes=60))
        events = self.decide(
            SettleAccount(account_id=account_id, settle=settle, beneficiary_id=beneficiary_id)
        )
        assert account_id in self.books.closed
        assert self.decide(SettleAccount(account_id=account_id, settle="pool")) == []
        return self.booked(events)

    # ---- matches

    @rule(target=holds, asker=accounts, helper=accounts, minutes=MINUTES, compensation=COMPENSATION)
    def place_a_hold(
        self, asker: UUID, helper: UUID, minutes: int, compensation: Compensation
    ) -> tuple[UUID, UUID]:
        return self.a_hold(asker, helper, minutes, compensation)

    def a_hold(
        self, asker: UUID, helper: UUID, minutes: int, compensation: Compensation = "credits"
    ) -> tuple[UUID, UUID]:
        hold_id = self.new_id()
        command = PlaceHold(
            hold_id=hold_id,
            account_id=asker,
            helper_id=helper,
            minutes=minutes,
            compensation=compensation,
            at=NOW,
        )
        (outcome,) = self.decide(command)
        assert isinstance(outcome, HoldPlaced | HoldRefused)
        assert self.decide(command) == []
        return hold_id, asker

    @rule(target=holds, helper=accounts, minutes=MINUTES)
    def place_a_hold_on_no_account(self, helper: UUID, minutes: int) -> tuple[UUID, UUID]:
        return self.a_hold(STRANGER, helper, minutes)

    @rule(hold=holds)
    def release_a_hold(self, hold: tuple[UUID, UUID]) -> None:
        self.decide(ReleaseHold(hold_id=hold[0]))
        assert self.decide(ReleaseHold(hold_id=hold[0])) == []

    @rule(target=transfers, hold=holds, to=accounts, minutes=MINUTES, compensation=COMPENSATION)
    def book_a_match(
        self, hold: tuple[UUID, UUID], to: UUID, minutes: int, compensation: Compensation
    ) -> MultipleResults[UUID]:
        match_id, asker = hold
        if asker == to:
            return multiple()
        command = BookMatch(
            match_id=match_id,
            from_account_id=asker,
            to_account_id=to,
            minutes=minutes,
            compensation=compensation,
        )
        before = self.ledger.state.get(HOLD, match_id)
        was_booked = before is not None and before.status == "posted"
        events = self.decide(command)
        # Each match has one outcome; asked again it is booked once.
        outcomes = [e for e in events if not isinstance(e, HoldReleased | BalanceNoted | AccountOpened)]
        assert bool(outcomes) != was_booked
        refused = any(isinstance(event, TransferRefused) for event in outcomes)
        if not refused:
            assert self.decide(command) == []
        moved = sum(event.minutes for event in outcomes if isinstance(event, CreditTransferred))
        assert moved in (0, minutes)
        return self.booked(events)

    @rule(
        target=transfers,
        giver=accounts,
        to=accounts,
        held=MINUTES,
        minutes=MINUTES,
        compensation=COMPENSATION,
    )
    def hold_and_book(
        self, giver: UUID, to: UUID, held: int, minutes: int, compensation: Compensation = "credits"
    ) -> MultipleResults[UUID]:
        return self.book_a_match(self.a_hold(giver, to, held, compensation), to, minutes, compensation)

    @rule(target=transfers, asker=accounts, helper=accounts, household_id=accounts, minutes=MINUTES)
    def move_house_during_a_match(
        self, asker: UUID, helper: UUID, household_id: UUID, minutes: int
    ) -> MultipleResults[UUID]:
        paying = account_used(self.ledger.state, asker)
        hold = self.a_hold(asker, helper, minutes)
        held = isinstance(self.ledger.log[-1][0], HoldPlaced)
        self.join_a_household(asker, household_id, True)
        transfers = self.book_a_match(hold, helper, minutes, "credits")
        for transfer_id in transfers.values:
            transfer = self.ledger.state.get(TRANSFER, transfer_id)
            assert transfer is not None
            assert not held or (paying is not None and transfer.from_account_id == paying.account_id)
        return transfers

    @rule(
        target=transfers, asker=accounts, helper=accounts, ceiling=st.sampled_from([0, 60]), minutes=MINUTES
    )
    def help_up_to_a_ceiling(
        self, asker: UUID, helper: UUID, ceiling: int, minutes: int
    ) -> MultipleResults[UUID]:
        self.attempt(ChangeLimits(account_id=helper, floor_minutes=-600, ceiling_minutes=ceiling))
        return self.hold_and_book(asker, helper, 60, minutes)

    # ---- gifts, the pool, reversals

    @rule(target=transfers, giver=accounts, to=accounts, minutes=MINUTES)
    def give(self, giver: UUID, to: UUID, minutes: int) -> MultipleResults[UUID]:
        return self.booked(
            self.attempt(TransferCredit(from_account_id=giver, to_account_id=to, minutes=minutes))
        )

    @rule(target=transfers, giver=st.one_of(st.none(), accounts), minutes=MINUTES)
    def give_to_the_pool(self, giver: UUID | None, minutes: int) -> MultipleResults[UUID]:
        return self.booked(self.attempt(GiveToPool(from_account_id=giver, minutes=minutes)))

    @rule(target=transfers, to=st.one_of(accounts, st.just(SUSPENSE)), minutes=MINUTES)
    def spend_from_the_pool(self, to: UUID, minutes: int) -> MultipleResults[UUID]:
        return self.booked(self.attempt(SpendFromPool(to_account_id=to, minutes=minutes, reason="Nodig")))

    @rule(target=transfers, to=accounts, minutes=MINUTES)
    def hand_out_what_is_in_suspense(self, to: UUID, minutes: int) -> MultipleResults[UUID]:
        before = self.books.balances[SUSPENSE]
        events = self.attempt(TransferCredit(from_account_id=SUSPENSE, to_account_id=to, minutes=minutes))
        assert not events or self.books.balances[SUSPENSE] == before - minutes >= 0
        return self.booked(events)

    @rule(target=transfers, transfer_id=transfers)
    def undo(self, transfer_id: UUID) -> MultipleResults[UUID]:
        transfer = self.ledger.state.get(TRANSFER, transfer_id)
        assert transfer is not None
        one_id, other_id = transfer.people
        command = UndoTransfer(transfer_id=transfer_id, reason="Vergissing", one_id=one_id, other_id=other_id)
        events = self.attempt(command)
        back = [event for event in events if isinstance(event, CreditTransferred)]
        if back:
            assert transfer.reverses is None
            assert {event.reverses for event in back} == {transfer_id}
            receiver = transfer.from_account_id
            open_still = receiver not in self.books.closed and receiver != SUSPENSE
            assert {event.to_account_id for event in back} == {receiver if open_still else SUSPENSE}
            moved = sum(event.minutes for event in back)
            assert moved == transfer.minutes if open_still else moved <= transfer.minutes
            assert self.attempt(command) == []
        return self.booked(events)

    @rule(target=transfers, giver=accounts, to=accounts, third=accounts)
    def undo_what_is_spent(self, giver: UUID, to: UUID, third: UUID) -> MultipleResults[UUID]:
        gifts = self.give(giver, to, 60)
        spent = account_used(self.ledger.state, to)
        if spent is not None and spent.spare_minutes:
            self.give(to, third, min(spent.spare_minutes, 10_000))
        for gift in gifts.values:
            return self.undo(gift)
        return multiple()

    @rule(helper_id=accounts)
    def note_expenses(self, helper_id: UUID) -> None:
        (noted,) = self.decide(NoteExpenses(helper_id=helper_id, cents=950, on=NOW.date()))
        assert isinstance(noted, ExpensesNoted)

    @rule(hour=st.sampled_from([560, 600]))
    def enter_caps(self, hour: int) -> None:
        caps = {"hour_21": hour, "hour_young": 330, "month": 210_00, "whole_year": 2_100_00}
        self.decide(EnterCaps(year=NOW.year, **caps))

    # ---- what always holds

    @invariant()
    def balances_sum_to_zero_and_are_those_of_the_books(self) -> None:
        accounts = self.ledger.all(ACCOUNT)
        assert sum(account.balance_minutes for account in accounts) == 0
        for account in accounts:
            assert account.balance_minutes == self.books.balances[account.account_id]
            assert account.held_minutes == self.books.held[account.account_id]
            assert account.floor_minutes == self.books.floors[account.account_id]
            assert account.closed == (account.account_id in self.books.closed)

    @invariant()
    def what_is_held_is_the_sum_of_the_holds(self) -> None:
        held: Counter[UUID] = Counter()
        running: dict[UUID, set[UUID]] = {}
        for hold in self.ledger.all(HOLD):
            if hold.held:
                held[hold.account_id] += hold.minutes
                if hold.minutes or hold.cents:
                    running.setdefault(hold.account_id, set()).add(hold.hold_id)
        for account in self.ledger.all(ACCOUNT):
            assert account.held_minutes == held[account.account_id]
            assert set(account.holds) == running.get(account.account_id, set())
            assert len(set(account.holds)) == len(account.holds)

    @invariant()
    def nobody_uses_a_closed_account_while_theirs_is_open(self) -> None:
        for seat in self.ledger.all(SEAT):
            used = account_used(self.ledger.state, seat.member_id)
            assert used is not None
            assert not used.closed or used.account_id == seat.member_id

    @invariant()
    def every_stream_counts_from_one_without_gaps_and_shares_its_id_with_none(self) -> None:
        streams: dict[UUID, list[tuple[str, int]]] = {}
        for entity, entity_id, version in self.ledger.versions:
            streams.setdefault(entity_id, []).append((entity, version))
        for versions in streams.values():
            assert versions == [(versions[0][0], n + 1) for n in range(len(versions))]

    @invariant()
    def the_log_alone_gives_the_same_state(self) -> None:
        # Whose household someone is in stands in another log.
        own = {key: entity for key, entity in self.ledger.state.changed.items() if key[0] is not SEAT}
        assert self.ledger.replayed() == own

    def teardown(self) -> None:
        seen.update(type(event) for event, _ in self.ledger.log)
        reached.update(label for event, _ in self.ledger.log for label in _labels(event))


def _labels(event: Event) -> list[str]:
    """The corners that the random walk must have been in."""
    match event:
        case CreditTransferred():
            labels = [event.kind]
            if event.hold_minutes:
                labels.append(f"{event.kind} out of a hold")
            if event.payer_id or event.payee_id:
                labels.append(f"{event.kind} on a shared account")
            if SUSPENSE in (event.from_account_id, event.to_account_id):
                labels.append(f"{event.kind} by suspense")
            if event.kind == "settlement" and event.from_account_id == POOL:
                labels.append("settlement out of the pool")
            return labels
        case HoldRefused() | TransferRefused():
            return [event.reason]
        case _:
            return []


CORNERS = {
    "match",
    "match out of a hold",
    "match on a shared account",
    "match by suspense",
    "ceiling",
    "ceiling out of a hold",
    "gift",
    "gift on a shared account",
    "pool",
    "opening",
    "settlement",
    "settlement out of the pool",
    "reversal",
    "reversal by suspense",
    "below_floor",
    "no_account",
}

seen: Counter[type[Event]] = Counter()
reached: Counter[str] = Counter()


def test_the_ledger_keeps_its_promises_whatever_comes() -> None:
    seen.clear()
    reached.clear()
    # What is done with other regions: test_clearing_always.py.
    own = set(SERVICES["ledger"].EVENTS) - {*clearing.EVENTS, *crossings.EVENTS, HoldMoved}
    walk(Ledger, lambda: (own - set(seen)) | (CORNERS - set(reached)), examples=80, steps=50)
    assert set(seen) <= own
