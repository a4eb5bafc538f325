"""Whatever is sent: a clear no in both languages, all faults together, nothing echoed, kept or logged.

Each bad value carries a mark of its own. At the end every log, event, table and JetStream file is
searched for the marks, the vaults too: what was refused is nowhere.
"""

import json
import secrets
import socket
import string
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client

from contracts import subjects
from contracts.envelope import Answer
from services.kernel.bus import QueryAnswer
from services.kernel.service import new_id
from services.region.databases import connect
from services.region.verify import verify
from tests.harness.town import NOOR, Town, good, problem

PLANTED: list[str] = []
BSN = "111222333"


def mark() -> str:
    """A text that stands nowhere else; without digits, which might pass for a BSN."""
    PLANTED.append("qz" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(16)))
    return PLANTED[-1]


def send(
    town: Town, path: str, raw: bytes, *, method: str = "POST", headers: dict[str, str] | None = None
) -> httpx.Response:
    """Raw bytes with the coordinator's key, as JSON unless `headers` says otherwise."""
    sent = {"Authorization": f"Bearer {NOOR.key}", "Content-Type": "application/json", **(headers or {})}
    return town.http.request(method, path, content=raw, headers=sent)


def not_echoed(response: httpx.Response) -> None:
    for text in (*PLANTED, BSN):
        assert text not in response.text
        assert text not in str(response.headers)


def fields(found: dict[str, Any]) -> set[str]:
    return {each["field"] for each in found["errors"]}


def registration(**changed: Any) -> dict[str, Any]:
    right = {
        "name": "Bewoner Zonder Fout",
        "street": "Proefstraat",
        "house_number": "1",
        "pc4": "3515",
        "capacity_minutes_week": 60,
    }
    return {**right, **changed}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"%s",
        b'{"name": "%s"',
        b'{"name": "%s",}',
        b"{'name': '%s'}",
        b'{"name": "%s\xff\xfe"}',
        b'{"name": "%s\n"}',
        b'{"minutes": 1' + b"0" * 5000 + b', "name": "%s"}',
        b"[" * 30_000,
        b"\x00",
    ],
    ids=[
        "empty",
        "cut off",
        "a word",
        "not closed",
        "comma too many",
        "single quotes",
        "not UTF-8",
        "a bare line end",
        "an endless number",
        "endless nesting",
        "NUL",
    ],
)
def test_what_is_no_json_is_told_so(town: Town, raw: bytes) -> None:
    raw = raw.replace(b"%s", mark().encode())
    answer = send(town, "/v1/members", raw)
    problem(answer, 400, "invalid")
    not_echoed(answer)


@pytest.mark.parametrize("body", [[], "x", 5, None, True, [{"name": "x"}]])
def test_json_that_is_no_object_is_told_so(town: Town, body: Any) -> None:
    problem(send(town, "/v1/members", json.dumps(body).encode()), 400, "invalid")


