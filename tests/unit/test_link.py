"""Letters between two regions, decided: numbers without a gap, once each, also after a restore."""

from typing import Any
from uuid import UUID

import pytest

from contracts.link import (
    NETWORK_ID,
    DirectoryLearned,
    EpochOpened,
    FollowFork,
    GiveUpLetter,
    HandBack,
    LearnDirectory,
    LetterOrphaned,
    LetterQueued,
    LetterReceived,
    LetterRepeated,
    LettersDelivered,
    LetterUndeliverable,
    MessagesRefused,
    Neighbour,
    NoteAway,
    NoteRefused,
    NoteTaken,
    NoteUp,
    OpenEpoch,
    OrphanedLetter,
    OrphanSettled,
    OrphanSolved,
    PeerForked,
    PeerJoined,
    PeerLeft,
    PeerMissed,
    PeerReached,
    QueueLetter,
    SettleOrphans,
    TakeLetter,
    peer_id,
)
from contracts.network import WrittenLetter
from services.kernel.testing import COMMAND_ID, Specification
from services.link.app import service
from services.link.orphan import ORPHAN
from services.link.peer import PEER, REFUSAL
from services.link.receiver import _can_be_kept, as_known
from services.link.seal import Refused
from services.link.sender import _needs_epoch
from tests.unit.callers import REGION

given = Specification(service(REGION)).given

WEST = peer_id("west")
THREAD = UUID(int=0x7)
SAID: dict[str, Any] = {"thread_id": THREAD, "name": "TransferOffer", "version": 1, "data": {"minutes": 60}}


def joined(signing_key: str = "s1", sealing_key: str = "e1") -> PeerJoined:
    return PeerJoined(
        peer_id=WEST,
        peer="west",
        municipality="West",
        signing_key=signing_key,
        sealing_key=sealing_key,
    )


def neighbour(left: bool = False, signing_key: str = "s1") -> Neighbour:
    return Neighbour(region="west", municipality="West", signing_key=signing_key, sealing_key="e1", left=left)


def learned(serial: int) -> DirectoryLearned:
    return DirectoryLearned(network_id=NETWORK_ID, serial=serial)


LEFT = PeerLeft(peer_id=WEST, peer="west")
REACHED = PeerReached(peer_id=WEST, peer="west", release="1")


def queued(number: int, letter_id: int | None = None) -> LetterQueued:
    return LetterQueued(letter_id=UUID(int=letter_id or number), peer="west", number=number, **SAID)


def delivered(number: int, epoch: int = 1) -> LettersDelivered:
    return LettersDelivered(peer_id=WEST, peer="west", epoch=epoch, number=number)


def received(number: int, epoch: int = 1) -> LetterReceived:
    return LetterReceived(letter_id=UUID(int=number), peer="west", epoch=epoch, number=number, **SAID)


def written(name: str, data: dict[str, Any], *, version: int = 1) -> WrittenLetter:
    return WrittenLetter(
        letter_id=UUID(int=1), number=1, thread_id=THREAD, name=name, version=version, data=data
    )


def test_what_we_do_not_know_of_a_letter_is_not_kept() -> None:
    said = {"loan_id": str(THREAD), "minutes": 60}
    assert as_known(written("MinutesReport", {**said, "note": "Hanna was ziek"})).data == said


def test_a_letter_that_we_do_not_know_waits_as_it_is() -> None:
    for later in (written("HouseSwap", {"rooms": 4}), written("MinutesReport", {"hours": 1}, version=2)):
        assert as_known(later) == later


@pytest.mark.parametrize(
    "data", [{"loan_id": str(THREAD), "minutes": -5}, {"loan_id": str(UUID(int=9)), "minutes": 60}]
)
def test_a_letter_that_is_not_in_form_or_about_something_else_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="malformed"):
        as_known(written("MinutesReport", data))


def take(number: int, letter_id: int | None = None, epoch: int = 1) -> TakeLetter:
    return TakeLetter(
        letter_id=UUID(int=letter_id or number), peer="west", epoch=epoch, number=number, **SAID
    )


def orphan(number: int) -> OrphanedLetter:
    return OrphanedLetter(letter_id=UUID(int=number), thread_id=THREAD, number=number, name="TransferOffer")


def orphaned(number: int, written_by: str) -> LetterOrphaned:
    return LetterOrphaned(
        orphan_id=UUID(int=number),
        thread_id=THREAD,
        peer="west",
        written_by=written_by,
        number=number,
        name="TransferOffer",
    )


# Who takes part


def test_who_is_on_the_list_has_joined() -> None:
    given().when(LearnDirectory(serial=2, regions=(neighbour(),))).then(learned(2), joined())


