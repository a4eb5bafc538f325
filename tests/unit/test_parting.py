"""A region leaves the network, or comes back: nothing that is under way with it is left without an end."""

from uuid import UUID

import pytest

from contracts.clearing import (
    CapAgreed,
    CapDeclined,
    CapProposed,
    ClearingEnded,
    ClearingResumed,
    EndClearing,
    PositionCompared,
    PositionReckoned,
    ProposeCap,
    Reckon,
    ResumeClearing,
    clearing_id,
)
from contracts.crossings import (
    AskAboutTransfer,
    EndTransfer,
    HoldForLoan,
    NoteUndelivered,
    OfferForLoan,
    SeeToTransfers,
    SettlementProposed,
    TransferAnswered,
    TransferAsked,
    TransferDecided,
    TransferReceived,
    TransferReleased,
    TransferStranded,
    TransferTakenBack,
    TransferVoided,
)
from contracts.envelope import Event
from contracts.ledger import POOL, SUSPENSE, CreditTransferred, HoldRefused, HoldReleased
from contracts.letters import (
    CapAnswer,
    Reckoning,
    TransferAcceptance,
    TransferPosting,
    TransferRejection,
    TransferVoid,
)
from contracts.link import LetterUndeliverable, PeerJoined, PeerLeft, peer_id
from services.kernel.testing import COMMAND_ID, NOW
from services.ledger import handlers
from services.ledger.account import ACCOUNT
from services.ledger.clearing import CLEARING
from services.ledger.crossing import CROSSING, asks, hold_of, posting_of, reversal_of
from services.ledger.hold import HOLD
from services.ledger.transfer import TRANSFER, rest_of
from tests.unit.accounts import POOL_OPENED, SUSPENSE_OPENED, closed, moved, opened
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
from tests.unit.neighbours import ANNA, BRAM, ELSEWHERE

ENDED, RESUMED = ClearingEnded(**WITH), ClearingResumed(**WITH)
SEE_TO = SeeToTransfers(peer=PEER, crossing_ids=(COMMAND_ID, HERE))
FREE = HoldReleased(hold_id=hold_of(COMMAND_ID), account_id=ANNA, minutes=60, peer=PEER)


def stranded(crossing_id: UUID = COMMAND_ID, reason: str = "peer_left") -> TransferStranded:
    return TransferStranded.model_validate({"crossing_id": crossing_id, "peer": PEER, "reason": reason})


def decide(*, booked: bool, crossing_id: UUID = COMMAND_ID) -> EndTransfer:
    return EndTransfer(crossing_id=crossing_id, booked=booked, note="Gebeld met Delft.", member_id=ANNA)


def decided(*, booked: bool, crossing_id: UUID = COMMAND_ID) -> TransferDecided:
    return TransferDecided(crossing_id=crossing_id, peer=PEER, booked=booked)


# Leaving


def test_with_a_region_that_leaves_hours_are_cleared_no_more_until_it_is_back() -> None:
    left, joined = PeerLeft(peer_id=peer_id(PEER), peer=PEER), {"signing_key": "s", "sealing_key": "e"}
    back = PeerJoined(peer_id=peer_id(PEER), peer=PEER, municipality="Delft", **joined)
    assert handlers.on_peer_left(left) == [EndClearing(peer=PEER)]
    assert handlers.on_peer_joined(back) == [ResumeClearing(peer=PEER)]
    given(*capped()).when(EndClearing(peer=PEER)).then(ENDED)
    given(*capped(), ENDED).when(EndClearing(peer=PEER)).then_nothing()
    given(*capped(), ENDED).when(ResumeClearing(peer=PEER)).then(RESUMED)
    # Joining for the first time, or with new keys, resumes nothing.
    given(*capped()).when(ResumeClearing(peer=PEER)).then_nothing()
    given().when(EndClearing(peer=PEER)).then_nothing()
    given().when(ResumeClearing(peer=PEER)).then_nothing()


