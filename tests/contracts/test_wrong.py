"""What is wrong is said in words, and never by repeating what someone wrote."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts import wrong
from contracts.catalogue import COMMANDS, QUERIES
from contracts.envelope import Command, Query, Refusal
from contracts.exchange import PostOffer, RequestHelp
from contracts.members import RegisterMember

MESSAGES: dict[str, type[Command] | type[Query]] = {**COMMANDS, **QUERIES}
# Letters that no sentence of ours and no name of a field has next to each other.
MARKERS = st.text("ZQX", min_size=3, max_size=12)
VALUES = st.one_of(
    MARKERS,
    MARKERS.map(lambda m: [m]),
    MARKERS.map(lambda m: {"a": m}),
    MARKERS.map(lambda m: f"{m}@@{m}"),
    MARKERS.map(lambda m: f"{m} 111222333"),
    MARKERS.map(lambda m: f"{m}\u202e"),
    MARKERS.map(lambda m: m * 1000),
    MARKERS.map(lambda m: f"2026-{m}-01T10:00:00Z"),
    MARKERS.map(lambda m: f"0198c5f0-0000-7000-8000-{m}"),
)


def refused(kind: type[Command] | type[Query], data: Any) -> Refusal | None:
    try:
        kind.model_validate_json(json.dumps(data))
    except ValidationError as invalid:
        return wrong.refusal(invalid)
    return None


@pytest.mark.parametrize("name", MESSAGES)
# For each of them, and each time with all its fields.
@settings(max_examples=settings.default.max_examples // 6)
@given(data=st.data())
def test_a_refusal_never_contains_what_was_sent(name: str, data: st.DataObject) -> None:
    kind = MESSAGES[name]
    sent = {field: data.draw(VALUES, label=field) for field in kind.model_fields}
    said = refused(kind, sent)
    if said is not None:
        text = said.model_dump_json()
        assert not [two for two in map("".join, product("ZQX", repeat=2)) if two in text]
        assert "111222333" not in text


def test_not_even_one_letter_of_a_broken_id_is_repeated() -> None:
    said = refused(PostOffer, {"member_id": "Ω-geheim", "category": "dog"})
    assert said is not None
    assert "Ω" not in said.model_dump_json()


A_MEMBER = {"name": "Anna", "street": "Lindelaan", "house_number": "1", "pc4": "3512"}
AN_ID = "0198c5f0-0000-7000-8000-000000000001"
A_REQUEST = {"member_id": AN_ID, "category": "dog", "minutes": 60}


@pytest.mark.parametrize(
    ("kind", "data", "field", "nl"),
    [
        (RegisterMember, {**A_MEMBER, "name": "   "}, "name", "Vul hier iets in."),
        (RegisterMember, {**A_MEMBER, "name": ""}, "name", "Vul hier iets in."),
        (RegisterMember, {**A_MEMBER, "email": "geen adres"}, "email", "Dit past niet. Kijk het na."),
        (RegisterMember, {**A_MEMBER, "age": 80}, "age", "Dit veld kennen wij niet. Haal het weg."),
        (RequestHelp, {**A_REQUEST, "minutes": 0}, "minutes", "Dit moet minstens 1 zijn."),
        (RequestHelp, {**A_REQUEST, "minutes": 1441}, "minutes", "Dit mag hoogstens 1440 zijn."),
        (
            RequestHelp,
            {**A_REQUEST, "text": "a" * 2001},
            "text",
            "Deze tekst is te lang: hoogstens 2000 tekens.",
        ),
        (RequestHelp, {"category": "dog", "minutes": 1}, "member_id", "Dit veld ontbreekt. Vul het in."),
        (
            RequestHelp,
            {**A_REQUEST, "wanted_at": "2026-11-26T10:00:00"},
            "wanted_at",
            "Geef bij dit moment ook de tijdzone, bijvoorbeeld Z of +01:00.",
        ),
    ],
)
def test_it_says_where_and_what_to_do(kind: type[Command], data: dict[str, Any], field: str, nl: str) -> None:
    said = refused(kind, data)
    assert said is not None
    assert said.code == "invalid"
    assert said.nl == f"{field}: {nl}"
    assert list(said.facts) == [field]


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = refused(RequestHelp, {"member_id": AN_ID, "category": "tennis", "minutes": 0, "urgency": "now"})
    assert said is not None
    assert set(said.facts) == {"category", "minutes", "urgency"}


@pytest.mark.parametrize(
    ("text", "code"), [("nummer 111222333", "bsn"), ("hallo\u202edaar", "control_characters")]
)
def test_what_may_not_be_kept_has_a_code_of_its_own(text: str, code: str) -> None:
    said = refused(PostOffer, {"member_id": AN_ID, "category": "dog", "text": text})
    assert said is not None
    assert said.code == code


def test_what_is_not_json_is_refused_in_words() -> None:
    with pytest.raises(ValidationError) as invalid:
        PostOffer.model_validate_json(b'{"member_id": ZQX')
    said = wrong.refusal(invalid.value)
    assert said.nl == "Dit is geen geldige JSON."
    assert "Z" not in said.model_dump_json()


def test_a_moment_is_kept_in_utc_whatever_offset_it_came_with() -> None:
    asked = RequestHelp.model_validate({**A_REQUEST, "wanted_at": "2026-11-26T10:00:00+01:00"})
    assert asked.model_dump(mode="json")["wanted_at"] == "2026-11-26T09:00:00Z"
