"""Help from and for other regions: who is to be called, asked or talked to."""

from typing import Any
from uuid import UUID

from contracts import link, loans
from contracts.envelope import Actor, Event, Role
from tests.integration.work_list.office import (
    ANNA,
    DAY,
    FAR,
    FOUR,
    HERE,
    NOOR_HERE,
    ONE,
    THIS,
    THREE,
    TWO,
    Office,
    requested,
)


def about_loan(event: type[Event], loan_id: UUID = TWO, **more: Any) -> Any:
    said: dict[str, Any] = {"loan_id": loan_id, "peer": "delft", "thread_id": loan_id, "category": "dog"}
    said |= {"minutes": 60, "pc4": HERE, "request_id": ONE, "asker_id": ANNA, "member_id": ANNA}
    said |= {"helper_id": FAR, "side": "asks", "by": "us", "reason": "cancelled", "until": THIS + DAY}
    return event.model_validate({**said, "floor_minutes": 0, "counted": True, "told": True, **more})


async def test_a_region_that_does_not_answer_is_called_before_it_ends(office: Office) -> None:
    await office.told(requested(), about_loan(loans.HelpSought, wanted_at=THIS + 9 * DAY))
    assert await office.work(kind="loan_waits") == []
    await office.told(about_loan(loans.LoanReminded))
    found = await office.one("loan_waits", NOOR_HERE)
    assert (found.reason, found.due, found.fixed) == ("delft", THIS + DAY, False)
    # Its answer is ours to take up.
    await office.told(about_loan(loans.HelperOffered))
    assert await office.work(kind="loan_waits") == []
    assert (await office.one("helper_offered")).due == THIS + 9 * DAY
    await office.told(about_loan(loans.HelperTaken), about_loan(loans.HelperConfirmed))
    assert (await office.one("person_asked")).entity_id == TWO
    await office.told(about_loan(loans.PersonAgreed), about_loan(loans.LoanReminded))
    assert (await office.one("loan_waits")).entity_id == TWO


async def test_help_that_has_been_and_of_which_nobody_says_how_long_it_took(office: Office) -> None:
    past = {"wanted_at": THIS - 2 * DAY}
    await office.told(about_loan(loans.HelpSought, **past), about_loan(loans.LoanConfirmed, **past))
    assert (await office.one("loan_unreported")).entity_id == TWO
    await office.told(about_loan(loans.LoanMinutesReported))
    assert await office.work(kind="loan_unreported") == []
    # Their side has not said it for two weeks.
    await office.told(about_loan(loans.LoanMinutesReported), at=THIS - 15 * DAY)
    assert (await office.one("loan_unreported")).reason == "delft"
    # Without a day two weeks are time enough.
    undated = (about_loan(loans.HelpSought, THREE), about_loan(loans.LoanConfirmed, THREE))
    await office.told(*undated, at=THIS - 10 * DAY)
    assert len(await office.work(kind="loan_unreported")) == 1
    await office.told(*undated, at=THIS - 16 * DAY)
    assert len(await office.work(kind="loan_unreported")) == 2


async def test_help_that_the_region_which_asked_forgot_waits_until_it_ends(office: Office) -> None:
    lent = {"side": "helps", "request_id": None}
    await office.told(*(about_loan(event, **lent) for event in (loans.HelpAsked, loans.LoanConfirmed)))
    assert await office.work(kind="loan_forgotten") == []
    await office.told(about_loan(loans.LoanForgotten, **lent))
    assert (await office.one("loan_forgotten")).reason == "delft"
    # What our own person says nobody there reads; theirs says that they know it after all.
    await office.told(about_loan(loans.LoanMinutesReported, **lent))
    assert (await office.one("loan_forgotten")).entity_id == TWO
    await office.told(about_loan(loans.LoanMinutesReported, by="them", **lent))
    assert await office.work(kind="loan_forgotten") == []


async def test_what_was_called_off_although_someone_helped_is_talked_about(office: Office) -> None:
    await office.told(requested(), about_loan(loans.HelpSought), about_loan(loans.LoanConfirmed))
    await office.told(about_loan(loans.LoanEnded))
    assert await office.work(kind="loan_cut_short") == []
    await office.told(about_loan(loans.LoanMinutesReported, by="them", member_id=None))
    found = await office.one("loan_cut_short", NOOR_HERE)
    assert (found.reason, found.due) == ("delft", THIS + DAY)
    anna = Actor(role=Role.COORDINATOR, name="noor", member_id=ANNA)
    assert await office.work(anna, kind="loan_cut_short") == []
    await office.told(about_loan(loans.LoanResolved, by="noor"))
    assert await office.work(kind="loan_cut_short") == []


async def test_what_one_of_two_regions_forgot_waits_by_matter(office: Office) -> None:
    def orphaned(orphan_id: UUID, thread_id: UUID) -> link.LetterOrphaned:
        about: dict[str, Any] = {"thread_id": thread_id, "written_by": "delft", "number": 1}
        return link.LetterOrphaned(orphan_id=orphan_id, peer="delft", name="TransferOffer", **about)

    await office.told(orphaned(ONE, FOUR), orphaned(TWO, FOUR), at=THIS - DAY)
    await office.told(orphaned(THREE, ANNA))
    assert {each.entity_id for each in await office.work(kind="letter_forgotten")} == {FOUR, ANNA}
    await office.told(link.OrphanSolved(orphan_id=THREE, peer="delft"))
    await office.told(link.OrphanSettled(orphan_id=ONE, peer="delft"))
    found = await office.one("letter_forgotten", NOOR_HERE)
    assert (found.entity_id, found.reason, found.since, found.due) == (FOUR, "delft", THIS - DAY, THIS)
    await office.told(link.OrphanSettled(orphan_id=TWO, peer="delft"))
    assert await office.work(kind="letter_forgotten") == []
