"""When someone cannot help for a while, or takes no part any more."""

from datetime import timedelta
from uuid import UUID

import pytest

from contracts.envelope import Command, Event
from contracts.exchange import (
    MatchUnbooked,
    MinutesReported,
    PostOffer,
    ReportMinutes,
    RequestWithdrawn,
    SettleHold,
    SuspendHelper,
)
from contracts.members import GuardianConsentWithdrawn, MemberErased, MemberLeft, MemberPaused
from contracts.participants import LetGo, ParticipantLeft
from contracts.vetting import VogLapsed
from contracts.visits import SeriesEnded, SeriesStarted
from services.exchange.handlers import ERASES, FOLLOWS
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
)

given = exchange.given

OTHER = UUID(int=0x101)
MONEY = but(A_MATCH, match_id=UUID(int=0x201), request_id=OTHER, category="finances", wanted_at=NEXT_WEEK)
# Bram does Anna's garden tomorrow and her money matters next week.
TWO_KINDS = (
    *A_CONFIRMED_MATCH,
    but(asked(request_id=OTHER, category="finances"), wanted_at=NEXT_WEEK),
    MONEY,
    confirmed(MONEY),
)
REPORTED = MinutesReported(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, by="helper", minutes=60)
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
            GuardianConsentWithdrawn(member_id=BRAM),
            SuspendHelper(helper_id=BRAM, reason="consent_withdrawn"),
        ),
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
    assert FOLLOWS[type(event)](event) == [command]


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
    for who in (ANNA, BRAM):
        given(*booked).when(leaves(who)).then(left(who))
    now = given(*booked, left(BRAM), completed()).now(PARTICIPANT, BRAM)
    assert (now.running, now.gone) == ((), True)


def test_what_is_done_or_withdrawn_is_not_ended_again() -> None:
    given(*A_CONFIRMED_MATCH, agreed(), completed()).when(leaves(ANNA)).then(left(ANNA))
    given(*AN_OFFER_AND_A_REQUEST, REQUEST_WITHDRAWN).when(leaves(ANNA)).then(left(ANNA))


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
