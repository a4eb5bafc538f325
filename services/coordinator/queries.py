"""What the coordinator instance answers over the bus: the restricted file of a complaint."""

import orjson

from contracts.coordinator import GetRestricted, Restricted
from contracts.envelope import Actor
from services.coordinator.complaint import unknown_complaint
from services.kernel.errors import Rejected
from services.kernel.runtime import Replica
from services.kernel.telemetry import log


async def get_restricted(replica: Replica, query: GetRestricted, actor: Actor) -> Restricted:
    """What was said at each step, for the handler alone. Every look is logged."""
    handler = await replica.pool.fetchval(
        "SELECT handler FROM complaints WHERE complaint_id = $1", query.complaint_id
    )
    if handler is None:
        raise unknown_complaint()
    if actor.name != handler:
        raise Rejected(
            "not_the_handler",
            "Deze klacht is bij een collega in behandeling. Alleen die mag het dossier lezen: vraag het na.",
            "A colleague handles this complaint. Only they may read the file: ask them.",
        )
    log.info("restricted_read", actor=str(actor), complaint=str(query.complaint_id))
    rows = await replica.pool.fetch(
        "SELECT entity, data FROM vault WHERE entity_id = $1 AND starts_with(entity, 'complaint')",
        query.complaint_id,
    )
    return Restricted(texts={_step(row["entity"]): orjson.loads(row["data"])["text"] for row in rows})


def _step(entity: str) -> str:
    """The step at which it was said, by how its row in the vault is called."""
    return entity.removeprefix("complaint").removeprefix("-") or "filed"
