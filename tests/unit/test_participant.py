"""A participant: an approved member as exchange sees them, with how full their week is."""

from contracts.exchange import AdmitParticipant, NoteCapacity, ParticipantCapacityChanged
from contracts.members import CapacityChanged, MemberApproved
from services.exchange.handlers import FOLLOWS
from services.exchange.participant import PARTICIPANT
from tests.unit.neighbours import (
    A_RESERVED_MATCH,
    ANNA,
    BRAM,
    admitted,
    completed,
    exchange,
    fell_through,
    reserved,
)

given = exchange.given


def test_an_approved_member_is_admitted() -> None:
    approved = MemberApproved(member_id=ANNA, number=1042, pc4="3512", capacity_minutes_week=240)
    (command,) = FOLLOWS[MemberApproved](approved)
    assert command == AdmitParticipant(
        participant_id=ANNA, number=1042, pc4="3512", capacity_minutes_week=240
    )
    given().when(command).then(admitted(ANNA))


def test_a_changed_capacity_is_noted() -> None:
    (command,) = FOLLOWS[CapacityChanged](CapacityChanged(member_id=ANNA, capacity_minutes_week=0))
    given(admitted(ANNA)).when(command).then(
        ParticipantCapacityChanged(participant_id=ANNA, capacity_minutes_week=0)
    )


def test_a_capacity_changed_before_approval_waits_for_the_approval() -> None:
    given().when(NoteCapacity(participant_id=ANNA, capacity_minutes_week=60)).then_nothing()


def test_a_reserved_match_fills_the_helpers_week_and_not_the_askers() -> None:
    now = given(*A_RESERVED_MATCH)
    assert now.now(PARTICIPANT, BRAM).reserved_minutes == 90
    assert now.now(PARTICIPANT, BRAM).free_minutes == 150
    assert now.now(PARTICIPANT, ANNA).reserved_minutes == 0


def test_a_match_that_falls_through_frees_what_it_reserved() -> None:
    assert given(*A_RESERVED_MATCH, fell_through()).now(PARTICIPANT, BRAM).reserved_minutes == 0


def test_a_completed_match_frees_what_was_reserved_and_counts_what_was_done() -> None:
    bram = given(*A_RESERVED_MATCH, completed()).now(PARTICIPANT, BRAM)
    assert (bram.reserved_minutes, bram.helped_minutes) == (0, 60)


def test_someone_who_wants_to_help_less_keeps_what_they_promised() -> None:
    less = ParticipantCapacityChanged(participant_id=BRAM, capacity_minutes_week=30)
    bram = given(*A_RESERVED_MATCH, less).now(PARTICIPANT, BRAM)
    assert bram.reserved_minutes == reserved().minutes
    assert bram.free_minutes == -60
