"""The console's addresses: server-rendered pages and forms, in Dutch, for coordinators.

Everything under it needs a session; every form carries the session's token. What a form
asks for goes over the same desk as the API's commands.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from contracts.envelope import Actor, Command
from contracts.exchange import CancelMatch, ConfirmMatch
from contracts.members import ApproveMember
from services.coordinator.console.frame import (
    HANDLERS,
    Frame,
    NotSignedIn,
    StaleForm,
    Unknown,
    never_changes,
    shown,
)
from services.coordinator.console.help_request import request_page
from services.coordinator.console.matched import undo_minutes_left
from services.coordinator.console.member import member_page
from services.coordinator.console.render import STATIC, render
from services.coordinator.console.session import Session, Sessions, same_token
from services.coordinator.console.today import member_href, request_href, today
from services.coordinator.console.views import SignInPage, Site
from services.coordinator.desk import Caller, Desk
from services.coordinator.outcome import match_seen, outcome
from services.kernel.errors import Rejected
from services.kernel.service import new_id

WRONG_KEY = (
    "Deze sleutel kennen wij niet als sleutel van een coördinator. Kijk hem na en probeer het opnieuw."
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of someone who is signed in. `form` is empty when nothing was posted."""

    request: Request
    session: Session
    actor: Actor
    form: FormData

    def id(self, name: str = "id") -> UUID:
        """An id out of the address. Raises Unknown for what is none."""
        return _uuid(self.request.path_params[name])


def console(desk: Desk) -> Starlette:
    """The console at a desk. Raises Misconfigured when there is no secret to sign sessions with."""
    pages = _Pages(desk)
    return Starlette(
        routes=[
            Route("/inloggen", pages.sign_in_page, methods=["GET"]),
            Route("/inloggen", pages.sign_in, methods=["POST"]),
            Route("/uitloggen", pages.sign_out, methods=["POST"]),
            Route("/", pages.signed_in(pages.today), methods=["GET"]),
            Route("/hulpvragen/{id}", pages.signed_in(pages.request), methods=["GET"]),
            Route("/hulpvragen/{id}/koppelingen", pages.signed_in(pages.confirm), methods=["POST"]),
            Route(
                "/hulpvragen/{id}/koppelingen/{match}/afzegging",
                pages.signed_in(pages.undo),
                methods=["POST"],
            ),
            Route("/deelnemers/{id}", pages.signed_in(pages.member), methods=["GET"]),
            Route("/deelnemers/{id}/goedkeuring", pages.signed_in(pages.approve), methods=["POST"]),
            Mount("/static/{version}", never_changes(StaticFiles(directory=STATIC))),
        ],
        middleware=[Middleware(Frame, site=pages.site(None))],
        exception_handlers=HANDLERS,
    )


type Page = Callable[[Visit], Awaitable[Response]]
type Handler = Callable[[Request], Awaitable[Response]]


