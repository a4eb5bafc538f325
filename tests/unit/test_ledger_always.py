"""What always holds in the ledger, whatever comes in whatever order."""

from collections import Counter
from contextlib import suppress
from uuid import UUID

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from contracts.catalogue import SERVICES
from contracts.envelope import Command, Event
from contracts.ledger import (
    BookMatch,
    CreditTransferred,
    HoldPlaced,
    HoldRefused,
    OpenAccount,
    PlaceHold,
    ReleaseHold,
    TransferCredit,
    TransferRefused,
)
from services.kernel.errors import Rejected
from services.kernel.testing import InMemory
from services.ledger.account import ACCOUNT
from services.ledger.hold import HOLD
from tests.unit.neighbours import ledger

MINUTES = st.sampled_from([30, 1, 60, 90, 600, 601])
STRANGER = UUID(int=0xDEAD)


class Ledger(RuleBasedStateMachine):
    """Accounts, holds, releases, bookings and gifts, at random."""

    accounts: Bundle[UUID] = Bundle("accounts")
    holds: Bundle[tuple[UUID, UUID]] = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = InMemory(ledger.service)
        self.ids = 0

    def new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def decide(self, command: Command) -> list[Event]:
        return self.ledger.decide(command, id=self.new_id())

    @rule(target=accounts, floor_minutes=st.sampled_from([-600, -1200, -60]))
    def open_an_account(self, floor_minutes: int) -> UUID:
        return self.an_account(floor_minutes)

    def an_account(self, floor_minutes: int) -> UUID:
        account_id = self.new_id()
        self.decide(OpenAccount(account_id=account_id, floor_minutes=floor_minutes))
        return account_id

    @initialize(target=accounts)
    def open_two_accounts(self) -> MultipleResults[UUID]:
        return multiple(self.an_account(-600), self.an_account(-600))

    @rule(target=holds, account_id=accounts, minutes=MINUTES)
    def place_a_hold(self, account_id: UUID, minutes: int) -> tuple[UUID, UUID]:
        return self.a_hold(account_id, minutes)

    def a_hold(self, account_id: UUID, minutes: int) -> tuple[UUID, UUID]:
        hold_id = self.new_id()
        (outcome,) = self.decide(PlaceHold(hold_id=hold_id, account_id=account_id, minutes=minutes))
        assert isinstance(outcome, HoldPlaced | HoldRefused)
        return hold_id, account_id

    @rule(target=holds, minutes=MINUTES)
    def place_a_hold_on_no_account(self, minutes: int) -> tuple[UUID, UUID]:
        return self.a_hold(STRANGER, minutes)

    @rule(hold=holds)
    def release_a_hold(self, hold: tuple[UUID, UUID]) -> None:
        self.decide(ReleaseHold(hold_id=hold[0]))

    @rule(hold=holds)
    def release_it_twice(self, hold: tuple[UUID, UUID]) -> None:
        self.decide(ReleaseHold(hold_id=hold[0]))
        assert self.decide(ReleaseHold(hold_id=hold[0])) == []

    @rule(hold=holds, to=accounts, minutes=MINUTES)
    def book_a_match(self, hold: tuple[UUID, UUID], to: UUID, minutes: int) -> None:
        match_id, payer = hold
        if payer != to:
            (outcome,) = self.decide(
                BookMatch(match_id=match_id, from_account_id=payer, to_account_id=to, minutes=minutes)
            )
            assert isinstance(outcome, CreditTransferred | TransferRefused)

    @rule(giver=accounts, to=accounts, held=MINUTES, minutes=MINUTES)
    def hold_and_book(self, giver: UUID, to: UUID, held: int, minutes: int) -> None:
        self.book_a_match(self.a_hold(giver, held), to, minutes)

    @rule(giver=accounts, to=accounts, minutes=MINUTES)
    def give(self, giver: UUID, to: UUID, minutes: int) -> None:
        happened = len(self.ledger.log)
        with suppress(Rejected):
            happened += len(
                self.decide(TransferCredit(from_account_id=giver, to_account_id=to, minutes=minutes))
            )
        assert len(self.ledger.log) == happened

    @invariant()
    def balances_sum_to_zero(self) -> None:
        assert sum(account.balance_minutes for account in self.ledger.all(ACCOUNT)) == 0

    @invariant()
    def nobody_is_below_their_floor(self) -> None:
        for account in self.ledger.all(ACCOUNT):
            assert account.available_minutes >= account.floor_minutes

    @invariant()
    def what_is_held_is_the_sum_of_the_holds(self) -> None:
        held: Counter[UUID] = Counter()
        for hold in self.ledger.all(HOLD):
            if hold.status == "held":
                held[hold.account_id] += hold.minutes
        for account in self.ledger.all(ACCOUNT):
            assert account.held_minutes == held[account.account_id]

    @invariant()
    def every_stream_counts_from_one_without_gaps_and_shares_its_id_with_none(self) -> None:
        streams: dict[UUID, list[tuple[str, int]]] = {}
        for entity, entity_id, version in self.ledger.versions:
            streams.setdefault(entity_id, []).append((entity, version))
        for versions in streams.values():
            assert versions == [(versions[0][0], n + 1) for n in range(len(versions))]

    @invariant()
    def the_log_alone_gives_the_same_state(self) -> None:
        assert self.ledger.replayed() == self.ledger.state.changed

    def teardown(self) -> None:
        seen.update(type(event) for event, _ in self.ledger.log)
        out_of_a_hold.update(bool(booked.hold_minutes) for booked in self.ledger.happened(CreditTransferred))


seen: Counter[type[Event]] = Counter()
out_of_a_hold: Counter[bool] = Counter()


def test_the_ledger_keeps_its_promises_whatever_comes() -> None:
    seen.clear()
    out_of_a_hold.clear()
    run_state_machine_as_test(
        Ledger,
        settings=settings(max_examples=60, stateful_step_count=40, phases=[Phase.generate, Phase.shrink]),
    )
    assert set(seen) == set(SERVICES["ledger"].EVENTS), "the random walk did not reach every event"
    assert set(out_of_a_hold) == {True, False}
