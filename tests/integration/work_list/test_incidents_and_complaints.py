"""Incidents and complaints: whose work they are, until when, and whose never."""

from contracts import coordinator, safety
from contracts.envelope import Actor, Role
from tests.integration.work_list.office import ANNA, BRAM, DAY, NOOR, ONE, SAM, THIS, THREE, TWO, Office


async def test_an_incident_is_open_until_everything_is_done(office: Office) -> None:
    pair = {"incident_id": ONE, "pair_id": TWO, "helper_id": BRAM, "asker_id": ANNA}
    await office.told(safety.IncidentReported.model_validate(pair))
    work = await office.one("incident_open")
    assert (work.entity_id, work.member_id, work.due, work.pressing) == (ONE, ANNA, THIS + DAY, True)
    await office.told(safety.IncidentClosed.model_validate({**pair, "released": False}))
    assert await office.kinds() == []


def filed() -> coordinator.ComplaintFiled:
    return coordinator.ComplaintFiled(
        complaint_id=ONE,
        member_id=ANNA,
        handler="noor",
        acknowledge_by=THIS + 7 * DAY,
        decide_by=THIS + 42 * DAY,
    )


async def test_a_complaint_is_its_handlers_until_a_term_has_passed(office: Office) -> None:
    await office.told(filed())
    work = await office.one("complaint_term")
    assert (work.coordinator, work.reason, work.due) == ("noor", "filed", THIS + 7 * DAY)
    assert await office.kinds(SAM) == []
    await office.told(coordinator.ComplaintTermPassed(complaint_id=ONE, term="acknowledge"))
    assert await office.kinds(SAM) == ["complaint_term"]
    await office.told(coordinator.ComplaintMoved(complaint_id=ONE, member_id=ANNA, step="acknowledged"))
    assert await office.kinds(SAM) == []
    assert (await office.one("complaint_term")).due == THIS + 42 * DAY
    handed = {"complaint_id": ONE, "member_id": ANNA, "former_handler": "noor", "handler": "sam"}
    await office.told(coordinator.ComplaintHandedOver.model_validate(handed))
    assert await office.kinds() == []
    assert (await office.one("complaint_term", SAM)).coordinator == "sam"
    await office.told(coordinator.ComplaintMoved(complaint_id=ONE, member_id=ANNA, step="withdrawn"))
    assert await office.kinds(SAM) == []


async def test_who_stands_in_for_its_handler_sees_a_complaint_too(office: Office) -> None:
    await office.told(filed())
    stands_in = SAM.model_copy(update={"stands_in_for": ("noor",)})
    assert await office.kinds(stands_in) == await office.kinds(NOOR) == ["complaint_term"]


ANKE = Actor(role=Role.COORDINATOR, name="anke", member_id=BRAM)


async def test_a_complaint_or_incident_is_no_work_for_who_is_part_of_it(office: Office) -> None:
    filed = coordinator.ComplaintFiled(
        complaint_id=ONE,
        member_id=ANNA,
        about_id=BRAM,
        handler="noor",
        acknowledge_by=THIS - DAY,
        decide_by=THIS + 30 * DAY,
    )
    passed = coordinator.ComplaintTermPassed(complaint_id=ONE, term="acknowledge")
    incident = safety.IncidentReported(
        incident_id=TWO, pair_id=THREE, helper_id=BRAM, asker_id=ANNA, reported_by="noor", handler="noor"
    )
    await office.told(filed, passed, incident)
    assert set(await office.kinds(SAM)) == {"complaint_term", "incident_open"}
    assert await office.kinds(ANKE) == []
