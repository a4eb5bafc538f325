"""What coordinators do in their own instance lands in its tables; what they write, in the vault alone."""

from types import SimpleNamespace
from typing import Any

import pytest

from contracts import coordinator, members
from contracts.coordinator import GetRestricted
from services.coordinator.queries import get_restricted
from services.kernel.errors import Rejected
from services.kernel.service import new_id
from tests.harness.leader import Leader
from tests.integration.work_list.office import ANNA, DAY, HERE, SAM, THERE, THIS, TODAY, Office


async def test_duties_leave_and_complaints_land_in_their_tables(leader: Leader) -> None:
    until = THIS + DAY
    duty = coordinator.PlanDuty(coordinator="noor", areas=(HERE, THERE), begins_at=THIS, ends_at=until)
    leave = coordinator.TakeLeave(coordinator="noor", first_day=TODAY + 30 * DAY, last_day=TODAY + 31 * DAY)
    assert {answer.outcome for answer in await leader.all((duty, leave))} == {"accepted"}
    row = await leader.pool.fetchrow("SELECT coordinator, areas, ends_at, cancelled, version FROM duties")
    assert row is not None
    assert tuple(row) == ("noor", [HERE, THERE], until, False, 1)
    # Read back into the decider as it was written.
    duty_id = await leader.pool.fetchval("SELECT duty_id FROM duties")
    (answer,) = await leader.all((coordinator.CancelDuty(duty_id=duty_id),))
    assert answer.outcome == "accepted"
    assert await leader.count("duties", "cancelled AND version = 2") == 1
    assert await leader.count("timers", "command = 'CheckLeave'") == 2
    assert await leader.count("leaves", "deputy IS NULL AND missed_at IS NULL") == 1


async def test_what_is_said_of_a_complaint_is_in_the_vault_alone(leader: Leader) -> None:
    said = {"member_id": ANNA, "number": 1001, "pc4": HERE, "capacity_minutes_week": 0}
    row = members.MemberRegistered.model_validate(said)
    office = Office(leader.pool)
    await office.told(row)
    complaint_id, text = new_id(), "Bram kwam driemaal te laat."
    file = coordinator.FileComplaint(member_id=ANNA, handler="sam", text=text)
    assert (await leader.submit(file, complaint_id)).outcome == "accepted"
    step = coordinator.TakeComplaintStep(
        complaint_id=complaint_id, step="acknowledged", text="Gebeld met haar.", member_id=ANNA
    )
    assert (await leader.submit(step)).outcome == "accepted"
    give = coordinator.PassOnComplaint(
        complaint_id=complaint_id, handler="ali", reason="Gebeld: Sam is weg.", member_id=ANNA, nth=1
    )
    assert (await leader.submit(give)).outcome == "accepted"
    replica: Any = SimpleNamespace(pool=leader.pool)
    query = GetRestricted(complaint_id=complaint_id)
    with pytest.raises(Rejected, match="not_the_handler"):
        await get_restricted(replica, query, SAM)
    found = await get_restricted(replica, query, SAM.model_copy(update={"name": "ali"}))
    handed = {"handed-over-1": "Gebeld: Sam is weg."}
    assert found.texts == {"filed": text, "acknowledged": "Gebeld met haar.", **handed}
    assert await leader.count("complaints", "handler = 'ali' AND former_handlers = '{sam}'") == 1
    assert await leader.count("history", "code = 'complaint-handed-over' AND reason = 'ali'") == 1
    for table in ("events", "complaints", "history", "timers", "commands"):
        assert await leader.count(f"{table} t", "t::text LIKE '%driemaal%' OR t::text LIKE '%Gebeld%'") == 0
