"""What the coordinator instance keeps of each service, told event by event; in any order of the sources."""

from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import (
    caps,
    clearing,
    crossings,
    exchange,
    households,
    initiatives,
    ledger,
    link,
    loans,
    members,
    notifications,
    referrals,
    safety,
    vetting,
    visits,
)
from contracts.catalogue import EMITTED_BY, EVENTS, kebab
from contracts.envelope import Event
from contracts.initiatives import THE_INITIATIVE
from contracts.policy import CAPS, PRESETS, AgeBand
from services.coordinator import app as coordinator_app
from services.coordinator.projections import KINDS
from services.coordinator.projections.exchange import MATCHES, OFFERS, REQUESTS, MatchSeen, RequestSeen
from services.coordinator.projections.forgotten import FORGOTTEN
from services.coordinator.projections.history import CONFIDENTIAL, HISTORY, TOLD
from services.coordinator.projections.initiatives import INITIATIVES, WAIVERS
from services.coordinator.projections.ledger import BALANCES, REFUSALS
from services.coordinator.projections.members import (
    HOUSEHOLDS,
    MEMBERS,
    REPRESENTATIONS,
    VOGS,
    MemberSeen,
)
from services.coordinator.projections.notifications import MESSAGES
from services.coordinator.projections.referrals import REFERRALS
from services.coordinator.projections.regions import CLEARINGS, CROSSINGS, LOANS, LoanSeen
from services.coordinator.projections.safety import INCIDENTS
from services.coordinator.projections.visits import SERIES
from services.kernel.entity import Kind, Origin
from services.kernel.service import Service
from services.kernel.testing import NOW, InMemory
from tests.unit.neighbours import ANNA, BRAM, CORA, MATCH, OFFER, REGION, REQUEST, TOMORROW
from tests.unit.referrals import REFERRAL, moved, referred, told

HOUSE, PROGRAMME, INCIDENT, SECOND = UUID(int=0x51), UUID(int=0x52), UUID(int=0x53), UUID(int=0x54)
FIRST_VOG, NEWER_VOG, MESSAGE, CALL = UUID(int=0x55), UUID(int=0x56), UUID(int=0x57), UUID(int=0x58)
VISIT, VISIT_MATCH, TWIN = UUID(int=0x5A), UUID(int=0x5B), UUID(int=0x5C)
ELSEWHERE, CROSSING, ONE_MORE = UUID(int=0x5D), UUID(int=0x5E), UUID(int=0x5F)
NOOR = "coordinator:noor"


def source(name: str, *events: Event, by: str = NOOR) -> InMemory:
    """A service of which only the log is there: one event a minute, all done by one credential."""
    log = [(event, NOW + timedelta(minutes=n)) for n, event in enumerate(events)]
    origins = [Origin(f"{name}.{n}", by) for n in range(len(events))]
    return InMemory(Service(name=name, sql=Path()), log=log, origins=origins)


def seen(*sources: InMemory) -> InMemory:
    """The coordinator instance after following one source to its end, then the next."""
    instance = InMemory(coordinator_app.service(REGION))
    for one in sources:
        while instance.follow(one):
            pass
    return instance


def one[E](kind: Kind[Any], of: type[E], *events: Event) -> E:
    """The only row of a kind after these events."""
    (found,) = seen(source(EMITTED_BY[type(events[0]).__name__], *events)).all(kind)
    assert isinstance(found, of)
    return found


def registered(member_id: UUID = ANNA, *, number: int = 1001, **more: Any) -> members.MemberRegistered:
    said = {"member_id": member_id, "number": number, "pc4": "3511", "capacity_minutes_week": 120}
    return members.MemberRegistered.model_validate({**said, **more})


def approved(member_id: UUID = ANNA, *, number: int = 1001) -> members.MemberApproved:
    return members.MemberApproved(member_id=member_id, number=number, pc4="3511", capacity_minutes_week=120)


def requested(request_id: UUID = REQUEST, **more: Any) -> exchange.HelpRequested:
    said = {"request_id": request_id, "member_id": ANNA, "category": "dog", "pc4": "3511", "minutes": 60}
    return exchange.HelpRequested.model_validate({**said, "wanted_at": TOMORROW, **more})


PAIR = {"helper_id": BRAM, "asker_id": ANNA}


