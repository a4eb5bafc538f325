"""What all pages of the console share: headers, and what a person sees when something goes wrong."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.coordinator.api.edge import EVERYWHERE, MAX_BODY_BYTES, limited
from services.coordinator.api.problems import AWAY, status_of
from services.coordinator.console.render import render
from services.coordinator.console.views import ProblemPage, Site
from services.kernel.errors import Rejected
from services.kernel.service import new_id
from services.kernel.telemetry import log

OF_THE_CONSOLE: Mapping[str, str] = {
    **EVERYWHERE,
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}


class NotSignedIn(Exception):
    """Nobody is signed in in this browser."""


class StaleForm(Exception):
    """The form's token is not this session's."""


class Unknown(Exception):
    """There is nothing at this address."""


class Frame:
    """ASGI middleware around the console: headers, a limit on forms, and the last resort."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        correlation_id = new_id()
        scope.setdefault("state", {}).update(correlation_id=correlation_id, site=self._site, csrf="")
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                answer = MutableHeaders(scope=message)
                for name, value in OF_THE_CONSOLE.items():
                    answer.setdefault(name, value)
            await send(message)

        request = Request(scope)
        try:
            length = Headers(scope=scope).get("Content-Length", "0")
            if length.isdigit() and int(length) > MAX_BODY_BYTES:
                response = await http_error(request, HTTPException(413))
                await response(scope, receive, send_with_headers)
            else:
                await self._app(scope, limited(receive), send_with_headers)
        except Exception:
            # Caught here, not in the web server, whose log would quote what someone typed.
            log.exception("page_failed", correlation=str(correlation_id))
            if not begun:
                await _problem(request, BROKEN, 500)(scope, receive, send_with_headers)


def never_changes(files: ASGIApp) -> ASGIApp:
    """Static files under an address that changes with them: a browser may keep them for a year."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_to_keep(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message)["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        await files(scope, receive, send_to_keep)

    return serve


def shown(request: Request, template: str, page: object | None, status: int = 200, **more: str) -> Response:
    """A page as HTML. Raises Unknown for None."""
    if page is None:
        raise Unknown
    state = request.state
    return HTMLResponse(render(template, site=state.site, csrf=state.csrf, page=page, **more), status)


# What a person sees when something goes wrong

UNKNOWN = ProblemPage(
    "Deze bladzijde is er niet",
    "Misschien is de link oud, of is wat u zoekt er niet meer.",
    ("Kijk op uw eerste bladzijde of u het daar vindt.",),
)
STALE = ProblemPage(
    "Dit formulier is verlopen",
    "De bladzijde stond te lang open, of u logde intussen opnieuw in. Er is niets veranderd.",
    ("Open de bladzijde opnieuw en probeer het nog eens.",),
)
NOT_NOW = ProblemPage(
    "Dit lukt nu even niet",
    "Een deel van het systeem antwoordt niet. Wat al vaststond, staat nog steeds vast.",
    ("Wacht een minuut en probeer het opnieuw.", "Blijft het zo? Bel de beheerder."),
)
TOO_LARGE = ProblemPage("Dit is te veel in één keer", "Een formulier mag hoogstens 64 kB groot zijn.")
BROKEN = ProblemPage(
    "Er ging bij ons iets mis",
    "Dat ligt niet aan u.",
    ("Open de bladzijde opnieuw: staat uw wijziging er?", "Staat die er niet? Meld het aan de beheerder."),
)


def _problem(request: Request, page: ProblemPage, status: int) -> Response:
    state = request.state
    reference = str(state.correlation_id) if status >= 500 else ""
    page = replace(page, reference=reference)
    return HTMLResponse(render("problem.html", site=state.site, csrf=state.csrf, page=page), status)


async def not_signed_in(request: Request, _: Exception) -> Response:
    return RedirectResponse("/inloggen", 303)


async def stale(request: Request, _: Exception) -> Response:
    return _problem(request, STALE, 403)


async def unknown(request: Request, _: Exception) -> Response:
    return _problem(request, UNKNOWN, 404)


async def http_error(request: Request, error: HTTPException) -> Response:
    page = {404: UNKNOWN, 405: UNKNOWN, 413: TOO_LARGE}.get(error.status_code, BROKEN)
    return _problem(request, page, error.status_code)


async def refused(request: Request, no: Rejected) -> Response:
    status = status_of(no.refusal.code)
    return _problem(request, ProblemPage("Dit kan nu niet", no.refusal.nl), status)


async def away(request: Request, _: Exception) -> Response:
    return _problem(request, NOT_NOW, 503)


HANDLERS: Mapping[Any, Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    NotSignedIn: not_signed_in,
    StaleForm: stale,
    Unknown: unknown,
    HTTPException: http_error,
    Rejected: refused,
    **dict.fromkeys(AWAY, away),
}
