"""Who is told what, when something happens elsewhere."""

from typing import Any, get_args
from uuid import UUID

import pytest

from contracts.categories import CATEGORIES
from contracts.crossings import TransferPosted, TransferReceived, TransferReleased
from contracts.envelope import Command, Event
from contracts.exchange import (
    FellThroughReason,
    HelpRequested,
    MatchReserved,
    MinutesDiffered,
    RequestOpened,
    RequestWithdrawn,
)
from contracts.ledger import (
    OPENING,
    POOL,
    REGION,
    SUSPENSE,
    WRITTEN_OFF,
    BalanceNoted,
    CompensationBooked,
    CreditTransferred,
    HelpRecorded,
    HoldRefused,
)
from contracts.loans import LoanCompleted, LoanConfirmed, LoanEnded
from contracts.members import MemberApproved, MemberRegistered
from contracts.notifications import OvertakeMessage, QueueMessage, TellSeries, Template
from contracts.referrals import FeedbackGiven
from contracts.vetting import VogLapsed, VogReminded
from contracts.visits import (
    HelperEndPlanned,
    HelperThanked,
    SeriesEnded,
    SeriesHelperChanged,
    SeriesPlanned,
    SeriesStarted,
    VisitMoved,
)
from services.notifications.handlers import FOLLOWS
from services.notifications.thread import visit_thread
from tests.unit.neighbours import (
    ANNA,
    BRAM,
    CORA,
    MATCH,
    NEXT_WEEK,
    OFFER,
    REQUEST,
    TOMORROW,
    asked,
    but,
    confirmed,
    fell_through,
    offered,
    reserved,
)

type Told = tuple[UUID, Template, dict[str, Any]]

APPROVED = MemberApproved(member_id=ANNA, number=1042, pc4="3512", capacity_minutes_week=60)
DIFFERED = MinutesDiffered(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, helper_minutes=90, asker_minutes=60)
VOG, TRANSFER = UUID(int=0x7F), UUID(int=0x8F)
REMINDED = VogReminded.model_validate(
    {"vog_id": VOG, "member_id": BRAM, "category": "respite", "valid_until": "2026-12-23", "days_left": 30}
)
BOOKED = CreditTransferred(
    transfer_id=MATCH, from_account_id=ANNA, to_account_id=BRAM, minutes=60, hold_minutes=90, match_id=MATCH
)
STARTED = SeriesStarted(
    series_id=REQUEST,
    offer_id=OFFER,
    helper_id=BRAM,
    asker_id=ANNA,
    category="dog",
    minutes=60,
    recurrence="FREQ=WEEKLY;BYDAY=TU",
    starts_at=TOMORROW,
)
OF_SERIES = {
    "category": "dog",
    "minutes": 60,
    "recurrence": "FREQ=WEEKLY;BYDAY=TU",
    "wanted_at": TOMORROW.isoformat(),
    "last_day": None,
}
MOVED = VisitMoved(
    match_id=MATCH,
    request_id=REQUEST,
    helper_id=BRAM,
    asker_id=ANNA,
    category="gardening",
    minutes=90,
    from_at=TOMORROW,
    wanted_at=NEXT_WEEK,
)
OF_MOVE = {"minutes": 90, "from_at": TOMORROW.isoformat(), "wanted_at": NEXT_WEEK.isoformat()}
MATCHED = {"category": "gardening", "minutes": 90, "wanted_at": TOMORROW.isoformat()}
WHEN = {"wanted_at": TOMORROW.isoformat()}
SERIES = UUID(int=0x9F)
OF_VISIT = {"series": str(SERIES), "visit": str(REQUEST)}
VISIT_CONFIRMED = but(confirmed(), series_id=SERIES)


def transfer(kind: str, from_id: UUID = ANNA, to_id: UUID = BRAM, **more: Any) -> CreditTransferred:
    return CreditTransferred(
        transfer_id=TRANSFER, from_account_id=from_id, to_account_id=to_id, minutes=60, kind=kind, **more
    )