def about_match(event: type[Event], match_id: UUID = MATCH, request_id: UUID = REQUEST, **more: Any) -> Any:
    said = {"match_id": match_id, "request_id": request_id, "offer_id": OFFER, **PAIR, "category": "dog"}
    said |= {"minutes": 60, "wanted_at": TOMORROW, "reserved_minutes": 60, "told": True}
    return event.model_validate({**said, **more})


def about_loan(event: type[Event], loan_id: UUID = ELSEWHERE, **more: Any) -> Any:
    said: dict[str, Any] = {"loan_id": loan_id, "peer": "delft", "thread_id": loan_id, "category": "dog"}
    said |= {"minutes": 60, "pc4": "3511", "request_id": ELSEWHERE, "asker_id": ANNA, "offer_id": OFFER}
    said |= {"helper_id": CORA, "member_id": ANNA, "side": "asks", "by": "us", "reason": "cancelled"}
    said |= {
        "until": TOMORROW,
        "our_minutes": 60,
        "their_minutes": 45,
        "reserved_minutes": 60,
        "counted": True,
        "attempt": 1,
    }
    return event.model_validate({**said, "floor_minutes": -600, "told": True, "taken": True, **more})


def about_hours(event: type[Event], crossing_id: UUID = CROSSING, **more: Any) -> Any:
    said: dict[str, Any] = {"crossing_id": crossing_id, "peer": "delft", "transfer_id": crossing_id}
    said |= {"payer_id": ANNA, "payee_id": CORA, "minutes": 60, "kind": "gift", "reason": "differs"}
    said |= {
        "offered": True,
        "accepted": True,
        "by": "them",
        "asks": "payer",
        "times": 1,
        "accepted_minutes": 0,
        "booked": True,
    }
    return event.model_validate({**said, "answer": "accepted", **more})


def about_peer(event: type[Event], **more: Any) -> Any:
    said: dict[str, Any] = {"clearing_id": SECOND, "peer": "delft", "proposal_id": ONE_MORE, "minutes": 600}
    said |= {"by": "them", "reason": "no", "reckoning_id": ONE_MORE, "day": date(2026, 11, 24), "count": 1}
    said |= {"total_minutes": 60, "told_count": 2, "told_minutes": 90, "agrees": False}
    return event.model_validate({**said, **more})


FROM_MEMBERS = (
    registered(kind="person", carer_minutes_week=30),
    registered(BRAM, number=1002, age_band=AgeBand.FROM_16),
    registered(HOUSE, number=1003, kind="household"),
    registered(CORA, number=1004),
    approved(),
    approved(BRAM, number=1002),
    members.MemberDeclined(member_id=CORA),
    members.ChannelChosen(member_id=ANNA, channel="letter", quiet_from=22, quiet_until=8),
    members.CapacityChanged(member_id=BRAM, capacity_minutes_week=60, carer_minutes_week=15),
    members.GuardianConsentGiven(member_id=BRAM, how="paper"),
    members.GuardianConsentWithdrawn(member_id=BRAM),
    members.MemberPaused(member_id=BRAM, until=TOMORROW),
    members.MemberResumed(member_id=BRAM),
    members.AgeBandReached(member_id=BRAM, age_band=AgeBand.FROM_18),
    members.ContactDetailsChanged(member_id=ANNA),
    members.CircleChanged(member_id=ANNA),
    households.HouseholdJoined(member_id=ANNA, household_id=HOUSE, shares_balance=True, may_act=True),
    households.HouseholdLeft(member_id=ANNA, household_id=HOUSE),
    households.RepresentationGranted(
        representation_id=SECOND, member_id=ANNA, representative_id=BRAM, how="phone"
    ),
    households.RepresentationEnded(representation_id=SECOND, member_id=ANNA, representative_id=BRAM),
    vetting.VogRecorded(vog_id=FIRST_VOG, member_id=BRAM, category="finances", valid_until=date(2026, 12, 1)),
    vetting.VogRecorded(vog_id=NEWER_VOG, member_id=BRAM, category="finances", valid_until=date(2029, 12, 1)),
    members.MemberLeft(member_id=CORA, settle="pool"),
    members.MemberErased(member_id=CORA),
)