def test_an_older_list_changes_nothing_whoever_gives_it() -> None:
    """An empty hub that takes the place of ours begins at one again."""
    known = given(learned(5), joined())
    known.when(LearnDirectory(serial=5, regions=(neighbour(left=True),))).then_nothing()
    known.when(LearnDirectory(serial=1, regions=())).then_nothing()


def test_who_is_not_named_any_more_stays_as_it_was() -> None:
    given(learned(5), joined()).when(LearnDirectory(serial=6, regions=())).then(learned(6))


def test_new_keys_and_leaving_are_taken_over_and_the_same_again_is_not() -> None:
    known = given(learned(1), joined())
    known.when(LearnDirectory(serial=2, regions=(neighbour(),))).then(learned(2))
    known.when(LearnDirectory(serial=2, regions=(neighbour(signing_key="s2"),))).then(
        learned(2), joined("s2")
    )
    known.when(LearnDirectory(serial=2, regions=(neighbour(left=True),))).then(learned(2), LEFT)


def test_who_left_before_we_knew_them_is_not_known() -> None:
    given().when(LearnDirectory(serial=2, regions=(neighbour(left=True),))).then(learned(2))


def test_who_left_may_join_again() -> None:
    given(joined(), LEFT).when(LearnDirectory(serial=9, regions=(neighbour(),))).then(learned(9), joined())


def test_up_and_away_are_told_once() -> None:
    up = NoteUp(peer="west", release="1")
    given(joined()).when(up).then(REACHED)
    given(joined(), REACHED).when(up).then_nothing()
    given(joined(), REACHED).when(NoteUp(peer="west", release="2")).then(
        PeerReached(peer_id=WEST, peer="west", release="2")
    )
    given(joined(), REACHED).when(NoteAway(peer="west")).then(PeerMissed(peer_id=WEST, peer="west"))
    given(joined()).when(NoteAway(peer="west")).then_nothing()
    given(joined(), LEFT).when(up).then_nothing()


# What we write


def test_letters_to_a_peer_are_numbered_without_a_gap() -> None:
    written = LetterQueued(letter_id=COMMAND_ID, peer="west", number=1, **SAID)
    given(joined()).when(QueueLetter(peer="west", **SAID)).then(written)
    given(joined(), queued(1), queued(2)).when(QueueLetter(peer="west", **SAID)).then(
        written.model_copy(update={"number": 3})
    )


def test_what_is_written_to_who_is_not_there_yet_waits_and_joining_keeps_the_count() -> None:
    waits = given(queued(1), joined())
    assert waits.now(PEER, WEST).queued == 1
    assert waits.now(PEER, WEST).status == "joined"
    given(queued(1)).when(QueueLetter(peer="west", **SAID)).then(
        LetterQueued(letter_id=COMMAND_ID, peer="west", number=2, **SAID)
    )


def test_how_far_the_peer_is_may_also_go_back() -> None:
    known = given(joined(), queued(1), queued(2), delivered(2))
    known.when(NoteTaken(peer="west", epoch=1, number=1)).then(delivered(1))
    known.when(NoteTaken(peer="west", epoch=1, number=2)).then_nothing()
    known.when(NoteTaken(peer="west", epoch=2, number=1)).then_nothing()


# What they write


def test_a_letter_is_taken_when_it_is_next() -> None:
    given(joined()).when(take(1)).then(received(1))
    given(joined(), received(1)).when(take(2)).then(received(2))


def test_a_letter_that_came_before_only_moves_the_mark() -> None:
    forked = PeerForked(peer_id=WEST, peer="west", epoch=2, base=1)
    again = LetterRepeated(peer_id=WEST, peer="west", epoch=2, number=2, letter_id=UUID(int=3))
    before = (joined(), received(1), received(2), received(3), forked)
    given(*before).when(take(2, letter_id=3, epoch=2)).then(again)
    given(*before, orphaned(3, "west")).when(take(2, letter_id=3, epoch=2)).then(
        again, OrphanSolved(orphan_id=UUID(int=3), peer="west")
    )
    after = given(*before, again)
    assert (after.now(PEER, WEST).heard_epoch, after.now(PEER, WEST).heard) == (2, 2)


# After a restore


def test_we_forgot_what_the_peer_holds_and_begin_a_new_epoch_there() -> None:
    opened = EpochOpened(peer_id=WEST, peer="west", epoch=2, base=2)
    lost = OpenEpoch(region="oost", peer="west", epoch=2, base=2, orphans=(orphan(3),))
    known = given(joined(), queued(1), queued(2), delivered(2))
    known.when(lost).then(opened, orphaned(3, "oost"))
    given(joined(), queued(1), queued(2), opened).when(lost).then_nothing()


