"""What changes in the middle: a request withdrawn or someone erased with hours set apart, a smaller week."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.ledger import POOL, WRITTEN_OFF
from services.kernel.service import new_id
from tests.harness.letters import ASKED, EARNED, ENDED, FOUND, HELPS, OFFERED, SEARCHING, WELCOME
from tests.harness.record import names, until_account, until_closed
from tests.harness.regions import standing_still
from tests.harness.town import NOOR, SAM, Neighbour, Town, good, in_days, problem

WEEK, MINUTES = 180, 60


class Pair:
    """Someone with three hours a week, and someone who asks one of them in an initiative of their own.

    For tomorrow; or without a date (`dated=False`), so that it may have been given already.
    """

    def __init__(self, town: Town, *, dated: bool = True) -> None:
        self.town = town
        self.wanted_at = in_days(1) if dated else None
        self.initiative_id = town.initiative("dorpscoordinator")
        self.helper, self.asker = town.neighbour(capacity=WEEK), town.neighbour()
        self.offer_id = town.offer(self.helper, "computer", initiative_id=self.initiative_id)
        self.request_id = self.ask()

    def ask(self, minutes: int = MINUTES) -> UUID:
        return self.town.ask(
            self.asker, "computer", minutes, wanted_at=self.wanted_at, initiative_id=self.initiative_id
        )

    @property
    def chosen(self) -> dict[str, UUID]:
        return {"request_id": self.request_id, "offer_id": self.offer_id}

    def being_confirmed(self, key: str) -> UUID:
        """The match, while the ledger stands still: the answer is that it takes a while."""
        waiting = self.town.post("/v1/matches", self.chosen, by=NOOR, key=key)
        match_id = UUID(good(waiting, 202)["id"])
        assert self.town.match(match_id)["status"] == "reserved"
        return match_id

    def request(self) -> dict[str, Any]:
        return self.town.read(f"/v1/help-requests/{self.request_id}", by=NOOR)

    def know_of_it(self) -> None:
        self.town.until_letters(self.helper, WELCOME, OFFERED, HELPS)
        self.town.until_letters(self.asker, WELCOME, ASKED, FOUND)


def _fell_through(town: Town, match_id: UUID, reason: str) -> None:
    """It ended once, for this reason; and so did its hold, in which nothing moved."""
    town.until(lambda: town.match(match_id)["status"] == "fell_through", "the match falling through")
    assert town.match(match_id)["reason"] == reason
    town.until(
        lambda: names(town.happened("ledger", match_id)) == ["HoldPlaced", "HoldReleased"],
        "the hold being placed and released, each once",
    )
    assert names(town.happened("exchange", match_id, "MatchFellThrough")) == ["MatchFellThrough"]


# ---- withdrawn while it is being confirmed


def test_a_request_withdrawn_while_it_is_being_confirmed_ends_the_match_before_anyone_heard(
    town: Town,
) -> None:
    pair, key = Pair(town), str(new_id())
    with standing_still(town.region, "ledger"):
        match_id = pair.being_confirmed(key)
        path = f"/v1/help-requests/{pair.request_id}"
        assert town.call("DELETE", path, by=pair.asker.login).status_code == 204
    _fell_through(town, match_id, "withdrawn")
    no = problem(town.post("/v1/matches", pair.chosen, by=NOOR, key=key), 409, "withdrawn")
    assert no["detail_nl"] == ("De hulpvraag is intussen ingetrokken. U hoeft niets meer te doen.")
    assert no["detail"] == "The request was withdrawn in the meantime. You need not do anything."
    # A new wish for it is told that it is withdrawn, and nothing waits for anyone.
    no = problem(town.post("/v1/matches", pair.chosen, by=NOOR), 409, "withdrawn")
    assert no["detail_nl"] == "Deze hulpvraag is ingetrokken. U hoeft niets meer te doen."
    assert no["detail"] == "This request was withdrawn. You need not do anything."
    assert pair.request()["status"] == "withdrawn"
    assert not town.work("without_helper", pair.request_id)
    assert not town.work("without_answer", match_id)
    until_account(town, pair.asker, balance=0, held=0)
    _week_is_free(town, pair)
    town.until_letters(pair.asker, WELCOME, ASKED)


def test_an_offer_withdrawn_while_it_is_being_confirmed_leaves_the_request_open(town: Town) -> None:
    pair, key = Pair(town), str(new_id())
    asked = pair.request()
    with standing_still(town.region, "ledger"):
        match_id = pair.being_confirmed(key)
        path = f"/v1/offers/{pair.offer_id}"
        assert town.call("DELETE", path, by=pair.helper.login).status_code == 204
    _fell_through(town, match_id, "offer_withdrawn")
    no = problem(town.post("/v1/matches", pair.chosen, by=NOOR, key=key), 409, "offer_withdrawn")
    assert no["detail_nl"] == (
        "Het aanbod is intussen ingetrokken. De hulpvraag staat weer open: kies iemand anders."
    )
    assert pair.request() == asked
    assert asked["status"] == "open"
    (item,) = town.work("without_helper", pair.request_id)
    assert item["since"] == asked["requested_at"]
    until_account(town, pair.asker, balance=0, held=0)
    town.until_letters(pair.helper, WELCOME, OFFERED)
    town.until_letters(pair.asker, WELCOME, ASKED)


def test_confirmed_and_withdrawn_at_the_same_instant_one_of_the_two_happened(town: Town) -> None:
    pair, answers = Pair(town), []
    for n in range(8):
        with ThreadPoolExecutor(2) as both:
            confirming = both.submit(town.post, "/v1/matches", pair.chosen, by=NOOR)
            withdrawing = both.submit(_withdraw, pair, once_reserved=n % 2 == 1)
            confirmed, withdrawn = confirming.result(), withdrawing.result()
        answers.append(withdrawn.status_code)
        if withdrawn.status_code == 204:
            problem(confirmed, 409, "withdrawn")
            assert pair.request()["status"] == "withdrawn"
            until_account(town, pair.asker, balance=0, held=0)
        else:
            no = problem(withdrawn, 409, "already_matched")
            assert no["detail_nl"].startswith("Voor deze hulpvraag is al iemand gekozen.")
            match_id = good(confirmed, 201)["match_id"]
            assert pair.request()["match_id"] == match_id
            until_account(town, pair.asker, balance=0, held=MINUTES)
            assert town.call("DELETE", f"/v1/matches/{match_id}", by=NOOR).status_code == 204
        pair.request_id = pair.ask()
    assert set(answers) == {204, 409}, "one of the two was always first"
    _every_hold_is_over(town, pair)
    _week_is_free(town, pair)


def _withdraw(pair: Pair, *, once_reserved: bool) -> httpx.Response:
    """The asker withdraws: at once, or as soon as a helper is reserved for them."""
    town, request_id = pair.town, pair.request_id

    def reserved() -> bool:
        return bool(town.happened("exchange", request_id, "MatchReserved"))

    if once_reserved:
        town.until(reserved, "a helper being reserved")
    return town.call("DELETE", f"/v1/help-requests/{request_id}", by=pair.asker.login)


def _every_hold_is_over(town: Town, pair: Pair) -> None:
    """As many as were placed were released; and nothing else is on this account."""

    def over() -> bool:
        happened = names(town.happened("ledger", pair.asker.id))
        return happened.count("HoldPlaced") == happened.count("HoldReleased")

    town.until(over, "every hold being released")
    until_account(town, pair.asker, balance=0, held=0)
    happened = names(town.happened("ledger", pair.asker.id))
    assert set(happened) <= {"AccountOpened", "HoldPlaced", "HoldReleased"}


def _week_is_free(town: Town, pair: Pair) -> None:
    """All of the helper's week can be given to someone else; and that is the first they hear of."""
    other = town.neighbour()
    asked = town.ask(other, "computer", WEEK, wanted_at=in_days(1), initiative_id=pair.initiative_id)
    town.confirm(asked, pair.offer_id)