FROM_EXCHANGE = (
    initiatives.InitiativeStarted(initiative_id=PROGRAMME, preset="ruilkring", policy=PRESETS["ruilkring"]),
    initiatives.PolicyChanged(initiative_id=THE_INITIATIVE, policy=PRESETS["burenhulp"]),
    initiatives.ReciprocityWaived(participant_id=ANNA, until=TOMORROW),
    exchange.OfferPosted(offer_id=OFFER, member_id=BRAM, category="dog", pc4="3511"),
    requested(draft=True, asked_by=BRAM, consent="phone", recurrence="FREQ=WEEKLY"),
    exchange.RequestOpened(request_id=REQUEST, member_id=ANNA, because="waived"),
    about_match(exchange.MatchReserved, by="noor", series_id=REQUEST),
    about_match(exchange.MatchConfirmed),
    visits.SeriesStarted.model_validate(
        {"series_id": REQUEST, "offer_id": OFFER, **PAIR, "category": "dog", "minutes": 60}
        | {"recurrence": "FREQ=WEEKLY", "starts_at": TOMORROW}
    ),
    requested(VISIT, series_id=REQUEST),
    about_match(exchange.MatchReserved, VISIT_MATCH, VISIT, by="series", series_id=REQUEST),
    about_match(exchange.MatchConfirmed, VISIT_MATCH, VISIT),
    visits.SeriesPlanned(series_id=REQUEST, planned_at=TOMORROW, next_at=TOMORROW + timedelta(days=7)),
    about_match(visits.VisitMoved, from_at=TOMORROW, wanted_at=TOMORROW + timedelta(hours=2)),
    about_match(exchange.MinutesReported, by="helper", minutes=60),
    about_match(exchange.MinutesReported, by="asker", minutes=45),
    about_match(exchange.MinutesDiffered, helper_minutes=60, asker_minutes=45),
    about_match(safety.MinutesDecided, minutes=50, by="sam"),
    about_match(exchange.MinutesAgreed, minutes=50),
    about_match(exchange.MatchUnbooked, minutes=50),
    about_match(exchange.MatchCompleted, minutes=50),
    about_match(visits.HelperThanked),
    about_match(visits.NoShowNoted, VISIT_MATCH, who="helper"),
    about_match(exchange.MatchFellThrough, VISIT_MATCH, VISIT, reason="no_show"),
    visits.HelperEndPlanned(series_id=REQUEST, helper_id=BRAM, helper_last_day=date(2026, 12, 24)),
    visits.SeriesHelperChanged(series_id=REQUEST, offer_id=SECOND, helper_id=CORA, former_helper_id=BRAM),
    visits.SeriesEnded.model_validate({"series_id": REQUEST, **PAIR, "reason": "ended"}),
    safety.IncidentReported.model_validate({"incident_id": INCIDENT, "pair_id": SECOND, **PAIR}),
    safety.IncidentHandedOver.model_validate(
        {"incident_id": INCIDENT, **PAIR, "former_handler": "noor", "handler": "sam"}
    ),
    safety.IncidentClosed.model_validate(
        {"incident_id": INCIDENT, "pair_id": SECOND, **PAIR, "released": True}
    ),
    exchange.RequestWithdrawn(request_id=VISIT, member_id=ANNA),
    exchange.OfferWithdrawn(offer_id=OFFER, member_id=BRAM),
    initiatives.InitiativeClosed(initiative_id=PROGRAMME),
    requested(ELSEWHERE),
    *(
        about_loan(event)
        for event in (
            loans.HelpSought,
            loans.HelperOffered,
            loans.HelperTaken,
            loans.HelperConfirmed,
            loans.LoanReminded,
            loans.PersonAgreed,
            loans.LoanConfirmed,
            loans.LoanMinutesReported,
            loans.LoanMinutesDiffered,
            loans.LoanMinutesAgreed,
            loans.LoanUnbooked,
            loans.LoanCompleted,
        )
    ),
    *(
        about_loan(event, SECOND, side="helps", helper_id=BRAM, request_id=None)
        for event in (
            loans.HelpAsked,
            loans.HelperLent,
            loans.HelperWanted,
            loans.LoanForgotten,
            loans.LoanEnded,
            loans.LoanMinutesReported,
            loans.LoanResolved,
        )
    ),
    referred(),
    referred(TWIN, team="team-oost", twin_ids=(REFERRAL,)),
    told(1, "requested"),
    referrals.ReferralTermPassed(referral_id=REFERRAL, term="answer"),
    moved("on-hold", reason="person-away"),
    told(2, "on-hold", reason="person-away"),
    referrals.FeedbackStopped(referral_id=TWIN, team="team-oost"),
)

