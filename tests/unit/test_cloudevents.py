"""How a referral is read: plain JSON, or a CloudEvent in structured or binary mode."""

import json
from base64 import b64encode
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.referring import (
    EXAMPLE,
    REFERRAL_TYPE,
    GivenConsent,
    Need,
    NewReferral,
    ReferralEvent,
    ReferredPerson,
)
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
PACKED = json.dumps({**ATTRIBUTES, "data_base64": b64encode(BODY).decode()}).encode()
UNSET = json.dumps(
    {**ATTRIBUTES, **dict.fromkeys(("time", "subject", "dataschema", "datacontenttype")), "data": EXAMPLE}
).encode()
BINARY = {f"ce-{name}": value for name, value in ATTRIBUTES.items()}


def test_plain_json_is_a_referral_without_an_event_around_it() -> None:
    found = cloudevents.read(BODY, {"Content-Type": "application/json; charset=utf-8"})
    assert found == NewReferral.model_validate(EXAMPLE)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (STRUCTURED, {"Content-Type": "application/cloudevents+json; charset=utf-8"}),
        (STRUCTURED, {}),
        (PACKED, {"Content-Type": "application/cloudevents+json"}),
        (UNSET, {"Content-Type": "application/cloudevents+json"}),
        (STRUCTURED, {"ce-id": "anders", "Content-Type": "application/cloudevents+json"}),
        (BODY, {**BINARY, "Content-Type": "application/json"}),
        (BODY, {name.upper(): value for name, value in BINARY.items()}),
        (BODY, {**BINARY, "ce-id": "zaak%2D17/1"}),
    ],
    ids=[
        "structured",
        "structured, over NATS",
        "structured, its data as bytes",
        "structured, with nulls for what is not said",
        "structured, with headers of something on the way",
        "binary",
        "binary, in capitals",
        "binary, escaped",
    ],
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
        (json.dumps({**ATTRIBUTES, "data_base64": "?"}).encode(), {}, ""),
        (json.dumps({**ATTRIBUTES, "data_base64": 7}).encode(), {}, ""),
        (json.dumps({**ATTRIBUTES, "data_base64": b64encode(b"{").decode()}).encode(), {}, ""),
        (BODY, {**BINARY, "Content-Type": "application/xml"}, "datacontenttype"),
        (BODY, {name: value for name, value in BINARY.items() if name != "ce-id"}, "id"),
        (BODY, {"Content-Type": "application/cloudevents+json"}, "specversion"),
    ],
    ids=[
        "no JSON",
        "no UTF-8",
        "a list",
        "an older version",
        "no bytes",
        "a number for bytes",
        "bytes that are no JSON",
        "XML",
        "without an id",
        "no attributes",
    ],
)
def test_what_is_none_is_refused_where_it_is_wrong_and_never_quoted(
    body: bytes, headers: dict[str, str], where: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        cloudevents.read(body, headers)
    errors = refused.value.errors(include_input=False, include_url=False)
    assert where in {".".join(map(str, error["loc"])) for error in errors}


BSN = "111222333"


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (STRUCTURED, {}, {"id": "zaak-17/1", "source": ATTRIBUTES["source"]}),
        (b"[]", BINARY, {"id": "zaak-17/1", "source": ATTRIBUTES["source"]}),
        (b"\xff", {}, {}),
        (b"[1]", {}, {}),
        (b'{"id": 7, "source": "urn:a"}', {}, {"source": "urn:a"}),
        (json.dumps({"id": BSN, "source": "a" * 201}).encode(), {}, {}),
    ],
    ids=["structured", "binary", "no JSON", "a list", "a number", "what may not be said"],
)
def test_which_event_it_was_is_told_as_far_as_it_can_be_read(
    body: bytes, headers: dict[str, str], said: dict[str, str]
) -> None:
    assert cloudevents.which(body, headers) == said


def _fields(part: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where in an event a string stands."""
    if isinstance(part, dict):
        return [where for name, value in part.items() for where in _fields(value, (*at, name))]
    return [at] if isinstance(part, str) else []


EVERYTHING: dict[str, Any] = {
    **{name: value for name, value in ATTRIBUTES.items() if name in ReferralEvent.model_fields},
    "subject": "zaak",
    "dataschema": "urn:a",
    "datacontenttype": "application/json",
    "data": {
        **EXAMPLE,
        "person": {**EXAMPLE["person"], "email": "jo@voorbeeld.example", "born_on": "1950-05-05"},
        "need": {
            **EXAMPLE["need"],
            "wanted_at": "2030-01-07T09:00:00Z",
            "recurrence": "FREQ=WEEKLY",
            "last_day": "2030-03-01",
        },
    },
}


@pytest.mark.parametrize("where", _fields(EVERYTHING), ids=".".join)
def test_a_bsn_is_refused_in_every_field_and_never_quoted(where: tuple[str, ...]) -> None:
    sent = json.loads(json.dumps(EVERYTHING))
    ReferralEvent.model_validate(sent)
    part = sent
    for name in where[:-1]:
        part = part[name]
    part[where[-1]] = BSN
    with pytest.raises(ValidationError) as refused:
        cloudevents.read(json.dumps(sent).encode(), {})
    assert where in {error["loc"] for error in refused.value.errors()}
    assert BSN not in str(refused.value.errors(include_input=False, include_url=False))


def test_every_field_that_a_team_may_send_is_among_them() -> None:
    names = {name for where in _fields(EVERYTHING) for name in where}
    for model in (ReferralEvent, NewReferral, ReferredPerson, Need, GivenConsent):
        assert set(model.model_fields) - names <= {"member_id", "number", "minutes"}
