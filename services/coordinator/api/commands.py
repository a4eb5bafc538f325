"""The commands of the API: one row each, from method and path to the contract's command.

The body is the command as JSON, without the id in the path. Members may leave out which
member it is about: their key says so. What happens next is in `desk.py`.
"""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette.responses import Response

from contracts.access import MAY
from contracts.catalogue import HANDLED_BY, kebab
from contracts.envelope import Answer, Command, Role
from contracts.exchange import (
    CancelMatch,
    ConfirmMatch,
    PostOffer,
    ReportMinutes,
    RequestHelp,
    WithdrawOffer,
    WithdrawRequest,
)
from contracts.ledger import TransferCredit
from contracts.members import ApproveMember, ChangeCapacity, DeclineMember, RegisterMember
from services.coordinator.api.shapes import ConfirmedMatch, Done
from services.coordinator.desk import Caller, Desk, traceparent
from services.coordinator.outcome import WHY_NOT, outcome
from services.kernel.errors import Rejected

IDEMPOTENCY_KEY = Header(
    alias="Idempotency-Key",
    min_length=1,
    max_length=200,
    description="Made up by you, one per wish. The same key with the same body hears the first answer again.",
)


def caller(request: Request, idempotency_key: Annotated[str | None, IDEMPOTENCY_KEY] = None) -> Caller:
    """Who sends a command, out of what the edge found."""
    return Caller(
        request.state.holder.actor,
        request.state.correlation_id,
        traceparent(request.headers.get("traceparent")),
        idempotency_key,
    )


# How a command's answer becomes a response


async def made(desk: Desk, route: "Route", command: Command, answer: Answer) -> Response:
    """Something new: its id is the command's id."""
    assert answer.id is not None
    where = {"Location": route.location.format(id=answer.id)} if route.location else None
    return JSONResponse(_done(answer.id, command, answer), 201, where)


async def changed(desk: Desk, route: "Route", command: Command, answer: Answer) -> Response:
    """Something that was there is otherwise now; its id is in the path."""
    return JSONResponse(_done(getattr(command, route.ids[0]), command, answer))


async def gone(desk: Desk, route: "Route", command: Command, answer: Answer) -> Response:
    return Response(status_code=204)


async def confirmed(desk: Desk, route: "Route", command: Command, answer: Answer) -> Response:
    """A match is reserved first; whether it stands is known when the ledger has answered.

    The body holds what does not change any more, so that a repeat hears the same.
    """
    assert answer.id is not None
    where = {"Location": route.location.format(id=answer.id)}
    match = await outcome(desk, answer.id)
    if match is None:
        return JSONResponse(_done(answer.id, command, answer), 202, where)
    if match.confirmed_at is None:
        no = WHY_NOT[match.reason or "no_answer"]
        raise Rejected(no.code, no.nl, no.en)
    stands = {name: getattr(match, name) for name in ConfirmedMatch.model_fields}
    stands["status"] = "confirmed"
    return JSONResponse(ConfirmedMatch(**stands).model_dump(mode="json"), 201, where)


def _done(id: UUID, command: Command, answer: Answer) -> Any:
    done = Done(id=id, service=HANDLED_BY[type(command)], position=answer.position)
    return done.model_dump(mode="json")


