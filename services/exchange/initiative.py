"""An initiative: a programme of the region with its own rules. The rules of today hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.envelope import Event
from contracts.initiatives import (
    THE_INITIATIVE,
    ChangePolicy,
    CloseInitiative,
    InitiativeClosed,
    InitiativeStarted,
    PolicyChanged,
    StartInitiative,
)
from contracts.policy import PRESETS, AgeBand, Compensation, Policy, Reciprocity
from services.kernel.entity import Kind, State, replace
from services.kernel.errors import Rejected
from services.kernel.rights import check_whole_region
from services.kernel.service import Context


@dataclass(slots=True)
class Initiative:
    initiative_id: UUID
    preset: str
    status: Literal["running", "closed"]
    reciprocity: Reciprocity
    compensation: Compensation
    floor_minutes: int
    tolerance_minutes: int
    most_running: int
    from_band: str
    version: int = 0

    @property
    def policy(self) -> Policy:
        return Policy(
            reciprocity=self.reciprocity,
            compensation=self.compensation,
            floor_minutes=self.floor_minutes,
            tolerance_minutes=self.tolerance_minutes,
            most_running=self.most_running,
            from_band=AgeBand(self.from_band),
        )


type InitiativeEvent = InitiativeStarted | PolicyChanged | InitiativeClosed


def evolve(
    initiative: Initiative | None, event: InitiativeEvent, initiative_id: UUID, at: datetime
) -> Initiative:
    if isinstance(event, InitiativeStarted):
        return Initiative(initiative_id, event.preset, "running", **event.policy.model_dump(mode="json"))
    if initiative is None:
        # The one that always exists: its first event may be a change of its policy.
        initiative = Initiative(initiative_id, "", "running", **Policy().model_dump(mode="json"))
    match event:
        case PolicyChanged():
            return replace(initiative, **event.policy.model_dump(mode="json"))
        case InitiativeClosed():
            return replace(initiative, status="closed")
        case _:
            assert_never(event)


INITIATIVE = Kind(
    "initiatives",
    Initiative,
    {event: lambda e: (e.initiative_id,) for event in (InitiativeStarted, PolicyChanged, InitiativeClosed)},
    evolve,
)


def start(command: StartInitiative, context: Context, state: State) -> list[Event]:
    check_whole_region(context)
    return [
        InitiativeStarted(
            initiative_id=context.command_id,
            preset=command.preset,
            policy=command.policy or PRESETS[command.preset],
        )
    ]


def change(command: ChangePolicy, context: Context, state: State) -> list[Event]:
    check_whole_region(context)
    if policy_of(state, command.initiative_id) == command.policy:
        return []
    return [PolicyChanged(initiative_id=command.initiative_id, policy=command.policy)]


def close(command: CloseInitiative, context: Context, state: State) -> list[Event]:
    check_whole_region(context)
    if command.initiative_id == THE_INITIATIVE:
        raise Rejected(
            "always_there",
            "Dit initiatief hoort bij de regio en kan niet stoppen. Verander de regels ervan, of sluit een "
            "ander initiatief.",
            "This initiative belongs to the region and cannot end. Change its rules, or close another one.",
        )
    running_policy(state, command.initiative_id)
    return [InitiativeClosed(initiative_id=command.initiative_id)]


def policy_of(state: State, initiative_id: UUID) -> Policy:
    """The rules of an initiative as they are now. Raises Rejected for one that never was."""
    initiative = state.get(INITIATIVE, initiative_id)
    if initiative is not None:
        return initiative.policy
    if initiative_id == THE_INITIATIVE:
        return Policy()
    raise Rejected(
        "unknown_initiative",
        "Dit initiatief kennen wij niet. Kies een initiatief uit de lijst.",
        "We do not know this initiative. Choose one from the list.",
    )


def running_policy(state: State, initiative_id: UUID) -> Policy:
    """The rules of an initiative in which something new may begin. Raises Rejected."""
    initiative = state.get(INITIATIVE, initiative_id)
    if initiative is not None and initiative.status == "closed":
        raise Rejected(
            "initiative_closed",
            "Dit initiatief is gestopt. Kies een ander initiatief.",
            "This initiative has ended. Choose another one.",
        )
    return policy_of(state, initiative_id)
