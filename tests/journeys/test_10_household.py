"""Journey 10: members of a household offer and ask; one leaves. Whose hours, and who may act for whom."""

from typing import Any
from uuid import UUID

import pytest

from services.coordinator.local_time import now
from services.region.demo.cast import Login
from tests.harness.letters import ASKED, EARNED, FOUND, HELPS, OFFERED, RECORDED, SPENT, WELCOME
from tests.harness.record import until_account, until_closed
from tests.harness.town import NOOR, Neighbour, Town, good, in_days, problem


class Home:
    """Ans and Bert share the hours of their household, Cor keeps his own. Ans may act for the household."""

    def __init__(self, town: Town, kind: str = "household") -> None:
        self.town = town
        self.household = town.neighbour(kind=kind)
        self.ans, self.bert, self.cor = (town.neighbour(capacity=600) for _ in range(3))
        self.joins(self.ans, may_act=True)
        self.joins(self.bert)
        self.joins(self.cor, shares_balance=False)
        for who, account in ((self.ans, self.household), (self.bert, self.household), (self.cor, self.cor)):
            self.until_uses(who, account)

    def joins(self, who: Neighbour, **how: Any) -> None:
        path = f"/v1/members/{who.id}/households/{self.household.id}"
        good(self.town.call("PUT", path, how, by=NOOR))

    def leaves(self, who: Neighbour, *, by: Login) -> Any:
        path = f"/v1/members/{who.id}/households/{self.household.id}"
        return self.town.call("DELETE", path, by=by)

    def until_uses(self, who: Neighbour, account: Neighbour) -> None:
        """Wait until the ledger itself knows which account is theirs."""
        self.town.until(lambda: self.statement(who)["account_id"] == str(account.id), "the account they use")

    def statement(self, who: Neighbour) -> dict[str, Any]:
        today = now().date()
        path = f"/v1/accounts/{who.id}/statement?from_day={today}&to_day={today}"
        return self.town.read(path, by=who.login)

    def shared(self, balance: int, held: int = 0) -> None:
        """All who share it see the one balance; the household itself too."""
        for who in (self.household, self.ans, self.bert):
            until_account(self.town, who, balance=balance, held=held)
        assert self.town.account(self.ans)["shared_with"] == str(self.household.id)
        assert self.town.account(self.cor)["shared_with"] is None


@pytest.fixture
def home(town: Town) -> Home:
    return Home(town)


def _matched(town: Town, helper: Neighbour, asker: Neighbour, minutes: int) -> UUID:
    return town.confirm(town.ask(asker, "gardening", minutes), town.offer(helper, "gardening"))


def _done(town: Town, match_id: UUID, helper: Neighbour, asker: Neighbour, minutes: int) -> None:
    for who in (helper, asker):
        good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": minutes}, by=who.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being completed")


def _helped(town: Town, helper: Neighbour, asker: Neighbour, minutes: int) -> UUID:
    match_id = _matched(town, helper, asker, minutes)
    _done(town, match_id, helper, asker, minutes)
    return match_id


# ---- shared and own


def test_who_share_a_balance_earn_and_spend_together(town: Town, home: Home) -> None:
    outside = town.neighbour(capacity=600)
    _helped(town, home.ans, outside, 60)
    home.shared(60)
    until_account(town, home.cor, balance=0)

    # What one earned another may spend; while it is planned it is set apart for all of them.
    match_id = _matched(town, outside, home.bert, 45)
    home.shared(60, held=45)
    _done(town, match_id, outside, home.bert, 45)
    home.shared(15)
    lines = [posting["minutes"] for posting in home.statement(home.bert)["postings"]]
    assert lines == [60, -45]
    assert home.statement(home.ans) == home.statement(home.bert) == home.statement(home.household)
    ((_, booked),) = town.happened("ledger", match_id, "CreditTransferred")
    assert (booked["from_account_id"], booked["payer_id"]) == (str(home.household.id), str(home.bert.id))

    # Who keeps their own, pays themselves.
    _helped(town, outside, home.cor, 30)
    until_account(town, home.cor, balance=-30)
    home.shared(15)
    until_account(town, outside, balance=15)

    # Who helped or was helped hears of it; the household and the others in it do not.
    town.until_letters(home.ans, WELCOME, OFFERED, HELPS, EARNED)
    town.until_letters(home.bert, WELCOME, ASKED, FOUND, SPENT)
    town.until_letters(home.cor, WELCOME, ASKED, FOUND, SPENT)
    town.until_letters(home.household, WELCOME)


def test_housemates_are_not_matched_with_each_other(town: Town, home: Home) -> None:
    offer_id = town.offer(home.ans, "gardening")
    for asker in (home.bert, home.cor, home.household):
        request_id = town.ask(asker, "gardening", 20)
        body = {"request_id": request_id, "offer_id": offer_id}
        no = problem(town.post("/v1/matches", body, by=NOOR), 409, "does_not_fit")
        assert no["detail_nl"] == "Deze helper past niet bij deze hulpvraag. Kies iemand uit de lijst."
        proposed = town.read(f"/v1/help-requests/{request_id}/proposals?limit=50", by=NOOR)["helpers"]
        assert str(home.ans.id) not in {helper["member_id"] for helper in proposed}
    # Who has left is a neighbour like any other, and pays the household that helps.
    assert home.leaves(home.bert, by=home.bert.login).status_code == 204
    home.until_uses(home.bert, home.bert)
    _helped(town, home.ans, home.bert, 20)
    until_account(town, home.bert, balance=-20)
    until_account(town, home.ans, balance=20)


