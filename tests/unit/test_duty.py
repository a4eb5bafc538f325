"""Duty: who is there for which areas, and when."""

from datetime import timedelta
from uuid import UUID

from contracts.coordinator import CancelDuty, DutyCancelled, DutyPlanned, PlanDuty
from services.coordinator import app as coordinator_app
from services.coordinator.duty import DUTY
from services.kernel.testing import COMMAND_ID, NOW, Specification
from tests.unit.neighbours import REGION

given = Specification(coordinator_app.service(REGION)).given

DUTY_ID = UUID(int=0x61)
EIGHT_HOURS = timedelta(hours=8)


def plan(begins: timedelta, ends: timedelta, areas: tuple[str, ...] = ()) -> PlanDuty:
    return PlanDuty(coordinator="noor", areas=areas, begins_at=NOW + begins, ends_at=NOW + ends)


def planned(duty_id: UUID = DUTY_ID, *, ends: timedelta = EIGHT_HOURS) -> DutyPlanned:
    return DutyPlanned(
        duty_id=duty_id, coordinator="noor", areas=(), begins_at=NOW - EIGHT_HOURS, ends_at=NOW + ends
    )


def test_a_coordinator_is_put_on_duty_for_areas_each_named_once() -> None:
    given().when(plan(timedelta(), EIGHT_HOURS, ("3512", "3511", "3512"))).then(
        DutyPlanned(
            duty_id=COMMAND_ID,
            coordinator="noor",
            areas=("3511", "3512"),
            begins_at=NOW,
            ends_at=NOW + EIGHT_HOURS,
        )
    )


def test_a_duty_without_areas_is_for_the_whole_region() -> None:
    (event,) = given().when(plan(timedelta(), EIGHT_HOURS)).events
    assert isinstance(event, DutyPlanned)
    assert event.areas == ()


def test_a_duty_that_runs_already_may_still_be_noted() -> None:
    assert given().when(plan(-EIGHT_HOURS, EIGHT_HOURS)).events


def test_a_duty_ends_after_it_begins() -> None:
    given().when(plan(EIGHT_HOURS, EIGHT_HOURS)).refused("ends_before_it_begins")
    given().when(plan(EIGHT_HOURS, timedelta(hours=1))).refused("ends_before_it_begins")


def test_a_duty_that_is_over_is_not_planned() -> None:
    given().when(plan(-EIGHT_HOURS, timedelta())).refused("in_the_past")


def test_two_may_be_on_duty_at_once() -> None:
    assert given(planned()).when(plan(timedelta(), EIGHT_HOURS)).events


def test_a_duty_is_taken_off_the_rota_once() -> None:
    given(planned()).when(CancelDuty(duty_id=DUTY_ID)).then(DutyCancelled(duty_id=DUTY_ID))
    after = given(planned(), DutyCancelled(duty_id=DUTY_ID))
    after.when(CancelDuty(duty_id=DUTY_ID)).then_nothing()
    assert after.now(DUTY, DUTY_ID).cancelled


def test_a_duty_that_was_done_stays_on_the_rota() -> None:
    given(planned(ends=-timedelta(hours=1))).when(CancelDuty(duty_id=DUTY_ID)).refused("duty_over")


def test_a_duty_that_nobody_planned_is_unknown() -> None:
    given().when(CancelDuty(duty_id=DUTY_ID)).refused("unknown_duty")
