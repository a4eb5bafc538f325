"""Journey 8: a coordinator goes on leave, with a deputy and without: who may act where, and who did what."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.coordinator.local_time import now
from services.kernel.dutch import local
from services.kernel.service import new_id
from services.region.databases import connect
from services.region.demo.cast import Login
from services.region.operating import search_events
from tests.harness.letters import ASKED, FOUND, HELPS, OFFERED, VOG_ENDS, WELCOME
from tests.harness.town import BAS, CARO, NOOR, OPERATOR, SAM, YARA, Neighbour, Town, good, in_days, problem

(HERS,), (HIS,), (THIRD,) = YARA.areas, BAS.areas, CARO.areas
EVERYONE = (NOOR, SAM, YARA, BAS, CARO)

OTHER_AREA_NL = (
    "Dit is buiten uw gebied. Vraag de coördinator van dat gebied, of laat u als vervanger aanwijzen."
)
OTHER_AREA_EN = "This is outside your area. Ask the coordinator of that area, or be named as their deputy."


def _day(days: int) -> date:
    return now().date() + timedelta(days=days)


@contextmanager
def _leave(
    town: Town, who: Login, first: int, last: int, *, by: Login | None = None, **deputy: str
) -> Iterator[UUID]:
    """Leave from one day to another, in days from today; after the block they are back."""
    body = {"coordinator": who.id, "first_day": str(_day(first)), "last_day": str(_day(last)), **deputy}
    leave_id = UUID(good(town.post("/v1/leaves", body, by=by or who), 201)["id"])
    try:
        yield leave_id
    finally:
        assert town.call("DELETE", f"/v1/leaves/{leave_id}", by=by or who).status_code == 204


def _waits(town: Town, by: Login, kind: str | None = None) -> list[dict[str, Any]]:
    """What is on a coordinator's own work list."""
    asked = f"kind={kind}&" if kind else ""
    items: list[dict[str, Any]] = town.read(f"/v1/work-items?{asked}limit=200", by=by)["items"]
    return items


def _sees(town: Town, by: Login, kind: str, about: UUID) -> bool:
    return any(item["entity_id"] == str(about) for item in _waits(town, by, kind))


def _until_everyone_sees(town: Town, kind: str, about: UUID) -> None:
    """Whatever their areas."""

    def seen() -> bool:
        return all(_sees(town, who, kind, about) for who in EVERYONE)

    town.until(seen, f"{kind} being on everyone's work list")


def _nobody_sees(town: Town, kind: str, about: UUID) -> bool:
    return not any(_sees(town, who, kind, about) for who in EVERYONE)