def test_between_those_who_share_nothing_moves(town: Town) -> None:
    # Of an organisation, which is no home: they may help each other.
    club = Home(town, kind="organisation")
    match_id = _matched(town, club.ans, club.bert, 40)
    club.shared(0, held=40)
    _done(town, match_id, club.ans, club.bert, 40)
    club.shared(0)
    assert len(town.happened("ledger", match_id, "HelpRecorded")) == 1
    assert len(town.happened("ledger", match_id, "HoldReleased")) == 1
    assert town.happened("ledger", match_id, "CreditTransferred") == []
    gift = {"to_account_id": club.bert.id, "minutes": 10}
    no = problem(town.post("/v1/transfers", gift, by=club.ans.login), 409, "shared_account")
    assert no["detail_nl"] == "U gebruikt samen dezelfde rekening. U hoeft niets over te schrijven."
    town.until_letters(club.ans, WELCOME, OFFERED, HELPS, RECORDED)
    town.until_letters(club.bert, WELCOME, ASKED, FOUND, RECORDED)
    # With whom it is not shared it is help like any other.
    _helped(town, club.cor, club.bert, 20)
    until_account(town, club.cor, balance=20)
    club.shared(-20)


# ---- joining and leaving


def test_the_home_pays_what_was_set_apart_also_when_who_asked_has_left(town: Town, home: Home) -> None:
    outside = town.neighbour(capacity=600)
    match_id = _matched(town, outside, home.bert, 60)
    home.shared(0, held=60)
    # Each decides for themselves; a coordinator may do it for them.
    problem(home.leaves(home.bert, by=home.ans.login), 403, "not_allowed")
    assert home.leaves(home.bert, by=home.bert.login).status_code == 204
    home.until_uses(home.bert, home.bert)
    until_account(town, home.bert, balance=0)
    assert town.account(home.bert)["shared_with"] is None

    _done(town, match_id, outside, home.bert, 60)
    until_account(town, home.household, balance=-60)
    until_account(town, home.ans, balance=-60)
    until_account(town, home.bert, balance=0)
    ((_, booked),) = town.happened("ledger", match_id, "CreditTransferred")
    assert (booked["from_account_id"], booked["hold_minutes"]) == (str(home.household.id), 60)
    assert town.happened("ledger", match_id, "HoldReleased") == []
    town.until_letters(home.bert, WELCOME, ASKED, FOUND, SPENT)

    # From now on they pay and earn on their own.
    _matched(town, outside, home.bert, 30)
    until_account(town, home.bert, balance=0, held=30)
    until_account(town, home.household, balance=-60)
    lines = town.read(f"/v1/members/{home.bert.id}/history", by=NOOR)["lines"]
    (left,) = (line for line in lines if line["code"] == "household-left")
    assert (left["actor"], left["other_id"]) == (f"member:{home.bert.login.id}", str(home.household.id))


def test_who_no_longer_takes_part_leaves_the_balance_with_the_household(town: Town, home: Home) -> None:
    outside = town.neighbour(capacity=600)
    _helped(town, home.ans, outside, 60)
    home.shared(60)
    good(town.post(f"/v1/members/{home.ans.id}/departures", {"settle": "pool"}, by=home.ans.login))
    until_closed(town, home.ans)
    for who in (home.household, home.bert):
        until_account(town, who, balance=60)
    assert town.happened("ledger", home.ans.id, "CreditTransferred")[1:] == []


def test_what_a_household_is_and_is_not(town: Town, home: Home) -> None:
    other = town.neighbour(kind="household")
    outside = town.neighbour()

    def joins(who: Neighbour, household: Neighbour, by: Login = NOOR) -> Any:
        return town.call("PUT", f"/v1/members/{who.id}/households/{household.id}", {}, by=by)

    problem(joins(outside, home.household, by=outside.login), 403, "not_allowed")
    problem(joins(outside, home.household, by=home.ans.login), 403, "not_allowed")
    no = problem(joins(home.bert, other), 409, "in_a_household")
    assert no["detail_nl"].endswith("Haal diegene daar eerst uit.")
    no = problem(joins(outside, home.bert), 409, "not_a_household")
    assert no["detail_nl"].endswith("is een persoon. Kies een huishouden of organisatie.")
    problem(joins(other, home.household), 409, "not_a_person")
    elsewhere = f"/v1/members/{home.bert.id}/households/{other.id}"
    problem(town.call("DELETE", elsewhere, by=NOOR), 409, "another_household")
    households = town.read(f"/v1/members/{home.ans.id}", by=home.ans.login)["households"]
    mine = {"household_id": str(home.household.id), "shares_balance": True, "may_act": True}
    assert households == [mine]


