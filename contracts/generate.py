"""Writes what others read of our events: one JSON Schema and one sample per event and version.

    python -m contracts.generate

Within a version a schema may only grow by optional fields with a default; anything else
is not written and the version must go up. Samples are written once and then kept for
ever: they are what an older release wrote, and today's release must still read them.
`samples/SHA256SUMS` shows that none was changed (`sha256sum --check` reads it too).
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid5

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from contracts.catalogue import EMITTED_BY, EVENTS, event_type, schema_name
from contracts.envelope import NOBODY, CloudEvent, Event, source_of
from contracts.policy import CAPS, PRESETS
from contracts.referring import EXAMPLE_EVENT, REFERRAL_SCHEMA, NewReferral

CONTRACTS = Path(__file__).parent
SUMS = "SHA256SUMS"

WHAT_TO_DO = (
    "Raise the event's VERSION and write an upcaster for the version before it "
    "(contracts/upcasting.py), or add an optional field with a default instead; "
    "then run: python -m contracts.generate"
)

_SPACE = UUID("6f0f6a52-7d0e-5c0b-9d43-0a5f0c6f1b7d")
_MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
_SAME_ID = {
    "account_id": "asker_id",
    "from_account_id": "asker_id",
    "to_account_id": "helper_id",
    "contact_id": "match_id",
    "hold_id": "match_id",
}
"""Ids that are another's by design: a hold has the id of its match."""

PLAUSIBLE: dict[str, Any] = {
    "template": "member-approved",
    "number": 1042,
    "pc4": "3512",
    "category": "gardening",
    "minutes": 90,
    "reserved_minutes": 90,
    "hold_minutes": 90,
    "helper_minutes": 90,
    "asker_minutes": 60,
    "accepted_minutes": 60,
    "capacity_minutes_week": 240,
    "floor_minutes": -600,
    "attempts": 1,
    "left_open": 1,
    "wanted_at": datetime(2026, 11, 26, 9, 0, tzinfo=UTC),
    "facts": {"number": 1042},
    "instead_template": "match-ended-asker",
    "instead_facts": {"searching": 1},
    "carer_minutes_week": 120,
    "kind": "person",
    "age_band": "from_21",
    "until": datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC),
    "valid_until": date(2028, 6, 30),
    "days_left": 30,
    "quiet_from": 21,
    "quiet_until": 9,
    "wish": "outside_street",
    "recurrence": "FREQ=WEEKLY;BYDAY=TU",
    "last_day": date(2027, 6, 29),
    "helper_last_day": date(2027, 6, 29),
    "starts_at": datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    "from_at": datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    "planned_at": datetime(2026, 12, 15, 9, 0, tzinfo=UTC),
    "next_at": datetime(2026, 12, 22, 9, 0, tzinfo=UTC),
    "reason": "cancelled",
    "preset": "ruilkring",
    "policy": PRESETS["ruilkring"],
    "by": "coordinator-1",
    "ceiling_minutes": 3000,
    "balance_minutes": 1500,
    "cents": 840,
    "hold_cents": 840,
    "left_cents": 1200,
    "caps_year": 2025,
    "year": 2025,
    "caps": CAPS[2025],
    "month": "2026-11",
    "channel": "email",
    "coordinator": "coordinator-1",
    "deputy": "coordinator-2",
    "handler": "coordinator-2",
    "former_handler": "coordinator-1",
    "reported_by": "coordinator-1",
    "areas": ("3511", "3512"),
    "begins_at": datetime(2026, 11, 30, 8, 0, tzinfo=UTC),
    "ends_at": datetime(2026, 12, 4, 16, 0, tzinfo=UTC),
    "first_day": date(2026, 12, 21),
    "acknowledge_by": datetime(2026, 11, 30, 16, 0, tzinfo=UTC),
    "decide_by": datetime(2027, 1, 4, 16, 0, tzinfo=UTC),
    "step": "heard",
    "times": 1,
    "total_minutes": 960,
    "told_count": 12,
    "told_minutes": 960,
    "our_minutes": 90,
    "their_minutes": 60,
    "attempt": 1,
    "day": date(2026, 12, 1),
    "serial": 4,
    "peer": "voorbeeld-oost",
    "municipality": "Voorbeeld-Oost",
    "signing_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "sealing_key": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo",
    "release": "0.1.0",
    "name": "TransferOffer",
    "version": 1,
    "data": {"transfer_id": str(uuid5(_SPACE, "thread_id")), "minutes": 90},
    "epoch": 2,
    "base": 17,
    "written_by": "voorbeeld-oost",
    "count": 3,
    "team": "sociaal-team-west",
    "turn": 7,
    "secrets": 2,
    "former_until": datetime(2026, 12, 1, 9, 30, tzinfo=UTC),
    "urgency": "soon",
    "remind_at": datetime(2026, 12, 3, 16, 0, tzinfo=UTC),
    "answer_by": datetime(2026, 12, 4, 16, 0, tzinfo=UTC),
    "lookalikes": (uuid5(_SPACE, "lookalike"),),
    "twin_ids": (uuid5(_SPACE, "twin"),),
    "outcome": "help-given",
    "code": "invalid",
    "at": datetime(2026, 11, 25, 14, 0, tzinfo=UTC),
    "taken_at": datetime(2026, 11, 25, 14, 1, tzinfo=UTC),
}
"""What a field holds in a sample, where its type alone does not say it."""


