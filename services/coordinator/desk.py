"""The desk: where the API and the console hand in commands and questions.

A command goes over the bus to the service that decides it. Its id is made from who asks,
what for, and the Idempotency-Key, so a repeat is the same command and hears the first answer.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from contracts import coordinator
from contracts.access import allowed
from contracts.catalogue import HANDLED_BY
from contracts.envelope import Actor, Answer, Command, Query, Refusal, View
from contracts.members import ApproveMember
from services.coordinator.keys import Keys
from services.coordinator.local_time import now
from services.coordinator.lookout import Lookout
from services.kernel.bus import content_hash
from services.kernel.errors import DATABASE_AWAY, NOT_ALLOWED, Rejected
from services.kernel.runtime import Replica
from services.kernel.service import new_id
from services.kernel.telemetry import deed

STAND_INS_SECONDS = 2.0
"""How often is looked who stands in for whom: days end, and other replicas hear of leave too."""

COMMAND_SPACE = UUID("5f0c7c1e-55d5-5a0f-9d0c-7d7a3b1c2e94")

_ABOUT_LEAVE = (coordinator.PlanLeave, coordinator.NameDeputy, coordinator.CancelLeave)

_STAND_INS = (
    "SELECT coordinator, deputy FROM leaves "
    "WHERE NOT cancelled AND deputy IS NOT NULL AND last_day >= $1 AND first_day <= $1"
)

_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and in what circumstances."""

    actor: Actor
    correlation_id: UUID
    traceparent: str | None = None
    idempotency_key: str | None = None
    origin: str = "api"


NO_NETWORK = Refusal(
    code="no_network",
    nl="Deze regio doet aan geen netwerk mee. Vraag de beheerder of dat moet veranderen.",
    en="This region takes part in no network. Ask the operator whether that should change.",
)
"""What only the link could do, in a region that has none."""


class Desk:
    """One replica's way to the services, to its own tables and to the region's keys."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.region = replica.region
        self.keys = Keys(replica.region.keys)
        self.lookout = Lookout(replica)

    async def send(self, command: Command, caller: Caller, *, id: UUID | None = None) -> Answer:
        """Have a command decided; then wait at most a second until this instance has seen it.

        `id` where something else than the Idempotency-Key makes it the same wish. Raises Rejected for
        a no, and Unreachable when nothing is known: the same Idempotency-Key may be used again.
        """
        if HANDLED_BY[type(command)] not in self.region.services:
            no = NO_NETWORK if allowed(caller.actor, command) else NOT_ALLOWED
            raise Rejected(no.code, no.nl, no.en)
        answer = await self.replica.bus.send(
            command,
            caller.actor,
            id=id or command_id(command, caller),
            content_hash=content_hash(command),
            correlation_id=caller.correlation_id,
            traceparent=caller.traceparent,
        )
        deed(
            type(command).__name__,
            actor=caller.actor,
            object=str(answer.id),
            result=answer.refusal.code if answer.refusal else answer.outcome,
            origin=caller.origin,
            correlation=str(caller.correlation_id),
        )
        if answer.refusal is not None:
            no = answer.refusal
            raise Rejected(no.code, no.nl, no.en, **no.facts)
        await self.lookout.reached(HANDLED_BY[type(command)], answer.position)
        if isinstance(command, _ABOUT_LEAVE):
            await self.look_who_stands_in()
        if isinstance(command, ApproveMember):
            # Whoever was just approved may offer and ask at once.
            await self.lookout.takes_part(command.member_id)
        return answer

    async def keep_stand_ins(self) -> None:
        """Keep knowing who stands in for whom, until cancelled."""
        while True:
            await self.look_who_stands_in()
            await asyncio.sleep(STAND_INS_SECONDS)

    async def look_who_stands_in(self) -> None:
        """Who is away today, and who does their work: that gives rights (`keys.py`)."""
        # Without the database nothing can be done anyhow: what was known stays.
        with suppress(*DATABASE_AWAY):
            rows = await self.replica.pool.fetch(_STAND_INS, now().date())
            self.keys.stand_in((row["coordinator"], row["deputy"]) for row in rows)

    async def ask[V: View](self, query: Query, answer: type[V], actor: Actor) -> V:
        """Put a question to the service that answers it. Raises Rejected or Unreachable."""
        return await self.replica.bus.ask(query, answer, actor)

    async def fetch(self, sql: str, *arguments: object) -> list[dict[str, Any]]:
        """Rows of this instance's own tables, as they are now."""
        return [dict(row) for row in await self.replica.pool.fetch(sql, *arguments)]

    async def row(self, sql: str, *arguments: object) -> dict[str, Any] | None:
        found = await self.replica.pool.fetchrow(sql, *arguments)
        return dict(found) if found is not None else None


def command_id(command: Command, caller: Caller) -> UUID:
    """The id of this wish: the same for the same credential, operation and Idempotency-Key."""
    if caller.idempotency_key is None:
        return new_id()
    operation = type(command).__name__
    return uuid5(COMMAND_SPACE, f"{caller.actor}/{operation}/{caller.idempotency_key}")


def traceparent(header: str | None) -> str | None:
    """A W3C `traceparent` as it came; None for one that is not in that form."""
    return header if header is not None and _TRACEPARENT.match(header) else None
