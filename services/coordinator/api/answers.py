"""How a command's answer becomes a response.

A body holds what does not change any more, so that a repeat hears the same.
"""

from typing import Any
from uuid import UUID

from starlette.responses import JSONResponse, Response

from contracts.catalogue import HANDLED_BY
from contracts.envelope import Answer, Command
from contracts.exchange import RequestHelp
from contracts.proposals import Favour, Favours, SuggestReturnFavours
from contracts.safety import DecideMinutes
from services.coordinator.api.commands import Respond, Route
from services.coordinator.api.shapes import AskedHelp, ConfirmedMatch, DecidedMinutes, Done
from services.coordinator.desk import Caller, Desk
from services.coordinator.outcome import booking, outcome, why_fell_through
from services.kernel.errors import Rejected, Transient


def _where(route: Route, id: UUID) -> dict[str, str] | None:
    return {"Location": route.location.format(id=id)} if route.location else None


def _done(id: UUID, command: Command, answer: Answer) -> Done:
    return Done(id=id, service=HANDLED_BY[type(command)], position=answer.position)


def _json(body: Done | ConfirmedMatch | DecidedMinutes) -> Any:
    return body.model_dump(mode="json")


async def _made(desk: Desk, route: Route, command: Command, answer: Answer, caller: Caller) -> Response:
    """Something new: its id is the command's id."""
    assert answer.id is not None
    return JSONResponse(_json(_done(answer.id, command, answer)), 201, _where(route, answer.id))


async def _changed(desk: Desk, route: Route, command: Command, answer: Answer, caller: Caller) -> Response:
    """Something that was there is otherwise now; its id is in the path."""
    return JSONResponse(_json(_done(getattr(command, route.ids[0]), command, answer)))


async def _gone(desk: Desk, route: Route, command: Command, answer: Answer, caller: Caller) -> Response:
    return Response(status_code=204)


async def _asked(desk: Desk, route: Route, command: Command, answer: Answer, caller: Caller) -> Response:
    """A request that waits for an offer in return says so, with three small things to offer."""
    assert answer.id is not None
    assert isinstance(command, RequestHelp)
    row = await desk.row("SELECT status FROM requests_seen WHERE request_id = $1", answer.id)
    draft = row is not None and row["status"] == "draft"
    asked = AskedHelp(
        **_done(answer.id, command, answer).model_dump(),
        draft=draft,
        favours=await _favours(desk, command.asking_id, caller) if draft else (),
    )
    return JSONResponse(_json(asked), 201, _where(route, answer.id))


async def _favours(desk: Desk, member_id: UUID, caller: Caller) -> tuple[Favour, ...]:
    try:
        query = SuggestReturnFavours(member_id=member_id)
        return (await desk.ask(query, Favours, caller.actor)).favours
    except (Rejected, Transient):
        # The request is durable all the same.
        return ()


async def _confirmed(desk: Desk, route: Route, command: Command, answer: Answer, caller: Caller) -> Response:
    """A match is reserved first; whether it stands is known when the ledger has answered."""
    assert answer.id is not None
    where = _where(route, answer.id)
    match = await outcome(desk, answer.id)
    if match is None:
        return JSONResponse(_json(_done(answer.id, command, answer)), 202, where)
    if match.confirmed_at is None:
        no = await why_fell_through(desk, match)
        raise Rejected(no.code, no.nl, no.en)
    stands = {name: getattr(match, name) for name in ConfirmedMatch.model_fields}
    stands["status"] = "confirmed"
    return JSONResponse(_json(ConfirmedMatch(**stands)), 201, where)


async def _decided(desk: Desk, route: Route, command: Command, answer: Answer, caller: Caller) -> Response:
    """What was decided goes to the ledger; whether it is booked is known when that has answered."""
    assert isinstance(command, DecideMinutes)
    match = await booking(desk, command.match_id)
    if match is None:
        where = _where(route, command.match_id)
        return JSONResponse(_json(_done(command.match_id, command, answer)), 202, where)
    booked = match.status == "completed"
    decided = DecidedMinutes(match_id=command.match_id, minutes=command.minutes, booked=booked)
    return JSONResponse(_json(decided))


made = Respond(_made, {201: {"model": Done, "description": "It is made, and durable."}})
changed = Respond(_changed, {200: {"model": Done, "description": "It is changed, and durable."}})
gone = Respond(_gone, {204: {"description": "It stands no longer."}})
asked = Respond(
    _asked,
    {201: {"model": AskedHelp, "description": "It is made, and durable; `draft` says whether it waits."}},
)
confirmed = Respond(
    _confirmed,
    {
        201: {"model": ConfirmedMatch, "description": "The match stands, and people are told."},
        202: {"model": Done, "description": "The hours are being set apart: see Location for the outcome."},
    },
)
decided = Respond(
    _decided,
    {
        200: {"model": DecidedMinutes, "description": "It is decided, and the ledger has answered."},
        202: {"model": Done, "description": "It is decided; the hours are being booked: see Location."},
    },
)