TOLD: list[tuple[Event, list[Told]]] = [
    (APPROVED, [(ANNA, "member-approved", {"number": 1042})]),
    (offered(), [(BRAM, "offer-posted", {"category": "gardening"})]),
    (asked(), [(ANNA, "help-requested", {"category": "gardening"})]),
    (but(asked(), draft=True), [(ANNA, "draft-waits", {"category": "gardening"})]),
    (but(asked(), series_id=UUID(int=1)), []),
    (but(asked(), recurrence="FREQ=WEEKLY"), [(ANNA, "help-requested", {"category": "gardening"})]),
    (RequestOpened(request_id=REQUEST, member_id=ANNA, because="offered"), [(ANNA, "request-opened", {})]),
    (
        REMINDED,
        [(BRAM, "vog-expiring", {"category": "respite", "valid_until": "2026-12-23", "days_left": 30})],
    ),
    (
        VogLapsed(vog_id=VOG, member_id=BRAM, category="respite"),
        [(BRAM, "vog-lapsed", {"category": "respite"})],
    ),
    (
        confirmed(),
        [
            (BRAM, "match-helper", {"other": str(ANNA), **MATCHED}),
            (ANNA, "match-asker", {"other": str(BRAM), **MATCHED}),
        ],
    ),
    (
        fell_through("cancelled"),
        [(BRAM, "match-ended-helper", WHEN), (ANNA, "helper-withdrew", {**WHEN, "keeps_date": 1})],
    ),
    (
        fell_through("skipped"),
        [(BRAM, "match-ended-helper", WHEN), (ANNA, "match-ended-asker", WHEN)],
    ),
    (
        fell_through("incident"),
        [(BRAM, "match-ended-helper", WHEN), (ANNA, "helper-withdrew", {**WHEN, "keeps_date": 1})],
    ),
    (
        fell_through("no_show"),
        [(BRAM, "match-ended-helper", WHEN), (ANNA, "helper-withdrew", {**WHEN, "keeps_date": 0})],
    ),
    (
        fell_through("asker_absent"),
        [(BRAM, "missed-helper", WHEN), (ANNA, "missed-asker", WHEN)],
    ),
    (
        VISIT_CONFIRMED,
        [
            (BRAM, "match-helper", {"other": str(ANNA), **MATCHED, **OF_VISIT}),
            (ANNA, "match-asker", {"other": str(BRAM), **MATCHED, **OF_VISIT}),
        ],
    ),
    (
        but(fell_through("paused"), series_id=SERIES),
        [
            (BRAM, "match-ended-helper", {**WHEN, "visit": str(REQUEST)}),
            (ANNA, "helper-withdrew", {**WHEN, "keeps_date": 1, "visit": str(REQUEST)}),
        ],
    ),
    (but(fell_through("below_floor", told=False), series_id=REQUEST), []),
    (RequestWithdrawn(request_id=REQUEST, member_id=ANNA), []),
    (SeriesPlanned(series_id=REQUEST, planned_at=TOMORROW), []),
    (
        MOVED,
        [
            (BRAM, "match-moved", {"other": str(ANNA), **OF_MOVE}),
            (ANNA, "match-moved", {"other": str(BRAM), **OF_MOVE}),
        ],
    ),
    (
        DIFFERED,
        [
            (BRAM, "minutes-differ", {"own": 90, "others": 60}),
            (ANNA, "minutes-differ", {"own": 60, "others": 90}),
        ],
    ),
    (
        HelperThanked(match_id=MATCH, helper_id=BRAM, asker_id=ANNA),
        [(BRAM, "thanks", {"other": str(ANNA), "match": str(MATCH)})],
    ),
    (
        STARTED,
        [
            (BRAM, "series-started", {"other": str(ANNA), "helps": 1, **OF_SERIES}),
            (ANNA, "series-started", {"other": str(BRAM), "helps": 0, **OF_SERIES}),
        ],
    ),
    (
        SeriesEnded(series_id=REQUEST, helper_id=BRAM, asker_id=ANNA, reason="ended"),
        [(BRAM, "series-ends", {"last_day": None}), (ANNA, "series-ends", {"last_day": None})],
    ),
    (SeriesEnded(series_id=REQUEST, helper_id=BRAM, asker_id=ANNA, reason="until"), []),
    (
        BOOKED,
        [
            (BRAM, "hours-booked-helper", {"minutes": 60}),
            (ANNA, "hours-booked-asker", {"minutes": 60, "match": str(MATCH)}),
        ],
    ),
    (transfer("gift"), [(BRAM, "gift-received", {"minutes": 60}), (ANNA, "gift-given", {"minutes": 60})]),
    (transfer("pool", to_id=POOL), [(ANNA, "gift-given", {"minutes": 60, "to": "pool"})]),
    (transfer("pool", from_id=POOL), [(BRAM, "hours-received", {"minutes": 60, "out_of": "pool"})]),
    (transfer("pool", from_id=REGION, to_id=POOL), []),
    (transfer("settlement"), [(BRAM, "hours-received", {"minutes": 60, "out_of": "settlement"})]),
    (transfer("settlement", to_id=POOL), []),
    (transfer("settlement", from_id=WRITTEN_OFF), []),
    (transfer("ceiling", to_id=POOL), [(ANNA, "gift-given", {"minutes": 60, "to": "ceiling"})]),
    (
        transfer("ceiling", to_id=POOL, payee_id=BRAM),
        [
            (ANNA, "gift-given", {"minutes": 60, "to": "ceiling"}),
            (BRAM, "gift-given", {"minutes": 60, "to": "full"}),
        ],
    ),
    (
        transfer("reversal"),
        [
            (BRAM, "transfer-reversed", {"minutes": 60, "back": 1}),
            (ANNA, "transfer-reversed", {"minutes": 60, "back": 0}),
        ],
    ),
    (transfer("reversal", from_id=SUSPENSE), [(BRAM, "transfer-reversed", {"minutes": 60, "back": 1})]),
    # Back to another region: its account here reads no letters.
    (transfer("reversal", peer="delft"), [(ANNA, "transfer-reversed", {"minutes": 60, "back": 0})]),
    (transfer("reversal", from_id=SUSPENSE, peer="delft"), []),
    (transfer("opening", from_id=OPENING), []),
    (transfer("what a later release books"), []),
    (
        transfer("gift", payer_id=CORA),
        [(BRAM, "gift-received", {"minutes": 60}), (CORA, "gift-given", {"minutes": 60})],
    ),
    (
        CompensationBooked(
            transfer_id=TRANSFER,
            match_id=MATCH,
            helper_id=BRAM,
            asker_id=ANNA,
            minutes=90,
            cents=840,
            month="2026-11",
        ),
        [
            (BRAM, "compensation-booked", {"minutes": 90, "cents": 840}),
            (ANNA, "help-recorded", {"minutes": 90, "helped": 0, "match": str(MATCH)}),
        ],
    ),
    (
        HelpRecorded(transfer_id=TRANSFER, match_id=MATCH, helper_id=BRAM, asker_id=ANNA, minutes=90),
        [
            (BRAM, "help-recorded", {"minutes": 90, "helped": 1}),
            (ANNA, "help-recorded", {"minutes": 90, "helped": 0, "match": str(MATCH)}),
        ],
    ),
    (
        BalanceNoted(account_id=ANNA, which="owed", balance_minutes=-480),
        [(ANNA, "balance-owed", {"minutes": 480})],
    ),
    (
        BalanceNoted(account_id=ANNA, which="saved", balance_minutes=1500),
        [(ANNA, "balance-saved", {"minutes": 1500})],
    ),
    (BalanceNoted(account_id=POOL, which="saved", balance_minutes=1500), []),
]
OPEN_VISIT = {**WHEN, "visit": str(REQUEST)}
HANDED_OVER = SeriesHelperChanged(
    series_id=REQUEST, offer_id=OFFER, helper_id=CORA, former_helper_id=BRAM, left_open=2
)
BY_SERIES_ALONE: list[tuple[Event, TellSeries]] = [
    (
        SeriesPlanned(series_id=SERIES, planned_at=TOMORROW, open_request_id=REQUEST),
        TellSeries(series_id=SERIES, template="visit-open", facts=OPEN_VISIT),
    ),
    # Which helper was to come may be a substitute, who heard of nothing.
    (
        but(fell_through("below_floor", told=False), series_id=SERIES),
        TellSeries(series_id=SERIES, template="visit-open", facts=OPEN_VISIT),
    ),
    (
        but(fell_through("offer_withdrawn", told=False), series_id=SERIES),
        TellSeries(series_id=SERIES, template="visit-open", facts=OPEN_VISIT),
    ),
    (
        but(fell_through("withdrawn", told=False), series_id=SERIES),
        TellSeries(series_id=SERIES, template="visit-open", to="helper", facts=OPEN_VISIT),
    ),
    (
        HelperEndPlanned.model_validate(
            {"series_id": REQUEST, "helper_id": BRAM, "helper_last_day": "2027-06-29"}
        ),
        TellSeries(series_id=REQUEST, template="series-ends", facts={"last_day": "2027-06-29"}),
    ),
]
EVERY_EVENT = pytest.mark.parametrize(
    ("event", "told"), TOLD, ids=[f"{type(event).__name__}-{n}" for n, (event, _) in enumerate(TOLD)]
)


