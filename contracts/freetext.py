"""Text that people write, and what may not be in it.

A BSN (citizen service number) may not be kept without a legal basis: Wet algemene
bepalingen burgerservicenummer, art. 10; UAVG art. 46. The eleven-test ("elfproef") is
9a+8b+7c+6d+5e+4f+3g+2h-i divisible by 11. One in eleven random nine-digit numbers
passes it, so the refusal offers a way on.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

BSN_REFUSED_NL = (
    "Hier staat een getal dat op een BSN lijkt. Een BSN mogen wij niet bewaren. Haal het weg. "
    "Is het een ander nummer? Schrijf dan alleen de laatste 4 cijfers op."
)
BSN_REFUSED_EN = (
    "This contains a number that looks like a citizen service number. We may not keep those. "
    "Please remove it. Is it another number? Then write only the last 4 digits."
)
CONTROL_REFUSED_NL = "Hier staat een onzichtbaar teken dat wij niet kunnen bewaren. Typ de tekst opnieuw."
CONTROL_REFUSED_EN = "This contains an invisible character that we cannot keep. Please type the text again."

# Begins with the digit, not with a look behind it: the search then skips to digits at once.
# It takes one digit and looks ahead to the rest: "huis 12" before a BSN cannot hide it.
_NINE_DIGITS = re.compile(r"\d(?<!\d\d)(?=((?:[ .\u00a0\-]?\d){8})(?!\d))")
# With its country code a telephone number has 10 to 14 digits; its last nine are no BSN.
_PHONE = re.compile(r"(?:\+|(?<!\d)00)[1-9](?:[ .\u00a0\-]?(?:\(0\))?[ .\u00a0\-]?\d){9,13}?(?!\d)")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def looks_like_bsn(text: str) -> bool:
    """Whether `text` holds nine digits (also written 1234.56.789) that pass the eleven-test.

    >>> looks_like_bsn("mijn nummer is 111222333"), looks_like_bsn("bel 0612345678")
    (True, False)
    >>> looks_like_bsn("of bel +31 1 11222333")
    False
    """
    # Few texts come as far as the second question.
    return _passes_eleven_test(text) and _passes_eleven_test(_PHONE.sub("/", text))


def _passes_eleven_test(text: str) -> bool:
    for found in _NINE_DIGITS.finditer(text):
        digits = [int(char) for char in found.group() + found.group(1) if char.isdigit()]
        if any(digits) and sum(w * d for w, d in zip(_WEIGHTS, digits, strict=True)) % 11 == 0:
            return True
    return False


def clean(text: str) -> str:
    """`text` as it may be kept, without white space around it.

    Raises a pydantic error of type `bsn` or `control_characters` (the text itself is
    never repeated in it).
    """
    if _CONTROL.search(text):
        raise PydanticCustomError("control_characters", CONTROL_REFUSED_NL)
    if looks_like_bsn(text):
        raise PydanticCustomError("bsn", BSN_REFUSED_NL)
    return text.strip()


Line = Annotated[str, Field(max_length=200), AfterValidator(clean)]
"""One line that a person wrote: a name, a street. At most 200 characters."""

Text = Annotated[str, Field(max_length=2000), AfterValidator(clean)]
"""A few sentences that a person wrote. At most 2,000 characters."""
