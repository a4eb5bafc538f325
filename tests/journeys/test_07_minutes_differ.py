"""Journey 7: the asker says one hour, the helper three; who decides, what is booked, and undoing it later."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from contracts.ledger import SUSPENSE
from services.coordinator.local_time import now
from services.kernel.service import new_id
from services.region.databases import connect
from services.region.demo.cast import Login
from tests.harness.letters import ASKED, DIFFERED, EARNED, FOUND, HELPS, OFFERED, OWES, SPENT, WELCOME
from tests.harness.record import until_account
from tests.harness.town import NOOR, OPERATOR, SAM, Neighbour, Town, good, problem

UNDONE = "Een boeking is teruggedraaid"
GAVE = "U gaf uren weg"

HELPER_HEARD = (WELCOME, OFFERED, HELPS)
ASKER_HEARD = (WELCOME, ASKED, FOUND)

NOTE = "Beiden gebeld. Twee uur gewerkt, daarna samen koffie gedronken."


def _helped(town: Town, helper: Neighbour, asker: Neighbour, minutes: int = 60, **of: Any) -> UUID:
    """A match that Noor made; `of` says in which initiative."""
    return town.confirm(town.ask(asker, "gardening", minutes, **of), town.offer(helper, "gardening", **of))


def _says(town: Town, match_id: UUID, who: Neighbour, minutes: int) -> None:
    good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": minutes}, by=who.login))


def _until_completed(town: Town, match_id: UUID) -> None:
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being completed")


# ---- what the policy allows


def test_within_what_the_policy_allows_the_lower_counts_and_nobody_is_bothered(town: Town) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    village = town.initiative("dorpscoordinator")
    assert _tolerance(town, village) == 30
    match_id = _helped(town, helper, asker, initiative_id=village)
    _says(town, match_id, helper, 90)
    _says(town, match_id, asker, 60)
    _until_completed(town, match_id)
    assert town.match(match_id)["agreed_minutes"] == 60
    until_account(town, helper, balance=60)
    until_account(town, asker, balance=-60)
    assert not town.work("minutes_differ", match_id)
    town.until_letters(helper, *HELPER_HEARD, EARNED)
    town.until_letters(asker, *ASKER_HEARD, SPENT)


def test_the_policy_of_the_day_on_which_they_report_counts(town: Town) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    village = town.initiative("dorpscoordinator")
    match_id = _helped(town, helper, asker, initiative_id=village)
    exact = {**_policy(town, village), "tolerance_minutes": 0}
    good(town.call("PUT", f"/v1/initiatives/{village}/policy", {"policy": exact}, by=NOOR))
    _says(town, match_id, helper, 61)
    _says(town, match_id, asker, 60)
    assert town.match(match_id)["minutes_differ"]
    assert town.work("minutes_differ", match_id)
    # They see it for themselves, and no coordinator is needed after all.
    _says(town, match_id, helper, 60)
    _until_completed(town, match_id)
    assert not town.work("minutes_differ", match_id)
    assert town.happened("exchange", match_id, "MinutesDecided") == []


def _policy(town: Town, initiative_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = town.read(f"/v1/initiatives/{initiative_id}", by=NOOR)["policy"]
    return found


def _tolerance(town: Town, initiative_id: UUID) -> int:
    return int(_policy(town, initiative_id)["tolerance_minutes"])


# ---- beyond it


def test_one_hour_against_three_is_decided_by_someone_without_a_part_in_it(town: Town) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    match_id = _helped(town, helper, asker)
    _says(town, match_id, helper, 180)
    _says(town, match_id, asker, 60)

    # Nothing is booked, both hear it without blame, and it waits for a person.
    town.until_letters(helper, *HELPER_HEARD, DIFFERED)
    town.until_letters(asker, *ASKER_HEARD, DIFFERED)
    assert "U schreef 3 uur op, de ander 1 uur. Dat gebeurt." in town.letter(helper, DIFFERED)
    assert "U schreef 1 uur op, de ander 3 uur. Dat gebeurt." in town.letter(asker, DIFFERED)
    assert "Wij hebben nog niets geboekt." in town.letter(asker, DIFFERED)
    (item,) = town.work("minutes_differ", match_id)
    assert (item["helper_minutes"], item["asker_minutes"]) == (180, 60)
    _nothing_is_booked(town, match_id, helper, asker)

    # Another number that still differs is the same conversation.
    _says(town, match_id, helper, 170)
    (item,) = town.work("minutes_differ", match_id)
    assert item["helper_minutes"] == 170

    _who_may_not_decide(town, match_id, helper, asker)
    _nothing_is_booked(town, match_id, helper, asker)
    _sam_decides(town, match_id)

    until_account(town, helper, balance=120)
    until_account(town, asker, balance=-120)
    assert not town.work("minutes_differ", match_id)
    town.until_letters(helper, *HELPER_HEARD, DIFFERED, EARNED)
    town.until_letters(asker, *ASKER_HEARD, DIFFERED, SPENT)
    assert "2 uur" in town.letter(helper, EARNED)
    assert "2 uur" in town.letter(asker, SPENT)
    _it_is_on_record(town, match_id, helper)
    _booked_once(town, match_id, helper, asker)


def _nothing_is_booked(town: Town, match_id: UUID, helper: Neighbour, asker: Neighbour) -> None:
    until_account(town, helper, balance=0)
    until_account(town, asker, balance=0, held=60)
    assert _statement(town, helper)["postings"] == []
    assert town.happened("ledger", match_id, "CreditTransferred", "TransferRefused", "HoldReleased") == []


def _decides(town: Town, match_id: UUID, by: Login, minutes: int = 120, note: str = NOTE) -> Any:
    return town.post(f"/v1/matches/{match_id}/decisions", {"minutes": minutes, "note": note}, by=by)


def _who_may_not_decide(town: Town, match_id: UUID, helper: Neighbour, asker: Neighbour) -> None:
    no = problem(_decides(town, match_id, NOOR), 409, "involved")
    assert no["detail_nl"] == ("U hebt deze koppeling zelf bevestigd. Vraag een collega om te besluiten.")
    assert no["detail"] == "You confirmed this match yourself. Ask a colleague to decide."
    for who in (helper.login, OPERATOR):
        problem(_decides(town, match_id, who), 403, "not_allowed")
    # Writing down for the asker what the helper said would decide it too; and so would calling it off.
    minutes = {"member_id": asker.id, "minutes": 170}
    problem(town.post(f"/v1/matches/{match_id}/minutes", minutes, by=NOOR), 409, "involved")
    path = f"/v1/matches/{match_id}"
    problem(town.call("DELETE", f"{path}?member_id={asker.id}", by=NOOR), 409, "involved")
    for what, body in (("no-shows", {"who": "helper"}), ("skips", {})):
        no = problem(town.post(f"{path}/{what}", body, by=asker.login), 409, "minutes_reported")
        assert no["detail_nl"].startswith("Van deze hulp is al opgegeven hoe lang die duurde. Geef uw eigen")
    problem(town.call("DELETE", path, by=asker.login), 409, "minutes_reported")
    # Why belongs to it.
    without = problem(_decides(town, match_id, SAM, note=" "), 400, "invalid")
    assert [wrong["field"] for wrong in without["errors"]] == ["note"]


def _sam_decides(town: Town, match_id: UUID) -> None:
    path, body, key = f"/v1/matches/{match_id}/decisions", {"minutes": 120, "note": NOTE}, str(new_id())
    first, again = (town.post(path, body, by=SAM, key=key) for _ in range(2))
    assert good(first) == {"match_id": str(match_id), "minutes": 120, "booked": True}
    assert again.content == first.content
    for who in (SAM, NOOR):
        problem(_decides(town, match_id, who, 180), 409, "nothing_differs")


def _it_is_on_record(town: Town, match_id: UUID, helper: Neighbour) -> None:
    match = town.match(match_id)
    assert (match["status"], match["agreed_minutes"]) == ("completed", 120)
    assert (match["helper_minutes"], match["asker_minutes"]) == (170, 60)
    assert (match["chosen_by"], match["decided_by"]) == ("noor", "sam")
    # Which coordinator it was is between coordinators; that it was decided is not.
    theirs = town.read(f"/v1/matches/{match_id}", by=helper.login)
    assert (theirs["agreed_minutes"], theirs["decided_by"]) == (120, None)
    lines = town.read(f"/v1/members/{helper.id}/history", by=NOOR)["lines"]
    (line,) = (line for line in lines if line["code"] == "minutes-decided")
    assert (line["actor"], line["minutes"], line["match_id"]) == ("coordinator:sam", 120, str(match_id))
    # The note is in the vault alone, and goes with either of them.
    assert NOTE not in str(town.happened("exchange", match_id))
    (kept,) = asyncio.run(
        _rows(town, "exchange", "SELECT * FROM vault WHERE entity = 'decision' AND entity_id = $1", match_id)
    )
    assert NOTE in kept["data"]
    assert {str(kept["person_id"]), str(kept["other_id"])} == {match["helper_id"], match["asker_id"]}


def _booked_once(town: Town, match_id: UUID, helper: Neighbour, asker: Neighbour) -> None:
    ((_, booked),) = town.happened("ledger", match_id, "CreditTransferred")
    assert (booked["from_account_id"], booked["to_account_id"]) == (str(asker.id), str(helper.id))
    # What was held is in it: it is not released besides.
    assert (booked["minutes"], booked["hold_minutes"]) == (120, 60)
    assert town.happened("ledger", match_id, "HoldReleased") == []
    assert len(town.happened("exchange", match_id, "MinutesAgreed")) == 1


async def _rows(town: Town, service: str, sql: str, *arguments: Any) -> list[Any]:
    database = await connect(town.region.region, service)
    try:
        return list(await database.fetch(sql, *arguments))
    finally:
        await database.close()


def test_a_coordinator_who_is_one_of_the_two_does_not_decide_either(town: Town) -> None:
    anke, asker = town.anke_takes_part(), town.neighbour()
    match_id = _helped(town, anke, asker)
    _says(town, match_id, anke, 180)
    _says(town, match_id, asker, 60)
    no = problem(_decides(town, match_id, town.anke_coordinates, 180), 409, "involved")
    assert no["detail_nl"] == "Deze hulp gaat over uzelf. Vraag een collega om te besluiten."
    assert no["detail"] == "This help is about yourself. Ask a colleague to decide."
    until_account(town, asker, balance=0, held=60)
    good(_decides(town, match_id, SAM, 60))
    until_account(town, asker, balance=-60)


# ---- undone later


def _statement(town: Town, person: Neighbour) -> dict[str, Any]:
    today = now().date()
    path = f"/v1/accounts/{person.id}/statement?from_day={today}&to_day={today}"
    found = town.read(path, by=person.login)
    lines = [posting["minutes"] for posting in found["postings"]]
    assert found["opening_minutes"] + sum(lines) == found["closing_minutes"]
    return found


def _decided(town: Town, helper: Neighbour, asker: Neighbour) -> UUID:
    """Two hours that Sam decided; returns the transfer."""
    match_id = _helped(town, helper, asker)
    _says(town, match_id, helper, 180)
    _says(town, match_id, asker, 60)
    good(_decides(town, match_id, SAM))
    until_account(town, helper, balance=120)
    ((_, booked),) = town.happened("ledger", match_id, "CreditTransferred")
    return UUID(booked["transfer_id"])


def _suspense(town: Town) -> int:
    """What the region's own suspense account holds; nothing when nothing needed it yet."""
    found = town.get(f"/v1/accounts/{SUSPENSE}", by=NOOR)
    return int(found.json()["balance_minutes"]) if found.status_code == 200 else 0


