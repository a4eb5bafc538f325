"""When someone cannot help for a while, or takes no part any more."""

from datetime import timedelta
from uuid import UUID

import pytest

from contracts.envelope import Command, Event
from contracts.exchange import (
    MatchUnbooked,
    MinutesDiffered,
    MinutesReported,
    OfferWithdrawn,
    PeopleParted,
    PostOffer,
    ReportMinutes,
    RequestWithdrawn,
    SettleHold,
    SuspendHelper,
)
from contracts.households import HouseholdJoined
from contracts.members import (
    CircleChanged,
    ContactDetailsChanged,
    GuardianConsentWithdrawn,
    MemberErased,
    MemberLeft,
    MemberPaused,
)
from contracts.participants import (
    EndAsking,
    EndOffers,
    LetGo,
    NearnessChanged,
    NoteNearness,
    ParticipantLeft,
    PartTooClose,
)
from contracts.vetting import VogLapsed
from contracts.visits import HelperEndPlanned, SeriesEnded, SeriesStarted
from services.exchange.handlers import ERASES, FOLLOWS, SCHEDULES
from services.exchange.help_request import REQUEST as REQUEST_KIND
from services.exchange.participant import PARTICIPANT
from services.kernel.testing import NOW
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_MATCH,
    A_RESERVED_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    CORA,
    MATCH,
    NEXT_WEEK,
    OFFER,
    OFFER_WITHDRAWN,
    REQUEST,
    REQUEST_WITHDRAWN,
    TOMORROW,
    admitted,
    agreed,
    asked,
    but,
    completed,
    confirmed,
    exchange,
    fell_through,
    offered,
)

given = exchange.given

OTHER = UUID(int=0x101)
ON_THE_DAY = TOMORROW - timedelta(hours=1)
MONEY = but(A_MATCH, match_id=UUID(int=0x201), request_id=OTHER, category="finances", wanted_at=NEXT_WEEK)
# Bram does Anna's garden tomorrow and her money matters next week.
TWO_KINDS = (
    *A_CONFIRMED_MATCH,
    but(asked(request_id=OTHER, category="finances"), wanted_at=NEXT_WEEK),
    MONEY,
    confirmed(MONEY),
)
REPORTED = MinutesReported(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, by="helper", minutes=60)
PARTED = PeopleParted(match_id=MATCH, helper_id=BRAM, asker_id=ANNA)
UNBOOKED = MatchUnbooked(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=60)


# For a while


