"""Help with finances: nobody from the own circle or street, a valid VOG, and never a word about why not."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.kernel.service import new_id
from tests.harness.letters import ASKED, FOUND, HELPS, OFFERED, RECORDED, WELCOME
from tests.harness.town import FEW, NOOR, Neighbour, Town, good, in_days, problem

DOES_NOT_FIT = (
    "Deze helper past niet bij deze hulpvraag. Kies iemand uit de lijst.",
    "This helper does not fit this request. Choose someone from the list.",
)
NEAR_WORDS = ("kring", "circle", "familie", "relative", "vriend", "friend", "buur", "neighbour", "straat")


@dataclass(frozen=True)
class Street:
    """An asker, and people who are near in every way there is."""

    asker: Neighbour
    near: dict[str, Neighbour]

    @property
    def next_door(self) -> Neighbour:
        return self.near["next door"]

    def offer(self, town: Town, category: str, initiative_id: UUID) -> dict[str, UUID]:
        """Everyone who is near offers this."""
        return {how: town.offer(one, category, initiative_id=initiative_id) for how, one in self.near.items()}


def _street(town: Town) -> Street:
    asker = town.neighbour()
    street = asker.registration["street"]
    near = {
        "relative": town.neighbour(capacity=600),
        "friend who said so": town.neighbour(capacity=600),
        "better apart": town.neighbour(capacity=600),
        "next door": town.neighbour(capacity=600, street=street, house_number="14"),
        "down the street": town.neighbour(capacity=600, street=street, house_number="80"),
    }
    _names(town, asker, "relative", near["relative"])
    _names(town, asker, "conflict", near["better apart"])
    # It counts from both sides: this one named the asker, who knows nothing of it.
    _names(town, near["friend who said so"], "friend", asker)
    return Street(asker, near)


def _names(town: Town, person: Neighbour, tie: str, other: Neighbour) -> None:
    good(town.call("PUT", f"/v1/members/{person.id}/ties/{other.id}", {"tie": tie}, by=person.login))


def _vog(town: Town, helper: Neighbour, days: int) -> None:
    until = datetime.now(UTC).date() + timedelta(days=days)
    seen = {"categories": ["finances"], "valid_until": until.isoformat()}
    good(town.post(f"/v1/members/{helper.id}/vogs", seen, by=NOOR))


def _proposals(town: Town, request_id: UUID) -> dict[str, Any]:
    return town.read(f"/v1/help-requests/{request_id}/proposals?limit=50", by=NOOR)


def _refused(town: Town, request_id: UUID, offer_id: UUID, code: str) -> tuple[str, str]:
    body = {"request_id": request_id, "offer_id": offer_id}
    no = problem(town.post("/v1/matches", body, by=NOOR, key=str(new_id())), 409, code)
    assert no["errors"] == []
    return no["detail_nl"], no["detail"]


def test_only_helpers_with_a_valid_vog_from_outside_the_circle_remain(town: Town) -> None:
    street = _street(town)
    without, too_short, outsider = (town.neighbour(capacity=600) for _ in range(3))
    initiative_id = town.initiative("burenhulp")
    offers = {
        who: town.offer(one, "finances", initiative_id=initiative_id) for who, one in street.near.items()
    }
    others = [
        town.offer(one, "finances", initiative_id=initiative_id) for one in (without, too_short, outsider)
    ]
    # Those who are near have a VOG too: it is not for want of one that they are out.
    for helper in (*street.near.values(), outsider):
        _vog(town, helper, days=400)
    _vog(town, too_short, days=1)
    request_id = town.ask(
        street.asker, "finances", 45, initiative_id=initiative_id, text="Mijn post stapelt zich op."
    )
    (waiting,) = town.work("without_helper", request_id)
    assert (waiting["category"], waiting["member_id"]) == ("finances", str(street.asker.id))

    _only_the_outsider_is_proposed(town, request_id, others[2])
    _each_refusal_says_what_it_may(town, request_id, offers, others)
    match_id = _confirmed_and_done(town, request_id, others[2], street.asker, outsider)

    # Nothing is counted here: the help is recorded once, and no hour moved.
    recorded = town.happened("ledger", match_id, "HelpRecorded", "CreditTransferred")
    assert [name for name, _ in recorded] == ["HelpRecorded"]
    for person in (street.asker, outsider):
        assert town.account(person)["balance_minutes"] == 0
    town.until_letters(outsider, WELCOME, OFFERED, HELPS, RECORDED)
    town.until_letters(street.asker, WELCOME, ASKED, FOUND, RECORDED)
    # Who was passed over hears nothing of it.
    for helper in (*street.near.values(), without, too_short):
        town.until_letters(helper, WELCOME, OFFERED)


def _only_the_outsider_is_proposed(town: Town, request_id: UUID, offer_id: UUID) -> None:
    proposed = _proposals(town, request_id)
    (only,) = proposed["helpers"]
    assert (only["offer_id"], proposed["found"]) == (str(offer_id), 1)
    assert {"exact", "vog"} <= {reason["code"] for reason in only["reasons"]}
    assert "Heeft een geldige VOG" in {reason["nl"] for reason in only["reasons"]}
    # Five who are near in five ways are one number; fewer than five could point at someone.
    assert proposed["excluded"] == {**FEW, "distance": 5}


def _each_refusal_says_what_it_may(
    town: Town, request_id: UUID, near: dict[str, UUID], others: list[UUID]
) -> None:
    for offer_id in near.values():
        assert _refused(town, request_id, offer_id, "does_not_fit") == DOES_NOT_FIT
    for offer_id in others[:2]:
        nl, en = _refused(town, request_id, offer_id, "no_vog")
        assert "heeft voor deze hulp op die dag geen geldige VOG. Kies iemand anders" in nl
        assert "has no valid certificate of conduct for this help on that day" in en


def _confirmed_and_done(
    town: Town, request_id: UUID, offer_id: UUID, asker: Neighbour, helper: Neighbour
) -> UUID:
    match_id = town.confirm(request_id, offer_id)
    assert town.work("without_helper", request_id) == []
    assert town.account(asker)["held_minutes"] == 0
    town.until_letters(helper, WELCOME, OFFERED, HELPS)
    assert asker.name in town.letter(helper, HELPS)
    town.until_letters(asker, WELCOME, ASKED, FOUND)
    assert helper.phone in town.letter(asker, FOUND)
    for person in (helper, asker):
        good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": 45}, by=person.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being completed")
    return match_id


def test_the_neighbour_may_still_put_the_bin_out(town: Town) -> None:
    street = _street(town)
    initiative_id = town.initiative("burenhulp")
    offers = street.offer(town, "bins", initiative_id)
    request_id = town.ask(street.asker, "bins", 10, initiative_id=initiative_id)

    # Everyone may, but who is better apart.
    proposed = _proposals(town, request_id)
    apart = offers.pop("better apart")
    assert {one["offer_id"] for one in proposed["helpers"]} == {str(offer) for offer in offers.values()}
    assert proposed["excluded"] == FEW
    assert _refused(town, request_id, apart, "does_not_fit") == DOES_NOT_FIT

    town.confirm(request_id, offers["next door"])
    town.until_letters(street.next_door, WELCOME, OFFERED, HELPS)
    town.until_letters(street.asker, WELCOME, ASKED, FOUND)


def test_for_the_bin_too_an_asker_may_want_someone_from_elsewhere(town: Town) -> None:
    street, outsider = _street(town), town.neighbour(capacity=600)
    initiative_id = town.initiative("burenhulp")
    offers = street.offer(town, "bins", initiative_id)
    from_elsewhere = town.offer(outsider, "bins", initiative_id=initiative_id)

    def proposed(wish: str) -> dict[str, set[str]]:
        request_id = town.ask(street.asker, "bins", 10, initiative_id=initiative_id, wish=wish)
        helpers = _proposals(town, request_id)["helpers"]
        return {one["offer_id"]: {reason["nl"] for reason in one["reasons"]} for one in helpers}

    known = {str(offers[who]) for who in ("relative", "friend who said so")}
    assert set(proposed("unknown")) == {str(from_elsewhere), str(offers["down the street"])}
    assert set(proposed("outside_street")) == {str(from_elsewhere), *known}
    # Who is known stands first when the asker likes that; the reasons do not tell who that is.
    first, second, third, *others = proposed("known").items()
    assert {first[0], second[0], third[0]} == {*known, str(offers["next door"])}
    (reasons,) = {frozenset(said) for _, said in (first, second, third, *others)}
    assert not any(word in reason.lower() for word in NEAR_WORDS for reason in reasons)


def test_who_is_in_whose_circle_is_said_nowhere(town: Town) -> None:
    street, outsider = _street(town), town.neighbour(capacity=600)
    relative, friend = street.near["relative"], street.near["friend who said so"]
    initiative_id = town.initiative("burenhulp")
    too_near = town.offer(relative, "finances", initiative_id=initiative_id)
    another_kind = town.offer(outsider, "dog", initiative_id=initiative_id)
    request_id = town.ask(street.asker, "finances", 45, initiative_id=initiative_id)

    # Too near reads as what does not fit for any other reason does.
    said = {_refused(town, request_id, offer_id, "does_not_fit") for offer_id in (too_near, another_kind)}
    assert said == {DOES_NOT_FIT}
    assert not any(word in sentence.lower() for word in NEAR_WORDS for sentence in DOES_NOT_FIT)

    # Ties can be said and never read, by nobody; and each only their own.
    path = f"/v1/members/{street.asker.id}/ties/{relative.id}"
    for who in (NOOR, street.asker.login, relative.login):
        problem(town.get(path, by=who), 405, "method_not_allowed")
    problem(town.call("PUT", path, {"tie": "none"}, by=relative.login), 403, "not_allowed")
    problem(town.get(f"/v1/help-requests/{request_id}/proposals", by=street.asker.login), 403, "not_allowed")

    # History and events say that a circle changed; with whom is in the vault of members.
    for person in (street.asker, relative, friend):
        for who in (NOOR, person.login):
            lines = town.read(f"/v1/members/{person.id}/history", by=who)["lines"]
            assert not [line for line in lines if line["code"] == "circle-changed" and line["other_id"]]
    changes = town.happened("members", street.asker.id, "CircleChanged")
    assert changes == [("CircleChanged", {"member_id": str(street.asker.id)})] * 2
    assert town.happened("members", friend.id, "CircleChanged") == [
        ("CircleChanged", {"member_id": str(friend.id)})
    ]
    for service in ("exchange", "coordinator", "notifications", "ledger"):
        together = [
            said for _, said in town.happened(service, street.asker.id) if str(relative.id) in str(said)
        ]
        assert together == []


def test_a_tie_that_is_taken_back_counts_no_longer(town: Town) -> None:
    asker, friend = town.neighbour(), town.neighbour(capacity=600)
    initiative_id = town.initiative("burenhulp")
    _vog(town, friend, days=400)
    offer_id = town.offer(friend, "finances", initiative_id=initiative_id)
    request_id = town.ask(asker, "finances", 45, initiative_id=initiative_id, wanted_at=in_days(5))
    _names(town, asker, "friend", friend)
    assert _proposals(town, request_id)["helpers"] == []
    assert _refused(town, request_id, offer_id, "does_not_fit") == DOES_NOT_FIT
    _names(town, asker, "none", friend)
    (only,) = _proposals(town, request_id)["helpers"]
    assert only["offer_id"] == str(offer_id)
    town.confirm(request_id, offer_id)