# ---- a smaller week


def test_a_week_made_smaller_than_what_is_planned_keeps_what_stands_and_takes_nothing_more(
    town: Town,
) -> None:
    pair = Pair(town)
    second = pair.ask(90)
    kept = town.confirm(pair.request_id, pair.offer_id)
    released = town.confirm(second, pair.offer_id)
    town.until_letters(pair.helper, WELCOME, OFFERED, HELPS, HELPS)
    assert not town.work("over_capacity", pair.helper.id)

    path = f"/v1/members/{pair.helper.id}/capacity"
    good(town.call("PUT", path, {"capacity_minutes_week": 100}, by=pair.helper.login))

    # What was promised stands, and nobody is told otherwise: a coordinator looks at it.
    town.until(lambda: bool(town.work("over_capacity", pair.helper.id)), "it being on the work list")
    (item,) = town.work("over_capacity", pair.helper.id)
    assert item["member_id"] == str(pair.helper.id)
    for match_id in (kept, released):
        assert town.match(match_id)["status"] == "confirmed"
        assert names(town.happened("ledger", match_id)) == ["HoldPlaced"]
    until_account(town, pair.asker, balance=0, held=MINUTES + 90)
    assert town.letters(pair.helper) == sorted((WELCOME, OFFERED, HELPS, HELPS))

    # Not a minute more, and nobody is proposed who has none.
    pair.request_id = pair.ask(1)
    town.until(
        lambda: bool(town.happened("exchange", pair.helper.id, "ParticipantCapacityChanged")),
        "exchange knowing of it",
    )
    no = problem(town.post("/v1/matches", pair.chosen, by=NOOR), 409, "no_capacity")
    assert "zou 151 minuten per week helpen en wil er hoogstens 100." in no["detail_nl"]
    assert "would help 151 minutes a week and wants 100 at most." in no["detail"]
    proposals = f"/v1/help-requests/{pair.request_id}/proposals"
    assert town.read(proposals, by=NOOR)["helpers"] == []

    # The coordinator takes one of the two off; then it fits, and there is room to the minute again.
    path = f"/v1/matches/{released}?member_id={pair.helper.id}"
    assert town.call("DELETE", path, by=NOOR).status_code == 204
    assert not town.work("over_capacity", pair.helper.id)
    pair.request_id = pair.ask(100 - MINUTES + 1)
    problem(town.post("/v1/matches", pair.chosen, by=NOOR), 409, "no_capacity")
    pair.request_id = pair.ask(100 - MINUTES)
    town.confirm(pair.request_id, pair.offer_id)
    town.until_letters(pair.helper, WELCOME, OFFERED, *[HELPS] * 3, ENDED)
    town.until_letters(pair.asker, WELCOME, *[ASKED] * 5, *[FOUND] * 3, SEARCHING)
    _fell_through(town, released, "helper_withdrew")


