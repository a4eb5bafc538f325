"""Events keep their promises to those who read them: schemas, samples, versions, size."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from contracts import generate
from contracts.catalogue import EMITTED_BY, EVENTS, SERVICES, event_type, kebab, schema_name
from contracts.envelope import MAX_EVENT_BYTES, CloudEvent, Event
from contracts.referring import EXAMPLE, REFERRAL_SCHEMA, ReferralEvent
from contracts.upcasting import UPCASTERS, UnknownEvent, read

SCHEMAS = generate.CONTRACTS / "schemas"
SAMPLES = generate.CONTRACTS / "samples"
ALL_SAMPLES = sorted(SAMPLES.glob("*.json"))
OURS = [file for file in ALL_SAMPLES if file.stem not in generate.TAKEN]
NAMES_BY_KEBAB = {kebab(name): name for name in EVENTS}

EVENT = pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
SAMPLE = pytest.mark.parametrize("file", OURS, ids=[file.stem for file in OURS])
TAKEN = pytest.mark.parametrize("name", generate.TAKEN)


def what_it_is(file: Path) -> tuple[str, int]:
    """`exchange.match-confirmed.v1.json` is MatchConfirmed, version 1."""
    _, name, version, _ = file.name.split(".")
    return NAMES_BY_KEBAB[name], int(version[1:])


@EVENT
def test_the_committed_schema_is_what_the_event_is_today(event: type[Event]) -> None:
    file = SCHEMAS / f"{schema_name(event)}.json"
    assert file.exists(), f"{file.name} is missing; run: python -m contracts.generate"
    committed = file.read_text(encoding="utf-8")
    found = generate.breaches(json.loads(committed), generate.schema(event))
    assert not found, f"{schema_name(event)}: {'; '.join(found)}. {generate.WHAT_TO_DO}"
    assert committed == generate.as_text(generate.schema(event)), (
        f"{schema_name(event)} grew; run: python -m contracts.generate"
    )


@EVENT
def test_every_version_there_ever_was_has_a_schema_a_sample_and_a_way_to_today(event: type[Event]) -> None:
    for version in range(1, event.VERSION + 1):
        name = schema_name(event, version)
        assert (SCHEMAS / f"{name}.json").exists()
        assert (SAMPLES / f"{name}.json").exists()
        if version < event.VERSION:
            assert (event.__name__, version) in UPCASTERS


def test_no_schema_or_sample_is_left_without_its_event() -> None:
    for folder in (SCHEMAS, SAMPLES):
        for file in folder.glob("*.json"):
            if file.stem in generate.TAKEN:
                continue
            name, version = what_it_is(file)
            assert file.stem == schema_name(EVENTS[name], version)
            assert version <= EVENTS[name].VERSION


def test_samples_are_as_they_were_written() -> None:
    lines = (SAMPLES / generate.SUMS).read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    assert sums == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in ALL_SAMPLES}, (
        "a sample was changed, added by hand or taken away; samples are kept for ever as they are"
    )


@SAMPLE
def test_todays_release_reads_every_sample(file: Path) -> None:
    name, version = what_it_is(file)
    travelled = CloudEvent.model_validate_json(file.read_bytes())
    event = read(name, version, travelled.data)
    assert type(event) is EVENTS[name]
    assert travelled.subject == str(event.entity_id)
    assert travelled.type == event_type(EVENTS[name]).rpartition(".")[0] + f".v{version}"
    assert travelled.dataschema == f"urn:wederdienst:schema:{file.stem}"


@SAMPLE
def test_every_sample_is_what_its_schema_says(file: Path) -> None:
    schema = json.loads((SCHEMAS / file.name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    sample = json.loads(file.read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(sample["data"])


@SAMPLE
def test_a_sample_holds_no_field_that_its_schema_does_not_know_and_fits_the_bus(file: Path) -> None:
    schema = json.loads((SCHEMAS / file.name).read_text(encoding="utf-8"))
    sample = json.loads(file.read_text(encoding="utf-8"))
    assert set(sample["data"]) <= set(schema["properties"])
    assert len(file.read_bytes()) <= MAX_EVENT_BYTES


@EVENT
def test_an_event_knows_its_stream(event: type[Event]) -> None:
    assert f"{event.ENTITY}_id" == event.ENTITY_ID
    assert event.model_fields[event.ENTITY_ID].annotation is UUID
    assert event.model_fields[event.ENTITY_ID].is_required()


BEGUN_ELSEWHERE = {"network", "peer", "thread", "orphan"}
"""Their ids come from other regions; whichever event is about one first begins its stream."""


@pytest.mark.parametrize("service", SERVICES)
def test_every_kind_of_stream_has_an_event_that_begins_it(service: str) -> None:
    events = SERVICES[service].EVENTS
    begun = {e.ENTITY for e in events if e.FIRST}
    assert {e.ENTITY for e in events} - begun == (BEGUN_ELSEWHERE if service == "link" else set())


PERSONAL = {"name", "mail", "email", "phone", "street", "house", "address", "text", "note", "reason_text"}
PERSONAL |= {"born", "birth", "bsn", "circle", "comment", "remark", "label", "title", "description"}


@EVENT
def test_no_field_of_an_event_can_hold_what_identifies_or_describes_a_person(event: type[Event]) -> None:
    # What a letter between regions is called is part of the contract, and says nothing about anyone.
    letters = {"name"} if EMITTED_BY[event.__name__] == "link" else set()
    for name in event.model_fields.keys() - letters:
        assert not PERSONAL & set(name.split("_")), f"{event.__name__}.{name} belongs in a vault"


@EVENT
def test_an_event_is_named_in_the_past_tense_and_says_what_it_means(event: type[Event]) -> None:
    assert not event.__name__.endswith("Event")
    irregular = (
        "Chosen",
        "FellThrough",
        "Forgotten",
        "Given",
        "HandedOver",
        "Left",
        "Lent",
        "Overtaken",
        "Sent",
        "SetAside",
        "Sought",
        "Taken",
        "TakenBack",
        "Undeliverable",
        "Withdrawn",
    )
    assert event.__name__.endswith(("ed", *irregular)), event.__name__
    assert event.__doc__
    assert EMITTED_BY[event.__name__] in SERVICES


def test_event_and_message_names_are_unique_over_all_services() -> None:
    for what in ("EVENTS", "COMMANDS", "QUERIES"):
        names = [one.__name__ for module in SERVICES.values() for one in getattr(module, what)]
        assert len(names) == len(set(names))


# What others send us


@TAKEN
def test_the_committed_schema_of_what_we_take_is_what_we_take_today(name: str) -> None:
    committed = (SCHEMAS / f"{name}.json").read_text(encoding="utf-8")
    assert committed == generate.as_text(generate.taken_schema(name)), "run: python -m contracts.generate"


@TAKEN
def test_what_was_right_to_send_once_is_right_today(name: str) -> None:
    sent = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    event = ReferralEvent.model_validate(sent)
    assert (event.type, event.dataschema) == (f"nl.wederdienst.{name}", f"urn:wederdienst:schema:{name}")
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(sent["data"])


@pytest.mark.parametrize(
    ("person", "fits"),
    [
        ({"member_id": "7f1b6a52-7d0e-5c0b-9d43-0a5f0c6f1b7d"}, True),
        ({"number": 1042, "pc4": "3512"}, True),
        ({"number": 1042}, False),
        ({"name": "Jo Voorbeeld", "pc4": "3512"}, False),
    ],
)
def test_the_schema_of_a_referral_says_what_is_told_of_a_person(person: dict[str, Any], fits: bool) -> None:
    schema = generate.taken_schema(REFERRAL_SCHEMA)
    assert Draft202012Validator(schema).is_valid({**EXAMPLE, "person": person}) is fits


# What the generator itself does


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """A copy of the committed schemas and samples."""
    for folder in (SCHEMAS, SAMPLES):
        shutil.copytree(folder, tmp_path / folder.name)
    return tmp_path


def contents(root: Path) -> dict[str, str]:
    return {str(f.relative_to(root)): f.read_text(encoding="utf-8") for f in root.rglob("*") if f.is_file()}


def test_generating_again_changes_nothing(committed: Path) -> None:
    before = contents(committed)
    assert generate.write(committed) == []
    assert contents(committed) == before


def test_generating_from_nothing_gives_todays_versions(tmp_path: Path) -> None:
    assert generate.write(tmp_path) == []
    for event in EVENTS.values():
        file = f"schemas/{schema_name(event)}.json"
        assert (tmp_path / file).read_bytes() == (generate.CONTRACTS / file).read_bytes()


def test_a_sample_that_is_there_is_never_written_again(committed: Path) -> None:
    file = committed / "samples" / ALL_SAMPLES[0].name
    file.write_text("{}", encoding="utf-8")
    generate.write(committed)
    assert file.read_text(encoding="utf-8") == "{}"


class BinPutOut(Event):
    """Someone put a bin out."""

    ENTITY: ClassVar[str] = "bin"
    bin_id: UUID
    minutes: int


class WithAnOptionalField(BinPutOut):
    """Someone put a bin out, and perhaps told us where."""

    pc4: str | None = None


class WithARequiredField(BinPutOut):
    pc4: str


class WithoutMinutes(Event):
    ENTITY: ClassVar[str] = "bin"
    bin_id: UUID


class WithOtherMinutes(WithoutMinutes):
    minutes: float


class WithOptionalMinutes(BinPutOut):
    minutes: int = 0


@pytest.mark.parametrize(
    ("changed", "breaches"),
    [
        (WithAnOptionalField, []),
        (WithARequiredField, ["pc4 is now required"]),
        (WithoutMinutes, ["minutes is gone"]),
        (WithOtherMinutes, ["minutes is not what it was"]),
        (WithOptionalMinutes, ["minutes is not what it was", "minutes is now optional"]),
    ],
)
def test_within_a_version_an_event_may_only_grow_by_optional_fields(
    changed: type[Event], breaches: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for event in (BinPutOut, changed):
        monkeypatch.setitem(EMITTED_BY, event.__name__, "exchange")
    before, after = generate.schema(BinPutOut), generate.schema(changed)
    after["$id"] = before["$id"]
    assert generate.breaches(before, after) == breaches


def test_a_schema_that_broke_its_promise_is_not_written(
    committed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = committed / "schemas" / "exchange.offer-posted.v1.json"
    was = json.loads(file.read_text(encoding="utf-8"))
    was["properties"]["street"] = {"type": "string"}
    file.write_text(generate.as_text(was), encoding="utf-8")
    assert generate.write(committed) == ["exchange.offer-posted.v1: street is gone"]
    assert json.loads(file.read_text(encoding="utf-8")) == was
    monkeypatch.setattr(generate, "write", lambda: ["exchange.offer-posted.v1: street is gone"])
    with pytest.raises(SystemExit, match="Raise the event's VERSION and write an upcaster"):
        generate.main()


# Reading what others wrote


def test_an_event_of_the_next_release_is_unknown_and_not_guessed() -> None:
    for name, version in (("BinPutOut", 1), ("OfferPosted", EVENTS["OfferPosted"].VERSION + 1)):
        with pytest.raises(UnknownEvent, match=f"{name} v{version}"):
            read(name, version, {})


def test_a_field_that_is_not_known_yet_is_passed_over() -> None:
    sample = json.loads((SAMPLES / "exchange.initiative-closed.v1.json").read_text(encoding="utf-8"))
    event = read("InitiativeClosed", 1, {**sample["data"], "added_next_year": 5})
    assert set(event.model_dump()) == {"initiative_id"}


def test_an_old_event_goes_through_every_upcaster_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = EVENTS["InitiativeClosed"]
    monkeypatch.setattr(closed, "VERSION", 3)
    monkeypatch.setitem(UPCASTERS, ("InitiativeClosed", 1), lambda data: {"id": data["initiative"]})
    monkeypatch.setitem(UPCASTERS, ("InitiativeClosed", 2), lambda data: {"initiative_id": data["id"]})
    id = "f9922cba-e803-5bf5-8d2d-e490d859c9ac"
    for version, data in ((1, {"initiative": id}), (2, {"id": id}), (3, {"initiative_id": id})):
        assert read("InitiativeClosed", version, data).entity_id == UUID(id)