def messages(commands: list[Command]) -> list[QueueMessage]:
    """What would be told in the end, whether or not something was said before."""
    told = [c.instead if isinstance(c, OvertakeMessage) else c for c in commands]
    return [one for one in told if isinstance(one, QueueMessage)]


@EVERY_EVENT
def test_who_is_told_what(event: Event, told: list[Told]) -> None:
    assert [(m.member_id, m.template, m.facts) for m in messages(FOLLOWS[type(event)](event))] == told


@EVERY_EVENT
def test_the_same_event_twice_asks_for_the_same_message(event: Event, told: list[Told]) -> None:
    once, again = FOLLOWS[type(event)](event), FOLLOWS[type(event)](event)
    assert once == again
    ids = [message.message_id for message in messages(once)]
    assert len(set(ids)) == len(ids) == len(told)


@pytest.mark.parametrize(("event", "command"), BY_SERIES_ALONE)
def test_what_names_nobody_is_told_to_the_people_of_the_series(event: Event, command: TellSeries) -> None:
    assert FOLLOWS[type(event)](event) == [command]


def test_every_template_is_used_and_every_followed_event_is_told() -> None:
    used = {template for _, told in TOLD for _, template, _ in told}
    assert used | {command.template for _, command in BY_SERIES_ALONE} == set(get_args(Template))
    # With other regions: test_telling_regions.py.
    between = {LoanConfirmed, LoanEnded, LoanCompleted, TransferPosted, TransferReceived, TransferReleased}
    elsewhere = {SeriesHelperChanged, FeedbackGiven, *between}
    assert {type(event) for event, _ in [*TOLD, *BY_SERIES_ALONE]} | elsewhere == set(FOLLOWS)