# ---- who may act for whom


def _asks_for(town: Town, who: Neighbour, asker: Neighbour, **more: Any) -> Any:
    body = {
        "member_id": asker.id,
        "asked_by": who.id,
        "consent": "in_person",
        "category": "gardening",
        "minutes": 60,
        "wanted_at": in_days(3),
        **more,
    }
    return town.post("/v1/help-requests", body, by=who.login)


def test_only_who_may_act_for_the_household_asks_for_it(town: Town, home: Home) -> None:
    made = good(_asks_for(town, home.ans, home.household), 201)
    request = town.read(f"/v1/help-requests/{made['id']}", by=home.ans.login)
    assert (request["member_id"], request["asked_by"]) == (str(home.household.id), str(home.ans.id))
    assert request["consent"] == "in_person"
    # To the others of the household it is no business of theirs.
    problem(town.get(f"/v1/help-requests/{made['id']}", by=home.bert.login), 404, "unknown_request")

    for who in (home.bert, home.cor, town.neighbour()):
        no = problem(_asks_for(town, who, home.household), 403, "may_not_act")
    assert no["detail_nl"] == (
        "U mag nog niets vragen of regelen voor deze deelnemer. Een buurtcoördinator kan dat voor u mogelijk "
        "maken."
    )
    assert no["detail"] == (
        "You may not ask or arrange anything for this participant yet. A coordinator can make that possible "
        "for you."
    )
    no = problem(_asks_for(town, home.ans, home.household, consent=None), 409, "consent_missing")
    assert no["detail_nl"].startswith("Zeg hoe de hulpvrager het zelf goed vond")
    # In another's name, as if they had asked themselves: never.
    own = {"asked_by": None}
    problem(_asks_for(town, home.ans, home.household, **own), 403, "not_allowed")

    helper = town.neighbour(capacity=600)
    town.confirm(UUID(made["id"]), town.offer(helper, "gardening"))
    home.shared(0, held=60)
    town.until_letters(home.household, WELCOME, ASKED, FOUND)
    town.until_letters(home.ans, WELCOME)
    lines = town.read(f"/v1/members/{home.household.id}/history", by=NOOR)["lines"]
    (asked,) = (line for line in lines if line["code"] == "help-requested")
    assert (asked["actor"], asked["other_id"]) == (f"member:{home.ans.login.id}", str(home.ans.id))


def test_who_leaves_acts_for_the_household_no_longer(town: Town, home: Home) -> None:
    good(_asks_for(town, home.ans, home.household), 201)
    assert home.leaves(home.ans, by=NOOR).status_code == 204
    town.until(
        lambda: _asks_for(town, home.ans, home.household).status_code == 403, "the right to ask being over"
    )
    problem(_asks_for(town, home.ans, home.household), 403, "may_not_act")


@pytest.mark.parametrize("kind", ["household", "organisation"])
def test_who_takes_part_no_more_acts_for_nobody(town: Town, kind: str) -> None:
    home = Home(town, kind)
    good(_asks_for(town, home.ans, home.household), 201)
    good(town.post(f"/v1/members/{home.ans.id}/departures", {"settle": "pool"}, by=home.ans.login))
    town.until(
        lambda: _asks_for(town, home.ans, home.household).status_code == 403, "the right to ask being over"
    )
    problem(_asks_for(town, home.ans, home.household), 403, "may_not_act")


def test_nobody_belongs_to_a_household_that_is_no_more(town: Town, home: Home) -> None:
    good(town.post(f"/v1/members/{home.household.id}/departures", {"settle": "pool"}, by=NOOR))
    for who in (home.ans, home.bert):
        home.until_uses(who, who)
    left = {told["member_id"] for _, told in town.happened("members", home.household.id, "HouseholdLeft")}
    assert left == {str(who.id) for who in (home.ans, home.bert, home.cor)}
    # They are free to belong to another.
    other = town.neighbour(kind="household")
    good(town.call("PUT", f"/v1/members/{home.bert.id}/households/{other.id}", {}, by=NOOR))
    home.until_uses(home.bert, other)


def test_housemates_ask_for_each_other_with_consent_alone(town: Town, home: Home) -> None:
    path = f"/v1/members/{home.bert.id}/representatives/{home.ans.id}"
    problem(_asks_for(town, home.ans, home.bert), 403, "may_not_act")
    problem(town.call("PUT", path, {"how": "in_person"}, by=home.ans.login), 403, "not_allowed")
    good(town.call("PUT", path, {"how": "in_person"}, by=home.bert.login))
    town.until(lambda: _asks_for(town, home.ans, home.bert).status_code == 201, "the right to ask for Bert")
    # For Bert, not the other way round; and not for Cor.
    problem(_asks_for(town, home.bert, home.ans), 403, "may_not_act")
    problem(_asks_for(town, home.ans, home.cor), 403, "may_not_act")
    assert town.call("DELETE", path, by=home.bert.login).status_code == 204
    town.until(
        lambda: _asks_for(town, home.ans, home.bert).status_code == 403,
        "the right to ask for Bert being over",
    )
