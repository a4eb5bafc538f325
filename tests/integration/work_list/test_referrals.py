"""A referral waits for an answer, and for another look when it was put on hold."""

from contracts.referrals import ReferralMoved
from tests.integration.work_list.office import BRAM, DAY, HERE, ONE, THIS, TWO, Office
from tests.unit.referrals import referred


async def test_a_referral_on_hold_is_looked_at_again_after_a_week(office: Office) -> None:
    since = {"asked": 9 * DAY, "held": 8 * DAY}
    for referral_id, held in ((ONE, since["held"]), (TWO, 6 * DAY)):
        asked = referred(referral_id, team="west", member_id=BRAM, pc4=HERE)
        await office.told(asked, at=THIS - since["asked"])
        on_hold = ReferralMoved(
            referral_id=referral_id,
            team="west",
            member_id=BRAM,
            status="on-hold",
            reason="person-away",
        )
        await office.told(on_hold, at=THIS - held)
    found = await office.one("referral_waits")
    assert (found.entity_id, found.reason) == (ONE, "person-away")
    assert found.due == THIS
    # By itself on hold it waits at once.
    ended = on_hold.model_copy(update={"reason": "initiative-ended"})
    await office.told(ended)
    assert {each.entity_id for each in await office.work(kind="referral_waits")} == {ONE, TWO}