# ---- erased while hours are set apart


def _erase(town: Town, person: Neighbour) -> None:
    good(town.post(f"/v1/members/{person.id}/erasures", {}, by=person.login))


def _left_with_nothing(town: Town, person: Neighbour) -> None:
    """Their account is closed at zero, and nothing was booked: there was nothing to settle."""
    until_closed(town, person)
    happened = names(town.happened("ledger", person.id))
    assert happened[-1] == "AccountClosed"
    assert "CreditTransferred" not in happened
    assert happened.count("HoldReleased") == happened.count("HoldPlaced")


def test_an_asker_erased_with_hours_set_apart_ends_the_match_and_tells_the_helper(town: Town) -> None:
    pair = Pair(town)
    match_id = town.confirm(pair.request_id, pair.offer_id)
    pair.know_of_it()
    _erase(town, pair.asker)
    _fell_through(town, match_id, "left")
    _left_with_nothing(town, pair.asker)
    town.until(lambda: pair.request()["status"] == "withdrawn", "the request being withdrawn")
    assert not town.work("without_helper", pair.request_id)
    town.until_letters(pair.helper, WELCOME, OFFERED, HELPS, ENDED)
    assert "U hoeft niets te doen." in town.letter(pair.helper, ENDED)
    assert pair.asker.name not in town.letter(pair.helper, ENDED)
    # To the helper it was called off: why is not theirs to know. To the coordinator it says that they left.
    as_helper = town.read(f"/v1/matches/{match_id}", by=pair.helper.login)
    assert (as_helper["status"], as_helper["reason"]) == ("fell_through", "cancelled")
    problem(town.get(f"/v1/matches/{match_id}/contact", by=pair.helper.login), 404, "no_contact")
    _week_is_free(town, pair)
    town.until_letters(pair.asker, WELCOME, ASKED, FOUND)


