"""Certificates of conduct: seen for a category, remembered before they end, replaced by newer ones."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from contracts.categories import CATEGORIES
from contracts.vetting import RecordVog, RemindVog, VogLapsed, VogRecorded, VogReminded
from services.kernel.testing import COMMAND_ID, COORDINATOR, EARLIER, NOW
from services.members.vog import VOG, schedule
from tests.unit.neighbours import ANNA, members
from tests.unit.newcomers import A_HOUSEHOLD, HOUSE, erased, left, takes_part

given = members.given

LAST_DAY = date(2027, 6, 30)
OLD, NEW = UUID(int=0x61), UUID(int=0x62)


def records(*categories: str, valid_until: date = LAST_DAY) -> RecordVog:
    return RecordVog(member_id=ANNA, categories=categories or ("finances",), valid_until=valid_until)


def recorded(vog_id: UUID = OLD, *, category: str = "finances", valid_until: date = LAST_DAY) -> VogRecorded:
    return VogRecorded(vog_id=vog_id, member_id=ANNA, category=category, valid_until=valid_until)


def reminds(days_left: int, vog_id: UUID = OLD, valid_until: date = LAST_DAY) -> RemindVog:
    return RemindVog(vog_id=vog_id, valid_until=valid_until, days_left=days_left)


def reminded(days_left: int) -> VogReminded:
    return VogReminded(
        vog_id=OLD, member_id=ANNA, category="finances", valid_until=LAST_DAY, days_left=days_left
    )


LAPSED = VogLapsed(vog_id=OLD, member_id=ANNA, category="finances")


# Recording


def test_a_certificate_is_recorded_for_each_category() -> None:
    given(*takes_part()).when(records("finances", "respite", "finances")).then(
        recorded(uuid5(COMMAND_ID, "finances")),
        recorded(uuid5(COMMAND_ID, "respite"), category="respite"),
    )


def test_a_category_that_needs_none_is_refused_with_those_that_do() -> None:
    no = given(*takes_part()).when(records("finances", "dog")).refused("no_vog_needed")
    assert CATEGORIES["finances"].nl in no.nl
    assert CATEGORIES["respite"].en in no.en


def test_a_certificate_that_has_ended_is_refused_and_one_that_ends_today_is_not() -> None:
    given(*takes_part()).when(records(valid_until=date(2026, 11, 22))).refused("vog_ended")
    assert given(*takes_part()).when(records(valid_until=date(2026, 11, 23))).events
    # In Amsterdam it is tomorrow already.
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    given(*takes_part()).when(records(valid_until=date(2026, 11, 23)), at=late).refused("vog_ended")


def test_a_slip_in_the_year_is_noticed() -> None:
    given(*takes_part()).when(records(valid_until=date.max)).refused("too_far_ahead")


def test_a_household_has_no_certificate() -> None:
    command = records().model_copy(update={"member_id": HOUSE})
    given(*A_HOUSEHOLD).when(command).refused("not_a_person")


# Reminding


def test_reminders_come_in_the_morning_90_and_30_days_before_and_when_the_last_day_is_over() -> None:
    timers = {timer.command: timer.due_at for timer in schedule(recorded(), NOW)}
    # Nine o'clock, and midnight, of summer in Amsterdam.
    assert timers == {
        reminds(90): datetime(2027, 4, 1, 7, 0, tzinfo=UTC),
        reminds(30): datetime(2027, 5, 31, 7, 0, tzinfo=UTC),
        reminds(0): datetime(2027, 6, 30, 22, 0, tzinfo=UTC),
    }


def test_every_timer_has_an_id_of_its_own() -> None:
    timers = [*schedule(recorded(OLD), NOW), *schedule(recorded(NEW), NOW)]
    assert len({timer.timer_id for timer in timers}) == 6


@pytest.mark.parametrize(("days", "left"), [(0, {0}), (29, {0}), (31, {30, 0}), (91, {90, 30, 0})])
def test_a_reminder_that_would_come_too_late_is_left_out(days: int, left: set[int]) -> None:
    timers = schedule(recorded(valid_until=NOW.date() + timedelta(days=days)), NOW)
    assert {timer.command.days_left for timer in timers if isinstance(timer.command, RemindVog)} == left


@pytest.mark.parametrize("days_left", [90, 30])
def test_a_certificate_that_ends_soon_is_brought_to_mind(days_left: int) -> None:
    given(*takes_part(), recorded()).when(reminds(days_left)).then(reminded(days_left))


def test_a_certificate_lapses_when_its_last_day_is_over_once() -> None:
    given(*takes_part(), recorded(), reminded(30)).when(reminds(0)).then(LAPSED)
    given(*takes_part(), recorded(), LAPSED).when(reminds(0)).then_nothing()
    assert given(*takes_part(), recorded(), LAPSED).now(VOG, OLD).has_lapsed


@pytest.mark.parametrize("days_left", [90, 30, 0])
def test_an_older_certificate_is_silent_once_there_is_a_newer(days_left: int) -> None:
    newer = recorded(NEW, valid_until=date(2029, 6, 30))
    given(*takes_part(), recorded(), newer).when(reminds(days_left)).then_nothing()


def test_a_newer_certificate_for_another_category_does_not_replace_it() -> None:
    other = recorded(NEW, category="respite", valid_until=date(2029, 6, 30))
    given(*takes_part(), recorded(), other).when(reminds(0)).then(LAPSED)


def test_nobody_is_reminded_about_who_left() -> None:
    given(*takes_part(), recorded(), left()).when(reminds(90)).then_nothing()
    given(*takes_part(), recorded(), *erased()).when(reminds(0)).then_nothing()
    given().when(reminds(0)).then_nothing()


def test_a_certificate_that_lapsed_is_replaced_by_a_new_one() -> None:
    story = given(*takes_part(), recorded(), LAPSED, at=EARLIER)
    story.when(records(valid_until=date(2029, 6, 30)), id=NEW).then(
        recorded(uuid5(NEW, "finances"), valid_until=date(2029, 6, 30))
    )


def test_nobody_notes_their_own_certificate() -> None:
    anke = COORDINATOR.model_copy(update={"member_id": ANNA})
    given(*takes_part()).when(records(), by=anke).refused("involved")
