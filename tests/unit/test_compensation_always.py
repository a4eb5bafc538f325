"""No helper is ever promised or paid more than the caps allow, whatever comes in whatever order."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from contracts.envelope import Command, Event
from contracts.ledger import (
    BookMatch,
    CompensationBooked,
    ExpensesNoted,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    NoteExpenses,
    OpenAccount,
    PlaceHold,
    ReleaseHold,
    SettleAccount,
    TransferRefused,
)
from contracts.policy import AgeBand, caps_in_force, compensation_cents
from services.kernel.testing import InMemory
from services.ledger.compensation import PERIOD, period_id
from tests.unit.neighbours import ledger
from tests.unit.walking import walk

HELPERS = tuple(UUID(int=0x100 + n) for n in range(3))
ASKER = UUID(int=0x200)
LONG = st.sampled_from([2_240, 60, 600, 1_120])
"""Minutes; the first is nearly a month's cap."""

VISIT = st.builds(
    lambda year, month: datetime(year, month, 15, 12, tzinfo=UTC),
    st.sampled_from([2026, 2026, 2027]),
    # January may be full already.
    st.sampled_from([11, 1, 12]),
)
BAND = st.sampled_from([AgeBand.FROM_21, AgeBand.FROM_21, AgeBand.FROM_18, None])


class Compensation(RuleBasedStateMachine):
    """Matches of a few helpers in the months of two years, at random."""

    holds: Bundle[tuple[UUID, UUID]] = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = InMemory(ledger.service)
        self.ids = 0x10000
        self.held: Counter[tuple[UUID, str]] = Counter()
        self.paid: Counter[tuple[UUID, str]] = Counter()

    def new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def decide(self, command: Command) -> list[Event]:
        events = self.ledger.decide(command, id=self.new_id())
        for event in events:
            self.enter(event)
        return events

    def enter(self, event: Event) -> None:
        """As an accountant would, from the events alone."""
        match event:
            case HoldPlaced() | HoldReleased():
                assert event.month is not None
                change = event.cents if isinstance(event, HoldPlaced) else -event.cents
                for period in (event.month, event.month[:4]):
                    self.held[event.account_id, period] += change
            case CompensationBooked():
                for period in (event.month, event.month[:4]):
                    self.held[event.helper_id, period] -= event.hold_cents
                    self.paid[event.helper_id, period] += event.cents
            case HoldRefused() | TransferRefused():
                refused[f"{type(event).__name__} {event.reason}"] += 1
        self.nothing_is_beyond_the_caps()

    @initialize(worked_months=st.sampled_from([9, 0]))
    def begin(self, worked_months: int) -> None:
        for account_id in (ASKER, *HELPERS):
            self.decide(OpenAccount(account_id=account_id, floor_minutes=-600))
        for month in range(1, worked_months + 1):
            self.help_much(datetime(2026, month, 15, 12, tzinfo=UTC), 2_240)

    @rule(target=holds, helper=st.sampled_from(HELPERS), minutes=LONG, at=VISIT, band=BAND)
    def place_a_hold(
        self, helper: UUID, minutes: int, at: datetime, band: AgeBand | None
    ) -> tuple[UUID, UUID]:
        hold_id = self.new_id()
        month = f"{at:%Y-%m}"
        left = self.left(helper, month)
        (outcome,) = self.decide(
            PlaceHold(
                hold_id=hold_id,
                account_id=ASKER,
                helper_id=helper,
                minutes=minutes,
                compensation="euro",
                age_band=band,
                at=at,
            )
        )
        wanted = compensation_cents(minutes, band, caps_in_force(at.year).caps)
        if isinstance(outcome, HoldPlaced):
            assert (outcome.cents, outcome.month) == (wanted, month)
            assert wanted <= left
        else:
            assert isinstance(outcome, HoldRefused)
            assert outcome.reason == "no_account" or (outcome.left_cents == left < wanted)
        return hold_id, helper

    def left(self, helper: UUID, month: str) -> int:
        limits = caps_in_force(int(month[:4])).caps
        return min(
            limit - self.held[helper, period] - self.paid[helper, period]
            for period, limit in ((month, limits.month), (month[:4], limits.year))
        )

    @rule(hold=holds)
    def release_it_twice(self, hold: tuple[UUID, UUID]) -> None:
        self.decide(ReleaseHold(hold_id=hold[0]))
        assert self.decide(ReleaseHold(hold_id=hold[0])) == []

    @rule(hold=holds, minutes=LONG, at=VISIT, band=BAND)
    def book_a_match(self, hold: tuple[UUID, UUID], minutes: int, at: datetime, band: AgeBand | None) -> None:
        match_id, helper = hold
        command = BookMatch(
            match_id=match_id,
            from_account_id=ASKER,
            to_account_id=helper,
            minutes=minutes,
            compensation="euro",
            age_band=band,
            at=at,
        )
        events = self.decide(command)
        if events and isinstance(events[-1], CompensationBooked):
            assert events[-1].cents == compensation_cents(minutes, band, caps_in_force(at.year).caps)
            assert self.decide(command) == []

    @rule(at=VISIT, minutes=LONG)
    def help_much(self, at: datetime, minutes: int) -> None:
        """One helper does most of it, each time for longer than was thought."""
        hold = self.place_a_hold(HELPERS[0], minutes - 60 or 60, at, AgeBand.FROM_21)
        self.book_a_match(hold, minutes, at, AgeBand.FROM_21)

    @rule(helper=st.sampled_from(HELPERS), at=VISIT)
    def note_expenses(self, helper: UUID, at: datetime) -> None:
        (noted,) = self.decide(NoteExpenses(helper_id=helper, cents=999_999, on=at.date()))
        assert isinstance(noted, ExpensesNoted)

    @rule(helper=st.sampled_from(HELPERS[2:]))
    def leave(self, helper: UUID) -> None:
        self.decide(SettleAccount(account_id=helper, settle="pool"))
        assert not any(cents for (who, _), cents in self.held.items() if who == helper)

    def nothing_is_beyond_the_caps(self) -> None:
        for helper, period in self.held.keys() | self.paid.keys():
            limits = caps_in_force(int(period[:4])).caps
            held, paid = self.held[helper, period], self.paid[helper, period]
            assert held >= 0
            assert held + paid <= (limits.year if len(period) == 4 else limits.month)

    @invariant()
    def the_periods_are_those_of_the_books(self) -> None:
        for helper, period in self.held.keys() | self.paid.keys():
            found = self.ledger.state.get(PERIOD, period_id(helper, period))
            used = (found.held_cents, found.paid_cents) if found is not None else (0, 0)
            assert used == (self.held[helper, period], self.paid[helper, period])

    def teardown(self) -> None:
        assert self.ledger.replayed() == self.ledger.state.changed
        for helper in HELPERS:
            full = caps_in_force(2026).caps.year - self.paid[helper, "2026"] - self.held[helper, "2026"]
            nearly_full[full < 21_000] += 1


refused: Counter[str] = Counter()
nearly_full: Counter[bool] = Counter()


def test_the_caps_hold_whatever_comes() -> None:
    refused.clear()
    nearly_full.clear()
    why = {
        "HoldRefused compensation_cap",
        "HoldRefused no_account",
        "TransferRefused compensation_cap",
    }
    near_the_cap_of_a_year = {True}
    walk(
        Compensation,
        lambda: (why - set(refused)) | (near_the_cap_of_a_year - set(nearly_full)),
        examples=40,
        steps=50,
    )
    assert set(refused) <= why
