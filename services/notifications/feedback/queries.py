"""What is asked about feedback: a team's feed, its endpoints, their secrets and delivery log.

A referrer's key says of which team it is; nothing of another team is known to it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from contracts.envelope import Actor, Role
from contracts.feedback import (
    ATTEMPT,
    Attempt,
    ChangeEndpoint,
    Deliveries,
    Delivery,
    Endpoint,
    Endpoints,
    EndpointSecrets,
    FeedbackPage,
    GetDeliveries,
    GetEndpoints,
    GetEndpointSecrets,
    GetFeedback,
    OpenEndpoint,
    RegisterEndpoint,
    RenewSecret,
    ReplayFeedback,
    ReplayThese,
    RotateSecret,
)
from services.kernel.errors import Rejected
from services.kernel.runtime import Replica
from services.kernel.telemetry import deed
from services.notifications.feedback.cloud_event import feedback_event
from services.notifications.feedback.delivery import unknown_feedback
from services.notifications.feedback.endpoint import unknown_endpoint
from services.notifications.feedback.feed import FEEDBACK, HEARD
from services.notifications.feedback.outside import check_url
from services.notifications.feedback.signing import new_secret, new_signing_key, public_key

MOST_REPLAYED = 1000


async def get_feedback(replica: Replica, query: GetFeedback, actor: Actor) -> FeedbackPage:
    """The team's feed after a cursor. Who is of no team has no feed."""
    return await read_feed(replica, actor.team, query)


async def read_feed(replica: Replica, team: str | None, query: GetFeedback) -> FeedbackPage:
    rows = await replica.pool.fetch(
        f"{FEEDBACK.select()} WHERE team = $1 AND turn > $2 AND {HEARD.format('feedback.referral_id')} "
        "ORDER BY turn LIMIT $3",
        team,
        query.after,
        query.limit + 1,
    )
    page = [FEEDBACK.load(tuple(row)) for row in rows[: query.limit]]
    return FeedbackPage(
        events=tuple(feedback_event(replica.region, each) for each in page),
        cursor=page[-1].turn if page else query.after,
        more=len(rows) > query.limit,
    )


# Endpoints


async def get_endpoints(replica: Replica, query: GetEndpoints, actor: Actor) -> Endpoints:
    team = actor.team if actor.role is Role.REFERRER else None
    rows = await replica.pool.fetch(
        "SELECT e.*, v.data, (SELECT count(*) FROM deliveries d WHERE d.endpoint_id = e.endpoint_id "
        f"AND d.status = 'queued' AND {HEARD.format('d.lane_id')}) AS waiting, "
        "(SELECT count(*) FROM deliveries d WHERE d.endpoint_id = e.endpoint_id "
        # A test that was set aside is not brought again: there is nothing to do about it.
        f"AND d.status = 'set_aside' AND d.feedback_id IS NOT NULL AND {HEARD.format('d.lane_id')}) "
        "AS set_aside FROM endpoints e "
        "LEFT JOIN vault v ON v.entity_id = e.endpoint_id AND v.entity = 'endpoint' "
        "WHERE e.status <> 'deleted' AND (e.team = $1 OR $2) ORDER BY e.registered_at, e.endpoint_id",
        team,
        actor.role is not Role.REFERRER,
    )
    now = datetime.now(UTC)
    return Endpoints(
        endpoints=tuple(
            Endpoint(
                endpoint_id=row["endpoint_id"],
                team=row["team"],
                # A path or a query may hold a secret: only who put it there reads it.
                url=orjson.loads(row["data"])["url"] if team is not None and row["data"] else None,
                status=row["status"],
                reason=row["reason"],
                waiting=row["waiting"],
                set_aside=row["set_aside"],
                last_taken_at=row["last_taken_at"],
                registered_at=row["registered_at"],
                former_secret_until=row["former_until"] if (row["former_until"] or now) > now else None,
            )
            for row in rows
        )
    )


async def get_endpoint_secrets(replica: Replica, query: GetEndpointSecrets, actor: Actor) -> EndpointSecrets:
    """For its own team; every look is logged."""
    row = await _endpoint(replica, query.endpoint_id, actor)
    deed("secrets_read", actor=actor, object=str(query.endpoint_id), origin="bus")
    now = await _secret(replica, query.endpoint_id, row["secrets"])
    if now is None:
        raise unknown_endpoint()
    former = None
    if row["former_until"] is not None and row["former_until"] > datetime.now(UTC):
        former = await _secret(replica, query.endpoint_id, row["secrets"] - 1)
    return EndpointSecrets(
        secret=now["secret"],
        public_key=public_key(now["signing_key"]),
        former_secret=former["secret"] if former else None,
        former_public_key=public_key(former["signing_key"]) if former else None,
    )


async def _endpoint(replica: Replica, endpoint_id: UUID, actor: Actor) -> asyncpg.Record:
    """The row of an endpoint that this actor may look at. Raises Rejected."""
    row = await replica.pool.fetchrow(
        "SELECT * FROM endpoints WHERE endpoint_id = $1 AND status <> 'deleted'", endpoint_id
    )
    if row is None or (actor.role is Role.REFERRER and row["team"] != actor.team):
        raise unknown_endpoint()
    return row


