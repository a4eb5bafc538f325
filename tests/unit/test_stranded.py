"""What a social team sent in vain: kept for a person, forgotten when it is dealt with or after a month."""

from datetime import timedelta
from uuid import UUID

import pytest

from contracts.stranded import RECEIVED, EventStranded, SettleStranded, StrandedSettled, StrandEvent
from services.coordinator import app as coordinator_app
from services.coordinator.handlers import SCHEDULES
from services.kernel.testing import COMMAND_ID, NOW, Specification
from tests.unit.neighbours import REGION
from tests.unit.referrals import OTHER_TEAM, TEAM

coordinator = coordinator_app.service(REGION)
given = Specification(coordinator).given

SETTLE = SettleStranded(stranded_id=COMMAND_ID)
STRANDED = EventStranded(stranded_id=COMMAND_ID, team="team-west", code="invalid", kept=True)
SETTLED = StrandedSettled(stranded_id=COMMAND_ID)


@pytest.mark.parametrize("payload", ['{"person": {}}', ""], ids=["kept", "may not be kept"])
def test_it_is_kept_as_far_as_we_may_in_the_vault_alone(payload: str) -> None:
    command = StrandEvent(code="invalid", payload=payload)
    (event,) = given().when(command, by=TEAM).events
    assert event == STRANDED.model_copy(update={"kept": bool(payload)})
    assert [entry.data for entry in command.vault(COMMAND_ID)] == ([{"text": payload}] if payload else [])
    # The very same again, sent by another replica too.
    given(STRANDED).when(command, by=TEAM).then_nothing()


def test_it_is_settled_once_and_forgotten_after_a_month() -> None:
    given(STRANDED).when(SETTLE).then(SETTLED)
    given(STRANDED, SETTLED).when(SETTLE).then_nothing()
    given(STRANDED).when(SettleStranded(stranded_id=UUID(int=9))).refused("unknown_event")
    # A team's system settles what was received of it, and nothing that waits for a person.
    received = STRANDED.model_copy(update={"code": RECEIVED})
    given(received).when(SETTLE, by=TEAM).then(SETTLED)
    given(received).when(SETTLE, by=OTHER_TEAM).refused("unknown_event")
    given(STRANDED).when(SETTLE, by=TEAM).refused("unknown_event")
    (timer,) = SCHEDULES[EventStranded](STRANDED, NOW)
    assert (timer.due_at, timer.command) == (NOW + timedelta(days=30), SETTLE)
    assert coordinator.erases[StrandedSettled](SETTLED) == COMMAND_ID
