"""A request for help: open, matched, open again when a match falls away, done or withdrawn."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from contracts.envelope import Actor, Command, Event
from contracts.exchange import (
    HelpRequested,
    OfferPosted,
    OfferWithdrawn,
    OpenDrafts,
    PostOffer,
    RequestHelp,
    RequestOpened,
    WithdrawRequest,
)
from contracts.households import HouseholdJoined, HouseholdLeft, RepresentationEnded, RepresentationGranted
from contracts.initiatives import (
    THE_INITIATIVE,
    ChangePolicy,
    InitiativeClosed,
    InitiativeStarted,
    PolicyChanged,
    ReciprocityWaived,
    WaiveReciprocity,
)
from contracts.members import (
    AgeBandReached,
    GuardianConsentGiven,
    GuardianConsentWithdrawn,
    MemberRegistered,
)
from contracts.participants import AdmitParticipant
from contracts.policy import PRESETS, AgeBand
from services.exchange.handlers import SCHEDULES
from services.exchange.help_request import REQUEST as KIND
from services.exchange.participant import PARTICIPANT
from services.kernel.dutch import local
from services.kernel.testing import COMMAND_ID, COORDINATOR, EARLIER, NOW, InMemory
from tests.unit.neighbours import (
    A_CONFIRMED_MATCH,
    A_RESERVED_MATCH,
    AN_OFFER_AND_A_REQUEST,
    ANNA,
    BRAM,
    CORA,
    ELSEWHERE,
    REQUEST,
    REQUEST_WITHDRAWN,
    TOMORROW,
    admitted,
    as_member,
    asked,
    but,
    completed,
    exchange,
    fell_through,
    offered,
    policy,
)

given = exchange.given

WITHDRAW = WithdrawRequest(request_id=REQUEST, member_id=ANNA)


def asks(**otherwise: object) -> RequestHelp:
    """Anna's wish. A coordinator writes it down, unless a test says who does: she called."""
    wanted = {"member_id": ANNA, "category": "gardening", "minutes": 90, "wanted_at": TOMORROW}
    return RequestHelp.model_validate({**wanted, "consent": "phone", **otherwise})


ASKED = but(asked(request_id=COMMAND_ID), consent="phone")


def test_a_participant_asks_for_help_at_their_own_postcode() -> None:
    given(admitted(ANNA)).when(asks()).then(ASKED)


def test_how_urgent_it_is_and_whom_they_would_rather_have_are_part_of_it() -> None:
    (event,) = given(admitted(ANNA)).when(asks(urgency="urgent", wish="unknown")).events
    assert {"urgency": "urgent", "wish": "unknown"}.items() <= event.model_dump().items()


def test_the_words_of_a_request_go_to_the_vault_and_not_into_the_event() -> None:
    request = asks(text="De heg is te hoog.")
    (entry,) = request.vault(REQUEST)
    assert (entry.entity, entry.entity_id, entry.person_id) == ("request", REQUEST, ANNA)
    (event,) = given(admitted(ANNA)).when(request).events
    assert "heg" not in event.model_dump_json()


def test_help_without_a_date_may_be_asked_for() -> None:
    (event,) = given(admitted(ANNA)).when(asks(wanted_at=None)).events
    assert event.model_dump()["wanted_at"] is None


def test_someone_who_is_not_approved_cannot_ask_yet() -> None:
    given().when(asks()).refused("not_approved")


def test_help_cannot_be_asked_for_in_the_past() -> None:
    given(admitted(ANNA)).when(asks(wanted_at=NOW - timedelta(seconds=1))).refused("in_the_past")
    assert given(admitted(ANNA)).when(asks(wanted_at=NOW)).events


@pytest.mark.parametrize("draft", [False, True], ids=["open", "draft"])
def test_a_coordinator_of_elsewhere_neither_asks_nor_withdraws_for_them(draft: bool) -> None:
    given(admitted(ANNA)).when(asks(), by=ELSEWHERE).refused("other_area")
    given(admitted(ANNA), but(asked(), draft=draft)).when(WITHDRAW, by=ELSEWHERE).refused("other_area")


# Help that comes back


def test_help_that_comes_back_says_how_often_and_until_when() -> None:
    comes_back = asks(recurrence="FREQ=WEEKLY;BYDAY=TU", last_day=date(2027, 6, 1))
    (event,) = given(admitted(ANNA)).when(comes_back).events
    assert isinstance(event, HelpRequested)
    assert (event.recurrence, event.last_day) == ("FREQ=WEEKLY;BYDAY=TU", date(2027, 6, 1))
    assert event.series_id is None