def _undo(town: Town, transfer_id: UUID, by: Login = NOOR, reason: str = "Het was toch een uur.") -> Any:
    return town.post(f"/v1/transfers/{transfer_id}/reversals", {"reason": reason}, by=by)


def test_a_booking_is_undone_by_a_linked_one_and_both_hear_it(town: Town) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    transfer_id = _decided(town, helper, asker)
    for who in (helper.login, asker.login, OPERATOR):
        problem(_undo(town, transfer_id, by=who), 403, "not_allowed")
    problem(_undo(town, transfer_id, reason=""), 400, "invalid")
    problem(_undo(town, new_id()), 404, "no_transfer")

    undone = UUID(good(_undo(town, transfer_id), 201)["id"])
    until_account(town, helper, balance=0)
    until_account(town, asker, balance=0)
    # The first booking stands as it was; the second names it.
    for person, sign in ((helper, 1), (asker, -1)):
        first, second = _statement(town, person)["postings"]
        assert (first["transfer_id"], first["minutes"]) == (str(transfer_id), sign * 120)
        assert (second["transfer_id"], second["minutes"]) == (str(undone), sign * -120)
        assert (second["kind"], second["reverses"]) == ("reversal", str(transfer_id))

    no = problem(_undo(town, transfer_id), 409, "already_reversed")
    assert no["detail_nl"] == "Deze overdracht is al teruggedraaid. U hoeft niets te doen."
    problem(_undo(town, undone), 409, "is_reversal")
    town.until_letters(helper, *HELPER_HEARD, DIFFERED, EARNED, UNDONE)
    town.until_letters(asker, *ASKER_HEARD, DIFFERED, SPENT, UNDONE)
    assert "2 uur is van uw tegoed gehaald" in town.letter(helper, UNDONE)
    assert "2 uur staat weer bij uw tegoed" in town.letter(asker, UNDONE)
    # The help itself was given: the match stays what it is.
    ((_, booked),) = town.happened("ledger", transfer_id, "CreditTransferred")[:1]
    assert town.match(UUID(booked["match_id"]))["status"] == "completed"