def test_when_a_series_changes_hands_all_three_hear_of_it() -> None:
    both, former = FOLLOWS[SeriesHelperChanged](HANDED_OVER)
    assert both == TellSeries(series_id=REQUEST, template="series-started", facts={"left_open": 2})
    (said,) = messages([former])
    assert (said.member_id, said.template) == (BRAM, "series-ends")
    assert said.facts == {"last_day": None, "handed_over": 1}


def test_the_end_of_a_series_overtakes_the_letters_that_it_began_with() -> None:
    began = {m.message_id for m in messages(FOLLOWS[SeriesStarted](STARTED))}
    for reason in ("ended", "until"):
        ended = SeriesEnded(series_id=REQUEST, helper_id=BRAM, asker_id=ANNA, reason=reason)
        over = FOLLOWS[SeriesEnded](ended)
        assert {one.message_id for one in over if isinstance(one, OvertakeMessage)} == began
    (_, former) = FOLLOWS[SeriesHelperChanged](HANDED_OVER)
    assert isinstance(former, OvertakeMessage)
    assert former.message_id in began


def test_nobody_hears_of_a_match_that_was_never_confirmed() -> None:
    assert FOLLOWS[type(fell_through())](fell_through("below_floor", told=False)) == []
    assert not {MatchReserved, HoldRefused, MemberRegistered} & set(FOLLOWS)
    assert isinstance(reserved(), MatchReserved)


