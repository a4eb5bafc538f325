"""Referrals: a social team refers a person, a coordinator answers, the team reads what it may know.

To a team there are only its own referrals: another's is unknown, and so is that there is one.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import JSONResponse

from contracts.envelope import Actor, Role
from contracts.referrals import (
    AcceptReferral,
    CancelReferral,
    FailReferral,
    GetReferralFile,
    HoldReferral,
    ReferralFile,
    ReferralStatus,
    RejectReferral,
    StopFeedback,
)
from contracts.referring import ATTRIBUTES, NewReferral, ReferralEvent
from services.coordinator import cloudevents
from services.coordinator.api.answers import changed, gone
from services.coordinator.api.commands import Route, caller
from services.coordinator.api.reading import Reader, only, unknown
from services.coordinator.api.shapes import MadeReferral, Referral, Referrals
from services.coordinator.desk import Caller, Desk
from services.coordinator.referring import refer, refer_event
from services.kernel.errors import Transient
from services.kernel.handling import involved

PATH = "/v1/referrals"
_ONE = f"{PATH}/{{referral_id}}"

COMMANDS: tuple[Route, ...] = (
    Route("POST", f"{_ONE}/acceptances", AcceptReferral, changed, "Look for a helper", "referrals"),
    Route("POST", f"{_ONE}/rejections", RejectReferral, changed, "Say no, with a reason", "referrals"),
    Route("POST", f"{_ONE}/holds", HoldReferral, changed, "Put it aside for now", "referrals"),
    Route("POST", f"{_ONE}/failures", FailReferral, changed, "It came to nothing", "referrals"),
    Route("POST", f"{_ONE}/cancellations", CancelReferral, changed, "Take it back", "referrals"),
    Route("DELETE", f"{_ONE}/feedback", StopFeedback, gone, "The team hears nothing more", "referrals"),
)

_LIST = (
    "SELECT * FROM referrals_seen WHERE (team = $1 OR $1::text IS NULL) "
    "AND (cardinality($2::text[]) = 0 OR pc4 = ANY($2)) AND (member_id <> $3 OR $3::uuid IS NULL) "
    "AND ($4::text IS NULL OR $4 = CASE WHEN $1::text IS NULL THEN status ELSE told_status END) "
    "ORDER BY referred_at DESC, referral_id LIMIT $5"
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.post(
        PATH,
        operation_id="refer-person",
        summary="Refer a person",
        tags=["referrals"],
        status_code=201,
        response_model=None,
        responses={201: {"model": MadeReferral, "description": "It is received, and durable."}},
        openapi_extra={"requestBody": {"required": True, "content": _CONTENT}, "parameters": _BINARY},
    )
    async def refer_person(request: Request, caller: Annotated[Caller, Depends(caller)]) -> JSONResponse:
        """Refer someone to help in the neighbourhood: all at once, and nothing is asked again.

        As plain JSON, where an Idempotency-Key makes a repeat the same referral; or as a CloudEvent
        (structured as `application/cloudevents+json`, or binary with `ce-` headers), where its source
        and id do.
        """
        only(caller.actor, Role.REFERRER)
        asked = _read(await request.body(), request)
        if isinstance(asked, ReferralEvent):
            made = await refer_event(desk, asked, caller)
        else:
            made = await refer(desk, asked, caller, key=caller.idempotency_key)
        answer = MadeReferral(
            id=made.referral_id, service="exchange", position=made.position, member_id=made.member_id
        )
        return JSONResponse(answer.model_dump(mode="json"), 201, {"Location": f"{PATH}/{made.referral_id}"})

    @api.get(PATH, operation_id="list-referrals", tags=["referrals"])
    async def list_referrals(
        actor: Reader,
        status: ReferralStatus | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Referrals:
        """Referrals, newest first: a team's own, as it may know them; to coordinators those of their area."""
        only(actor, Role.REFERRER, Role.COORDINATOR)
        rows = await desk.fetch(_LIST, actor.team, list(actor.areas), actor.member_id, status, limit)
        return Referrals(referrals=[_shown(row, actor) for row in rows])

    @api.get(_ONE, operation_id="get-referral", tags=["referrals"])
    async def get_referral(referral_id: UUID, actor: Reader) -> Referral:
        """One referral, with what the team wrote. To another team it is unknown."""
        only(actor, Role.REFERRER, Role.COORDINATOR)
        row = await desk.row("SELECT * FROM referrals_seen WHERE referral_id = $1", referral_id)
        if row is None or not _theirs(row, actor):
            raise unknown("unknown_referral", "Deze verwijzing", "referral")
        return _shown({**row, **await _file(desk, referral_id, actor)}, actor)

    @api.get(f"{_ONE}/file", operation_id="get-referral-file", tags=["referrals"])
    async def get_referral_file(referral_id: UUID, actor: Reader) -> ReferralFile:
        """What the team wrote. For itself, and coordinators of the area; every look is logged."""
        return await desk.ask(GetReferralFile(referral_id=referral_id), ReferralFile, actor)


def _read(body: bytes, request: Request) -> NewReferral | ReferralEvent:
    try:
        return cloudevents.read(body, request.headers)
    except ValidationError as invalid:
        raise RequestValidationError(invalid.errors()) from None


def _theirs(row: dict[str, Any], actor: Actor) -> bool:
    if actor.role is Role.REFERRER:
        return bool(row["team"] == actor.team)
    return actor.may_in(row["pc4"]) and not involved(actor, (row["member_id"],))


async def _file(desk: Desk, referral_id: UUID, actor: Actor) -> dict[str, Any]:
    """What was written, asked for now; nothing where exchange is away."""
    try:
        query = GetReferralFile(referral_id=referral_id)
        return (await desk.ask(query, ReferralFile, actor)).model_dump()
    except Transient:
        return {}


_FOR_COORDINATORS = ("team", "twin_ids", "reminded", "overdue", "visits", "consent")


def _shown(row: dict[str, Any], actor: Actor) -> Referral:
    """As this actor may know it: to a team, what it was told and no more."""
    if actor.role is not Role.REFERRER:
        return Referral.model_validate({**row, "outcome": None})
    told = {
        "status": row["told_status"],
        "reason": row["told_reason"],
        "outcome": row["told_outcome"],
        "changed_at": row["told_at"],
    }
    return Referral.model_validate({**row, **told, **dict.fromkeys(_FOR_COORDINATORS)})


_CONTENT: dict[str, Any] = {
    cloudevents.JSON: {"schema": {"$ref": "#/components/schemas/NewReferral"}},
    cloudevents.STRUCTURED: {"schema": {"$ref": "#/components/schemas/ReferralEvent"}},
}
"""The bodies that are taken; their models are put into the document by `openapi.py`."""

_BINARY: list[dict[str, Any]] = [
    {
        "name": f"ce-{name}",
        "in": "header",
        "required": False,
        "description": "In binary mode: this attribute of the event, percent-encoded.",
        "schema": schema,
    }
    for name, schema in ATTRIBUTES.items()
]
"""Headers that make a plain referral the data of an event."""
