"""What always holds in exchange, reckoned anew from its matches; and a street where anything may happen."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.catalogue import SERVICES
from contracts.envelope import Actor, Command, Event
from contracts.exchange import (
    CancelMatch,
    MatchCompleted,
    MatchFellThrough,
    PostOffer,
    ReportMinutes,
    ReserveMatch,
    WithdrawRequest,
)
from contracts.ledger import HelpRecorded, HoldPlaced, HoldRefused, TransferRefused
from contracts.members import (
    CapacityChanged,
    MemberApproved,
    MemberLeft,
    MemberPaused,
    MemberRegistered,
    MemberResumed,
)
from contracts.visits import MoveVisit
from services.exchange.help_request import REQUEST, HelpRequest
from services.exchange.match import MATCH, Match
from services.exchange.offer import OFFER, Offer
from services.exchange.participant import PARTICIPANT, Participant
from services.exchange.series import SERIES
from services.exchange.week import ANY_WEEK, RESPITE, WEEK, week_of
from services.kernel.entity import Key, Origin
from services.kernel.errors import Rejected
from services.kernel.service import Service
from services.kernel.testing import COORDINATOR, NOW, InMemory
from tests.unit.neighbours import as_member, exchange

RUNNING = ("reserved", "confirmed", "agreed", "unbooked")
CAPACITIES = st.sampled_from([240, 0, 120, 300])
LENGTHS = st.sampled_from([60, 30, 90, 150])
BEYOND_THE_REGIONS_OWN = 0x10000
"""Ids below this are those of the region: its first initiative, its pool."""

ANY = st.integers(0, 1_000)
"""One of those there are, whatever their number."""


# What always holds


def running(service: InMemory) -> Iterator[Match]:
    return (match for match in service.all(MATCH) if match.status in RUNNING)


def load(service: InMemory, helper: Participant, at: datetime) -> int:
    """What is in a helper's week, from their matches alone: planned, done and undated help, and own care."""
    week, theirs, relieved = week_of(at), 0, 0
    for match in service.all(MATCH):
        dated = match.wanted_at is not None and week_of(match.wanted_at) == week
        minutes = match.minutes if match.status in RUNNING else 0
        if match.status == "completed" and dated:
            minutes = match.agreed_minutes or 0
        if match.helper_id == helper.participant_id and (dated or match.wanted_at is None):
            theirs += minutes
        relieves = match.category == RESPITE and (dated or match.wanted_at is None)
        if match.asker_id == helper.participant_id and relieves:
            relieved += minutes
    return theirs + max(0, helper.carer_minutes_week - relieved)


def check(service: InMemory) -> None:
    """Everything that holds in exchange after every command. Fails where something does not."""
    rows_of_helpers_are_their_running_matches(service)
    rows_of_askers_are_their_requests(service)
    weeks_are_the_sums_of_their_matches(service)
    a_request_has_one_running_match_at_most_and_knows_it(service)
    a_match_ends_once(service)
    a_series_is_of_its_two_people(service)
    who_left_has_nothing_before_them(service)
    no_stream_has_gaps(service)


def rows_of_helpers_are_their_running_matches(service: InMemory) -> None:
    theirs: dict[UUID, list[Match]] = {}
    for match in running(service):
        theirs.setdefault(match.helper_id, []).append(match)
    for row in service.all(PARTICIPANT):
        matches = theirs.get(row.participant_id, [])
        assert Counter(row.running) == Counter(match.match_id for match in matches)
        assert Counter(row.places) == Counter(match.series_id or match.match_id for match in matches)
        assert row.undated_minutes == sum(match.minutes for match in matches if match.wanted_at is None)


def rows_of_askers_are_their_requests(service: InMemory) -> None:
    for row in service.all(PARTICIPANT):
        theirs = [one for one in service.all(REQUEST) if one.member_id == row.participant_id]
        assert set(row.asks) == {one.request_id for one in theirs if one.status not in ("done", "withdrawn")}
        assert set(row.drafts) == {one.request_id for one in theirs if one.status == "draft"}


