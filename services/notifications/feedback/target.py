"""An endpoint as it is now: where it is, who signs, and which referrals wait for its team."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson

from services.kernel.log import Pool
from services.notifications.feedback.signing import Signer

_ENDPOINT = "SELECT team, status, secrets, former_until FROM endpoints WHERE endpoint_id = $1"
_VAULT = "SELECT entity, data FROM vault WHERE entity_id = $1"
_HELD = "SELECT DISTINCT lane_id FROM deliveries WHERE endpoint_id = $1 AND status = 'set_aside'"


@dataclass(frozen=True, slots=True)
class Target:
    """`held` are the lanes that wait behind something that was set aside."""

    team: str
    url: str = field(repr=False)
    active: bool
    signer: Signer
    former: Signer | None
    former_until: datetime | None
    held: frozenset[UUID] = frozenset()

    def signers(self, at: datetime) -> tuple[Signer, ...]:
        """Who signs at a moment (UTC)."""
        if self.former is not None and self.former_until is not None and at < self.former_until:
            return (self.signer, self.former)
        return (self.signer,)


async def load(pool: Pool, endpoint_id: UUID) -> Target | None:
    """The endpoint; None where it is no more."""
    row = await pool.fetchrow(_ENDPOINT, endpoint_id)
    if row is None or row["status"] == "deleted":
        return None
    kept = {each["entity"]: orjson.loads(each["data"]) for each in await pool.fetch(_VAULT, endpoint_id)}
    now = kept.get(f"secret-{row['secrets']}")
    if now is None or "endpoint" not in kept:
        # Erased from the vault by what a restore put back: nothing can be sent.
        return None
    before = kept.get(f"secret-{row['secrets'] - 1}")
    return Target(
        row["team"],
        kept["endpoint"]["url"],
        row["status"] == "active",
        Signer(**now),
        Signer(**before) if before is not None else None,
        row["former_until"],
        frozenset(each["lane_id"] for each in await pool.fetch(_HELD, endpoint_id)),
    )
