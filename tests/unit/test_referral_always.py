"""Whatever happens in whatever order: referrals keep to their diagram, and teams hear what was agreed."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from contracts.members import MemberApproved, MemberDeclined, MemberRegistered
from contracts.referrals import (
    ENDED,
    NEXT,
    AcceptReferral,
    CancelReferral,
    FailReferral,
    FeedbackGiven,
    FeedbackStopped,
    HoldReferral,
    PersonReferred,
    ReferralMoved,
    RejectReferral,
    StopFeedback,
)
from services.exchange.help_request import REQUEST
from services.exchange.referral import REFERRAL, Referral
from services.kernel.testing import InMemory
from tests.unit.always import ANY, Street
from tests.unit.referrals import OTHER_TEAM, TEAM, refers
from tests.unit.walking import walk

CONSENTS = st.sampled_from(["outcome", "status", "nothing"])


def follows_its_diagram(service: InMemory) -> None:
    """Invariant 8 of the design, and what goes with it: what is told, and what was asked."""
    at: dict[UUID, Any] = {}
    agreed: dict[UUID, str] = {}
    heard = Counter[UUID]()
    for event, _ in service.log:
        match event:
            case PersonReferred():
                assert "requested" in NEXT[None]
                assert event.referral_id not in at
                at[event.referral_id], agreed[event.referral_id] = "requested", event.feedback
            case ReferralMoved():
                assert event.status in NEXT[at[event.referral_id]]
                at[event.referral_id] = event.status
            case FeedbackStopped():
                agreed[event.referral_id] = "nothing"
            case FeedbackGiven():
                heard[event.referral_id] += 1
                assert agreed[event.referral_id] != "nothing"
                assert (event.reason, event.outcome) == (None, None) or agreed[event.referral_id] == "outcome"
                assert (event.number, event.status) == (heard[event.referral_id], at[event.referral_id])
            case _:
                pass
    for referral in service.all(REFERRAL):
        assert (referral.status, referral.told) == (at[referral.referral_id], heard[referral.referral_id])
        request = service.state.get(REQUEST, referral.referral_id)
        asked = request.status if request is not None else None
        if referral.status in ("requested", "on-hold", "rejected"):
            assert asked is None
        elif referral.status in ("failed", "cancelled") and request is not None and not request.recurrence:
            assert asked == "withdrawn"
        elif referral.status == "accepted":
            assert asked in (None, "open", "matching")


class Kitchens(Street):
    """The street, to which two social teams refer people, also some who are not let in yet."""

    def begin(self) -> None:
        self.newcomers: list[UUID] = []
        self.a_team_refers(0, "outcome", None, False)
        self.a_coordinator_answers(0, "accept")
        self.a_coordinator_chooses(-1, 0, True, False)
        self.they_say_how_long_it_took(-1, 30, "both", True)

    def referral(self, which: int, *, ended: bool = False) -> Referral | None:
        found = [one for one in self.exchange.all(REFERRAL) if ended or one.status not in ENDED][::-1]
        return found[which % len(found)] if found else None

    @rule(who=ANY, feedback=CONSENTS, recurrence=st.sampled_from([None, "FREQ=WEEKLY"]), other=st.booleans())
    def a_team_refers(self, who: int, feedback: str, recurrence: str | None, other: bool) -> None:
        people = [*self.people, *self.newcomers]
        wanted = refers(
            member_id=people[who % len(people)],
            wanted_at=self.now + timedelta(days=1),
            feedback=feedback,
            recurrence=recurrence,
            minutes=30,
        )
        assert self.attempt(wanted, OTHER_TEAM if other else TEAM) is not None

    @rule(admitted=st.sampled_from([None, True, False]))
    def someone_new_is_signed_up(self, admitted: bool | None) -> None:
        member_id = self.new_id()
        who: dict[str, Any] = {"member_id": member_id, "number": self.ids, "pc4": "3512"}
        self.say(self.members, MemberRegistered(**who, capacity_minutes_week=0))
        self.newcomers.append(member_id)
        self.a_team_refers(len(self.people) + len(self.newcomers) - 1, "status", None, False)
        if admitted:
            self.a_coordinator_answers(0, "accept")
        self.say(
            self.members,
            MemberApproved(**who, capacity_minutes_week=0)
            if admitted is not False
            else MemberDeclined(member_id=member_id),
        )

    @rule(which=ANY, answer=st.sampled_from(["accept", "accept", "reject", "hold", "fail"]))
    def a_coordinator_answers(self, which: int, answer: str) -> None:
        found = self.referral(which)
        if found is None:
            return
        about: dict[str, Any] = {"referral_id": found.referral_id}
        match answer:
            case "accept":
                self.attempt(AcceptReferral(**about))
            case "reject":
                self.attempt(RejectReferral(**about, reason="incomplete"))
            case "hold":
                self.attempt(HoldReferral(**about, reason="person-away"))
            case _:
                self.attempt(FailReferral(**about, reason="no-helper-found"))

    @rule(which=ANY, stop=st.booleans(), ended=st.booleans())
    def a_team_takes_it_back_or_consent_ends(self, which: int, stop: bool, ended: bool) -> None:
        found = self.referral(which, ended=ended)
        if found is not None:
            by = TEAM if found.team == TEAM.team else OTHER_TEAM
            command = StopFeedback if stop else CancelReferral
            done = self.attempt(command(referral_id=found.referral_id), by)
            if done is None and found.feedback == "nothing":
                # Not why: the person did not agree that the team hears how it stands.
                assert (self.no.code, self.no.facts) == ("not_taken_back", {})

    @invariant()
    def referrals_keep_to_their_diagram(self) -> None:
        follows_its_diagram(self.exchange)

    def teardown(self) -> None:
        super().teardown()
        follows_its_diagram(self.exchange)
        reached.update(one.status for one in self.exchange.happened(ReferralMoved))


reached: Counter[str] = Counter()


def test_a_referral_keeps_to_its_diagram_and_its_team_hears_what_was_agreed() -> None:
    reached.clear()
    walk(Kitchens, lambda: set(NEXT) - {None, "requested"} - set(reached), examples=60, steps=40)