@pytest.mark.parametrize(
    ("event", "command"),
    [
        (
            MemberPaused(member_id=BRAM, until=NEXT_WEEK),
            SuspendHelper(helper_id=BRAM, reason="paused", until=NEXT_WEEK),
        ),
        (MemberPaused(member_id=BRAM), SuspendHelper(helper_id=BRAM, reason="paused")),
        (
            VogLapsed(vog_id=OTHER, member_id=BRAM, category="finances"),
            SuspendHelper(helper_id=BRAM, reason="vog_lapsed", category="finances"),
        ),
        (
            MemberLeft(member_id=BRAM, settle="beneficiary", beneficiary_id=CORA),
            LetGo(member_id=BRAM, settle="beneficiary", beneficiary_id=CORA),
        ),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_members_says_is_taken_over(event: Event, command: Command) -> None:
    assert FOLLOWS[type(event)](event)[:1] == [command]


def test_a_guardian_who_no_longer_agrees_ends_helping_and_asking() -> None:
    withdrawn = GuardianConsentWithdrawn(member_id=ANNA)
    suspend, end = FOLLOWS[GuardianConsentWithdrawn](withdrawn)
    assert suspend == SuspendHelper(helper_id=ANNA, reason="consent_withdrawn")
    assert end == EndAsking(member_id=ANNA)
    given(*A_CONFIRMED_MATCH).when(end).then(fell_through("withdrawn"), REQUEST_WITHDRAWN)
    given(*AN_OFFER_AND_A_REQUEST).when(end).then(REQUEST_WITHDRAWN)
    # What has been done stands, and who never asked anything has nothing that ends.
    given(*A_CONFIRMED_MATCH).when(end, at=NEXT_WEEK).then_nothing()
    given().when(end).then_nothing()


def test_who_is_erased_is_erased_here_too() -> None:
    assert ERASES[MemberErased](MemberErased(member_id=BRAM)) == BRAM


def test_a_vog_that_lapses_ends_help_of_that_kind_alone() -> None:
    lapsed = SuspendHelper(helper_id=BRAM, reason="vog_lapsed", category="finances")
    given(*TWO_KINDS).when(lapsed).then(fell_through("vog_lapsed", of=MONEY))


def test_help_that_was_given_before_the_vog_lapsed_stands() -> None:
    lapsed = SuspendHelper(helper_id=BRAM, reason="vog_lapsed", category="finances")
    given(*TWO_KINDS).when(lapsed, at=NEXT_WEEK).then_nothing()
    given(*TWO_KINDS).when(lapsed, at=NEXT_WEEK - timedelta(seconds=1)).then(
        fell_through("vog_lapsed", of=MONEY)
    )


def test_a_pause_until_a_day_leaves_what_comes_after_it() -> None:
    pause = SuspendHelper(helper_id=BRAM, reason="paused", until=NEXT_WEEK - timedelta(seconds=1))
    given(*TWO_KINDS).when(pause).then(fell_through("paused"))
    longer = pause.model_copy(update={"until": NEXT_WEEK})
    given(*TWO_KINDS).when(longer).then(fell_through("paused"), fell_through("paused", of=MONEY))


def test_a_pause_without_an_end_opens_everything_again() -> None:
    given(*TWO_KINDS).when(SuspendHelper(helper_id=BRAM, reason="consent_withdrawn")).then(
        fell_through("consent_withdrawn"), fell_through("consent_withdrawn", of=MONEY)
    )


def test_nobody_is_told_of_what_was_not_confirmed_yet() -> None:
    given(*A_RESERVED_MATCH).when(SuspendHelper(helper_id=BRAM, reason="paused")).then(
        fell_through("paused", told=False)
    )


UNDATED = but(A_MATCH, wanted_at=None)
WITHOUT_A_DATE = (*AN_OFFER_AND_A_REQUEST[:-1], but(asked(), wanted_at=None), UNDATED, confirmed(UNDATED))


def test_help_without_a_date_is_suspended_unless_someone_said_how_long_it_took() -> None:
    pause = SuspendHelper(helper_id=BRAM, reason="paused", until=NOW + timedelta(days=1))
    given(*WITHOUT_A_DATE).when(pause).then(fell_through("paused", of=UNDATED))
    given(*WITHOUT_A_DATE, REPORTED).when(pause).then_nothing()
    both = (REPORTED, but(REPORTED, by="asker"), agreed(of=UNDATED))
    given(*WITHOUT_A_DATE, *both).when(pause).then_nothing()
    given(*WITHOUT_A_DATE, *both, UNBOOKED).when(pause).then_nothing()


def test_a_helper_who_pauses_may_still_ask() -> None:
    given(*TWO_KINDS).when(SuspendHelper(helper_id=ANNA, reason="paused")).then_nothing()


def test_who_takes_no_part_yet_has_nothing_to_suspend() -> None:
    given().when(SuspendHelper(helper_id=BRAM, reason="paused")).then_nothing()


# Someone turns out to be near


@pytest.mark.parametrize(
    "event",
    [
        CircleChanged(member_id=BRAM),
        ContactDetailsChanged(member_id=BRAM),
        HouseholdJoined(household_id=CORA, member_id=BRAM, shares_balance=False, may_act=False),
    ],
    ids=lambda one: type(one).__name__,
)
def test_who_is_near_may_be_otherwise_and_what_runs_is_looked_at_again(event: Event) -> None:
    (command,) = FOLLOWS[type(event)](event)
    assert command == NoteNearness(member_id=BRAM)
    changed = NearnessChanged(participant_id=BRAM)
    given(*A_CONFIRMED_MATCH).when(command).then(changed)
    (timer,) = SCHEDULES[NearnessChanged](changed, NOW)
    assert (timer.due_at, timer.command) == (NOW, PartTooClose(member_id=BRAM))


def test_of_who_has_nothing_running_nothing_is_looked_at() -> None:
    given(admitted(BRAM)).when(NoteNearness(member_id=BRAM)).then_nothing()
    given().when(NoteNearness(member_id=BRAM)).then_nothing()
    given(*A_CONFIRMED_MATCH, fell_through("left"), left(BRAM)).when(
        NoteNearness(member_id=BRAM)
    ).then_nothing()


def test_help_by_who_has_come_too_close_needs_someone_else_and_no_reason_tells_why() -> None:
    too_close = PartTooClose(member_id=ANNA, match_ids=(MONEY.match_id,))
    given(*TWO_KINDS).when(too_close).then(fell_through("cancelled", of=MONEY))
    assert given(*TWO_KINDS, fell_through("cancelled", of=MONEY)).now(REQUEST_KIND, OTHER).status == "open"


def test_a_series_does_not_stay_with_who_came_too_close() -> None:
    too_close = PartTooClose(member_id=ANNA, series_ids=(SERIES,))
    stops = HelperEndPlanned(series_id=SERIES, helper_id=BRAM, helper_last_day=NOW.date())
    given(*A_SERIES).when(too_close).then(stops)
    given(*A_SERIES, stops).when(too_close).then_nothing()
    given(*A_SERIES, ENDED).when(too_close).then_nothing()


def test_between_two_visits_of_a_series_it_is_looked_at_too() -> None:
    for who in (ANNA, BRAM):
        given(admitted(ANNA), admitted(BRAM), A_SERIES[-1]).when(NoteNearness(member_id=who)).then(
            NearnessChanged(participant_id=who)
        )


def test_what_changes_for_one_of_a_household_is_looked_at_for_all_of_them() -> None:
    household = UUID(int=0xDD)
    joined = [
        HouseholdJoined(household_id=household, member_id=who, shares_balance=False, may_act=False)
        for who in (ANNA, CORA)
    ]
    account = but(admitted(household), kind="household")
    happened = (*A_CONFIRMED_MATCH, admitted(CORA), account, *joined)
    given(*happened).when(NoteNearness(member_id=CORA)).then(NearnessChanged(participant_id=ANNA))


def test_help_they_gave_before_they_came_too_close_stands() -> None:
    both = PartTooClose(member_id=ANNA, match_ids=(MATCH, MONEY.match_id))
    given(*TWO_KINDS).when(both, at=TOMORROW).then(fell_through("cancelled", of=MONEY))
    given(*TWO_KINDS, REPORTED).when(both, at=ON_THE_DAY).then(fell_through("cancelled", of=MONEY))
    given(*TWO_KINDS, fell_through("paused", of=MONEY)).when(both, at=TOMORROW).then_nothing()


# For good


def leaves(who: UUID) -> LetGo:
    return LetGo(member_id=who, settle="write_off")


def left(who: UUID) -> ParticipantLeft:
    return ParticipantLeft(participant_id=who, settle="write_off")


def test_how_their_account_is_settled_is_said_last_of_all() -> None:
    heir = LetGo(member_id=BRAM, settle="beneficiary", beneficiary_id=CORA)
    *_, last = given(*A_CONFIRMED_MATCH).when(heir).events
    assert last == ParticipantLeft(participant_id=BRAM, settle="beneficiary", beneficiary_id=CORA)


def test_help_they_gave_is_open_again() -> None:
    given(*A_CONFIRMED_MATCH).when(leaves(BRAM)).then(fell_through("left"), left(BRAM))
    now = given(*A_CONFIRMED_MATCH, fell_through("left"), left(BRAM))
    assert now.now(REQUEST_KIND, REQUEST).status == "open"
    assert now.now(PARTICIPANT, BRAM).gone


def test_what_they_asked_is_withdrawn() -> None:
    given(*AN_OFFER_AND_A_REQUEST).when(leaves(ANNA)).then(REQUEST_WITHDRAWN, left(ANNA))
    given(*A_CONFIRMED_MATCH).when(leaves(ANNA)).then(fell_through("left"), REQUEST_WITHDRAWN, left(ANNA))
    now = given(*A_CONFIRMED_MATCH, fell_through("left"), REQUEST_WITHDRAWN, left(ANNA))
    assert now.now(REQUEST_KIND, REQUEST).status == "withdrawn"
    assert now.now(PARTICIPANT, ANNA).asks == ()


@pytest.mark.parametrize("who", [ANNA, BRAM], ids=["asker", "helper"])
def test_who_leaves_while_the_ledger_is_asked_for_a_hold_gets_none(who: UUID) -> None:
    *events, _ = given(*A_RESERVED_MATCH).when(leaves(who)).events
    assert events[0] == fell_through("left", told=False)
    given(*A_RESERVED_MATCH, *events, left(who)).when(SettleHold(match_id=MATCH, placed=True)).then_nothing()


def test_a_request_that_waited_for_an_offer_is_withdrawn() -> None:
    draft = but(asked(), draft=True)
    given(admitted(ANNA), draft).when(leaves(ANNA)).then(REQUEST_WITHDRAWN, left(ANNA))
    assert given(admitted(ANNA), draft, REQUEST_WITHDRAWN, left(ANNA)).now(PARTICIPANT, ANNA).drafts == ()


def test_help_that_both_agreed_on_is_still_booked() -> None:
    booked = (*A_CONFIRMED_MATCH, agreed())
    given(*booked).when(leaves(ANNA)).then(PARTED, REQUEST_WITHDRAWN, left(ANNA))
    given(*booked).when(leaves(BRAM)).then(PARTED, left(BRAM))
    after = given(*booked, PARTED, REQUEST_WITHDRAWN, left(ANNA), completed())
    assert after.now(REQUEST_KIND, REQUEST).status == "done"
    now = given(*booked, left(BRAM), completed()).now(PARTICIPANT, BRAM)
    assert (now.running, now.gone) == ((), True)


def test_what_was_reported_counts_when_the_other_leaves_and_is_booked_before_they_are_settled() -> None:
    given(*A_CONFIRMED_MATCH, REPORTED).when(leaves(ANNA), at=ON_THE_DAY).then(
        PARTED, agreed(60), REQUEST_WITHDRAWN, left(ANNA)
    )
    asker = but(REPORTED, by="asker", minutes=600)
    # No more than was planned: who is gone cannot say that it took longer.
    given(*A_CONFIRMED_MATCH, asker).when(leaves(BRAM), at=ON_THE_DAY).then(PARTED, agreed(90), left(BRAM))


def test_what_someone_reported_of_a_visit_that_is_still_to_come_books_nothing_when_they_leave() -> None:
    given(*A_CONFIRMED_MATCH, REPORTED).when(leaves(ANNA)).then(
        fell_through("left"), REQUEST_WITHDRAWN, left(ANNA)
    )
    given(*A_CONFIRMED_MATCH, REPORTED).when(leaves(BRAM)).then(fell_through("left"), left(BRAM))


def test_who_is_still_here_has_their_say_first() -> None:
    given(*A_CONFIRMED_MATCH, REPORTED).when(leaves(BRAM), at=ON_THE_DAY).then(PARTED, left(BRAM))
    given(*A_CONFIRMED_MATCH).when(leaves(BRAM), at=TOMORROW).then(PARTED, left(BRAM))
    given(*A_CONFIRMED_MATCH).when(leaves(ANNA), at=TOMORROW).then(PARTED, REQUEST_WITHDRAWN, left(ANNA))


def test_when_nobody_is_left_to_say_it_what_was_said_counts_and_otherwise_nothing_is_booked() -> None:
    reported = (*A_CONFIRMED_MATCH, REPORTED, PARTED, left(BRAM))
    given(*reported).when(leaves(ANNA), at=ON_THE_DAY).then(agreed(60), REQUEST_WITHDRAWN, left(ANNA))
    silent = (*A_CONFIRMED_MATCH, PARTED, left(BRAM))
    given(*silent).when(leaves(ANNA), at=TOMORROW).then(fell_through("left"), REQUEST_WITHDRAWN, left(ANNA))


@pytest.mark.parametrize("who", [ANNA, BRAM], ids=["asker", "helper"])
def test_what_differs_or_could_not_be_booked_stays_for_a_coordinator(who: UUID) -> None:
    differ = (
        REPORTED,
        but(REPORTED, by="asker", minutes=90),
        MinutesDiffered(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, helper_minutes=60, asker_minutes=90),
    )
    unbooked = (REPORTED, but(REPORTED, by="asker"), agreed(), UNBOOKED)
    withdrawn = (REQUEST_WITHDRAWN,) if who == ANNA else ()
    for happened in (differ, unbooked):
        given(*A_CONFIRMED_MATCH, *happened).when(leaves(who)).then(PARTED, *withdrawn, left(who))
        given(*A_CONFIRMED_MATCH, *happened, PARTED, left(ANNA if who == BRAM else BRAM)).when(
            leaves(who)
        ).then(*withdrawn, left(who))


def test_when_it_is_called_off_after_all_nobody_is_sought_for_who_left() -> None:
    happened = (*A_CONFIRMED_MATCH, REPORTED, PARTED, REQUEST_WITHDRAWN, left(ANNA))
    assert given(*happened, fell_through()).now(REQUEST_KIND, REQUEST).status == "withdrawn"


def test_what_is_done_or_withdrawn_is_not_ended_again() -> None:
    given(*A_CONFIRMED_MATCH, agreed(), completed()).when(leaves(ANNA)).then(left(ANNA))
    given(*AN_OFFER_AND_A_REQUEST, REQUEST_WITHDRAWN).when(leaves(ANNA)).then(left(ANNA))


# What they offered


def test_what_someone_offered_is_withdrawn_after_they_left() -> None:
    (timer,) = SCHEDULES[ParticipantLeft](left(BRAM), NOW)
    assert (timer.due_at, timer.command) == (NOW, EndOffers(member_id=BRAM))
    other = offered(BRAM, offer_id=UUID(int=0x8F))
    happened = (*AN_OFFER_AND_A_REQUEST, other, OFFER_WITHDRAWN, left(BRAM))
    command = EndOffers(member_id=BRAM, offer_ids=(OFFER, other.offer_id))
    # The one that was withdrawn before is not withdrawn again.
    given(*happened).when(command).then(OfferWithdrawn(offer_id=other.offer_id, member_id=BRAM))
    assert given(*happened).when(EndOffers(member_id=BRAM)).events == ()


SERIES = REQUEST
VISIT = but(A_MATCH, series_id=SERIES)
A_SERIES = (
    *AN_OFFER_AND_A_REQUEST[:-1],
    but(asked(), recurrence="FREQ=MONTHLY"),
    VISIT,
    confirmed(VISIT),
    SeriesStarted(
        series_id=SERIES,
        offer_id=VISIT.offer_id,
        helper_id=BRAM,
        asker_id=ANNA,
        category="gardening",
        minutes=90,
        recurrence="FREQ=MONTHLY",
        starts_at=TOMORROW,
    ),
)
ENDED = SeriesEnded(series_id=SERIES, helper_id=BRAM, asker_id=ANNA, reason="left")


def test_a_series_of_who_is_helped_ends_once_however_many_visits_are_planned() -> None:
    other = but(asked(request_id=OTHER), series_id=SERIES, wanted_at=NEXT_WEEK)
    given(*A_SERIES, other).when(leaves(ANNA)).then(
        fell_through("left", of=VISIT),
        REQUEST_WITHDRAWN,
        RequestWithdrawn(request_id=OTHER, member_id=ANNA),
        ENDED,
        left(ANNA),
    )


def test_a_series_between_two_visits_ends_too() -> None:
    given(*A_SERIES, completed(of=VISIT)).when(leaves(ANNA)).then(ENDED, left(ANNA))


def test_a_series_goes_on_when_its_helper_leaves_and_its_visits_are_open_again() -> None:
    given(*A_SERIES).when(leaves(BRAM)).then(fell_through("left", of=VISIT), left(BRAM))


def test_someone_leaves_once_and_who_was_never_here_not_at_all() -> None:
    given(*A_CONFIRMED_MATCH, fell_through("left"), left(BRAM)).when(leaves(BRAM)).then_nothing()
    given().when(leaves(BRAM)).then_nothing()


def test_who_left_begins_nothing_new() -> None:
    gone = given(*AN_OFFER_AND_A_REQUEST, left(BRAM))
    gone.when(PostOffer(member_id=BRAM, category="dog")).refused("left")


def test_minutes_of_help_before_someone_left_can_still_be_settled() -> None:
    happened = (*A_CONFIRMED_MATCH, agreed(), UNBOOKED, left(BRAM))
    assert given(*happened).when(ReportMinutes(match_id=MATCH, member_id=ANNA, minutes=30)).events
