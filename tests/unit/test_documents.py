"""The documents that an instance serves: complete, right, and by the rules they claim.

The checks of the NL API Design Rules 2.1 are written here, because their own ruleset is on no registry;
those of AsyncAPI's parser and of Spectral are in tests/integration/test_documents.py (long).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from contracts import asyncapi, generate
from contracts.catalogue import COMMANDS, EVENTS, QUERIES, kebab, schema_name
from contracts.examples import example
from contracts.referring import EXAMPLE_EVENT
from services.coordinator import cloudevents
from services.coordinator.api import write
from services.coordinator.api.topics import TOPICS
from tests.unit.callers import bearer, is_problem

type Document = dict[str, Any]

METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


@pytest.fixture
async def openapi(client: httpx.AsyncClient) -> Document:
    found: Document = (await client.get("/v1/openapi.json")).json()
    return found


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def walk(part: Any) -> Iterator[Document]:
    """Every object in a document."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from walk(value)
    elif isinstance(part, list):
        for each in part:
            yield from walk(each)


# NL API Design Rules 2.1 (https://gitdocumentatie.logius.nl/publicatie/api/adr/2.1)


async def test_oas_version_and_contact(openapi: Document) -> None:
    """/core/doc-openapi, /core/doc-openapi-contact, /core/publish-openapi."""
    assert re.fullmatch(r"3\.1\.\d+", openapi["openapi"])
    assert all(openapi["info"]["contact"][key] for key in ("name", "email", "url"))