class _Pages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sessions = Sessions(desk.region, desk.keys)
        self._static = f"/static/{_static_version()}"

    def site(self, session: Session | None) -> Site:
        holder = session.holder if session else None
        return Site(self._desk.region.name, holder.label if holder else None, static_href=self._static)

    def signed_in(self, page: Page) -> Handler:
        """`page` for those who are signed in; a form must carry their session's token."""

        async def handle(request: Request) -> Response:
            session = self._sessions.of(request)
            if session is None or session.holder is None:
                raise NotSignedIn
            request.state.site = self.site(session)
            request.state.csrf = session.csrf
            form = await request.form() if request.method == "POST" else FormData()
            if request.method == "POST" and not same_token(session, form.get("csrf")):
                raise StaleForm
            return await page(Visit(request, session, session.holder.actor, form))

        return handle

    # ---- signing in and out

    async def sign_in_page(self, request: Request) -> Response:
        return self._sign_in_form(request)

    def _sign_in_form(self, request: Request, error: str | None = None) -> Response:
        signed_in = self._sessions.of(request)
        if error is None and signed_in is not None and signed_in.holder is not None:
            # A link from elsewhere must not sign anyone out.
            return RedirectResponse("/", 303)
        session = self._sessions.begin()
        html = render(
            "sign_in.html", site=self.site(None), page=SignInPage("/inloggen", error), csrf=session.csrf
        )
        response = HTMLResponse(html, 400 if error else 200)
        self._sessions.keep(session, request, response)
        return response

    async def sign_in(self, request: Request) -> Response:
        before = self._sessions.of(request)
        form = await request.form()
        if before is None or not same_token(before, form.get("csrf")):
            return self._sign_in_form(request, "Deze bladzijde stond te lang open. Probeer het nog eens.")
        presented = form.get("key")
        session = self._sessions.begin(presented.strip() if isinstance(presented, str) else None)
        if session.holder is None:
            return self._sign_in_form(request, WRONG_KEY)
        response = RedirectResponse("/", 303)
        self._sessions.keep(session, request, response)
        return response

    async def sign_out(self, request: Request) -> Response:
        session = self._sessions.of(request)
        form = await request.form()
        if session is not None and not same_token(session, form.get("csrf")):
            raise StaleForm
        response = RedirectResponse("/inloggen", 303)
        self._sessions.end(response)
        return response

    # ---- pages

    async def today(self, visit: Visit) -> Response:
        page = await today(self._desk, visit.actor, visit.request.query_params.get("soort"))
        return shown(visit.request, "today.html", page)

    async def request(self, visit: Visit) -> Response:
        """With `?helper=` the first click; with `?koppeling=` what became of the second."""
        asked = visit.request.query_params
        tried = _uuid(asked["koppeling"]) if "koppeling" in asked else None
        page = await request_page(
            self._desk, visit.actor, visit.id(), helper=asked.get("helper"), tried=tried
        )
        return shown(visit.request, "request.html", page, idempotency_key=str(new_id()))

    async def member(self, visit: Visit) -> Response:
        just_approved = "goedgekeurd" in visit.request.query_params
        page = await member_page(self._desk, visit.actor, visit.id(), just_approved=just_approved)
        return shown(visit.request, "member.html", page)

    # ---- forms

    async def confirm(self, visit: Visit) -> Response:
        """The second click: choose this helper, then show what became of it."""
        request_id = visit.id()
        command = ConfirmMatch(request_id=request_id, offer_id=_uuid(visit.form.get("offer_id")))
        try:
            match_id = await self._send(visit, command, str(visit.form.get("idempotency_key") or new_id()))
        except Rejected as no:
            page = await request_page(self._desk, visit.actor, request_id, refused=no.refusal.nl)
            return shown(visit.request, "request.html", page, 409, idempotency_key=str(new_id()))
        await outcome(self._desk, match_id)
        return RedirectResponse(f"{request_href(request_id)}?koppeling={match_id}", 303)

    async def undo(self, visit: Visit) -> Response:
        """Call off a match of a quarter of an hour ago at most."""
        request_id, match_id = visit.id(), visit.id("match")
        match = await match_seen(self._desk, match_id)
        if match is None or match.request_id != request_id:
            raise Unknown
        if undo_minutes_left(match):
            await self._send(visit, CancelMatch(match_id=match_id), str(match_id))
        return RedirectResponse(request_href(request_id), 303)

    async def approve(self, visit: Visit) -> Response:
        member_id = visit.id()
        await self._send(visit, ApproveMember(member_id=member_id), str(member_id))
        return RedirectResponse(f"{member_href(member_id)}?goedgekeurd", 303)

    async def _send(self, visit: Visit, command: Command, key: str) -> UUID:
        """Have a command decided; the same key is the same wish. Returns the command's id."""
        caller = Caller(visit.actor, visit.request.state.correlation_id, idempotency_key=f"console/{key}")
        answer = await self._desk.send(command, caller)
        assert answer.id is not None
        return answer.id


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise Unknown from None


def _static_version() -> str:
    """Changes with the files: their addresses may be kept for ever."""
    digest = sha256()
    for file in sorted(STATIC.glob("*.*")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
