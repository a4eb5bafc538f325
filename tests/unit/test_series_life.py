"""Series in a street where anything may happen: planned in time, each visit once, ended for good."""

from collections import Counter
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from contracts.envelope import Event
from contracts.exchange import HelpRequested, MatchFellThrough, MatchReserved, RequestHelp, WithdrawOffer
from contracts.members import MemberLeft
from contracts.visits import (
    EndHelping,
    EndSeries,
    FinishSeries,
    HelperEndPlanned,
    PlanVisit,
    SeriesEnded,
    SeriesHelperChanged,
    SeriesPlanned,
    SeriesStarted,
    SkipVisit,
)
from services.exchange.help_request import REQUEST
from services.exchange.offer import OFFER
from services.exchange.series import AHEAD, SERIES, Series
from services.kernel.dutch import local
from tests.unit.always import ANY, Street, running
from tests.unit.walking import walk

RULES = st.sampled_from(["FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=9", "FREQ=MONTHLY", "FREQ=WEEKLY;BYDAY=MO,TH"])


class SeriesLife(Street):
    """People ask for help that comes back; helpers come, stop, hand over; months go by."""

    def begin(self) -> None:
        for who in range(2):
            self.a_series_begins_at_once(who, "FREQ=WEEKLY", 20 * who or None, 0)
        self.a_series_changes(0, "hands over")
        self.a_series_changes(1, "ends")

    def series(self, which: int) -> Series | None:
        found = [one for one in self.exchange.all(SERIES) if one.status == "running"]
        return found[which % len(found)] if found else None

    @rule(who=ANY, how_often=RULES, last=st.sampled_from([None, 1, 20, 60]), days=st.sampled_from([1, 30]))
    def someone_asks_for_help_that_comes_back(
        self, who: int, how_often: str, last: int | None, days: int
    ) -> None:
        first = self.now + timedelta(days=days)
        asked = RequestHelp(
            member_id=self.people[who % 3],
            category="gardening",
            minutes=30,
            wanted_at=first,
            recurrence=how_often,
            last_day=None if last is None else first.date() + timedelta(days=last),
            consent="phone",
        )
        self.attempt(asked)

    @rule(who=ANY, how_often=RULES, last=st.sampled_from([None, 1, 20, 60]), offer=ANY)
    def a_series_begins_at_once(self, who: int, how_often: str, last: int | None, offer: int) -> None:
        self.someone_asks_for_help_that_comes_back(who, how_often, last, 1)
        self.a_coordinator_chooses(-1, offer, True, False)

    @rule(which=ANY)
    def a_visit_is_skipped(self, which: int) -> None:
        match = self.match(which, "confirmed")
        if match is not None:
            self.attempt(SkipVisit(match_id=match.match_id))

    @rule(which=ANY, how=st.sampled_from(["hands over", "stops", "ends", "asker leaves"]))
    def a_series_changes(self, which: int, how: str) -> None:
        series = self.series(which)
        if series is None:
            return
        match how:
            case "stops":
                self.the_helper_stops(series, days=5)
            case "hands over":
                self.the_helper_stops(series, days=0)
                self.someone_else_takes_over(series)
            case "ends":
                self.it_is_ended(series)
            case _:
                self.say(self.members, MemberLeft(member_id=series.asker_id, settle="pool"))

    def the_helper_stops(self, series: Series, *, days: int) -> None:
        last_day = local(self.now).date() + timedelta(days=days)
        self.attempt(EndHelping(series_id=series.series_id, last_day=last_day))
        for match in running(self.exchange):
            theirs = (match.series_id, match.helper_id) == (series.series_id, series.helper_id)
            if theirs and match.wanted_at is not None and local(match.wanted_at).date() > last_day:
                assert match.has_been(self.now)

    def someone_else_takes_over(self, series: Series) -> None:
        for visit in [one for one in self.exchange.all(REQUEST) if one.status == "open"]:
            if visit.part_of == series.series_id:
                helpers = [offer.member_id for offer in self.offers_for(visit)]
                others = (n for n, helper_id in enumerate(helpers) if helper_id != series.helper_id)
                for n in others:
                    self.a_coordinator_chooses_for(visit, n, answer=True, stays=True)

    def it_is_ended(self, series: Series) -> None:
        assert self.attempt(EndSeries(series_id=series.series_id)) is not None
        for request in self.exchange.all(REQUEST):
            if request.part_of == series.series_id and request.wanted_at and request.wanted_at > self.now:
                assert request.status in ("withdrawn", "done", "matched")
        for match in running(self.exchange):
            if match.series_id == series.series_id and match.status in ("reserved", "confirmed"):
                assert match.has_been(self.now)

    @rule(offer=ANY, really=st.sampled_from([False, False, True]))
    def an_offer_is_withdrawn(self, offer: int, really: bool) -> None:
        found = self.exchange.all(OFFER)[offer % 3]
        if really:
            self.attempt(WithdrawOffer(offer_id=found.offer_id, member_id=found.member_id))

    @rule()
    def a_month_goes_by(self) -> None:
        self.time_passes(28)

    # ---- what always holds of series

    @invariant()
    def a_running_series_has_a_timer_for_what_comes_next(self) -> None:
        plans = {
            (t.command.series_id, t.command.visit_at)
            for t in self.exchange.timers
            if isinstance(t.command, PlanVisit)
        }
        ends = {t.command.series_id for t in self.exchange.timers if isinstance(t.command, FinishSeries)}
        for series in self.exchange.all(SERIES):
            if series.status == "running" and series.next_at is not None:
                assert (series.series_id, series.next_at) in plans
            elif series.status == "running":
                assert series.series_id in ends

    @invariant()
    def visits_are_planned_once_in_time_at_the_same_hour_and_never_too_far_ahead(self) -> None:
        visits: Counter[object] = Counter()
        for event, at in self.exchange.log:
            if not isinstance(event, HelpRequested) or event.series_id is None:
                continue
            assert event.wanted_at is not None
            visits[event.series_id, event.wanted_at] += 1
            assert timedelta(0) < event.wanted_at - at <= AHEAD
            series = self.exchange.state.get(SERIES, event.series_id)
            assert series is not None
            assert local(event.wanted_at).time() == local(series.starts_at).time()
            assert series.last_day is None or local(event.wanted_at).date() <= series.last_day
        assert max(visits.values(), default=0) <= 1

    @invariant()
    def what_ended_stays_ended(self) -> None:
        ended: set[object] = set()
        for event, _ in self.exchange.log:
            if isinstance(event, SeriesEnded):
                assert event.series_id not in ended
                ended.add(event.series_id)
            elif isinstance(event, HelpRequested | SeriesPlanned | SeriesHelperChanged | HelperEndPlanned):
                assert event.series_id not in ended

    def teardown(self) -> None:
        super().teardown()
        seen.update(type(event) for event, _ in self.exchange.log)
        reasons.update(event.reason for event in self.exchange.happened(SeriesEnded))
        reasons.update(event.reason for event in self.exchange.happened(MatchFellThrough))
        by.update(event.by for event in self.exchange.happened(MatchReserved))


seen: Counter[type[Event]] = Counter()
reasons: Counter[str] = Counter()
by: Counter[str] = Counter()


def test_a_series_keeps_its_promises_whatever_happens() -> None:
    for counter in (seen, reasons, by):
        counter.clear()
    events = {SeriesStarted, SeriesPlanned, HelperEndPlanned, SeriesHelperChanged, SeriesEnded}
    why = {"until", "ended", "left", "skipped", "helper_withdrew"}
    walk(SeriesLife, lambda: (events - set(seen)) | (why - set(reasons)), examples=50, steps=30)
    # Whoever chose the helper of a series chose them for its visits too.
    assert set(by) == {"coordinator-1"}
