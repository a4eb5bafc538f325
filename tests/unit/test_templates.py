"""Letters: every template can be written, and no subject tells what the help is or whose it is."""

import doctest
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from contracts.categories import CATEGORIES
from contracts.notifications import Template
from services.kernel.dutch import hours_nl
from services.notifications.templates import (
    Around,
    Letter,
    compose,
    recurrence,
    render,
    write,
)
from services.notifications.templates import (
    letter as parts,
)
from services.notifications.templates.recurrence import how_often
from tests.unit.neighbours import ANNA, MATCH

THURSDAY = "2026-11-26T09:00:00+00:00"
SERIES = {"other": str(ANNA), "recurrence": "FREQ=WEEKLY;BYDAY=TH", "minutes": 90}
FACTS: list[tuple[Template, dict[str, Any]]] = [
    ("member-approved", {"number": 1042}),
    ("offer-posted", {"category": "paperwork"}),
    ("help-requested", {"category": "paperwork"}),
    ("draft-waits", {"category": "paperwork"}),
    ("request-opened", {}),
    ("match-helper", {"other": str(ANNA), "category": "paperwork", "minutes": 90, "wanted_at": None}),
    ("match-asker", {"other": str(ANNA), "category": "paperwork", "minutes": 90, "wanted_at": THURSDAY}),
    ("match-moved", {"other": str(ANNA), "minutes": 90, "from_at": None, "wanted_at": THURSDAY}),
    ("match-moved", {"other": str(ANNA), "minutes": 90, "from_at": THURSDAY, "wanted_at": THURSDAY}),
    ("match-ended-helper", {"wanted_at": THURSDAY}),
    ("match-ended-asker", {"wanted_at": THURSDAY}),
    ("match-ended-asker", {"wanted_at": None}),
    ("helper-withdrew", {"wanted_at": THURSDAY, "keeps_date": 1}),
    ("helper-withdrew", {"wanted_at": None, "keeps_date": 0}),
    ("missed-helper", {"wanted_at": THURSDAY}),
    ("missed-helper", {"wanted_at": None}),
    ("missed-asker", {"wanted_at": THURSDAY}),
    ("missed-asker", {"wanted_at": None}),
    ("visit-open", {"wanted_at": THURSDAY, "visit": str(MATCH), "helps": 0}),
    ("visit-open", {"wanted_at": THURSDAY, "visit": str(MATCH), "helps": 1}),
    ("minutes-differ", {"own": 90, "others": 60}),
    ("thanks", {"other": str(ANNA), "match": str(MATCH)}),
    ("series-started", {**SERIES, "helps": 1, "wanted_at": THURSDAY, "last_day": "2027-06-29"}),
    ("series-started", {**SERIES, "helps": 0, "wanted_at": THURSDAY, "last_day": None}),
    ("series-started", {**SERIES, "helps": 0}),
    ("series-ends", {"last_day": "2027-06-29", "helps": 0}),
    ("series-ends", {"last_day": "2027-06-29", "helps": 1}),
    ("series-ends", {"last_day": None}),
    ("series-ends", {"last_day": None, "handed_over": 1}),
    ("vog-expiring", {"category": "respite", "valid_until": "2026-12-23", "days_left": 30}),
    ("vog-expiring", {"category": "respite", "valid_until": "2026-12-23", "days_left": 1}),
    ("vog-lapsed", {"category": "respite"}),
    ("hours-booked-helper", {"minutes": 75}),
    ("hours-booked-asker", {"minutes": 75}),
    ("hours-received", {"minutes": 75, "out_of": "pool"}),
    ("hours-received", {"minutes": 75, "out_of": "settlement"}),
    ("gift-received", {"minutes": 75}),
    ("gift-given", {"minutes": 75}),
    ("gift-given", {"minutes": 75, "to": "pool"}),
    ("gift-given", {"minutes": 75, "to": "ceiling"}),
    ("gift-given", {"minutes": 75, "to": "full"}),
    ("transfer-reversed", {"minutes": 75, "back": 1}),
    ("transfer-reversed", {"minutes": 75, "back": 0}),
    ("balance-saved", {"minutes": 1500}),
    ("balance-owed", {"minutes": 480}),
    ("balance-saved", {"minutes": 1500, "shared": 1}),
    ("balance-owed", {"minutes": 480, "shared": 1}),
    ("compensation-booked", {"minutes": 90, "cents": 120005}),
    ("help-recorded", {"minutes": 90, "helped": 0}),
    ("help-recorded", {"minutes": 90, "helped": 1}),
]
BEFORE, AFTER = datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC)
"""Around that Thursday."""

