"""A helper's week is full: more is refused with what is possible instead, also to two at the same instant."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import httpx
import pytest

from services.kernel.dutch import LOCAL, local
from services.kernel.service import new_id
from services.region.demo.cast import Login
from tests.harness.letters import ASKED, FOUND, HELPS, OFFERED, WELCOME
from tests.harness.record import names, until_account
from tests.harness.town import FEW, NOOR, SAM, Neighbour, Town, good, problem

WEEK, PLANNED = 180, 150
MONDAY, WEDNESDAY, SUNDAY = 0, 2, 6
LATE, MIDNIGHT = time(23, 30), time(0)


def _moment(day: int, at: time = LATE, *, weeks: int = 1) -> str:
    """A moment in a coming week of the region's clock."""
    today = local(datetime.now(UTC)).date()
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
    return datetime.combine(monday + timedelta(days=day), at, LOCAL).isoformat()


@pytest.fixture
def initiative_id(town: Town) -> UUID:
    return town.initiative("dorpscoordinator")


def _with_two_and_a_half_hours_planned(town: Town, initiative_id: UUID) -> tuple[Neighbour, UUID]:
    """Someone with three hours a week, and two and a half of next week's planned; and their offer.

    An hour of it is without a day: it counts in every week.
    """
    helper = town.neighbour(capacity=WEEK)
    offer_id = town.offer(helper, "gardening", initiative_id=initiative_id)
    asker = town.neighbour()
    for minutes, wanted_at in ((90, _moment(MONDAY)), (60, None)):
        asked = town.ask(asker, "gardening", minutes, wanted_at=wanted_at, initiative_id=initiative_id)
        town.confirm(asked, offer_id)
    town.until_letters(helper, WELCOME, OFFERED, HELPS, HELPS)
    return helper, offer_id


def _choose(town: Town, request_id: UUID, offer_id: UUID, by: Login = NOOR) -> httpx.Response:
    body = {"request_id": request_id, "offer_id": offer_id}
    return town.post("/v1/matches", body, by=by, key=str(new_id()))


def _refused(town: Town, answer: httpx.Response, helper: Neighbour, would_be: int) -> None:
    """With the figures, and three things to do instead."""
    no = problem(answer, 409, "no_capacity")
    number = town.read(f"/v1/members/{helper.id}", by=NOOR)["number"]
    assert no["detail_nl"] == (
        f"Dit kan nu niet. Deelnemer {number} zou {would_be} minuten per week helpen en wil er hoogstens "
        f"{WEEK}. Kies iemand anders, maak de afspraak korter of kies een andere week."
    )
    assert no["detail"] == (
        f"Not possible now. Participant {number} would help {would_be} minutes a week and wants {WEEK} "
        "at most. Choose someone else, a shorter visit or another week."
    )


def test_an_hour_more_than_fits_is_refused_and_each_thing_to_do_instead_works(
    town: Town, initiative_id: UUID
) -> None:
    helper, offer_id = _with_two_and_a_half_hours_planned(town, initiative_id)
    other, asker = town.neighbour(capacity=WEEK), town.neighbour()
    others = town.offer(other, "gardening", initiative_id=initiative_id)

    def asks(minutes: int, wanted_at: str | None) -> UUID:
        return town.ask(asker, "gardening", minutes, wanted_at=wanted_at, initiative_id=initiative_id)

    an_hour = asks(60, _moment(WEDNESDAY))
    _refused(town, _choose(town, an_hour, offer_id), helper, PLANNED + 60)

    # Nothing came of it: the request waits as before, no hours are set apart, nobody was told.
    assert names(town.happened("exchange", an_hour)) == ["HelpRequested"]
    assert town.read(f"/v1/help-requests/{an_hour}", by=asker.login)["status"] == "open"
    assert len(town.work("without_helper", an_hour)) == 1
    until_account(town, asker, balance=0, held=0)
    assert town.letters(helper) == sorted((WELCOME, OFFERED, HELPS, HELPS))

    # Without a day it would come on top of every week: also of the one that is fullest by now.
    some_day = asks(WEEK - PLANNED + 1, None)
    _refused(town, _choose(town, some_day, offer_id), helper, WEEK + 1)
    _is_proposed(town, some_day, others)

    # Someone else, who is proposed where the full week is not.
    _is_proposed(town, an_hour, others)
    town.confirm(an_hour, others)
    # A shorter visit: to the minute.
    too_long, fits = asks(WEEK - PLANNED + 1, _moment(SUNDAY)), asks(WEEK - PLANNED, _moment(SUNDAY))
    _refused(town, _choose(town, too_long, offer_id), helper, WEEK + 1)
    town.confirm(fits, offer_id)
    # Another week: on the clock here it begins half an hour later (and in UTC another hour after that).
    town.confirm(asks(60, _moment(MONDAY, MIDNIGHT, weeks=2)), offer_id)
    town.until_letters(other, WELCOME, OFFERED, HELPS)
    town.until_letters(helper, WELCOME, OFFERED, *[HELPS] * 4)
    town.until_letters(asker, WELCOME, *[ASKED] * 5, *[FOUND] * 3)


