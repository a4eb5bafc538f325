"""What the coordinator instance answers over the bus: files of complaints, what a team sent in vain."""

import orjson

from contracts.coordinator import GetRestricted, Restricted
from contracts.envelope import Actor
from contracts.stranded import GetStranded, Stranded
from services.coordinator.complaint import unknown_complaint
from services.coordinator.stranded import unknown_stranded
from services.kernel.handling import check_handler
from services.kernel.runtime import Replica
from services.kernel.telemetry import deed


async def get_restricted(replica: Replica, query: GetRestricted, actor: Actor) -> Restricted:
    """What was said at each step, for the handler alone. Every look is logged."""
    row = await replica.pool.fetchrow(
        "SELECT handler, member_id, about_id FROM complaints WHERE complaint_id = $1", query.complaint_id
    )
    if row is None:
        raise unknown_complaint()
    check_handler(actor, (row["handler"],), (row["member_id"], row["about_id"]))
    deed("restricted_read", actor=actor, object=str(query.complaint_id), origin="bus")
    rows = await replica.pool.fetch(
        "SELECT entity, data FROM vault WHERE entity_id = $1 AND starts_with(entity, 'complaint')",
        query.complaint_id,
    )
    return Restricted(texts={_step(row["entity"]): orjson.loads(row["data"])["text"] for row in rows})


def _step(entity: str) -> str:
    """The step at which it was said, by how its row in the vault is called."""
    return entity.removeprefix("complaint").removeprefix("-") or "filed"


async def get_stranded(replica: Replica, query: GetStranded, actor: Actor) -> Stranded:
    """What a team sent and we could not take in, as far as we keep it. Every look is logged."""
    row = await replica.pool.fetchrow(
        "SELECT team, code FROM stranded WHERE stranded_id = $1", query.stranded_id
    )
    if row is None:
        raise unknown_stranded()
    deed("stranded_read", actor=actor, object=str(query.stranded_id), origin="bus")
    data = await replica.pool.fetchval(
        "SELECT data FROM vault WHERE entity = 'stranded' AND entity_id = $1", query.stranded_id
    )
    return Stranded(**dict(row), text=orjson.loads(data)["text"] if data else "")
