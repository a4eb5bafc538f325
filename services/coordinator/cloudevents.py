"""Referrals as they come in: plain JSON, or a CloudEvent in structured or binary mode (CloudEvents 1.0).

HTTP and NATS carry both modes alike: structured is the whole event as JSON, under the media type
`application/cloudevents+json`; binary has the attributes in headers that begin with `ce-`.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from contracts.referring import NewReferral, ReferralEvent

STRUCTURED = "application/cloudevents+json"
JSON = "application/json"
MEDIA_TYPES = (JSON, STRUCTURED)
_PREFIX = "ce-"


def read(body: bytes, headers: Mapping[str, str]) -> ReferralEvent | NewReferral:
    """What was sent. Raises ValidationError with all that is wrong with it; it never quotes the input.

    >>> read(b"nonsense", {"Content-Type": "application/json"})
    Traceback (most recent call last):
    pydantic_core._pydantic_core.ValidationError: ...
    """
    given = {name.lower(): value for name, value in headers.items()}
    kind = given.get("content-type", JSON).partition(";")[0].strip().lower()
    document = _json(body)
    attributes = {name.removeprefix(_PREFIX): v for name, v in given.items() if name.startswith(_PREFIX)}
    if attributes:
        read_from = {name: unquote(value) for name, value in attributes.items()}
        return ReferralEvent.model_validate({"datacontenttype": kind, **read_from, "data": document})
    if kind == STRUCTURED or (isinstance(document, dict) and "specversion" in document):
        return ReferralEvent.model_validate(document)
    return NewReferral.model_validate(document)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        wrong = PydanticCustomError("json_invalid", "Dit is geen geldige JSON.")
        raise ValidationError.from_exception_data(
            "referral", [{"type": wrong, "loc": (), "input": None}]
        ) from None