async def test_the_version_is_in_the_address_and_in_a_header(openapi: Document) -> None:
    """/core/uri-version, /core/semver, /core/version-header."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", openapi["info"]["version"])
    major = openapi["info"]["version"].partition(".")[0]
    assert all(path.startswith(f"/v{major}/") for path in openapi["paths"])
    for path, method, operation in operations(openapi):
        for status, response in operation["responses"].items():
            assert "API-Version" in response["headers"], f"{method} {path} {status}"


async def test_paths_are_nouns_in_kebab_case_without_a_slash_at_the_end(openapi: Document) -> None:
    """/core/no-trailing-slash, /core/path-segments-kebab-case, /core/naming-resources."""
    for path in openapi["paths"]:
        assert not path.endswith("/")
        for segment in path.split("/")[2:]:
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*|\{[a-z0-9_]+\}", segment), path
        # No file endings, no verbs before a noun.
        assert not re.search(r"\.(json|xml)$|/(get|create|update|delete|list)-", path), path


async def test_a_collection_is_plural(openapi: Document) -> None:
    """/core/naming-collections: what is followed by an id is a plural noun."""
    for path in openapi["paths"]:
        for collection in re.findall(r"/([a-z-]+)/\{", path):
            assert any(word.endswith("s") for word in collection.split("-")), path


async def test_query_keys_are_as_one_writes_them(openapi: Document) -> None:
    """/core/query-keys-camel-case speaks of camelCase; here all names are those of the models."""
    for path, method, operation in operations(openapi):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                assert re.fullmatch(r"[a-z][a-z0-9_]*", parameter["name"]), f"{method} {path}"


async def test_only_methods_of_http_and_an_error_is_a_problem(openapi: Document) -> None:
    """/core/http-methods, /core/error-handling/problem-details, /core/error-handling/bad-request."""
    for path, method, operation in operations(openapi):
        assert method in METHODS
        assert "422" not in operation["responses"]
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], f"{method} {path} {status}"


async def test_all_that_is_wrong_is_said_together_with_a_400(client: httpx.AsyncClient) -> None:
    """/core/error-handling/input-validation."""
    body = {"category": "vliegen", "minutes": -1, "anders": 1}
    said = is_problem(
        await client.post("/v1/help-requests", json=body, headers=bearer("yara")), 400, "invalid"
    )
    assert len(said["errors"]) == 3


async def test_transport_security_headers(client: httpx.AsyncClient) -> None:
    """/core/transport/security-headers, /core/transport/no-sensitive-uris, /core/transport/cors."""
    response = await client.get("/v1/openapi.json")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_moments_are_said_in_utc(openapi: Document) -> None:
    """/core/date-time/format, /core/date-time/timezone: RFC 3339; what goes out ends in Z."""
    named = [each for each in walk(openapi["components"]) if each.get("format") == "date-time"]
    assert named
    assert all(each["type"] == "string" for each in named)


# OpenAPI


async def test_every_reference_leads_somewhere_and_every_schema_is_one(openapi: Document) -> None:
    for part in walk(openapi):
        if "$ref" in part:
            found: Any = openapi
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/")]
    for schema in openapi["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_every_operation_is_described_and_every_row_of_a_table_is_there(openapi: Document) -> None:
    there = {operation["operationId"] for _, _, operation in operations(openapi)}
    assert {kebab(row.command.__name__) for topic in TOPICS for row in topic.COMMANDS} <= there
    for path, method, operation in operations(openapi):
        assert operation["summary"], f"{method} {path}"
        assert operation["description"], f"{method} {path}"
        assert operation["tags"], f"{method} {path}"
        for response in operation["responses"].values():
            assert response["description"]


async def test_a_referral_may_come_as_json_or_as_an_event_in_either_mode(openapi: Document) -> None:
    operation = openapi["paths"]["/v1/referrals"]["post"]
    assert set(operation["requestBody"]["content"]) == set(cloudevents.MEDIA_TYPES)
    headers = {each["name"]: each for each in operation["parameters"] if each["name"].startswith("ce-")}
    assert set(headers) == {f"ce-{name}" for name in EXAMPLE_EVENT if not name.startswith("data")} | {
        "ce-subject",
        "ce-dataschema",
    }
    assert not any(each["required"] for each in headers.values())
    for name, value in EXAMPLE_EVENT.items():
        if f"ce-{name}" in headers:
            Draft202012Validator(headers[f"ce-{name}"]["schema"]).validate(value)


# AsyncAPI


@pytest.fixture(scope="module")
def messages() -> Document:
    return asyncapi.document("Wederdienst Proef")


async def test_everything_on_the_bus_has_an_address_headers_and_an_example(messages: Document) -> None:
    assert messages["asyncapi"] == "3.0.0"
    for name in (*EVENTS, *COMMANDS, *QUERIES):
        assert messages["channels"][name]["address"].endswith(f".{name}")
        message = messages["components"]["messages"][name]
        assert message["headers"]["properties"]
        assert message["examples"]
    assert {each["address"] for each in messages["channels"].values()} >= {
        "wd.ref.{region}.{team}.in",
        "wd.ref.{region}.{team}.out.FeedbackGiven",
        "wd.ref.{region}.{team}.out.Refused",
        "wd.ref.{region}.{team}.ask",
    }


async def test_every_example_is_what_its_schema_says(messages: Document) -> None:
    kind = validator_for({"$schema": "https://json-schema.org/draft/2020-12/schema"})
    for name, message in messages["components"]["messages"].items():
        schema = {"components": messages["components"], **message["payload"]}
        for each in message["examples"]:
            errors = [error.message for error in kind(schema).iter_errors(each["payload"])]
            assert not errors, f"{name}: {errors}"


@pytest.mark.parametrize("kind", [*COMMANDS.values(), *QUERIES.values()], ids=lambda kind: kind.__name__)
def test_an_example_is_accepted_by_its_model(kind: Any) -> None:
    kind.model_validate(json.loads(json.dumps(example(kind))))


# What is committed


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
def test_the_committed_documents_are_todays(name: str) -> None:
    committed = (write.FOLDER / name).read_text(encoding="utf-8")
    assert committed == write.documents()[name], f"{name} has drifted: run {write.COMMAND}"


# What is served


async def test_all_of_it_is_served_to_anyone(client: httpx.AsyncClient) -> None:
    served = (await client.get("/v1/asyncapi.json")).json()
    assert set(EVENTS) < set(served["channels"])
    listed = (await client.get("/v1/schemas")).json()["schemas"]
    assert {each["name"] for each in listed} >= {schema_name(event) for event in EVENTS.values()}
    for event in EVENTS.values():
        found = await client.get(f"/v1/schemas/{schema_name(event)}")
        assert found.headers["Content-Type"] == "application/schema+json"
        assert found.json() == generate.schema(event)
    for name in generate.TAKEN:
        assert (await client.get(f"/v1/schemas/{name}")).json() == generate.taken_schema(name)
    is_problem(await client.get("/v1/schemas/..%2Fregion"), 404, "not_found")
    is_problem(await client.get("/v1/schemas/anders"), 404, "unknown_schema")


async def test_the_page_names_all_of_it_and_loads_nothing(client: httpx.AsyncClient) -> None:
    page = await client.get("/v1/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    text = page.text
    for operation in TOPICS[0].COMMANDS:
        assert operation.path in text
    for event in EVENTS.values():
        assert f"/v1/schemas/{schema_name(event)}" in text
    assert all(f"/v1/schemas/{name}" in text for name in generate.TAKEN)
    assert not re.search(r"<(script|style|link|img|iframe)|\b(src|style|on\w+)=", text)
    for href in set(re.findall(r'href="(/[^"]+)"', text)):
        assert (await client.get(href)).status_code == 200, href