def weeks_are_the_sums_of_their_matches(service: InMemory) -> None:
    planned, done, relieved = Counter[Any](), Counter[Any](), Counter[Any]()
    for match in service.all(MATCH):
        minutes = match.minutes if match.status in RUNNING else 0
        if match.wanted_at is None:
            # Whose care it takes over has more room in every week, until it is done.
            relieved[match.asker_id, ANY_WEEK] += minutes if match.category == RESPITE else 0
            continue
        week = week_of(match.wanted_at)
        planned[match.helper_id, week] += minutes
        if match.status == "completed":
            minutes = match.agreed_minutes or 0
            done[match.helper_id, week] += minutes
        if match.category == RESPITE:
            relieved[match.asker_id, week] += minutes
    rows = {(row.member_id, row.week): row for row in service.all(WEEK)}
    assert rows.keys() >= planned.keys()
    for key, row in rows.items():
        found = (row.planned_minutes, row.done_minutes, row.relieved_minutes)
        assert found == (planned[key], done[key], relieved[key])


def a_request_has_one_running_match_at_most_and_knows_it(service: InMemory) -> None:
    running_of = Counter(match.request_id for match in running(service))
    assert max(running_of.values(), default=0) <= 1
    for request in service.all(REQUEST):
        if request.status in ("matching", "matched"):
            assert running_of[request.request_id] == 1
        elif request.status in ("open", "done", "draft"):
            assert running_of[request.request_id] == 0


def a_match_ends_once(service: InMemory) -> None:
    ends = (e.entity_id for e, _ in service.log if isinstance(e, MatchFellThrough | MatchCompleted))
    assert max(Counter(ends).values(), default=0) <= 1


def a_series_is_of_its_two_people(service: InMemory) -> None:
    still = [series for series in service.all(SERIES) if series.status == "running"]
    for row in service.all(PARTICIPANT):
        assert set(row.series) == {one.series_id for one in still if one.helper_id == row.participant_id}
        assert set(row.receives) == {one.series_id for one in still if one.asker_id == row.participant_id}


def who_left_has_nothing_before_them(service: InMemory) -> None:
    """Only help that was given, of which the other may still say how long it took, or a coordinator."""
    gone = {row.participant_id for row in service.all(PARTICIPANT) if row.gone}
    withdrawn = {one.request_id for one in service.all(REQUEST) if one.status == "withdrawn"}
    for match in service.all(MATCH):
        if match.status == "reserved" and match.asker_id in gone:
            # They had withdrawn what they asked before: it falls through when the ledger answers.
            assert match.request_id in withdrawn
        elif match.status in ("reserved", "confirmed") and gone & set(match.people):
            assert match.parted
            assert match.stands(service.log[-1][1])
            said = {match.helper_id: match.helper_minutes, match.asker_id: match.asker_minutes}
            assert match.differs or any(said[who] is None for who in set(match.people) - gone)
    for request in service.all(REQUEST):
        if request.member_id in gone:
            assert request.status not in ("draft", "open", "matching")
    for series in service.all(SERIES):
        assert series.status == "ended" or series.asker_id not in gone


def no_stream_has_gaps(service: InMemory) -> None:
    streams: dict[tuple[str, UUID], list[int]] = {}
    for entity, entity_id, version in service.versions:
        streams.setdefault((entity, entity_id), []).append(version)
    for versions in streams.values():
        assert versions == list(range(1, len(versions) + 1))


def own(service: InMemory) -> dict[Key, Any]:
    """What stands in the service's own log, and is not folded from another's."""
    events = set(SERVICES[service.service.name].EVENTS)
    return {key: entity for key, entity in service.state.changed.items() if set(key[0].concerns) <= events}


def the_log_gives_the_same_state(service: InMemory) -> None:
    assert service.replayed() == own(service)


# A street


