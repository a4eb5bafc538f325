"""What this instance knows around one member."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.coordinator.account import account_used
from services.coordinator.desk import Desk


@dataclass(frozen=True, slots=True)
class Around:
    """Certificates, households, representatives, open offers, account."""

    vogs: list[dict[str, Any]]
    households: list[dict[str, Any]]
    inmates: list[dict[str, Any]]
    representatives: list[dict[str, Any]]
    offers: list[dict[str, Any]]
    waived: dict[str, Any] | None
    account: dict[str, Any] | None

    @property
    def people(self) -> list[UUID]:
        return [
            *(row["household_id"] for row in self.households),
            *(row["member_id"] for row in self.inmates),
            *(row["representative_id"] for row in self.representatives),
        ]


async def around_member(desk: Desk, member_id: UUID) -> Around:
    return Around(
        await desk.fetch("SELECT * FROM vogs_seen WHERE member_id = $1 ORDER BY valid_until", member_id),
        await desk.fetch("SELECT * FROM households_seen WHERE member_id = $1 AND belongs", member_id),
        await desk.fetch("SELECT * FROM households_seen WHERE household_id = $1 AND belongs", member_id),
        await desk.fetch("SELECT * FROM representations_seen WHERE member_id = $1 AND stands", member_id),
        await desk.fetch(
            "SELECT * FROM offers_seen WHERE member_id = $1 AND status = 'open' ORDER BY posted_at", member_id
        ),
        await desk.row("SELECT * FROM waivers_seen WHERE participant_id = $1 AND until > now()", member_id),
        await account_used(desk, member_id),
    )
