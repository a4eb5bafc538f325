"""What a social team hears back: its feed, and the webhook endpoints where that is brought."""

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query

from contracts.feedback import (
    ChangeEndpoint,
    DeleteEndpoint,
    Deliveries,
    Endpoint,
    Endpoints,
    EndpointSecrets,
    FeedbackPage,
    GetDeliveries,
    GetEndpoints,
    GetEndpointSecrets,
    GetFeedback,
    PauseEndpoint,
    RegisterEndpoint,
    ReplayFeedback,
    ResumeEndpoint,
    RotateSecret,
    TryEndpoint,
)
from services.coordinator.api.answers import changed, gone, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, may_ask, unknown
from services.coordinator.desk import Desk

_ALL = "/v1/webhook-endpoints"
_ONE = f"{_ALL}/{{endpoint_id}}"
_TAG = "feedback"

COMMANDS: tuple[Route, ...] = (
    Route("POST", _ALL, RegisterEndpoint, made, "Have feedback brought to you", _TAG, f"{_ALL}/{{id}}"),
    Route("PATCH", _ONE, ChangeEndpoint, changed, "Send to another address", _TAG),
    Route("DELETE", _ONE, DeleteEndpoint, gone, "Send nothing any more", _TAG),
    Route("POST", f"{_ONE}/trials", TryEndpoint, changed, "The test button", _TAG),
    Route("POST", f"{_ONE}/secret-rotations", RotateSecret, changed, "Begin with a new secret", _TAG),
    Route("PUT", f"{_ONE}/pause", PauseEndpoint, changed, "Send nothing for now", _TAG),
    Route("DELETE", f"{_ONE}/pause", ResumeEndpoint, gone, "Send again", _TAG),
    Route("POST", f"{_ONE}/replays", ReplayFeedback, changed, "Send again what was sent", _TAG),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get("/v1/feedback", operation_id="get-feedback", tags=[_TAG])
    async def get_feedback(
        actor: Reader,
        after: Annotated[int, Query(ge=0, lt=2**63, description="The cursor you got last; 0 at first.")] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> FeedbackPage:
        """Your team's feed after a cursor, oldest first. For referrers, of their own team."""
        query = GetFeedback(after=after, limit=limit)
        may_ask(actor, query)
        return await desk.ask(query, FeedbackPage, actor)

    @api.get(_ALL, operation_id="get-endpoints", tags=[_TAG])
    async def get_endpoints(actor: Reader) -> Endpoints:
        """Your team's webhook endpoints. Operators and coordinators see those of all, without addresses."""
        may_ask(actor, GetEndpoints())
        return await desk.ask(GetEndpoints(), Endpoints, actor)

    @api.get(_ONE, operation_id="get-endpoint", tags=[_TAG])
    async def get_endpoint(endpoint_id: UUID, actor: Reader) -> Endpoint:
        """One webhook endpoint, with how much waits for it."""
        may_ask(actor, GetEndpoints())
        found = (await desk.ask(GetEndpoints(), Endpoints, actor)).endpoints
        one = next((each for each in found if each.endpoint_id == endpoint_id), None)
        if one is None:
            raise unknown("unknown_endpoint", "Dit webhookadres", "webhook endpoint")
        return one

    @api.get(f"{_ONE}/secrets", operation_id="get-endpoint-secrets", tags=[_TAG])
    async def get_endpoint_secrets(endpoint_id: UUID, actor: Reader) -> EndpointSecrets:
        """What you check its signatures with. For referrers, of their own team; every look is logged."""
        query = GetEndpointSecrets(endpoint_id=endpoint_id)
        may_ask(actor, query)
        return await desk.ask(query, EndpointSecrets, actor)

    @api.get(f"{_ONE}/deliveries", operation_id="get-deliveries", tags=[_TAG])
    async def get_deliveries(
        endpoint_id: UUID,
        actor: Reader,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Deliveries:
        """The delivery log, newest first: what was brought when, and how each attempt went."""
        query = GetDeliveries(endpoint_id=endpoint_id, limit=limit)
        may_ask(actor, query)
        return await desk.ask(query, Deliveries, actor)
