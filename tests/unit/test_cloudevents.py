"""How a referral is read: plain JSON, or a CloudEvent in structured or binary mode."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.referring import EXAMPLE, REFERRAL_TYPE, NewReferral, ReferralEvent
from services.coordinator import cloudevents

ATTRIBUTES: dict[str, Any] = {
    "specversion": "1.0",
    "id": "zaak-17/1",
    "source": "urn:nld:oin:00000001234567890000:systeem:zaken",
    "type": REFERRAL_TYPE,
    "time": "2026-11-30T09:00:00Z",
    "comextension": "of theirs",
}
STRUCTURED = json.dumps({**ATTRIBUTES, "data": EXAMPLE}).encode()
BODY = json.dumps(EXAMPLE).encode()
BINARY = {f"ce-{name}": value for name, value in ATTRIBUTES.items()}


def test_plain_json_is_a_referral_without_an_event_around_it() -> None:
    found = cloudevents.read(BODY, {"Content-Type": "application/json; charset=utf-8"})
    assert found == NewReferral.model_validate(EXAMPLE)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (STRUCTURED, {"Content-Type": "application/cloudevents+json; charset=utf-8"}),
        (STRUCTURED, {}),
        (BODY, {**BINARY, "Content-Type": "application/json"}),
        (BODY, {name.upper(): value for name, value in BINARY.items()}),
        (BODY, {**BINARY, "ce-id": "zaak%2D17/1"}),
    ],
    ids=["structured", "structured, over NATS", "binary", "binary, in capitals", "binary, escaped"],
)
def test_both_modes_are_the_same_event(body: bytes, headers: dict[str, str]) -> None:
    found = cloudevents.read(body, headers)
    assert isinstance(found, ReferralEvent)
    assert found.key == f"{ATTRIBUTES['source']} zaak-17/1"
    assert found.data == NewReferral.model_validate(EXAMPLE)


@pytest.mark.parametrize(
    ("body", "headers", "where"),
    [
        (b"{", {}, ""),
        (b"\xff", {}, ""),
        (b"[]", {}, ""),
        (STRUCTURED.replace(b'"1.0"', b'"0.3"'), {}, "specversion"),
        (BODY, {**BINARY, "Content-Type": "application/xml"}, "datacontenttype"),
        (BODY, {name: value for name, value in BINARY.items() if name != "ce-id"}, "id"),
        (BODY, {"Content-Type": "application/cloudevents+json"}, "specversion"),
    ],
    ids=["no JSON", "no UTF-8", "a list", "an older version", "XML", "without an id", "no attributes"],
)
def test_what_is_none_is_refused_where_it_is_wrong_and_never_quoted(
    body: bytes, headers: dict[str, str], where: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        cloudevents.read(body, headers)
    errors = refused.value.errors(include_input=False, include_url=False)
    assert where in {".".join(map(str, error["loc"])) for error in errors}