AROUND = Around(
    name="Bram Bakker",
    region="Voorbeeld",
    at=BEFORE,
    other_name="Anna de Vries",
    other_reach="U bereikt Anna de Vries zo: 06 12345678.",
    asks_back=True,
    favours=("Koffie drinken", "Hond uitlaten"),
    words="Wat was dat fijn!",
)
EVERY_LETTER = pytest.mark.parametrize(
    ("template", "facts"), FACTS, ids=[f"{template}-{n}" for n, (template, _) in enumerate(FACTS)]
)


def letter(template: Template, around: Around = AROUND, **facts: Any) -> Letter:
    first = next(known for name, known in FACTS if name == template)
    return render(template, {**first, **facts}, around)


def sentences(text: str) -> list[str]:
    return [sentence for sentence in re.split(r"(?<=[a-zé0-9])[.!?](?:\s|$)", text) if sentence.strip()]


def test_every_template_has_its_letter_here() -> None:
    assert {template for template, _ in FACTS} == set(get_args(Template))


@EVERY_LETTER
def test_every_template_makes_a_whole_letter(template: Template, facts: dict[str, Any]) -> None:
    written = render(template, facts, AROUND)
    assert written.text.startswith("Beste Bram Bakker,\n\n")
    assert written.text.endswith("\n\nMet vriendelijke groet,\nWederdienst Voorbeeld\n")
    for text in (written.text, written.sms, written.subject):
        assert not re.search(r"None|[{}]|\d{4}-\d\d-\d\d|  |FREQ", text)
        assert str(ANNA) not in text


@EVERY_LETTER
def test_a_subject_says_neither_what_the_help_is_nor_whose_it_is(
    template: Template, facts: dict[str, Any]
) -> None:
    subjects = {render(template, facts, AROUND).subject}
    for code in CATEGORIES:
        other = Around(name="Iemand Anders", region="Elders", at=AFTER, other_name="Nog Iemand")
        subjects.add(render(template, {**facts, "category": code}, other).subject.replace("ging", "gaat"))
    assert len(subjects) == 1
    (subject,) = subjects
    for category in CATEGORIES.values():
        assert category.nl.lower() not in subject.lower()
        assert category.en.lower() not in subject.lower()
    assert "\n" not in subject
    assert len(subject) <= 60


@EVERY_LETTER
def test_a_text_message_is_short_and_names_neither_the_help_nor_the_other(
    template: Template, facts: dict[str, Any]
) -> None:
    for code in CATEGORIES:
        sms = render(template, {**facts, "category": code}, AROUND).sms
        assert sms.startswith("Wederdienst Voorbeeld: ")
        assert len(sms) <= 300
        assert not re.search(r"Anna|Vries|Bram|Bakker|06 12345678|Wat was dat fijn", sms)
        assert CATEGORIES[code].nl.lower() not in sms.lower()
        assert "\n" not in sms
        assert len(sentences(sms.partition(": ")[2])) <= 2, sms


@EVERY_LETTER
def test_a_long_name_of_a_region_does_not_make_a_text_message_too_long(
    template: Template, facts: dict[str, Any]
) -> None:
    around = Around(name="Bram", region="Samenwerkende gemeenten " * 10, at=BEFORE)
    assert len(render(template, facts, around).sms) <= 300


