"""How a row of a table becomes an endpoint: from method and path to the contract's command.

The rows are in `topics/`. The body is the command as JSON, without the ids in the path; a DELETE
has no body, and takes what is left as query parameters. Members may leave out which member it is
about: their key says so. What happens next is in `desk.py`; how the answer becomes a response is
in `answers.py`.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.fields import FieldInfo
from starlette.responses import Response

from contracts.access import own_field
from contracts.catalogue import kebab
from contracts.envelope import Answer, Command
from contracts.exchange import RequestHelp, WithdrawOffer, WithdrawRequest
from services.coordinator.desk import Caller, Desk, traceparent

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


@dataclass(frozen=True, slots=True)
class Respond:
    """How an answer becomes a response, and which responses that can be (for the document)."""

    act: Callable[[Desk, "Route", Command, Answer, Caller], Coroutine[Any, Any, Response]]
    responses: dict[int | str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of a table. `location`: where what was made can be read."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
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
        """The field that members may leave out: then it is about themselves."""
        field = _OWN.get(self.command) or own_field(self.command)
        return field if field in self.command.model_fields and field not in self.ids else None

    @property
    def fields(self) -> dict[str, FieldInfo]:
        """What is left of the command besides the ids in the path."""
        return {name: field for name, field in self.command.model_fields.items() if name not in self.ids}


# Whose wish it is follows from two fields; left out, help is for the member who asks.
_OWN: dict[type[Command], str] = {RequestHelp: "member_id"}

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
        self.__signature__ = inspect.Signature(list(_parameters(route)))

    async def __call__(self, *, caller: Caller, body: BaseModel | None = None, **rest: Any) -> Response:
        said = body.model_dump(exclude_unset=True) if body else {}
        given = {**said, **{name: value for name, value in rest.items() if value is not None}}
        command = self._command(await self._with_owner(given, caller))
        answer = await self._desk.send(command, caller)
        return await self._route.respond.act(self._desk, self._route, command, answer, caller)

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


def _parameters(route: Route) -> Iterable[inspect.Parameter]:
    def parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)

    yield from (parameter(name, UUID) for name in route.ids)
    if route.method == "DELETE":
        about = Query(description="In whose name; without it a member's key says so by itself.")
        yield from (parameter(name, Annotated[UUID | None, about], None) for name in route.fields)
    elif (body := body_of(route)) is not None:
        needed = any(field.is_required() for field in body.model_fields.values())
        yield parameter("body", body) if needed else parameter("body", body | None, None)
    yield parameter("caller", Annotated[Caller, Depends(caller)])


def body_of(route: Route) -> type[BaseModel] | None:
    """The command without what is in the path; None when nothing is left."""
    fields: dict[str, Any] = {name: (field.annotation, field) for name, field in route.fields.items()}
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


def add_commands(api: FastAPI, desk: Desk, table: Iterable[Route]) -> None:
    """Add every row of a table to the API."""
    for route in table:
        api.add_api_route(
            route.path,
            Endpoint(desk, route),
            methods=[route.method],
            operation_id=kebab(route.command.__name__),
            summary=route.summary,
            description=inspect.cleandoc(route.command.__doc__ or f"{route.summary}."),
            tags=[route.tag],
            status_code=int(min(route.respond.responses)),
            response_model=None,
            responses=route.respond.responses,
        )