class Street:
    """A helper, an asker and a newcomer, all in one area."""

    def __init__(self, town: Town, pc4: str) -> None:
        self.town = town
        self.helper = town.neighbour(pc4=pc4, capacity=600)
        self.asker = town.neighbour(pc4=pc4)
        self.newcomer = town.newcomer(pc4=pc4)
        self.offer_id = town.offer(self.helper, "gardening")
        self.request_id = town.ask(self.asker, "gardening", 60)

    def choose(self, by: Login) -> Any:
        body = {"request_id": self.request_id, "offer_id": self.offer_id}
        return self.town.post("/v1/matches", body, by=by, key=str(new_id()))

    def refuses(self, by: Login, match_id: UUID | None = None) -> None:
        """Nothing here may be done by someone who works elsewhere."""
        asks = {"member_id": self.asker.id, "category": "dog", "minutes": 30, "wanted_at": in_days(3)}
        asks["consent"] = "phone"
        waiver = {"reason": "Even geen energie.", "until": str(_day(30))}
        vog = {"categories": ["finances"], "valid_until": str(_day(60))}
        gift = {"from_account_id": self.asker.id, "to_account_id": self.helper.id, "minutes": 5}
        spent = {"to_account_id": self.asker.id, "minutes": 5, "reason": "Even tekort."}
        costs = {"helper_id": self.helper.id, "cents": 500, "on": str(_day(0))}
        helper, asker = f"/v1/members/{self.helper.id}", f"/v1/members/{self.asker.id}"
        tried: list[tuple[str, str, Any]] = [
            ("POST", f"/v1/members/{self.newcomer.id}/approvals", None),
            ("POST", f"/v1/members/{self.newcomer.id}/declinations", None),
            ("PUT", f"{helper}/capacity", {"capacity_minutes_week": 60}),
            ("PUT", f"{helper}/pause", {}),
            ("PATCH", f"{asker}/contact-details", {"phone": "06-12345678"}),
            ("POST", f"{helper}/vogs", vog),
            ("POST", f"{asker}/waivers", waiver),
            ("PUT", f"{asker}/representatives/{self.helper.id}", {"how": "phone"}),
            ("POST", f"{asker}/erasures", {"settle": "pool"}),
            ("POST", "/v1/offers", {"member_id": self.helper.id, "category": "dog"}),
            ("DELETE", f"/v1/offers/{self.offer_id}", None),
            ("POST", "/v1/help-requests", asks),
            ("DELETE", f"/v1/help-requests/{self.request_id}", None),
            ("POST", "/v1/matches", {"request_id": self.request_id, "offer_id": self.offer_id}),
            ("POST", "/v1/transfers", gift),
            ("POST", "/v1/pool-spendings", spent),
            ("PUT", f"/v1/accounts/{self.asker.id}/limits", {"floor_minutes": -300}),
            ("POST", "/v1/expenses", costs),
        ]
        if match_id is not None:
            tried = [
                ("DELETE", f"/v1/matches/{match_id}", None),
                ("POST", f"/v1/matches/{match_id}/no-shows", {"who": "helper"}),
                ("POST", f"/v1/matches/{match_id}/moves", {"wanted_at": in_days(5)}),
            ]
        for method, path, body in tried:
            no = problem(self.town.call(method, path, body, by=by), 403, "other_area")
            assert (no["detail_nl"], no["detail"]) == (OTHER_AREA_NL, OTHER_AREA_EN)


# ---- areas


def test_a_coordinator_has_rights_in_their_own_areas_and_nowhere_else(town: Town) -> None:
    hers, his = Street(town, HERS), Street(town, HIS)
    for street, here, elsewhere in ((hers, YARA, BAS), (his, BAS, YARA)):
        street.refuses(elsewhere)
        good(town.post(f"/v1/members/{street.newcomer.id}/approvals", by=here))
        match_id = UUID(good(street.choose(here), 201)["match_id"])
        street.refuses(elsewhere, match_id)
        assert town.match(match_id)["status"] == "confirmed"
        assert town.match(match_id)["chosen_by"] == here.id
        # What was refused left no trace with people.
        town.until_letters(street.helper, WELCOME, OFFERED, HELPS)
        town.until_letters(street.asker, WELCOME, ASKED, FOUND)
    # Who works in the whole region is refused nothing.
    elsewhere_too = {"capacity_minutes_week": 300}
    good(town.call("PUT", f"/v1/members/{hers.helper.id}/capacity", elsewhere_too, by=NOOR))


def test_nobody_gives_themselves_the_areas_of_someone_else(town: Town) -> None:
    today = str(_day(0))
    ill = {"coordinator": "yara", "first_day": today, "last_day": today, "deputy": "bas"}
    no = problem(town.post("/v1/leaves", ill, by=BAS), 409, "names_oneself")
    assert no["detail_nl"] == (
        "U kunt uzelf niet als vervanger aanwijzen. Vraag een collega of een beheerder om dat te doen."
    )
    assert no["detail"] == "You cannot name yourself as a deputy. Ask a colleague or an operator to do it."
    # Nor who works in the whole region: a deputy reads restricted files besides.
    problem(town.post("/v1/leaves", {**ill, "deputy": "sam"}, by=SAM), 409, "names_oneself")
    with _leave(town, YARA, 0, 3) as leave_id:
        themselves = town.call("PUT", f"/v1/leaves/{leave_id}/deputy", {"deputy": "bas"}, by=BAS)
        problem(themselves, 409, "names_oneself")
        assert HERS not in {item["pc4"] for item in _waits(town, BAS)}


