"""What always holds between two ledgers, whatever the post between them does."""

from collections import Counter
from contextlib import suppress
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts import clearing, crossings
from contracts.clearing import (
    AnswerCap,
    EndClearing,
    ProposeCap,
    Reckon,
    ResumeClearing,
    clearing_account,
    clearing_id,
)
from contracts.crossings import (
    AnswerSettlement,
    AskAboutTransfer,
    EndTransfer,
    GiveAcross,
    HoldForLoan,
    NoteUndelivered,
    OfferForLoan,
    ProposeSettlement,
    SeeToTransfers,
    TakeClearingLetter,
    TransferReceived,
    TransferStranded,
    TransferTakenBack,
)
from contracts.envelope import Command, Event
from contracts.ledger import (
    SUSPENSE,
    ChangeLimits,
    HoldReleased,
    OpenAccount,
    ReleaseHold,
    SettleAccount,
    TransferCredit,
)
from contracts.letters import (
    CapAnswer,
    CapProposal,
    Letter,
    Reckoning,
    ReckoningAnswer,
    TransferAcceptance,
    TransferOffer,
    TransferPosting,
    TransferQuestion,
    TransferVoid,
)
from services.kernel.errors import Rejected
from services.kernel.testing import NOW, InMemory
from services.ledger.account import ACCOUNT, Account
from services.ledger.clearing import CLEARING, Clearing
from services.ledger.crossing import CROSSING, Crossing
from services.ledger.hold import HOLD
from tests.unit.neighbours import ledger
from tests.unit.peers import HERE, PEER_OF, THERE, Post, Sent
from tests.unit.walking import walk

REGIONS = st.sampled_from([HERE, THERE])
WHO = st.integers(0, 2)
MINUTES = st.sampled_from([60, 30, 120, 1, 600, 601])
CAPS = st.sampled_from([1_200, 120, 0, 60, 600])
ANY = st.integers(0, 1_000)
SELDOM = st.sampled_from([False, False, False, True])
"""For what brings everything to an end: now and then is enough."""
SURE = (CapProposal, CapAnswer, Reckoning, ReckoningAnswer)
"""Letters that are not lost here: people see that they wait, and nothing is asked by itself."""


