"""Journey 12: a helper of the chores service reaches what a volunteer may receive in a month."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from contracts.caps import caps_id
from contracts.policy import caps_in_force
from services.coordinator.local_time import now
from services.kernel.dutch import LOCAL
from services.kernel.service import new_id
from services.region.demo.cast import Login
from tests.harness.letters import ASKED, ENDED, FOUND, HELPS, OFFERED, RECORDED, SEARCHING, WELCOME
from tests.harness.record import until_account
from tests.harness.town import NOOR, OPERATOR, SAM, Town, good, problem

PAID = "Uw vergoeding is opgeschreven"

MONTH_CAP = 210_00
HOUR = 5_60
"""Of who is 21 or older, in cents (Belastingdienst, vrijwilligersvergoedingen 2025)."""


class Chores:
    """Someone who does chores for others in an initiative of the preset `klussendienst`."""

    def __init__(self, town: Town, *, born_on: date = date(1990, 4, 1)) -> None:
        self.town = town
        self.initiative_id = town.initiative("klussendienst")
        self.helper = town.neighbour(capacity=2400, born_on=str(born_on))
        self.asker = town.neighbour()
        self.offer_id = town.offer(self.helper, "chores", initiative_id=self.initiative_id)

    def ask(self, minutes: int, on: datetime) -> UUID:
        more = {"initiative_id": self.initiative_id, "wanted_at": on.isoformat()}
        return self.town.ask(self.asker, "chores", minutes, **more)

    def chosen(self, minutes: int, on: datetime) -> UUID:
        """A confirmed match."""
        return self.town.confirm(self.ask(minutes, on), self.offer_id)

    def choose(self, request_id: UUID, *, by: Login = NOOR, key: str | None = None) -> httpx.Response:
        body = {"request_id": request_id, "offer_id": self.offer_id}
        return self.town.post("/v1/matches", body, by=by, key=key or str(new_id()))

    def done(self, match_id: UUID, minutes: int, status: str = "completed") -> None:
        for who in (self.helper, self.asker):
            body = {"minutes": minutes}
            good(self.town.post(f"/v1/matches/{match_id}/minutes", body, by=who.login))
        self.town.until(lambda: self.town.match(match_id)["status"] == status, f"the match being {status}")

    def year(self, month: datetime) -> dict[str, Any]:
        path = f"/v1/members/{self.helper.id}/year-statements/{month.year}"
        return self.town.read(path, by=self.helper.login)

    def month(self, month: datetime) -> dict[str, Any]:
        """The line of one month in the year statement."""
        (line,) = (line for line in self.year(month)["months"] if line["month"] == f"{month:%Y-%m}")
        assert isinstance(line, dict)
        return line


def _week(number: int, months_on: int = 1) -> datetime:
    """A working moment in a week of a month that is still to come: every week is another one."""
    today = now().date()
    month = (today.replace(day=1) + timedelta(days=31 * months_on + 1)).replace(day=1)
    at = datetime(month.year, month.month, 1 + 7 * (number - 1), 10, tzinfo=LOCAL)
    return at.astimezone(UTC)


def test_up_to_the_cap_of_the_month_and_not_a_cent_beyond(town: Town) -> None:
    chores = Chores(town)
    assert _policy(town, chores)["compensation"] == "euro"
    limits = caps_in_force(_week(1).year).caps
    assert (limits.month, limits.hour_21) == (MONTH_CAP, HOUR)
    of_year = chores.year(_week(1))["caps_year"]
    first, second = chores.chosen(1200, _week(1)), chores.chosen(1020, _week(2))

    # 20 and 17 hours are set apart; half an hour is left, and an hour does not fit.
    refused = chores.ask(60, _week(3))
    key = str(new_id())
    no = problem(chores.choose(refused, key=key), 409, "compensation_cap")
    assert no["detail_nl"] == (
        "De helper komt met deze hulp boven het bedrag dat een vrijwilliger mag ontvangen. "
        f"In de maand van deze afspraak is nog € 2,80 over, volgens de grenzen van {of_year}. "
        "Kies iemand anders, of maak de afspraak korter."
    )
    assert no["detail"] == (
        "With this help the helper would receive more than a volunteer may. "
        f"In the month of this visit € 2.80 is left by the limits of {of_year}. "
        "Choose someone else, or a shorter visit."
    )
    assert town.read(f"/v1/help-requests/{refused}", by=chores.asker.login)["status"] == "open"
    assert town.work("without_helper", refused)

    half_hour = chores.chosen(30, _week(3))
    none_left = problem(chores.choose(chores.ask(1, _week(4))), 409, "compensation_cap")
    assert "is nog € 0,00 over" in none_left["detail_nl"]
    # A repeat hears what was so then.
    assert problem(chores.choose(refused, key=key), 409, "compensation_cap")["detail_nl"] == no["detail_nl"]
    # The month after has room of its own.
    later = chores.chosen(60, _week(1, months_on=2))

    for match_id, minutes in ((first, 1200), (second, 1020), (half_hour, 30)):
        chores.done(match_id, minutes)
    _paid_out_and_no_hours_moved(town, chores)
    _told(town, chores)
    assert town.match(later)["status"] == "confirmed"
    _each_is_booked_once(town, (first, second, half_hour))


def _policy(town: Town, chores: Chores) -> dict[str, Any]:
    found: dict[str, Any] = town.read(f"/v1/initiatives/{chores.initiative_id}", by=NOOR)["policy"]
    return found


def _paid_out_and_no_hours_moved(town: Town, chores: Chores) -> None:
    line = chores.month(_week(1))
    assert (line["minutes"], line["cents"], line["left_cents"]) == (2250, MONTH_CAP, 0)
    year = chores.year(_week(1))
    assert year["cents"] == MONTH_CAP
    assert (year["month_cap_cents"], year["year_cap_cents"]) == (MONTH_CAP, 2_100_00)
    for person in (chores.helper, chores.asker):
        until_account(town, person, balance=0)


def _told(town: Town, chores: Chores) -> None:
    """Of what was refused nobody heard; of the rest the helper hears the amount, the asker does not."""
    town.until_letters(chores.helper, WELCOME, OFFERED, *(HELPS,) * 4, *(PAID,) * 3)
    town.until_letters(chores.asker, WELCOME, *(ASKED,) * 6, *(FOUND,) * 4, *(RECORDED,) * 3)
    amounts = "\n".join(town.letters_about(chores.helper, PAID))
    assert all(f"krijgt u {euro}." in amounts for euro in ("€ 112,00", "€ 95,20", "€ 2,80"))
    assert all("€" not in text for text in town.letters_about(chores.asker, RECORDED))


def _each_is_booked_once(town: Town, matches: tuple[UUID, ...]) -> None:
    for match_id in matches:
        ((_, booked),) = town.happened("ledger", match_id, "CompensationBooked")
        # What was set apart is in it, all of it.
        assert booked["cents"] == booked["hold_cents"]
        assert town.happened("ledger", match_id, "HoldReleased", "CreditTransferred") == []


def test_what_falls_away_gives_its_room_back_once(town: Town) -> None:
    chores = Chores(town)
    whole_month = chores.chosen(1200, _week(1)), chores.chosen(1050, _week(2))
    request_id = chores.ask(60, _week(3))
    problem(chores.choose(request_id), 409, "compensation_cap")
    called_off = town.call("DELETE", f"/v1/matches/{whole_month[1]}", by=chores.asker.login)
    assert called_off.status_code == 204
    town.until(lambda: chores.month(_week(1))["left_cents"] == 98_00, "the room being free again")
    town.confirm(request_id, chores.offer_id)
    town.until(lambda: chores.month(_week(1))["left_cents"] == 98_00 - HOUR, "an hour being set apart")
    ((_, freed),) = town.happened("ledger", whole_month[1], "HoldReleased")
    assert (freed["cents"], freed["month"]) == (98_00, f"{_week(2):%Y-%m}")
    town.until_letters(chores.helper, WELCOME, OFFERED, *(HELPS,) * 3, ENDED)
    town.until_letters(chores.asker, WELCOME, *(ASKED,) * 3, *(FOUND,) * 3, SEARCHING)


def test_more_than_was_agreed_is_paid_under_the_cap_only(town: Town) -> None:
    chores = Chores(town)
    chores.done(chores.chosen(1200, _week(1)), 1200)
    chores.done(chores.chosen(1020, _week(2)), 1020)
    match_id = chores.chosen(30, _week(3))
    # They worked longer, and both say so: nothing is paid before someone has looked.
    chores.done(match_id, 45, status="unbooked")
    (item,) = town.work("not_booked", match_id)
    assert item["helper_minutes"] == 45
    assert chores.month(_week(1))["cents"] == MONTH_CAP - 2_80
    decision = {"minutes": 30, "note": "Met beiden besproken: het halve uur wordt vergoed."}
    decided = good(town.post(f"/v1/matches/{match_id}/decisions", decision, by=SAM))
    assert decided["booked"]
    assert chores.month(_week(1))["cents"] == MONTH_CAP
    assert not town.work("not_booked", match_id)


def test_costs_with_receipts_stand_apart(town: Town) -> None:
    chores = Chores(town)
    chores.done(chores.chosen(60, _week(1)), 60)
    before = chores.month(_week(1))
    assert (before["cents"], before["left_cents"]) == (HOUR, MONTH_CAP - HOUR)
    # As much as the whole cap: it takes nothing of it.
    costs = {"helper_id": chores.helper.id, "cents": MONTH_CAP, "on": str(_week(1).date())}
    problem(town.post("/v1/expenses", costs, by=chores.helper.login), 403, "not_allowed")
    receipt = str(new_id())
    for _ in range(2):
        good(town.post("/v1/expenses", costs, by=NOOR, key=receipt), 201)
    assert chores.month(_week(1)) == {**before, "expenses_cents": MONTH_CAP}
    assert chores.year(_week(1))["expenses_cents"] == MONTH_CAP
    path = f"/v1/members/{chores.helper.id}/year-statements/{_week(1).year}"
    problem(town.get(path, by=chores.asker.login), 403, "not_allowed")


def test_who_is_younger_has_the_lower_rate_and_minors_do_no_chores(town: Town) -> None:
    today = now().date()
    young = Chores(town, born_on=today.replace(year=today.year - 19, day=1))
    young.done(young.chosen(60, _week(1)), 60)
    assert young.month(_week(1))["cents"] == caps_in_force(_week(1).year).caps.hour_young < HOUR
    minor = Chores(town, born_on=today.replace(year=today.year - 17, day=1))
    no = problem(minor.choose(minor.ask(60, _week(1))), 409, "too_young")
    assert "te jong voor dit initiatief" in no["detail_nl"]


def test_the_amounts_of_a_year_are_entered_by_who_runs_the_region(town: Town) -> None:
    """Coordinators see that they are missing until an operator entered them.

    What is entered here equals what holds already: other tests count on it.
    """
    chores = Chores(town)
    this_year = now().year
    limits = caps_in_force(this_year).caps
    amounts = {"hour_21": limits.hour_21, "hour_young": limits.hour_young, "month": limits.month}
    said = {"year": this_year, **amounts, "whole_year": limits.year}
    (item,) = town.work("caps_missing", caps_id(this_year))
    assert item["reason"] == str(this_year)
    problem(town.post("/v1/compensation-caps", said, by=NOOR), 403, "not_allowed")
    no = problem(
        town.post("/v1/compensation-caps", {**said, "hour_young": limits.hour_21 + 1}, by=OPERATOR),
        409,
        "caps_out_of_order",
    )
    assert "Kijk ze na, in centen." in no["detail_nl"]
    problem(town.post("/v1/compensation-caps", {**said, "year": 2020}, by=OPERATOR), 409, "not_this_year")
    assert not town.happened("ledger", caps_id(this_year))

    good(town.post("/v1/compensation-caps", said, by=OPERATOR), 201)
    town.until(lambda: not town.work("caps_missing", caps_id(this_year)), "nobody missing them")
    good(town.post("/v1/compensation-caps", said, by=OPERATOR), 201)
    assert len(town.happened("ledger", caps_id(this_year))) == 1, "the same amounts are not entered twice"
    # From now on what is refused says of which year the amounts are that hold.
    assert chores.year(now())["caps_year"] == this_year


def test_a_compensation_is_not_undone_here(town: Town) -> None:
    chores = Chores(town)
    match_id = chores.chosen(60, _week(1))
    chores.done(match_id, 60)
    ((_, booked),) = town.happened("ledger", match_id, "CompensationBooked")
    path = f"/v1/transfers/{booked['transfer_id']}/reversals"
    no = problem(town.post(path, {"reason": "Het duurde korter."}, by=NOOR), 409, "compensation_stands")
    assert no["detail_nl"] == "Een vergoeding draait u hier niet terug. Verreken het bij de uitbetaling."
    assert chores.month(_week(1))["cents"] == HOUR