FROM_LEDGER = (
    ledger.AccountOpened(account_id=ANNA, floor_minutes=-600),
    ledger.AccountOpened(account_id=BRAM, floor_minutes=-600, ceiling_minutes=3000),
    caps.CapsEntered(caps_id=caps.caps_id(2026), year=2026, caps=CAPS[2024]),
    caps.CapsCorrected(caps_id=caps.caps_id(2026), year=2026, caps=CAPS[2025]),
    ledger.LimitsChanged(account_id=ANNA, floor_minutes=-1200, ceiling_minutes=6000),
    ledger.HoldPlaced(hold_id=MATCH, account_id=ANNA, minutes=60),
    ledger.HoldPlaced(hold_id=VISIT_MATCH, account_id=ANNA, minutes=30),
    ledger.HoldReleased(hold_id=VISIT_MATCH, account_id=ANNA, minutes=30),
    ledger.CreditTransferred(
        transfer_id=MATCH, from_account_id=ANNA, to_account_id=BRAM, minutes=50, hold_minutes=60
    ),
    ledger.BalanceNoted(account_id=ANNA, which="owed", balance_minutes=-50),
    # A hold of money, for someone without an account of minutes.
    ledger.HoldPlaced(hold_id=SECOND, account_id=CORA, minutes=0, cents=840),
    ledger.HoldReleased(hold_id=SECOND, account_id=CORA, minutes=0, cents=840),
    ledger.HoldRefused(hold_id=VISIT, account_id=CORA, minutes=60, reason="compensation_cap", left_cents=280),
    ledger.TransferRefused(
        transfer_id=SECOND,
        from_account_id=ANNA,
        to_account_id=BRAM,
        minutes=90,
        match_id=MATCH,
        reason="below_floor",
    ),
    ledger.AccountOpened(account_id=HOUSE, floor_minutes=-600),
    ledger.HoldPlaced(hold_id=CROSSING, account_id=ANNA, minutes=30, peer="delft"),
    ledger.HoldMoved(hold_id=CROSSING, from_account_id=ANNA, to_account_id=HOUSE, minutes=30),
    *(about_peer(event) for event in clearing.EVENTS),
    about_peer(clearing.CapProposed),
    *(
        about_hours(event)
        for event in (
            crossings.TransferOffered,
            crossings.TransferStranded,
            crossings.TransferAsked,
            crossings.TransferPosted,
            crossings.TransferReleased,
            crossings.TransferVoided,
        )
    ),
    *(
        about_hours(event, ONE_MORE)
        for event in (
            crossings.SettlementProposed,
            crossings.TransferRejected,
            crossings.TransferAnswered,
            crossings.TransferAccepted,
            crossings.TransferDiffered,
            crossings.TransferDecided,
            crossings.TransferReceived,
            crossings.TransferTakenBack,
        )
    ),
    ledger.ExpensesNoted(expenses_id=SECOND, helper_id=BRAM, cents=500, month="2026-11"),
    ledger.AccountClosed(account_id=BRAM),
)

FROM_NOTIFICATIONS = (
    notifications.MessageQueued(message_id=MESSAGE, member_id=ANNA, template="match-asker"),
    notifications.MessageQueued(message_id=CALL, member_id=BRAM, template="match-helper"),
    notifications.MessageHandedOver(
        message_id=CALL, member_id=BRAM, template="match-helper", channel="phone"
    ),
    notifications.ContactAttempted(message_id=CALL, member_id=BRAM, attempts=1),
    notifications.ContactEscalated(message_id=CALL, member_id=BRAM, attempts=3),
    notifications.MessageSent(message_id=MESSAGE, member_id=ANNA, attempts=1),
    notifications.MessageDelivered(message_id=CALL, member_id=BRAM, channel="phone"),
)


def orphaned(orphan_id: UUID) -> link.LetterOrphaned:
    return link.LetterOrphaned(
        orphan_id=orphan_id,
        thread_id=CROSSING,
        peer="delft",
        written_by="delft",
        number=7,
        name="TransferOffer",
    )


