"""Two members are erased with hours on their accounts: settled in the ledger, gone from everywhere else."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.ledger import POOL, WRITTEN_OFF
from services.kernel.dutch import hours_nl, local
from services.kernel.erasure import Erasures, place
from services.region.operating import rebuild, search_events
from tests.harness.letters import ASKED, EARNED, FOUND, HELPS, OFFERED, OWES, SPENT, WELCOME
from tests.harness.record import names, until_account, until_closed, where
from tests.harness.town import NOOR, Neighbour, Town, good, problem

THANKED = "Iemand bedankt u"
RECEIVED = "U kreeg uren"

VAULTS = {"members.vault", "exchange.vault"}
SIX_HOURS, FOUR_HOURS = 360, 240
OFFER_TEXT = "Ik help met wieden, behalve met mijn linkerknie."
REQUEST_TEXT = "De heg is mij sinds het overlijden van Toos te hoog."
THANKS = "Wat heb jij dat prachtig gedaan, lieve buurman."


def _helped(town: Town, helper: Neighbour, asker: Neighbour, minutes: int) -> UUID:
    """`helper` gave `asker` so many minutes, with words of both in the vaults; returns the match."""
    initiative_id = town.initiative("dorpscoordinator")
    offer_id = town.offer(helper, "gardening", f"{OFFER_TEXT} {helper.name}", initiative_id=initiative_id)
    text = f"{REQUEST_TEXT} {asker.name}"
    request_id = town.ask(asker, "gardening", minutes, text=text, initiative_id=initiative_id)
    match_id = town.confirm(request_id, offer_id)
    for person in (helper, asker):
        good(town.post(f"/v1/matches/{match_id}/minutes", {"minutes": minutes}, by=person.login))
    town.until(lambda: town.match(match_id)["status"] == "completed", "the match being completed")
    return match_id


def _erase(town: Town, person: Neighbour, **settle: Any) -> None:
    good(town.post(f"/v1/members/{person.id}/erasures", settle, by=person.login))
    until_closed(town, person)


def _statement(town: Town, person: Neighbour) -> list[tuple[str, int]]:
    """Kind and minutes of every line: as JSON and as a table, and both add up to today's balance."""
    today = local(datetime.now(UTC)).date()
    path = f"/v1/accounts/{person.id}/statement?from_day={today - timedelta(days=1)}&to_day={today}"
    found = town.read(path, by=NOOR)
    running = found["opening_minutes"]
    for posting in found["postings"]:
        running += posting["minutes"]
        assert posting["balance_minutes"] == running
    assert found["closing_minutes"] == running == town.account(person)["balance_minutes"]
    _as_table(town, path, found)
    return [(posting["kind"], posting["minutes"]) for posting in found["postings"]]


