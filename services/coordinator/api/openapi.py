"""The OpenAPI 3.1 document, made from the same models, as the NL API Design Rules want it."""

from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import JSONResponse

from contracts.referring import NewReferral, ReferralEvent
from services.coordinator.api import problems
from services.coordinator.api.edge import OPENAPI_PATH, VERSION
from services.coordinator.api.problems import Problem
from services.kernel.settings import Region

DESCRIPTION = """\
Organised neighbourly help: people, offers, requests for help, matches and hours.

Send your key as `Authorization: Bearer <key>`. A command may carry an `Idempotency-Key`: the same
key with the same body hears the first answer again; with another body it is refused.
Every error is `application/problem+json`, in English and Dutch, with all that is wrong together.
Times are UTC, amounts are whole minutes."""

_PROBLEMS = {
    400: "The message is not right; `errors` says where, all together.",
    401: "The key is missing or unknown.",
    403: "This key may not do this.",
    404: "There is no such thing, or it is not for you.",
    409: "Not possible as things are now; `detail` says what is.",
    413: "More than 64 kB.",
    415: "Not JSON.",
    503: "Not known to have happened; repeat with the same Idempotency-Key after Retry-After.",
}
_ONLY_WITH_BODY = (413, 415)


def add_document(api: FastAPI, region: Region) -> None:
    """Serve the document at `/v1/openapi.json`, to anyone."""
    made = cache(lambda: document(api, region))

    @api.get(OPENAPI_PATH, include_in_schema=False)
    async def openapi_json(request: Request) -> JSONResponse:
        url = str(request.base_url)
        contact = {"name": f"Wederdienst {region.name}", "email": region.mail.sender, "url": url}
        here = {**made(), "servers": [{"url": url.rstrip("/")}]}
        here["info"] = {**here["info"], "contact": contact}
        return JSONResponse(here, headers={"Access-Control-Allow-Origin": "*"})


def document(api: FastAPI, region: Region) -> dict[str, Any]:
    """The document, but for where this API is reached."""
    found = get_openapi(
        title=f"Wederdienst {region.name}",
        version=VERSION,
        openapi_version="3.1.0",
        summary="Neighbourly help in one region.",
        description=DESCRIPTION,
        routes=api.routes,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    parts = found.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for framework in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework, None)
    for model in (Problem, NewReferral, ReferralEvent):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs"))
        schemas[model.__name__] = schema
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    parts["headers"] = {
        "API-Version": {"description": "Of this API.", "schema": {"type": "string", "examples": [VERSION]}},
        "Location": {"description": "Where it can be read.", "schema": {"type": "string"}},
        "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}},
    }
    found["security"] = [{"key": []}]
    for path in found["paths"].values():
        for operation in path.values():
            _complete(operation)
    return found


def _complete(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    # FastAPI adds it by itself; here whatever is wrong is a 400.
    responses.pop("422", None)
    for status, meaning in _PROBLEMS.items():
        if status not in _ONLY_WITH_BODY or "requestBody" in operation:
            responses[str(status)] = {
                "description": meaning,
                "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
    for status, response in responses.items():
        names = ["API-Version", *_HEADERS_OF.get(status, ())]
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


_HEADERS_OF = {"201": ("Location",), "202": ("Location",), "503": ("Retry-After",)}
