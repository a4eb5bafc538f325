"""How full a helper's week is, whatever happens in whatever order: never more than they wanted when asked."""

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from contracts.envelope import Event
from contracts.exchange import (
    MatchCompleted,
    MatchFellThrough,
    MatchUnbooked,
    MinutesDiffered,
    PostOffer,
    RequestHelp,
)
from contracts.participants import ParticipantLeft
from contracts.safety import EndIncident, IncidentClosed, IncidentReported, ReportIncident
from contracts.vetting import VogLapsed, VogRecorded
from contracts.visits import NoShowNoted, NoteNoShow, VisitMoved
from tests.unit.always import ANY, LENGTHS, Street
from tests.unit.walking import walk


class Weeks(Street):
    """Help with and without a date, and care taken over, in a street where three people help."""

    def begin(self) -> None:
        for member_id in self.people:
            self.attempt(PostOffer(member_id=member_id, category="respite"))
            self.a_certificate_is_seen(member_id)
        for days in (1, None):
            self.some_are_helped_at_once(0, 30, days, 0)
        self.they_say_how_long_it_took(0, 150, "both", True)
        self.they_say_how_long_it_took(1, 150, "both", True)
        self.someone_asks(0, 60, 2, "respite")
        self.a_coordinator_chooses(-1, 0, True, False)

    def a_certificate_is_seen(self, member_id: UUID) -> None:
        vog = VogRecorded(
            vog_id=self.new_id(), member_id=member_id, category="respite", valid_until=date(2030, 1, 1)
        )
        self.say(self.members, vog)
        self.vog_id = vog.vog_id

    @rule(who=ANY)
    def a_certificate_ends(self, who: int) -> None:
        member_id = self.people[who % 3]
        self.a_certificate_is_seen(member_id)
        self.say(self.members, VogLapsed(vog_id=self.vog_id, member_id=member_id, category="respite"))

    @rule(
        who=ANY,
        minutes=LENGTHS,
        days=st.sampled_from([1, None, 2, 8]),
        category=st.sampled_from(["gardening", "respite"]),
    )
    def someone_asks(self, who: int, minutes: int, days: int | None, category: str) -> None:
        wanted_at = None if days is None else self.now + timedelta(days=days)
        self.attempt(
            RequestHelp(
                member_id=self.people[who % 3],
                category=category,
                minutes=minutes,
                wanted_at=wanted_at,
                consent="phone",
            )
        )

    @rule(who=ANY, minutes=st.sampled_from([30, 60]), days=st.sampled_from([1, None]), offer=ANY)
    def some_are_helped_at_once(self, who: int, minutes: int, days: int | None, offer: int) -> None:
        for n in range(3):
            self.someone_asks(who + n, minutes, days, "gardening")
            self.a_coordinator_chooses(-1, offer, True, False)

    @rule(which=ANY, who=st.sampled_from(["helper", "asker"]))
    def one_of_them_is_not_there(self, which: int, who: str) -> None:
        match = self.match(which, "confirmed")
        if match is not None:
            self.attempt(NoteNoShow.model_validate({"match_id": match.match_id, "who": who}))

    @rule(one=ANY, other=ANY, released=st.sampled_from([True, True, False, None]))
    def something_happens_between_two(self, one: int, other: int, released: bool | None) -> None:
        helper_id, asker_id = self.people[one % 3], self.people[other % 3]
        incident_id = self.attempt(ReportIncident(helper_id=helper_id, asker_id=asker_id, text="Ruzie."))
        if incident_id is not None and released is not None:
            self.attempt(
                EndIncident(
                    incident_id=incident_id,
                    released=released,
                    note="Besproken.",
                    helper_id=helper_id,
                    asker_id=asker_id,
                )
            )

    def teardown(self) -> None:
        super().teardown()
        seen.update(type(event) for event, _ in self.exchange.log)
        reasons.update(event.reason for event in self.exchange.happened(MatchFellThrough))


seen: Counter[type[Event]] = Counter()
reasons: Counter[str] = Counter()


def test_a_week_never_holds_more_than_its_helper_wanted_when_they_were_asked() -> None:
    seen.clear()
    reasons.clear()
    events = {
        MatchCompleted,
        MatchUnbooked,
        MinutesDiffered,
        VisitMoved,
        NoShowNoted,
        IncidentReported,
        IncidentClosed,
        ParticipantLeft,
    }
    why = {"cancelled", "helper_withdrew", "no_show", "incident", "left"}
    walk(Weeks, lambda: (events - set(seen)) | (why - set(reasons)), examples=80, steps=40)