def test_a_work_list_is_that_of_ones_own_areas(town: Town) -> None:
    hers, his = Street(town, HERS), Street(town, HIS)
    for street, here, elsewhere in ((hers, YARA, BAS), (his, BAS, YARA)):
        for kind, about in (("without_helper", street.request_id), ("new_member", street.newcomer.id)):
            assert _sees(town, here, kind, about)
            assert not _sees(town, elsewhere, kind, about)
    for who, area in ((YARA, HERS), (BAS, HIS)):
        assert {item["pc4"] for item in _waits(town, who)} <= {area, None}


# ---- with a deputy


def test_a_deputy_acts_in_those_areas_for_as_long_as_the_leave_lasts(town: Town) -> None:
    street = Street(town, HERS)
    street.refuses(BAS)
    # Leave that is still to come gives nothing yet.
    with _leave(town, YARA, 2, 9, deputy="bas"):
        street.refuses(BAS)
        assert not _sees(town, BAS, "without_helper", street.request_id)

    with _leave(town, YARA, 0, 7, deputy="bas") as leave_id:
        assert _sees(town, BAS, "without_helper", street.request_id)
        assert _sees(town, BAS, "new_member", street.newcomer.id)
        with _ended_yesterday(town, leave_id):
            _until_refused(town, BAS, street)
            street.refuses(BAS)
        _until_may(town, BAS, street)

        good(town.post(f"/v1/members/{street.newcomer.id}/approvals", by=BAS))
        match_id = UUID(good(street.choose(BAS), 201)["match_id"])
        town.until_letters(street.helper, WELCOME, OFFERED, HELPS)
        town.until_letters(street.asker, WELCOME, ASKED, FOUND)
        # Her areas, not all: elsewhere he may no more than before. And she keeps her own rights.
        Street(town, THIRD).refuses(BAS)
        hers = f"/v1/members/{street.helper.id}/capacity"
        good(town.call("PUT", hers, {"capacity_minutes_week": 540}, by=YARA))

    street.refuses(BAS, match_id)
    assert {item["pc4"] for item in _waits(town, BAS)} <= {HIS, None}
    assert town.match(match_id)["status"] == "confirmed"


@contextmanager
def _ended_yesterday(town: Town, leave_id: UUID) -> Iterator[None]:
    """As if the last day of a leave has passed: tests cannot wait for midnight."""
    last_day = asyncio.run(_last_day(town, leave_id, _day(-1)))
    try:
        yield
    finally:
        asyncio.run(_last_day(town, leave_id, last_day))


async def _last_day(town: Town, leave_id: UUID, day: date) -> date:
    """Set the last day of a leave; returns what it was."""
    database = await connect(town.region.region, "coordinator")
    try:
        before: date = await database.fetchval("SELECT last_day FROM leaves WHERE leave_id = $1", leave_id)
        await database.execute("UPDATE leaves SET last_day = $2 WHERE leave_id = $1", leave_id, day)
        return before
    finally:
        await database.close()


def _changes_nothing(town: Town, by: Login, street: Street) -> int:
    same = {"capacity_minutes_week": 600}
    return town.call("PUT", f"/v1/members/{street.helper.id}/capacity", same, by=by).status_code


def _until_refused(town: Town, by: Login, street: Street) -> None:
    town.until(lambda: _changes_nothing(town, by, street) == 403, "the deputy's rights being over")


def _until_may(town: Town, by: Login, street: Street) -> None:
    town.until(lambda: _changes_nothing(town, by, street) == 200, "the deputy having rights again")


def test_what_a_deputy_stands_in_for_does_not_go_on_to_their_own_deputy(town: Town) -> None:
    street = Street(town, HERS)
    with _leave(town, YARA, 0, 7, deputy="bas"), _leave(town, BAS, 0, 7, deputy="caro", by=NOOR):
        assert _sees(town, BAS, "without_helper", street.request_id)
        assert not _sees(town, CARO, "without_helper", street.request_id)
        street.refuses(CARO)


