"""Every error of the API as `application/problem+json` (RFC 9457), and which status it has.

Nothing a client sent is repeated in a problem: it names fields and says what to do.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

import asyncpg
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from contracts import wrong
from contracts.envelope import Refusal
from services.kernel.errors import TOO_LARGE, Rejected, Transient

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one field: `minutes`, `circle.3`; empty for the message as a whole."""

    field: str
    message: str
    message_nl: str


class Problem(BaseModel):
    """RFC 9457, with a stable `code`, the same in Dutch, and all that is wrong with the input."""

    type: str = Field(examples=["urn:wederdienst:problem:invalid"])
    title: str = Field(examples=["Bad Request"])
    status: int = Field(ge=400, le=599)
    detail: str
    detail_nl: str
    code: str = Field(examples=["invalid"])
    instance: str = Field(description="This occurrence: mention it when you ask for help.")
    errors: list[FieldProblem] = []


STATUS_OF: dict[str, int] = {
    "invalid": 400,
    "bsn": 400,
    "control_characters": 400,
    "unstorable": 400,
    "unknown_postcode": 400,
    "unknown_category": 400,
    "period_backwards": 400,
    "from_the_future": 400,
    "no_cloudevent": 400,
    "not_signed_in": 401,
    "not_allowed": 403,
    "not_yours": 403,
    "not_theirs": 403,
    "not_your_source": 403,
    "other_area": 403,
    "whole_region": 403,
    "not_the_handler": 403,
    "may_not_act": 403,
    "no_contact": 404,
    "no_transfer": 404,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_large": 413,
    "unsupported_media_type": 415,
    "internal": 500,
    "unavailable": 503,
}
"""Status by a refusal's code; see `status_of` for what is not here."""


def status_of(code: str) -> int:
    """The status of a refusal: what is unknown is not found, and the rest is a conflict with how things are.

    >>> status_of("unknown_series"), status_of("unknown_postcode"), status_of("below_floor")
    (404, 400, 409)
    """
    return STATUS_OF.get(code, 404 if code.startswith("unknown_") else 409)


_MAY_NOT_BE_KEPT = ("bsn", "control_characters")
"""What is wrong with a text that we may or can not keep: that is said first, with a code of its own."""

_INVALID = ("Er klopt iets niet. Kijk de genoemde velden na.", "Something is not right. Check these fields.")

NOT_SIGNED_IN = Refusal(
    code="not_signed_in",
    nl="Deze sleutel kennen wij niet. Stuur een geldige sleutel mee in Authorization: Bearer.",
    en="We do not know this key. Send a valid key in Authorization: Bearer.",
)
NOT_FOUND = Refusal(
    code="not_found",
    nl="Dit adres kennen wij niet. Kijk in /v1/openapi.json wat er is.",
    en="We do not know this address. See /v1/openapi.json for what there is.",
)
METHOD_NOT_ALLOWED = Refusal(
    code="method_not_allowed",
    nl="Dit kan niet op dit adres. De header Allow zegt wat wel kan.",
    en="This is not possible at this address. The Allow header says what is.",
)


def unsupported(*taken: str) -> Refusal:
    """Another media type than those that are taken there."""
    return Refusal(
        code="unsupported_media_type",
        nl=f"Stuur JSON, met Content-Type: {' of '.join(taken)}.",
        en=f"Send JSON, with Content-Type: {' or '.join(taken)}.",
    )


UNREADABLE = Refusal(
    code="invalid",
    nl="Dit kunnen wij niet lezen. Stuur geldige JSON in UTF-8.",
    en="We cannot read this. Send valid JSON in UTF-8.",
)
INTERNAL = Refusal(
    code="internal",
    nl="Er ging bij ons iets mis. Probeer het met dezelfde Idempotency-Key opnieuw, of meld het.",
    en="Something went wrong on our side. Try again with the same Idempotency-Key, or tell us.",
)
UNAVAILABLE = Refusal(
    code="unavailable",
    nl="Dit lukt nu even niet. Probeer het zo opnieuw, met dezelfde Idempotency-Key.",
    en="This does not work right now. Try again shortly, with the same Idempotency-Key.",
)

_BY_STATUS: dict[int, Refusal] = {
    400: UNREADABLE,
    401: NOT_SIGNED_IN,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
    415: unsupported("application/json"),
}


def problem_of(no: Refusal, correlation_id: UUID, errors: Iterable[FieldProblem] = ()) -> Problem:
    """A refusal as a problem."""
    status = status_of(no.code)
    return Problem(
        type=f"urn:wederdienst:problem:{no.code.replace('_', '-')}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=no.en,
        detail_nl=no.nl,
        code=no.code,
        instance=f"urn:uuid:{correlation_id}",
        errors=list(errors),
    )


def problem(
    no: Refusal,
    correlation_id: UUID,
    *,
    errors: Iterable[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal as a response."""
    body = problem_of(no, correlation_id, errors)
    return Response(body.model_dump_json(), body.status, headers, MEDIA_TYPE)


def _correlation(request: Request) -> UUID:
    found: UUID = request.state.correlation_id
    return found


async def refused(request: Request, no: Rejected) -> Response:
    """A final no of a service. What is wrong with a message comes field by field in its facts."""
    return problem(no.refusal, _correlation(request))


async def invalid(request: Request, error: RequestValidationError) -> Response:
    no, errors = field_problems(error.errors())
    return problem(no, _correlation(request), errors=errors)


def field_problems(found: Sequence[Any]) -> tuple[Refusal, list[FieldProblem]]:
    """All that does not fit the contract, together: what is said first, and each field."""
    said = [(each["type"], _field(each), *wrong.words(each)) for each in found]
    errors = [FieldProblem(field=field, message=en, message_nl=nl) for _, field, nl, en in said]
    code, nl, en = next(
        ((kind, nl, en) for kind, _, nl, en in said if kind in _MAY_NOT_BE_KEPT), ("invalid", *_INVALID)
    )
    return Refusal(code=code, nl=nl, en=en), errors


def _field(error: Mapping[str, object]) -> str:
    """Where it is wrong, as the client knows it: without `body` or `path` in front."""
    where = error["loc"]
    assert isinstance(where, tuple)
    if error["type"] == "json_invalid":
        return ""
    return ".".join(str(part) for part in where if part not in ("body", "path", "query", "header"))


async def http_error(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses: unknown paths, other methods, unreadable bodies."""
    no = _BY_STATUS.get(error.status_code, INTERNAL)
    headers = {"Allow": _methods(request)} if error.status_code == 405 else error.headers
    return problem(no, _correlation(request), headers=headers)


def _methods(request: Request) -> str:
    """What is possible at this path; the framework itself names the first route only."""
    here = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in here for method in route.methods or ()}))


async def away(request: Request, error: Exception) -> Response:
    """A service or the database does not answer now: nothing is known to have happened."""
    after_ms = error.retry_after_ms if isinstance(error, Transient) else Transient.retry_after_ms
    seconds = max(1, round(after_ms / 1000))
    return problem(UNAVAILABLE, _correlation(request), headers={"Retry-After": str(seconds)})


AWAY: tuple[type[Exception], ...] = (
    Transient,
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""A service or the database does not answer, or not in time."""

HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    Rejected: refused,
    RequestValidationError: invalid,
    HTTPException: http_error,
    **dict.fromkeys(AWAY, away),
}
"""Which exception becomes which problem. Anything else is a 500, see `edge`."""
