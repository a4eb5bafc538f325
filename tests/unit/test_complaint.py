"""Complaints: acknowledged, heard, decided in time, or withdrawn; by someone without a part in it."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Literal, get_args
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from contracts.coordinator import (
    CheckComplaint,
    ComplaintFiled,
    ComplaintHandedOver,
    ComplaintMoved,
    ComplaintStep,
    ComplaintTermPassed,
    FileComplaint,
    GetRestricted,
    HandOverComplaint,
    MoveComplaint,
    PassOnComplaint,
    TakeComplaintStep,
)
from contracts.envelope import Actor, Role
from contracts.members import MemberErased, MemberRegistered
from services.coordinator import app as coordinator_app
from services.coordinator.complaint import COMPLAINT, acknowledge_by, checks, decide_by
from services.coordinator.handlers import prepare_handing_over, prepare_step
from services.coordinator.queries import get_restricted
from services.kernel.errors import Rejected
from services.kernel.settings import Key
from services.kernel.testing import COMMAND_ID, COORDINATOR, NOW, InMemory, Specification
from tests.unit.neighbours import ANNA, BRAM, CORA, REGION

given = Specification(coordinator_app.service(REGION)).given

ID = UUID(int=0x63)
ACKNOWLEDGE_BY = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
DECIDE_BY = datetime(2027, 1, 4, 23, 0, tzinfo=UTC)

PEOPLE = tuple(
    MemberRegistered(member_id=member_id, number=1001 + n, pc4="3511", capacity_minutes_week=0)
    for n, member_id in enumerate((ANNA, BRAM))
)


def filed(about_id: UUID | None = BRAM) -> ComplaintFiled:
    return ComplaintFiled(
        complaint_id=ID,
        member_id=ANNA,
        about_id=about_id,
        handler="sam",
        acknowledge_by=ACKNOWLEDGE_BY,
        decide_by=DECIDE_BY,
    )


def moved(step: str) -> ComplaintMoved:
    return ComplaintMoved(complaint_id=ID, member_id=ANNA, about_id=BRAM, step=step)


def step(step: ComplaintStep, text: str = "") -> TakeComplaintStep:
    return TakeComplaintStep(complaint_id=ID, step=step, text=text, member_id=ANNA, about_id=BRAM)


# Filing


def test_a_complaint_is_noted_with_its_terms_and_without_its_text() -> None:
    command = FileComplaint(member_id=ANNA, about_id=BRAM, handler="sam", text="Hij kwam nooit op tijd.")
    given(*PEOPLE).when(command).then(filed().model_copy(update={"complaint_id": COMMAND_ID}))
    (entry,) = command.vault(ID)
    assert (entry.entity, entry.person_id, entry.other_id) == ("complaint", ANNA, BRAM)


def test_a_complaint_need_not_be_about_a_person() -> None:
    assert given(*PEOPLE).when(FileComplaint(member_id=ANNA, handler="sam", text="De bus.")).events


@pytest.mark.parametrize(("member_id", "about_id"), [(CORA, None), (ANNA, CORA)])
def test_a_complaint_is_of_and_about_someone_we_know(member_id: UUID, about_id: UUID | None) -> None:
    command = FileComplaint(member_id=member_id, about_id=about_id, handler="sam", text="Tja.")
    given(*PEOPLE).when(command).refused("unknown_member")


def test_nothing_is_noted_about_someone_who_was_erased() -> None:
    command = FileComplaint(member_id=ANNA, about_id=BRAM, handler="sam", text="Tja.")
    given(*PEOPLE, MemberErased(member_id=BRAM)).when(command).refused("unknown_member")


# Terms


@pytest.mark.parametrize(
    ("filed_at", "until"),
    [
        # Monday: until the end of the Monday after; Friday: until the end of the Friday after.
        (NOW, ACKNOWLEDGE_BY),
        (datetime(2026, 11, 27, 12, 0, tzinfo=UTC), datetime(2026, 12, 4, 23, 0, tzinfo=UTC)),
        # In the weekend: the first working day is Monday.
        (datetime(2026, 11, 28, 12, 0, tzinfo=UTC), datetime(2026, 12, 4, 23, 0, tzinfo=UTC)),
        # Half past eleven in the evening in UTC is tomorrow here.
        (datetime(2026, 11, 26, 23, 30, tzinfo=UTC), datetime(2026, 12, 4, 23, 0, tzinfo=UTC)),
        # Over the end of summer time.
        (datetime(2026, 10, 23, 12, 0, tzinfo=UTC), datetime(2026, 10, 30, 23, 0, tzinfo=UTC)),
    ],
)
def test_five_working_days_to_acknowledge(filed_at: datetime, until: datetime) -> None:
    assert acknowledge_by(filed_at) == until


def test_six_weeks_to_decide() -> None:
    assert decide_by(NOW) == DECIDE_BY


def test_each_term_is_looked_at_once() -> None:
    assert {(timer.due_at, timer.command) for timer in checks(filed(), NOW)} == {
        (ACKNOWLEDGE_BY, CheckComplaint(complaint_id=ID, term="acknowledge")),
        (DECIDE_BY, CheckComplaint(complaint_id=ID, term="decide")),
    }


# Steps


def test_the_steps_come_one_after_the_other() -> None:
    done: tuple[ComplaintMoved, ...] = ()
    for each in ("acknowledged", "heard", "decided"):
        given(*PEOPLE, filed(), *done).when(step(each, "Zo is het.")).then(moved(each))
        done = (*done, moved(each))
    assert given(*PEOPLE, filed(), *done).now(COMPLAINT, ID).status == "decided"


@pytest.mark.parametrize(
    ("done", "wrong", "next_step"),
    [
        ((), "heard", "acknowledged"),
        ((), "decided", "acknowledged"),
        (("acknowledged",), "acknowledged", "heard"),
        (("acknowledged",), "decided", "heard"),
        (("acknowledged", "heard"), "heard", "decided"),
    ],
)
def test_a_step_out_of_turn_is_refused_with_what_comes_next(
    done: tuple[str, ...], wrong: ComplaintStep, next_step: str
) -> None:
    no = given(*PEOPLE, filed(), *map(moved, done)).when(step(wrong)).refused("wrong_step")
    assert no.facts["next"] == next_step


@pytest.mark.parametrize("done", [(), ("acknowledged",), ("acknowledged", "heard")])
def test_a_complaint_may_be_withdrawn_until_it_is_decided(done: tuple[str, ...]) -> None:
    given(*PEOPLE, filed(), *map(moved, done)).when(step("withdrawn")).then(moved("withdrawn"))


@pytest.mark.parametrize("end", ["decided", "withdrawn"])
def test_nothing_comes_after_the_end(end: str) -> None:
    for each in get_args(ComplaintStep):
        given(*PEOPLE, filed(), moved(end)).when(step(each)).refused("complaint_ended")


def test_no_text_is_kept_about_someone_who_was_erased() -> None:
    after = given(*PEOPLE, filed(), MemberErased(member_id=BRAM))
    after.when(step("acknowledged", "Over Bram.")).refused("erased")
    after.when(step("acknowledged")).then(moved("acknowledged"))


def test_a_complaint_that_nobody_filed_is_unknown() -> None:
    given().when(step("acknowledged")).refused("unknown_complaint")


def test_what_is_said_at_a_step_has_a_row_of_its_own() -> None:
    (entry,) = step("heard", "Ze was verdrietig.").vault(COMMAND_ID)
    assert (entry.entity, entry.entity_id) == ("complaint-heard", ID)
    assert step("heard").vault(COMMAND_ID) == ()


@pytest.mark.parametrize("who", [ANNA, BRAM], ids=["who complains", "about whom"])
def test_a_coordinator_who_is_part_of_it_takes_no_step(who: UUID) -> None:
    themselves = COORDINATOR.model_copy(update={"member_id": who})
    for each in get_args(ComplaintStep):
        given(*PEOPLE, filed()).when(step(each), by=themselves).refused("involved")
    # Who is a member and no part of it does.
    other = COORDINATOR.model_copy(update={"member_id": CORA})
    given(*PEOPLE, filed()).when(step("acknowledged"), by=other).then(moved("acknowledged"))


# Where they live


def test_a_complaint_is_for_who_works_where_its_person_lives_and_for_its_handler_everywhere() -> None:
    here, there = (as_coordinator("bas").model_copy(update={"areas": (pc4,)}) for pc4 in ("3511", "1012"))
    its_handler = there.model_copy(update={"name": "sam"})
    stands_in = there.model_copy(update={"stands_in_for": ("sam",)})
    file = FileComplaint(member_id=ANNA, about_id=BRAM, handler="sam", text="Tja.")
    given(*PEOPLE).when(file, by=there).refused("other_area")
    assert given(*PEOPLE).when(file, by=here).events
    for command in (step("acknowledged"), pass_on()):
        given(*PEOPLE, filed()).when(command, by=there).refused("other_area")
        for by in (here, its_handler, stands_in):
            assert given(*PEOPLE, filed()).when(command, by=by).events


# Another handler


def pass_on(handler: str = "noor", nth: int = 1) -> PassOnComplaint:
    return PassOnComplaint(
        complaint_id=ID, handler=handler, reason="Sam is ziek.", member_id=ANNA, about_id=BRAM, nth=nth
    )


def handed_over(former_handler: str = "sam", handler: str = "noor") -> ComplaintHandedOver:
    return ComplaintHandedOver(
        complaint_id=ID, member_id=ANNA, about_id=BRAM, former_handler=former_handler, handler=handler
    )


def test_a_complaint_is_given_to_another_and_who_had_it_is_kept() -> None:
    given(*PEOPLE, filed()).when(pass_on()).then(handed_over())
    back = handed_over("noor", "sam")
    given(*PEOPLE, filed(), handed_over()).when(pass_on("sam", nth=2)).then(back)
    now = given(*PEOPLE, filed(), handed_over(), back).now(COMPLAINT, ID)
    assert (now.handler, now.former_handlers, now.status) == ("sam", ("sam", "noor"), "filed")


def test_also_when_it_has_ended_for_someone_keeps_the_file() -> None:
    given(*PEOPLE, filed(), moved("withdrawn")).when(pass_on()).then(handed_over())


def test_why_is_in_the_file_each_time_in_a_row_of_its_own() -> None:
    entries = [entry for nth in (1, 2) for entry in pass_on(nth=nth).vault(COMMAND_ID)]
    assert [entry.entity for entry in entries] == ["complaint-handed-over-1", "complaint-handed-over-2"]
    assert {(entry.entity_id, entry.person_id, entry.other_id) for entry in entries} == {(ID, ANNA, BRAM)}
    assert "ziek" not in handed_over().model_dump_json()


def test_nobody_takes_a_complaint_to_read_it() -> None:
    noor = as_coordinator("noor")
    given(*PEOPLE, filed()).when(pass_on("noor"), by=noor).refused("names_oneself")
    # Who stands in for its handler reads it already.
    stands_in = noor.model_copy(update={"stands_in_for": ("sam",)})
    given(*PEOPLE, filed()).when(pass_on("noor"), by=stands_in).then(handed_over())
    # A colleague or an operator may give it to someone else.
    for by in (as_coordinator("ali"), Actor(role=Role.OPERATOR, name="beheer")):
        given(*PEOPLE, filed()).when(pass_on("noor"), by=by).then(handed_over())


def test_who_is_part_of_it_does_not_say_who_handles_it() -> None:
    bram = as_coordinator("ali").model_copy(update={"member_id": BRAM})
    given(*PEOPLE, filed()).when(pass_on(), by=bram).refused("involved")


def test_giving_it_to_whom_it_is_with_or_when_it_just_moved_is_refused() -> None:
    given(*PEOPLE, filed()).when(pass_on("sam")).refused("same_handler")
    given(*PEOPLE, filed(), handed_over()).when(pass_on("ali", nth=1)).refused("handed_over_meanwhile")
    given().when(pass_on()).refused("unknown_complaint")
    given(*PEOPLE, filed(), MemberErased(member_id=BRAM)).when(pass_on()).refused("erased")


# Terms that pass


type Term = Literal["acknowledge", "decide"]


def passed(term: Term) -> ComplaintTermPassed:
    return ComplaintTermPassed(complaint_id=ID, term=term)


def check(term: Term) -> CheckComplaint:
    return CheckComplaint(complaint_id=ID, term=term)


def test_a_term_that_passes_without_its_step_is_said_once() -> None:
    given(*PEOPLE, filed()).when(check("acknowledge")).then(passed("acknowledge"))
    given(*PEOPLE, filed(), passed("acknowledge")).when(check("acknowledge")).then_nothing()
    given(*PEOPLE, filed(), passed("acknowledge")).when(check("decide")).then(passed("decide"))
    given(*PEOPLE, filed(), moved("acknowledged")).when(check("decide")).then(passed("decide"))
    given(*PEOPLE, filed(), passed("decide")).when(check("decide")).then_nothing()


def test_a_term_whose_step_is_there_passes_in_silence() -> None:
    given(*PEOPLE, filed(), moved("acknowledged")).when(check("acknowledge")).then_nothing()
    for end in ("decided", "withdrawn"):
        for term in get_args(Term.__value__):
            given(*PEOPLE, filed(), moved(end)).when(check(term)).then_nothing()
    given().when(check("decide")).then_nothing()


def test_a_complaint_that_is_forgotten_passes_both_terms() -> None:
    instance, source = InMemory(coordinator_app.service(REGION)), given(*PEOPLE)
    instance.state.merge(source.state)
    command = FileComplaint(member_id=ANNA, handler="sam", text="Hallo?")
    instance.decide(command, id=ID, by=COORDINATOR)
    for timer in list(instance.timers):
        instance.fire(timer)
    assert [event.term for event in instance.happened(ComplaintTermPassed)] == ["acknowledge", "decide"]


# The restricted file


class OneComplaint:
    """A database with one complaint, handled by Sam, of which two things were said."""

    async def fetchrow(self, sql: str, complaint_id: UUID) -> dict[str, Any] | None:
        row = {"member_id": ANNA, "about_id": BRAM, "handler": "sam", "former_handlers": ["ali"]}
        return row if complaint_id == ID else None

    async def fetch(self, sql: str, complaint_id: UUID) -> list[dict[str, str]]:
        return [
            {"entity": "complaint", "data": '{"text": "Hij kwam nooit."}'},
            {"entity": "complaint-heard", "data": '{"text": "Ze vertelde meer."}'},
            {"entity": "complaint-handed-over-1", "data": '{"text": "Ali is ziek."}'},
        ]


KEYS = tuple(
    Key.model_validate({"id": name, "role": "coordinator", "sha256": digit * 64, "member_id": member_id})
    for name, digit, member_id in (("noor", "0", None), ("bas", "1", str(BRAM)))
)
REPLICA: Any = SimpleNamespace(pool=OneComplaint(), region=SimpleNamespace(keys=KEYS))


def as_coordinator(name: str) -> Actor:
    return Actor(role=Role.COORDINATOR, name=name)


async def test_the_handler_reads_what_was_said_at_each_step() -> None:
    deputy = as_coordinator("bas").model_copy(update={"stands_in_for": ("sam",)})
    for reader in (as_coordinator("sam"), deputy):
        with capture_logs() as logged:
            found = await get_restricted(REPLICA, GetRestricted(complaint_id=ID), reader)
        assert found.texts == {
            "filed": "Hij kwam nooit.",
            "heard": "Ze vertelde meer.",
            "handed-over-1": "Ali is ziek.",
        }
        (look,) = logged
        assert (look["event"], look["actor"], look["object"]) == ("restricted_read", str(reader), str(ID))


@pytest.mark.parametrize(
    ("complaint_id", "code"), [(ID, "not_the_handler"), (COMMAND_ID, "unknown_complaint")]
)
async def test_nobody_else_reads_it(complaint_id: UUID, code: str) -> None:
    with pytest.raises(Rejected) as no:
        await get_restricted(REPLICA, GetRestricted(complaint_id=complaint_id), as_coordinator("noor"))
    assert no.value.refusal.code == code


@pytest.mark.parametrize("who", [ANNA, BRAM])
async def test_who_is_part_of_it_does_not_read_it_also_not_as_a_handler(who: UUID) -> None:
    handler = as_coordinator("sam").model_copy(update={"member_id": who})
    with pytest.raises(Rejected, match="involved"):
        await get_restricted(REPLICA, GetRestricted(complaint_id=ID), handler)


async def test_it_is_given_to_a_coordinator_with_a_key_who_is_no_part_of_it() -> None:
    give = HandOverComplaint(complaint_id=ID, handler="noor", reason="Sam is ziek.")
    assert await prepare_handing_over(REPLICA, give, as_coordinator("sam")) == pass_on(nth=2)
    for handler, code in (("bas", "involved"), ("niemand", "unknown_coordinator")):
        with pytest.raises(Rejected, match=code):
            to = give.model_copy(update={"handler": handler})
            await prepare_handing_over(REPLICA, to, as_coordinator("sam"))


async def test_a_step_is_about_the_people_of_its_complaint() -> None:
    move = MoveComplaint(complaint_id=ID, step="heard", text="Ze vertelde meer.")
    prepared = await prepare_step(REPLICA, move, as_coordinator("sam"))
    assert prepared == step("heard", "Ze vertelde meer.")
    with pytest.raises(Rejected, match="unknown_complaint"):
        await prepare_step(REPLICA, move.model_copy(update={"complaint_id": COMMAND_ID}), COORDINATOR)