FROM_LINK = (
    orphaned(MATCH),
    orphaned(VISIT),
    orphaned(VISIT_MATCH),
    link.OrphanSolved(orphan_id=MATCH, peer="delft"),
    link.OrphanSettled(orphan_id=VISIT, peer="delft"),
    # Forgotten before this instance followed the link.
    link.OrphanSettled(orphan_id=SECOND, peer="delft"),
)


def everyone() -> tuple[InMemory, ...]:
    return (
        source("members", *FROM_MEMBERS),
        source("exchange", *FROM_EXCHANGE),
        source("ledger", *FROM_LEDGER),
        source("notifications", *FROM_NOTIFICATIONS, by="service:notifications"),
        source("link", *FROM_LINK),
    )


# Whatever the order


@given(turns=st.lists(st.integers(0, 4), max_size=200))
@settings(max_examples=60)
def test_every_interleaving_of_the_sources_gives_the_same_tables(turns: list[int]) -> None:
    sources = everyone()
    instance = InMemory(coordinator_app.service(REGION))
    for turn in turns:
        instance.follow(sources[turn])
    while any(instance.follow(each) for each in sources):
        pass
    assert instance.state.changed == seen(*sources).state.changed


def test_every_event_of_the_others_is_known_here_or_left_out_on_purpose() -> None:
    known = {event.__name__ for kind in KINDS for event in kind.concerns}
    others = {name for name, service in EMITTED_BY.items() if service != "coordinator"}
    assert others - known == {
        # Admitted when approved; what they can is told by members too.
        "ParticipantAdmitted",
        "ParticipantCapacityChanged",
        "ParticipantLeft",
        # Between services; members, exchange and notifications act on it.
        "NearnessChanged",
        "PeopleParted",
        "ContactOpened",
        "ContactClosed",
        "VogReminded",
        # What ends with a peer that left is told one by one.
        "LendingStopped",
        # The position stays as it was; who left is seen at the link.
        "ClearingResumed",
        # Of the network; who reads about it hears how it is now (`GetPeers`).
        *({event.__name__ for event in link.EVENTS} - {event.__name__ for event in FORGOTTEN.concerns}),
        # A team's feed and its webhook endpoints are asked for when someone looks.
        "FeedbackQueued",
        "FeedbackDelivered",
        "DeliveryQueued",
        "EndpointRegistered",
        "EndpointChanged",
        "SecretRotated",
        "EndpointPaused",
        "EndpointResumed",
        "EndpointDisabled",
        "EndpointTried",
        "EndpointDeleted",
        "DeliverySetAside",
        "DeliveryRequeued",
    }


def test_no_table_can_hold_a_text() -> None:
    """Incidents, complaints and all else: that they exist, never what was said."""
    columns = {column for kind in KINDS for column in kind.columns}
    assert not columns & {"text", "note", "name", "street", "email", "phone", "guardian"}


def test_a_forgotten_letter_waits_until_it_is_written_again_or_looked_at() -> None:
    found = seen(*everyone()).all(FORGOTTEN)
    assert {each.orphan_id for each in found if not each.settled} == {VISIT_MATCH}


# Referrals


def test_two_referrals_that_may_be_the_same_know_of_each_other_and_their_teams_what_they_were_told() -> None:
    first, second = seen(*everyone()).all(REFERRALS)
    assert (first.twin_ids, second.twin_ids) == ((TWIN,), (REFERRAL,))
    assert (first.status, first.reason, first.overdue) == ("on-hold", "person-away", True)
    assert (first.told_status, first.told_reason, first.told_outcome) == ("on-hold", "person-away", None)
    assert (second.feedback, second.told_status) == ("nothing", None)


# Members


def test_what_is_known_of_a_minor_whose_guardian_no_longer_agrees() -> None:
    (found,) = (m for m in seen(*everyone()).all(MEMBERS) if m.member_id == BRAM)
    assert (found.age_band, found.guardian_agrees) == (AgeBand.FROM_18, False)
    assert (found.capacity_minutes_week, found.carer_minutes_week) == (60, 15)
    assert (found.paused, found.paused_until) == (False, None)


def test_a_member_who_pauses_is_seen_to_pause_until_then() -> None:
    found = one(MEMBERS, MemberSeen, registered(), members.MemberPaused(member_id=ANNA, until=TOMORROW))
    assert (found.paused, found.paused_until) == (True, TOMORROW)