@pytest.mark.parametrize("size", [65 * 1024, 1024 * 1024], ids=["65 kB", "1 MB"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_more_than_64_kb_is_too_large(town: Town, size: int, chunked: bool) -> None:
    raw = json.dumps(registration(name=mark() + "a" * size)).encode()
    headers = {"Authorization": f"Bearer {NOOR.key}", "Content-Type": "application/json"}
    pieces = (raw[at : at + 8192] for at in range(0, len(raw), 8192))
    answer = town.http.post("/v1/members", content=pieces if chunked else raw, headers=headers)
    problem(answer, 413, "too_large")
    not_echoed(answer)


def test_a_long_text_within_64_kb_is_refused_with_its_limit(town: Town) -> None:
    answer = send(town, "/v1/members", json.dumps(registration(name=mark() + "a" * 60_000)).encode())
    found = problem(answer, 400, "invalid")
    assert fields(found) == {"name"}
    assert "200" in found["errors"][0]["message_nl"]
    not_echoed(answer)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x", "json"]
)
def test_another_content_type_is_told_which(town: Town, content_type: str) -> None:
    raw = json.dumps(registration(name=mark())).encode()
    problem(
        send(town, "/v1/members", raw, headers={"Content-Type": content_type}), 415, "unsupported_media_type"
    )


def test_all_that_is_wrong_is_said_together(town: Town) -> None:
    wrong = {
        "name": "",
        "email": mark(),
        "phone": mark(),
        "house_number": mark(),
        "pc4": mark(),
        "capacity_minutes_week": mark(),
        "circle": [mark()],
        "shares_contact": mark(),
        "age": mark(),
    }
    answer = send(town, "/v1/members", json.dumps(wrong).encode())
    found = problem(answer, 400, "invalid")
    assert fields(found) == {*wrong, "street"} - {"circle"} | {"circle.0"}
    not_echoed(answer)


BAD_MEMBERS: dict[str, tuple[Any, str]] = {
    "BSN in a name": ({"name": "Jan 111222333"}, "bsn"),
    "BSN in a street": ({"street": "1112.22.333"}, "bsn"),
    "BSN as a house number": ({"house_number": "111222333"}, "bsn"),
    "BSN in a house number": ({"house_number": "111222333 A"}, "bsn"),
    "BSN as a phone number": ({"phone": "111222333"}, "bsn"),
    "NUL": ({"name": "Jan\x00"}, "control_characters"),
    "escape": ({"name": "\x1b[31mJan"}, "control_characters"),
    "text turned round": ({"name": "Jan \u202e"}, "control_characters"),
    "a lone surrogate": ({"name": "Jan \ud800"}, "invalid"),
    "a lone low surrogate": ({"street": "\udfff"}, "invalid"),
    "a number for a name": ({"name": 5}, "invalid"),
    "a list for a name": ({"name": ["Jan"]}, "invalid"),
    "an object for a name": ({"name": {"first": "Jan"}}, "invalid"),
    "no name": ({"name": None}, "invalid"),
    "negative minutes": ({"capacity_minutes_week": -1}, "invalid"),
    "more minutes than a week has": ({"capacity_minutes_week": 10**9}, "invalid"),
    "minutes beyond the database": ({"capacity_minutes_week": 10**30}, "invalid"),
    "half a minute": ({"capacity_minutes_week": 0.5}, "invalid"),
    "minutes as text": ({"capacity_minutes_week": "60"}, "invalid"),
    "yes for minutes": ({"capacity_minutes_week": True}, "invalid"),
    "no number": ({"capacity_minutes_week": float("nan")}, "invalid"),
    "endless minutes": ({"capacity_minutes_week": float("inf")}, "invalid"),
    "a postcode that is not there": ({"pc4": "1000"}, "unknown_postcode"),
    "a postcode in other digits": ({"pc4": "٣٥١٥"}, "invalid"),
    "a whole postcode": ({"pc4": "3515 AB"}, "invalid"),
    "a postcode as a number": ({"pc4": 3515}, "invalid"),
    "no e-mail address": ({"email": "jan@"}, "invalid"),
    "a letter added to the mail": (
        {"email": "jan@voorbeeld.example\nBcc: allen@voorbeeld.example"},
        "invalid",
    ),
    "too many relatives": ({"circle": [str(new_id())] * 101}, "invalid"),
    "a field of another kind": ({"member_id": str(new_id())}, "invalid"),
    "a field without a name": ({"": 1}, "invalid"),
    "a field with a surrogate": ({"\ud800": 1}, "invalid"),
    "a field with NUL": ({"\x00": 1}, "invalid"),
}


@pytest.mark.parametrize("case", BAD_MEMBERS)
def test_a_member_that_does_not_fit_is_refused(town: Town, case: str) -> None:
    changed, code = BAD_MEMBERS[case]
    street = mark()
    answer = send(town, "/v1/members", json.dumps(registration(**{"street": street, **changed})).encode())
    found = problem(answer, 400, code)
    if code != "unknown_postcode":
        assert found["errors"]
    not_echoed(answer)
    for value in changed.values():
        assert not (isinstance(value, str) and len(value) > 3) or value not in answer.text


BAD_REQUESTS: dict[str, tuple[Any, str]] = {
    "BSN in the text": ({"text": f"mijn nummer is {BSN}"}, "bsn"),
    "BSN with points": ({"text": "nummer 1112.22.333 graag"}, "bsn"),
    "NUL in the text": ({"text": "hulp\x00"}, "control_characters"),
    "a surrogate in the text": ({"text": "hulp \ud83d"}, "invalid"),
    "no minutes": ({"minutes": 0}, "invalid"),
    "negative minutes": ({"minutes": -60}, "invalid"),
    "more than a day": ({"minutes": 1441}, "invalid"),
    "an unknown kind of help": ({"category": "babysitting"}, "invalid"),
    "a day without a time zone": ({"wanted_at": "2126-11-26T10:00"}, "invalid"),
    "a day that does not exist": ({"wanted_at": "2126-02-30T10:00Z"}, "invalid"),
    "the year 9999": ({"wanted_at": "9999-12-31T23:59:59Z"}, "invalid"),
    "a moment as a number": ({"wanted_at": 1e300}, "invalid"),
    "another wish": ({"wish": "nobody"}, "invalid"),
    "someone who is no id": ({"member_id": "me"}, "invalid"),
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_a_request_that_does_not_fit_is_refused(town: Town, case: str) -> None:
    changed, code = BAD_REQUESTS[case]
    body = {"member_id": str(new_id()), "category": "dog", "minutes": 30, "text": mark(), **changed}
    answer = send(town, "/v1/help-requests", json.dumps(body).encode())
    assert fields(problem(answer, 400, code)) == set(changed)
    not_echoed(answer)


@pytest.mark.parametrize("minutes", [0, -1, 10_001, 2**63, 10**40, "5", None, 1.5])
def test_an_absurd_gift_is_refused(town: Town, minutes: Any) -> None:
    body = {"from_account_id": str(new_id()), "to_account_id": str(new_id()), "minutes": minutes}
    assert fields(problem(send(town, "/v1/transfers", json.dumps(body).encode()), 400, "invalid")) == {
        "minutes"
    }


def test_bad_ids_and_numbers_in_the_address_are_refused(town: Town) -> None:
    found = problem(send(town, f"/v1/members/{mark()}/approvals", b""), 400, "invalid")
    assert fields(found) == {"member_id"}
    problem(town.get(f"/v1/matches/{mark()}", by=NOOR), 400, "invalid")
    for query in (f"limit={mark()}", "limit=0", "limit=-1", "limit=99999999999999999999", f"kind={mark()}"):
        problem(town.get(f"/v1/work-items?{query}", by=NOOR), 400, "invalid")
    problem(town.get(f"/v1/work-items/{mark()}", by=NOOR), 404, "not_found")
    problem(town.get("/v1/%00%ff%2e%2e/members", by=NOOR), 404, "not_found")


@pytest.mark.parametrize("key", [b"a" * 201, b""], ids=["too long", "empty"])
def test_an_idempotency_key_that_is_none_is_refused(town: Town, key: bytes) -> None:
    headers = {b"Authorization": f"Bearer {NOOR.key}".encode(), b"Idempotency-Key": key}
    answer = town.http.post("/v1/members", json=registration(name=mark()), headers=headers)
    assert fields(problem(answer, 400, "invalid")) == {"Idempotency-Key"}


@pytest.mark.parametrize(
    "key",
    [b"a" * 200, b"%s/../..", "ë é 中文".encode(), b"\xff\xfe %s", b"' OR 1=1 --", b'{"a": "%s"}', b"a\t%s"],
    ids=["200 long", "path", "UTF-8", "not UTF-8", "SQL", "JSON", "tab"],
)
def test_a_strange_idempotency_key_is_a_key_like_any_other(town: Town, key: bytes) -> None:
    taker, giver = _pair(town)
    sent = key.replace(b"%s", mark().encode()) + (str(new_id()).encode() if len(key) < 100 else b"")
    headers = {b"Authorization": f"Bearer {NOOR.key}".encode(), b"Idempotency-Key": sent}
    body = {"from_account_id": giver, "to_account_id": taker, "minutes": 1}
    first, again = (town.http.post("/v1/transfers", json=body, headers=headers) for _ in range(2))
    assert good(first, 201) == good(again, 201)


_pairs: dict[int, tuple[str, str]] = {}


def _pair(town: Town) -> tuple[str, str]:
    if id(town) not in _pairs:
        _pairs[id(town)] = (str(town.neighbour().id), str(town.neighbour().id))
    return _pairs[id(town)]


@pytest.mark.parametrize("name", ["X-Correlation-ID", "traceparent", "Accept-Language", "Cookie"])
def test_strange_headers_do_no_harm_and_stand_nowhere(town: Town, name: str) -> None:
    headers = {name: mark(), "Authorization": f"Bearer {NOOR.key}"}
    answer = town.http.get("/v1/work-items", headers=headers)
    good(answer)
    not_echoed(answer)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET /v1/members HTTP/9.9\r\n\r\n",
        b"POST /v1/members HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\x00%s\r\n\r\n",
        b"POST /v1/members HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n%s",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"%s" * 8000 + b"\r\n\r\n",
    ],
    ids=["no HTTP", "another HTTP", "NUL in a header", "a negative length", "144 kB of header"],
)
def test_what_is_no_http_is_turned_away(town: Town, raw: bytes) -> None:
    web = town.region.region.web
    said = b""
    with socket.create_connection((web.host, web.port), timeout=5) as connection:
        # Whoever sends too much may find the line cut while still sending.
        with suppress(OSError):
            connection.sendall(raw.replace(b"%s", mark().encode()))
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while data := connection.recv(4096):
                said += data
    assert not said or said.startswith(b"HTTP/1.1 4")
    assert not any(planted.encode() in said for planted in PLANTED)