def test_nothing_new_is_begun_with_a_region_that_left() -> None:
    gone = (*capped(), ENDED)
    given(*gone).when(GIVE).refused("peer_left")
    given(*gone).when(ProposeCap(peer=PEER, minutes=60)).refused("peer_left")
    hold = HoldForLoan(hold_id=LOAN, account_id=ANNA, peer=PEER, minutes=60, floor_minutes=-600)
    (no,) = given(*gone).when(hold).events
    assert isinstance(no, HoldRefused)
    assert no.reason == "peer_left"
    offer = OfferForLoan(loan_id=LOAN, attempt=1, account_id=ANNA, peer=PEER, payee_id=FAR, minutes=60)
    (released,) = given(*gone).when(offer).events
    assert isinstance(released, TransferReleased)
    assert (released.reason, released.offered) == ("peer_left", False)


def test_a_region_that_left_is_asked_and_told_nothing() -> None:
    day = NOW.date()
    given(*capped(), ENDED).when(Reckon(peer=PEER, day=day)).then_nothing()
    assert given(*capped(), ENDED, RESUMED).when(Reckon(peer=PEER, day=day)).events
    reckoned = PositionReckoned(**WITH, reckoning_id=LOAN, day=day, count=0, total_minutes=0)
    assert given(*capped(), reckoned, ENDED, RESUMED).now(CLEARING, clearing_id(PEER)).reckoned_on is None
    # Should its end have been missed before, the next time to ask is in time.
    given(*capped(), *GIVEN, ENDED).when(AskAboutTransfer(crossing_id=COMMAND_ID, times=1)).then(stranded())


def test_a_proposal_for_a_cap_falls_when_the_region_leaves() -> None:
    proposed = CapProposed(**WITH, proposal_id=PROPOSAL, minutes=600, by="us")
    gone = given(*PEER_KNOWN, proposed, ENDED)
    assert gone.now(CLEARING, clearing_id(PEER)).proposal_id is None
    yes = letter(CapAnswer(proposal_id=PROPOSAL, minutes=600, agreed=True))
    gone.when(yes).then_nothing()
    declined = CapDeclined(**WITH, proposal_id=PROPOSAL, minutes=600, by="them", reason="no")
    assert given(*PEER_KNOWN, proposed, declined, ENDED).now(CLEARING, clearing_id(PEER)).ended


def test_what_is_under_way_with_it_is_for_a_person_and_stays_held() -> None:
    both = (*capped(), *GIVEN, ACCEPTED, ENDED)
    given(*both).when(SEE_TO).then(stranded(), stranded(HERE))
    after = given(*both, stranded(), stranded(HERE))
    after.when(SEE_TO).then_nothing()
    after.when(AskAboutTransfer(crossing_id=COMMAND_ID, times=1)).then_nothing()
    assert after.now(HOLD, hold_of(COMMAND_ID)).held
    assert after.now(CLEARING, clearing_id(PEER)).incoming_minutes == 60
    given(*capped(), *GIVEN, *POSTED, ENDED).when(SEE_TO).then_nothing()


def test_a_settlement_that_waits_for_us_is_refused() -> None:
    asked = SettlementProposed(crossing_id=HERE, peer=PEER, transfer_id=THEIRS, minutes=60)
    outcome = given(*capped(), *GIVEN, *POSTED, asked, ENDED).when(SEE_TO)
    outcome.then(rejected("peer_left", kind="settlement"))


def handed_back(name: str) -> LetterUndeliverable:
    return LetterUndeliverable(
        thread_id=COMMAND_ID, letter_id=LOAN, peer=PEER, number=7, name=name, version=1, data={}
    )


def test_an_offer_that_never_went_out_is_released_also_when_it_had_stranded() -> None:
    (command,) = handlers.on_letter_undeliverable(handed_back("TransferOffer"))
    outcome = given(*capped(), *GIVEN, ENDED, stranded()).when(command)
    outcome.then(FREE, released("peer_left"))
    after = given(*capped(), *GIVEN, ENDED, stranded(), *outcome.events)
    assert not after.now(CROSSING, COMMAND_ID).stranded
    assert after.now(CLEARING, clearing_id(PEER)).outgoing_minutes == 0


