"""What people hear of a visit that did not come about, and of one for which nobody is found yet."""

from datetime import datetime
from uuid import UUID

from services.notifications.templates.letter import when
from tests.harness.letters import ASKED, ENDED, FOUND, HELPS, OFFERED, SEARCHING, WELCOME
from tests.harness.series import PLANNED, until_visits, weekly
from tests.harness.town import NOOR, Neighbour, Town, good

MISSED = "U en uw helper hebben elkaar gemist"
THANKS = "Dank u wel dat u wilde helpen"


at = datetime.fromisoformat


def _matched(town: Town) -> tuple[Neighbour, Neighbour, UUID]:
    """A helper, an asker and their match, which has no date: it may have been already."""
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    match_id = town.confirm(town.ask(asker, "gardening", wanted_at=None), town.offer(helper, "gardening"))
    # What is not told yet would be overtaken.
    town.until_letters(asker, WELCOME, ASKED, FOUND)
    town.until_letters(helper, WELCOME, OFFERED, HELPS)
    return helper, asker, match_id


def test_who_was_not_there_hears_so_without_blame_and_the_helper_what_becomes_of_the_hours(
    town: Town,
) -> None:
    helper, asker, match_id = _matched(town)
    good(town.post(f"/v1/matches/{match_id}/no-shows", {"who": "asker"}, by=helper.login))
    town.until_letters(asker, WELCOME, ASKED, FOUND, MISSED)
    town.until_letters(helper, WELCOME, OFFERED, HELPS, THANKS)
    missed = town.letter(asker, MISSED)
    assert "Dat kan iedereen gebeuren. Er gaan geen uren van uw tegoed af." in missed
    assert "Wilt u deze hulp nog? Vraag het gerust opnieuw" in missed
    assert "schrijven wij geen uren bij" in town.letter(helper, THANKS)
    account = town.account(asker)
    assert (account["balance_minutes"], account["held_minutes"]) == (0, 0)
    # To the two it was called off; why is for coordinators.
    assert town.match(match_id)["reason"] == "asker_absent"
    for who in (helper, asker):
        assert town.read(f"/v1/matches/{match_id}", by=who.login)["reason"] == "cancelled"


def test_where_the_helper_was_not_there_someone_else_is_sought(town: Town) -> None:
    helper, asker, match_id = _matched(town)
    good(town.post(f"/v1/matches/{match_id}/no-shows", {"who": "helper"}, by=asker.login))
    town.until_letters(asker, WELCOME, ASKED, FOUND, SEARCHING)
    town.until_letters(helper, WELCOME, OFFERED, HELPS, ENDED)


def test_a_visit_planned_without_a_helper_is_told_in_time_and_again_when_someone_is_found(
    town: Town,
) -> None:
    helper, other, asker = (town.neighbour(capacity=600) for _ in range(3))
    initiative_id = town.initiative("dorpscoordinator")
    offer_id = town.offer(helper, "shopping", initiative_id=initiative_id)
    series_id = weekly(town, asker, offer_id, "shopping", initiative_id=initiative_id)
    *_, last = until_visits(town, series_id, *["matched"] * PLANNED)
    asked = [WELCOME, ASKED, FOUND]
    town.until_letters(asker, *asked)

    # From the next one on their helper has no time left.
    path = f"/v1/members/{helper.id}/capacity"
    good(town.call("PUT", path, {"capacity_minutes_week": 0}, by=helper.login))
    town.until(lambda: bool(town.happened("exchange", helper.id, "ParticipantCapacityChanged")), "less time")
    town.due_now("exchange", "PlanVisit", series_id)
    *_, visit = until_visits(town, series_id, *["matched"] * PLANNED, "open")
    assert visit["wanted_at"] > last["wanted_at"]
    town.until(lambda: _seeking(town, asker) == [at(visit["wanted_at"])], "a letter that waits for its week")
    # Four weeks ahead nobody is troubled with it yet.
    town.until_letters(asker, *asked)

    # Someone else is found: that is told, and that nobody was need not be any more.
    substitute = town.offer(other, "shopping", initiative_id=initiative_id)
    town.confirm(UUID(visit["request_id"]), substitute)
    town.until_letters(asker, *asked, FOUND)
    assert when(visit["wanted_at"]) in town.letters_about(asker, FOUND)[-1]
    town.until_letters(other, WELCOME, OFFERED, HELPS)
    overtaken = town.happened("notifications", asker.id, "MessageOvertaken")
    assert [told["instead_template"] for _, told in overtaken] == ["match-asker"]


def _seeking(town: Town, asker: Neighbour) -> list[datetime]:
    """The moments of the visits that a letter about nobody being found is queued for."""
    queued = town.happened("notifications", asker.id, "MessageQueued")
    return [at(told["facts"]["wanted_at"]) for _, told in queued if told["template"] == "visit-open"]


def test_a_visit_that_is_called_off_is_sought_for_no_more(town: Town) -> None:
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    series_id = weekly(town, asker, town.offer(helper, "dog"), "dog")
    until_visits(town, series_id, *["matched"] * PLANNED)
    good(town.call("PUT", f"/v1/members/{helper.id}/capacity", {"capacity_minutes_week": 0}, by=helper.login))
    town.until(lambda: bool(town.happened("exchange", helper.id, "ParticipantCapacityChanged")), "less time")
    town.due_now("exchange", "PlanVisit", series_id)
    until_visits(town, series_id, *["matched"] * PLANNED, "open")
    town.until(lambda: len(_seeking(town, asker)) == 1, "a letter that waits for its week")
    assert town.call("DELETE", f"/v1/series/{series_id}", by=NOOR).status_code in (200, 204)

    def no_more() -> bool:
        return len(town.happened("notifications", asker.id, "MessageOvertaken")) == 1

    town.until(no_more, "nothing waiting any more")
