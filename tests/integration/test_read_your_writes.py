"""Who writes and then reads sees what was written: fifty times, in every kind of thing."""

from tests.harness.town import NOOR, Town, good, word

TIMES = 50


def test_what_was_just_written_can_be_read_at_once(town: Town) -> None:
    person = town.neighbour(capacity=600)
    for n in range(TIMES):
        text = f"Dit is aanbod nummer {n}."
        made = town.post("/v1/offers", {"category": "dog", "text": text}, by=person.login)
        offer = town.read(made.headers["Location"], by=person.login)
        assert (offer["offer_id"], offer["text"], offer["status"]) == (good(made, 201)["id"], text, "open")


def test_what_was_just_changed_reads_as_changed_every_time(town: Town) -> None:
    person, other = town.neighbour(), town.neighbour()
    about = f"/v1/members/{person.id}"
    for n in range(TIMES):
        match n % 4:
            case 0:
                body = {"capacity_minutes_week": 60 + n}
                good(town.call("PUT", f"{about}/capacity", body, by=person.login))
                assert town.read(about, by=person.login)["capacity_minutes_week"] == 60 + n
            case 1:
                gift = {"to_account_id": other.id, "minutes": 1}
                before = town.account(person)["balance_minutes"]
                good(town.post("/v1/transfers", gift, by=person.login), 201)
                assert town.account(person)["balance_minutes"] == before - 1
            case 2:
                request_id = town.ask(person, "dog", 30)
                path = f"/v1/help-requests/{request_id}"
                assert town.read(path, by=person.login)["status"] == "open"
                assert town.call("DELETE", path, by=person.login).status_code == 204
                assert town.read(path, by=person.login)["status"] == "withdrawn"
            case _:
                registration = {**person.registration, "name": f"Nieuw {n}", "email": f"{word()}@x.nl"}
                made = good(town.post("/v1/members", registration, by=NOOR), 201)
                member = town.read(f"/v1/members/{made['id']}", by=NOOR)
                assert (member["status"], member["name"]) == ("registered", f"Nieuw {n}")
                good(town.post(f"/v1/members/{made['id']}/declinations", by=NOOR))
                assert town.read(f"/v1/members/{made['id']}", by=NOOR)["status"] == "declined"
