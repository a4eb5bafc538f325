"""The API's manners: who may come in, what is refused and how, and that a repeat is one wish.

The services behind the bus are not the point here: a bus of paper answers for them.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.envelope import Actor, Answer, Refusal
from contracts.exchange import PostOffer, WithdrawOffer
from services.coordinator.api.edge import MAX_BODY_BYTES
from services.coordinator.desk import Caller, command_id
from services.kernel.bus import content_hash
from tests.unit.callers import MEMBER_ID, bearer, is_problem
from tests.unit.paper import PaperBus

BSN = "111222333"


# Who comes in


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer ", "Bearer unknown", "Basic c2VjcmV0"])
async def test_without_a_known_key_nobody_comes_in(
    client: httpx.AsyncClient, authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    response = await client.get("/v1/work-items", headers=headers)
    is_problem(response, 401, "not_signed_in")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path",
    [f"/v1/members/{UUID(int=9)}", f"/v1/accounts/{UUID(int=9)}", "/v1/work-items"],
)
async def test_a_member_may_not_look_at_someone_else(client: httpx.AsyncClient, path: str) -> None:
    is_problem(await client.get(path, headers=bearer("yara")), 403, "not_allowed")


async def test_every_answer_carries_the_headers_of_the_design_rules(client: httpx.AsyncClient) -> None:
    for response in (
        await client.get("/v1/openapi.json"),
        await client.get("/v1/nothing", headers=bearer("noor")),
        await client.post("/v1/offers", headers=bearer("yara"), json={"category": "dog"}),
    ):
        assert response.headers["API-Version"] == "1.0.0"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert "max-age" in response.headers["Strict-Transport-Security"]
        assert response.headers["Referrer-Policy"] == "no-referrer"


# What is refused


async def test_all_that_is_wrong_is_said_together_without_repeating_it(client: httpx.AsyncClient) -> None:
    body = {"category": "juggling", "minutes": "soon", "text": f"mijn nummer is {BSN}"}
    response = await client.post("/v1/help-requests", headers=bearer("yara"), json=body)
    said = is_problem(response, 400, "bsn")
    assert {error["field"] for error in said["errors"]} == {"category", "minutes", "text"}
    assert all(error["message"] and error["message_nl"] for error in said["errors"])
    for value in (BSN, "juggling", "soon"):
        assert value not in response.text


async def test_a_coordinator_says_whom_it_is_about(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/offers", headers=bearer("noor"), json={"category": "dog"})
    (error,) = is_problem(response, 400, "invalid")["errors"]
    assert error["field"] == "member_id"


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid"),
        (b'"\xff"', "application/json", 400, "invalid"),
        (b"[" * 20_000, "application/json", 400, "invalid"),
        (b"category=dog", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b" " * (MAX_BODY_BYTES + 1), "application/json", 413, "too_large"),
    ],
)
async def test_what_cannot_be_read(
    client: httpx.AsyncClient, content: bytes, kind: str, status: int, code: str
) -> None:
    headers = {**bearer("yara"), "Content-Type": kind}
    is_problem(await client.post("/v1/offers", headers=headers, content=content), status, code)


async def test_a_body_of_unknown_length_stops_at_the_limit(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1024

    headers = {**bearer("yara"), "Content-Type": "application/json"}
    is_problem(await client.post("/v1/offers", headers=headers, content=endless()), 413, "too_large")


async def test_paths_and_methods_that_are_not_there(client: httpx.AsyncClient) -> None:
    is_problem(await client.get("/v1/nothing", headers=bearer("noor")), 404, "not_found")
    is_problem(await client.get("/v1/offers/", headers=bearer("noor")), 404, "not_found")
    response = await client.patch(f"/v1/offers/{UUID(int=1)}", headers=bearer("noor"))
    is_problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "DELETE, GET"
    is_problem(await client.get("/v1/offers/1", headers=bearer("noor")), 400, "invalid")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("not_allowed", 403),
        ("unknown_offer", 404),
        ("control_characters", 400),
        ("idempotency_key_reused", 409),
        ("no_capacity", 409),
        ("whatever_comes_later", 409),
        ("internal", 500),
    ],
)
async def test_a_services_no_has_its_status(
    client: httpx.AsyncClient, bus: PaperBus, code: str, status: int
) -> None:
    bus.refusal = Refusal(code=code, nl="Dit kan niet.", en="Not possible.")
    response = await client.post("/v1/offers", headers=bearer("yara"), json={"category": "dog"})
    said = is_problem(response, status, code)
    assert (said["detail"], said["detail_nl"]) == ("Not possible.", "Dit kan niet.")


async def test_a_service_that_is_away_is_a_503_that_says_when_to_come_back(
    client: httpx.AsyncClient, bus: PaperBus
) -> None:
    bus.away = True
    response = await client.post("/v1/offers", headers=bearer("yara"), json={"category": "dog"})
    is_problem(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) >= 1


async def test_a_fault_of_ours_says_nothing_of_what_was_typed(
    client: httpx.AsyncClient, bus: PaperBus, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    async def break_down(*_: object, **__: object) -> Answer:
        raise RuntimeError("a secret that someone typed")

    monkeypatch.setattr(bus, "send", break_down)
    response = await client.post("/v1/offers", headers=bearer("yara"), json={"category": "dog"})
    is_problem(response, 500, "internal")
    assert "secret" not in response.text


# One wish


async def test_members_need_not_say_who_they_are(client: httpx.AsyncClient, bus: PaperBus) -> None:
    response = await client.post("/v1/offers", headers=bearer("yara"), json={"category": "dog"})
    assert response.status_code == 201
    ((command, actor, circumstances),) = bus.sent
    assert command == PostOffer(member_id=MEMBER_ID, category="dog")
    assert actor.member_id == MEMBER_ID
    assert response.headers["Location"] == f"/v1/offers/{circumstances['id']}"
    assert response.json()["id"] == str(circumstances["id"])


async def test_the_same_key_is_the_same_command(client: httpx.AsyncClient, bus: PaperBus) -> None:
    headers = {**bearer("yara"), "Idempotency-Key": "once"}
    first = await client.post("/v1/offers", headers=headers, json={"category": "dog"})
    second = await client.post("/v1/offers", headers=headers, json={"text": "", "category": "dog"})
    other = await client.post("/v1/offers", headers=headers, json={"category": "baking"})
    assert (first.status_code, first.content) == (second.status_code, second.content)
    ids = [circumstances["id"] for *_, circumstances in bus.sent]
    hashes = [circumstances["content_hash"] for *_, circumstances in bus.sent]
    assert ids[0] == ids[1] == ids[2]
    assert hashes[0] == hashes[1] != hashes[2]
    assert other.status_code == 201  # the service refuses it, by the hash


async def test_a_traceparent_is_passed_on_when_it_is_one(client: httpx.AsyncClient, bus: PaperBus) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    for header in (trace, "not a trace"):
        headers = {**bearer("yara"), "traceparent": header}
        await client.post("/v1/offers", headers=headers, json={"category": "dog"})
    assert [circumstances["traceparent"] for *_, circumstances in bus.sent] == [trace, None]


def test_an_idempotency_key_counts_within_its_credential_and_operation() -> None:
    def caller(name: str, idempotency_key: str | None = "once") -> Caller:
        actor = Actor(role="member", name=name, member_id=MEMBER_ID)  # type: ignore[arg-type]
        return Caller(actor, UUID(int=1), idempotency_key=idempotency_key)

    post = PostOffer(member_id=MEMBER_ID, category="dog")
    withdraw = WithdrawOffer(offer_id=UUID(int=2), member_id=MEMBER_ID)
    assert command_id(post, caller("yara")) == command_id(post, caller("yara"))
    others = (
        command_id(post, caller("karim")),
        command_id(withdraw, caller("yara")),
        command_id(post, caller("yara", None)),
        command_id(post, caller("yara", None)),
    )
    assert len({command_id(post, caller("yara")), *others}) == 5


def test_a_content_hash_fits_a_signed_64_bit_column() -> None:
    hashes = {content_hash(PostOffer(member_id=MEMBER_ID, category="dog", text=str(n))) for n in range(200)}
    assert len(hashes) == 200
    assert all(-(2**63) <= each < 2**63 for each in hashes)
    assert min(hashes) < 0 < max(hashes)


# The document


async def test_the_document_is_public_and_says_who_to_ask(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/openapi.json")
    document = response.json()
    assert response.status_code == 200
    assert document["openapi"].startswith("3.1")
    assert set(document["info"]["contact"]) == {"name", "email", "url"}
    assert document["info"]["license"]["identifier"] == "EUPL-1.2"


async def test_the_document_knows_no_422_and_every_error_is_a_problem(client: httpx.AsyncClient) -> None:
    document = (await client.get("/v1/openapi.json")).json()
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert len(operations) == len({op["operationId"] for op in operations})
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for operation in operations:
        responses = operation["responses"]
        assert "422" not in responses
        assert {"400", "401", "403", "404", "409", "503"} <= responses.keys()
        assert operation["description"]
        for status, response in responses.items():
            assert "API-Version" in response["headers"]
            if status.startswith(("4", "5")):
                assert list(response["content"]) == ["application/problem+json"]


async def test_paths_are_kebab_case_without_a_slash_at_the_end(client: httpx.AsyncClient) -> None:
    for path in (await client.get("/v1/openapi.json")).json()["paths"]:
        words = [part for part in path.split("/") if part and not part.startswith("{")]
        assert path.startswith("/v1/")
        assert not path.endswith("/")
        assert all(word == word.lower() and "_" not in word for word in words)