@pytest.mark.parametrize("reason", get_args(FellThroughReason))
def test_why_a_match_ended_is_told_to_nobody(reason: FellThroughReason) -> None:
    event = fell_through(reason)
    for message in messages(FOLLOWS[type(event)](event)):
        assert reason not in message.facts.values()


def test_what_ends_or_moves_overtakes_the_letter_that_the_match_began_with() -> None:
    began = {m.member_id: m.message_id for m in messages(FOLLOWS[type(confirmed())](confirmed()))}
    for event in (fell_through(), MOVED):
        for command in FOLLOWS[type(event)](event):
            assert isinstance(command, OvertakeMessage)
            assert command.instead is not None
            assert command.message_id == began[command.instead.member_id]


def test_an_opened_request_overtakes_the_letter_of_its_draft() -> None:
    draft = but(asked(), draft=True)
    (waits,) = messages(FOLLOWS[HelpRequested](draft))
    opened = RequestOpened(request_id=REQUEST, member_id=ANNA, because="waived")
    (command,) = FOLLOWS[RequestOpened](opened)
    assert isinstance(command, OvertakeMessage)
    assert command.message_id == waits.message_id


def test_who_withdraws_a_request_need_not_hear_that_it_waits() -> None:
    (waits,) = messages(FOLLOWS[HelpRequested](but(asked(), draft=True)))
    withdrawn = RequestWithdrawn(request_id=REQUEST, member_id=ANNA)
    assert FOLLOWS[RequestWithdrawn](withdrawn) == [
        OvertakeMessage(message_id=waits.message_id),
        OvertakeMessage(message_id=visit_thread(ANNA, str(REQUEST))),
    ]


def test_a_visit_that_finds_someone_overtakes_the_letters_that_nobody_comes() -> None:
    for found, member_id in zip(FOLLOWS[type(VISIT_CONFIRMED)](VISIT_CONFIRMED), (BRAM, ANNA), strict=True):
        assert isinstance(found, OvertakeMessage)
        assert found.message_id == visit_thread(member_id, str(REQUEST))


def test_a_certificate_is_reminded_of_more_than_once() -> None:
    first, second = (
        messages(FOLLOWS[VogReminded](event)) for event in (REMINDED, but(REMINDED, days_left=7))
    )
    assert first[0].message_id != second[0].message_id


@EVERY_EVENT
def test_what_a_message_carries_is_ids_codes_minutes_and_times_and_no_words(
    event: Event, told: list[Told]
) -> None:
    known = {*CATEGORIES, *map(str, (ANNA, BRAM, CORA, MATCH, REQUEST, SERIES))}
    known |= {TOMORROW.isoformat(), NEXT_WEEK.isoformat(), "2026-12-23", "FREQ=WEEKLY;BYDAY=TU"}
    known |= {"pool", "settlement", "ceiling", "full"}
    for _, _, facts in told:
        assert all(fact is None or isinstance(fact, int) or fact in known for fact in facts.values())
