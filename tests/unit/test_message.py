"""A message: queued once, then sent, brought by a person, overtaken or failed."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from contracts.envelope import Event
from contracts.households import HouseholdJoined, HouseholdLeft
from contracts.ledger import AccountOpened
from contracts.members import MemberErased, MemberLeft
from contracts.notifications import (
    ContactAttempted,
    ContactEscalated,
    MessageDelivered,
    MessageFailed,
    MessageHandedOver,
    MessageOvertaken,
    MessageQueued,
    MessageSent,
    OvertakeMessage,
    QueueMessage,
    RecordDelivery,
    ReportDelivery,
    TellSeries,
    Template,
)
from contracts.visits import HelperEndPlanned, SeriesHelperChanged, SeriesStarted
from services.kernel.testing import COMMAND_ID
from services.notifications.message import MESSAGE
from services.notifications.telling import message_id
from tests.unit.neighbours import ANNA, BRAM, CORA, NEXT_WEEK, OFFER, REQUEST, TOMORROW, notifications

given = notifications.given

ID, SECOND, THIRD = UUID(int=0x3F), UUID(int=0x4F), UUID(int=0x5F)


def queue(template: Template = "member-approved", id: UUID = ID, **facts: Any) -> QueueMessage:
    return QueueMessage(message_id=id, member_id=ANNA, template=template, facts=facts)


def queued(template: Template = "member-approved", id: UUID = ID, **facts: Any) -> MessageQueued:
    return MessageQueued(message_id=id, member_id=ANNA, template=template, facts=facts)


def sent(id: UUID = ID, attempts: int = 1, channel: str = "email") -> MessageSent:
    return MessageSent(message_id=id, member_id=ANNA, attempts=attempts, channel=channel)


def handed_over(
    id: UUID = ID, template: str = "member-approved", channel: str = "phone"
) -> MessageHandedOver:
    return MessageHandedOver(
        message_id=id, member_id=ANNA, template=template, channel=channel, reason="no_email"
    )


def failed(reason: str = "refused") -> MessageFailed:
    return MessageFailed(message_id=ID, member_id=ANNA, template="member-approved", reason=reason)


def delivered(channel: str = "phone", id: UUID = ID) -> MessageDelivered:
    return MessageDelivered(message_id=id, member_id=ANNA, channel=channel)


def attempted(attempts: int) -> ContactAttempted:
    return ContactAttempted(message_id=ID, member_id=ANNA, attempts=attempts)


ESCALATED = ContactEscalated(message_id=ID, member_id=ANNA, attempts=3)
OVERTAKEN = MessageOvertaken(message_id=ID, member_id=ANNA)
LEFT = MemberLeft(member_id=ANNA, settle="pool")
QUEUED = queued(number=1042)
WAS_SENT = RecordDelivery(message_id=ID, outcome="sent")
REACHED = ReportDelivery(message_id=ID, reached=True)
IN_VAIN = ReportDelivery(message_id=ID, reached=False)


# Queued and sent


def test_what_must_be_told_is_queued() -> None:
    given().when(queue(number=1042)).then(QUEUED)


@pytest.mark.parametrize("happened", [(QUEUED,), (QUEUED, sent()), (QUEUED, failed()), (QUEUED, OVERTAKEN)])
def test_the_same_thing_is_not_told_twice(happened: tuple[Event, ...]) -> None:
    given(*happened).when(queue(number=1042)).then_nothing()


def test_a_balance_that_passes_the_same_limit_again_is_told_again() -> None:
    before = queued("balance-owed", minutes=600)
    again = uuid5(ID, str(COMMAND_ID))
    given(before, sent()).when(queue("balance-owed", minutes=600)).then(
        queued("balance-owed", id=again, minutes=600)
    )


def test_a_message_that_the_mail_server_took_is_sent() -> None:
    given(QUEUED).when(RecordDelivery(message_id=ID, outcome="sent", attempts=2)).then(sent(attempts=2))
    message = given(QUEUED, sent(attempts=2)).now(MESSAGE, ID)
    assert (message.status, message.attempts, message.facts) == ("sent", 2, '{"number": 1042}')


def test_a_message_that_a_gateway_took_says_so() -> None:
    by_sms = RecordDelivery(message_id=ID, outcome="sent", channel="sms")
    given(QUEUED).when(by_sms).then(sent(channel="sms"))


@pytest.mark.parametrize("reason", ["no_address", "refused", "gave_up"])
def test_a_message_that_cannot_be_delivered_is_for_a_person(reason: str) -> None:
    given(QUEUED).when(RecordDelivery(message_id=ID, outcome="failed", attempts=8, reason=reason)).then(
        failed(reason)
    )
    assert given(QUEUED, failed(reason)).now(MESSAGE, ID).status == "failed"


def test_a_failure_without_a_reason_is_a_giving_up() -> None:
    given(QUEUED).when(RecordDelivery(message_id=ID, outcome="failed")).then(failed("gave_up"))


@pytest.mark.parametrize(
    "happened",
    [(), (QUEUED, sent()), (QUEUED, failed()), (QUEUED, handed_over()), (QUEUED, handed_over(), delivered())],
)
def test_a_delivery_is_recorded_once_and_of_a_message_that_waits(happened: tuple[Event, ...]) -> None:
    given(*happened).when(WAS_SENT).then_nothing()


# Brought by a person


def test_a_letter_for_the_post_or_the_telephone_waits_for_a_person() -> None:
    over = RecordDelivery(message_id=ID, outcome="handed_over", channel="phone", reason="no_email")
    given(QUEUED).when(over).then(handed_over())


@pytest.mark.parametrize("channel", ["letter", "phone"])
def test_what_a_person_brought_is_delivered(channel: str) -> None:
    given(QUEUED, handed_over(channel=channel)).when(REACHED).then(delivered(channel))


def test_what_the_mail_server_refused_can_be_told_by_telephone() -> None:
    given(QUEUED, failed()).when(REACHED).then(delivered("phone"))


def test_who_is_not_reached_is_tried_again_and_the_third_time_someone_must_go_and_look() -> None:
    waits = (QUEUED, handed_over())
    given(*waits).when(IN_VAIN).then(attempted(1))
    given(*waits, attempted(1)).when(IN_VAIN).then(attempted(2))
    given(*waits, attempted(1), attempted(2)).when(IN_VAIN).then(attempted(3), ESCALATED)
    escalated = (*waits, attempted(1), attempted(2), attempted(3), ESCALATED)
    given(*escalated).when(IN_VAIN).then(attempted(4))
    given(*escalated).when(REACHED).then(delivered())


@pytest.mark.parametrize(
    "happened",
    [(QUEUED,), (QUEUED, sent()), (QUEUED, handed_over(), delivered()), (QUEUED, OVERTAKEN)],
)
@pytest.mark.parametrize("report", [REACHED, IN_VAIN])
def test_only_what_waits_for_a_person_can_be_brought(
    happened: tuple[Event, ...], report: ReportDelivery
) -> None:
    refusal = given(*happened).when(report).refused("not_waiting")
    assert "U hoeft niets te doen." in refusal.nl


def test_a_message_that_is_not_there_cannot_be_brought() -> None:
    given().when(REACHED).refused("unknown_message")


# Who is not written to


@pytest.mark.parametrize("gone", [LEFT, MemberErased(member_id=ANNA)])
def test_who_left_or_is_erased_gets_no_further_message(gone: Event) -> None:
    given(gone).when(queue()).then_nothing()
    given(QUEUED, gone).when(RecordDelivery(message_id=ID, outcome="failed", reason="gone")).then(OVERTAKEN)
    given(QUEUED, handed_over(), gone).when(IN_VAIN).then(OVERTAKEN)
    given(QUEUED, gone).when(WAS_SENT).then(sent())


@pytest.mark.parametrize(
    ("kind", "told"), [("person", True), ("organisation", True), ("household", False), ("pool", False)]
)
def test_the_account_of_a_household_is_nobodys_in_particular(kind: str, told: bool) -> None:
    opened = AccountOpened(account_id=ANNA, floor_minutes=-600, kind=kind)
    booked = queue("gift-received", minutes=60)
    outcome = given(opened).when(booked)
    assert outcome.events == ((queued("gift-received", minutes=60),) if told else ())
    given(opened).when(queue(number=1042)).then(QUEUED)


@pytest.mark.parametrize("nudge", ["balance-saved", "balance-owed"])
def test_what_the_balance_of_a_household_asks_is_told_to_each_who_may_act_for_it(nudge: Template) -> None:
    def joined(member_id: UUID, may_act: bool) -> HouseholdJoined:
        return HouseholdJoined(member_id=member_id, household_id=ANNA, shares_balance=True, may_act=may_act)

    shared = (AccountOpened(account_id=ANNA, floor_minutes=-600, kind="household"), joined(BRAM, True))
    balance = queue(nudge, minutes=1500)
    before = given(*shared, joined(CORA, False))
    (told,) = before.when(balance).events
    assert isinstance(told, MessageQueued)
    assert (told.member_id, told.template, told.facts) == (BRAM, nudge, {"minutes": 1500, "shared": 1})
    assert len(given(*shared, joined(CORA, True)).when(balance).events) == 2
    gone = HouseholdLeft(member_id=BRAM, household_id=ANNA)
    given(*shared, gone).when(balance).then_nothing()


# No longer so


MATCHED = queued("match-asker", other=str(BRAM), minutes=90, wanted_at=TOMORROW.isoformat())
ENDED = queue("helper-withdrew", id=SECOND, wanted_at=TOMORROW.isoformat())
ENDED_FACTS = {"wanted_at": TOMORROW.isoformat(), "follows": str(ID)}
MOVED = queue(
    "match-moved",
    id=THIRD,
    other=str(BRAM),
    minutes=90,
    from_at=TOMORROW.isoformat(),
    wanted_at=NEXT_WEEK.isoformat(),
)
MOVED_FACTS = {**MOVED.facts, "follows": str(ID)}
IT_ENDS = OvertakeMessage(message_id=ID, instead=ENDED)
IT_MOVES = OvertakeMessage(message_id=ID, instead=MOVED)
ENDED_QUEUED = queued("helper-withdrew", id=SECOND, **ENDED_FACTS)
MOVED_QUEUED = queued("match-moved", id=THIRD, **MOVED_FACTS)
ANEW_QUEUED = queued("match-asker", id=THIRD, **MOVED_FACTS)


def overtaken(
    id: UUID = ID, by: MessageQueued = ENDED_QUEUED, as_template: str | None = None
) -> MessageOvertaken:
    return MessageOvertaken(
        message_id=id,
        member_id=ANNA,
        instead_id=by.message_id,
        instead_template=as_template or by.template,
        instead_facts=by.facts,
    )


def test_a_match_that_ends_before_anyone_heard_of_it_is_told_to_nobody() -> None:
    given(MATCHED).when(IT_ENDS).then(overtaken())
    assert given(MATCHED, overtaken()).now(MESSAGE, ID).status == "overtaken"


@pytest.mark.parametrize(
    "told", [(sent(),), (handed_over(template="match-asker"), delivered())], ids=["mailed", "brought"]
)
def test_who_heard_of_a_match_hears_that_it_ends(told: tuple[Event, ...]) -> None:
    given(MATCHED, *told).when(IT_ENDS).then(ENDED_QUEUED)


def test_a_letter_that_nobody_posted_yet_need_not_be() -> None:
    given(MATCHED, handed_over(template="match-asker")).when(IT_ENDS).then(overtaken())


def test_a_visit_of_a_series_that_had_no_letter_of_its_own_is_told_to_end() -> None:
    given().when(IT_ENDS).then(ENDED_QUEUED)


def test_a_letter_that_went_out_while_it_was_overtaken_is_sent_and_the_end_is_told_after_all() -> None:
    given(MATCHED, overtaken()).when(WAS_SENT).then(sent(), ENDED_QUEUED)
    given(MATCHED, overtaken(), sent(), ENDED_QUEUED).when(WAS_SENT).then_nothing()


def test_a_letter_that_could_not_go_out_while_it_was_overtaken_is_nobodys_task() -> None:
    for outcome in ("failed", "handed_over"):
        record = RecordDelivery.model_validate({"message_id": ID, "outcome": outcome})
        given(MATCHED, overtaken()).when(record).then_nothing()


def test_a_letter_that_was_posted_while_it_was_overtaken_counts_and_the_end_is_told_after_all() -> None:
    posted = (MATCHED, handed_over(template="match-asker", channel="letter"), overtaken())
    given(*posted).when(REACHED).then(delivered("letter"), ENDED_QUEUED)
    given(*posted).when(IN_VAIN).refused("not_waiting")


def test_who_heard_of_a_match_hears_that_it_moves() -> None:
    given(MATCHED, sent()).when(IT_MOVES).then(MOVED_QUEUED)


def test_a_match_that_moves_before_anyone_heard_of_it_is_told_once_with_its_new_time() -> None:
    by_move = overtaken(by=MOVED_QUEUED)
    given(MATCHED).when(IT_MOVES).then(by_move, ANEW_QUEUED)
    # The old letter had gone already: the new one says it again, and nothing else is needed.
    given(MATCHED, by_move, ANEW_QUEUED).when(WAS_SENT).then(sent())


def test_a_match_that_moves_and_ends_before_anyone_heard_of_it_is_told_to_nobody() -> None:
    by_move = overtaken(by=MOVED_QUEUED)
    moved = (MATCHED, by_move, ANEW_QUEUED)
    given(*moved).when(IT_ENDS).then(overtaken(THIRD))
    # But if the very first letter had gone already, they must hear that it ended.
    given(*moved, overtaken(THIRD)).when(WAS_SENT).then(sent(), ENDED_QUEUED)


def test_a_move_that_nobody_heard_of_is_overtaken_by_the_end_of_a_match_that_they_did_hear_of() -> None:
    given(MATCHED, sent(), MOVED_QUEUED).when(IT_ENDS).then(overtaken(THIRD), ENDED_QUEUED)


def test_a_visit_that_moves_to_and_fro_is_told_every_time() -> None:
    again = uuid5(THIRD, str(COMMAND_ID))
    given(MATCHED, sent(), MOVED_QUEUED, sent(THIRD)).when(IT_MOVES).then(
        queued("match-moved", id=again, **MOVED_FACTS)
    )


def test_a_draft_that_opens_before_its_letter_went_needs_the_news_alone() -> None:
    opened = queue("request-opened", id=SECOND)
    tells = queued("request-opened", id=SECOND, follows=str(ID))
    draft = queued("draft-waits", category="dog")
    overtakes = OvertakeMessage(message_id=ID, instead=opened)
    given(draft).when(overtakes).then(overtaken(by=tells), tells)
    given(draft, sent()).when(overtakes).then(tells)
    given(draft, overtaken(by=tells), tells).when(WAS_SENT).then(sent())


def test_who_left_does_not_hear_that_anything_ended() -> None:
    given(MATCHED, sent(), LEFT).when(IT_ENDS).then_nothing()


# Series


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
TO_CORA = SeriesHelperChanged(series_id=REQUEST, offer_id=OFFER, helper_id=CORA, former_helper_id=BRAM)
HANDED_OVER = TellSeries(series_id=REQUEST, template="series-started")


def a_visit_by(helper_id: UUID) -> QueueMessage:
    return queue("match-asker", series=str(REQUEST), other=str(helper_id))


def test_a_visit_by_the_usual_helper_has_no_letter_of_its_own() -> None:
    given(STARTED).when(a_visit_by(BRAM)).then_nothing()
    given().when(a_visit_by(BRAM)).then_nothing()
    given(STARTED, TO_CORA).when(a_visit_by(CORA)).then_nothing()


def test_a_visit_by_someone_else_is_told() -> None:
    given(STARTED).when(a_visit_by(CORA)).then(queued("match-asker", other=str(CORA)))
    as_helper = QueueMessage(
        message_id=ID,
        member_id=CORA,
        template="match-helper",
        facts={"series": str(REQUEST), "other": str(ANNA)},
    )
    (told,) = given(STARTED).when(as_helper).events
    assert isinstance(told, MessageQueued)
    assert told.member_id == CORA


def test_a_new_helper_and_the_asker_of_a_series_hear_of_each_other() -> None:
    told = given(STARTED, TO_CORA).when(HANDED_OVER).events
    assert [
        (m.member_id, m.facts["other"], m.facts["helps"]) for m in told if isinstance(m, MessageQueued)
    ] == [
        (ANNA, str(CORA), 0),
        (CORA, str(ANNA), 1),
    ]


def test_that_a_helper_stops_is_told_to_both() -> None:
    ends = TellSeries(series_id=REQUEST, template="series-ends", facts={"last_day": "2027-06-29"})
    told = given(STARTED).when(ends).events
    assert [(one.member_id, one.facts) for one in told if isinstance(one, MessageQueued)] == [
        (ANNA, {"last_day": "2027-06-29", "helps": 0}),
        (BRAM, {"last_day": "2027-06-29", "helps": 1}),
    ]
    given().when(ends).then_nothing()


BEGAN_ID = message_id(ANNA, "series-started", REQUEST)
BEGAN = queued("series-started", id=BEGAN_ID, other=str(BRAM), helps=0)
TO_POST = handed_over(BEGAN_ID, template="series-started", channel="letter")
OVER = queue("series-ends", id=SECOND, last_day=None)


def test_a_letter_that_a_series_began_is_not_brought_any_more_once_it_has_ended() -> None:
    ended = OvertakeMessage(message_id=BEGAN_ID, instead=OVER)
    for waits in ((BEGAN,), (BEGAN, TO_POST)):
        # They never heard that it began: so nothing ended for them.
        (gone,) = given(STARTED, *waits).when(ended).events
        assert isinstance(gone, MessageOvertaken)
        assert gone.message_id == BEGAN_ID
    (told,) = given(STARTED, BEGAN, sent(BEGAN_ID)).when(ended).events
    assert isinstance(told, MessageQueued)
    assert (told.template, told.facts["follows"]) == ("series-ends", str(BEGAN_ID))


def test_a_letter_that_a_series_began_is_not_brought_after_its_last_day() -> None:
    over = OvertakeMessage(message_id=BEGAN_ID)
    given(STARTED, BEGAN, TO_POST).when(over).then(MessageOvertaken(message_id=BEGAN_ID, member_id=ANNA))
    given(STARTED, BEGAN, sent(BEGAN_ID)).when(over).then_nothing()


def test_a_letter_that_names_the_former_helper_is_overtaken_by_that_of_the_new_one() -> None:
    gone, told, _ = given(STARTED, BEGAN, TO_POST, TO_CORA).when(HANDED_OVER).events
    assert isinstance(gone, MessageOvertaken)
    assert gone.message_id == BEGAN_ID
    assert isinstance(told, MessageQueued)
    assert (told.member_id, told.facts["other"], told.facts["follows"]) == (ANNA, str(CORA), str(BEGAN_ID))


# Visits without a helper


VISIT, FOUND_ID = UUID(int=0xA1), UUID(int=0xA2)
OF_VISIT: dict[str, Any] = {"wanted_at": NEXT_WEEK.isoformat(), "visit": str(VISIT)}
NOBODY_ID = message_id(ANNA, "visit-open", VISIT)
NOBODY_YET = TellSeries(series_id=REQUEST, template="visit-open", facts=OF_VISIT)
NOBODY = queued("visit-open", id=NOBODY_ID, **OF_VISIT, helps=0)


def found(helper_id: UUID) -> OvertakeMessage:
    """Someone comes to that visit after all."""
    facts = {"series": str(REQUEST), "other": str(helper_id), **OF_VISIT}
    return OvertakeMessage(message_id=NOBODY_ID, instead=queue("match-asker", id=FOUND_ID, **facts))


def comes(helper_id: UUID) -> MessageQueued:
    return queued("match-asker", id=FOUND_ID, other=str(helper_id), **OF_VISIT)


def as_overtaken(helper_id: UUID) -> MessageOvertaken:
    said = found(helper_id).instead
    assert said is not None
    return MessageOvertaken(
        message_id=NOBODY_ID,
        member_id=ANNA,
        instead_id=FOUND_ID,
        instead_template="match-asker",
        instead_facts=said.facts,
    )


def test_that_a_visit_has_no_helper_yet_is_told_to_the_asker_once() -> None:
    to_asker = NOBODY_YET.model_copy(update={"to": "asker"})
    given(STARTED).when(to_asker).then(NOBODY)
    given(STARTED, NOBODY).when(to_asker).then_nothing()


NEED_NOT = MessageQueued(
    message_id=message_id(BRAM, "visit-open", VISIT),
    member_id=BRAM,
    template="visit-open",
    facts={**OF_VISIT, "helps": 1},
)


def test_the_usual_helper_hears_that_they_need_not_come_this_time() -> None:
    given(STARTED).when(NOBODY_YET).then(NOBODY, NEED_NOT)
    given(STARTED, NOBODY, NEED_NOT).when(NOBODY_YET).then_nothing()
    given(STARTED).when(NOBODY_YET.model_copy(update={"to": "helper"})).then(NEED_NOT)


def test_who_helps_from_now_on_hears_it_and_not_who_did_before() -> None:
    told = given(STARTED, TO_CORA).when(NOBODY_YET).events
    assert [one.member_id for one in told if isinstance(one, MessageQueued)] == [ANNA, CORA]


@pytest.mark.parametrize(("days", "told"), [(-1, False), (0, True)])
def test_a_helper_who_stops_does_not_hear_of_visits_after_their_last_day(days: int, told: bool) -> None:
    last_day = NEXT_WEEK.date() + timedelta(days=days)
    stops = HelperEndPlanned(series_id=REQUEST, helper_id=BRAM, helper_last_day=last_day)
    assert (NEED_NOT in given(STARTED, stops).when(NOBODY_YET).events) is told
    # Whoever takes over has no last day yet.
    assert len(given(STARTED, stops, TO_CORA).when(NOBODY_YET).events) == 2


def test_a_helper_who_heard_that_they_need_not_come_hears_that_they_may_after_all() -> None:
    as_helper: dict[str, Any] = {"series": str(REQUEST), "other": str(ANNA), **OF_VISIT}
    after_all = QueueMessage(message_id=FOUND_ID, member_id=BRAM, template="match-helper", facts=as_helper)
    found_bram = OvertakeMessage(message_id=NEED_NOT.message_id, instead=after_all)
    (gone,) = given(STARTED, NEED_NOT).when(found_bram).events
    assert isinstance(gone, MessageOvertaken)
    was_sent = MessageSent(message_id=NEED_NOT.message_id, member_id=BRAM, attempts=1)
    (told,) = given(STARTED, NEED_NOT, was_sent).when(found_bram).events
    assert isinstance(told, MessageQueued)
    assert (told.member_id, told.template) == (BRAM, "match-helper")


def test_who_heard_that_nobody_comes_hears_that_someone_does_also_the_usual_helper() -> None:
    for helper_id in (BRAM, CORA):
        given(STARTED, NOBODY, sent(NOBODY_ID)).when(found(helper_id)).then(comes(helper_id))


def test_who_did_not_hear_yet_that_nobody_comes_need_not_and_hears_of_another_helper_alone() -> None:
    given(STARTED, NOBODY).when(found(BRAM)).then(as_overtaken(BRAM))
    given(STARTED, NOBODY).when(found(CORA)).then(as_overtaken(CORA), comes(CORA))
    to_bring = handed_over(NOBODY_ID, template="visit-open")
    given(STARTED, NOBODY, to_bring).when(found(BRAM)).then(as_overtaken(BRAM))


def test_a_letter_that_nobody_comes_which_went_out_meanwhile_is_put_right() -> None:
    was_sent = RecordDelivery(message_id=NOBODY_ID, outcome="sent")
    overtaken_by_bram = as_overtaken(BRAM)
    (_, told) = given(STARTED, NOBODY, overtaken_by_bram).when(was_sent).events
    assert isinstance(told, MessageQueued)
    assert (told.message_id, told.template, told.facts["other"]) == (FOUND_ID, "match-asker", str(BRAM))
    by_cora = (STARTED, NOBODY, as_overtaken(CORA), comes(CORA))
    given(*by_cora).when(was_sent).then(sent(NOBODY_ID))


def test_a_visit_that_is_not_asked_for_any_more_is_sought_for_no_more() -> None:
    withdrawn = OvertakeMessage(message_id=NOBODY_ID)
    given(STARTED, NOBODY).when(withdrawn).then(MessageOvertaken(message_id=NOBODY_ID, member_id=ANNA))
    given(STARTED, NOBODY, sent(NOBODY_ID)).when(withdrawn).then_nothing()
    given().when(withdrawn).then_nothing()
    # What they must hear of it all the same still comes.
    missed = queued("missed-asker", id=FOUND_ID, **OF_VISIT)
    given(STARTED, missed).when(withdrawn).then_nothing()


def test_when_the_usual_helper_can_come_after_all_both_who_heard_otherwise_are_told() -> None:
    withdrew = queued("helper-withdrew", id=SECOND, **OF_VISIT)
    given(STARTED, withdrew, sent(SECOND)).when(found(BRAM)).then(comes(BRAM))
    given(STARTED, withdrew).when(found(BRAM)).then(
        as_overtaken(BRAM).model_copy(update={"message_id": SECOND})
    )
    as_helper: dict[str, Any] = {"series": str(REQUEST), "other": str(ANNA), **OF_VISIT}
    ended = MessageQueued(message_id=THIRD, member_id=BRAM, template="match-ended-helper", facts=OF_VISIT)
    was_sent = MessageSent(message_id=THIRD, member_id=BRAM, attempts=1)
    again = QueueMessage(message_id=FOUND_ID, member_id=BRAM, template="match-helper", facts=as_helper)
    thread_id = message_id(BRAM, "visit-open", VISIT)
    happened = given(STARTED, ended, was_sent)
    (told,) = happened.when(OvertakeMessage(message_id=thread_id, instead=again)).events
    assert isinstance(told, MessageQueued)
    assert (told.member_id, told.template) == (BRAM, "match-helper")


def test_a_substitute_who_ends_is_told_in_the_thread_of_their_own_match() -> None:
    ends = OvertakeMessage(message_id=FOUND_ID, instead=queue("helper-withdrew", id=SECOND, **OF_VISIT))
    by_cora = (STARTED, NOBODY, sent(NOBODY_ID), comes(CORA))
    (overtakes,) = given(*by_cora).when(ends).events
    assert isinstance(overtakes, MessageOvertaken)
    assert overtakes.message_id == FOUND_ID
    (told,) = given(*by_cora, sent(FOUND_ID)).when(ends).events
    assert isinstance(told, MessageQueued)
    assert told.template == "helper-withdrew"