def test_help_that_comes_back_has_a_first_time() -> None:
    given(admitted(ANNA)).when(asks(recurrence="FREQ=DAILY", wanted_at=None)).refused("first_visit_missing")


def test_its_last_day_is_not_before_its_first() -> None:
    first = local(TOMORROW).date()
    early = asks(recurrence="FREQ=DAILY", last_day=first - timedelta(days=1))
    given(admitted(ANNA)).when(early).refused("ends_before_it_begins")
    assert given(admitted(ANNA)).when(asks(recurrence="FREQ=DAILY", last_day=first)).events


def test_a_recurrence_that_never_comes_is_refused_before_anyone_counts_on_it() -> None:
    february = datetime(2027, 2, 10, 9, 0, tzinfo=UTC)
    thirtieth = asks(recurrence="FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", wanted_at=february)
    given(admitted(ANNA)).when(thirtieth).refused("never_comes_back")


# What is given in return

REQUIRED = policy(reciprocity="required")
DRAFT = but(asked(), draft=True)
OPENED = RequestOpened(request_id=REQUEST, member_id=ANNA, because="offered")
CIRCLE = UUID(int=0x3F)
A_CIRCLE = InitiativeStarted(initiative_id=CIRCLE, preset="ruilkring", policy=PRESETS["ruilkring"])


def waived(until: datetime) -> ReciprocityWaived:
    return ReciprocityWaived(participant_id=ANNA, until=until)


@pytest.mark.parametrize(
    ("reciprocity", "has_offer", "draft"),
    [
        ("gift", False, False),
        ("encouraged", False, False),
        ("required", True, False),
        ("required", False, True),
    ],
)
def test_only_where_giving_back_is_required_a_request_waits_for_an_offer(
    reciprocity: str, has_offer: bool, draft: bool
) -> None:
    offer = (offered(ANNA, category="baking"),) if has_offer else ()
    before = given(policy(reciprocity=reciprocity), admitted(ANNA), *offer)
    before.when(asks()).then(but(ASKED, draft=draft))


def test_what_counts_is_an_offer_of_their_own_that_stands_in_the_same_initiative() -> None:
    waits = but(ASKED, draft=True)
    mine = offered(ANNA, category="baking")
    withdrawn = OfferWithdrawn(offer_id=mine.offer_id, member_id=ANNA)
    before = (REQUIRED, admitted(ANNA), admitted(BRAM))
    given(*before, mine, withdrawn).when(asks()).then(waits)
    given(*before, but(mine, initiative_id=CIRCLE)).when(asks()).then(waits)
    given(*before, offered()).when(asks()).then(waits)
    second = but(mine, offer_id=UUID(int=0x7F))
    given(*before, mine, second, withdrawn).when(asks()).then(ASKED)


# Decided in one commit loop, one after the other: in whichever order they come, nothing waits in vain.
@pytest.mark.parametrize("offer_first", [True, False])
def test_an_offer_that_is_posted_at_the_same_moment_opens_the_request(offer_first: bool) -> None:
    region = InMemory(exchange.service)
    both: list[Command] = [PostOffer(member_id=ANNA, category="baking"), asks()]
    before = [
        ChangePolicy(initiative_id=THE_INITIATIVE, policy=REQUIRED.policy),
        AdmitParticipant.model_validate(admitted(ANNA).model_dump()),
    ]
    for n, command in enumerate((*before, *(both if offer_first else both[::-1]))):
        region.decide(command, id=UUID(int=0x500 + n), by=COORDINATOR)
    (request,) = region.all(KIND)
    assert request.status == "open"


@pytest.mark.parametrize("reciprocity", ["gift", "encouraged"])
def test_what_waited_opens_when_its_initiative_asks_nothing_in_return_any_more(reciprocity: str) -> None:
    changed = policy(reciprocity=reciprocity)
    (timer,) = SCHEDULES[PolicyChanged](changed, NOW)
    assert (timer.due_at, timer.command) == (NOW, OpenDrafts(initiative_id=THE_INITIATIVE))
    found = OpenDrafts(initiative_id=THE_INITIATIVE, request_ids=(REQUEST,))
    opened = but(OPENED, because="rules_changed")
    given(REQUIRED, admitted(ANNA), DRAFT, changed).when(found).then(opened)
    # Opened or withdrawn meanwhile, or the rules changed back: nothing happens.
    given(REQUIRED, admitted(ANNA), DRAFT, OPENED, changed).when(found).then_nothing()
    given(REQUIRED, admitted(ANNA), DRAFT, changed, REQUIRED).when(found).then_nothing()
    assert SCHEDULES[PolicyChanged](REQUIRED, NOW) == []