def test_a_helper_erased_with_hours_set_apart_opens_the_request_and_tells_the_asker(town: Town) -> None:
    pair = Pair(town)
    asked = pair.request()
    match_id = town.confirm(pair.request_id, pair.offer_id)
    pair.know_of_it()
    _erase(town, pair.helper)
    _fell_through(town, match_id, "left")
    _left_with_nothing(town, pair.helper)
    until_account(town, pair.asker, balance=0, held=0)
    town.until(lambda: pair.request() == asked, "the request being open as it was")
    (item,) = town.work("without_helper", pair.request_id)
    assert item["pressing"]
    proposals = f"/v1/help-requests/{pair.request_id}/proposals"
    assert town.read(proposals, by=NOOR)["helpers"] == []
    # Their offers end by themselves; until then it is said of the person.
    town.until(
        lambda: town.happened("exchange", pair.offer_id, "OfferWithdrawn") != [], "the offer being over"
    )
    no = problem(town.post("/v1/matches", pair.chosen, by=NOOR), 409, "withdrawn")
    assert no["detail_nl"] == "Dit aanbod is ingetrokken. Kies iemand anders."
    town.until_letters(pair.asker, WELCOME, ASKED, FOUND, SEARCHING)
    assert "De dag die u koos, blijft staan." in town.letter(pair.asker, SEARCHING)
    town.until_letters(pair.helper, WELCOME, OFFERED, HELPS)


def test_an_asker_erased_while_hours_are_being_set_apart_leaves_nothing_behind(town: Town) -> None:
    pair, key = Pair(town), str(new_id())
    with standing_still(town.region, "ledger"):
        match_id = pair.being_confirmed(key)
        _erase(town, pair.asker)
        town.until(lambda: town.match(match_id)["status"] == "fell_through", "the match falling through")
        assert town.happened("ledger", match_id) == []
    _fell_through(town, match_id, "left")
    _left_with_nothing(town, pair.asker)
    no = problem(town.post("/v1/matches", pair.chosen, by=NOOR, key=key), 409, "left")
    assert no["detail_nl"] == (
        "Een van beiden doet niet meer mee. Staat de vraag nog open? Kies iemand anders."
    )
    assert no["detail"] == (
        "One of the two no longer takes part. Is the request still open? Choose someone else."
    )
    # Nobody was told of a match that never stood.
    _week_is_free(town, pair)
    town.until_letters(pair.helper, WELCOME, OFFERED, HELPS)
    assert pair.asker.name not in town.letter(pair.helper, HELPS)
    town.until_letters(pair.asker, WELCOME, ASKED)


