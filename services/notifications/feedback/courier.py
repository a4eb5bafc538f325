"""Brings feedback to webhook endpoints, from the leading replica: one round for every endpoint."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.feedback import ATTEMPT, attempt_entity
from services.kernel.errors import DATABASE_AWAY
from services.kernel.runtime import Replica
from services.kernel.tail import Tail
from services.kernel.telemetry import log
from services.notifications.feedback.round import Round

AWAY_SECONDS = 0.5
FORGETS_EVERY = timedelta(hours=1)

_CHANGES = frozenset(
    {
        "EndpointRegistered",
        "EndpointChanged",
        "SecretRotated",
        "EndpointPaused",
        "EndpointResumed",
        "EndpointDisabled",
        "EndpointDeleted",
        "DeliverySetAside",
        "DeliveryRequeued",
    }
)


async def bring_feedback(replica: Replica) -> None:
    """Bring until cancelled."""
    await Courier(replica).run()


class Courier:
    """`make` makes the round of an endpoint."""

    def __init__(self, replica: Replica, make: Callable[[Replica, UUID], Round] = Round) -> None:
        self._replica = replica
        self._make = make
        self._rounds: dict[UUID, Round] = {}
        self._tail = Tail(replica, {*_CHANGES, "DeliveryQueued"}, about="endpoint_id")

    async def run(self) -> None:
        """Keep a round for every endpoint, and wake those for which something happened."""
        async with asyncio.TaskGroup() as rounds:
            known = False
            while True:
                try:
                    if not known:
                        await self._tail.start()
                        for row in await self._replica.pool.fetch(
                            "SELECT endpoint_id FROM endpoints WHERE status <> 'deleted'"
                        ):
                            self._begin(row["endpoint_id"], rounds)
                        known = True
                    for name, endpoint_id in await self._tail.read():
                        self._happened(name, endpoint_id, rounds)
                    await self._tail.wait()
                except DATABASE_AWAY as away:
                    log.warning("feedback_waits", error=type(away).__name__)
                    await asyncio.sleep(AWAY_SECONDS)

    def _happened(self, name: str, endpoint_id: UUID, rounds: asyncio.TaskGroup) -> None:
        if (round := self._rounds.get(endpoint_id)) is not None:
            round.wake(changed=name in _CHANGES)
        elif name == "EndpointRegistered":
            self._begin(endpoint_id, rounds)

    def _begin(self, endpoint_id: UUID, rounds: asyncio.TaskGroup) -> None:
        if endpoint_id not in self._rounds:
            round = self._rounds[endpoint_id] = self._make(self._replica, endpoint_id)
            task = rounds.create_task(round.run())
            task.add_done_callback(lambda _: self._rounds.pop(endpoint_id, None))


async def forget_attempts(replica: Replica) -> None:
    """Drop from the vault how attempts went, after the region's term; now and every hour."""
    term = timedelta(days=replica.region.webhooks.log_days)
    while True:
        try:
            await replica.pool.execute(
                "DELETE FROM vault WHERE entity >= $1 AND entity < $2",
                ATTEMPT,
                attempt_entity(datetime.now(UTC) - term),
            )
        except DATABASE_AWAY as away:
            log.info("attempts_kept", error=type(away).__name__)
        await asyncio.sleep(FORGETS_EVERY.total_seconds())