# ---- over NATS, as another program of the region could


@pytest_asyncio.fixture(loop_scope="session")
async def bus(town: Town) -> AsyncIterator[Client]:
    config = town.region.region
    client = await nats.connect(
        f"nats://{config.nats.host}:{config.nats.port}",
        user="operator",
        password=config.nats_password("operator"),
        inbox_prefix=subjects.inbox("operator").encode(),
    )
    yield client
    await client.close()


def _request(body: Any, **changed: Any) -> bytes:
    actor = {"role": "coordinator", "name": "noor"}
    return json.dumps({"id": str(new_id()), "actor": actor, "body": body, **changed}).encode()


async def _refused(
    town: Town, bus: Client, name: str, raw: bytes, code: str, *, may_name: str = ""
) -> Answer:
    """The refusal, which repeats nothing; but for `may_name`, a field that we do not know."""
    subject = subjects.command(town.region.region.region, "members", name)
    reply = await bus.request(subject, raw, timeout=5)
    answer = Answer.model_validate_json(reply.data)
    assert answer.outcome == "refused", answer
    assert answer.refusal is not None
    assert answer.refusal.code == code
    assert answer.refusal.nl != answer.refusal.en
    said = reply.data.decode()
    assert not any(planted in said for planted in (*PLANTED, BSN) if planted != may_name)
    return answer