@pytest.mark.parametrize(("until", "draft"), [(NOW, True), (NOW + timedelta(seconds=1), False)])
def test_a_waiver_holds_until_its_end(until: datetime, draft: bool) -> None:
    before = given(REQUIRED, admitted(ANNA), waived(until))
    before.when(asks()).then(but(ASKED, draft=draft))


def test_any_offer_in_the_same_initiative_opens_what_waited_for_it() -> None:
    given(REQUIRED, admitted(ANNA), DRAFT).when(PostOffer(member_id=ANNA, category="baking")).then(
        offered(ANNA, offer_id=COMMAND_ID, category="baking"), OPENED
    )
    now = given(REQUIRED, admitted(ANNA), DRAFT, OPENED)
    assert now.now(KIND, REQUEST).status == "open"
    assert now.now(PARTICIPANT, ANNA).drafts == ()
    assert now.now(PARTICIPANT, ANNA).asks == (REQUEST,)


def test_an_offer_in_another_initiative_opens_nothing() -> None:
    elsewhere = PostOffer(member_id=ANNA, category="baking", initiative_id=CIRCLE)
    (event,) = given(A_CIRCLE, REQUIRED, admitted(ANNA), DRAFT).when(elsewhere).events
    assert isinstance(event, OfferPosted)


def test_an_offer_of_someone_else_opens_nothing() -> None:
    given(REQUIRED, admitted(ANNA), admitted(BRAM), DRAFT).when(
        PostOffer(member_id=BRAM, category="gardening")
    ).then(offered(offer_id=COMMAND_ID))


def test_a_waiver_opens_what_waited() -> None:
    waiver = WaiveReciprocity(member_id=ANNA, reason="Net geopereerd.", until=date(2026, 12, 31))
    given(REQUIRED, admitted(ANNA), DRAFT).when(waiver).then(
        waived(datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)), but(OPENED, because="waived")
    )


def test_what_waits_for_an_offer_may_be_withdrawn() -> None:
    given(REQUIRED, admitted(ANNA), DRAFT).when(WITHDRAW).then(REQUEST_WITHDRAWN)
    assert given(admitted(ANNA), DRAFT, REQUEST_WITHDRAWN).now(PARTICIPANT, ANNA).drafts == ()


def test_nothing_is_asked_in_an_initiative_that_ended_or_never_was() -> None:
    closed = InitiativeClosed(initiative_id=CIRCLE)
    circle = asks(initiative_id=CIRCLE)
    given(A_CIRCLE, closed, admitted(ANNA)).when(circle).refused("initiative_closed")
    given(admitted(ANNA)).when(circle).refused("unknown_initiative")


# For someone else

FOR_ANNA = asks(asked_by=CORA, consent="phone")
GRANTED = RepresentationGranted(
    representation_id=CIRCLE, member_id=ANNA, representative_id=CORA, how="in_person"
)
MAY_ACT = HouseholdJoined(member_id=CORA, household_id=ANNA, shares_balance=True, may_act=True)
ASKED_FOR_ANNA = but(ASKED, asked_by=CORA)


@pytest.mark.parametrize("may", [GRANTED, MAY_ACT], ids=["representative", "of the household"])
def test_who_may_act_for_someone_asks_with_their_consent(may: Event) -> None:
    given(admitted(ANNA), may).when(FOR_ANNA, by=as_member(CORA)).then(ASKED_FOR_ANNA)


@pytest.mark.parametrize(
    "happened",
    [
        pytest.param((), id="nobody"),
        pytest.param((but(GRANTED, representative_id=BRAM),), id="someone else"),
        pytest.param((but(MAY_ACT, may_act=False),), id="lives there"),
        pytest.param((GRANTED, RepresentationEnded(**GRANTED.model_dump())), id="no longer"),
        pytest.param((MAY_ACT, HouseholdLeft(member_id=CORA, household_id=ANNA)), id="moved out"),
    ],
)
def test_who_may_not_act_for_someone_does_not_ask_for_them(happened: tuple[Event, ...]) -> None:
    given(admitted(ANNA), *happened).when(FOR_ANNA, by=as_member(CORA)).refused("may_not_act")


@pytest.mark.parametrize("by", [as_member(CORA), COORDINATOR], ids=lambda by: by.role)
def test_nobody_is_asked_for_without_their_own_consent(by: Actor) -> None:
    given(admitted(ANNA), GRANTED).when(asks(asked_by=CORA, consent=None), by=by).refused("consent_missing")


