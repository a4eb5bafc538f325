"""An initiative: begins from a preset, its rules change, and it ends."""

from uuid import UUID

import pytest

from contracts.envelope import Actor, Command, Role
from contracts.exchange import PostOffer
from contracts.initiatives import (
    THE_INITIATIVE,
    ChangePolicy,
    CloseInitiative,
    InitiativeClosed,
    InitiativeStarted,
    PolicyChanged,
    StartInitiative,
)
from contracts.policy import PRESETS, AgeBand, Policy, Preset
from services.exchange.initiative import INITIATIVE as KIND
from services.kernel.testing import COMMAND_ID, COORDINATOR
from tests.unit.neighbours import BRAM, ELSEWHERE, admitted, exchange, policy

given = exchange.given

CIRCLE = UUID(int=0x3F)
STRICT = Policy(
    reciprocity="required",
    compensation="none",
    floor_minutes=-120,
    tolerance_minutes=5,
    most_running=2,
    from_band=AgeBand.FROM_21,
)
STARTED = InitiativeStarted(initiative_id=CIRCLE, preset="ruilkring", policy=PRESETS["ruilkring"])
CLOSED = InitiativeClosed(initiative_id=CIRCLE)
CLOSE = CloseInitiative(initiative_id=CIRCLE)
START = StartInitiative(name="Ruilkring Noord", preset="ruilkring")
CHANGE = ChangePolicy(initiative_id=CIRCLE, policy=STRICT)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_an_initiative_begins_with_the_rules_of_its_preset(preset: Preset) -> None:
    given().when(StartInitiative(name="Ruilkring Noord", preset=preset)).then(
        InitiativeStarted(initiative_id=COMMAND_ID, preset=preset, policy=PRESETS[preset])
    )


def test_a_region_may_begin_with_rules_of_its_own() -> None:
    given().when(StartInitiative(name="Ruilkring", preset="ruilkring", policy=STRICT)).then(
        InitiativeStarted(initiative_id=COMMAND_ID, preset="ruilkring", policy=STRICT)
    )


def test_its_name_goes_to_the_vault_and_not_into_the_event() -> None:
    start = StartInitiative(name="De buren van Anna", preset="burenhulp")
    (entry,) = start.vault(CIRCLE)
    assert (entry.entity, entry.entity_id, entry.data) == (
        "initiative",
        CIRCLE,
        {"text": "De buren van Anna"},
    )
    (event,) = given().when(start).events
    assert "Anna" not in event.model_dump_json()


def test_the_rules_change_and_nothing_happens_when_they_stay_the_same() -> None:
    changed = PolicyChanged(initiative_id=CIRCLE, policy=STRICT)
    given(STARTED).when(CHANGE).then(changed)
    given(STARTED, changed).when(CHANGE).then_nothing()


def test_all_rules_are_kept_as_they_were_set() -> None:
    assert given(STARTED).now(KIND, CIRCLE).policy == PRESETS["ruilkring"]
    changed = given(STARTED, PolicyChanged(initiative_id=CIRCLE, policy=STRICT)).now(KIND, CIRCLE)
    assert (changed.policy, changed.preset, changed.status) == (STRICT, "ruilkring", "running")


def test_the_initiative_that_always_exists_has_rules_that_change_too() -> None:
    given().when(ChangePolicy(initiative_id=THE_INITIATIVE, policy=Policy())).then_nothing()
    given().when(ChangePolicy(initiative_id=THE_INITIATIVE, policy=STRICT)).then(
        PolicyChanged(initiative_id=THE_INITIATIVE, policy=STRICT)
    )
    assert given(policy(most_running=3)).now(KIND, THE_INITIATIVE).policy == Policy(most_running=3)
    assert given(policy(most_running=3)).now(KIND, THE_INITIATIVE).version == 1


def test_the_initiative_that_always_exists_cannot_be_closed() -> None:
    no = given().when(CloseInitiative(initiative_id=THE_INITIATIVE)).refused("always_there")
    assert "Verander de regels" in no.nl


@pytest.mark.parametrize("command", [START, CHANGE, CLOSE], ids=["start", "change", "close"])
def test_who_coordinates_some_areas_decides_nothing_for_the_whole_region(command: Command) -> None:
    no = given(STARTED).when(command, by=ELSEWHERE).refused("whole_region")
    assert "hele regio" in no.nl
    for by in (COORDINATOR, Actor(role=Role.OPERATOR, name="beheer")):
        assert given(STARTED).when(command, by=by).events


def test_an_initiative_is_closed_once() -> None:
    given(STARTED).when(CLOSE).then(CLOSED)
    given(STARTED, CLOSED).when(CLOSE).refused("initiative_closed")


@pytest.mark.parametrize("command", [CLOSE, CHANGE], ids=["close", "change"])
def test_an_initiative_that_never_was_is_neither_changed_nor_closed(
    command: CloseInitiative | ChangePolicy,
) -> None:
    given().when(command).refused("unknown_initiative")


def test_nothing_new_begins_in_an_initiative_that_is_closed_or_never_was() -> None:
    offer = PostOffer(member_id=BRAM, category="gardening", initiative_id=CIRCLE)
    given(admitted(BRAM), STARTED, CLOSED).when(offer).refused("initiative_closed")
    given(admitted(BRAM)).when(offer).refused("unknown_initiative")
    assert given(admitted(BRAM), STARTED).when(offer).events