async def test_an_unknown_message_on_the_bus_is_told_so(town: Town, bus: Client) -> None:
    raw = _request(registration(name=mark()))
    for name in ("RegisterMemberV2", "registermember", "AdmitParticipant", "OpenContact", "MemberApproved"):
        await _refused(town, bus, name, raw, "unknown_message")
    subject = subjects.query(town.region.region.region, "members", "GetEverything")
    reply = await bus.request(subject, _request({"name": mark()}), timeout=5)
    refusal = QueryAnswer.model_validate_json(reply.data).refusal
    assert refusal is not None
    assert refusal.code == "unknown_message"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\x00\xff",
        b"[]",
        b"null",
        b"%s",
        b'{"id": "%s"}',
        b'{"id": 5, "actor": {"role": "%s"}, "body": 7}',
        b'{"body": {"name": "%s\\ud800"}}',
        b"[" * 40_000,
    ],
)
async def test_rubbish_on_the_bus_is_refused(town: Town, bus: Client, raw: bytes) -> None:
    await _refused(town, bus, "RegisterMember", raw.replace(b"%s", mark().encode()), "invalid")


async def test_bad_values_on_the_bus_are_refused_by_the_service_itself(town: Town, bus: Client) -> None:
    right = registration(street=mark())
    for changed, code in (
        ({"name": f"Jan {BSN}"}, "bsn"),
        ({"name": "Jan\x00"}, "control_characters"),
        ({"name": "Jan\ud800"}, "invalid"),
        ({"capacity_minutes_week": -5}, "invalid"),
        ({"capacity_minutes_week": 10**30}, "invalid"),
        ({"version": 2}, "invalid"),
        ({"pc4": "1000"}, "unknown_postcode"),
    ):
        await _refused(town, bus, "RegisterMember", _request({**right, **changed}), code)
    nobody = {"role": "mayor", "name": mark()}
    await _refused(town, bus, "RegisterMember", _request(right, actor=nobody), "invalid")
    guest = {"role": "member", "name": "guest"}
    await _refused(town, bus, "RegisterMember", _request(right, actor=guest), "not_allowed")
    large = _request({**right, "name": mark() + "a" * 70_000})
    await _refused(town, bus, "RegisterMember", large, "too_large")


# ---- afterwards


async def test_afterwards_life_goes_on_and_nothing_of_it_is_anywhere(town: Town, bus: Client) -> None:
    """Also on its own: it then plants a few marks itself."""
    field = mark()
    for changed in ({"name": mark() + "\x00"}, {"name": f"{mark()} {BSN}"}, {field: 1}, {"name": [mark()]}):
        answer = send(town, "/v1/members", json.dumps(registration(**changed)).encode())
        assert answer.status_code == 400
        await _refused(
            town,
            bus,
            "RegisterMember",
            _request(registration(**changed)),
            answer.json()["code"],
            may_name=field,
        )
    assert all(replica.running and replica.ready() for replica in town.region.replicas)
    person = town.neighbour(capacity=60)
    assert town.read(f"/v1/members/{person.id}", by=person.login)["name"] == person.name
    report = await verify(town.region.region, folder=town.folder, planted=[*PLANTED, BSN, person.name])
    assert report.ok, [(check.name, check.wrong) for check in report.checks if not check.ok]
    # `verify` leaves the vaults out: what was refused must not be there either.
    for service in town.region.services:
        database = await connect(town.region.region, service)
        try:
            texts = [row[0] for row in await database.fetch("SELECT data::text FROM vault")]
        finally:
            await database.close()
        assert not [planted for planted in PLANTED for text in texts if planted in text]