def test_timers_go_on_during_leave(town: Town) -> None:
    helper, asker = town.neighbour(pc4=HERS, capacity=600), town.neighbour(pc4=HERS)
    vog = {"categories": ["finances"], "valid_until": str(_day(60))}
    good(town.post(f"/v1/members/{helper.id}/vogs", vog, by=YARA))
    ((_, recorded),) = town.happened("members", helper.id, "VogRecorded")
    complaint = {"member_id": asker.id, "handler": "yara", "text": "Er werd niet teruggebeld."}
    complaint_id = UUID(good(town.post("/v1/complaints", complaint, by=YARA), 201)["id"])

    with _leave(town, YARA, 0, 7, deputy="bas"):
        # A reminder goes out as if she were there.
        town.due_now("members", "RemindVog", UUID(recorded["vog_id"]), days_left=30)
        town.until_letters(helper, WELCOME, VOG_ENDS)
        assert "geldt nog 30 dagen" in town.letter(helper, VOG_ENDS)
        # A term that passes is everyone's; until then it is its handler's, and her deputy's: he reads it.
        assert _sees(town, YARA, "complaint_term", complaint_id)
        assert _sees(town, BAS, "complaint_term", complaint_id)
        file = f"/v1/complaints/{complaint_id}/restricted-file"
        assert town.read(file, by=BAS)["texts"] == {"filed": complaint["text"]}
        problem(town.get(file, by=NOOR), 403, "not_the_handler")
        assert not _sees(town, NOOR, "complaint_term", complaint_id)
        town.due_now("coordinator", "CheckComplaint", complaint_id, term="acknowledge")
        _until_everyone_sees(town, "complaint_term", complaint_id)
        good(town.post(f"/v1/complaints/{complaint_id}/steps", {"step": "acknowledged"}, by=BAS))
    problem(town.get(file, by=BAS), 403, "not_the_handler")
    good(town.post(f"/v1/complaints/{complaint_id}/steps", {"step": "withdrawn"}, by=YARA))


# ---- without a deputy


def test_without_a_deputy_everyone_is_warned_and_nobody_has_more_rights(town: Town) -> None:
    street = Street(town, THIRD)
    with _leave(town, CARO, 3, 10) as leave_id:
        _until_everyone_sees(town, "leave_without_deputy", leave_id)
        waiting = _waits(town, BAS, "leave_without_deputy")
        (item,) = (one for one in waiting if one["entity_id"] == str(leave_id))
        assert (item["coordinator"], item["pc4"], item["member_id"]) == ("caro", None, None)
        assert local(datetime.fromisoformat(item["due"])).date() == _day(3)
        street.refuses(BAS)
        _who_can_be_deputy(town, leave_id, street)
        assert not _nobody_sees(town, "leave_without_deputy", leave_id)
        town.until(lambda: _leave_of(town, leave_id)["missed_at"] is not None, "the deputy being missed")

        good(town.call("PUT", f"/v1/leaves/{leave_id}/deputy", {"deputy": "bas"}, by=NOOR))
        assert _nobody_sees(town, "leave_without_deputy", leave_id)
        leave = _leave_of(town, leave_id)
        assert (leave["coordinator"], leave["deputy"]) == ("caro", "bas")


def _leave_of(town: Town, leave_id: UUID) -> dict[str, Any]:
    leaves = town.read("/v1/leaves", by=OPERATOR)["leaves"]
    (leave,) = (one for one in leaves if one["leave_id"] == str(leave_id))
    return dict(leave)


def _who_can_be_deputy(town: Town, leave_id: UUID, street: Street) -> None:
    """A colleague with a key of their own, named by a colleague."""
    path = f"/v1/leaves/{leave_id}/deputy"
    no = problem(town.call("PUT", path, {"deputy": "caro"}, by=NOOR), 409, "own_deputy")
    assert no["detail_nl"] == "Wie weg is kan het eigen werk niet waarnemen. Kies een collega."
    assert no["detail"] == "Who is away cannot do their own work. Choose a colleague."
    problem(town.call("PUT", path, {"deputy": "niemand"}, by=NOOR), 404, "unknown_coordinator")
    for outsider in (street.helper.login, street.asker.login):
        problem(town.call("PUT", path, {"deputy": "bas"}, by=outsider), 403, "not_allowed")