def test_how_someone_wants_to_hear_from_us_replaces_what_they_said_before() -> None:
    first = members.ChannelChosen(member_id=ANNA, channel="sms", digest="daily", quiet_from=22)
    then = members.ChannelChosen(member_id=ANNA, channel="letter")
    found = one(MEMBERS, MemberSeen, registered(), first, then)
    assert (found.channel, found.digest, found.quiet_from) == ("letter", "none", None)


def test_who_left_and_was_erased_is_a_number_and_no_more() -> None:
    (found,) = (m for m in seen(*everyone()).all(MEMBERS) if m.member_id == CORA)
    assert (found.status, found.left_at is not None) == ("erased", True)


def test_only_the_newest_certificate_of_a_category_counts() -> None:
    (found,) = seen(*everyone()).all(VOGS)
    assert (found.vog_id, found.valid_until) == (NEWER_VOG, date(2029, 12, 1))


def test_who_leaves_a_household_no_longer_shares_its_balance() -> None:
    (found,) = seen(*everyone()).all(HOUSEHOLDS)
    assert (found.belongs, found.shares_balance, found.may_act) == (False, False, False)


def test_who_may_ask_for_someone_may_until_it_ends() -> None:
    (found,) = seen(*everyone()).all(REPRESENTATIONS)
    assert (found.representative_id, found.how, found.stands) == (BRAM, "phone", False)


# Exchange


def test_a_draft_is_no_open_request_until_it_is_opened() -> None:
    draft = one(REQUESTS, RequestSeen, requested(draft=True))
    assert draft.status == "draft"
    opened = exchange.RequestOpened(request_id=REQUEST, member_id=ANNA, because="offered")
    found = one(REQUESTS, RequestSeen, requested(draft=True), opened)
    assert (found.status, found.requested_at, found.open_since) == ("open", NOW, NOW + timedelta(minutes=1))


def test_a_request_for_someone_else_says_who_asked_and_how_they_agreed() -> None:
    found = one(REQUESTS, RequestSeen, requested(asked_by=BRAM, consent="in_person", referral=True))
    assert (found.asked_by, found.consent, found.referral) == (BRAM, "in_person", True)


def test_a_request_that_was_withdrawn_stays_so_when_its_match_falls_away() -> None:
    withdrawn = exchange.RequestWithdrawn(request_id=REQUEST, member_id=ANNA)
    fell = about_match(exchange.MatchFellThrough, reason="skipped")
    begin = (requested(), about_match(exchange.MatchReserved))
    for events in ((withdrawn, fell), (fell, withdrawn)):
        (found,) = seen(source("exchange", *begin, *events)).all(REQUESTS)
        assert (found.status, found.match_id) == ("withdrawn", None)


def test_a_request_waits_again_since_its_helper_fell_away() -> None:
    fell = about_match(exchange.MatchFellThrough, reason="helper_withdrew")
    (found,) = seen(source("exchange", requested(), about_match(exchange.MatchReserved), fell)).all(REQUESTS)
    assert (found.status, found.requested_at, found.open_since) == ("open", NOW, NOW + timedelta(minutes=2))


def test_a_visit_that_is_moved_is_moved_in_its_request_too() -> None:
    instance, later = seen(*everyone()), TOMORROW + timedelta(hours=2)
    (match,) = (m for m in instance.all(MATCHES) if m.match_id == MATCH)
    (request,) = (r for r in instance.all(REQUESTS) if r.request_id == REQUEST)
    assert (match.wanted_at, match.moved_from, request.wanted_at) == (later, TOMORROW, later)


def test_minutes_that_were_decided_say_by_whom() -> None:
    (match,) = (m for m in seen(*everyone()).all(MATCHES) if m.match_id == MATCH)
    assert (match.helper_minutes, match.asker_minutes, match.minutes_differ) == (60, 45, False)
    assert (match.agreed_minutes, match.decided_by, match.chosen_by) == (50, "sam", "noor")
    assert (match.status, match.thanked) == ("completed", True)


def test_a_match_says_why_it_fell_away_and_who_was_not_there() -> None:
    noted = about_match(visits.NoShowNoted, who="helper")
    fell = about_match(exchange.MatchFellThrough, reason="no_show")
    found = one(MATCHES, MatchSeen, requested(), about_match(exchange.MatchReserved), noted, fell)
    assert (found.status, found.reason, found.no_show) == ("fell_through", "no_show", "helper")