TAKEN: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {REFERRAL_SCHEMA: (NewReferral, EXAMPLE_EVENT)}
"""Events that others' systems send us, by the name of their schema: the model of their data, and a sample.

What we take may grow as it likes, as long as it takes every sample that there ever was.
"""


class Plain(GenerateJsonSchema):
    """Pydantic's JSON Schema, without a title that repeats each field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event's data, in the version that this release writes."""
    return _schema(schema_name(event), event)


def taken_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of the data of an event that we take."""
    return _schema(name, TAKEN[name][0])


def _schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:wederdienst:schema:{name}",
        **model.model_json_schema(mode="validation", schema_generator=Plain),
    }


def sample(event: type[Event]) -> CloudEvent:
    """An invented event as it travels, every field filled. The same at every call."""
    filled = event.model_validate({name: invented(event, name) for name in event.model_fields})
    service = EMITTED_BY[event.__name__]
    command_id = uuid5(_SPACE, event.__name__)
    return CloudEvent(
        id=f"{command_id}.0",
        source=source_of(NOBODY, f"wederdienst-{service}"),
        type=event_type(event),
        time=_MOMENT,
        subject=str(filled.entity_id),
        dataschema=f"urn:wederdienst:schema:{schema_name(event)}",
        region="voorbeeld",
        epoch=1,
        position=17,
        entityversion=1 if event.FIRST else 2,
        correlationid=str(command_id),
        actor="coordinator:voorbeeld",
        data=filled.model_dump(mode="json"),
    )


def invented(model: type[BaseModel], name: str, known: Mapping[str, Any] = PLAUSIBLE) -> Any:
    """What a field holds in a sample or example: by its type, or by its name where that is `known`.

    Raises LookupError for one of which neither says it.
    """
    annotation = model.model_fields[name].annotation
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(arm for arm in get_args(annotation) if arm is not NoneType)
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if name in known:
        return known[name]
    if annotation is UUID:
        return invented_id(name)
    if annotation == tuple[UUID, ...]:
        return (invented_id(name.removesuffix("s")),)
    if annotation is bool:
        return True
    raise LookupError(f"{model.__name__}.{name}: say in contracts/generate.py or examples.py what it holds")


def invented_id(field: str) -> UUID:
    """The id that a field of this name holds in every sample and example."""
    return uuid5(_SPACE, _SAME_ID.get(field, field))


def breaches(committed: dict[str, Any], generated: dict[str, Any]) -> list[str]:
    """What changed between two schemas of one version that may not change; empty when all is well."""
    before, after = _meaning(committed), _meaning(generated)
    found: list[str] = []
    for name, was in before["properties"].items():
        if name not in after["properties"]:
            found.append(f"{name} is gone")
        elif after["properties"][name] != was:
            found.append(f"{name} is not what it was")
    for name in sorted(set(after.get("required", ())) ^ set(before.get("required", ()))):
        if name in after["properties"]:
            is_now = "required" if name in after.get("required", ()) else "optional"
            found.append(f"{name} is now {is_now}")
    shared = (set(before) | set(after)) - {"properties", "required", "$defs"}
    found += [f"{key} is not what it was" for key in sorted(shared) if before.get(key) != after.get(key)]
    definitions = after.get("$defs", {})
    found += [
        f"{name} is not what it was"
        for name, was in before.get("$defs", {}).items()
        if definitions.get(name) != was
    ]
    return found


def _meaning(part: Any) -> Any:
    """A schema without its words for people: those may change at any time."""
    if isinstance(part, dict):
        return {
            key: {name: _meaning(one) for name, one in value.items()}
            if key in ("properties", "$defs")
            else _meaning(value)
            for key, value in part.items()
            if key not in ("title", "description")
        }
    return part


def as_text(document: dict[str, Any]) -> str:
    """JSON as it is committed: two spaces, readable letters, a newline at the end."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(root: Path = CONTRACTS) -> list[str]:
    """Write schemas and missing samples under `root`; returns the breaches, which are not written."""
    for folder in ("schemas", "samples"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    for event in EVENTS.values():
        name = schema_name(event)
        found += [f"{name}: {breach}" for breach in _write_schema(event, root / "schemas" / f"{name}.json")]
        written = sample(event).model_dump(mode="json", exclude_none=True)
        _write_sample(written, root / "samples" / f"{name}.json")
    for name, (_, sent) in TAKEN.items():
        (root / "schemas" / f"{name}.json").write_text(as_text(taken_schema(name)), encoding="utf-8")
        _write_sample(sent, root / "samples" / f"{name}.json")
    return found


def _write_schema(event: type[Event], file: Path) -> list[str]:
    generated = schema(event)
    if file.exists():
        found = breaches(json.loads(file.read_text(encoding="utf-8")), generated)
        if found:
            return found
    file.write_text(as_text(generated), encoding="utf-8")
    return []


def _write_sample(sample: dict[str, Any], file: Path) -> None:
    if file.exists():
        return
    text = as_text(sample)
    file.write_text(text, encoding="utf-8")
    sums = file.with_name(SUMS)
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.exists() else []
    lines.append(f"{hashlib.sha256(text.encode()).hexdigest()}  {file.name}")
    lines.sort(key=lambda line: line.split()[1])
    sums.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write, or say what may not change and what to do about it."""
    if found := write():
        raise SystemExit("\n".join([*found, WHAT_TO_DO]))


if __name__ == "__main__":
    main()
