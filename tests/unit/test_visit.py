"""One visit: skipped, moved, missed, and thanked for."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.exchange import CancelMatch, MatchUnbooked
from contracts.members import MemberPaused, MemberRegistered
from contracts.participants import ParticipantCapacityChanged, ParticipantLeft
from contracts.vetting import VogRecorded
from contracts.visits import (
    HelperThanked,
    MoveVisit,
    NoShowNoted,
    NoteNoShow,
    SayThanks,
    SkipVisit,
    VisitMoved,
)
from services.exchange.help_request import REQUEST as REQUEST_KIND
from services.exchange.match import MATCH as KIND
from services.exchange.participant import PARTICIPANT
from services.kernel.testing import COORDINATOR, NOW
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_MATCH,
    A_RESERVED_MATCH,
    ANNA,
    BRAM,
    CORA,
    ELSEWHERE,
    MATCH,
    NEXT_WEEK,
    REQUEST,
    REQUEST_WITHDRAWN,
    TOMORROW,
    admitted,
    agreed,
    as_member,
    asked,
    but,
    completed,
    confirmed,
    exchange,
    fell_through,
    offered,
    reserved,
)

given = exchange.given

SERIES = UUID(int=0x4F)
A_VISIT = but(A_MATCH, series_id=SERIES)
A_CONFIRMED_VISIT = (
    admitted(ANNA, number=1041),
    admitted(BRAM),
    offered(),
    but(asked(), series_id=SERIES),
    A_VISIT,
    confirmed(A_VISIT),
)
AGREED = (*A_CONFIRMED_MATCH, agreed())


# Skipping


@pytest.mark.parametrize("who", [ANNA, BRAM], ids=["asker", "helper"])
def test_a_visit_is_skipped_by_either_of_them_and_nobody_else_is_sought(who: UUID) -> None:
    skip = SkipVisit(match_id=MATCH, member_id=who)
    given(*A_CONFIRMED_VISIT).when(skip, by=as_member(who)).then(
        fell_through("skipped", of=A_VISIT), REQUEST_WITHDRAWN
    )


def test_what_was_asked_once_is_called_off_and_not_skipped() -> None:
    given(*A_CONFIRMED_MATCH).when(SkipVisit(match_id=MATCH)).refused("no_series")


def test_a_helper_who_cannot_come_leaves_the_visit_open_for_someone_else() -> None:
    cannot = CancelMatch(match_id=MATCH, member_id=BRAM)
    given(*A_CONFIRMED_VISIT).when(cannot, by=as_member(BRAM)).then(
        fell_through("helper_withdrew", of=A_VISIT)
    )
    left = given(*A_CONFIRMED_VISIT, fell_through("helper_withdrew", of=A_VISIT)).now(REQUEST_KIND, REQUEST)
    assert (left.status, left.series_id, left.match_id) == ("open", SERIES, None)


@pytest.mark.parametrize(
    "command",
    [
        SkipVisit(match_id=MATCH, member_id=CORA),
        MoveVisit(match_id=MATCH, member_id=CORA, wanted_at=NEXT_WEEK),
        NoteNoShow(match_id=MATCH, member_id=CORA, who="helper"),
        SayThanks(match_id=MATCH, member_id=CORA, helper_id=BRAM),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_visit_is_nobody_elses_affair(command: SkipVisit) -> None:
    given(*A_CONFIRMED_VISIT).when(command, by=as_member(CORA)).refused("not_yours")


@pytest.mark.parametrize(
    "command",
    [
        SkipVisit(match_id=MATCH),
        MoveVisit(match_id=MATCH, wanted_at=NEXT_WEEK),
        NoteNoShow(match_id=MATCH, who="helper"),
        SayThanks(match_id=MATCH, member_id=ANNA, helper_id=BRAM),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_coordinator_of_elsewhere_leaves_it_alone(command: SkipVisit) -> None:
    given(*A_CONFIRMED_VISIT).when(command, by=ELSEWHERE).refused("other_area")


@pytest.mark.parametrize(
    "command",
    [
        SkipVisit(match_id=MATCH),
        MoveVisit(match_id=MATCH, wanted_at=NEXT_WEEK),
        NoteNoShow(match_id=MATCH, who="helper"),
    ],
    ids=lambda one: type(one).__name__,
)
@pytest.mark.parametrize(
    "happened",
    [AGREED, (*A_CONFIRMED_MATCH, fell_through())],
    ids=["agreed", "over"],
)
def test_only_a_visit_that_stands_is_skipped_moved_or_missed(
    happened: tuple[Event, ...], command: SkipVisit
) -> None:
    given(*happened).when(command).refused("not_confirmed")
    no = given(*A_RESERVED_MATCH).when(command).refused("being_confirmed")
    assert "over een ogenblik" in no.nl


# From its moment on it counts as given


SERIES_VISIT = but(A_MATCH, series_id=REQUEST)
A_VISIT_OF_A_SERIES = (*A_RESERVED_MATCH[:-1], SERIES_VISIT, confirmed(SERIES_VISIT))


@pytest.mark.parametrize("who", [ANNA, BRAM], ids=["asker", "helper"])
def test_after_its_moment_neither_of_them_makes_help_undone(who: UUID) -> None:
    days_after = TOMORROW + timedelta(days=3)
    for command in (
        CancelMatch(match_id=MATCH, member_id=who),
        SkipVisit(match_id=MATCH, member_id=who),
        moves(days_after + timedelta(days=7), who),
    ):
        before = given(*A_VISIT_OF_A_SERIES)
        for at in (TOMORROW, days_after):
            no = before.when(command, by=as_member(who), at=at).refused("already_given")
            assert "Geef op hoe lang de hulp duurde" in no.nl
            # A coordinator who is one of the two undoes nothing of their own.
            themselves = COORDINATOR.model_copy(update={"member_id": who})
            before.when(command, by=themselves, at=at).refused("already_given")
    for said in (CancelMatch(match_id=MATCH, member_id=who), SkipVisit(match_id=MATCH, member_id=who)):
        assert given(*A_VISIT_OF_A_SERIES).when(said, by=as_member(who)).events


def test_a_coordinator_calls_off_what_turns_out_not_to_have_been_and_moves_nothing_that_has() -> None:
    before = given(*A_CONFIRMED_MATCH)
    before.when(CancelMatch(match_id=MATCH), at=AFTER).then(fell_through())
    before.when(moves(), at=AFTER).refused("already_given")


def test_help_without_a_date_may_be_called_off_until_someone_says_how_long_it_took() -> None:
    cancel = CancelMatch(match_id=MATCH, member_id=ANNA)
    given(*WITHOUT_A_DATE).when(cancel, by=as_member(ANNA), at=AFTER).then(
        fell_through(of=but(A_MATCH, wanted_at=None))
    )


# Moving


def moved(to: object = NEXT_WEEK, *, of: Event = A_MATCH, from_at: object = TOMORROW) -> VisitMoved:
    return VisitMoved.model_validate({**of.model_dump(), "from_at": from_at, "wanted_at": to})


def moves(to: object = NEXT_WEEK, who: UUID | None = None) -> MoveVisit:
    return MoveVisit.model_validate({"match_id": MATCH, "member_id": who, "wanted_at": to})


@pytest.mark.parametrize("who", [ANNA, BRAM, None], ids=["asker", "helper", "coordinator"])
def test_a_visit_moves_with_the_same_helper(who: UUID | None) -> None:
    given(*A_CONFIRMED_MATCH).when(moves(who=who)).then(moved())


def test_match_and_request_are_at_the_new_time() -> None:
    now = given(*A_CONFIRMED_MATCH, moved())
    assert now.now(KIND, MATCH).wanted_at == now.now(REQUEST_KIND, REQUEST).wanted_at == NEXT_WEEK
    assert now.now(KIND, MATCH).status == "confirmed"


def test_a_visit_that_stays_where_it_is_has_not_moved() -> None:
    given(*A_CONFIRMED_MATCH).when(moves(TOMORROW)).then_nothing()


@pytest.mark.parametrize("to", [NOW, NOW - timedelta(days=1)], ids=["now", "yesterday"])
def test_a_visit_moves_to_a_time_that_is_still_to_come(to: object) -> None:
    given(*A_CONFIRMED_MATCH).when(moves(to)).refused("in_the_past")


def busy(minutes: int, at: object) -> tuple[Event, Event]:
    """Bram helps Cora too."""
    request_id = UUID(int=0x101)
    match = but(
        reserved(match_id=UUID(int=0x201), request_id=request_id, minutes=minutes),
        asker_id=CORA,
        wanted_at=at,
    )
    return but(asked(CORA, request_id=request_id), wanted_at=at), match


@pytest.mark.parametrize(("minutes", "fit"), [(150, True), (151, False)])
def test_in_another_week_there_must_be_room_for_it(minutes: int, fit: bool) -> None:
    outcome = given(admitted(CORA), *A_CONFIRMED_MATCH, *busy(minutes, NEXT_WEEK)).when(moves())
    outcome.then(moved()) if fit else outcome.refused("no_capacity")


def test_within_a_week_its_minutes_are_not_counted_twice() -> None:
    in_two_days = TOMORROW + timedelta(days=1)
    full = given(admitted(CORA), *A_CONFIRMED_MATCH, *busy(150, TOMORROW))
    full.when(moves(in_two_days)).then(moved(in_two_days))


def test_within_a_week_also_who_wants_to_help_less_by_now_may_move_a_visit() -> None:
    in_two_days = TOMORROW + timedelta(days=1)
    less = ParticipantCapacityChanged(participant_id=BRAM, capacity_minutes_week=30)
    given(*A_CONFIRMED_MATCH, less).when(moves(in_two_days)).then(moved(in_two_days))
    given(*A_CONFIRMED_MATCH, less).when(moves()).refused("no_capacity")


UNDATED = but(A_MATCH, wanted_at=None)
WITHOUT_A_DATE = (
    admitted(ANNA),
    admitted(BRAM),
    but(asked(), wanted_at=None),
    offered(),
    UNDATED,
    confirmed(UNDATED),
)


@pytest.mark.parametrize(("minutes", "fit"), [(150, True), (151, False)])
def test_help_without_a_date_gets_one_in_a_week_with_room(minutes: int, fit: bool) -> None:
    outcome = given(admitted(CORA), *WITHOUT_A_DATE, *busy(minutes, NEXT_WEEK)).when(moves())
    outcome.then(moved(from_at=None)) if fit else outcome.refused("no_capacity")


def test_help_that_got_a_date_no_longer_counts_in_every_week() -> None:
    assert given(*WITHOUT_A_DATE).now(PARTICIPANT, BRAM).undated_minutes == 90
    dated = moved(from_at=None)
    assert given(*WITHOUT_A_DATE, dated).now(PARTICIPANT, BRAM).undated_minutes == 0
    over = fell_through(of=but(A_MATCH, wanted_at=NEXT_WEEK))
    assert given(*WITHOUT_A_DATE, dated, over).now(PARTICIPANT, BRAM).undated_minutes == 0


MONEY = but(A_MATCH, category="finances")
HELP_WITH_MONEY = (
    admitted(ANNA),
    admitted(BRAM),
    offered(category="finances"),
    asked(category="finances"),
    MONEY,
    confirmed(MONEY),
)


@pytest.mark.parametrize(("days", "fit"), [(0, True), (-1, False)])
def test_a_visit_that_needs_a_vog_moves_to_a_day_on_which_there_is_one(days: int, fit: bool) -> None:
    until: date = NEXT_WEEK.date() + timedelta(days=days)
    seen = VogRecorded(vog_id=UUID(int=0xE1), member_id=BRAM, category="finances", valid_until=until)
    outcome = given(*HELP_WITH_MONEY, seen).when(moves())
    outcome.then(moved(of=MONEY)) if fit else outcome.refused("no_vog")


def test_a_visit_does_not_move_into_a_pause() -> None:
    registered = MemberRegistered(member_id=BRAM, number=1042, pc4="3512", capacity_minutes_week=240)
    pause = MemberPaused(member_id=BRAM, until=TOMORROW + timedelta(days=1))
    before = given(registered, *A_CONFIRMED_MATCH, pause)
    before.when(moves(TOMORROW + timedelta(hours=3))).refused("paused")
    before.when(moves()).then(moved())


def test_a_visit_does_not_move_with_a_helper_who_left() -> None:
    given(*A_CONFIRMED_MATCH, ParticipantLeft(participant_id=BRAM, settle="pool")).when(moves()).refused(
        "left"
    )


# Someone was not there


AFTER = TOMORROW + timedelta(hours=2)


def missing(who: str, by: UUID | None = None) -> NoteNoShow:
    return NoteNoShow.model_validate({"match_id": MATCH, "member_id": by, "who": who})


def noted(who: str) -> NoShowNoted:
    return NoShowNoted.model_validate({"match_id": MATCH, "helper_id": BRAM, "asker_id": ANNA, "who": who})


@pytest.mark.parametrize("by", [ANNA, None], ids=["asker", "coordinator"])
def test_when_the_helper_was_not_there_someone_else_is_sought(by: UUID | None) -> None:
    given(*A_CONFIRMED_MATCH).when(missing("helper", by), at=AFTER).then(
        noted("helper"), fell_through("no_show")
    )


@pytest.mark.parametrize("by", [BRAM, None], ids=["helper", "coordinator"])
def test_when_the_asker_was_not_there_nobody_else_is_sought(by: UUID | None) -> None:
    given(*A_CONFIRMED_MATCH).when(missing("asker", by), at=AFTER).then(
        noted("asker"), fell_through("asker_absent"), REQUEST_WITHDRAWN
    )


@pytest.mark.parametrize(("who", "by"), [("helper", BRAM), ("asker", ANNA)])
def test_nobody_says_it_of_themselves(who: str, by: UUID) -> None:
    before = given(*A_CONFIRMED_MATCH)
    no = before.when(missing(who, by), by=as_member(by), at=AFTER).refused("not_about_oneself")
    # By then it cannot be called off any more.
    assert "Bel uw buurtcoördinator" in no.nl
    early = before.when(missing(who, by), by=as_member(by)).refused("not_yet")
    assert "zeg de afspraak af" in early.nl


def test_it_is_said_from_the_time_of_the_visit_on() -> None:
    before = given(*A_CONFIRMED_MATCH)
    before.when(missing("helper"), at=TOMORROW - timedelta(seconds=1)).refused("not_yet")
    assert before.when(missing("helper"), at=TOMORROW).events
    assert given(*WITHOUT_A_DATE).when(missing("helper")).events


def test_nobody_is_rated_by_it() -> None:
    happened = (*A_CONFIRMED_MATCH, noted("helper"), fell_through("no_show"))
    missed, called_off = (
        given(*events).now(PARTICIPANT, BRAM) for events in (happened, (*A_CONFIRMED_MATCH, fell_through()))
    )
    assert missed == called_off


# Thanks


def thanks(who: UUID = ANNA) -> SayThanks:
    return SayThanks(match_id=MATCH, member_id=who, helper_id=BRAM, text="Wat een mooie heg!")


THANKED = HelperThanked(match_id=MATCH, helper_id=BRAM, asker_id=ANNA)
DONE = (*AGREED, completed())


@pytest.mark.parametrize("happened", [AGREED, DONE], ids=["agreed", "completed"])
def test_who_was_helped_says_thanks_afterwards(happened: tuple[Event, ...]) -> None:
    given(*happened).when(thanks(), by=as_member(ANNA)).then(THANKED)
    given(*happened).when(thanks()).then(THANKED)


def test_the_words_go_to_the_vault_for_both_and_not_into_the_event() -> None:
    (entry,) = thanks().vault(MATCH)
    assert (entry.entity, entry.entity_id, entry.person_id, entry.other_id) == ("thanks", MATCH, ANNA, BRAM)
    assert "heg" not in THANKED.model_dump_json()


def test_thanks_are_said_once_so_that_the_words_stay_what_they_were() -> None:
    assert given(*DONE, THANKED).now(KIND, MATCH).thanked
    given(*DONE, THANKED).when(thanks()).refused("already_thanked")


def test_the_helper_does_not_thank_themselves() -> None:
    given(*DONE).when(thanks(BRAM), by=as_member(BRAM)).refused("not_yours")


UNBOOKED = MatchUnbooked(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60)


@pytest.mark.parametrize(
    "happened",
    [A_CONFIRMED_MATCH, (*A_CONFIRMED_MATCH, fell_through()), (*AGREED, UNBOOKED)],
    ids=["confirmed", "over", "unbooked"],
)
def test_thanks_come_after_the_help(happened: tuple[Event, ...]) -> None:
    given(*happened).when(thanks()).refused("not_done_yet")