async def _secret(replica: Replica, endpoint_id: UUID, nth: int) -> dict[str, str] | None:
    data = await replica.pool.fetchval(
        "SELECT data FROM vault WHERE entity_id = $1 AND entity = $2", endpoint_id, f"secret-{nth}"
    )
    found: dict[str, str] | None = orjson.loads(data) if data is not None else None
    return found


# The delivery log


async def get_deliveries(replica: Replica, query: GetDeliveries, actor: Actor) -> Deliveries:
    await _endpoint(replica, query.endpoint_id, actor)
    rows = await replica.pool.fetch(
        # Once consent is withdrawn nothing more is told, also not what was told before or still waited.
        "SELECT d.*, f.referral_id, f.status AS referral_status FROM deliveries d "
        "LEFT JOIN feedback f USING (feedback_id) WHERE d.endpoint_id = $1 "
        f"AND (d.feedback_id IS NULL OR {HEARD.format('f.referral_id')}) ORDER BY d.turn DESC LIMIT $2",
        query.endpoint_id,
        query.limit,
    )
    attempts = await _attempts(replica, [row["delivery_id"] for row in rows])
    return Deliveries(
        deliveries=tuple(
            Delivery(**dict(row), attempts=tuple(attempts.get(row["delivery_id"], ()))) for row in rows
        )
    )


async def _attempts(replica: Replica, delivery_ids: Sequence[UUID]) -> dict[UUID, list[Attempt]]:
    rows = await replica.pool.fetch(
        "SELECT entity_id, entity, data FROM vault WHERE entity_id = ANY($1) AND starts_with(entity, $2) "
        "ORDER BY entity",
        list(delivery_ids),
        ATTEMPT,
    )
    found: dict[UUID, list[Attempt]] = {}
    for row in rows:
        data: dict[str, Any] = orjson.loads(row["data"])
        at = datetime.fromisoformat(row["entity"].removeprefix(ATTEMPT))
        found.setdefault(row["entity_id"], []).append(Attempt(at=at, **data))
    return found


# What is looked up or made for a command, before its turn


async def prepare_endpoint(replica: Replica, command: RegisterEndpoint, actor: Actor) -> OpenEndpoint:
    """With a secret and a key of its own. Raises Rejected for an address that webhooks may not go to."""
    check_url(command.url, replica.region.webhooks)
    return OpenEndpoint(url=command.url, secret=new_secret(), signing_key=new_signing_key())


async def prepare_change(replica: Replica, command: ChangeEndpoint, actor: Actor) -> ChangeEndpoint:
    check_url(command.url, replica.region.webhooks)
    return command


async def prepare_rotation(replica: Replica, command: RotateSecret, actor: Actor) -> RenewSecret:
    row = await _endpoint(replica, command.endpoint_id, actor)
    return RenewSecret(
        **command.model_dump(),
        nth=row["secrets"] + 1,
        secret=new_secret(),
        signing_key=new_signing_key(),
    )


async def prepare_replay(replica: Replica, command: ReplayFeedback, actor: Actor) -> ReplayThese:
    """With what that is. Raises Rejected for a period with too much in it, or neither one nor a period."""
    row = await _endpoint(replica, command.endpoint_id, actor)
    if command.feedback_id is not None:
        known = await replica.pool.fetchval(
            "SELECT feedback_id FROM feedback WHERE feedback_id = $1 AND team = $2",
            command.feedback_id,
            row["team"],
        )
        if known is None:
            raise unknown_feedback()
        return await _replay(replica, command, [command.feedback_id])
    if command.from_at is None or command.until_at is None or command.from_at >= command.until_at:
        raise Rejected(
            "period_backwards",
            "Zeg welke terugkoppeling, of van wanneer tot wanneer: het begin moet voor het einde liggen.",
            "Say which feedback, or from when until when: the beginning must be before the end.",
        )
    rows = await replica.pool.fetch(
        "SELECT feedback_id FROM feedback WHERE team = $1 AND queued_at >= $2 AND queued_at < $3 "
        "ORDER BY turn LIMIT $4",
        row["team"],
        command.from_at,
        command.until_at,
        MOST_REPLAYED + 1,
    )
    if len(rows) > MOST_REPLAYED:
        raise Rejected(
            "period_too_long",
            f"In deze periode is meer dan {MOST_REPLAYED} keer iets teruggekoppeld. Kies een kortere.",
            f"There are more than {MOST_REPLAYED} pieces of feedback in this period. Choose a shorter one.",
        )
    return await _replay(replica, command, [each["feedback_id"] for each in rows])


async def _replay(replica: Replica, command: ReplayFeedback, feedback_ids: list[UUID]) -> ReplayThese:
    unbrought = await replica.pool.fetch(
        "SELECT delivery_id FROM deliveries WHERE endpoint_id = $1 AND feedback_id = ANY($2) "
        "AND status IN ('queued', 'set_aside') ORDER BY turn",
        command.endpoint_id,
        feedback_ids,
    )
    return ReplayThese(
        **command.model_dump(),
        feedback_ids=tuple(feedback_ids),
        unbrought_ids=tuple(each["delivery_id"] for each in unbrought),
    )
