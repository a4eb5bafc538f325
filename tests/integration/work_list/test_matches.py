"""Matches that wait by what is the matter: for an answer, for minutes, for hours booked, for a call."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from contracts import coordinator, exchange, ledger, visits
from contracts.envelope import Event
from services.coordinator.outcome import WHY_NOT_BOOKED
from tests.integration.work_list.office import (
    ANNA,
    BRAM,
    DAY,
    FOUR,
    HERE,
    ONE,
    THIS,
    THREE,
    TWO,
    Office,
    about_match,
    requested,
)


async def test_matches_wait_by_what_is_the_matter(office: Office) -> None:
    await office.told(requested(), about_match(exchange.MatchReserved), at=THIS - DAY)
    assert await office.kinds() == ["without_answer"]
    await office.told(about_match(exchange.MatchConfirmed))
    assert await office.kinds() == []
    await office.told(
        about_match(exchange.MinutesReported, by="helper", minutes=60),
        about_match(exchange.MinutesReported, by="asker", minutes=45),
        about_match(exchange.MinutesDiffered, helper_minutes=60, asker_minutes=45),
    )
    work = await office.one("minutes_differ")
    assert (work.match_id, work.pc4, work.helper_minutes, work.asker_minutes) == (TWO, HERE, 60, 45)
    await office.told(about_match(exchange.MinutesAgreed), about_match(exchange.MatchUnbooked))
    assert await office.kinds() == ["not_booked"]


@pytest.mark.parametrize("reason", ["below_floor", "compensation_cap", "no_account"])
async def test_why_the_hours_were_not_booked_is_as_the_ledger_said(office: Office, reason: str) -> None:
    agreed = (about_match(exchange.MinutesAgreed), about_match(exchange.MatchUnbooked))
    await office.told(requested(), about_match(exchange.MatchReserved), *agreed)
    # Exchange may be heard before the ledger.
    assert (await office.one("not_booked")).reason is None
    refused = {"transfer_id": FOUR, "from_account_id": ANNA, "to_account_id": BRAM, "minutes": 90}
    await office.told(ledger.TransferRefused.model_validate({**refused, "match_id": TWO, "reason": reason}))
    assert (await office.one("not_booked")).reason == reason
    assert reason in WHY_NOT_BOOKED


def no_show(who: str) -> Sequence[Event]:
    """Without the asker the request is withdrawn, as exchange does."""
    fell = about_match(exchange.MatchFellThrough, reason="no_show")
    rest = [] if who == "helper" else [exchange.RequestWithdrawn(request_id=ONE, member_id=ANNA)]
    return (
        requested(),
        about_match(exchange.MatchReserved),
        about_match(visits.NoShowNoted, who=who),
        fell,
        *rest,
    )


CALLED = coordinator.CallNoted(call_id=FOUR, match_id=TWO, helper_id=BRAM, asker_id=ANNA)


@pytest.mark.parametrize(("who", "member_id"), [("helper", BRAM), ("asker", ANNA)])
async def test_who_did_not_come_is_to_be_called_within_a_day(
    office: Office, who: str, member_id: UUID
) -> None:
    await office.told(*no_show(who))
    work = await office.one("no_show")
    assert (work.match_id, work.member_id, work.category, work.reason) == (TWO, member_id, "dog", who)
    assert (work.since, work.due, work.pressing, work.pc4) == (THIS, THIS + DAY, True, HERE)
    await office.told(CALLED)
    assert "no_show" not in await office.kinds()


async def test_without_the_helper_it_is_over_once_the_request_is_decided(office: Office) -> None:
    await office.told(*no_show("helper"))
    assert sorted(await office.kinds()) == ["no_show", "without_helper"]
    await office.told(about_match(exchange.MatchReserved, match_id=THREE))
    assert "no_show" not in await office.kinds()
    await office.told(exchange.RequestWithdrawn(request_id=ONE, member_id=ANNA))
    assert "no_show" not in await office.kinds()
