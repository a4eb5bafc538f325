"""The console's pages: server-rendered, with forms, in Dutch, for coordinators, teams and operators.

Everything under it needs a session; every form carries the session's token. What a form
asks for goes over the same desk as the API's commands.
"""

from asyncio import gather
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts.envelope import Actor, Command, Role
from contracts.exchange import CancelMatch, ConfirmMatch
from contracts.members import ApproveMember
from contracts.notifications import ReportDelivery
from contracts.referrals import CancelReferral
from services.coordinator.api.problems import status_of
from services.coordinator.api.statement import CSV, statement_csv
from services.coordinator.console.addresses import (
    LETTERS,
    OPERATING,
    REFER,
    compensation_href,
    member_href,
    request_href,
)
from services.coordinator.console.cases import ALL_POSTED, APPROVED, DONE, DONE_KEY, Case, Row
from services.coordinator.console.compensation import compensations_page
from services.coordinator.console.figures import figures_page
from services.coordinator.console.finding import people_page
from services.coordinator.console.forms import Failed, Form, member_by_number, read, refused
from services.coordinator.console.frame import (
    NotSignedIn,
    StaleForm,
    Unknown,
    shown,
)
from services.coordinator.console.help_request import request_page
from services.coordinator.console.letters import letters_page, sheets
from services.coordinator.console.matched import undo_minutes_left
from services.coordinator.console.operating import operating_page, retry
from services.coordinator.console.refer import read_referral, refer_page
from services.coordinator.console.refer import refused as refused_referral
from services.coordinator.console.referrals import referrals_page
from services.coordinator.console.render import STATIC, render
from services.coordinator.console.session import Session, Sessions, same_token
from services.coordinator.console.statement import period, statement, statement_page, year_page
from services.coordinator.console.today import today
from services.coordinator.console.views import SignInPage, Site
from services.coordinator.console.webhooks import switch
from services.coordinator.desk import Caller, Desk, traceparent
from services.coordinator.keys import Holder
from services.coordinator.outcome import match_seen, outcome
from services.coordinator.referring import refer
from services.kernel.errors import NOT_ALLOWED, Rejected
from services.kernel.service import new_id
from services.kernel.telemetry import deed

WRONG_KEY = (
    "Deze sleutel kennen wij niet als sleutel van een coördinator, sociaal team of beheerder. "
    "Kijk hem na en probeer het opnieuw."
)


FIRST_YEAR, LAST_YEAR = 2000, 2200


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

    def case_id(self, case: Case) -> UUID | None:
        """The id of what the page is about; None for a page that is about everything."""
        return self.id() if case.about_one else None

    @property
    def key(self) -> str:
        """One wish: the form brings a key, so that the same button twice is one."""
        return str(self.form.get("idempotency_key") or new_id())


type Page = Callable[[Visit], Awaitable[Response]]
type Handler = Callable[[Request], Awaitable[Response]]


