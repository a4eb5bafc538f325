"""A call after a no-show: noted by a coordinator, for a match to which someone did not come."""

from contracts.coordinator import CallNoted, NoteCall
from contracts.members import MemberRegistered
from contracts.visits import NoShowNoted
from services.coordinator import app as coordinator_app
from services.coordinator.call import CALL
from services.kernel.testing import COMMAND_ID, COORDINATOR, NOW, Specification
from tests.unit.neighbours import A_MATCH, ANNA, BRAM, MATCH, REGION, asked

given = Specification(coordinator_app.service(REGION)).given

ASKER = MemberRegistered(member_id=ANNA, number=1001, pc4="3512", capacity_minutes_week=0)
NO_SHOW = NoShowNoted(match_id=MATCH, helper_id=BRAM, asker_id=ANNA, who="asker")
NOTE = NoteCall(match_id=MATCH)
NOTED = CallNoted(call_id=COMMAND_ID, match_id=MATCH, helper_id=BRAM, asker_id=ANNA)


def test_that_someone_was_called_is_noted_also_a_second_time() -> None:
    given(ASKER, asked(), A_MATCH, NO_SHOW).when(NOTE).then(NOTED)
    given(ASKER, asked(), A_MATCH, NO_SHOW, NOTED).when(NOTE, id=MATCH).then(
        NOTED.model_copy(update={"call_id": MATCH})
    )
    call = given(ASKER, asked(), A_MATCH, NO_SHOW, NOTED).now(CALL, COMMAND_ID)
    assert (call.match_id, call.noted_at < NOW) == (MATCH, True)


def test_there_is_nobody_to_call_about_a_match_to_which_both_came() -> None:
    given(ASKER, asked(), A_MATCH).when(NOTE).refused("no_no_show")
    given().when(NOTE).refused("no_no_show")


def test_a_coordinator_of_elsewhere_does_not_say_it_is_done() -> None:
    elsewhere = COORDINATOR.model_copy(update={"areas": ("1012",)})
    given(ASKER, asked(), A_MATCH, NO_SHOW).when(NOTE, by=elsewhere).refused("other_area")
