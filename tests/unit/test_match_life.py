"""A match's life across services, in every interleaving: exchange, ledger, members, notifications.

The services run on their own deciders and hear of each other only through their follow
functions, each reading each source in order, and otherwise whenever hypothesis likes.
"""

from collections import Counter
from itertools import permutations
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

from contracts.catalogue import SERVICES
from contracts.envelope import Actor, Command, Event
from contracts.exchange import (
    CancelMatch,
    MatchCompleted,
    MatchConfirmed,
    MatchFellThrough,
    MatchUnbooked,
    MinutesDiffered,
    PeopleParted,
    PostOffer,
    ReportMinutes,
    RequestHelp,
    ReserveMatch,
    WithdrawOffer,
    WithdrawRequest,
)
from contracts.ledger import (
    SUSPENSE,
    AccountClosed,
    CreditTransferred,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    TransferCredit,
    TransferRefused,
)
from contracts.members import ApproveMember, ChangeCapacity, LeaveMembership, PauseHelping, RegisterMember
from contracts.notifications import MessageQueued
from contracts.participants import ParticipantLeft
from services.exchange.help_request import REQUEST
from services.exchange.match import MATCH, Match
from services.exchange.participant import PARTICIPANT
from services.kernel.errors import Rejected
from services.kernel.testing import COORDINATOR, NOW, InMemory
from services.ledger.account import ACCOUNT
from services.ledger.hold import HOLD
from services.members.contact import CONTACT
from tests.unit.always import BEYOND_THE_REGIONS_OWN, check, load, own
from tests.unit.neighbours import as_member, exchange, ledger, members, notifications
from tests.unit.walking import walk

SHARED = ("confirmed", "agreed", "unbooked")
CAPACITIES = st.sampled_from([0, 60, 2400])
LENGTHS = st.sampled_from([30, 60, 700])
REPORTED = st.sampled_from([30, 60, 1400])
SPECIFICATIONS = {"members": members, "exchange": exchange, "ledger": ledger, "notifications": notifications}
LINKS = [
    (follower, source)
    for follower, source in permutations(SPECIFICATIONS, 2)
    if source in SERVICES[follower].FOLLOWS
]