def test_what_we_forgot_and_write_again_needs_nobodys_look() -> None:
    forgot = (joined(), EpochOpened(peer_id=WEST, peer="west", epoch=2, base=0))
    lost = orphaned(1, "oost").model_copy(update={"orphan_id": COMMAND_ID})
    given(*forgot, lost).when(QueueLetter(peer="west", **SAID)).then(
        LetterQueued(letter_id=COMMAND_ID, peer="west", number=1, **SAID),
        OrphanSolved(orphan_id=COMMAND_ID, peer="west"),
    )
    solved = given(*forgot, lost, OrphanSolved(orphan_id=COMMAND_ID, peer="west"))
    assert solved.now(ORPHAN, COMMAND_ID).solved


def test_what_people_looked_at_waits_no_more_and_is_not_looked_at_twice() -> None:
    both = SettleOrphans(thread_id=THREAD, orphan_ids=(UUID(int=2), UUID(int=3)))
    two, three = (OrphanSettled(orphan_id=UUID(int=n), peer="west") for n in (2, 3))
    known = (joined(), received(1), received(2), orphaned(2, "west"), orphaned(3, "oost"))
    given(*known).when(both).then(two, three)
    given(*known, OrphanSolved(orphan_id=UUID(int=2), peer="west")).when(both).then(three)
    given(*known, two, three).when(both).refused("nothing_forgotten")
    given(*known).when(SettleOrphans(thread_id=THREAD)).refused("nothing_forgotten")
    # Put back once more, it is forgotten once more.
    assert not given(*known, two, orphaned(2, "west")).now(ORPHAN, UUID(int=2)).solved


def test_the_peer_forgot_and_its_letters_are_listed() -> None:
    known = given(joined(), received(1), received(2), received(3))
    forked = PeerForked(peer_id=WEST, peer="west", epoch=2, base=1)
    known.when(FollowFork(peer="west", epoch=2, base=1, orphans=(orphan(2), orphan(3)))).then(
        forked, orphaned(2, "west"), orphaned(3, "west")
    )
    known.when(FollowFork(peer="west", epoch=1, base=1)).then_nothing()


@pytest.mark.parametrize(
    ("number", "after", "base", "known", "new"),
    [
        (5, 4, 0, True, False),
        (5, 4, 9, False, False),
        (8, 4, 7, False, False),
        (8, 4, 7, True, True),
        (8, 4, 5, False, True),
        (8, 4, 0, True, True),
    ],
    ids=[
        "the next",
        "the next, before an epoch it does not know",
        "the first of an epoch it does not know",
        "a gap in an epoch it knows: it was put back and heard of it with an older letter",
        "a gap before another epoch",
        "a gap",
    ],
)
def test_what_was_handed_back_is_passed_over_in_an_epoch_of_its_own(
    number: int, after: int, base: int, known: bool, new: bool
) -> None:
    assert _needs_epoch(number, after, base, known=known) == new


@pytest.mark.parametrize(
    ("data", "can"),
    [
        ({"kind": "gift", "about": None, "minutes": [60, {"n": 1.5}]}, True),
        ({"reason": "\\u0000 as it is written, and \n"}, True),
        ({"reason": "a\x00b"}, False),
        ({"a\x00": 1}, False),
        ({"more": [{"deep": "\ud800"}]}, False),
    ],
)
def test_a_letter_that_postgresql_would_not_keep_is_no_letter(data: dict[str, Any], can: bool) -> None:
    assert _can_be_kept(data) == can


# A peer that has left


def test_what_waits_for_who_left_is_handed_back_once() -> None:
    letter = HandBack(letter_id=UUID(int=2), number=2, **SAID)
    back = LetterUndeliverable(letter_id=UUID(int=2), peer="west", number=2, **SAID)
    known = (joined(), queued(1), queued(2), delivered(1))
    given(*known, LEFT).when(GiveUpLetter(letter=letter)).then(back)
    given(*known, LEFT, back).when(GiveUpLetter(letter=letter)).then_nothing()
    given(*known).when(GiveUpLetter(letter=letter)).then_nothing()
    given(*known, delivered(2), LEFT).when(GiveUpLetter(letter=letter)).then_nothing()


# What is refused


def test_refused_messages_are_counted_by_peer_and_reason() -> None:
    from uuid import uuid5

    forged = MessagesRefused(peer_id=WEST, peer="west", reason="forged", count=3)
    given(forged).when(NoteRefused(peer="west", reason="forged", count=2)).then(
        forged.model_copy(update={"count": 2})
    )
    assert given(forged, forged).now(REFUSAL, uuid5(WEST, "forged")).count == 6
