"""What the coordinator instance has seen is the same however its four sources interleave."""

from datetime import timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalogue import EMITTED_BY
from contracts.exchange import (
    CancelMatch,
    PostOffer,
    ReportMinutes,
    RequestHelp,
    ReserveMatch,
    WithdrawRequest,
)
from contracts.ledger import TransferCredit
from contracts.members import ApproveMember, ChangeCapacity, DeclineMember, RegisterMember
from contracts.notifications import RecordDelivery
from services.coordinator import app as coordinator_app
from services.coordinator.projections import KINDS
from services.coordinator.projections.exchange import MATCHES, REQUESTS
from services.coordinator.projections.history import HISTORY
from services.coordinator.projections.ledger import BALANCES
from services.coordinator.projections.members import MEMBERS
from services.coordinator.projections.notifications import MESSAGES
from services.exchange import app as exchange_app
from services.kernel.testing import COORDINATOR, NOW, InMemory
from services.ledger import app as ledger_app
from services.members import app as members_app
from services.notifications import app as notifications_app
from tests.unit.neighbours import REGION, as_member

ASKER, HELPER, NEWCOMER = UUID(int=0xA1), UUID(int=0xA2), UUID(int=0xA3)
OFFER, REQUEST, MATCH = UUID(int=0xB1), UUID(int=0xB2), UUID(int=0xB3)

ENDINGS = ("agreed", "differ", "cancelled", "withdrawn", "reserved")


class Neighbourhood:
    """Four services in memory, in which one match begins and ends in one of several ways."""

    def __init__(self, ending: str) -> None:
        self.members = InMemory(members_app.service(REGION))
        self.exchange = InMemory(exchange_app.service(REGION))
        self.ledger = InMemory(ledger_app.service(REGION))
        self.notifications = InMemory(notifications_app.service(REGION))
        self._at = NOW
        self._people()
        self._match(ending)
        self._deliver()

    @property
    def sources(self) -> tuple[InMemory, ...]:
        return self.members, self.exchange, self.ledger, self.notifications

    def _settle(self) -> None:
        """Everyone follows everyone until nothing is left."""
        follows = ((self.members, self.exchange), (self.exchange, self.members), (self.exchange, self.ledger))
        follows += ((self.ledger, self.members), (self.ledger, self.exchange))
        follows += tuple((self.notifications, source) for source in self.sources[:3])
        while any(who.follow(source, self._at) for who, source in follows):
            self._at += timedelta(seconds=1)

    def _people(self) -> None:
        for n, member_id in enumerate((ASKER, HELPER, NEWCOMER)):
            register = RegisterMember(
                name=f"Mens {n}", street="Kade", house_number="1", pc4="3511", capacity_minutes_week=120
            )
            self.members.decide(register, id=member_id, by=COORDINATOR, at=self._at)
        for member_id in (ASKER, HELPER):
            approve = ApproveMember(member_id=member_id)
            self.members.decide(approve, id=uuid5(member_id, "approve"), by=COORDINATOR, at=self._at)
        self.members.decide(DeclineMember(member_id=NEWCOMER), id=UUID(int=1), by=COORDINATOR)
        change = ChangeCapacity(member_id=HELPER, capacity_minutes_week=180)
        self.members.decide(change, id=UUID(int=2), by=as_member(HELPER))
        self._settle()

    def _match(self, ending: str) -> None:
        offer, ask = PostOffer(member_id=HELPER, category="dog"), {"category": "dog", "minutes": 60}
        self.exchange.decide(offer, id=OFFER, by=as_member(HELPER), at=self._at)
        request = RequestHelp.model_validate({"member_id": ASKER, **ask})
        self.exchange.decide(request, id=REQUEST, by=as_member(ASKER), at=self._at)
        reserve = ReserveMatch(request_id=REQUEST, offer_id=OFFER, too_close=False)
        self.exchange.decide(reserve, id=MATCH, by=COORDINATOR, at=self._at)
        if ending == "withdrawn":
            withdraw = WithdrawRequest(request_id=REQUEST, member_id=ASKER)
            self.exchange.decide(withdraw, id=UUID(int=3), by=as_member(ASKER), at=self._at)
        if ending == "reserved":
            return
        self._settle()
        if ending == "cancelled":
            self.exchange.decide(CancelMatch(match_id=MATCH), id=UUID(int=4), by=COORDINATOR, at=self._at)
        if ending in ("agreed", "differ"):
            for member_id, minutes in ((HELPER, 60), (ASKER, 60 if ending == "agreed" else 45)):
                report = ReportMinutes(match_id=MATCH, member_id=member_id, minutes=minutes)
                self.exchange.decide(
                    report, id=uuid5(member_id, "report"), by=as_member(member_id), at=self._at
                )
        self._settle()
        gift = TransferCredit(from_account_id=HELPER, to_account_id=ASKER, minutes=5)
        self.ledger.decide(gift, id=UUID(int=5), by=as_member(HELPER), at=self._at)
        self._settle()

    def _deliver(self) -> None:
        queued = {event.entity_id for event, _ in self.notifications.log}
        for n, message_id in enumerate(sorted(queued)):
            outcome: Literal["sent", "handed_over", "failed"] = ("failed", "sent", "handed_over")[n % 3]
            channel = "letter" if outcome == "handed_over" else "email"
            record = RecordDelivery(message_id=message_id, outcome=outcome, channel=channel)
            self.notifications.decide(record, id=uuid5(message_id, "delivery"), at=self._at)