def test_a_posting_that_the_peer_never_heard_of_is_shown() -> None:
    (command,) = handlers.on_letter_undeliverable(handed_back("TransferPosting"))
    posted = (*capped(), *GIVEN, *POSTED, ENDED)
    given(*posted).when(command).then(stranded(reason="undelivered"))
    given(*posted, decided(booked=True)).when(command).then_nothing()
    assert handlers.on_letter_undeliverable(handed_back("CapProposal")) == []
    theirs = NoteUndelivered(transfer_id=HERE, letter="TransferPosting")
    given(*capped(), ACCEPTED, entry(), received(), ENDED).when(theirs).then_nothing()


# Coming back


def test_a_region_that_is_back_is_asked_how_it_ended() -> None:
    first = TransferAsked(crossing_id=COMMAND_ID, peer=PEER, transfer_id=COMMAND_ID, asks="payer", times=1)
    before = (*capped(), *GIVEN, first, ACCEPTED, ENDED, stranded(), stranded(HERE), RESUMED)
    ours, theirs = given(*before).when(SEE_TO).events
    assert ours == first.model_copy(update={"times": 2})
    assert isinstance(theirs, TransferAsked)
    assert (theirs.asks, theirs.times) == ("payee", 1)
    after = given(*before, ours, theirs)
    assert after.now(CROSSING, COMMAND_ID).waits
    after.when(SEE_TO).then_nothing()
    # The timer of before is over; that of this question is another.
    after.when(AskAboutTransfer(crossing_id=COMMAND_ID, times=2)).then_nothing()
    (timer,) = asks(ours, NOW)
    assert after.when(timer.command).events
    after.when(letter(TransferAcceptance(transfer_id=COMMAND_ID))).then(*POSTED)


def test_a_region_that_is_back_hears_at_once_what_was_posted() -> None:
    before = (*capped(), *GIVEN, *POSTED, ENDED, stranded(reason="undelivered"), RESUMED)
    (answer,) = given(*before).when(SEE_TO).events
    assert isinstance(answer, TransferAnswered)
    assert isinstance(answer.letter(), TransferPosting)
    assert not given(*before, answer).now(CROSSING, COMMAND_ID).stranded


def test_what_a_region_posted_otherwise_is_asked_when_it_is_back_and_stays_for_a_person() -> None:
    posts = TransferPosting(transfer_id=THEIRS, payee_id=BRAM, minutes=90, kind="gift")
    before = (*capped(), ACCEPTED, *given(*capped(), ACCEPTED).when(letter(posts)).events, ENDED, RESUMED)
    (asked,) = given(*before).when(SEE_TO).events
    assert isinstance(asked, TransferAsked)
    after = given(*before, asked)
    assert after.now(CROSSING, HERE).stranded == "differs"
    # What they say now counts, also that it is nothing.
    (nothing,) = after.when(letter(TransferVoid(transfer_id=THEIRS))).events
    assert not given(*before, asked, nothing).now(CROSSING, HERE).stranded
    (differed,) = after.when(POSTING).events
    booked = given(*before, asked, differed).when(decide(booked=True, crossing_id=HERE))
    assert booked.events[-1] == received(accepted=False)


def test_what_comes_of_itself_after_all_needs_nobody_any_more() -> None:
    before = (*capped(), *GIVEN, ENDED, stranded(), RESUMED)
    no = letter(TransferRejection(transfer_id=COMMAND_ID, reason="no_account"))
    outcome = given(*before).when(no)
    outcome.then(FREE, released("no_account"))
    given(*before, *outcome.events).when(decide(booked=True)).refused("not_stranded")


# A person has talked with the other region

OURS: tuple[Event, ...] = (*capped(), *GIVEN, ENDED, stranded())
OF_THEM: tuple[Event, ...] = (*capped(), ACCEPTED, ENDED, stranded(HERE))


def test_ours_is_posted_or_released_as_it_stands_there() -> None:
    given(*OURS).when(decide(booked=True)).then(decided(booked=True), *POSTED)
    given(*OURS).when(decide(booked=False)).then(decided(booked=False), FREE, released("decided"))
    after = given(*OURS, decided(booked=False), FREE, released("decided"), RESUMED)
    (answer,) = after.when(letter(TransferAcceptance(transfer_id=COMMAND_ID))).events
    assert isinstance(answer, TransferAnswered)
    assert answer.answer == "void"