@EVERY_LETTER
def test_a_letter_says_where_to_call(template: Template, facts: dict[str, Any]) -> None:
    around = replace(AROUND, phone="030-123 45 67")
    written = render(template, facts, around)
    assert written.text.endswith("\nWederdienst Voorbeeld\nTelefoon: 030-123 45 67\n")
    assert written.sms.endswith(" Telefoon: 030-123 45 67")
    long = replace(around, region="Samenwerkende gemeenten " * 10)
    assert len(render(template, facts, long).sms) <= 300


@EVERY_LETTER
def test_letters_say_u_and_keep_sentences_short(template: Template, facts: dict[str, Any]) -> None:
    written = render(template, facts, AROUND)
    for sentence in re.split(r"[.!?:]\s", f"{written.text} {written.sms}"):
        assert len(sentence.split()) <= 20, sentence
        assert not re.search(r"\b(jij|jouw|je)\b", sentence, re.IGNORECASE)


@EVERY_LETTER
def test_a_letter_about_someone_who_is_not_known_any_more_is_whole(
    template: Template, facts: dict[str, Any]
) -> None:
    text = render(template, facts, Around(name="Bram Bakker", region="Voorbeeld", at=AFTER)).text
    assert not re.search(r"  | [.,:]|\n\n\n|\n (?! )", text)
    body = text.removeprefix("Beste Bram Bakker,\n\n").partition("\n\nMet vriendelijke groet")[0]
    assert "\n\n" not in body


def test_both_people_of_a_match_read_who_the_other_is_and_how_to_reach_them() -> None:
    for template in ("match-helper", "match-asker"):
        text = letter(template, wanted_at=THURSDAY).text
        assert "Anna de Vries" in text
        assert AROUND.other_reach in text
        assert "donderdag 26 november om 10.00 uur" in text


def test_both_people_of_a_series_read_who_the_other_is_how_often_and_from_when() -> None:
    for helps in (0, 1):
        text = letter("series-started", helps=helps).text
        assert "Anna de Vries" in text
        assert AROUND.other_reach in text
        assert "elke donderdag, 1 uur 30. De eerste keer is donderdag 26 november om 10.00 uur." in text
        assert "De laatste dag is dinsdag 29 juni 2027." in text
        assert "zoeken wij nog iemand" not in text
        assert (
            "2 van de keren die al gepland staan" in letter("series-started", helps=helps, left_open=2).text
        )


def test_a_letter_about_a_new_time_says_the_old_one_too() -> None:
    text = letter("match-moved", from_at="2026-11-24T09:00:00+00:00", wanted_at=THURSDAY).text
    assert "Uw afspraak van dinsdag 24 november om 10.00 uur is verzet." in text
    assert "De nieuwe tijd is donderdag 26 november om 10.00 uur. U ziet dan Anna de Vries." in text


def test_who_loses_a_helper_reads_that_the_day_stays_and_never_why() -> None:
    assert "De dag die u koos, blijft staan." in letter("helper-withdrew").text
    assert "blijft staan" not in letter("helper-withdrew", keeps_date=0).text


def test_who_missed_each_other_read_no_blame_and_what_becomes_of_their_hours() -> None:
    for template in ("missed-helper", "missed-asker"):
        text = letter(template).text
        assert "gemist" in text
        assert "donderdag 26 november om 10.00 uur" in text
        assert "uw buurtcoördinator" in text
        assert not re.search(r"niet (op )?(komen|gekomen|thuis|kwam|dagen)|schuld|afwezig|helaas niet", text)
    assert "Er gaan geen uren van uw tegoed af." in letter("missed-asker").text
    assert "Voor deze keer schrijven wij geen uren bij." in letter("missed-helper").text
    assert "uren geven uit de solidariteitspot" in letter("missed-helper").text


@pytest.mark.parametrize("template", ["hours-booked-asker", "help-recorded", "draft-waits", "balance-owed"])
def test_who_might_give_back_reads_small_ways_to(template: Template) -> None:
    assert "Bijvoorbeeld:\n- Koffie drinken\n- Hond uitlaten" in letter(template).text
    nothing = Around(name="Bram", region="Voorbeeld", at=BEFORE)
    assert "Bijvoorbeeld" not in letter(template, around=nothing).text