ALL = {ending: Neighbourhood(ending) for ending in ENDINGS}


def seen_in_turn(neighbourhood: Neighbourhood) -> InMemory:
    """A coordinator instance that follows one source to its end, then the next."""
    instance = InMemory(coordinator_app.service(REGION))
    for source in neighbourhood.sources:
        while instance.follow(source):
            pass
    return instance


@pytest.mark.parametrize("ending", ENDINGS)
@given(turns=st.lists(st.integers(0, 3), max_size=120))
@settings(max_examples=40)
def test_every_interleaving_gives_the_same_tables(ending: str, turns: list[int]) -> None:
    neighbourhood = ALL[ending]
    instance = InMemory(coordinator_app.service(REGION))
    for turn in turns:
        instance.follow(neighbourhood.sources[turn])
    while any(instance.follow(source) for source in neighbourhood.sources):
        pass
    assert instance.state.changed == seen_in_turn(neighbourhood).state.changed


def test_every_table_is_written_from_one_source_but_the_one_with_a_line_for_each_event() -> None:
    emitted = {
        kind.table: {EMITTED_BY[event.__name__] for event in kind.concerns}
        for kind in KINDS
        if not kind.trail
    }
    assert all(len(sources) == 1 for sources in emitted.values()), emitted
    assert [kind.table for kind in KINDS if kind.trail] == ["history"]


def rows(instance: InMemory, kind: Any) -> list[Any]:
    return [entity for (of, _), entity in instance.state.changed.items() if of is kind]


def test_what_was_seen_of_hours_that_were_booked() -> None:
    instance = seen_in_turn(ALL["agreed"])
    assert [match.status for match in rows(instance, MATCHES)] == ["completed"]
    assert [request.status for request in rows(instance, REQUESTS)] == ["done"]
    assert {b.account_id: (b.balance_minutes, b.held_minutes) for b in rows(instance, BALANCES)} == {
        ASKER: (-55, 0),
        HELPER: (55, 0),
    }
    assert {m.member_id: (m.status, m.capacity_minutes_week) for m in rows(instance, MEMBERS)} == {
        ASKER: ("approved", 120),
        HELPER: ("approved", 180),
        NEWCOMER: ("declined", 120),
    }
    assert {m.status for m in rows(instance, MESSAGES)} == {"sent", "failed", "handed_over"}


def test_minutes_that_differ_are_marked_until_they_agree() -> None:
    (match,) = rows(seen_in_turn(ALL["differ"]), MATCHES)
    assert (match.minutes_differ, match.helper_minutes, match.asker_minutes) == (True, 60, 45)
    (match,) = rows(seen_in_turn(ALL["agreed"]), MATCHES)
    assert not match.minutes_differ


def test_a_request_whose_match_was_called_off_is_open_again_and_the_match_says_it_once_stood() -> None:
    instance = seen_in_turn(ALL["cancelled"])
    (request,), (match,) = rows(instance, REQUESTS), rows(instance, MATCHES)
    assert (request.status, request.match_id) == ("open", None)
    assert (match.status, match.reason) == ("fell_through", "cancelled")
    assert match.confirmed_at is not None


def test_the_history_has_a_line_for_everything_that_happened_to_someone() -> None:
    lines = {
        line.code for line in rows(seen_in_turn(ALL["agreed"]), HISTORY) if line.match_id or line.request_id
    }
    assert lines == {
        "help-requested",
        "match-reserved",
        "match-confirmed",
        "minutes-reported",
        "minutes-agreed",
        "match-completed",
        "credit-transferred",
    }


def test_the_history_says_who_did_it_and_to_whom_it_happened() -> None:
    lines = [line for line in rows(seen_in_turn(ALL["agreed"]), HISTORY) if line.person_id == HELPER]
    told = {(line.code, line.actor, line.other_id) for line in lines}
    assert ("member-approved", "coordinator:coordinator-1", None) in told
    assert ("offer-posted", "member:key-1", None) in told
    assert ("match-reserved", "coordinator:coordinator-1", ASKER) in told
    assert ("match-confirmed", "service:exchange", ASKER) in told


def test_who_does_the_same_twice_is_told_of_twice() -> None:
    instance = seen_in_turn(ALL["agreed"])
    reported = [line for line in rows(instance, HISTORY) if line.code == "minutes-reported"]
    assert sorted(line.person_id for line in reported) == [ASKER, HELPER]
    approved = [line for line in rows(instance, HISTORY) if line.code == "member-approved"]
    assert len(approved) == 2
