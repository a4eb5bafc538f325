"""What people write: no citizen service number gets through, and no telephone number is refused."""

import doctest
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from contracts import freetext
from contracts.catalogue import COMMANDS
from contracts.freetext import BSN_REFUSED_NL, Line, Text, clean, looks_like_bsn
from contracts.referring import ReferralEvent

NUMBERS = st.integers(1, 999_999_999).map(lambda number: f"{number:09}")
SEPARATORS = st.lists(st.sampled_from(["", " ", ".", "-"]), min_size=8, max_size=8)
WORDS = st.text("abc xyz,:()/\n", max_size=20)
EIGHT = st.integers(0, 99_999_999).map(lambda number: f"{number:08}")


def eleven_test(number: str) -> bool:
    """The 'elfproef' from its definition: positions 9 down to 2 times the digits, minus the last one.

    Written apart from the product's: by counting down, not by a table of weights.
    """
    total, position = 0, 9
    for digit in number[:-1]:
        total += position * (ord(digit) - ord("0"))
        position -= 1
    return (total - int(number[-1])) % 11 == 0


def made_to_pass(eight: str) -> str | None:
    """The nine digits that begin with `eight` and pass; None where no last digit does."""
    return next((eight + last for last in "0123456789" if eleven_test(eight + last)), None)


def written(digits: str, separators: list[str]) -> str:
    return "".join(a + b for a, b in zip(digits, [*separators, ""], strict=True))


@given(NUMBERS)
@example("111222333")
@example("123456782")
def test_nine_digits_are_refused_exactly_when_they_pass_the_eleven_test(number: str) -> None:
    assert looks_like_bsn(number) == eleven_test(number)


@given(EIGHT, SEPARATORS, WORDS, WORDS)
def test_a_bsn_is_found_in_any_form_and_among_any_words(
    eight: str, separators: list[str], before: str, after: str
) -> None:
    bsn = made_to_pass(eight)
    assume(bsn is not None and int(bsn))
    assert bsn is not None
    assert looks_like_bsn(f"{before}{written(bsn, separators)}{after}")


@pytest.mark.parametrize(
    "text",
    [
        "1112.22.333",
        "111 222 333",
        "111-222-333",
        "BSN:111222333.",
        "bsn111222333",
        "huisnummer 12 1234 567 82",
        "bel 06 12345678, bsn 111222333",
        "+31612345678 111222333",
        "+111222333",
    ],
)
def test_these_forms_are_refused(text: str) -> None:
    assert looks_like_bsn(text)


@given(EIGHT)
def test_a_dutch_telephone_number_is_not_refused(eight: str) -> None:
    a, b, c, d = eight[:2], eight[2:4], eight[4:6], eight[6:]
    for number in (
        f"06{eight}",
        f"06 {eight}",
        f"06-{eight}",
        f"06 {a} {b} {c} {d}",
        f"06-{a} {b} {c} {d}",
        f"+316{eight}",
        f"+31 6 {eight}",
        f"+31 6 {a} {b} {c} {d}",
        f"+31-6-{eight}",
        f"+31 (0)6 {eight}",
        f"+31(0)6{eight}",
        f"00316{eight}",
        f"0031 6 {eight}",
        f"(030) {eight[:7]}",
        f"030-{eight[:7]}",
        f"030 {eight[:3]} {eight[3:5]} {eight[5:7]}",
        f"+31 30 {eight[:3]} {eight[3:5]} {eight[5:7]}",
    ):
        assert not looks_like_bsn(f"Bel {number} na zes uur."), number


@given(st.integers(0, 10**8 - 1).map(str) | st.integers(10**9, 10**10 - 1).map(str))
def test_a_number_of_another_length_is_not_refused(number: str) -> None:
    assert not looks_like_bsn(number)


def test_nine_zeros_are_nobodys_number() -> None:
    assert not looks_like_bsn("000000000")


@given(EIGHT, WORDS)
def test_the_refusal_never_repeats_what_was_written(eight: str, words: str) -> None:
    bsn = made_to_pass(eight)
    assume(bsn is not None and int(bsn))
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Text).validate_python(f"{words} {bsn}")
    (error,) = refused.value.errors(include_input=False)
    assert error["type"] == "bsn"
    assert error["msg"] == BSN_REFUSED_NL


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\u202e", "\u200f", "\ud800"])
def test_a_character_that_cannot_be_seen_or_kept_is_refused(character: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Line).validate_python(f"Anna{character}")
    assert refused.value.errors()[0]["type"] in ("control_characters", "string_unicode")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Nd"]), max_size=200))
def test_other_text_is_kept_as_written_without_the_white_space_around_it(text: str) -> None:
    assert clean(text) == text.strip()
    assert clean(clean(text)) == clean(text)


def test_the_examples_in_its_documentation_are_true() -> None:
    assert doctest.testmod(freetext).failed == 0


# Every message that brings a text

BSN = "111222333"
HIDDEN = (
    BSN,
    "1112.22.333",
    f"{BSN} A",
    f"a{BSN}",
    f"mijn nummer is {BSN}",
    f"jan.{BSN}@voorbeeld.example",
    f"https://team.example/{BSN}",
    f"https://team.example/?van={BSN}&aan=ons",
)
"""A number in whatever a field may ask for: a code, an address, a place on the web."""

HOLDERS = (
    *([text] for text in HIDDEN),
    *({"key": text} for text in HIDDEN),
    *({text: 1} for text in HIDDEN),
)

PASSED_ON = {
    # `inbox.keepable` looks at it: what may not be kept is never sent in this command.
    ("StrandEvent", "payload"),
}


def parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a field's type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from parts(inner)


def with_parts(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {model}
    for field in model.model_fields.values():
        for part in parts(field.annotation):
            found |= with_parts(part)
    return found


MODELS = sorted(
    {part for one in (*COMMANDS.values(), ReferralEvent) for part in with_parts(one)},
    key=lambda one: one.__name__,
)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (*texts(key), *texts(inner))
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from texts(inner)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_field_of_any_command_takes_a_bsn(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        takes: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, *field.metadata, None])
        for sent in (*HIDDEN, *HOLDERS):
            try:
                taken = takes.validate_python(sent)
            except ValidationError:
                continue
            assert (model.__name__, name) in PASSED_ON or not any(map(looks_like_bsn, texts(taken))), name