class MatchLife(RuleBasedStateMachine):
    """People come, offer, ask, are matched, change their minds, report; events arrive late."""

    people: Bundle[UUID] = Bundle("people")
    offers: Bundle[UUID] = Bundle("offers")
    requests: Bundle[UUID] = Bundle("requests")
    matches: Bundle[UUID] = Bundle("matches")

    def __init__(self) -> None:
        super().__init__()
        self.services = {name: InMemory(one.service) for name, one in SPECIFICATIONS.items()}
        self.exchange, self.ledger = self.services["exchange"], self.services["ledger"]
        self.ids = BEYOND_THE_REGIONS_OWN

    def attempt(self, service: str, command: Command, by: Actor = COORDINATOR) -> MultipleResults[UUID]:
        """The id of what the command begins, if it is accepted; a refusal leaves no trace."""
        self.ids += 1
        command_id = UUID(int=self.ids)
        events = len(self.services[service].log)
        try:
            self.services[service].decide(command, id=command_id, by=by)
        except Rejected:
            assert len(self.services[service].log) == events
            return multiple()
        return multiple(command_id)

    # ---- what people do

    @initialize(target=people)
    def three_neighbours(self) -> MultipleResults[UUID]:
        neighbours = [self.someone_new(2400) for _ in range(3)]
        self.everything_arrives()
        return multiple(*neighbours)

    @initialize(target=matches, minutes=LENGTHS)
    def two_who_help_each_other(self, minutes: int) -> MultipleResults[UUID]:
        one, other = self.someone_new(2400), self.someone_new(2400)
        self.everything_arrives()
        there = self.someone_is_helped_out_at_once(one, other, 60).values
        return multiple(*there, *self.someone_is_helped_out_at_once(other, one, minutes).values)

    @rule(target=people, capacity=CAPACITIES)
    def someone_new(self, capacity: int) -> UUID:
        self.ids += 1
        member_id = UUID(int=self.ids)
        registers = RegisterMember(
            name="Anna", street="Lindelaan", house_number="1", pc4="3512", capacity_minutes_week=capacity
        )
        self.services["members"].decide(registers, id=member_id, by=COORDINATOR)
        self.attempt("members", ApproveMember(member_id=member_id))
        return member_id

    @rule(person=people, capacity=CAPACITIES)
    def someone_changes_their_capacity(self, person: UUID, capacity: int) -> None:
        self.attempt("members", ChangeCapacity(member_id=person, capacity_minutes_week=capacity))

    @rule(person=people)
    def someone_pauses(self, person: UUID) -> None:
        self.attempt("members", PauseHelping(member_id=person))

    @rule(person=people)
    def someone_leaves(self, person: UUID) -> None:
        self.attempt("members", LeaveMembership(member_id=person))

    @rule(target=offers, person=people)
    def someone_offers(self, person: UUID) -> MultipleResults[UUID]:
        return self.attempt("exchange", PostOffer(member_id=person, category="gardening"))

    @rule(offer=offers, person=people)
    def someone_withdraws_an_offer(self, offer: UUID, person: UUID) -> None:
        self.attempt("exchange", WithdrawOffer(offer_id=offer, member_id=person))

    @rule(target=requests, person=people, minutes=LENGTHS)
    def someone_asks(self, person: UUID, minutes: int) -> MultipleResults[UUID]:
        return self.attempt(
            "exchange", RequestHelp(member_id=person, category="gardening", minutes=minutes, consent="phone")
        )

    @rule(request=requests)
    def the_asker_withdraws(self, request: UUID) -> None:
        asked = self.exchange.state.get(REQUEST, request)
        assert asked is not None
        self.attempt("exchange", WithdrawRequest(request_id=request, member_id=asked.member_id))

    @rule(target=matches, request=requests, offer=offers)
    def the_asker_withdraws_while_someone_is_chosen(
        self, request: UUID, offer: UUID
    ) -> MultipleResults[UUID]:
        chosen = self.a_coordinator_chooses(request, offer, too_close=False)
        self.the_asker_withdraws(request)
        return chosen

    @rule(target=matches, asker=people, helper=people, who=st.sampled_from(["asker", "helper"]))
    def one_of_them_leaves_while_the_ledger_is_asked(
        self, asker: UUID, helper: UUID, who: str
    ) -> MultipleResults[UUID]:
        offers, requests = self.someone_offers(helper), self.someone_asks(asker, 60)
        chosen: MultipleResults[UUID] = multiple()
        for offer, request in zip(offers.values, requests.values, strict=False):
            chosen = self.a_coordinator_chooses(request, offer, too_close=False)
        self.someone_leaves(asker if who == "asker" else helper)
        while self.exchange.follow(self.services["members"]):
            pass
        return chosen

    @rule(target=matches, request=requests, offer=offers)
    def the_ledger_does_not_answer_in_time(self, request: UUID, offer: UUID) -> MultipleResults[UUID]:
        reserved = self.a_coordinator_chooses(request, offer, too_close=False)
        self.a_reservation_lapses(ago=0)
        return reserved

    @rule(target=matches, request=requests, offer=offers, too_close=st.sampled_from([False, False, True]))
    def a_coordinator_chooses(self, request: UUID, offer: UUID, too_close: bool) -> MultipleResults[UUID]:
        reserved = self.attempt(
            "exchange", ReserveMatch(request_id=request, offer_id=offer, too_close=too_close)
        )
        for match_id in reserved.values:
            match = self.exchange.state.get(MATCH, match_id)
            assert match is not None
            helper = self.exchange.state.get(PARTICIPANT, match.helper_id)
            assert helper is not None
            assert load(self.exchange, helper, NOW) <= helper.capacity_minutes_week
            assert not too_close
            assert match.helper_id != match.asker_id
        return reserved

    @rule(target=matches, asker=people, helper=people, minutes=LENGTHS)
    def someone_is_helped_out_at_once(self, asker: UUID, helper: UUID, minutes: int) -> MultipleResults[UUID]:
        """Asked, offered, chosen and confirmed without a pause: the way to what comes after."""
        offers, requests = self.someone_offers(helper), self.someone_asks(asker, minutes)
        self.everything_arrives()
        for offer, request in zip(offers.values, requests.values, strict=False):
            chosen = self.a_coordinator_chooses(request, offer, too_close=False)
            self.everything_arrives()
            return chosen
        return multiple()

    @rule(match=matches, who=st.sampled_from(["helper", "asker", "coordinator"]))
    def a_match_is_called_off(self, match: UUID, who: str) -> None:
        found = self.exchange.state.get(MATCH, match)
        assert found is not None
        member_id = {"helper": found.helper_id, "asker": found.asker_id}.get(who)
        by = as_member(member_id) if member_id is not None else COORDINATOR
        done = self.attempt("exchange", CancelMatch(match_id=match, member_id=member_id), by).values
        # Once minutes were reported nobody ends it alone.
        assert not (done and found.told_as_given(NOW) and member_id is not None)

    @rule(match=matches, minutes=REPORTED, helper=st.booleans())
    def one_side_reports(self, match: UUID, minutes: int, helper: bool) -> None:
        found = self.exchange.state.get(MATCH, match)
        assert found is not None
        who = found.helper_id if helper else found.asker_id
        self.attempt("exchange", ReportMinutes(match_id=match, member_id=who, minutes=minutes))

    @rule(match=matches, minutes=REPORTED, beyond=st.sampled_from([0, 0, 5]))
    def both_report(self, match: UUID, minutes: int, beyond: int) -> None:
        self.one_side_reports(match, minutes, helper=True)
        self.one_side_reports(match, minutes + beyond, helper=False)

    @rule(giver=people, to=people, minutes=LENGTHS)
    def someone_gives_minutes(self, giver: UUID, to: UUID, minutes: int) -> None:
        self.attempt("ledger", TransferCredit(from_account_id=giver, to_account_id=to, minutes=minutes))

    # ---- what the machinery does

    @rule(link=st.sampled_from(LINKS))
    def one_event_arrives(self, link: tuple[str, str]) -> None:
        follower, source = link
        self.services[follower].follow(self.services[source])

    @rule(follower=st.sampled_from(["exchange", "ledger"]))
    def a_service_catches_up(self, follower: str) -> None:
        for _, source in (link for link in LINKS if link[0] == follower):
            while self.services[follower].follow(self.services[source]):
                pass

    @rule()
    def everything_arrives(self) -> None:
        while sum(self.services[one].follow(self.services[other]) for one, other in LINKS):
            pass

    @rule(ago=st.integers(0, 3))
    def a_reservation_lapses(self, ago: int) -> None:
        # Those that still wait for the ledger first: a timer of a settled match changes nothing.
        reserved = {m.match_id for m in self.exchange.all(MATCH) if m.status == "reserved"}
        timers = sorted(self.exchange.timers, key=lambda timer: timer.timer_id in reserved)
        if ago < len(timers):
            self.exchange.fire(timers[-1 - ago])

    # ---- what always holds

    @invariant()
    def what_always_holds(self) -> None:
        check(self.exchange)
        self.a_match_is_confirmed_only_after_its_hold()
        self.nobody_hears_of_a_match_that_was_not_confirmed()
        self.what_is_booked_is_what_both_reported()
        self.the_ledger_balances()
        self.no_two_streams_of_a_log_share_an_id_and_none_has_gaps()

    def a_match_is_confirmed_only_after_its_hold(self) -> None:
        held = {hold.hold_id for hold in self.ledger.happened(HoldPlaced)}
        assert {match.match_id for match in self.exchange.happened(MatchConfirmed)} <= held

    def nobody_hears_of_a_match_that_was_not_confirmed(self) -> None:
        told = self.services["notifications"].happened(MessageQueued)
        confirmed = {m.helper_id for m in self.exchange.happened(MatchConfirmed)}
        for message in told:
            if message.template in ("match-helper", "match-ended-helper"):
                assert message.member_id in confirmed

    def what_is_booked_is_what_both_reported(self) -> None:
        # What SUSPENSE keeps for a match whose asker's account was settled is not booked yet.
        booked = [
            one
            for one in self.ledger.happened(CreditTransferred)
            if one.match_id is not None and one.kind != "settlement"
        ]
        assert len({one.match_id for one in booked}) == len(booked)
        for transfer in booked:
            assert transfer.match_id is not None
            match = self.exchange.state.get(MATCH, transfer.match_id)
            assert match is not None
            if None in (match.helper_minutes, match.asker_minutes):
                self.who_did_not_report_is_gone(match)
                assert transfer.minutes == min(
                    match.minutes, match.helper_minutes or match.asker_minutes or 0
                )
            else:
                assert match.helper_minutes == match.asker_minutes == transfer.minutes
            # SUSPENSE stands in for the account of who is gone.
            for account_id, who in (
                (transfer.from_account_id, match.asker_id),
                (transfer.to_account_id, match.helper_id),
            ):
                assert account_id in (who, SUSPENSE)

    def who_did_not_report_is_gone(self, match: Match) -> None:
        silent = match.helper_id if match.helper_minutes is None else match.asker_id
        participant = self.exchange.state.get(PARTICIPANT, silent)
        assert participant is not None
        assert participant.gone

    def the_ledger_balances(self) -> None:
        accounts = self.ledger.all(ACCOUNT)
        assert sum(account.balance_minutes for account in accounts) == 0
        assert all(account.available_minutes >= account.floor_minutes for account in accounts)

    def no_two_streams_of_a_log_share_an_id_and_none_has_gaps(self) -> None:
        for service in self.services.values():
            streams: dict[UUID, list[tuple[str, int]]] = {}
            for entity, entity_id, version in service.versions:
                streams.setdefault(entity_id, []).append((entity, version))
            for versions in streams.values():
                assert versions == [(versions[0][0], n + 1) for n in range(len(versions))]

    def teardown(self) -> None:
        """When everything has arrived, the services agree; when all have left, nothing is left to do."""
        self.everything_arrives()
        self.what_always_holds()
        self.the_services_agree()
        self.everyone_leaves()
        for service in self.services.values():
            # What is folded from another's log stands in that one.
            mine = own(service)
            assert {key: entity for key, entity in service.replayed().items() if key in mine} == mine
            seen.update(type(event) for event, _ in service.log)
        reasons.update(event.reason for event in self.exchange.happened(MatchFellThrough))

    def everyone_leaves(self) -> None:
        for participant in self.exchange.all(PARTICIPANT):
            self.attempt("members", LeaveMembership(member_id=participant.participant_id))
        self.everything_arrives()
        self.what_always_holds()
        self.the_services_agree()
        assert all(participant.gone for participant in self.exchange.all(PARTICIPANT))
        assert not [one for one in self.services["members"].all(CONTACT) if one.is_open]
        people = {participant.participant_id for participant in self.exchange.all(PARTICIPANT)}
        for account in self.ledger.all(ACCOUNT):
            assert account.account_id not in people or account.closed
            assert account.held_minutes == 0
            assert not account.closed or account.balance_minutes == 0

    def the_services_agree(self) -> None:
        matches = {match.match_id: match for match in self.exchange.all(MATCH)}
        assert not [match for match in matches.values() if match.status in ("reserved", "agreed")]
        shared = [match for match in matches.values() if match.status in SHARED]
        held = {hold.hold_id for hold in self.ledger.all(HOLD) if hold.status == "held"}
        # What was held of who left is released when their account is settled.
        closed = {account.account_id for account in self.ledger.all(ACCOUNT) if account.closed}
        assert held == {match.match_id for match in shared if match.asker_id not in closed}
        contacts = {c.contact_id for c in self.services["members"].all(CONTACT) if c.is_open}
        assert contacts == {match.match_id for match in shared if not match.parted}
        refused = {one.match_id for one in self.ledger.happened(TransferRefused)}
        assert refused >= {m.match_id for m in matches.values() if m.status == "unbooked"}
        # They may have agreed on other minutes since, or have called it off.
        assert {matches[one].status for one in refused} <= {"unbooked", "completed", "fell_through"}


seen: Counter[type[Event]] = Counter()
reasons: Counter[str] = Counter()


def test_a_match_keeps_its_promises_in_every_interleaving() -> None:
    seen.clear()
    reasons.clear()
    events = {
        *(MatchCompleted, MatchUnbooked, MinutesDiffered, PeopleParted, ParticipantLeft),
        *(HoldRefused, HoldReleased, TransferRefused, AccountClosed, MessageQueued),
    }
    why = {"below_floor", "cancelled", "left"}
    walk(MatchLife, lambda: (events - set(seen)) | (why - set(reasons)), examples=100, steps=50)