class Pages:
    """The pages at a desk. Raises Misconfigured when there is no secret to sign sessions with."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sessions = Sessions(desk.region, desk.keys)
        self._static = f"/static/{_static_version()}"

    def site(self, session: Session | None) -> Site:
        holder = session.holder if session else None
        return Site(
            self._desk.region.name,
            holder.label if holder else None,
            operates=holder is not None and holder.actor.role is Role.OPERATOR,
            refers=holder is not None and holder.actor.role is Role.REFERRER,
            has_network=self._desk.region.network is not None,
            home_href=_home(holder),
            home_label=_HOME_LABELS.get(holder.actor.role, "Vandaag") if holder is not None else "",
            static_href=self._static,
        )

    def signed_in(self, page: Page, role: Role = Role.COORDINATOR) -> Handler:
        """`page` for those who are signed in with this role; a form must carry their session's token.

        Who runs the region sees nothing about people, and who works with people not how it runs.
        """

        async def handle(request: Request) -> Response:
            session = self._sessions.of(request)
            if session is None or session.holder is None:
                raise NotSignedIn
            request.state.site = self.site(session)
            request.state.csrf = session.csrf
            if session.holder.actor.role is not role:
                if request.method == "POST":
                    raise Rejected(NOT_ALLOWED.code, NOT_ALLOWED.nl, NOT_ALLOWED.en)
                return RedirectResponse(_home(session.holder), 303)
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
            return RedirectResponse(_home(signed_in.holder), 303)
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
        who = session.holder.actor if session.holder else "unknown"
        result = "done" if session.holder else "unknown_key"
        deed("sign_in", actor=who, object=session.id[:6], result=result, origin="console")
        if session.holder is None:
            return self._sign_in_form(request, WRONG_KEY)
        response = RedirectResponse(_home(session.holder), 303)
        self._sessions.keep(session, request, response)
        return response

    async def sign_out(self, request: Request) -> Response:
        session = self._sessions.of(request)
        form = await request.form()
        if session is not None and not same_token(session, form.get("csrf")):
            raise StaleForm
        if session is not None and session.holder is not None:
            deed("sign_out", actor=session.holder.actor, object=session.id[:6], origin="console")
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

    async def referrals(self, visit: Visit) -> Response:
        return shown(visit.request, "referrals.html", await referrals_page(self._desk, visit.actor))

    async def refer_page(self, visit: Visit) -> Response:
        """Empty; after one was sent with what becomes of it."""
        asked = visit.request.query_params
        done = _uuid(asked[DONE_KEY]) if DONE_KEY in asked else None
        page = await refer_page(self._desk, visit.actor, str(new_id()), done=done)
        return shown(visit.request, "refer.html", page)

    async def refer(self, visit: Visit) -> Response:
        """The form: sent, or the page again with what was typed and what is wrong."""
        asked, typed, wrong = read_referral(visit.form)
        status = 400
        if asked is not None:
            caller = Caller(visit.actor, visit.request.state.correlation_id)
            try:
                made = await refer(self._desk, asked, caller, key=f"console/{visit.key}")
                return RedirectResponse(f"{REFER}?{DONE_KEY}={made.referral_id}", 303)
            except Rejected as no:
                status, wrong = status_of(no.refusal.code), refused_referral(no.refusal)
        page = await refer_page(self._desk, visit.actor, visit.key, typed=typed, said=wrong)
        return shown(visit.request, "refer.html", page, status)

    async def take_back(self, visit: Visit) -> Response:
        """A team takes its own referral back, or reads why not."""
        caller = Caller(visit.actor, visit.request.state.correlation_id)
        try:
            await self._desk.send(CancelReferral(referral_id=visit.id()), caller)
        except Rejected as no:
            page = await refer_page(self._desk, visit.actor, str(new_id()), said={"": no.refusal.nl})
            return shown(visit.request, "refer.html", page, status_of(no.refusal.code))
        return RedirectResponse(f"{REFER}?{DONE_KEY}={visit.id()}", 303)

    async def find(self, visit: Visit) -> Response:
        """Who is called this; straight on to them, where it is one."""
        words = str(visit.form.get("zoek") or "").split()
        typed = " ".join(filter(str.isprintable, words))
        page = await people_page(self._desk, visit.actor, typed=typed)
        if len(page.lines) == 1:
            return RedirectResponse(page.lines[0].href, 303)
        return shown(visit.request, "people.html", page, 400 if page.error else 200)

    async def letters(self, visit: Visit) -> Response:
        done = DONE.get(visit.request.query_params.get(DONE_KEY, ""))
        page = await letters_page(self._desk, visit.actor, done=done)
        return shown(visit.request, "letters.html", page)

    async def sheets(self, visit: Visit) -> Response:
        page = await sheets(self._desk, visit.actor)
        return shown(visit.request, "sheets.html", page, idempotency_key=str(new_id()))

    async def all_posted(self, visit: Visit) -> Response:
        """The letters that were printed together are posted. One that needs it no more is passed over."""

        async def posted(message_id: UUID) -> None:
            with suppress(Rejected):
                command = ReportDelivery(message_id=message_id, reached=True)
                await self._send(visit, command, f"{visit.key}/{message_id}")

        await gather(*(posted(_uuid(one)) for one in visit.form.getlist("letter")))
        return RedirectResponse(f"{LETTERS}?{DONE_KEY}={ALL_POSTED}", 303)

    async def statement(self, visit: Visit) -> Response:
        asked = visit.request.query_params
        page = await statement_page(self._desk, visit.actor, visit.id(), asked.get("van"), asked.get("tot"))
        return shown(visit.request, "statement.html", page, 400 if page.error else 200)

    async def statement_table(self, visit: Visit) -> Response:
        asked = visit.request.query_params
        begin, end, _ = period(asked.get("van"), asked.get("tot"))
        found = await statement(self._desk, visit.actor, visit.id(), begin, end)
        name = f"rekening-{begin}-{end}.csv"
        return Response(
            statement_csv(found),
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
            media_type=CSV,
        )

    async def figures(self, visit: Visit) -> Response:
        return shown(visit.request, "figures.html", await figures_page(self._desk, visit.actor))

    async def operating(self, visit: Visit) -> Response:
        done = visit.request.query_params.get(DONE_KEY)
        page = await operating_page(self._desk, visit.actor, done=done)
        return shown(visit.request, "operating.html", page)

    async def retry(self, visit: Visit) -> Response:
        """Try a parked lane again, then show what is left."""
        service = visit.request.path_params["service"]
        if service not in self._desk.region.services:
            raise Unknown
        done = await retry(self._desk, visit.actor, service, visit.id("lane"))
        return RedirectResponse(f"{OPERATING}?{DONE_KEY}={done}#geparkeerd", 303)

    async def webhook(self, visit: Visit) -> Response:
        """Stop sending to a team's endpoint, or begin again."""
        caller = Caller(visit.actor, visit.request.state.correlation_id)
        done = await switch(self._desk, caller, visit.id(), str(visit.form.get("actie")))
        return RedirectResponse(f"{OPERATING}?{DONE_KEY}={done}#webhooks", 303)

    async def compensations(self, visit: Visit) -> Response:
        """All helpers of a year; with `?nummer=` on to the page of one."""
        asked = visit.request.query_params
        number = asked.get("nummer")
        member_id = await member_by_number(self._desk, number) if number is not None else None
        if member_id is not None:
            return RedirectResponse(compensation_href(member_id), 303)
        page = await compensations_page(
            self._desk, visit.actor, asked.get("jaar"), asked.get("blad"), number=number
        )
        return shown(visit.request, "compensations.html", page, 400 if page.error else 200)

    async def year(self, visit: Visit) -> Response:
        year = int(visit.request.path_params["year"])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Unknown
        page = await year_page(self._desk, visit.actor, visit.id(), year)
        return shown(visit.request, "year.html", page)

    def case(self, case: Case) -> Page:
        """A page with forms; after one of them with the word of what was done."""

        async def show(visit: Visit) -> Response:
            asked = visit.request.query_params
            done = case.done(asked.get(DONE_KEY))
            more = {name: asked.get(name) for name in case.asked}
            page = await case.show(self._desk, visit.actor, visit.case_id(case), done, None, **more)
            return shown(visit.request, case.template, page)

        return show

    # ---- forms

    def posted(self, case: Case, form: Form) -> Page:
        """A form of a page: done, and back to the page; or the page again, with what is wrong."""

        async def act(visit: Visit) -> Response:
            entity_id = visit.case_id(case)
            given = await case.given(self._desk, form, entity_id)
            command = await read(form, visit.form, given, self._desk)
            status = 400
            if not isinstance(command, Failed):
                try:
                    if case.first is not None and (before := await case.first(self._desk, command)):
                        await self._send(visit, before, f"{visit.key}/first")
                    made = await self._send(visit, command, visit.key)
                    back = f"{case.href(entity_id)}?{DONE_KEY}={form.id}"
                    return RedirectResponse(form.then.replace("{id}", str(made)) or back, 303)
                except Rejected as no:
                    status = status_of(no.refusal.code)
                    command = refused(form, visit.form, no.refusal)
            page = await case.show(self._desk, visit.actor, entity_id, None, command)
            return shown(visit.request, case.template, page, status)

        return act

    def row_posted(self, row: Row) -> Page:
        """A form of one button: done, and back to the list. Raises Rejected for what does not fit."""

        async def act(visit: Visit) -> Response:
            command = await read(row.form, visit.form, {row.id_field: visit.id(), **row.given}, self._desk)
            if isinstance(command, Failed):
                raise Rejected("invalid", " ".join(command.wrong.values()), "Something is not right.")
            await self._send(visit, command, visit.key)
            return RedirectResponse(f"{row.back}?{DONE_KEY}={row.done_id}", 303)

        return act

    async def confirm(self, visit: Visit) -> Response:
        """The second click: choose this helper, then show what became of it."""
        request_id = visit.id()
        command = ConfirmMatch(
            request_id=request_id,
            offer_id=_uuid(visit.form.get("offer_id")),
            from_now_on="from_now_on" in visit.form,
        )
        try:
            match_id = await self._send(visit, command, visit.key)
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
        return RedirectResponse(f"{member_href(member_id)}?{DONE_KEY}={APPROVED}", 303)

    async def _send(self, visit: Visit, command: Command, key: str) -> UUID:
        """Have a command decided; the same key is the same wish. Returns the command's id."""
        caller = Caller(
            visit.actor,
            visit.request.state.correlation_id,
            traceparent(visit.request.headers.get("traceparent")),
            idempotency_key=f"console/{key}",
            origin="console",
        )
        answer = await self._desk.send(command, caller)
        assert answer.id is not None
        return answer.id


def _home(holder: Holder | None) -> str:
    """The first page of whoever signed in."""
    return _HOMES.get(holder.actor.role, "/") if holder is not None else "/"


_HOMES = {Role.OPERATOR: OPERATING, Role.REFERRER: REFER}
_HOME_LABELS = {Role.OPERATOR: "Toestand", Role.REFERRER: "Doorverwijzen"}


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
