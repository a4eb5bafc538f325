"""Referrals as they come in: plain JSON, or a CloudEvent in structured or binary mode (CloudEvents 1.0).

HTTP and NATS carry both modes alike: structured is the whole event as JSON, under the media type
`application/cloudevents+json`; binary has the attributes in headers that begin with `ce-`.
"""

from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from contracts.envelope import CLOUD_EVENT
from contracts.referring import Attribute, NewReferral, ReferralEvent

STRUCTURED = CLOUD_EVENT
JSON = "application/json"
MEDIA_TYPES = (JSON, STRUCTURED)
_PREFIX = "ce-"
_SAYABLE = TypeAdapter[str](Attribute)


def read(body: bytes, headers: Mapping[str, str]) -> ReferralEvent | NewReferral:
    """What was sent. Raises ValidationError with all that is wrong with it; it never quotes the input.

    >>> read(b"nonsense", {"Content-Type": "application/json"})
    Traceback (most recent call last):
    pydantic_core._pydantic_core.ValidationError: ...
    """
    kind, attributes = _headers(headers)
    document = opened(_json(body))
    if attributes and kind != STRUCTURED:
        return ReferralEvent.model_validate({"datacontenttype": kind, **attributes, "data": document})
    if kind == STRUCTURED or (isinstance(document, dict) and "specversion" in document):
        return ReferralEvent.model_validate(document)
    return NewReferral.model_validate(document)


def opened(document: Any) -> Any:
    """The same with its data as JSON, where a sender has it as bytes (JSON format of CloudEvents, 3.1).

    Raises ValidationError.

    >>> opened({"id": "zaak-17", "data_base64": "e30="})
    {'id': 'zaak-17', 'data': {}}
    """
    if not isinstance(document, dict) or "data_base64" not in document:
        return document
    rest = {name: value for name, value in document.items() if name != "data_base64"}
    try:
        data = b64decode(document["data_base64"], validate=True)
    except (TypeError, ValueError):
        raise _no_json() from None
    return {**rest, "data": _json(data)}


def which(body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """The `id` and `source` of what was sent, as far as they can be read and may be said.

    >>> which(b'{"id": "zaak-17", "source": "111222333"}', {})
    {'id': 'zaak-17'}
    """
    kind, said = _headers(headers)
    if not said or kind == STRUCTURED:
        with suppress(orjson.JSONDecodeError):
            said = orjson.loads(body)
    found: dict[str, str] = {}
    for name in ("id", "source"):
        with suppress(ValidationError, AttributeError):
            found[name] = _SAYABLE.validate_python(said.get(name))
    return found


def _headers(headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The media type, and the attributes that are in headers."""
    given = {name.lower(): value for name, value in headers.items()}
    kind = given.get("content-type", JSON).partition(";")[0].strip().lower()
    return kind, {n.removeprefix(_PREFIX): unquote(v) for n, v in given.items() if n.startswith(_PREFIX)}


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _no_json() from None


def _no_json() -> ValidationError:
    wrong = PydanticCustomError("json_invalid", "Dit is geen geldige JSON.")
    return ValidationError.from_exception_data("referral", [{"type": wrong, "loc": (), "input": None}])