def test_theirs_is_posted_or_expected_no_more() -> None:
    booked = given(*OF_THEM).when(decide(booked=True, crossing_id=HERE))
    booked.then(decided(booked=True, crossing_id=HERE), entry(), received())
    void = TransferVoided(crossing_id=HERE, peer=PEER, transfer_id=THEIRS, minutes=60, by="them")
    nothing = given(*OF_THEM).when(decide(booked=False, crossing_id=HERE))
    nothing.then(decided(booked=False, crossing_id=HERE), void)
    after = given(*OF_THEM, *nothing.events, RESUMED)
    assert after.now(CLEARING, clearing_id(PEER)).incoming_minutes == 0
    # They posted it after all: what a person decided is not overruled by itself.
    (differed,) = after.when(POSTING).events
    again = given(*OF_THEM, *nothing.events, RESUMED, differed)
    again.when(decide(booked=True, crossing_id=HERE)).then(
        decided(booked=True, crossing_id=HERE), entry(), received(accepted=False)
    )


def test_what_we_posted_is_only_told_to_the_other_region() -> None:
    undelivered = (*capped(), *GIVEN, *POSTED, ENDED, stranded(reason="undelivered"))
    given(*undelivered).when(decide(booked=True)).then(decided(booked=True))
    given(*undelivered).when(decide(booked=False)).refused("posted_here")


@pytest.mark.parametrize("minutes", [90, 6_000])
def test_what_they_posted_otherwise_is_booked_when_a_person_says_so(minutes: int) -> None:
    """Also beyond the cap: both regions have it then, and `verify` knows why."""
    posts = TransferPosting(transfer_id=THEIRS, payee_id=BRAM, minutes=minutes, kind="gift")
    before = (*capped(), ACCEPTED, *given(*capped(), ACCEPTED).when(letter(posts)).events)
    events = given(*before).when(decide(booked=True, crossing_id=HERE)).events
    (told,) = [event for event in events if isinstance(event, TransferReceived)]
    assert (told.minutes, told.accepted, told.beyond) == (minutes, False, minutes > 120)
    after = given(*before, *events)
    assert after.now(ACCOUNT, BRAM).balance_minutes == minutes
    assert after.now(CLEARING, clearing_id(PEER)).position_minutes == -minutes
    nothing = given(*before).when(decide(booked=False, crossing_id=HERE)).events
    assert given(*before, *nothing).now(CROSSING, HERE).status == "void"


def test_what_cannot_be_booked_is_not_decided_so() -> None:
    posts = letter(TransferPosting(transfer_id=THEIRS, payee_id=BRAM, minutes=-60, kind="gift"))
    before = (*capped(), *given(*capped()).when(posts).events)
    given(*before).when(decide(booked=True, crossing_id=HERE)).refused("amount")
    assert given(*before).when(decide(booked=False, crossing_id=HERE)).events
    given(*before).when(letter(OFFER)).then_nothing()


def test_who_decides_works_in_the_whole_region_and_what_does_not_wait_is_not_decided() -> None:
    given(*OURS).when(decide(booked=True), by=ELSEWHERE).refused("whole_region")
    given(*capped(), *GIVEN).when(decide(booked=True)).refused("not_stranded")
    given().when(decide(booked=True)).refused("not_stranded")
    (entry,) = decide(booked=True).vault(COMMAND_ID)
    assert (entry.person_id, entry.data) == (ANNA, {"text": "Gebeld met Delft."})


# The payer was put back to an older copy, and knows nothing of what we posted

KNOWN_HERE: tuple[Event, ...] = (*capped(), ACCEPTED, entry(), received(), FORGOTTEN)
TAKEN_BACK = TransferTakenBack(crossing_id=HERE, peer=PEER, transfer_id=THEIRS, minutes=60, kind="gift")


def back(minutes: int, payer: UUID = BRAM, **links: UUID | None) -> CreditTransferred:
    """What goes back to the other region, linked to the entry with which it came."""
    said = {"from_account_id": payer, "to_account_id": HOURS, "minutes": minutes, "kind": "reversal"}
    first = {"transfer_id": reversal_of(HERE), "reverses": posting_of(HERE), "peer": PEER}
    return CreditTransferred.model_validate({**first, **said, **links})