def test_a_series_that_changes_hands_has_a_helper_without_an_end() -> None:
    (found,) = seen(*everyone()).all(SERIES)
    assert (found.helper_id, found.offer_id, found.helper_last_day) == (CORA, SECOND, None)
    assert (found.status, found.reason, found.next_at) == ("ended", "ended", None)


def test_the_initiative_that_always_exists_is_known_from_its_first_change() -> None:
    found = {each.initiative_id: each for each in seen(*everyone()).all(INITIATIVES)}
    assert (found[THE_INITIATIVE].preset, found[THE_INITIATIVE].compensation) == ("", "none")
    assert (found[PROGRAMME].status, found[PROGRAMME].reciprocity) == ("closed", "required")


def test_a_waiver_says_until_when() -> None:
    (found,) = seen(*everyone()).all(WAIVERS)
    assert (found.participant_id, found.until) == (ANNA, TOMORROW)


def test_an_incident_is_closed_when_everything_is_done() -> None:
    (found,) = seen(*everyone()).all(INCIDENTS)
    assert found.released
    assert found.closed_at is not None


# Ledger and notifications


def test_balances_have_limits_and_say_which_was_passed() -> None:
    found = {each.account_id: each for each in seen(*everyone()).all(BALANCES)}
    assert CORA not in found, "money is held for her, no minutes"
    anna = found[ANNA]
    assert (anna.balance_minutes, anna.held_minutes, anna.floor_minutes) == (-50, 0, -1200)
    assert (anna.ceiling_minutes, anna.noted, anna.closed) == (6000, "owed", False)
    assert (found[BRAM].balance_minutes, found[BRAM].closed) == (50, True)


def test_why_the_ledger_refused_stands_with_the_match_and_what_is_left_under_the_caps() -> None:
    found = {one.hold_id: (one.reason, one.left_cents) for one in seen(*everyone()).all(REFUSALS)}
    assert found == {VISIT: ("compensation_cap", 280), MATCH: ("below_floor", None)}


def test_a_message_to_bring_waits_since_it_was_handed_over_however_often_was_tried() -> None:
    events = FROM_NOTIFICATIONS[1:4]
    (found,) = seen(source("notifications", *events)).all(MESSAGES)
    assert (found.status, found.channel, found.attempts) == ("handed_over", "phone", 1)
    assert found.changed_at == NOW + timedelta(minutes=1)


def test_who_could_not_be_reached_and_was_reached_after_all() -> None:
    (escalated,) = seen(source("notifications", *FROM_NOTIFICATIONS[1:5])).all(MESSAGES)
    assert (escalated.status, escalated.attempts) == ("escalated", 3)
    found = {each.message_id: each.status for each in seen(*everyone()).all(MESSAGES)}
    assert found == {MESSAGE: "sent", CALL: "delivered"}


# History


def test_the_history_has_one_line_for_each_event_that_is_told() -> None:
    events = (*FROM_MEMBERS, *FROM_EXCHANGE, *FROM_LEDGER, *FROM_NOTIFICATIONS)
    assert len(seen(*everyone()).all(HISTORY)) == sum(type(event) in TOLD for event in events)


def test_an_event_that_comes_again_writes_the_same_line() -> None:
    instance = seen(source("members", *FROM_MEMBERS))
    before = {key: asdict(line) for key, line in instance.state.changed.items() if key[0] is HISTORY}
    instance.marks["members"] = len(FROM_MEMBERS) - 2
    while instance.follow(source("members", *FROM_MEMBERS)):
        pass
    assert {key: asdict(each) for key, each in instance.state.changed.items() if key[0] is HISTORY} == before


def test_what_a_coordinator_did_in_someones_name_is_in_that_persons_history() -> None:
    capacity = members.CapacityChanged(member_id=ANNA, capacity_minutes_week=60)
    by_herself = source("members", registered(), capacity, by="member:key-7")
    (_, line) = seen(by_herself).all(HISTORY)
    assert (line.code, line.actor, line.person_id) == ("capacity-changed", "member:key-7", ANNA)
    (_, line) = seen(source("members", registered(), capacity, by=NOOR)).all(HISTORY)
    assert (line.actor, line.person_id) == (NOOR, ANNA)