def _is_proposed(town: Town, request_id: UUID, offer_id: UUID) -> None:
    """This one alone; who has no room is only counted, and so few are not even that."""
    found = town.read(f"/v1/help-requests/{request_id}/proposals", by=NOOR)
    assert [one["offer_id"] for one in found["helpers"]] == [str(offer_id)]
    assert found["excluded"] == FEW


def test_help_that_comes_back_is_for_who_has_room_in_each_of_its_first_four_weeks(
    town: Town, initiative_id: UUID
) -> None:
    """Proposing and confirming look at the same weeks: nobody is proposed who is refused afterwards."""
    full, free, asker = town.neighbour(capacity=WEEK), town.neighbour(capacity=WEEK), town.neighbour()
    offers = [town.offer(one, "coffee", initiative_id=initiative_id) for one in (full, free)]
    third_week = _moment(MONDAY, weeks=3)
    once = town.ask(asker, "coffee", PLANNED, wanted_at=third_week, initiative_id=initiative_id)
    town.confirm(once, offers[0])

    weekly = {"wanted_at": _moment(WEDNESDAY), "recurrence": "FREQ=WEEKLY", "initiative_id": initiative_id}
    asked = town.ask(asker, "coffee", 60, **weekly)
    _is_proposed(town, asked, offers[1])
    no = problem(_choose(town, asked, offers[0]), 409, "no_capacity")
    number = town.read(f"/v1/members/{full.id}", by=NOOR)["number"]
    assert no["detail_nl"] == (
        "Dit kan nu niet. Deze hulp komt terug, en in een van de eerste vier weken zou deelnemer "
        f"{number} {PLANNED + 60} minuten helpen. Meer dan {WEEK} per week wil diegene niet. Kies iemand "
        "anders, maak de afspraak korter, of vraag eerst om één keer."
    )
    # What is said to do instead works: once, and someone else.
    only_once = town.ask(asker, "coffee", 60, wanted_at=_moment(WEDNESDAY), initiative_id=initiative_id)
    assert town.confirm(only_once, offers[0])
    assert town.confirm(asked, offers[1])


def test_two_coordinators_at_once_cannot_both_fill_the_last_half_hour(
    town: Town, initiative_id: UUID
) -> None:
    helper, offer_id = _with_two_and_a_half_hours_planned(town, initiative_id)
    askers, half_hour, rounds = (town.neighbour(), town.neighbour()), WEEK - PLANNED, 6
    for _ in range(rounds):
        wanted = [
            town.ask(one, "gardening", half_hour, wanted_at=_moment(WEDNESDAY), initiative_id=initiative_id)
            for one in askers
        ]
        with ThreadPoolExecutor(2) as both:
            chosen = [both.submit(_choose, town, wanted[n], offer_id, (NOOR, SAM)[n]) for n in (0, 1)]
            answers = [answer.result() for answer in chosen]
        won, lost = sorted((0, 1), key=lambda n: answers[n].status_code)
        match_id = UUID(good(answers[won], 201)["match_id"])
        _refused(town, answers[lost], helper, WEEK + half_hour)
        # Of the one that lost nothing is in the log of exchange, and the ledger set apart for one alone.
        assert names(town.happened("exchange", wanted[lost])) == ["HelpRequested"]
        assert names(town.happened("ledger", match_id)) == ["HoldPlaced"]
        until_account(town, askers[won], balance=0, held=half_hour)
        until_account(town, askers[lost], balance=0, held=0)
        # The half hour is free again, for the next to fight over.
        assert town.call("DELETE", f"/v1/matches/{match_id}", by=NOOR).status_code == 204
        until_account(town, askers[won], balance=0, held=0)
    assert len(town.happened("exchange", helper.id, "MatchReserved")) == 2 + rounds
