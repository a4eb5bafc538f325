"""Who belongs to whom: ties, households and representatives. Ties can be said, never read."""

from fastapi import FastAPI

from contracts.households import EndRepresentation, GrantRepresentation, JoinHousehold, LeaveHousehold
from contracts.members import NameTie
from services.coordinator.api.answers import changed, gone
from services.coordinator.api.commands import Route
from services.coordinator.desk import Desk

_ONE = "/v1/members/{member_id}"

COMMANDS: tuple[Route, ...] = (
    Route("PUT", f"{_ONE}/ties/{{other_id}}", NameTie, changed, "Say how near someone is", "ties"),
    Route("PUT", f"{_ONE}/households/{{household_id}}", JoinHousehold, changed, "Join a household", "ties"),
    Route("DELETE", f"{_ONE}/households/{{household_id}}", LeaveHousehold, gone, "Leave a household", "ties"),
    Route(
        "PUT",
        f"{_ONE}/representatives/{{representative_id}}",
        GrantRepresentation,
        changed,
        "Let someone ask on their behalf",
        "ties",
    ),
    Route(
        "DELETE",
        f"{_ONE}/representatives/{{representative_id}}",
        EndRepresentation,
        gone,
        "No longer let someone ask on their behalf",
        "ties",
    ),
)


def add_reads(api: FastAPI, desk: Desk) -> None:
    """Households and representatives are read with their member; ties by nobody."""
