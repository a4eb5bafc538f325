"""Parking followed events again, after a database was put back to an older copy.

Parked rows are not events, so nobody else holds them. But an event that was followed in the lost
time, asks something of this service and left no event of its own here was parked then, or asked for
nothing new. It is parked (again): a retry decides it on what is so now, and one that asks for
nothing new leaves nothing.
"""

from collections.abc import Collection

from contracts.envelope import UnknownEvent
from services.kernel.log import READ, Connection, Publisher, Recorded, parse
from services.kernel.service import Service

REASON = "may have been parked before the database was put back: retry"


async def park_again(
    service: Service,
    log: Connection,
    publisher: Publisher,
    source_log: Connection,
    stretch: tuple[int, int, int],
    traces: Collection[str],
) -> int:
    """Park what `service` followed in a stretch of a source's log without a trace; returns how many.

    `stretch` is epoch, the position before it and its last one; `traces` are the ids of the events
    that something here was caused by.
    """
    parked = 0
    sql = f"{READ} WHERE epoch = $1 AND position > $2 AND position <= $3 ORDER BY position"
    async for row in source_log.cursor(sql, *stretch):
        raw = publisher.cloud_event(row)
        event = parse(raw)
        if event.event_id in traces or not _asks(service, event):
            continue
        await log.execute(
            "INSERT INTO parked (source, position, lane, reason, event) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT DO NOTHING",
            event.source,
            event.position,
            event.entity_id,
            REASON,
            raw.decode(),
        )
        parked += 1
    return parked


def _asks(service: Service, event: Recorded) -> bool:
    """Whether following this event asks anything of the service, or cannot be told."""
    follows = {kind.__name__: follow for kind, follow in service.follows.items()}
    if event.name not in follows:
        return False
    try:
        return bool(follows[event.name](event.event()))
    except (UnknownEvent, ValueError):
        return True
