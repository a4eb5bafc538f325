"""What the unit tests of lending share: Anna asks here, Bram helps here; their counterparts are elsewhere."""

from uuid import UUID

from contracts.loans import (
    HelpAsked,
    HelperConfirmed,
    HelperLent,
    HelperOffered,
    HelperTaken,
    HelperWanted,
    HelpSought,
    LoanConfirmed,
    PersonAgreed,
    lent_id,
)
from tests.unit.neighbours import (
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    OFFER,
    REQUEST,
    TOMORROW,
    admitted,
    offered,
)

PEER = "delft"
LOAN = UUID(int=0x3F)
THEIRS = UUID(int=0x4F)
"""The id that a peer gave to what it asks of us."""
LENT = lent_id(PEER, THEIRS)
THEIR_HELPER = UUID(int=0x5F)

OURS = {"loan_id": LOAN, "peer": PEER, "thread_id": LOAN}
OF_THEM = {"loan_id": LENT, "peer": PEER, "thread_id": THEIRS}
WANTED = {"category": "gardening", "minutes": 90, "pc4": "3512", "wanted_at": TOMORROW}

SOUGHT = HelpSought(**OURS, request_id=REQUEST, asker_id=ANNA, **WANTED, by="coordinator-1")
OFFERED = HelperOffered(**OURS, helper_id=THEIR_HELPER, pc4="2611")
TAKEN = HelperTaken(**OURS, request_id=REQUEST, asker_id=ANNA, minutes=90, floor_minutes=-600, counted=True)
CONFIRMED = HelperConfirmed(**OURS, request_id=REQUEST, asker_id=ANNA)
WE_AGREE = PersonAgreed(**OURS, by="us", member_id=ANNA)
THEY_AGREE = PersonAgreed(**OURS, by="them")
BOTH_AGREE = LoanConfirmed(
    **OURS, member_id=ANNA, side="asks", category="gardening", minutes=90, wanted_at=TOMORROW
)

A_REQUEST_ELSEWHERE = (*AN_OFFER_AND_A_REQUEST, SOUGHT)
A_HELPER_ELSEWHERE = (*A_REQUEST_ELSEWHERE, OFFERED)
A_CHOSEN_HELPER = (*A_HELPER_ELSEWHERE, TAKEN, CONFIRMED)
A_RUNNING_LOAN = (*A_CHOSEN_HELPER, WE_AGREE, THEY_AGREE, BOTH_AGREE)

ASKED = HelpAsked(**OF_THEM, **WANTED)
LENT_BRAM = HelperLent(
    **OF_THEM,
    offer_id=OFFER,
    helper_id=BRAM,
    pc4="3512",
    category="gardening",
    minutes=90,
    wanted_at=TOMORROW,
    by="coordinator-1",
)
BRAM_WANTED = HelperWanted(**OF_THEM, helper_id=BRAM)
BRAM_AGREES = PersonAgreed(**OF_THEM, by="us", member_id=BRAM)
BRAM_HELPS = LoanConfirmed(
    **OF_THEM, member_id=BRAM, side="helps", category="gardening", minutes=90, wanted_at=TOMORROW
)
THEY_ASK = (admitted(BRAM), offered(), ASKED)
BRAM_IS_LENT = (*THEY_ASK, LENT_BRAM)
BRAM_RUNS = (
    *BRAM_IS_LENT,
    BRAM_WANTED,
    BRAM_AGREES,
    PersonAgreed(**OF_THEM, by="them"),
    BRAM_HELPS,
)