@pytest.mark.parametrize("left", [45, 0])
def test_the_hours_come_back_also_when_they_are_spent(town: Town, left: int) -> None:
    helper, asker, friend = town.neighbour(capacity=600), town.neighbour(), town.neighbour()
    transfer_id = _decided(town, helper, asker)
    floor = town.account(helper)["floor_minutes"]
    given = 120 - floor - left
    good(town.post("/v1/transfers", {"to_account_id": friend.id, "minutes": given}, by=helper.login), 201)
    until_account(town, helper, balance=floor + left)
    before = _suspense(town)

    good(_undo(town, transfer_id), 201)
    # Who gave gets all of it back. From the helper comes what is left above their floor, no more.
    until_account(town, asker, balance=0)
    until_account(town, helper, balance=floor)
    until_account(town, friend, balance=given)
    town.until(lambda: _suspense(town) == before - (120 - left), "the rest coming out of suspense")
    found = town.happened("ledger", transfer_id, "CreditTransferred")
    linked = [posting for _, posting in found if posting["reverses"] == str(transfer_id)]
    payers = {posting["from_account_id"]: posting["minutes"] for posting in linked}
    assert payers == {str(helper.id): left, str(SUSPENSE): 120 - left} if left else {str(SUSPENSE): 120}
    assert all(posting["to_account_id"] == str(asker.id) for posting in linked)
    _sums_to_zero(town)

    problem(_undo(town, transfer_id), 409, "already_reversed")
    heard = (*HELPER_HEARD, DIFFERED, EARNED, GAVE, OWES)
    # Of whom nothing was taken, nothing is told.
    town.until_letters(helper, *heard, *([UNDONE] if left else []))
    if left:
        assert "45 minuten zijn van uw tegoed gehaald" in town.letter(helper, UNDONE)
    town.until(lambda: UNDONE in town.letters(asker), "the asker hearing of it")


def _sums_to_zero(town: Town) -> None:
    (row,) = asyncio.run(_rows(town, "ledger", "SELECT sum(balance_minutes) AS total FROM accounts"))
    assert row["total"] == 0