@pytest.mark.parametrize("template", ["hours-booked-asker", "help-recorded"])
def test_who_was_helped_is_asked_something_only_where_the_initiative_does_and_need_not(
    template: Template,
) -> None:
    asked = letter(template).text
    assert "Wilt u ook eens iets doen voor een buur?" in asked
    assert "Het hoeft niet." in asked
    as_a_gift = letter(template, around=replace(AROUND, asks_back=False)).text
    assert "buur" not in as_a_gift
    assert "Bijvoorbeeld" not in as_a_gift


def test_the_helper_of_a_series_reads_that_they_need_not_come_this_time_and_never_why() -> None:
    written = letter("visit-open", helps=1)
    assert written.subject == "Deze keer hoeft u niet te komen"
    for words in (written.text, written.sms):
        assert "donderdag 26 november om 10.00 uur gaat niet door. Deze keer hoeft u niet te komen." in words
    late = letter("visit-open", replace(AROUND, at=AFTER), helps=1).text
    assert "ging niet door. Deze keer hoefde u niet te komen." in late


def test_who_helped_in_a_series_reads_that_someone_else_does_from_now_on() -> None:
    assert "Iemand anders geeft vanaf nu de hulp" in letter("series-ends", handed_over=1, last_day=None).text


@pytest.mark.parametrize("template", ["match-ended-helper", "match-ended-asker"])
def test_what_is_written_after_the_day_says_that_it_did_not_take_place(template: Template) -> None:
    before, after = letter(template), letter(template, replace(AROUND, at=AFTER))
    for words in (before.subject, before.text, before.sms):
        assert "gaat niet door" in words
    for words in (after.subject, after.text, after.sms):
        assert "ging niet door" in words
        assert "gaat niet door" not in words


def test_who_loses_a_helper_of_a_day_that_has_passed_does_not_read_that_the_day_stays() -> None:
    assert "blijft staan" not in letter("helper-withdrew", replace(AROUND, at=AFTER)).text


def test_who_may_act_for_a_household_reads_of_its_balance() -> None:
    assert "op uw gezamenlijke rekening staat nu 25 uur" in letter("balance-saved", shared=1).text
    assert "Uw huishouden kreeg tot nu toe 8 uur meer dan het gaf." in letter("balance-owed", shared=1).text


def test_minutes_are_many_and_an_hour_is_one() -> None:
    assert "Er zijn 30 minuten bij uw tegoed" in letter("hours-booked-helper", minutes=30).text
    assert "Er is 1 minuut bij uw tegoed" in letter("hours-booked-helper", minutes=1).text
    assert "Er is 2 uur bij uw tegoed" in letter("hours-booked-helper", minutes=120).text
    assert "45 minuten zijn van uw tegoed gehaald" in letter("transfer-reversed", minutes=45, back=0).text
    assert "45 minuten staan weer bij uw tegoed" in letter("transfer-reversed", minutes=45, back=1).text


def test_who_owes_reads_that_there_is_no_hurry_and_no_shame() -> None:
    text = letter("balance-owed").text
    assert "Er is geen haast." in text
    assert "solidariteitspot" in text
    assert not re.search(r"schuld|moet|betalen|tekort|rood|negatief", text, re.IGNORECASE)


def test_thanks_carry_the_askers_own_words_where_there_are_any() -> None:
    assert (
        "Anna de Vries bedankt u voor uw hulp, met deze woorden:\n\nWat was dat fijn!"
        in letter("thanks").text
    )
    without = Around(name="Bram", region="Voorbeeld", at=BEFORE, other_name="Anna de Vries")
    assert "Anna de Vries bedankt u voor uw hulp. Dank u wel, ook van ons." in letter("thanks", without).text
    erased = Around(name="Bram", region="Voorbeeld", at=BEFORE)
    assert "U wordt bedankt voor uw hulp." in letter("thanks", around=erased).text