type Respond = Callable[[Desk, Route, Command, Answer], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table. `location`: where what was made can be read."""

    method: Literal["POST", "PUT", "DELETE"]
    path: str
    command: type[Command]
    respond: Respond
    summary: str
    tag: str
    location: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """Fields of the command that are in the path."""
        return tuple(name for name in self.command.model_fields if f"{{{name}}}" in self.path)

    @property
    def own(self) -> str | None:
        """The field that members may leave out, because it can only be themselves."""
        field = MAY[self.command.__name__].get(Role.MEMBER)
        return field if field in self.command.model_fields and field not in self.ids else None


TABLE: tuple[Route, ...] = (
    Route("POST", "/v1/members", RegisterMember, made, "Sign someone up", "members", "/v1/members/{id}"),
    Route(
        "POST", "/v1/members/{member_id}/approvals", ApproveMember, changed, "Let them take part", "members"
    ),
    Route(
        "POST", "/v1/members/{member_id}/declinations", DeclineMember, changed, "Say no for now", "members"
    ),
    Route(
        "PUT",
        "/v1/members/{member_id}/capacity",
        ChangeCapacity,
        changed,
        "Help more or less a week",
        "members",
    ),
    Route("POST", "/v1/offers", PostOffer, made, "Offer help", "offers", "/v1/offers/{id}"),
    Route("DELETE", "/v1/offers/{offer_id}", WithdrawOffer, gone, "Withdraw an offer", "offers"),
    Route(
        "POST",
        "/v1/help-requests",
        RequestHelp,
        made,
        "Ask for help",
        "help-requests",
        "/v1/help-requests/{id}",
    ),
    Route(
        "DELETE",
        "/v1/help-requests/{request_id}",
        WithdrawRequest,
        gone,
        "Withdraw a request",
        "help-requests",
    ),
    Route("POST", "/v1/matches", ConfirmMatch, confirmed, "Choose a helper", "matches", "/v1/matches/{id}"),
    Route("DELETE", "/v1/matches/{match_id}", CancelMatch, gone, "Call a match off", "matches"),
    Route(
        "POST", "/v1/matches/{match_id}/minutes", ReportMinutes, changed, "Say how long it took", "matches"
    ),
    Route("POST", "/v1/transfers", TransferCredit, made, "Give minutes to someone", "accounts"),
)

# Whose it is, where a coordinator withdraws something for someone.
_OWNER: dict[type[Command], str] = {
    WithdrawOffer: "SELECT member_id FROM offers_seen WHERE offer_id = $1",
    WithdrawRequest: "SELECT member_id FROM requests_seen WHERE request_id = $1",
}


class Endpoint:
    """A row of the table as FastAPI wants it: a callable that says which parameters it takes."""

    def __init__(self, desk: Desk, route: Route) -> None:
        self._desk = desk
        self._route = route
        kinds: dict[str, Any] = dict.fromkeys(route.ids, UUID)
        if route.method != "DELETE" and (body := body_of(route)) is not None:
            kinds["body"] = body
        kinds["caller"] = Annotated[Caller, Depends(caller)]
        self.__signature__ = inspect.Signature(
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind)
                for name, kind in kinds.items()
            ]
        )

    async def __call__(self, *, caller: Caller, body: BaseModel | None = None, **ids: UUID) -> Response:
        given: dict[str, Any] = {**(body.model_dump(exclude_unset=True) if body else {}), **ids}
        command = self._command(await self._with_owner(given, caller))
        answer = await self._desk.send(command, caller)
        return await self._route.respond(self._desk, self._route, command, answer)

    async def _with_owner(self, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """`given`, with the member it is about where that was left out."""
        own = self._route.own
        if own is None or given.get(own) is not None:
            return given
        member_id = caller.actor.member_id
        if member_id is None and (sql := _OWNER.get(self._route.command)) is not None:
            found = await self._desk.row(sql, given[self._route.ids[0]])
            # For something unknown the deciding service says so; any id will do.
            member_id = found["member_id"] if found else UUID(int=0)
        return {**given, own: member_id} if member_id is not None else given

    def _command(self, given: dict[str, Any]) -> Command:
        try:
            return self._route.command.model_validate(given)
        except ValidationError as invalid:
            raise RequestValidationError(invalid.errors()) from None


def body_of(route: Route) -> type[BaseModel] | None:
    """The command without what is in the path; None when nothing is left."""
    fields: dict[str, Any] = {
        name: (field.annotation, field)
        for name, field in route.command.model_fields.items()
        if name not in route.ids
    }
    if not fields:
        return None
    if route.own is not None:
        fields[route.own] = (UUID | None, None)
    return create_model(
        f"{route.command.__name__}Body",
        __config__=ConfigDict(extra="forbid"),
        __doc__=inspect.getdoc(route.command),
        **fields,
    )


_MADE: dict[Respond, dict[int | str, dict[str, Any]]] = {
    made: {201: {"model": Done, "description": "It is made, and durable."}},
    changed: {200: {"model": Done, "description": "It is changed, and durable."}},
    gone: {204: {"description": "It stands no longer."}},
    confirmed: {
        201: {"model": ConfirmedMatch, "description": "The match stands, and people are told."},
        202: {"model": Done, "description": "The hours are being set apart: see Location for the outcome."},
    },
}


def add_commands(api: FastAPI, desk: Desk) -> None:
    """Add every row of the table to the API."""
    for route in TABLE:
        responses = _MADE[route.respond]
        api.add_api_route(
            route.path,
            Endpoint(desk, route),
            methods=[route.method],
            operation_id=kebab(route.command.__name__),
            summary=route.summary,
            description=inspect.getdoc(route.command),
            tags=[route.tag],
            status_code=int(min(responses)),
            response_model=None,
            responses=responses,
        )
