"""What is wrong with a message that does not fit its contract, in words, without repeating it."""

from typing import Any

from pydantic import ValidationError

from contracts.envelope import Refusal
from contracts.freetext import BSN_REFUSED_EN, BSN_REFUSED_NL, CONTROL_REFUSED_EN, CONTROL_REFUSED_NL

_NO_MOMENT = (
    "Dit is geen dag en tijd. Schrijf het zo: 2026-11-26T10:00+01:00.",
    "This is not a day and time. Write it like this: 2026-11-26T10:00+01:00.",
)
_NO_DAY = (
    "Dit is geen dag. Schrijf hem zo: 2026-11-26.",
    "This is not a day. Write it like this: 2026-11-26.",
)
_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("Dit veld ontbreekt. Vul het in.", "This field is missing. Please fill it in."),
    "extra_forbidden": ("Dit veld kennen wij niet. Haal het weg.", "We do not know this field. Remove it."),
    "bsn": (BSN_REFUSED_NL, BSN_REFUSED_EN),
    "control_characters": (CONTROL_REFUSED_NL, CONTROL_REFUSED_EN),
    "json_invalid": ("Dit is geen geldige JSON.", "This is not valid JSON."),
    "string_too_long": (
        "Deze tekst is te lang: hoogstens {max_length} tekens.",
        "This text is too long: at most {max_length} characters.",
    ),
    "string_too_short": ("Vul hier iets in.", "Please fill this in."),
    "greater_than_equal": ("Dit moet minstens {ge} zijn.", "This must be at least {ge}."),
    "less_than_equal": ("Dit mag hoogstens {le} zijn.", "This may be at most {le}."),
    "literal_error": ("Kies een van: {expected}.", "Choose one of: {expected}."),
    "unknown_category": (
        "Deze soort hulp kennen wij niet. Kies een van: {known}.",
        "We do not know this kind of help. Choose one of: {known}.",
    ),
    "person_unclear": (
        "Geef van iemand die nieuw is naam, straat, huisnummer en postcode (vier cijfers). Of geef alleen "
        "member_id, of alleen het deelnemersnummer met de postcode.",
        "For someone new, give name, street, house number and postcode (four digits). Or give only "
        "member_id, or only the participant's number with the postcode.",
    ),
    "first_visit_missing": (
        "Zeg bij hulp die terugkomt ook wanneer de eerste keer is (wanted_at).",
        "For help that comes back, say when the first time is too (wanted_at).",
    ),
    "too_short": ("Vul hier iets in.", "Please fill this in."),
    "uuid_parsing": ("Dit is geen geldig kenmerk. Kijk het na.", "This is not a valid id. Please check it."),
    "value_error": ("Dit past niet. Kijk het na.", "This does not fit. Please check it."),
    "timezone_aware": (
        "Geef bij dit moment ook de tijdzone, bijvoorbeeld Z of +01:00.",
        "Give this moment with its time zone, such as Z or +01:00.",
    ),
    "int_type": ("Vul hier een heel getal in.", "Please fill in a whole number."),
    "datetime_type": _NO_MOMENT,
    "datetime_from_date_parsing": _NO_MOMENT,
    "datetime_parsing": _NO_MOMENT,
    "date_type": _NO_DAY,
    "date_parsing": _NO_DAY,
    "date_from_datetime_parsing": _NO_DAY,
    "date_from_datetime_inexact": _NO_DAY,
    "string_pattern_mismatch": (
        "Dit heeft niet de vorm die hier hoort. Kijk het na.",
        "This does not have the form that belongs here. Please check it.",
    ),
    "less_than": ("Dit moet kleiner zijn dan {lt}.", "This must be less than {lt}."),
    "webhook_url": (
        "Dit is geen webadres dat wij kunnen gebruiken. Geef een adres als https://voorbeeld.nl/webhook, "
        "zonder naam of wachtwoord erin.",
        "This is not a web address that we can use. Give an address like https://example.nl/webhook, "
        "without a name or password in it.",
    ),
    "string_unicode": (CONTROL_REFUSED_NL, CONTROL_REFUSED_EN),
}
_OTHERWISE = ("Dit past niet. Kijk het na: {msg}.", "This does not fit. Please check: {msg}.")


def words(error: Any) -> tuple[str, str]:
    """One pydantic error as a Dutch and an English sentence."""
    nl, en = _WORDS.get(error["type"], _OTHERWISE)
    # Pydantic's own message for the rest names the expected shape; those types do not quote the input.
    facts = {"msg": error["msg"], **error.get("ctx", {})}
    return nl.format(**facts), en.format(**facts)


def field(error: Any) -> str:
    """Where it is wrong: `minutes`, `circle.3`; empty for the whole message."""
    return ".".join(str(part) for part in error["loc"] if part != "body")


def refusal(invalid: ValidationError) -> Refusal:
    """All that is wrong, together. Facts map each field to its English sentence."""
    errors = invalid.errors(include_input=False, include_url=False)
    sentences = [(field(error), *words(error)) for error in errors]
    return Refusal(
        code=errors[0]["type"] if errors[0]["type"] in ("bsn", "control_characters") else "invalid",
        nl=" ".join(f"{where}: {nl}" if where else nl for where, nl, _ in sentences),
        en=" ".join(f"{where}: {en}" if where else en for where, _, en in sentences),
        facts={where or "message": en for where, _, en in sentences},
    )