def test_what_they_forgot_is_taken_back_by_a_linked_reversal() -> None:
    nothing = given(*KNOWN_HERE).when(decide(booked=False, crossing_id=HERE))
    nothing.then(decided(booked=False, crossing_id=HERE), back(60), TAKEN_BACK)
    after = given(*KNOWN_HERE, *nothing.events)
    assert (after.now(ACCOUNT, BRAM).balance_minutes, after.now(ACCOUNT, HOURS).balance_minutes) == (0, 0)
    found = after.now(CLEARING, clearing_id(PEER))
    assert (found.position_minutes, found.got_count, found.got_minutes, found.room_in) == (0, 0, 0, 120)
    assert after.now(TRANSFER, posting_of(HERE)).reversed_by == reversal_of(HERE)
    assert (after.now(CROSSING, HERE).status, after.now(CROSSING, HERE).stranded) == ("taken_back", "")
    after.when(decide(booked=False, crossing_id=HERE)).refused("not_stranded")
    after.when(letter(TransferVoid(transfer_id=THEIRS))).then_nothing()
    after.when(letter(OFFER)).then_nothing()
    # Both have nothing of it now, also by the count of the night before.
    (compared,) = after.when(letter(Reckoning(reckoning_id=LOAN, count=0, total_minutes=0))).events
    assert isinstance(compared, PositionCompared)
    assert compared.agrees


def test_what_they_find_after_all_stays() -> None:
    kept = given(*KNOWN_HERE).when(decide(booked=True, crossing_id=HERE))
    kept.then(decided(booked=True, crossing_id=HERE))
    after = given(*KNOWN_HERE, *kept.events)
    assert after.now(ACCOUNT, BRAM).balance_minutes == 60
    assert not after.now(CROSSING, HERE).stranded
    # Should they forget it once more, a person looks once more.
    after.when(letter(TransferVoid(transfer_id=THEIRS))).then(FORGOTTEN)


def test_what_someone_cannot_spare_any_more_comes_from_suspense() -> None:
    spent = moved(620, "gift", payer=BRAM, payee=ANNA)
    events = given(*KNOWN_HERE, SUSPENSE_OPENED, spent).when(decide(booked=False, crossing_id=HERE)).events
    rest = back(20, SUSPENSE, transfer_id=rest_of(reversal_of(HERE)))
    assert [event for event in events if isinstance(event, CreditTransferred)] == [back(40), rest]
    gone = given(*KNOWN_HERE, SUSPENSE_OPENED, moved(60, "gift", payer=BRAM, payee=ANNA), closed(BRAM))
    events = gone.when(decide(booked=False, crossing_id=HERE)).events
    assert [event for event in events if isinstance(event, CreditTransferred)] == [back(60, SUSPENSE)]


def test_what_had_gone_to_the_pool_comes_from_there() -> None:
    full = (opened(ANNA), opened(BRAM, ceiling=20), *PEER_KNOWN, POOL_OPENED)
    cap = CapAgreed(**WITH, proposal_id=PROPOSAL, minutes=120, by="them")
    came = given(*full, cap, ACCEPTED).when(POSTING).events
    before = (*full, cap, ACCEPTED, *came, FORGOTTEN)
    events = given(*before).when(decide(booked=False, crossing_id=HERE)).events
    of_pool = {
        "transfer_id": rest_of(reversal_of(HERE)),
        "reverses": rest_of(posting_of(HERE)),
        "payer_id": BRAM,
    }
    assert [event for event in events if isinstance(event, CreditTransferred)] == [
        back(20),
        back(40, POOL, **of_pool),
    ]
    assert given(*before, *events).now(ACCOUNT, HOURS).balance_minutes == 0


def test_what_was_taken_back_is_not_booked_again() -> None:
    """Their void is for ever: only a broken program would post it."""
    nothing = given(*KNOWN_HERE).when(decide(booked=False, crossing_id=HERE)).events
    (differed,) = given(*KNOWN_HERE, *nothing).when(POSTING).events
    again = given(*KNOWN_HERE, *nothing, differed)
    again.when(decide(booked=True, crossing_id=HERE)).refused("taken_back")
    assert again.when(decide(booked=False, crossing_id=HERE)).events