def test_who_asked_for_someone_else_is_in_both_histories() -> None:
    (line,) = seen(source("exchange", requested(asked_by=BRAM, consent="phone"))).all(HISTORY)
    assert (line.person_id, line.other_id, line.request_id) == (ANNA, BRAM, REQUEST)


def test_both_people_of_a_match_are_named_and_who_reported_comes_first() -> None:
    lines = {
        (line.code, line.person_id, line.other_id)
        for line in seen(source("exchange", *FROM_EXCHANGE)).all(HISTORY)
        if line.match_id == MATCH
    }
    assert ("minutes-reported", BRAM, ANNA) in lines
    assert ("minutes-reported", ANNA, BRAM) in lines
    assert ("match-completed", BRAM, ANNA) in lines


def test_what_is_for_coordinators_alone_is_marked_by_its_code() -> None:
    codes = {line.code for line in seen(*everyone()).all(HISTORY)}
    own = {kebab(name) for name, service in EMITTED_BY.items() if service == "coordinator"}
    assert CONFIDENTIAL - own <= codes
    assert CONFIDENTIAL & own == {
        "complaint-filed",
        "complaint-moved",
        "complaint-handed-over",
        "call-noted",
    }
    assert "minutes-decided" not in CONFIDENTIAL


def test_every_kind_of_event_that_can_be_told_stands_in_the_story_above() -> None:
    """So that the shuffling meets each of them."""
    events = (*FROM_MEMBERS, *FROM_EXCHANGE, *FROM_LEDGER, *FROM_NOTIFICATIONS, *FROM_LINK)
    told = {type(event).__name__ for event in events}
    known = {event.__name__ for kind in KINDS for event in kind.concerns}
    own = {name for name in EVENTS if EMITTED_BY[name] == "coordinator"}
    left = known - own - told
    # Two more ways for a message to end, and lines that no other table needs.
    assert left == {"MessageFailed", "MessageOvertaken", "VogLapsed", "CompensationBooked", "HelpRecorded"}


def test_offers_and_their_end() -> None:
    (found,) = seen(*everyone()).all(OFFERS)
    assert (found.status, found.initiative_id) == ("withdrawn", THE_INITIATIVE)


# Other regions


def test_what_is_known_of_help_from_and_for_another_region() -> None:
    there = {loan.loan_id: loan for loan in seen(*everyone()).all(LOANS)}
    ours, theirs = there[ELSEWHERE], there[SECOND]
    assert (ours.side, ours.status, ours.member_id, ours.agreed_minutes) == ("asks", "completed", ANNA, 60)
    assert (theirs.side, theirs.status, theirs.member_id, theirs.ended_by) == ("helps", "ended", BRAM, "us")
    assert (theirs.our_minutes, theirs.resolved) == (60, True)


def test_when_a_loan_ends_by_itself_is_known_until_its_next_step() -> None:
    asked = [about_loan(event) for event in (loans.HelpSought, loans.LoanReminded)]
    assert one(LOANS, LoanSeen, *asked).answer_by == TOMORROW
    assert one(LOANS, LoanSeen, *asked, about_loan(loans.HelperOffered)).answer_by is None


def test_a_request_is_done_by_another_regions_helper() -> None:
    found = {request.request_id: request for request in seen(*everyone()).all(REQUESTS)}
    assert found[ELSEWHERE].status == "done"


def test_a_request_is_open_again_when_another_regions_helper_falls_away() -> None:
    events = (requested(ELSEWHERE), about_loan(loans.HelpSought), about_loan(loans.HelperTaken))
    taken = one(REQUESTS, RequestSeen, *events)
    assert taken.status == "matching"
    over = about_loan(loans.LoanEnded, helper_id=None)
    assert one(REQUESTS, RequestSeen, *events, over).status == "open"


def test_how_we_stand_with_another_region() -> None:
    (found,) = seen(*everyone()).all(CLEARINGS)
    assert (found.cap_minutes, found.proposed_by, found.differs, found.differs_there) == (
        600,
        "them",
        True,
        True,
    )
    there = {crossing.crossing_id: crossing for crossing in seen(*everyone()).all(CROSSINGS)}
    assert (there[CROSSING].ours, there[CROSSING].status) == (True, "void")
    assert (there[ONE_MORE].ours, there[ONE_MORE].status) == (False, "taken_back")