def test_an_asker_erased_after_both_agreed_pays_first_and_is_settled_then(town: Town) -> None:
    pair = Pair(town)
    match_id = town.confirm(pair.request_id, pair.offer_id)
    pair.know_of_it()
    with standing_still(town.region, "ledger"):
        for person in (pair.helper, pair.asker):
            good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": MINUTES}, by=person.login))
        _erase(town, pair.asker)
        town.until(
            lambda: bool(town.happened("exchange", pair.asker.id, "ParticipantLeft")), "exchange letting go"
        )
    until_closed(town, pair.asker)
    until_account(town, pair.helper, balance=MINUTES)
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being completed")
    on_account = town.happened("ledger", pair.asker.id)
    assert names(on_account)[1:3] == ["HoldPlaced", "CreditTransferred"]
    assert names(on_account)[-1] == "AccountClosed"
    booked, *settled = (facts for name, facts in on_account if name == "CreditTransferred")
    assert (booked["kind"], booked["minutes"], booked["hold_minutes"]) == ("match", MINUTES, MINUTES)
    assert booked["to_account_id"] == str(pair.helper.id)
    # What they owed comes from the pool as far as that reaches, and is written off beyond it.
    assert sum(facts["minutes"] for facts in settled) == MINUTES
    assert {facts["kind"] for facts in settled} == {"settlement"}
    for facts in settled:
        assert facts["from_account_id"] in (str(POOL), str(WRITTEN_OFF))
        assert facts["to_account_id"] == str(pair.asker.id)
    town.until_letters(pair.helper, WELCOME, OFFERED, HELPS, EARNED)
    town.until_letters(pair.asker, WELCOME, ASKED, FOUND)


@pytest.mark.parametrize("who", ["asker", "helper"])
def test_what_one_reported_counts_when_the_other_is_erased(town: Town, who: str) -> None:
    pair = Pair(town, dated=False)
    match_id = town.confirm(pair.request_id, pair.offer_id)
    pair.know_of_it()
    gone, stays = (pair.asker, pair.helper) if who == "asker" else (pair.helper, pair.asker)
    # A minute more than was planned: of that nobody can say anything any more.
    good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": MINUTES + 1}, by=stays.login))
    _erase(town, gone)
    until_closed(town, gone)
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being booked")
    assert town.match(match_id)["agreed_minutes"] == MINUTES
    until_account(town, stays, balance=MINUTES if who == "asker" else -MINUTES)
    # Booked on their own account first, out of what was set apart, and settled then.
    (booked, *_) = (facts for name, facts in town.happened("ledger", gone.id) if name == "CreditTransferred")
    assert (booked["kind"], booked["hold_minutes"]) == ("match", MINUTES)
    assert (booked["from_account_id"], booked["to_account_id"]) == (str(pair.asker.id), str(pair.helper.id))
    # They no longer see how to reach each other, and nothing more is sought.
    problem(town.get(f"/v1/matches/{match_id}/contact", by=stays.login), 404, "no_contact")
    assert not town.work("without_helper", pair.request_id)


def test_who_is_still_here_has_their_say_about_help_of_someone_who_left(town: Town) -> None:
    pair = Pair(town, dated=False)
    match_id = town.confirm(pair.request_id, pair.offer_id)
    pair.know_of_it()
    path = f"/v1/matches/{match_id}"
    good(town.post(f"{path}/minutes", {"minutes": 180}, by=pair.helper.login))
    _erase(town, pair.helper)
    until_closed(town, pair.helper)
    assert town.match(match_id)["status"] == "confirmed"
    town.until(
        lambda: town.get(f"{path}/contact", by=pair.asker.login).status_code == 404, "the contact closing"
    )
    problem(town.call("DELETE", path, by=pair.asker.login), 409, "minutes_reported")
    good(town.post(f"{path}/minutes", {"minutes": 60}, by=pair.asker.login))
    (item,) = town.work("minutes_differ", match_id)
    assert (item["helper_minutes"], item["asker_minutes"]) == (180, 60)
    note = {"minutes": 60, "note": "De hulpvrager gebeld."}
    good(town.post(f"{path}/decisions", note, by=SAM))
    until_account(town, pair.asker, balance=-60, held=0)
