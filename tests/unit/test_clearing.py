"""Hours between regions: the cap, offers and answers, what is posted and released, reckoning, settling."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from contracts.clearing import (
    AnswerCap,
    CapAgreed,
    CapDeclined,
    CapProposed,
    PositionCompared,
    PositionReckoned,
    ProposeCap,
    Reckon,
    ReckoningAnswered,
    clearing_id,
)
from contracts.crossings import (
    SETTLED,
    AnswerSettlement,
    AskAboutTransfer,
    HoldForLoan,
    NoteUndelivered,
    OfferForLoan,
    ProposeSettlement,
    SettlementProposed,
    TransferAccepted,
    TransferAnswered,
    TransferAsked,
    TransferDecided,
    TransferDiffered,
    TransferOffered,
    TransferPosted,
    TransferRejected,
    TransferReleased,
    TransferStranded,
    TransferVoided,
    received_id,
)
from contracts.envelope import Event
from contracts.ledger import (
    POOL,
    SUSPENSE,
    CreditTransferred,
    HoldMoved,
    HoldPlaced,
    HoldRefused,
    HoldReleased,
    SettleAccount,
    TransferCredit,
    UndoTransfer,
)
from contracts.letters import (
    CapAnswer,
    CapProposal,
    Reckoning,
    ReckoningAnswer,
    TransferAcceptance,
    TransferOffer,
    TransferPosting,
    TransferQuestion,
    TransferRejection,
    TransferVoid,
)
from services.kernel.testing import COMMAND_ID, NOW
from services.ledger.account import ACCOUNT
from services.ledger.clearing import CLEARING, reckons
from services.ledger.crossing import CROSSING, asks, hold_of, posting_of
from services.ledger.hold import HOLD
from tests.unit.accounts import POOL_OPENED, SUSPENSE_OPENED, TWO_ACCOUNTS, closed, moved, opened
from tests.unit.clearings import (
    ACCEPTED,
    FAR,
    FORGOTTEN,
    GIVE,
    GIVEN,
    HERE,
    HOURS,
    LOAN,
    OFFER,
    OFFERED,
    PEER,
    PEER_KNOWN,
    POSTED,
    POSTING,
    PROPOSAL,
    THEIRS,
    WITH,
    capped,
    entry,
    given,
    letter,
    received,
    rejected,
    released,
)
from tests.unit.neighbours import ANNA, BRAM, CORA, ELSEWHERE

# The cap


def proposed(minutes: int, by: str, id: UUID = COMMAND_ID) -> CapProposed:
    return CapProposed.model_validate({**WITH, "proposal_id": id, "minutes": minutes, "by": by})


def test_the_first_word_about_a_cap_opens_what_is_cleared_with_a_region() -> None:
    given().when(ProposeCap(peer=PEER, minutes=600)).then(*PEER_KNOWN, proposed(600, "us"))
    proposal = letter(CapProposal(proposal_id=PROPOSAL, minutes=600))
    given().when(proposal).then(*PEER_KNOWN, proposed(600, "them", PROPOSAL))
    given(*PEER_KNOWN, proposed(600, "them", PROPOSAL)).when(proposal).then_nothing()


def test_a_cap_holds_when_both_agree() -> None:
    theirs = (*PEER_KNOWN, proposed(600, "them", PROPOSAL))
    agreed = CapAgreed(**WITH, proposal_id=PROPOSAL, minutes=600, by="us")
    given(*theirs).when(AnswerCap(peer=PEER, proposal_id=PROPOSAL, agree=True)).then(agreed)
    assert agreed.letter() == CapAnswer(proposal_id=PROPOSAL, minutes=600, agreed=True)
    assert given(*theirs, agreed).now(CLEARING, clearing_id(PEER)).cap_minutes == 600
    ours = (*PEER_KNOWN, proposed(600, "us", PROPOSAL))
    yes = CapAnswer(proposal_id=PROPOSAL, minutes=600, agreed=True)
    given(*ours).when(letter(yes)).then(CapAgreed(**WITH, proposal_id=PROPOSAL, minutes=600, by="them"))


def test_a_cap_that_one_does_not_want_stays_as_it_was() -> None:
    theirs = (*PEER_KNOWN, proposed(600, "them", PROPOSAL))
    no = CapDeclined(**WITH, proposal_id=PROPOSAL, minutes=600, by="us", reason="no")
    given(*theirs).when(AnswerCap(peer=PEER, proposal_id=PROPOSAL, agree=False)).then(no)
    ours = (*PEER_KNOWN, proposed(600, "us", PROPOSAL))
    answer = CapAnswer(proposal_id=PROPOSAL, minutes=600, agreed=False, reason="no")
    declined = CapDeclined(**WITH, proposal_id=PROPOSAL, minutes=600, by="them", reason="no")
    given(*ours).when(letter(answer)).then(declined)
    given(*ours, declined).when(letter(answer)).then_nothing()


def test_two_proposals_that_cross_each_other_both_fall() -> None:
    ours = (*PEER_KNOWN, proposed(600, "us"))
    outcome = given(*ours).when(letter(CapProposal(proposal_id=PROPOSAL, minutes=300)))
    declined = CapDeclined(**WITH, proposal_id=PROPOSAL, minutes=300, by="us", reason="crossed")
    outcome.then(declined)
    # Ours still waits for its own answer.
    assert given(*ours, declined).now(CLEARING, clearing_id(PEER)).proposal_id == COMMAND_ID


def test_what_is_refused_about_a_cap() -> None:
    ours = (*PEER_KNOWN, proposed(600, "us", PROPOSAL))
    given(*ours).when(ProposeCap(peer=PEER, minutes=300)).refused("proposal_waits")
    given(*ours).when(AnswerCap(peer=PEER, proposal_id=PROPOSAL, agree=True)).refused("no_proposal")
    given().when(ProposeCap(peer=PEER, minutes=300), by=ELSEWHERE).refused("whole_region")
    in_flight = (*capped(), *GIVEN)
    given(*in_flight).when(ProposeCap(peer=PEER, minutes=30)).refused("position_beyond")


# Ours: to another region


def test_what_someone_gives_is_held_and_offered() -> None:
    given(*capped()).when(GIVE).then(*GIVEN)
    assert OFFERED.letter() == TransferOffer(transfer_id=COMMAND_ID, payee_id=FAR, minutes=60, kind="gift")
    after = given(*capped(), *GIVEN)
    assert after.now(ACCOUNT, ANNA).available_minutes == -60
    assert after.now(CLEARING, clearing_id(PEER)).room_out == 60


def test_a_yes_posts_it_and_the_peer_hears() -> None:
    yes = letter(TransferAcceptance(transfer_id=COMMAND_ID))
    given(*capped(), *GIVEN).when(yes).then(*POSTED)
    after = given(*capped(), *GIVEN, *POSTED)
    assert after.now(ACCOUNT, ANNA).balance_minutes == -60
    assert after.now(ACCOUNT, HOURS).balance_minutes == 60
    found = after.now(CLEARING, clearing_id(PEER))
    assert (found.position_minutes, found.outgoing_minutes, found.sent_count) == (60, 0, 1)
    after.when(yes).then_nothing()
    posting = TransferPosting(transfer_id=COMMAND_ID, payee_id=FAR, minutes=60, kind="gift")
    assert POSTED[1].letter() == posting  # type: ignore[attr-defined]


def test_a_no_releases_what_was_held_once() -> None:
    no = letter(TransferRejection(transfer_id=COMMAND_ID, reason="no_account"))
    free = HoldReleased(hold_id=hold_of(COMMAND_ID), account_id=ANNA, minutes=60, peer=PEER)
    given(*capped(), *GIVEN).when(no).then(free, released("no_account"))
    after = given(*capped(), *GIVEN, free, released("no_account"))
    after.when(no).then_nothing()
    assert after.now(CLEARING, clearing_id(PEER)).room_out == 120
    # A yes that comes after all is nothing any more, and the peer hears so.
    answer = TransferAnswered(
        crossing_id=COMMAND_ID,
        peer=PEER,
        transfer_id=COMMAND_ID,
        answer="void",
        payee_id=FAR,
        minutes=60,
        kind="gift",
        reason="no_account",
    )
    after.when(letter(TransferAcceptance(transfer_id=COMMAND_ID))).then(answer)
    assert answer.letter() == TransferVoid(transfer_id=COMMAND_ID)


def test_no_answer_is_not_a_no_it_is_asked_for() -> None:
    (timer,) = asks(OFFERED, NOW)
    assert timer.command == AskAboutTransfer(crossing_id=COMMAND_ID, times=1)
    asked = TransferAsked(crossing_id=COMMAND_ID, peer=PEER, transfer_id=COMMAND_ID, asks="payer", times=1)
    given(*capped(), *GIVEN).when(AskAboutTransfer(crossing_id=COMMAND_ID, times=1)).then(asked)
    (again,) = asks(asked, NOW)
    assert again.due_at > timer.due_at
    given(*capped(), *GIVEN, *POSTED).when(AskAboutTransfer(crossing_id=COMMAND_ID, times=1)).then_nothing()
    assert given(*capped(), *GIVEN, asked).now(HOLD, hold_of(COMMAND_ID)).held


def test_an_offer_that_never_went_out_is_released() -> None:
    handed_back = NoteUndelivered(transfer_id=COMMAND_ID, letter="TransferOffer")
    outcome = given(*capped(), *GIVEN).when(handed_back)
    assert outcome.events[-1] == released("peer_left")
    given(*capped(), *GIVEN, *POSTED).when(handed_back).then_nothing()


def test_what_cannot_be_given_to_another_region() -> None:
    given(*TWO_ACCOUNTS).when(GIVE).refused("no_cap")
    given(*capped(30)).when(GIVE).refused("clearing_cap")
    given(*capped(9_000)).when(GIVE.model_copy(update={"minutes": 700})).refused("below_floor")
    given(*capped(), closed(ANNA)).when(GIVE).refused("account_closed")
    given(*capped(), *GIVEN).when(GIVE).refused("used_before")
    from_theirs = TransferCredit(from_account_id=HOURS, to_account_id=ANNA, minutes=60)
    given(*capped()).when(from_theirs).refused("regions_account")


def test_a_payer_who_leaves_meanwhile_is_stood_in_for_by_suspense() -> None:
    outcome = given(*capped(), *GIVEN, POOL_OPENED).when(SettleAccount(account_id=ANNA, settle="write_off"))
    kinds = [type(event).__name__ for event in outcome.events]
    assert kinds[:3] == ["AccountOpened", "HoldMoved", "CreditTransferred"]
    gone = given(*capped(), *GIVEN, POOL_OPENED, *outcome.events)
    assert gone.now(HOLD, hold_of(COMMAND_ID)).account_id == SUSPENSE
    posted, crossed = gone.when(letter(TransferAcceptance(transfer_id=COMMAND_ID))).events
    assert isinstance(posted, CreditTransferred)
    assert (posted.from_account_id, posted.payer_id) == (SUSPENSE, ANNA)
    assert isinstance(crossed, TransferPosted)
    assert isinstance(outcome.events[1], HoldMoved)


def test_hours_between_regions_are_not_undone_on_one_side() -> None:
    undo = UndoTransfer(transfer_id=posting_of(COMMAND_ID), reason="Fout", one_id=ANNA, other_id=HOURS)
    given(*capped(), *GIVEN, *POSTED).when(undo).refused("between_regions")


# Ours, for help that was lent

TO_HOLD = HoldForLoan(hold_id=LOAN, account_id=ANNA, peer=PEER, minutes=60, floor_minutes=-600)
LOAN_HELD = HoldPlaced(hold_id=LOAN, account_id=ANNA, minutes=60, peer=PEER)


def test_hours_for_lent_help_are_held_when_the_helper_is_chosen() -> None:
    given(*capped()).when(TO_HOLD).then(LOAN_HELD)


@pytest.mark.parametrize(
    ("happened", "reason"),
    [
        pytest.param(capped(30), "clearing_cap", id="cap"),
        pytest.param(TWO_ACCOUNTS, "clearing_cap", id="no cap"),
        pytest.param((*capped(), closed(ANNA)), "no_account", id="left"),
        pytest.param((*capped(), moved(580, "gift")), "below_floor", id="floor"),
    ],
)
def test_hours_for_lent_help_that_cannot_be_held(happened: tuple[Event, ...], reason: str) -> None:
    refused = HoldRefused(hold_id=LOAN, account_id=ANNA, minutes=60, reason=reason, peer=PEER)
    given(*happened).when(TO_HOLD).then(refused)


def offer(minutes: int, attempt: int = 1) -> OfferForLoan:
    return OfferForLoan(
        loan_id=LOAN, attempt=attempt, account_id=ANNA, peer=PEER, payee_id=FAR, minutes=minutes
    )


def test_the_minutes_of_lent_help_are_offered_out_of_what_was_held() -> None:
    outcome = given(*capped(60), LOAN_HELD).when(offer(45))
    free, held, offered = outcome.events
    assert free == HoldReleased(hold_id=LOAN, account_id=ANNA, minutes=60, peer=PEER)
    assert isinstance(held, HoldPlaced)
    assert held.minutes == 45
    assert isinstance(offered, TransferOffered)
    assert (offered.kind, offered.about, offered.payee_id) == ("help", LOAN, FAR)
    given(*capped(60), LOAN_HELD, *outcome.events).when(offer(45)).then_nothing()


def test_more_than_was_held_goes_only_above_the_floor_and_within_the_cap() -> None:
    (no,) = given(*capped(60), LOAN_HELD).when(offer(61)).events
    assert isinstance(no, TransferReleased)
    assert (no.reason, no.offered, no.about) == ("clearing_cap", False, LOAN)
    (no,) = given(*capped(9_000), LOAN_HELD).when(offer(700)).events
    assert isinstance(no, TransferReleased)
    assert no.reason == "below_floor"
    # Another attempt is another transfer.
    assert given(*capped(9_000), LOAN_HELD, no).when(offer(60, attempt=2)).events
    (no,) = given(*capped(60), closed(ANNA)).when(offer(60)).events
    assert isinstance(no, TransferReleased)
    assert no.reason == "no_account"


# Theirs


def test_what_a_peer_offers_is_accepted_once() -> None:
    given(*capped()).when(letter(OFFER)).then(ACCEPTED)
    assert ACCEPTED.letter() == TransferAcceptance(transfer_id=THEIRS)
    after = given(*capped(), ACCEPTED)
    after.when(letter(OFFER)).then_nothing()
    assert after.now(CLEARING, clearing_id(PEER)).room_in == 60


@pytest.mark.parametrize(
    ("happened", "offer", "reason"),
    [
        pytest.param(TWO_ACCOUNTS, OFFER, "no_cap", id="no cap"),
        pytest.param(capped(30), OFFER, "clearing_cap", id="cap"),
        pytest.param((*capped(), closed(BRAM)), OFFER, "no_account", id="left"),
        pytest.param(capped(), OFFER.model_copy(update={"payee_id": CORA}), "no_account", id="unknown"),
        pytest.param(capped(), OFFER.model_copy(update={"payee_id": HOURS}), "no_account", id="our own"),
        pytest.param(capped(), OFFER.model_copy(update={"minutes": 0}), "amount", id="nothing"),
    ],
)
def test_what_a_peer_offers_is_refused_with_a_reason(
    happened: tuple[Event, ...], offer: TransferOffer, reason: str
) -> None:
    given(*happened).when(letter(offer)).then(rejected(reason, offer.minutes))


def test_what_they_post_we_post_once() -> None:
    given(*capped(), ACCEPTED).when(POSTING).then(entry(), received())
    after = given(*capped(), ACCEPTED, entry(), received())
    after.when(POSTING).then_nothing()
    found = after.now(CLEARING, clearing_id(PEER))
    assert (found.position_minutes, found.incoming_minutes, found.got_count) == (-60, 0, 1)
    assert after.now(ACCOUNT, BRAM).balance_minutes == 60


def test_accepting_binds_also_when_the_account_closes_meanwhile() -> None:
    outcome = given(*capped(), ACCEPTED, closed(BRAM), SUSPENSE_OPENED).when(POSTING)
    outcome.then(entry(SUSPENSE, payee_id=BRAM), received())


def test_what_does_not_fit_under_a_ceiling_goes_to_the_pool() -> None:
    full = (opened(ANNA), opened(BRAM, ceiling=20), *PEER_KNOWN, POOL_OPENED)
    cap = CapAgreed(**WITH, proposal_id=PROPOSAL, minutes=120, by="them")
    events = given(*full, cap, ACCEPTED).when(POSTING).events
    to = [(e.to_account_id, e.minutes) for e in events if isinstance(e, CreditTransferred)]
    assert to == [(BRAM, 20), (POOL, 40)]


def test_a_posting_that_we_do_not_know_is_posted_all_the_same() -> None:
    """This side was put back to an older copy: within the cap as it says, beyond it for a person."""
    given(*capped()).when(POSTING).then(entry(), received(accepted=False))
    beyond = given(*capped(30), SUSPENSE_OPENED).when(POSTING)
    beyond.then(entry(SUSPENSE, payee_id=BRAM), received(accepted=False, beyond=True))


def differed(posting: TransferPosting, *, accepted_minutes: int = 60) -> TransferDiffered:
    return TransferDiffered(
        crossing_id=HERE, peer=PEER, **posting.model_dump(), accepted_minutes=accepted_minutes
    )


POSTS = TransferPosting(transfer_id=THEIRS, payee_id=BRAM, minutes=60, kind="gift")


@pytest.mark.parametrize(
    "other",
    [{"minutes": 90}, {"payee_id": ANNA}, {"kind": "help"}, {"about": LOAN}, {"minutes": -60}],
    ids=["minutes", "payee", "kind", "loan", "below zero"],
)
def test_what_is_posted_otherwise_than_it_was_accepted_is_not_booked(other: dict[str, Any]) -> None:
    posts = POSTS.model_copy(update=other)
    outcome = given(*capped(), ACCEPTED).when(letter(posts))
    outcome.then(differed(posts))
    assert differed(posts).letter() == TransferRejection(transfer_id=THEIRS, reason="differs")
    after = given(*capped(), ACCEPTED, *outcome.events)
    assert after.now(ACCOUNT, BRAM).balance_minutes == 0
    assert after.now(CLEARING, clearing_id(PEER)).room_in == 120
    assert (after.now(CROSSING, HERE).status, after.now(CROSSING, HERE).stranded) == ("differs", "differs")
    # Whatever they say after it: a person looks at it first.
    after.when(letter(posts)).then_nothing()
    after.when(POSTING).then(differed(POSTS, accepted_minutes=0))


def test_what_nobody_accepted_is_not_booked_with_an_impossible_amount_or_another_than_was_offered() -> None:
    for minutes in (-60, 0, 10_001):
        posts = POSTS.model_copy(update={"minutes": minutes})
        given(*capped()).when(letter(posts)).then(differed(posts, accepted_minutes=0))
    more = POSTS.model_copy(update={"minutes": 61})
    given(*capped(), rejected("no_account")).when(letter(more)).then(differed(more, accepted_minutes=0))
    # Of what we rejected and do not know that we had accepted before, they may have our yes.
    assert given(*capped(), rejected("no_account")).when(POSTING).events[-1] == received(accepted=False)


def test_who_posted_what_the_peer_does_not_book_shows_it_to_a_person() -> None:
    no = letter(TransferRejection(transfer_id=COMMAND_ID, reason="differs"))
    posted = (*capped(), *GIVEN, *POSTED)
    given(*posted).when(no).then(TransferStranded(crossing_id=COMMAND_ID, peer=PEER, reason="differs"))
    decided = TransferDecided(crossing_id=COMMAND_ID, peer=PEER, booked=True)
    given(*posted, decided).when(no).then_nothing()
    other = letter(TransferRejection(transfer_id=COMMAND_ID, reason="not_received"))
    given(*posted).when(other).then_nothing()


def test_who_asks_hears_nothing_while_a_person_has_the_word_and_no_when_they_said_it_does_not_come() -> None:
    question = letter(TransferQuestion(transfer_id=THEIRS, asks="payer"))
    other = POSTS.model_copy(update={"minutes": 90})
    given(*capped(), ACCEPTED, differed(other)).when(question).then_nothing()
    void = given(*capped(), ACCEPTED).when(letter(TransferVoid(transfer_id=THEIRS))).events
    (answer,) = given(*capped(), ACCEPTED, *void).when(question).events
    assert isinstance(answer, TransferAnswered)
    assert answer.letter() == TransferRejection(transfer_id=THEIRS, reason="not_received")


def test_who_asks_hears_the_same_again() -> None:
    question = letter(TransferQuestion(transfer_id=THEIRS, asks="payer"))
    (answer,) = given(*capped(), ACCEPTED).when(question).events
    assert isinstance(answer, TransferAnswered)
    assert answer.letter() == TransferAcceptance(transfer_id=THEIRS)
    (answer,) = given(*capped(), rejected("no_account")).when(question).events
    assert isinstance(answer, TransferAnswered)
    assert answer.letter() == TransferRejection(transfer_id=THEIRS, reason="no_account")
    asks_us = letter(TransferQuestion(transfer_id=COMMAND_ID, asks="payee"))
    (answer,) = given(*capped(), *GIVEN, *POSTED).when(asks_us).events
    assert isinstance(answer, TransferAnswered)
    assert isinstance(answer.letter(), TransferPosting)
    # Whoever accepted and asks says by it that it did.
    given(*capped(), *GIVEN).when(asks_us).then(*POSTED)


def test_what_never_reached_us_is_refused_for_ever_when_it_is_asked_about() -> None:
    question = letter(TransferQuestion(transfer_id=THEIRS, asks="payer"))
    never = rejected("not_received", minutes=0, kind=None)
    given(*capped()).when(question).then(never)
    # The offer comes after all, by another way.
    given(*capped(), never).when(letter(OFFER)).then_nothing()


def test_what_we_do_not_know_of_ours_is_nothing_for_ever() -> None:
    void = TransferVoided(crossing_id=LOAN, peer=PEER, transfer_id=LOAN, minutes=0, by="us")
    for about in (TransferAcceptance(transfer_id=LOAN), TransferQuestion(transfer_id=LOAN, asks="payee")):
        given(*capped()).when(letter(about)).then(void)
    assert void.letter() == TransferVoid(transfer_id=LOAN)
    given(*capped(), void).when(GIVE, id=LOAN).refused("used_before")


def test_what_the_payer_knows_nothing_of_is_no_longer_expected() -> None:
    void = TransferVoided(crossing_id=HERE, peer=PEER, transfer_id=THEIRS, minutes=60, by="them")
    about = letter(TransferVoid(transfer_id=THEIRS))
    given(*capped(), ACCEPTED).when(about).then(void)
    assert void.letter() is None
    assert given(*capped(), ACCEPTED, void).now(CLEARING, clearing_id(PEER)).room_in == 120


def test_what_we_posted_and_the_payer_forgot_is_shown_to_a_person() -> None:
    """They were put back to an older copy: it would be on our side alone, for ever."""
    about = letter(TransferVoid(transfer_id=THEIRS))
    given(*GOT_ONE).when(about).then(FORGOTTEN)
    given(*GOT_ONE, FORGOTTEN).when(about).then_nothing()
    assert given(*GOT_ONE, FORGOTTEN).now(CROSSING, HERE).status == "posted"
    assert given(*GOT_ONE, FORGOTTEN).now(ACCOUNT, BRAM).balance_minutes == 60


def test_no_peer_touches_what_is_between_others() -> None:
    stranger = "gouda"
    yes = letter(TransferAcceptance(transfer_id=COMMAND_ID), stranger)
    given(*capped(), *GIVEN).when(yes).then_nothing()
    no = letter(TransferRejection(transfer_id=COMMAND_ID, reason="no"), stranger)
    given(*capped(), *GIVEN).when(no).then_nothing()
    assert received_id(stranger, THEIRS) != HERE


def test_two_regions_that_give_at_the_same_instant_at_the_cap_do_not_wait_for_each_other() -> None:
    """Outgoing in flight counts, incoming counts when it is posted: each may hear no, none waits."""
    full = (*capped(60), *GIVEN)
    given(*full).when(GIVE, id=LOAN).refused("clearing_cap")
    given(*full).when(letter(OFFER)).then(ACCEPTED)
    further = letter(OFFER.model_copy(update={"transfer_id": LOAN}))
    assert isinstance(given(*full, ACCEPTED).when(further).events[0], TransferRejected)


# Settling a position


def test_who_is_owed_proposes_to_settle() -> None:
    owed = (*capped(), ACCEPTED, entry(), received())
    settles = ProposeSettlement(peer=PEER, minutes=60)
    offered = TransferOffered(
        crossing_id=COMMAND_ID, peer=PEER, payer_id=SETTLED, payee_id=None, minutes=60, kind="settlement"
    )
    given(*owed).when(settles).then(offered)
    given(*owed, offered).when(settles, id=LOAN).refused("more_than_owed")
    given(*capped()).when(settles).refused("more_than_owed")
    events = given(*owed, offered).when(letter(TransferAcceptance(transfer_id=COMMAND_ID))).events
    done = given(*owed, offered, *events)
    assert done.now(ACCOUNT, HOURS).balance_minutes == 0
    assert done.now(ACCOUNT, SETTLED).balance_minutes == -60


SETTLEMENT = TransferOffer(transfer_id=THEIRS, payee_id=None, minutes=60, kind="settlement")
ASKED = SettlementProposed(crossing_id=HERE, peer=PEER, transfer_id=THEIRS, minutes=60)


def test_who_owes_agrees_and_both_book_it() -> None:
    owing = (*capped(), *GIVEN, *POSTED)
    given(*owing).when(letter(SETTLEMENT)).then(ASKED)
    yes = given(*owing, ASKED).when(AnswerSettlement(crossing_id=HERE, agree=True))
    (accepted,) = yes.events
    assert isinstance(accepted, TransferAccepted)
    posting = letter(TransferPosting(transfer_id=THEIRS, payee_id=None, minutes=60, kind="settlement"))
    events = given(*owing, ASKED, accepted).when(posting).events
    done = given(*owing, ASKED, accepted, *events)
    assert done.now(ACCOUNT, HOURS).balance_minutes == 0
    assert done.now(ACCOUNT, SETTLED).balance_minutes == 60
    assert done.now(CROSSING, HERE).status == "posted"


def test_a_settlement_waits_for_a_person_and_may_be_declined() -> None:
    owing = (*capped(), *GIVEN, *POSTED, ASKED)
    question = letter(TransferQuestion(transfer_id=THEIRS, asks="payer"))
    given(*owing).when(question).then_nothing()
    no = AnswerSettlement(crossing_id=HERE, agree=False)
    given(*owing).when(no).then(rejected("no", kind="settlement"))
    given(*owing, rejected("no", kind="settlement")).when(no).refused("no_proposal")
    given(*owing).when(no, by=ELSEWHERE).refused("whole_region")
    given(*capped()).when(letter(SETTLEMENT)).then(rejected("more_than_owed", kind="settlement"))
    given(*capped(), ASKED).when(AnswerSettlement(crossing_id=HERE, agree=True)).refused("more_than_owed")


# Reckoning


def test_once_a_day_a_peer_hears_what_was_posted_to_it() -> None:
    day = date(2026, 11, 24)
    (timer,) = reckons(CapAgreed(**WITH, proposal_id=PROPOSAL, minutes=120, by="us"), NOW)
    assert timer.command == Reckon(peer=PEER, day=day)
    reckoned = PositionReckoned(**WITH, reckoning_id=COMMAND_ID, day=day, count=1, total_minutes=60)
    posted = (*capped(), *GIVEN, *POSTED)
    given(*posted).when(Reckon(peer=PEER, day=day)).then(reckoned)
    assert reckoned.letter() == Reckoning(reckoning_id=COMMAND_ID, count=1, total_minutes=60)
    given(*posted, reckoned).when(Reckon(peer=PEER, day=day)).then_nothing()


def compared(told: tuple[int, int], *, agrees: bool, ours: tuple[int, int] = (1, 60)) -> PositionCompared:
    return PositionCompared(
        **WITH,
        reckoning_id=LOAN,
        count=ours[0],
        total_minutes=ours[1],
        told_count=told[0],
        told_minutes=told[1],
        agrees=agrees,
    )


GOT_ONE = (*capped(), ACCEPTED, entry(), received())


@pytest.mark.parametrize(
    ("told", "agrees"),
    [((1, 60), True), ((1, 45), False), ((2, 120), True)],
    ids=["the same", "another sum", "one still under way"],
)
def test_what_a_peer_posted_is_compared_with_what_came(told: tuple[int, int], agrees: bool) -> None:
    reckoning = letter(Reckoning(reckoning_id=LOAN, count=told[0], total_minutes=told[1]))
    outcome = given(*GOT_ONE).when(reckoning)
    outcome.then(compared(told, agrees=agrees))
    answer = outcome.events[0].letter()  # type: ignore[attr-defined]
    assert answer == ReckoningAnswer(reckoning_id=LOAN, count=1, total_minutes=60, agrees=agrees)


def test_what_has_not_come_by_the_next_reckoning_is_a_difference() -> None:
    day_after = letter(Reckoning(reckoning_id=LOAN, count=2, total_minutes=120))
    before = compared((2, 120), agrees=True)
    given(*GOT_ONE, before).when(day_after).then(compared((2, 120), agrees=False))
    assert given(*GOT_ONE, compared((2, 120), agrees=False)).now(CLEARING, clearing_id(PEER)).differs


def test_what_a_peer_forgot_is_a_difference_and_stays_posted() -> None:
    """It was put back: by the next reckoning it still does not know what it had posted."""
    forgets = letter(Reckoning(reckoning_id=LOAN, count=0, total_minutes=0))
    first = given(*GOT_ONE).when(forgets)
    first.then(compared((0, 0), agrees=True))
    outcome = given(*GOT_ONE, compared((0, 0), agrees=True)).when(forgets)
    outcome.then(compared((0, 0), agrees=False))
    assert given(*GOT_ONE, *outcome.events).now(ACCOUNT, BRAM).balance_minutes == 60


def test_a_difference_is_shown_on_both_sides_until_it_is_gone() -> None:
    answer = letter(ReckoningAnswer(reckoning_id=LOAN, count=0, total_minutes=0, agrees=False))
    noted = ReckoningAnswered(**WITH, reckoning_id=LOAN, count=0, total_minutes=0, agrees=False)
    given(*capped()).when(answer).then(noted)
    assert given(*capped(), noted).now(CLEARING, clearing_id(PEER)).differs_there
    gone = noted.model_copy(update={"agrees": True})
    assert not given(*capped(), noted, gone).now(CLEARING, clearing_id(PEER)).differs_there
    given().when(answer).then_nothing()
    given().when(Reckon(peer=PEER, day=date(2026, 11, 24))).then_nothing()