class TwoLedgers(RuleBasedStateMachine):
    """Gifts and loans both ways, people who leave, caps and settlements; and a post that plays tricks."""

    def __init__(self) -> None:
        super().__init__()
        self.ledgers = {region: InMemory(ledger.service) for region in PEER_OF}
        self.post = Post({region: [one] for region, one in self.ledgers.items()})
        self.people: dict[str, list[UUID]] = {HERE: [], THERE: []}
        self.loans: dict[str, list[tuple[UUID, UUID]]] = {HERE: [], THERE: []}
        self.offered: list[tuple[UUID, str, UUID]] = []
        self.ids = 0x10000

    def new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    def decide(self, region: str, command: Command, *, id: UUID | None = None) -> list[Event]:
        events = self.ledgers[region].decide(command, id=id or self.new_id())
        self.post.collect()
        return events

    def attempt(self, region: str, command: Command) -> list[Event]:
        with suppress(Rejected):
            return self.decide(region, command)
        return []

    def cleared(self, region: str) -> Clearing | None:
        return self.ledgers[region].state.get(CLEARING, clearing_id(PEER_OF[region]))

    def crossings(self, region: str) -> list[Crossing]:
        return self.ledgers[region].all(CROSSING)

    # ---- people

    @initialize(cap=CAPS)
    def begin(self, cap: int) -> None:
        for region in PEER_OF:
            for _ in range(3):
                self.open_an_account(region)
        self.propose_a_cap(HERE, cap)
        self.all_arrives()
        self.answer_a_cap(THERE, True)
        self.all_arrives()

    @rule(region=REGIONS)
    def open_an_account(self, region: str) -> None:
        account_id = self.new_id()
        self.decide(region, OpenAccount(account_id=account_id, floor_minutes=-600))
        self.people[region].append(account_id)

    def someone(self, region: str, who: int) -> UUID:
        return self.people[region][who % len(self.people[region])]

    @rule(region=REGIONS, who=WHO)
    def someone_leaves(self, region: str, who: int) -> None:
        self.decide(region, SettleAccount(account_id=self.someone(region, who), settle="pool"))

    @rule(region=REGIONS, who=WHO, ceiling=st.sampled_from([None, 0, 60]))
    def someone_gets_a_ceiling(self, region: str, who: int, ceiling: int | None) -> None:
        account_id = self.someone(region, who)
        self.attempt(region, ChangeLimits(account_id=account_id, floor_minutes=-600, ceiling_minutes=ceiling))

    @rule(region=REGIONS, who=WHO, to=WHO, minutes=MINUTES)
    def give_at_home(self, region: str, who: int, to: int, minutes: int) -> None:
        giver, taker = self.someone(region, who), self.someone(region, to)
        self.attempt(region, TransferCredit(from_account_id=giver, to_account_id=taker, minutes=minutes))

    # ---- hours to and fro

    @rule(region=REGIONS, who=WHO, to=WHO, minutes=MINUTES)
    def give_across(self, region: str, who: int, to: int, minutes: int) -> None:
        giver, taker = self.someone(region, who), self.someone(PEER_OF[region], to)
        self.attempt(
            region,
            GiveAcross(from_account_id=giver, peer=PEER_OF[region], to_account_id=taker, minutes=minutes),
        )

    @rule(who=WHO, to=WHO, minutes=MINUTES)
    def give_across_at_the_same_instant(self, who: int, to: int, minutes: int) -> None:
        for region in PEER_OF:
            self.give_across(region, who, to, minutes)

    @rule(region=REGIONS, who=WHO, minutes=MINUTES)
    def hold_for_a_loan(self, region: str, who: int, minutes: int) -> None:
        loan_id, asker = self.new_id(), self.someone(region, who)
        self.decide(
            region,
            HoldForLoan(
                hold_id=loan_id,
                account_id=asker,
                peer=PEER_OF[region],
                minutes=minutes,
                floor_minutes=-600,
            ),
        )
        self.loans[region].append((loan_id, asker))

    @rule(region=REGIONS, which=ANY, to=WHO, minutes=MINUTES, attempt=st.integers(1, 2))
    def agree_on_the_minutes(self, region: str, which: int, to: int, minutes: int, attempt: int) -> None:
        if not self.loans[region]:
            return
        loan_id, asker = self.loans[region][which % len(self.loans[region])]
        command = OfferForLoan(
            loan_id=loan_id,
            attempt=attempt,
            account_id=asker,
            peer=PEER_OF[region],
            payee_id=self.someone(PEER_OF[region], to),
            minutes=minutes,
        )
        self.decide(region, command)
        assert self.decide(region, command) == []

    @rule(region=REGIONS, which=ANY)
    def call_a_loan_off(self, region: str, which: int) -> None:
        if self.loans[region]:
            loan_id, _ = self.loans[region][which % len(self.loans[region])]
            self.decide(region, ReleaseHold(hold_id=loan_id))
            assert self.decide(region, ReleaseHold(hold_id=loan_id)) == []

    # ---- caps, settlements, reckonings

    @rule(region=REGIONS, cap=CAPS)
    def propose_a_cap(self, region: str, cap: int) -> None:
        self.attempt(region, ProposeCap(peer=PEER_OF[region], minutes=cap))

    @rule(cap=CAPS, other=CAPS)
    def propose_caps_at_the_same_instant(self, cap: int, other: int) -> None:
        self.propose_a_cap(HERE, cap)
        self.propose_a_cap(THERE, other)

    @rule(region=REGIONS, agree=st.booleans())
    def answer_a_cap(self, region: str, agree: bool) -> None:
        found = self.cleared(region)
        if found is not None and found.proposal_id is not None:
            self.attempt(region, AnswerCap(peer=PEER_OF[region], proposal_id=found.proposal_id, agree=agree))

    @rule(region=REGIONS, minutes=MINUTES)
    def propose_to_settle(self, region: str, minutes: int) -> None:
        self.attempt(region, ProposeSettlement(peer=PEER_OF[region], minutes=minutes))

    @rule(region=REGIONS, part=st.sampled_from([1, 2]))
    def propose_to_settle_what_is_owed(self, region: str, part: int) -> None:
        owed = -self.position(region) // part
        if owed > 0:
            self.propose_to_settle(region, owed)

    @rule(region=REGIONS, who=WHO, to=WHO, minutes=st.sampled_from([60, 30]), agree=st.booleans())
    def settle_what_was_given(self, region: str, who: int, to: int, minutes: int, agree: bool) -> None:
        self.give_across(region, who, to, minutes)
        self.all_arrives()
        self.all_arrives()
        self.propose_to_settle_what_is_owed(PEER_OF[region], 1)
        self.all_arrives()
        self.answer_settlements(region, agree)

    @rule(region=REGIONS, who=WHO, to=WHO)
    def help_took_longer_than_was_held(self, region: str, who: int, to: int) -> None:
        self.hold_for_a_loan(region, who, 60)
        self.agree_on_the_minutes(region, -1, to, 1_200, 1)

    @rule(region=REGIONS, who=WHO, to=WHO)
    def help_took_as_long_as_was_held(self, region: str, who: int, to: int) -> None:
        self.hold_for_a_loan(region, who, 30)
        self.agree_on_the_minutes(region, -1, to, 30, 1)

    @rule(region=REGIONS, to=WHO)
    def someone_leaves_while_their_hours_are_under_way(self, region: str, to: int) -> None:
        self.open_an_account(region)
        self.give_across(region, -1, to, 30)
        self.someone_leaves(region, -1)

    @rule(region=REGIONS, agree=st.sampled_from([True, True, False]))
    def answer_settlements(self, region: str, agree: bool) -> None:
        for crossing in self.crossings(region):
            if crossing.status == "asked":
                self.attempt(region, AnswerSettlement(crossing_id=crossing.crossing_id, agree=agree))

    # ---- the post

    @rule(which=ANY, again=st.booleans())
    def a_letter_arrives(self, which: int, again: bool) -> None:
        threads = self.post.threads()
        if threads:
            sent = self.post.take(*threads[which % len(threads)])
            self.read(sent)
            if again:
                self.read(sent, time=1)

    @rule(which=ANY)
    def a_letter_is_lost(self, which: int) -> None:
        threads = [
            (region, thread)
            for region, thread in self.post.threads()
            if not self.is_sure(self.post.ways[region][thread][0])
        ]
        if threads:
            self.post.take(*threads[which % len(threads)])
            reached["lost"] += 1

    def is_sure(self, sent: Sent) -> bool:
        """Of what is posted here nobody asks again whether they forgot it: that they say, and it arrives."""
        there = {c.transfer_id for c in self.crossings(PEER_OF[sent.sender]) if c.status == "posted"}
        void = isinstance(sent.letter, TransferVoid) and sent.letter.transfer_id in there
        return void or isinstance(sent.letter, SURE)

    @rule(region=REGIONS, to=WHO, minutes=MINUTES)
    def a_region_forgot_what_it_posted(self, region: str, to: int, minutes: int) -> None:
        """It was put back: its posting had arrived, and the answer to its offer comes once more."""
        transfer_id, payee_id = self.new_id(), self.someone(PEER_OF[region], to)
        posting = TransferPosting(transfer_id=transfer_id, payee_id=payee_id, minutes=minutes, kind="gift")
        self.read(Sent(region, self.new_id().int, posting))
        answer = TransferAcceptance(transfer_id=transfer_id)
        self.read(Sent(PEER_OF[region], self.new_id().int, answer))

    @rule(region=REGIONS, to=WHO, minutes=MINUTES, offer=st.booleans())
    def a_region_forgot_what_it_wrote(self, region: str, to: int, minutes: int, offer: bool) -> None:
        transfer_id, payee_id = self.new_id(), self.someone(PEER_OF[region], to)
        letter: Letter = TransferOffer(
            transfer_id=transfer_id, payee_id=payee_id, minutes=minutes, kind="gift"
        )
        if not offer:
            letter = TransferQuestion(transfer_id=transfer_id, asks="payee")
        self.read(Sent(region, self.ids, letter))

    @rule(region=REGIONS, who=WHO, to=WHO, which=ANY, minutes=MINUTES)
    def a_region_posts_something_else(self, region: str, who: int, to: int, which: int, minutes: int) -> None:
        """Its program is broken: of a transfer that the other accepted it says other minutes."""
        self.give_across(region, who, to, 30)
        self.all_arrives()
        accepted = [c for c in self.crossings(PEER_OF[region]) if c.status == "accepted" and not c.stranded]
        if not accepted:
            return
        crossing = accepted[which % len(accepted)]
        if crossing.minutes != minutes:
            posting = crossing.posting.model_copy(update={"minutes": minutes})
            self.read(Sent(region, self.new_id().int, posting))

    # ---- leaving, and coming back

    @rule(says=st.booleans(), who=WHO, to=WHO, seldom=SELDOM, arrived=st.integers(0, 2))
    def they_part_and_meet_again(self, says: bool, who: int, to: int, seldom: bool, arrived: int) -> None:
        """All that is under way comes back to who wrote it; a person may have called in the meantime."""
        if not seldom:
            return
        self.give_across(HERE, who, to, 30)
        self.give_across(THERE, to, who, 30)
        for _ in range(arrived):
            self.all_arrives()
        for region in PEER_OF:
            self.decide(region, EndClearing(peer=PEER_OF[region]))
        for sent in self.post.take_all():
            name = type(sent.letter).__name__
            if isinstance(sent.letter, TransferVoid) and self.is_sure(sent):
                self.read(sent)
            if name in ("TransferOffer", "TransferPosting"):
                told = {"transfer_id": sent.letter.thread_id, "letter": name}
                self.decide(sent.sender, NoteUndelivered.model_validate(told))
        self.see_to_transfers()
        assert not any(crossing.waits for region in PEER_OF for crossing in self.crossings(region))
        if says:
            self.people_say_how_it_stands()
        list(self.post.take_all())
        for region in PEER_OF:
            self.decide(region, ResumeClearing(peer=PEER_OF[region]))
        self.see_to_transfers()

    def see_to_transfers(self) -> None:
        for region, one in self.ledgers.items():
            for timer in [t for t in one.timers if isinstance(t.command, SeeToTransfers)]:
                one.timers.remove(timer)
                ids = tuple(crossing.crossing_id for crossing in self.crossings(region))
                self.decide(
                    region, timer.command.model_copy(update={"crossing_ids": ids}), id=timer.command_id
                )

    def people_say_how_it_stands(self) -> None:
        """Whoever pays knows: what is posted there, or will be since it was accepted here, is posted here."""
        for region, peer in PEER_OF.items():
            there = {c.transfer_id: c for c in self.crossings(peer)}
            for crossing in self.crossings(region):
                if crossing.stranded:
                    other = there.get(crossing.transfer_id)
                    self.settle(region, crossing, other)

    def settle(self, region: str, crossing: Crossing, other: Crossing | None) -> None:
        if crossing.ours:
            accepted = other is not None and other.status in ("accepted", "posted")
            booked = crossing.status == "posted" or accepted
        else:
            booked = other is not None and other.status == "posted"
            if other is not None and (
                other.status == "offered" or (booked and other.minutes != crossing.minutes)
            ):
                # That side has not said yet what it comes to, or what it really posted is under way.
                return
        told = {"booked": booked, "note": "Gebeld.", "member_id": crossing.crossing_id}
        self.decide(region, EndTransfer.model_validate({"crossing_id": crossing.crossing_id, **told}))

    @rule()
    def all_arrives(self) -> None:
        for sent in self.post.take_all():
            self.read(sent)

    def read(self, sent: Sent, time: int = 0) -> None:
        command = TakeClearingLetter.model_validate(
            {"peer": sent.sender, "letter": sent.letter}, strict=False
        )
        assert type(command.letter) is type(sent.letter)
        self.decide(PEER_OF[sent.sender], command, id=sent.command_id("ledger", time))

    @rule(which=ANY)
    def someone_asks_what_became_of_it(self, which: int) -> None:
        due = [
            (region, timer)
            for region, one in self.ledgers.items()
            for timer in one.timers
            if isinstance(timer.command, AskAboutTransfer)
        ]
        if due:
            region, timer = due[which % len(due)]
            self.ledgers[region].fire(timer)
            self.post.collect()

    def drain(self) -> None:
        """Everything arrives, whoever waits asks, whoever is asked answers: until nobody waits."""
        for _ in range(20):
            self.all_arrives()
            for region in PEER_OF:
                self.answer_settlements(region, False)
            self.people_say_how_it_stands()
            if not self.post.threads() and not any(
                crossing.waits or crossing.stranded
                for region in PEER_OF
                for crossing in self.crossings(region)
            ):
                return
            for one in self.ledgers.values():
                for timer in [t for t in one.timers if isinstance(t.command, AskAboutTransfer)]:
                    one.fire(timer)
            self.post.collect()
        raise AssertionError("somebody waits for ever")

    # ---- what always holds

    @invariant()
    def postings_sum_to_zero_in_each_region(self) -> None:
        for one in self.ledgers.values():
            assert sum(account.balance_minutes for account in one.all(ACCOUNT)) == 0

    @invariant()
    def a_position_is_the_balance_of_its_account_and_within_the_cap(self) -> None:
        for region, one in self.ledgers.items():
            found = self.cleared(region)
            if found is None:
                continue
            account = one.state.get(ACCOUNT, clearing_account(found.peer))
            assert account is not None
            assert account.balance_minutes == found.position_minutes
            assert account.held_minutes == 0
            back = {event.crossing_id: event.minutes for event in one.happened(TransferTakenBack)}
            beyond = sum(
                event.minutes
                for event in one.happened(TransferReceived)
                if event.beyond and event.crossing_id not in back
            )
            # What was taken back had made room.
            most = found.cap_minutes + sum(back.values())
            assert found.position_minutes + found.outgoing_minutes <= most, found
            assert found.position_minutes - found.incoming_minutes >= -found.cap_minutes - beyond, found

    @invariant()
    def what_is_held_is_the_sum_of_the_holds(self) -> None:
        for region, one in self.ledgers.items():
            held: Counter[UUID] = Counter()
            for hold in one.all(HOLD):
                if hold.held:
                    held[hold.account_id] += hold.minutes
            for account in one.all(ACCOUNT):
                assert account.held_minutes == held[account.account_id]
                assert account.available_minutes >= account.floor_minutes
            found = self.cleared(region)
            if found is not None:
                settling = sum(
                    c.minutes
                    for c in self.crossings(region)
                    if c.ours and c.status == "offered" and c.kind == "settlement"
                )
                assert found.outgoing_minutes == held.total() + settling

    @invariant()
    def nothing_is_released_twice(self) -> None:
        for one in self.ledgers.values():
            released = Counter(event.hold_id for event in one.happened(HoldReleased))
            assert all(times == 1 for times in released.values())

    @invariant()
    def a_transfer_is_posted_by_who_pays_before_it_is_by_who_receives(self) -> None:
        for region, peer in PEER_OF.items():
            forgotten = {c.transfer_id for c in self.crossings(region) if c.ours and c.status == "void"}
            received = {one for one in self.posted(peer, ours=False) if one[0] not in forgotten}
            assert received <= self.posted(region, ours=True)

    def posted(self, region: str, *, ours: bool) -> set[tuple[UUID, int]]:
        return {
            (crossing.transfer_id, crossing.minutes)
            for crossing in self.crossings(region)
            if crossing.ours is ours and crossing.status == "posted"
        }

    def teardown(self) -> None:
        # However it went, a position can be settled, or not.
        self.settle_what_was_given(HERE, 0, 0, 30, agree=self.ids % 2 == 0)
        self.drain()
        self.postings_sum_to_zero_in_each_region()
        self.a_position_is_the_balance_of_its_account_and_within_the_cap()
        self.what_is_held_is_the_sum_of_the_holds()
        for region, peer in PEER_OF.items():
            assert self.posted(peer, ours=False) == self.posted(region, ours=True)
            assert self.position(region) == -self.position(peer)
            found = self.cleared(region)
            assert found is None or found.incoming_minutes == 0
        self.both_reckon_and_agree()
        for one in self.ledgers.values():
            assert one.replayed() == one.state.changed
            seen.update(type(event) for event, _ in one.log)
            for event in one.happened(TransferReceived):
                reached[event.kind] += 1
            if any(hold.account_id == SUSPENSE for hold in one.all(HOLD)):
                reached["suspense holds"] += 1
            reached.update(crossing.reason for crossing in one.all(CROSSING))
            reached.update(event.reason for event in one.happened(TransferStranded))
        assert isinstance(self.ledgers[HERE].all(ACCOUNT)[0], Account)

    def position(self, region: str) -> int:
        found = self.cleared(region)
        return found.position_minutes if found is not None else 0

    def both_reckon_and_agree(self) -> None:
        for n in range(2):
            for region in PEER_OF:
                day = NOW.date().replace(day=24 + n)
                self.decide(region, Reckon(peer=PEER_OF[region], day=day))
                assert self.decide(region, Reckon(peer=PEER_OF[region], day=day)) == []
            self.drain()
        for region in PEER_OF:
            found = self.cleared(region)
            assert found is None or not (found.differs or found.differs_there), found


CORNERS = {
    "help",
    "gift",
    "settlement",
    "lost",
    "suspense holds",
    "not_received",
    "no_account",
    "clearing_cap",
    "below_floor",
    "no",
    "peer_left",
    "undelivered",
    "differs",
    "forgotten",
}

seen: Counter[type[Event]] = Counter()
reached: Counter[str] = Counter()


def test_two_ledgers_keep_their_promises_whatever_the_post_does() -> None:
    seen.clear()
    reached.clear()
    both = {*clearing.EVENTS, *crossings.EVENTS}
    walk(TwoLedgers, lambda: (both - set(seen)) | (CORNERS - set(reached)), examples=120, steps=50)