def test_amounts_of_money_are_written_as_they_are_here() -> None:
    assert "€ 1.200,05" in letter("compensation-booked").text
    assert "€ 8,40" in letter("compensation-booked", cents=840).text


def test_a_digest_is_one_mail_with_a_section_for_each_message() -> None:
    sections = [
        write("offer-posted", {"category": "dog"}, AROUND),
        write("gift-received", {"minutes": 60}, AROUND),
    ]
    written = compose(sections, AROUND)
    assert written.subject == "Uw berichten van Wederdienst"
    assert written.text.count("Beste Bram Bakker,") == written.text.count("Met vriendelijke groet,") == 1
    assert "UW AANBOD STAAT ERIN\nDank u wel voor uw aanbod: hond uitlaten." in written.text
    assert "U KREEG UREN\nIemand gaf u 1 uur." in written.text
    assert compose(sections[:1], AROUND) == render("offer-posted", {"category": "dog"}, AROUND)


@pytest.mark.parametrize(("template", "facts"), [("a-later-letter", {}), ("offer-posted", {})])
def test_what_this_release_cannot_write_is_an_error(template: str, facts: dict[str, Any]) -> None:
    with pytest.raises(LookupError):
        write(template, facts, AROUND)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(1, "1 minuut"), (59, "59 minuten"), (60, "1 uur"), (61, "1 uur 01"), (1440, "24 uur")],
)
def test_minutes_are_said_as_people_say_them(minutes: int, words: str) -> None:
    assert hours_nl(minutes) == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "elke dag"),
        ("FREQ=DAILY;INTERVAL=2", "om de dag"),
        ("FREQ=DAILY;INTERVAL=10", "elke 10 dagen"),
        ("FREQ=WEEKLY;BYDAY=TU", "elke dinsdag"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "elke maandag, woensdag en vrijdag"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "elke werkdag"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "elke dag"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "om de week op vrijdag"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR", "om de week op werkdagen"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TU,WE,TH,FR,SA,SU", "elke 3 weken op alle dagen"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH;WKST=MO", "elke 3 weken op maandag en donderdag"),
        ("FREQ=WEEKLY", "elke donderdag"),
        ("FREQ=WEEKLY;INTERVAL=2", "om de week op donderdag"),
        ("FREQ=MONTHLY", "elke maand"),
        ("FREQ=MONTHLY;INTERVAL=2", "om de maand"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "elke maand op de 15e"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,-1", "elke maand op de 1e en de laatste dag"),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", "elke maand op de op 1 na laatste dag"),
        ("FREQ=MONTHLY;BYDAY=2TU", "elke maand op de tweede dinsdag"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR", "elke 3 maanden op de laatste vrijdag"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "elke maand op de tweede dinsdag"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "elke maand op de laatste werkdag"),
        ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1", "elke maand op de eerste zaterdag of zondag"),
        ("FREQ=MONTHLY;BYDAY=TU", "elke dinsdag"),
        ("freq=weekly;byday=tu", "elke dinsdag"),
        ("FREQ=YEARLY", "regelmatig"),
        ("", "regelmatig"),
    ],
)
def test_how_often_help_comes_back_is_said_as_people_say_it(rule: str, words: str) -> None:
    assert how_often(rule, datetime.fromisoformat(THURSDAY)) == words


def test_a_week_that_begins_late_at_night_is_named_by_the_clock_on_the_wall() -> None:
    assert how_often("FREQ=WEEKLY", datetime(2026, 11, 26, 23, 30, tzinfo=UTC)) == "elke vrijdag"
    assert how_often("FREQ=WEEKLY") == "elke week"


@pytest.mark.parametrize("module", [parts, recurrence])
def test_the_examples_in_its_documentation_are_true(module: Any) -> None:
    results = doctest.testmod(module)
    assert results.failed == 0
    assert results.attempted > 0