class Street(RuleBasedStateMachine):
    """Three neighbours who help each other; members and ledger say what the test lets them say."""

    def __init__(self) -> None:
        super().__init__()
        self.exchange = InMemory(exchange.service)
        self.members = InMemory(Service(name="members", sql=Path()))
        self.ledger = InMemory(Service(name="ledger", sql=Path()))
        self.now = NOW
        self.ids = BEYOND_THE_REGIONS_OWN
        self.people: list[UUID] = []

    def new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def attempt(self, command: Command, by: Actor = COORDINATOR) -> UUID | None:
        """The id of what the command begins, if it is accepted; a refusal (`no`) leaves no trace."""
        command_id = self.new_id()
        events = len(self.exchange.log)
        try:
            self.exchange.decide(command, id=command_id, by=by, at=self.now)
        except Rejected as no:
            self.no = no.refusal
            assert len(self.exchange.log) == events
            return None
        return command_id

    def say(self, source: InMemory, event: Event) -> None:
        source.log.append((event, self.now))
        source.origins.append(Origin(f"{self.new_id()}.0", f"service:{source.service.name}"))
        assert self.exchange.follow(source, at=self.now)

    def match(self, which: int, *statuses: str) -> Match | None:
        """One of the matches in these statuses, the newest first."""
        found = [one for one in self.exchange.all(MATCH) if one.status in statuses][::-1]
        return found[which % len(found)] if found else None

    def offers_for(self, wanted: HelpRequest) -> list[Offer]:
        return [
            one
            for one in self.exchange.all(OFFER)
            if one.category == wanted.category and one.member_id != wanted.member_id
        ]

    def open_request(self, which: int) -> HelpRequest | None:
        found = [one for one in self.exchange.all(REQUEST) if one.status == "open"]
        return found[which % len(found)] if found else None

    # ---- what people do

    @initialize()
    def neighbours_come_and_offer(self) -> None:
        for _ in range(3):
            member_id = self.new_id()
            who: dict[str, Any] = {"member_id": member_id, "number": self.ids, "pc4": "3512"}
            self.say(self.members, MemberRegistered(**who, capacity_minutes_week=240))
            self.say(self.members, MemberApproved(**who, capacity_minutes_week=240))
            self.attempt(PostOffer(member_id=member_id, category="gardening"))
            self.people.append(member_id)
        self.begin()

    def begin(self) -> None:
        """What there is from the start, so that every walk is about something."""

    @rule(who=ANY, what=st.sampled_from(["capacity", "pause", "back", "leave"]), data=st.data())
    def someone_changes_what_they_can_do(self, who: int, what: str, data: st.DataObject) -> None:
        member_id = self.people[who % 3]
        match what:
            case "capacity":
                capacity, care = data.draw(CAPACITIES), data.draw(st.sampled_from([0, 0, 60, 180]))
                changed = CapacityChanged(
                    member_id=member_id, capacity_minutes_week=capacity, carer_minutes_week=care
                )
                self.say(self.members, changed)
            case "pause":
                days = data.draw(st.sampled_from([2, 10, None]))
                until = None if days is None else self.now + timedelta(days=days)
                self.say(self.members, MemberPaused(member_id=member_id, until=until))
            case "leave" if data.draw(st.sampled_from([True, False, False])):
                self.say(self.members, MemberLeft(member_id=member_id, settle="pool"))
            case _:
                self.say(self.members, MemberResumed(member_id=member_id))

    @rule(request=ANY)
    def the_asker_withdraws(self, request: int) -> None:
        found = self.open_request(request)
        if found is not None:
            self.attempt(WithdrawRequest(request_id=found.request_id, member_id=found.member_id))

    @rule(
        request=ANY, offer=ANY, answer=st.sampled_from([True, True, True, False, None]), stays=st.booleans()
    )
    def a_coordinator_chooses(self, request: int, offer: int, answer: bool | None, stays: bool) -> None:
        """And the ledger answers; or not in time (None)."""
        wanted = self.open_request(request)
        if wanted is not None:
            self.a_coordinator_chooses_for(wanted, offer, answer=answer, stays=stays)

    def a_coordinator_chooses_for(
        self, wanted: HelpRequest, offer: int, *, answer: bool | None, stays: bool
    ) -> None:
        offers = self.offers_for(wanted)
        if not offers:
            return
        chosen = ReserveMatch(
            request_id=wanted.request_id,
            offer_id=offers[offer % len(offers)].offer_id,
            too_close=False,
            from_now_on=stays,
        )
        match_id = self.attempt(chosen)
        if match_id is None:
            return
        self.what_was_reserved_fits(match_id)
        if answer is True:
            self.say(self.ledger, HoldPlaced(hold_id=match_id, account_id=wanted.member_id, minutes=60))
            self.the_ledger_holds_what_a_series_planned()
        elif answer is False:
            refused = HoldRefused(
                hold_id=match_id, account_id=wanted.member_id, minutes=60, reason="below_floor"
            )
            self.say(self.ledger, refused)

    def what_was_reserved_fits(self, match_id: UUID) -> None:
        match = self.exchange.state.get(MATCH, match_id)
        assert match is not None
        helper = self.exchange.state.get(PARTICIPANT, match.helper_id)
        assert helper is not None
        # Without a date it counts in every week: in those that are planned, and in one that is empty.
        later = [
            one.wanted_at for one in running(self.exchange) if one.wanted_at and one.wanted_at > self.now
        ]
        weeks = [match.wanted_at] if match.wanted_at else [self.now, self.now + timedelta(days=9999), *later]
        for week in weeks:
            assert load(self.exchange, helper, week) <= helper.capacity_minutes_week
        assert match.helper_id != match.asker_id
        assert not helper.gone

    @rule(which=ANY, who=st.sampled_from(["helper", "asker", "coordinator"]))
    def one_of_them_calls_it_off(self, which: int, who: str) -> None:
        """Which is nobody's to do alone once the help was given."""
        match = self.match(which, "confirmed", "unbooked")
        if match is None:
            return
        member_id = {"helper": match.helper_id, "asker": match.asker_id}.get(who)
        by = as_member(member_id) if member_id is not None else COORDINATOR
        done = self.attempt(CancelMatch(match_id=match.match_id, member_id=member_id), by)
        if match.has_been(self.now):
            # The coordinator of this street chose every helper, and so decides nothing that differs.
            assert (done is not None) == (who == "coordinator" and not match.differs)

    @rule(
        which=ANY, minutes=LENGTHS, sides=st.sampled_from(["both", "helper", "asker"]), booked=st.booleans()
    )
    def they_say_how_long_it_took(
        self, which: int, minutes: int, sides: Literal["both", "helper", "asker"], booked: bool
    ) -> None:
        match = self.match(which, "confirmed", "unbooked")
        if match is None:
            return
        for side, who in (("helper", match.helper_id), ("asker", match.asker_id)):
            if sides in ("both", side):
                self.attempt(ReportMinutes(match_id=match.match_id, member_id=who, minutes=minutes))
        now = self.exchange.state.get(MATCH, match.match_id)
        if now is not None and now.status == "agreed":
            self.the_ledger_books(now, booked)

    def the_ledger_books(self, match: Match, booked: bool) -> None:
        about: dict[str, Any] = {"transfer_id": match.match_id, "match_id": match.match_id, "minutes": 60}
        if booked:
            people = {"helper_id": match.helper_id, "asker_id": match.asker_id}
            self.say(self.ledger, HelpRecorded(**about, **people))
        else:
            accounts = {"from_account_id": match.asker_id, "to_account_id": match.helper_id}
            self.say(self.ledger, TransferRefused(**about, **accounts, reason="below_floor"))

    @rule(which=ANY, days=st.sampled_from([1, 2, 7, 15]))
    def a_visit_moves(self, which: int, days: int) -> None:
        match = self.match(which, "confirmed")
        if match is None:
            return
        to = self.now + timedelta(days=days)
        if self.attempt(MoveVisit(match_id=match.match_id, wanted_at=to)) is not None:
            helper = self.exchange.state.get(PARTICIPANT, match.helper_id)
            assert helper is not None
            same_week = match.wanted_at is not None and week_of(match.wanted_at) == week_of(to)
            assert same_week or load(self.exchange, helper, to) <= helper.capacity_minutes_week

    @rule(days=st.sampled_from([1, 7, 0]))
    def time_passes(self, days: int) -> None:
        """And what is due happens, in order."""
        until = self.now + timedelta(days=days, hours=1)
        while due := [timer for timer in self.exchange.timers if timer.due_at <= until]:
            self.now = max(self.now, min(timer.due_at for timer in due))
            self.exchange.fire(min(due, key=lambda timer: timer.due_at))
            self.the_ledger_holds_what_a_series_planned()
        self.now = until

    def the_ledger_holds_what_a_series_planned(self) -> None:
        for match in [one for one in running(self.exchange) if one.status == "reserved"]:
            # The match of a visit that a series planned has an id that is made from others.
            if match.match_id.version == 5:
                self.say(
                    self.ledger, HoldPlaced(hold_id=match.match_id, account_id=match.asker_id, minutes=30)
                )

    @invariant()
    def what_always_holds(self) -> None:
        check(self.exchange)

    def teardown(self) -> None:
        """In the end they all leave: then nothing is left to do, and the log tells the same."""
        for member_id in self.people:
            self.say(self.members, MemberLeft(member_id=member_id, settle="pool"))
            check(self.exchange)
        the_log_gives_the_same_state(self.exchange)
