"""Help between two towns, step by step, and every way in which it may end.

Each step is something that a person does in one region, and gives how the other region comes to show it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from contracts.crossings import received_id
from contracts.loans import lent_id
from services.region.demo.cast import Login
from tests.harness.town import NOOR, SAM, Neighbour, Town, good, in_days
from tests.harness.towns import OOST, WEST, Towns

PLANNED, MINUTES, GIFT, SETTLED = 60, 45, 5, 20
CAP = 1_200
TRANSFERS = 4
"""Of help that is given: the hours for it, those to and fro, and what is settled."""

BEYOND = CAP + 60
"""More than the cap leaves, however the regions stand."""

type Seen = Callable[[], bool]
"""Whether the other region has what was done here."""

type Step = Callable[[], Seen]

End = Literal["given", "withdrawn", "asker_calls_off", "helper_withdraws", "declined", "beyond_cap"]


@dataclass
class Help:
    """One request in oost that someone of west helps with."""

    towns: Towns
    asker: Neighbour
    helper: Neighbour
    offer: UUID
    request: UUID
    end: End = "given"
    here: str = ""
    there: str = ""
    settlement: UUID | None = None

    @property
    def agreed(self) -> list[Step]:
        """Until both people agreed."""
        return [self.shown, self.proposed, self.chosen, self.asker_agrees, self.helper_agrees]

    @property
    def steps(self) -> list[Step]:
        """All of them, to its end."""
        match self.end:
            case "given":
                hours = [self.given, self.settlement_proposed, self.settlement_agreed]
                return [*self.agreed, self.asker_reports, self.helper_reports, *hours]
            case "withdrawn":
                return [self.shown, self.proposed, self.withdrawn]
            case "asker_calls_off":
                return [*self.agreed, self.asker_calls_off]
            case "helper_withdraws":
                return [*self.agreed, self.helper_withdraws]
            case "declined":
                return [self.shown, self.declined]
            case "beyond_cap":
                return [self.shown, self.proposed, self.refused_at_the_cap]

    def shown(self) -> Seen:
        oost = self.towns.oost
        good(oost.post(f"/v1/help-requests/{self.request}/appeals", {"peers": [WEST]}, by=NOOR), 201)
        (loan,) = oost.read(f"/v1/loans?request_id={self.request}", by=NOOR)["items"]
        self.here, self.there = loan["loan_id"], str(lent_id(OOST, UUID(loan["loan_id"])))
        path = f"/v1/loans/{self.there}"
        return lambda: self.towns.west.get(path, by=SAM).status_code == 200

    def proposed(self) -> Seen:
        good(self._post(self.towns.west, "proposals", {"offer_id": self.offer}, by=SAM))
        return lambda: self.at(OOST)["status"] == "offered"

    def chosen(self) -> Seen:
        good(self._post(self.towns.oost, "choices", by=NOOR))
        return lambda: self.both("wanted")

    def asker_agrees(self) -> Seen:
        good(self._post(self.towns.oost, "agreements", by=self.asker.login))
        return lambda: bool(self.at(WEST)["they_agree"])

    def helper_agrees(self) -> Seen:
        good(self._post(self.towns.west, "agreements", by=self.helper.login))
        return lambda: self.both("confirmed") and self.contact().json()["name"] == self.helper.name

    def asker_reports(self) -> Seen:
        good(self._post(self.towns.oost, "minutes", {"minutes": MINUTES}, by=self.asker.login))
        return lambda: self.at(WEST)["their_minutes"] == MINUTES

    def helper_reports(self) -> Seen:
        good(self._post(self.towns.west, "minutes", {"minutes": MINUTES}, by=self.helper.login))
        return lambda: self.both("completed")

    def given(self) -> Seen:
        """Hours to and fro at the same moment."""
        ways = ((self.towns.oost, self.asker, self.helper), (self.towns.west, self.helper, self.asker))
        made = [(town, self.towns.give(town, giver, taker, GIFT)) for town, giver, taker in ways]
        return lambda: all(_status(town, id) == "posted" for town, id in made)

    # ---- how the regions settle what they owe each other for it

    def settlement_proposed(self) -> Seen:
        """West is owed."""
        made = self.towns.west.post("/v1/settlements", {"peer": OOST, "minutes": SETTLED}, by=SAM)
        self.settlement = UUID(good(made, 201)["id"])
        return lambda: _status(self.towns.oost, received_id(WEST, self._settlement)) == "asked"

    def settlement_agreed(self) -> Seen:
        path = f"/v1/settlements/{received_id(WEST, self._settlement)}/answers"
        good(self.towns.oost.post(path, {"agree": True}, by=NOOR))
        return lambda: _status(self.towns.west, self._settlement) == "posted"

    @property
    def _settlement(self) -> UUID:
        assert self.settlement is not None
        return self.settlement

    # ---- how else it may end

    def withdrawn(self) -> Seen:
        """The request itself, by who asked, before anyone was chosen."""
        gone(self.towns.oost, f"/v1/help-requests/{self.request}", by=self.asker.login)
        return lambda: self.both("ended")

    def asker_calls_off(self) -> Seen:
        gone(self.towns.oost, f"/v1/loans/{self.here}", by=self.asker.login)
        return lambda: self.both("ended")

    def helper_withdraws(self) -> Seen:
        gone(self.towns.west, f"/v1/loans/{self.there}", by=self.helper.login)
        return lambda: self.both("ended")

    def declined(self) -> Seen:
        gone(self.towns.west, f"/v1/loans/{self.there}", by=SAM)
        return lambda: self.both("ended")

    def refused_at_the_cap(self) -> Seen:
        good(self._post(self.towns.oost, "choices", by=NOOR))
        return lambda: self.both("ended") and self.at(OOST)["reason"] == "clearing_cap"

    # ---- how it stands

    def contact(self) -> Any:
        """What oost hears of how to reach the helper, asked now."""
        return self.towns.oost.get(f"/v1/loans/{self.here}/contact", by=NOOR)

    def at(self, region: str) -> dict[str, Any]:
        if region == OOST:
            return self.towns.loan(self.towns.oost, self.here)
        return self.towns.loan(self.towns.west, self.there)

    def both(self, status: str) -> bool:
        return self.at(OOST)["status"] == self.at(WEST)["status"] == status

    def _post(self, town: Town, what: str, body: Any = None, **by: Any) -> Any:
        loan_id = self.here if town is self.towns.oost else self.there
        return town.post(f"/v1/loans/{loan_id}/{what}", body, **by)


def begin_help(towns: Towns, end: End = "given", *, minutes: int = PLANNED) -> Help:
    """Someone of oost asks, someone of west offers; nothing is shown yet."""
    asker, helper = towns.oost.neighbour(), towns.west.neighbour(capacity=minutes)
    offer = towns.west.offer(helper, "gardening")
    request = towns.oost.ask(asker, "gardening", minutes, wanted_at=in_days(3))
    return Help(towns, asker, helper, offer, request, end)


def begin_help_beyond_the_cap(towns: Towns) -> Help:
    """Who asks has hours for it: two neighbours gave them."""
    help = begin_help(towns, "beyond_cap", minutes=BEYOND)
    for _ in range(2):
        gift = {"to_account_id": help.asker.id, "minutes": BEYOND // 3}
        good(towns.oost.post("/v1/transfers", gift, by=towns.oost.neighbour().login), 201)
    return help


def gone(town: Town, path: str, *, by: Login) -> None:
    good(town.call("DELETE", path, by=by), 204)


def all_seen(seen: Sequence[Seen]) -> bool:
    return all(one() for one in seen)


def _status(town: Town, crossing_id: UUID) -> str | None:
    found = town.get(f"/v1/region-transfers/{crossing_id}", by=NOOR)
    return str(found.json()["status"]) if found.status_code == 200 else None
