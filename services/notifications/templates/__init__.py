"""What messages say: Dutch, B1, u-form. Subjects carry no help category and no name.

Letters are grouped by topic; each is a function of the message's facts and of what is looked up
when it is written. It gives a subject, a text, and the same in one or two sentences for SMS.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from contracts.notifications import Template
from services.notifications.templates import hours, joining, matches, series
from services.notifications.templates.letter import Around, Letter, Write

SMS_CHARACTERS = 300

_LETTERS: dict[Template, Write] = {
    **joining.LETTERS,
    **matches.LETTERS,
    **series.LETTERS,
    **hours.LETTERS,
}


def write(template: str, facts: Mapping[str, Any], around: Around) -> Letter:
    """What one message says, without salutation. `facts` are those of MessageQueued.

    Raises LookupError for a template, or without a fact, that this release does not know.
    """
    return _LETTERS[cast(Template, template)](facts, around)


def compose(parts: Sequence[Letter], around: Around) -> Letter:
    """A whole letter to one member; several messages are its sections."""
    if len(parts) == 1:
        subject, text = parts[0].subject, parts[0].text
    else:
        subject = "Uw berichten van Wederdienst"
        text = "\n\n".join(f"{part.subject.upper()}\n{part.text}" for part in parts)
    call = f"Telefoon: {around.phone}\n" if around.phone else ""
    farewell = f"Met vriendelijke groet,\nWederdienst {around.region}\n{call}"
    return Letter(subject, f"Beste {around.name},\n\n{text}\n\n{farewell}", _short(parts[0].sms, around))


def render(template: str, facts: Mapping[str, Any], around: Around) -> Letter:
    """The letter of one message. Raises LookupError as `write` does."""
    return compose([write(template, facts, around)], around)


def _short(sms: str, around: Around) -> str:
    call = f" Telefoon: {around.phone}" if around.phone else ""
    signed = (f"Wederdienst {around.region}: {sms}{call}", f"Wederdienst: {sms}{call}")
    # A long name of a region is no reason to cut a sentence.
    return next((one for one in signed if len(one) <= SMS_CHARACTERS), f"Wederdienst: {sms}")


__all__ = ["Around", "Letter", "compose", "render", "write"]