def test_a_coordinator_asks_for_someone_with_their_consent() -> None:
    given(admitted(ANNA)).when(FOR_ANNA).then(ASKED_FOR_ANNA)


def test_a_coordinator_says_how_the_asker_agreed_also_without_saying_who_asked() -> None:
    no = given(admitted(ANNA)).when(asks(consent=None)).refused("consent_missing")
    assert "aan de telefoon" in no.nl
    # A coordinator who takes part too asks for themselves like anyone.
    themself = COORDINATOR.model_copy(update={"member_id": ANNA})
    assert given(admitted(ANNA)).when(asks(consent=None), by=themself).events


def test_who_asks_for_themselves_needs_nobodys_consent() -> None:
    myself = asks(asked_by=ANNA, consent=None)
    assert given(admitted(ANNA)).when(myself, by=as_member(ANNA)).events
    assert (myself.asking_id, FOR_ANNA.asking_id, asks().asking_id) == (ANNA, CORA, ANNA)


# A minor

MINOR = MemberRegistered(
    member_id=ANNA, number=1041, pc4="3512", capacity_minutes_week=0, age_band=AgeBand.FROM_16
)
AGREES = GuardianConsentGiven(member_id=ANNA, how="paper")


def test_a_minor_asks_while_a_guardian_agrees() -> None:
    no = given(admitted(ANNA), MINOR).when(asks(), by=as_member(ANNA)).refused("guardian_missing")
    assert no.nl.endswith("Vraag die eerst.")
    given(admitted(ANNA), MINOR).when(asks()).refused("guardian_missing")
    assert given(admitted(ANNA), MINOR, AGREES).when(asks()).events
    no_more = GuardianConsentWithdrawn(member_id=ANNA)
    given(admitted(ANNA), MINOR, AGREES, no_more).when(asks()).refused("guardian_missing")
    grown = AgeBandReached(member_id=ANNA, age_band=AgeBand.FROM_18)
    assert given(admitted(ANNA), MINOR, grown).when(asks()).events


# Withdrawing


@pytest.mark.parametrize("before", [AN_OFFER_AND_A_REQUEST, A_RESERVED_MATCH], ids=["open", "matching"])
def test_a_request_is_withdrawn_while_nobody_is_confirmed(before: tuple[Event, ...]) -> None:
    given(*before).when(WITHDRAW).then(REQUEST_WITHDRAWN)


@pytest.mark.parametrize(
    "before", [A_CONFIRMED_MATCH, (*A_CONFIRMED_MATCH, completed())], ids=["matched", "done"]
)
def test_a_request_with_a_confirmed_match_cannot_be_withdrawn(before: tuple[Event, ...]) -> None:
    given(*before).when(WITHDRAW).refused("already_matched")


def test_nobody_withdraws_another_ones_request() -> None:
    given(admitted(ANNA), asked()).when(WithdrawRequest(request_id=REQUEST, member_id=BRAM)).refused(
        "not_theirs"
    )


def test_a_request_is_withdrawn_once() -> None:
    given(admitted(ANNA), asked(), REQUEST_WITHDRAWN).when(WITHDRAW).refused("withdrawn")


def test_a_request_that_nobody_made_cannot_be_withdrawn() -> None:
    given().when(WITHDRAW).refused("unknown_request")


@pytest.mark.parametrize(
    ("happened", "status"),
    [
        (AN_OFFER_AND_A_REQUEST, "open"),
        ((admitted(ANNA), DRAFT), "draft"),
        ((admitted(ANNA), DRAFT, OPENED), "open"),
        (A_RESERVED_MATCH, "matching"),
        (A_CONFIRMED_MATCH, "matched"),
        ((*A_CONFIRMED_MATCH, fell_through()), "open"),
        ((*A_RESERVED_MATCH, REQUEST_WITHDRAWN), "withdrawn"),
        ((*A_RESERVED_MATCH, REQUEST_WITHDRAWN, fell_through()), "withdrawn"),
        ((*A_CONFIRMED_MATCH, completed()), "done"),
    ],
)
def test_where_a_request_stands(happened: tuple[Event, ...], status: str) -> None:
    assert given(*happened).now(KIND, REQUEST).status == status


def test_a_request_that_is_open_again_keeps_its_first_date_and_urgency() -> None:
    first = given(*AN_OFFER_AND_A_REQUEST).now(KIND, REQUEST)
    again = given(*A_CONFIRMED_MATCH, fell_through()).now(KIND, REQUEST)
    assert (again.requested_at, again.urgency, again.wanted_at) == (EARLIER, first.urgency, TOMORROW)