def _as_table(town: Town, path: str, found: dict[str, Any]) -> None:
    """The same for a spreadsheet: opening, every line, closing."""
    answer = town.call("GET", path, by=NOOR, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    opening, *lines, closing = csv.DictReader(io.StringIO(answer.text))
    assert [line["transfer_id"] for line in lines] == [one["transfer_id"] for one in found["postings"]]
    added = int(opening["balance_minutes"]) + sum(int(line["minutes"]) for line in lines)
    assert added == int(closing["balance_minutes"]) == found["closing_minutes"]


def _about(person: Neighbour) -> list[str]:
    """Everything that says who someone is; their name also stands in what was written by and to them."""
    return [person.name, person.email, person.phone, str(person.registration["street"])]


def _settled(town: Town, person: Neighbour) -> list[tuple[str, str, int]]:
    """Payer, payee and minutes of the entries with which an account was settled; it is closed after them."""
    happened = town.happened("ledger", person.id)
    assert names(happened)[-1] == "AccountClosed"
    return [
        (facts["from_account_id"], facts["to_account_id"], facts["minutes"])
        for name, facts in happened
        if name == "CreditTransferred" and facts["kind"] == "settlement"
    ]


def _pool(town: Town) -> int:
    """Minutes in the solidarity pool; it opens with the first that needs it."""
    answer = town.get(f"/v1/accounts/{POOL}", by=NOOR)
    return int(good(answer)["balance_minutes"]) if answer.status_code == 200 else 0


def test_erased_at_six_hours_over_and_four_hours_short(town: Town) -> None:
    saver = town.neighbour(capacity=SIX_HOURS, name="Wieske Vergeetmij", street="Vergeetmijstraat")
    ower = town.neighbour(name="Joris Verdwijnsma", street="Verdwijnlaan")
    asker, helper = town.neighbour(), town.neighbour(capacity=FOUR_HOURS)
    saved, owed = _helped(town, saver, asker, SIX_HOURS), _helped(town, helper, ower, FOUR_HOURS)
    good(town.post(f"/v1/matches/{saved}/thanks", {"text": f"{THANKS} {asker.name}"}, by=asker.login))
    until_account(town, saver, balance=SIX_HOURS)
    until_account(town, ower, balance=-FOUR_HOURS)
    town.until_letters(saver, WELCOME, OFFERED, HELPS, EARNED, THANKED)
    town.until_letters(ower, WELCOME, ASKED, FOUND, SPENT)
    before = {person.id: _statement(town, person) for person in (asker, helper)}
    for person in (saver, ower):
        assert where(town, _about(person)) == VAULTS
    pool = _pool(town)

    _erase(town, saver)
    _erase(town, ower, settle="pool")

    # Six hours go to the solidarity pool, and the four that are owed come out of it.
    assert _settled(town, saver) == [(str(saver.id), str(POOL), SIX_HOURS)]
    assert _settled(town, ower) == [(str(POOL), str(ower.id), FOUR_HOURS)]
    town.until(lambda: _pool(town) == pool + SIX_HOURS - FOUR_HOURS, "the pool having the difference")
    assert _statement(town, saver) == [("match", SIX_HOURS), ("settlement", -SIX_HOURS)]
    assert _statement(town, ower) == [("match", -FOUR_HOURS), ("settlement", FOUR_HOURS)]
    # With whom they did it notices nothing: what they have and owe is theirs.
    assert {person.id: _statement(town, person) for person in (asker, helper)} == before
    assert before == {asker.id: [("match", -SIX_HOURS)], helper.id: [("match", FOUR_HOURS)]}
    assert town.read(f"/v1/matches/{owed}", by=helper.login)["agreed_minutes"] == FOUR_HOURS

    # What they offered stands no more.
    ((_, offer),) = town.happened("exchange", saver.id, "OfferPosted")
    path = f"/v1/offers/{offer['offer_id']}"
    town.until(lambda: town.read(path, by=NOOR)["status"] == "withdrawn", "the offer being withdrawn")

    for person in (saver, ower):
        _is_nobody(town, person)
        _is_nowhere(town, person)
    # Who left is not written to any more, and the others are told nothing of it.
    town.until_letters(asker, WELCOME, ASKED, FOUND, SPENT, OWES)
    town.until_letters(helper, WELCOME, OFFERED, HELPS, EARNED)
    town.until_letters(saver, WELCOME, OFFERED, HELPS, EARNED, THANKED)
    town.until_letters(ower, WELCOME, ASKED, FOUND, SPENT)


def _is_nobody(town: Town, person: Neighbour) -> None:
    """What a coordinator still sees is an id, and nothing new can begin."""
    seen = town.read(f"/v1/members/{person.id}", by=NOOR)
    assert seen["status"] == "erased"
    assert {seen[field] for field in ("name", "email", "phone", "street", "house_number")} == {None}
    no = problem(town.post("/v1/offers", {"category": "dog"}, by=person.login), 409, "left")
    assert no["detail_nl"] == "Deze deelnemer doet niet meer mee. Kies iemand anders."
    assert no["detail"] == "This participant does not take part any more. Choose someone else."
    items = town.read("/v1/work-items?limit=200", by=NOOR)["items"]
    assert str(person.id) not in {item["member_id"] for item in items}


def _is_nowhere(town: Town, person: Neighbour) -> None:
    """In no table of any service, vaults included, and in no file of JetStream nor any log of a process."""
    town.until(lambda: not where(town, _about(person)), "nothing of someone erased being anywhere")


def test_replaying_every_log_brings_nothing_of_the_erased_back(town: Town) -> None:
    gone = town.neighbour(capacity=60, name="Truitje Spoorloos", street="Spoorloosplein")
    stays = town.neighbour()
    match_id = _helped(town, gone, stays, 60)
    good(town.post(f"/v1/matches/{match_id}/thanks", {"text": f"{THANKS} {gone.name}"}, by=stays.login))
    town.until_letters(gone, WELCOME, OFFERED, HELPS, EARNED, THANKED)
    assert where(town, _about(gone)) == VAULTS

    _erase(town, gone)
    _is_nowhere(town, gone)
    assert gone.id in Erasures(place(town.region.region)).read()
    balances = {person.id: town.account(person) for person in (gone, stays)}

    # The whole log tells of ids alone, also from its first event on.
    told = asyncio.run(_everything_told(town))
    assert str(gone.id) in told
    for text in _about(gone):
        assert text not in told
    # And what is made of it anew is what stood there.
    for service in town.region.region.services:
        assert asyncio.run(rebuild(town.region.region, service)) > 0
    _is_nowhere(town, gone)
    assert where(town, [stays.email]) == {"members.vault"}
    assert {person.id: town.account(person) for person in (gone, stays)} == balances
    assert _statement(town, stays) == [("match", -60)]
    _is_nobody(town, gone)
    town.until_letters(gone, WELCOME, OFFERED, HELPS, EARNED, THANKED)


def test_what_is_said_of_the_erased_afterwards_is_kept_nowhere(town: Town) -> None:
    gone, asker = town.neighbour(capacity=60, name="Nelis Naderhand"), town.neighbour()
    match_id = _helped(town, gone, asker, 60)
    _erase(town, gone)
    town.until(lambda: where(town, [gone.name]) == set(), "exchange having heard of it")
    (booked,) = (posting for posting in _postings(town, asker) if posting["kind"] == "match")

    # Hours can be put right and thanks be given, also when someone is gone. The words are not kept.
    why = f"De uren van {gone.name} klopten toch niet."
    path = f"/v1/transfers/{booked['transfer_id']}/reversals"
    undone = town.post(path, {"reason": why}, by=NOOR)
    assert undone.status_code in (200, 201), undone.text
    thanks = town.post(f"/v1/matches/{match_id}/thanks", {"text": f"Dag {gone.name}!"}, by=asker.login)
    good(thanks)
    until_account(town, asker, balance=0)
    assert where(town, [gone.name]) == set()
    assert where(town, [asker.email]) == {"members.vault"}


def _postings(town: Town, person: Neighbour) -> list[dict[str, Any]]:
    today = local(datetime.now(UTC)).date()
    path = f"/v1/accounts/{person.id}/statement?from_day={today - timedelta(days=1)}&to_day={today}"
    postings: list[dict[str, Any]] = town.read(path, by=NOOR)["postings"]
    return postings


async def _everything_told(town: Town) -> str:
    """Every event of every log, as `wederdienst events --json` shows them."""
    found = search_events(town.region.region, service=None, name=None, entity=None, since=None)
    return "\n".join([json.dumps(event, ensure_ascii=False) async for event in found])


def test_what_someone_leaves_goes_where_they_wanted_it(town: Town) -> None:
    giver, heir, asker = town.neighbour(capacity=90), town.neighbour(), town.neighbour()
    _helped(town, giver, asker, 90)
    until_account(town, giver, balance=90)
    newcomer = town.newcomer()
    for nobody in (None, newcomer.id, giver.id):
        wish = {"settle": "beneficiary", "beneficiary_id": nobody}
        _no_heir(town, giver, wish)
    # Only they themselves, or a coordinator for them, can ask to be erased.
    problem(town.post(f"/v1/members/{giver.id}/erasures", {}, by=heir.login), 403, "not_allowed")
    assert town.read(f"/v1/members/{giver.id}", by=giver.login)["status"] == "approved"

    _erase(town, giver, settle="beneficiary", beneficiary_id=heir.id)
    assert _settled(town, giver) == [(str(giver.id), str(heir.id), 90)]
    assert _statement(town, heir) == [("settlement", 90)]
    town.until_letters(heir, WELCOME, RECEIVED)
    assert f"U kreeg {hours_nl(90)}. Die staat bij uw tegoed." in town.letter(heir, RECEIVED)
    assert giver.name not in town.letter(heir, RECEIVED)

    # Nobody inherits what another owes, and who wants it off the books leaves the pool alone.
    pool = _pool(town)
    _erase(town, asker, settle="write_off")
    assert _settled(town, asker) == [(str(WRITTEN_OFF), str(asker.id), 90)]
    assert _pool(town) == pool
    assert _statement(town, heir) == [("settlement", 90)]
    # Once more is no more.
    good(town.post(f"/v1/members/{giver.id}/erasures", {}, by=NOOR))
    assert len(_settled(town, giver)) == 1


def _no_heir(town: Town, person: Neighbour, wish: dict[str, Any]) -> None:
    no = problem(town.post(f"/v1/members/{person.id}/erasures", wish, by=person.login), 409, "no_beneficiary")
    assert no["detail_nl"] == (
        "Het saldo kan alleen naar een andere deelnemer die nu meedoet. "
        "Kies zo iemand, of geef het saldo aan de solidariteitspot."
    )
    assert no["detail"] == (
        "The balance can only go to another participant who takes part now. "
        "Choose one, or give the balance to the solidarity pool."
    )
