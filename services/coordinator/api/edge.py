"""The edge of the API: who asks, how much may be sent, and what every answer carries."""

import time
from collections.abc import Mapping
from uuid import UUID

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.envelope import Refusal
from services.coordinator import cloudevents
from services.coordinator.api.problems import (
    INTERNAL,
    NOT_SIGNED_IN,
    problem,
    unsupported,
)
from services.coordinator.keys import Holder, Keys
from services.kernel.errors import TOO_LARGE
from services.kernel.service import new_id
from services.kernel.telemetry import deed, log

VERSION = "1.0.0"
"""Of the API (NL API Design Rules): in the document and in the header of every answer."""

OPENAPI_PATH = "/v1/openapi.json"
ASYNCAPI_PATH = "/v1/asyncapi.json"
SCHEMAS_PATH = "/v1/schemas"
DOCS_PATH = "/v1/docs"
MAX_BODY_BYTES = 64 * 1024

TAKEN_AT: Mapping[str, tuple[str, ...]] = {"/v1/referrals": cloudevents.MEDIA_TYPES}
"""Where other media types than JSON are taken."""

EVERYWHERE: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every answer, of the API and of the console."""

OF_THE_API: Mapping[str, str] = {
    **EVERYWHERE,
    "API-Version": VERSION,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Edge:
    """ASGI middleware around the API."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = Headers(scope=scope)
        correlation_id = _correlation(headers)
        holder = self._holder(headers)
        scope.setdefault("state", {}).update(correlation_id=correlation_id, holder=holder)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answer = MutableHeaders(scope=message)
                for name, value in OF_THE_API.items():
                    answer.setdefault(name, value)
                answer["X-Correlation-ID"] = str(correlation_id)
            await send(message)

        no = self._refusal(scope, headers, holder)
        if no is NOT_SIGNED_IN:
            deed(
                "api_key",
                actor="unknown",
                object=None,
                result=no.code,
                origin="api",
                correlation=str(correlation_id),
            )
        try:
            if no is not None:
                challenge = {"WWW-Authenticate": "Bearer"} if no is NOT_SIGNED_IN else None
                await problem(no, correlation_id, headers=challenge)(scope, receive, send_with_headers)
            else:
                await self._app(scope, limited(receive), send_with_headers)
        except Exception:
            # Caught here, not in the web server, whose log would quote what someone typed.
            log.exception("request_failed", correlation=str(correlation_id))
            if status == 0:
                await problem(INTERNAL, correlation_id)(scope, receive, send_with_headers)
        route = scope.get("route")
        log.info(
            "request",
            method=scope["method"],
            path=getattr(route, "path", None),
            status=status,
            actor=str(holder.actor) if holder else None,
            correlation=str(correlation_id),
            ms=round(1000 * (time.perf_counter() - began), 1),
        )

    def _holder(self, headers: Headers) -> Holder | None:
        scheme, _, presented = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not presented.strip():
            return None
        return self._keys.holder(presented.strip())

    def _refusal(self, scope: Scope, headers: Headers, holder: Holder | None) -> Refusal | None:
        """Why this request goes no further; None when it may."""
        if holder is None and not _is_public(scope["path"]):
            return NOT_SIGNED_IN
        length = headers.get("Content-Length", "0")
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            return TOO_LARGE
        has_body = length != "0" or "Transfer-Encoding" in headers
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        taken = TAKEN_AT.get(scope["path"], ("application/json",))
        if has_body and scope["method"] in ("POST", "PUT", "PATCH") and kind not in taken:
            return unsupported(*taken)
        return None


def _is_public(path: str) -> bool:
    """The documents are for anyone; all else needs a key."""
    documents = (OPENAPI_PATH, ASYNCAPI_PATH, SCHEMAS_PATH, DOCS_PATH)
    return path in documents or path.startswith(f"{SCHEMAS_PATH}/")


def limited(receive: Receive) -> Receive:
    """`receive` that stops a body of unknown length at the limit."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY_BYTES:
            raise HTTPException(413)
        return message

    return receive_some


def _correlation(headers: Headers) -> UUID:
    """The caller's own X-Correlation-ID when it is a UUID, else a new one."""
    try:
        return UUID(headers["X-Correlation-ID"])
    except (KeyError, ValueError):
        return new_id()
