"""Balances that passed a limit, and messages that someone has to bring or that failed."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from contracts import households, ledger, members, notifications
from contracts.envelope import Actor, Event
from contracts.notifications import GetLetters, PaperLetters
from services.coordinator.account import account_used
from services.coordinator.console import letters
from services.coordinator.to_bring import to_bring
from tests.integration.work_list.office import (
    ANNA,
    BRAM,
    DAY,
    FAR,
    FOUR,
    HERE,
    NOOR,
    ONE,
    THERE,
    THIS,
    TWO,
    Office,
)

# Hours


async def test_a_balance_that_passed_a_limit_is_looked_at_within_two_weeks(office: Office) -> None:
    opened = ledger.AccountOpened(account_id=ANNA, floor_minutes=-600)
    noted = ledger.BalanceNoted(account_id=ANNA, which="saved", balance_minutes=900)
    await office.told(opened, noted, at=THIS - DAY)
    work = await office.one("balance_noted")
    assert (work.entity_id, work.reason, work.since, work.pc4) == (ANNA, "saved", THIS - DAY, HERE)
    await office.told(noted, at=THIS - 15 * DAY)
    assert await office.kinds() == []


async def test_whose_hours_someone_uses_is_as_the_ledger_has_it(office: Office) -> None:
    home = FOUR
    for n, account_id in enumerate((ANNA, BRAM, home)):
        await office.told(
            ledger.AccountOpened(account_id=account_id, floor_minutes=-600),
            ledger.HoldPlaced(hold_id=UUID(int=n + 1), account_id=account_id, minutes=n + 1),
        )
    shared = households.HouseholdJoined(member_id=ANNA, household_id=home, shares_balance=True, may_act=False)
    not_shared = shared.model_copy(update={"member_id": BRAM, "shares_balance": False})
    await office.told(shared, not_shared)

    async def used(member_id: UUID) -> tuple[Any, ...] | None:
        row = await account_used(office.desk, member_id)
        return (row["account_id"], row["shared_with"], row["held_minutes"]) if row else None

    assert await used(ANNA) == (ANNA, home, 3)
    assert await used(BRAM) == (BRAM, None, 2)
    assert await used(home) == (home, None, 3)
    assert await used(FAR) is None
    # Their own again: the household's is closed, or they left it.
    await office.told(ledger.AccountClosed(account_id=home))
    assert await used(ANNA) == (ANNA, None, 1)
    await office.told(ledger.AccountOpened(account_id=home, floor_minutes=-600))
    await office.told(households.HouseholdLeft(member_id=ANNA, household_id=home))
    assert await used(ANNA) == (ANNA, None, 1)


# Messages


async def test_messages_are_brought_and_who_is_not_reached_is_visited(office: Office) -> None:
    queued = notifications.MessageQueued(message_id=ONE, member_id=ANNA, template="match-asker")
    handed = notifications.MessageHandedOver(
        message_id=ONE, member_id=ANNA, template="match-asker", channel="phone"
    )
    await office.told(queued, handed)
    work = await office.one("bring_message")
    assert (work.entity_id, work.member_id, work.reason) == (ONE, ANNA, "phone")
    await office.told(notifications.ContactEscalated(message_id=ONE, member_id=ANNA, attempts=3))
    work = await office.one("not_reached")
    assert (work.due, work.pressing) == (THIS + DAY, True)
    await office.told(notifications.MessageDelivered(message_id=ONE, member_id=ANNA, channel="phone"))
    assert await office.kinds() == []


async def test_what_is_to_be_brought_is_sought_in_ones_own_areas_however_much_waits_elsewhere(
    office: Office,
) -> None:
    def handed(message_id: UUID, member_id: UUID) -> Sequence[Event]:
        about = {"message_id": message_id, "member_id": member_id, "template": "match-asker"}
        return (
            notifications.MessageQueued.model_validate(about),
            notifications.MessageHandedOver.model_validate({**about, "channel": "letter"}),
        )

    here = [event for n in range(letters.MOST + 1) for event in handed(UUID(int=0x1000 + n), ANNA)]
    await office.told(*here, at=THIS - DAY)
    await office.told(*handed(ONE, FAR))

    async def ask(query: GetLetters, answer: type[PaperLetters], actor: Actor) -> PaperLetters:
        """Notifications, for which every text is known."""
        some = {"member_id": FAR, "channel": "letter", "name": "Iemand", "pc4": THERE}
        words = {"subject": "Een brief", "text": "Dag."}
        return PaperLetters.model_validate(
            {"letters": [{"message_id": id, **some, **words} for id in query.message_ids]}
        )

    office.desk.replica.bus = SimpleNamespace(ask=ask)  # type: ignore[assignment]
    there = NOOR.model_copy(update={"areas": (THERE,)})
    page = await letters.letters_page(office.desk, there)
    assert [letter.message_id for letter in page.letters] == [str(ONE)]
    ((row, _),) = await to_bring(office.desk, there, channel="letter", limit=1)
    assert row["message_id"] == ONE
    assert await to_bring(office.desk, there, channel="phone", limit=1) == []
    # Who works in the whole region sees what waits longest.
    assert len((await letters.letters_page(office.desk, NOOR)).letters) == letters.MOST


async def test_messages_that_failed_are_one_line_a_person(office: Office) -> None:
    for n, message_id in enumerate((ONE, TWO)):
        about = {"message_id": message_id, "member_id": ANNA, "template": "match-asker"}
        failed = notifications.MessageFailed.model_validate({**about, "reason": f"reason-{n}"})
        await office.told(notifications.MessageQueued.model_validate(about), failed, at=THIS - (2 - n) * DAY)
    work = await office.one("message_failed")
    assert (work.entity_id, work.reason, work.since) == (TWO, "reason-1", THIS - 2 * DAY)


async def _no_letters(*_: object) -> PaperLetters:
    return PaperLetters(letters=())


async def test_a_message_that_failed_waits_until_someone_told_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = {"message_id": ONE, "member_id": ANNA, "template": "match-asker", "reason": "refused"}
    queued, failed = (
        event.model_validate(about) for event in (notifications.MessageQueued, notifications.MessageFailed)
    )
    await office.told(queued, failed, at=THIS - 60 * DAY)
    assert (await office.one("message_failed")).since == THIS - 60 * DAY
    monkeypatch.setattr(office.desk, "ask", _no_letters)
    for channel, there in ((None, 1), ("phone", 1), ("letter", 0)):
        assert len(await to_bring(office.desk, NOOR, channel=channel, limit=9)) == there
    await office.told(notifications.MessageDelivered(message_id=ONE, member_id=ANNA, channel="phone"))
    assert await office.kinds() == []


async def test_who_left_need_not_be_told_what_failed(office: Office) -> None:
    about = {"message_id": ONE, "member_id": ANNA, "template": "match-asker", "reason": "refused"}
    queued, failed = (
        event.model_validate(about) for event in (notifications.MessageQueued, notifications.MessageFailed)
    )
    await office.told(queued, failed, members.MemberLeft(member_id=ANNA, settle="pool"))
    assert await office.kinds() == []