def test_leave_far_ahead_warns_a_week_before(town: Town) -> None:
    with _leave(town, CARO, 30, 40) as leave_id:
        assert _nobody_sees(town, "leave_without_deputy", leave_id)
        town.due_now("coordinator", "CheckLeave", leave_id)
        _until_everyone_sees(town, "leave_without_deputy", leave_id)
    assert _nobody_sees(town, "leave_without_deputy", leave_id)


def test_what_waits_while_nobody_does_the_work_waits_for_who_works_everywhere(town: Town) -> None:
    street = Street(town, THIRD)
    # She fell ill: someone else says so.
    with _leave(town, CARO, 0, 5, by=OPERATOR) as leave_id:
        _until_everyone_sees(town, "leave_without_deputy", leave_id)
        assert _sees(town, NOOR, "new_member", street.newcomer.id)
        assert not _sees(town, BAS, "new_member", street.newcomer.id)
        street.refuses(BAS)
        good(street.choose(SAM), 201)
        town.until_letters(street.helper, WELCOME, OFFERED, HELPS)


# ---- the audit trail


def test_whatever_is_done_in_someones_name_says_who_did_it(town: Town) -> None:
    street = Street(town, HERS)
    asks = {"member_id": street.asker.id, "category": "dog", "minutes": 30, "wanted_at": in_days(3)}
    asks["consent"] = "phone"
    offers = {"member_id": street.helper.id, "category": "dog"}
    minutes = {"member_id": street.asker.id, "minutes": 30}
    with _leave(town, YARA, 0, 7) as leave_id:
        good(town.call("PUT", f"/v1/leaves/{leave_id}/deputy", {"deputy": "bas"}, by=OPERATOR))
        asked = UUID(good(town.post("/v1/help-requests", asks, by=BAS), 201)["id"])
        offered = UUID(good(town.post("/v1/offers", offers, by=YARA), 201)["id"])
        chosen = town.post("/v1/matches", {"request_id": asked, "offer_id": offered}, by=BAS)
        match_id = UUID(good(chosen, 201)["match_id"])
        good(town.post(f"/v1/matches/{match_id}/minutes", minutes, by=BAS))
    good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": 30}, by=street.helper.login))

    did = _history(town, street.asker, NOOR)
    assert ("help-requested", "coordinator:bas", str(asked)) in did
    assert ("match-reserved", "coordinator:bas", str(asked)) in did
    assert ("minutes-reported", "coordinator:bas", None) in did
    assert ("help-requested", f"member:{street.asker.login.id}", str(street.request_id)) in did
    assert ("offer-posted", "coordinator:yara", None) in _history(town, street.helper, NOOR)
    # The person whose name it was reads it too.
    assert ("help-requested", "coordinator:bas", str(asked)) in _history(
        town, street.asker, street.asker.login
    )

    # And the logs themselves, which nobody can change.
    assert _actors(town, asked)["HelpRequested"] == "coordinator:bas"
    assert _actors(town, match_id)["MatchReserved"] == "coordinator:bas"
    assert _actors(town, offered)["OfferPosted"] == "coordinator:yara"
    did_to_leave = _actors(town, leave_id)
    # The leave began at once: the first look for a deputy may have come before one was named.
    did_to_leave.pop("DeputyMissed", None)
    assert did_to_leave == {
        "LeavePlanned": "coordinator:yara",
        "DeputyNamed": "operator:operator",
        "LeaveCancelled": "coordinator:yara",
    }


def _history(town: Town, about: Neighbour, by: Login) -> set[tuple[str, str, str | None]]:
    lines = town.read(f"/v1/members/{about.id}/history", by=by)["lines"]
    return {(line["code"], line["actor"], line["request_id"]) for line in lines}


def _actors(town: Town, entity: UUID) -> dict[str, str]:
    """Who did what to one thing, out of the logs (as `wederdienst events`)."""

    async def read() -> dict[str, str]:
        found = search_events(town.region.region, service=None, name=None, entity=str(entity), since=None)
        return {_name(event["type"]): event["actor"] async for event in found}

    return asyncio.run(read())


def _name(kind: str) -> str:
    """`nl.wederdienst.exchange.match-reserved.v1` as MatchReserved."""
    return "".join(part.capitalize() for part in kind.split(".")[3].split("-"))
