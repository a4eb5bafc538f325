"""Whether a helper may do this, now: each hard rule, its words, and the last case that still fits."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from contracts.envelope import Event
from contracts.exchange import MatchConfirmed, MatchReserved, ReserveMatch
from contracts.members import (
    AgeBandReached,
    GuardianConsentGiven,
    GuardianConsentWithdrawn,
    MemberPaused,
    MemberRegistered,
    MemberResumed,
)
from contracts.participants import ParticipantCapacityChanged, ParticipantLeft
from contracts.policy import AgeBand
from contracts.safety import IncidentClosed, IncidentReported
from contracts.vetting import VogLapsed, VogRecorded
from contracts.visits import HelperEndPlanned, MoveVisit, PlanVisit, SeriesStarted, VisitMoved
from services.exchange.incident import pair_id
from services.kernel.testing import NOW, Outcome
from tests.unit.neighbours import (
    ANNA,
    BRAM,
    CORA,
    LAST_WEEK,
    NEXT_WEEK,
    OFFER,
    REQUEST,
    TOMORROW,
    admitted,
    asked,
    but,
    completed,
    exchange,
    fell_through,
    offered,
    policy,
    reserved,
)

given = exchange.given

OTHER, OLD = UUID(int=0x5F), UUID(int=0xE1)
RESERVE = ReserveMatch(request_id=REQUEST, offer_id=OFFER, too_close=False)
NEIGHBOURS = (admitted(ANNA, number=1041), admitted(CORA, number=1043))
REGISTERED = MemberRegistered(member_id=BRAM, number=1042, pc4="3512", capacity_minutes_week=240)


def chosen(
    *happened: Event, helper: Event | None = None, wants: Event | None = None, category: str = "gardening"
) -> Outcome:
    """What is said when a coordinator chooses Bram, who wants 240 minutes, for 90 minutes tomorrow."""
    bram = helper or admitted(BRAM)
    wanted = wants or asked(category=category)
    return given(*NEIGHBOURS, bram, *happened, offered(category=category), wanted).when(RESERVE)


def helping(
    minutes: int = 90, *, n: int = 1, at: datetime | None = TOMORROW, series_id: UUID | None = None
) -> tuple[Event, MatchReserved]:
    """Bram helps Cora with something else."""
    request_id, match_id = UUID(int=0x100 + n), UUID(int=0x200 + n)
    match = but(
        reserved(match_id=match_id, request_id=request_id, minutes=minutes),
        asker_id=CORA,
        wanted_at=at,
        series_id=series_id,
    )
    return but(asked(CORA, request_id=request_id), wanted_at=at, series_id=series_id), match


def fits(outcome: Outcome) -> None:
    assert outcome.refusal is None, outcome.refusal
    assert [type(event) for event in outcome.events] == [MatchReserved]


# The week


def test_exactly_full_fits_and_a_minute_more_does_not() -> None:
    fits(chosen(helper=admitted(BRAM, capacity_minutes=90)))
    no = chosen(helper=admitted(BRAM, capacity_minutes=89)).refused("no_capacity")
    assert no.facts == {"would_be_minutes": 90, "capacity_minutes": 89}


@pytest.mark.parametrize(("minutes", "fit"), [(150, True), (151, False)])
def test_what_is_planned_that_week_counts(minutes: int, fit: bool) -> None:
    outcome = chosen(*helping(minutes))
    fits(outcome) if fit else outcome.refused("no_capacity")


@pytest.mark.parametrize(("minutes", "fit"), [(150, True), (151, False)])
def test_help_done_earlier_this_week_counts_with_the_minutes_it_took(minutes: int, fit: bool) -> None:
    asks, match = helping(60, at=NOW)
    outcome = chosen(asks, match, completed(minutes, of=match))
    fits(outcome) if fit else outcome.refused("no_capacity")


@pytest.mark.parametrize("at", [LAST_WEEK, NEXT_WEEK], ids=["last week", "next week"])
def test_what_is_done_and_planned_in_another_week_does_not_count(at: datetime) -> None:
    fits(chosen(*helping(240, at=at)))
    asks, match = helping(240, at=at)
    fits(chosen(asks, match, completed(240, of=match)))


@pytest.mark.parametrize(("minutes", "fit"), [(150, True), (151, False)])
def test_running_help_without_a_date_counts_in_every_week(minutes: int, fit: bool) -> None:
    for wanted_at in (TOMORROW, NEXT_WEEK, None):
        outcome = chosen(*helping(minutes, at=None), wants=but(asked(), wanted_at=wanted_at))
        fits(outcome) if fit else outcome.refused("no_capacity")


@pytest.mark.parametrize("at", [NOW, TOMORROW, NEXT_WEEK, NOW + timedelta(weeks=30)])
def test_help_without_a_date_must_fit_in_every_week_from_now_on(at: datetime) -> None:
    undated = but(asked(), wanted_at=None)
    fits(chosen(*helping(150, at=at), wants=undated))
    chosen(*helping(151, at=at), wants=undated).refused("no_capacity")
    fits(chosen(*helping(240, at=LAST_WEEK), wants=undated))


def test_help_without_a_date_must_fit_in_the_fullest_week_and_in_one_that_is_empty() -> None:
    undated = but(asked(), wanted_at=None)
    weeks = (*helping(100), *helping(151, n=2, at=NEXT_WEEK))
    no = chosen(*weeks, wants=undated).refused("no_capacity")
    assert no.facts["would_be_minutes"] == 241
    # What others take over of their care this week makes no room in the weeks after it.
    chosen(*relief(180), helper=admitted(BRAM, carer_minutes=180), wants=undated).refused("no_capacity")


def test_help_without_a_date_that_is_over_does_not_count_any_more() -> None:
    asks, match = helping(240, at=None)
    fits(chosen(asks, match, fell_through(of=match)))
    fits(chosen(asks, match, completed(of=match)))


def test_help_that_got_a_date_counts_in_that_week_alone() -> None:
    asks, match = helping(240, at=None)
    dated = VisitMoved(**{**match.model_dump(), "wanted_at": NEXT_WEEK}, from_at=None)
    fits(chosen(asks, match, dated))
    chosen(asks, match, dated, wants=but(asked(), wanted_at=NEXT_WEEK)).refused("no_capacity")


@pytest.mark.parametrize(("carer_minutes", "fit"), [(150, True), (151, False)])
def test_care_for_their_own_counts_in_every_week(carer_minutes: int, fit: bool) -> None:
    for wanted_at in (TOMORROW, NEXT_WEEK):
        outcome = chosen(
            helper=admitted(BRAM, carer_minutes=carer_minutes), wants=but(asked(), wanted_at=wanted_at)
        )
        fits(outcome) if fit else outcome.refused("no_capacity")


def relief(minutes: int) -> tuple[Event, MatchReserved]:
    """Cora takes over care from Bram for a while."""
    request_id = UUID(int=0x300)
    match = but(
        reserved(match_id=UUID(int=0x301), request_id=request_id, minutes=minutes),
        helper_id=CORA,
        asker_id=BRAM,
        category="respite",
    )
    return asked(BRAM, request_id=request_id, category="respite"), match


def test_care_that_others_take_over_makes_room_in_that_week() -> None:
    carer = admitted(BRAM, carer_minutes=180)
    chosen(helper=carer).refused("no_capacity")
    fits(chosen(*relief(30), helper=carer))
    chosen(*relief(29), helper=carer).refused("no_capacity")
    chosen(*relief(30), helper=carer, wants=but(asked(), wanted_at=NEXT_WEEK)).refused("no_capacity")


def test_relief_beyond_ones_own_care_makes_no_more_room() -> None:
    chosen(*relief(600), helper=admitted(BRAM, capacity_minutes=89, carer_minutes=60)).refused("no_capacity")


# What a series asks in weeks that are not planned yet


IN_EIGHT_WEEKS = TOMORROW + timedelta(weeks=8)
SERIES = UUID(int=0x300)


def keeps(**otherwise: object) -> SeriesStarted:
    """Bram helps Cora every Tuesday; what comes after five weeks is not planned yet."""
    started = SeriesStarted(
        series_id=SERIES,
        offer_id=OFFER,
        helper_id=BRAM,
        asker_id=CORA,
        category="gardening",
        minutes=200,
        recurrence="FREQ=WEEKLY;BYDAY=TU",
        starts_at=TOMORROW,
        next_at=TOMORROW + timedelta(weeks=5),
    )
    return but(started, **otherwise)


@pytest.mark.parametrize(
    ("series", "fit"),
    [
        (keeps(), False),
        (keeps(minutes=150), True),
        (keeps(minutes=151), False),
        (keeps(minutes=80, recurrence="FREQ=WEEKLY;BYDAY=TU,FR"), False),
        # The other week: five weeks from tomorrow, and so not eight but nine.
        (keeps(recurrence="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"), True),
        (keeps(last_day=IN_EIGHT_WEEKS.date() - timedelta(days=1)), True),
        (keeps(last_day=IN_EIGHT_WEEKS.date()), False),
        # What is planned is a match of its own.
        (keeps(next_at=TOMORROW + timedelta(weeks=9)), True),
        (keeps(next_at=None), True),
        (keeps(helper_id=CORA, asker_id=BRAM), True),
    ],
)
def test_a_series_counts_in_weeks_for_which_no_visits_are_planned_yet(
    series: SeriesStarted, fit: bool
) -> None:
    outcome = chosen(series, wants=but(asked(), wanted_at=IN_EIGHT_WEEKS))
    fits(outcome) if fit else outcome.refused("no_capacity")


def test_a_helper_who_stops_has_promised_nothing_beyond_their_last_day() -> None:
    wants = but(asked(), wanted_at=IN_EIGHT_WEEKS)
    stops = HelperEndPlanned(series_id=SERIES, helper_id=BRAM, helper_last_day=TOMORROW.date())
    fits(chosen(keeps(), stops, wants=wants))


def test_help_without_a_date_must_fit_beside_what_a_series_asks_later() -> None:
    wants = but(asked(), wanted_at=None)
    chosen(keeps(minutes=151), wants=wants).refused("no_capacity")
    fits(chosen(keeps(minutes=150), wants=wants))


def test_a_visit_is_planned_though_its_own_series_has_promised_it() -> None:
    next_at = TOMORROW + timedelta(weeks=5)
    first = but(asked(CORA, request_id=SERIES), recurrence="FREQ=WEEKLY;BYDAY=TU", minutes=200)
    happened = (*NEIGHBOURS, admitted(BRAM), offered(), first, keeps())
    plan = PlanVisit(series_id=SERIES, visit_at=next_at)
    assert MatchReserved in [type(event) for event in given(*happened).when(plan).events]


def test_a_visit_does_not_move_into_a_week_that_its_series_fills_already() -> None:
    match = but(reserved(minutes=90), asker_id=CORA, series_id=SERIES)
    confirmed = MatchConfirmed(**match.model_dump())
    happened = (*NEIGHBOURS, admitted(BRAM), asked(CORA), offered(), match, confirmed, keeps())
    given(*happened).when(MoveVisit(match_id=match.match_id, wanted_at=IN_EIGHT_WEEKS)).refused("no_capacity")


@pytest.mark.parametrize(
    ("recurrence", "minutes", "weeks", "fit"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", 200, 0, False),
        ("FREQ=WEEKLY;BYDAY=TU", 200, 1, False),
        ("FREQ=WEEKLY;BYDAY=TU", 200, 3, False),
        ("FREQ=WEEKLY;BYDAY=TU", 200, 4, True),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", 200, 1, True),
        ("FREQ=WEEKLY;BYDAY=TU", 90, 3, True),
        ("FREQ=WEEKLY;BYDAY=TU,TH", 121, 52, False),
        ("FREQ=WEEKLY;BYDAY=TU,TH", 120, 52, True),
    ],
)
def test_help_that_comes_back_must_fit_in_each_of_its_first_four_weeks(
    recurrence: str, minutes: int, weeks: int, fit: bool
) -> None:
    """Bram has 150 minutes planned so many weeks after the first time."""
    wants = but(asked(minutes=minutes), recurrence=recurrence)
    outcome = chosen(*helping(150, at=TOMORROW + timedelta(weeks=weeks)), wants=wants)
    fits(outcome) if fit else outcome.refused("no_capacity")


def test_its_last_day_is_the_end_of_what_must_fit() -> None:
    wants = but(asked(minutes=200), recurrence="FREQ=WEEKLY;BYDAY=TU", last_day=NEXT_WEEK.date())
    fits(chosen(*helping(150, at=TOMORROW + timedelta(weeks=2)), wants=wants))


def test_who_wants_to_help_less_from_now_on_is_not_given_more() -> None:
    less = ParticipantCapacityChanged(participant_id=BRAM, capacity_minutes_week=89)
    chosen(less).refused("no_capacity")
    caring = ParticipantCapacityChanged(
        participant_id=BRAM, capacity_minutes_week=240, carer_minutes_week=151
    )
    chosen(caring).refused("no_capacity")


# Away, left


def test_who_pauses_without_an_end_does_not_help() -> None:
    chosen(REGISTERED, MemberPaused(member_id=BRAM)).refused("paused")
    fits(chosen(REGISTERED, MemberPaused(member_id=BRAM), MemberResumed(member_id=BRAM)))


@pytest.mark.parametrize(("until", "fit"), [(TOMORROW, False), (TOMORROW - timedelta(seconds=1), True)])
def test_who_pauses_until_a_moment_may_help_after_it(until: datetime, fit: bool) -> None:
    outcome = chosen(REGISTERED, MemberPaused(member_id=BRAM, until=until))
    fits(outcome) if fit else outcome.refused("paused")


def test_help_without_a_date_is_not_for_who_pauses_today() -> None:
    undated = but(asked(), wanted_at=None)
    chosen(REGISTERED, MemberPaused(member_id=BRAM, until=NOW), wants=undated).refused("paused")


def test_who_has_left_does_not_help() -> None:
    chosen(ParticipantLeft(participant_id=BRAM, settle="pool")).refused("left")


# How old


@pytest.mark.parametrize(
    ("band", "from_band", "code"),
    [
        (None, AgeBand.FROM_16, None),
        (None, AgeBand.FROM_18, "age_unknown"),
        (None, AgeBand.FROM_21, "age_unknown"),
        (AgeBand.FROM_21, AgeBand.FROM_21, None),
        (AgeBand.FROM_18, AgeBand.FROM_21, "too_young"),
        (AgeBand.FROM_18, AgeBand.FROM_18, None),
        (AgeBand.FROM_18, AgeBand.FROM_16, None),
        (AgeBand.FROM_16, AgeBand.FROM_18, "too_young"),
        (AgeBand.FROM_16, AgeBand.FROM_16, "guardian_missing"),
        (AgeBand.UNDER_16, AgeBand.FROM_16, "too_young"),
        (AgeBand.UNDER_16, AgeBand.UNDER_16, "guardian_missing"),
    ],
)
def test_how_old_a_helper_must_be(band: AgeBand | None, from_band: AgeBand, code: str | None) -> None:
    outcome = chosen(policy(from_band=from_band), but(REGISTERED, age_band=band))
    fits(outcome) if code is None else outcome.refused(code)


def test_a_minor_helps_while_a_guardian_agrees() -> None:
    minor = but(REGISTERED, age_band=AgeBand.FROM_16)
    agrees = GuardianConsentGiven(member_id=BRAM, how="phone")
    fits(chosen(minor, agrees))
    chosen(minor, agrees, GuardianConsentWithdrawn(member_id=BRAM)).refused("guardian_missing")
    fits(chosen(minor, AgeBandReached(member_id=BRAM, age_band=AgeBand.FROM_18)))


def test_an_organisation_has_no_age_to_know() -> None:
    organisation = but(admitted(BRAM), kind="organisation")
    fits(chosen(policy(from_band=AgeBand.FROM_18), helper=organisation))


def test_a_minor_is_helped_while_a_guardian_agrees() -> None:
    asker = but(REGISTERED, member_id=ANNA, age_band=AgeBand.FROM_16)
    agrees = GuardianConsentGiven(member_id=ANNA, how="paper")
    fits(chosen(asker, agrees))
    no = chosen(asker, agrees, GuardianConsentWithdrawn(member_id=ANNA)).refused("guardian_missing")
    assert "1041" in no.nl


def test_a_guardian_does_not_make_anyone_old_enough_for_an_initiative() -> None:
    agrees = GuardianConsentGiven(member_id=BRAM, how="phone")
    young = but(REGISTERED, age_band=AgeBand.FROM_16)
    chosen(policy(from_band=AgeBand.FROM_18), young, agrees).refused("too_young")


def test_how_old_the_helper_is_goes_with_the_match() -> None:
    (event,) = chosen(but(REGISTERED, age_band=AgeBand.FROM_18)).events
    assert isinstance(event, MatchReserved)
    assert event.age_band is AgeBand.FROM_18


# A certificate of conduct


def vog(valid_until: date, *, vog_id: UUID = OLD, category: str = "finances") -> VogRecorded:
    return VogRecorded(vog_id=vog_id, member_id=BRAM, category=category, valid_until=valid_until)


VOG_OVER = VogLapsed(vog_id=OLD, member_id=BRAM, category="finances")


def test_help_that_needs_a_vog_is_not_for_who_has_none_and_other_help_is() -> None:
    chosen(category="finances").refused("no_vog")
    chosen(category="respite").refused("no_vog")
    fits(chosen(category="paperwork"))


def test_a_vog_counts_through_its_last_day_and_not_the_day_after() -> None:
    fits(chosen(vog(TOMORROW.date()), category="finances"))
    chosen(vog(TOMORROW.date() - timedelta(days=1)), category="finances").refused("no_vog")


def test_the_last_day_of_a_vog_is_that_of_the_clock_on_the_wall() -> None:
    half_past_midnight = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    wants = but(asked(category="finances"), wanted_at=half_past_midnight)
    chosen(vog(date(2026, 11, 25)), wants=wants, category="finances").refused("no_vog")
    fits(chosen(vog(date(2026, 11, 26)), wants=wants, category="finances"))


def test_help_without_a_date_needs_a_vog_today() -> None:
    undated = but(asked(category="finances"), wanted_at=None)
    fits(chosen(vog(NOW.date()), wants=undated, category="finances"))
    chosen(vog(NOW.date() - timedelta(days=1)), wants=undated, category="finances").refused("no_vog")


def test_a_vog_is_for_its_own_category() -> None:
    chosen(vog(date(2030, 1, 1), category="respite"), category="finances").refused("no_vog")


def test_a_vog_that_lapsed_no_longer_counts_until_a_newer_one_is_seen() -> None:
    chosen(vog(date(2030, 1, 1)), VOG_OVER, category="finances").refused("no_vog")
    renewed = vog(date(2031, 1, 1), vog_id=OTHER)
    fits(chosen(vog(date(2030, 1, 1)), VOG_OVER, renewed, category="finances"))


# How many at once


def started(series_id: UUID) -> SeriesStarted:
    return SeriesStarted(
        series_id=series_id,
        offer_id=OFFER,
        helper_id=BRAM,
        asker_id=CORA,
        category="gardening",
        minutes=10,
        recurrence="FREQ=WEEKLY",
        starts_at=TOMORROW,
    )


def test_who_helps_in_as_many_places_as_the_initiative_allows_is_left_in_peace() -> None:
    fits(chosen(policy(most_running=2), *helping(10)))
    chosen(policy(most_running=1), *helping(10)).refused("too_many_running")
    chosen(policy(most_running=2), *helping(10), *helping(10, n=2)).refused("too_many_running")


def test_what_is_over_is_no_place_any_more() -> None:
    asks, match = helping(10)
    fits(chosen(policy(most_running=1), asks, match, fell_through(of=match)))
    fits(chosen(policy(most_running=1), asks, match, completed(10, of=match)))


def test_a_series_counts_as_one_however_many_visits_are_planned() -> None:
    series_id = UUID(int=0x101)
    visits = [event for n in range(1, 5) for event in helping(10, n=n, series_id=series_id)]
    fits(chosen(policy(most_running=2), *visits, started(series_id)))
    chosen(policy(most_running=1), *visits, started(series_id)).refused("too_many_running")


def test_a_series_counts_also_between_its_visits() -> None:
    asks, match = helping(10, series_id=UUID(int=0x101))
    chosen(policy(most_running=1), asks, match, started(UUID(int=0x101)), completed(10, of=match)).refused(
        "too_many_running"
    )


def test_one_visit_of_a_series_that_is_over_leaves_the_others() -> None:
    series_id = UUID(int=0x101)
    (first, one), (second, other) = helping(10, series_id=series_id), helping(10, n=2, series_id=series_id)
    happened = (policy(most_running=1), first, one, second, other, completed(10, of=one))
    chosen(*happened).refused("too_many_running")
    fits(chosen(*happened, completed(10, of=other)))


def test_another_visit_of_a_series_they_help_in_is_no_further_place() -> None:
    series_id = UUID(int=0x101)
    visit = but(asked(), series_id=series_id)
    first = but(asked(CORA, request_id=series_id), recurrence="FREQ=WEEKLY")
    _, match = helping(10, n=1, series_id=series_id)
    fits(chosen(policy(most_running=1), first, match, started(series_id), wants=visit))


# Two people apart


INCIDENT = IncidentReported(incident_id=OTHER, pair_id=pair_id(ANNA, BRAM), helper_id=BRAM, asker_id=ANNA)


def ended(released: bool, of: IncidentReported = INCIDENT) -> IncidentClosed:
    return IncidentClosed(**of.model_dump(), released=released)


def test_two_people_who_are_kept_apart_do_not_fit_and_no_reason_is_said() -> None:
    no = chosen(INCIDENT).refused("does_not_fit")
    other_way = but(INCIDENT, helper_id=ANNA, asker_id=BRAM)
    assert chosen(other_way).refused("does_not_fit") == no
    assert "incident" not in (no.nl + no.en).lower()


def test_they_stay_apart_until_they_are_released() -> None:
    chosen(INCIDENT, ended(released=False)).refused("does_not_fit")
    fits(chosen(INCIDENT, ended(released=True)))


def test_they_stay_apart_while_another_incident_keeps_them_so() -> None:
    second = but(INCIDENT, incident_id=OLD)
    chosen(INCIDENT, second, ended(released=True)).refused("does_not_fit")
    fits(chosen(INCIDENT, second, ended(released=True), ended(released=True, of=second)))


def test_an_incident_with_someone_else_changes_nothing_between_these_two() -> None:
    fits(chosen(but(INCIDENT, pair_id=pair_id(CORA, BRAM), asker_id=CORA)))


# The words


SITUATIONS: dict[str, Callable[[], Outcome]] = {
    "no_capacity": lambda: chosen(helper=admitted(BRAM, capacity_minutes=89)),
    "paused": lambda: chosen(REGISTERED, MemberPaused(member_id=BRAM)),
    "too_young": lambda: chosen(but(REGISTERED, age_band="under_16")),
    "age_unknown": lambda: chosen(policy(from_band="from_18")),
    "guardian_missing": lambda: chosen(but(REGISTERED, age_band="from_16")),
    "no_vog": lambda: chosen(category="finances"),
    "too_many_running": lambda: chosen(policy(most_running=1), *helping(10)),
    "does_not_fit": lambda: chosen(INCIDENT),
}


@pytest.mark.parametrize("code", SITUATIONS)
def test_each_rule_says_what_to_do_instead(code: str) -> None:
    no = SITUATIONS[code]().refused(code)
    assert "Kies" in no.nl or "Vraag" in no.nl
    assert "Choose" in no.en or "Ask" in no.en


@pytest.mark.parametrize("code", sorted(SITUATIONS.keys() - {"does_not_fit"}))
def test_each_rule_about_one_helper_names_them_by_number(code: str) -> None:
    no = SITUATIONS[code]().refused(code)
    assert "Deelnemer 1042" in no.nl
    assert "Participant 1042" in no.en
