"""Who calls the API of paper, what a refusal must look like, and one match to ask about."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx

from services.kernel.settings import Key, Region, Team

MEMBER_ID = UUID(int=0xA1)
ONE, OTHER = UUID(int=0xB1), UUID(int=0xB2)
AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def key(id: str, role: str, member_id: UUID | None = None, team: str | None = None) -> Key:
    """A key whose secret is `secret-<id>`."""
    return Key.model_validate(
        {
            "id": id,
            "role": role,
            "sha256": sha256(f"secret-{id}".encode()).hexdigest(),
            "member_id": str(member_id) if member_id else None,
            "team": team,
        }
    )


REGION = Region(
    region="voorbeeld",
    name="Voorbeeld",
    teams=(Team(id="team-west", label="Sociaal team West"), Team(id="team-oost", label="Sociaal team Oost")),
    keys=(
        key("noor", "coordinator"),
        key("anke", "coordinator", UUID(int=0xA2)),
        key("yara", "member", MEMBER_ID),
        key("team", "referrer", team="team-west"),
        key("other-team", "referrer", team="team-oost"),
        key("beheer", "operator"),
    ),
)


def bearer(id: str) -> dict[str, str]:
    return {"Authorization": f"Bearer secret-{id}"}


def is_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = response.json()
    assert said["status"] == status
    assert said["code"] == code
    assert said["instance"] == f"urn:uuid:{response.headers['X-Correlation-ID']}"
    assert said["detail"].endswith(".")
    assert said["detail_nl"].endswith(".")
    return said


def row_of_match(**changed: Any) -> dict[str, Any]:
    """A match as it was seen, confirmed."""
    nothing = ("reason", "helper_minutes", "asker_minutes", "agreed_minutes", "decided_by", "moved_from")
    return {
        "match_id": ONE,
        **dict.fromkeys((*nothing, "no_show", "series_id")),
        "request_id": UUID(int=0xC1),
        "offer_id": UUID(int=0xC2),
        "helper_id": MEMBER_ID,
        "asker_id": OTHER,
        "category": "dog",
        "minutes": 60,
        "wanted_at": AT,
        "initiative_id": UUID(int=1),
        "compensation": "credits",
        "chosen_by": "noor",
        "status": "confirmed",
        "minutes_differ": False,
        "thanked": False,
        "reserved_at": AT,
        "confirmed_at": AT,
        "changed_at": AT,
        "version": 1,
        **changed,
    }
