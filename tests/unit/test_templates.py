"""Letters: every template can be written, and no subject tells what the help is or whose it is."""

import doctest
import re
from typing import Any, get_args

import pytest

from contracts.categories import CATEGORIES
from contracts.notifications import Template
from services.kernel.dutch import hours_nl
from services.notifications import templates
from services.notifications.templates import Around, Letter, render
from tests.unit.neighbours import ANNA

FACTS: dict[str, dict[str, Any]] = {
    "member-approved": {"number": 1042},
    "offer-posted": {"category": "paperwork"},
    "help-requested": {"category": "paperwork"},
    "match-helper": {"other": str(ANNA), "category": "paperwork", "minutes": 90, "wanted_at": None},
    "match-asker": {"other": str(ANNA), "category": "paperwork", "minutes": 90, "wanted_at": None},
    "match-ended-helper": {},
    "match-ended-asker": {},
    "minutes-differ": {"own": 90, "others": 60},
    "hours-booked-helper": {"minutes": 75},
    "hours-booked-asker": {"minutes": 75},
    "gift-received": {"minutes": 75},
    "gift-given": {"minutes": 75},
}
AROUND = Around(
    name="Bram Bakker",
    region="Voorbeeld",
    other_name="Anna de Vries",
    other_reach="U bereikt Anna de Vries zo: 06 12345678.",
    favours=("Koffie drinken", "Hond uitlaten"),
)
EVERY_TEMPLATE = pytest.mark.parametrize("template", get_args(Template))


def letter(template: Template, around: Around = AROUND, **facts: Any) -> Letter:
    return render(template, {**FACTS[template], **facts}, around)


@EVERY_TEMPLATE
def test_every_template_makes_a_whole_letter(template: Template) -> None:
    written = letter(template)
    assert written.text.startswith("Beste Bram Bakker,\n\n")
    assert written.text.endswith("\n\nMet vriendelijke groet,\nWederdienst Voorbeeld\n")
    assert not re.search(r"None|[{}]|\d{4}-\d\d-\d\d", written.text)
    assert str(ANNA) not in written.text


@EVERY_TEMPLATE
def test_a_subject_says_neither_what_the_help_is_nor_whose_it_is(template: Template) -> None:
    subjects = {letter(template).subject}
    for code in CATEGORIES:
        other = Around(name="Iemand Anders", region="Elders", other_name="Nog Iemand")
        subjects.add(letter(template, around=other, category=code).subject)
    assert len(subjects) == 1
    (subject,) = subjects
    for category in CATEGORIES.values():
        assert category.nl.lower() not in subject.lower()
        assert category.en.lower() not in subject.lower()
    assert "\n" not in subject
    assert len(subject) <= 60


@EVERY_TEMPLATE
def test_letters_say_u_and_keep_sentences_short(template: Template) -> None:
    for sentence in re.split(r"[.!?]\s", letter(template).text):
        assert len(sentence.split()) <= 20, sentence
        assert not re.search(r"\b(jij|jouw|je)\b", sentence, re.IGNORECASE)


def test_both_people_of_a_match_read_who_the_other_is_and_how_to_reach_them() -> None:
    for template in ("match-helper", "match-asker"):
        text = letter(template, wanted_at="2026-11-26T09:00:00+00:00").text
        assert "Anna de Vries" in text
        assert AROUND.other_reach in text
        assert "donderdag 26 november om 10.00 uur" in text


def test_who_was_helped_reads_what_they_might_do_and_that_they_need_not() -> None:
    text = letter("hours-booked-asker").text
    assert "- Koffie drinken\n- Hond uitlaten" in text
    assert "Het hoeft niet." in text


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(1, "1 minuut"), (59, "59 minuten"), (60, "1 uur"), (61, "1 uur 01"), (1440, "24 uur")],
)
def test_minutes_are_said_as_people_say_them(minutes: int, words: str) -> None:
    assert hours_nl(minutes) == words


def test_the_examples_in_its_documentation_are_true() -> None:
    assert doctest.testmod(templates).failed == 0
