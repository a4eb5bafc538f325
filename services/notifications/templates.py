"""What messages say: Dutch, B1, u-form. Subjects carry no help category and no name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.categories import CATEGORIES
from contracts.notifications import Template
from services.kernel.dutch import day_nl, hours_nl, local, time_nl


@dataclass(frozen=True)
class Letter:
    """A message ready to send."""

    subject: str
    text: str


@dataclass(frozen=True)
class Around:
    """What is looked up at the moment of sending, and forgotten after it."""

    name: str
    region: str
    other_name: str = ""
    other_reach: str = ""
    favours: tuple[str, ...] = ()


def when(moment: str | None) -> str:
    """A UTC time as people say it here: `donderdag 26 november om 10.00 uur`.

    >>> when("2026-11-26T09:00:00+00:00")
    'donderdag 26 november om 10.00 uur'
    >>> when(None)
    'op een dag die u samen afspreekt'
    """
    if moment is None:
        return "op een dag die u samen afspreekt"
    at = local(datetime.fromisoformat(moment))
    return f"{day_nl(at)} om {time_nl(at)}"


def render(template: Template, facts: dict[str, Any], around: Around) -> Letter:
    """The letter for one member. `facts` are those of MessageQueued."""
    subject, body = _LETTERS[template](facts, around)
    greeting = f"Beste {around.name},\n\n"
    farewell = f"\n\nMet vriendelijke groet,\nWederdienst {around.region}\n"
    return Letter(subject, greeting + body + farewell)


def _category(facts: dict[str, Any]) -> str:
    return CATEGORIES[facts["category"]].nl.lower()


def _member_approved(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "Welkom bij Wederdienst",
        f"Fijn dat u meedoet. U bent deelnemer {facts['number']}.\n"
        "U kunt nu hulp aanbieden en om hulp vragen. Klein mag ook.",
    )


def _offer_posted(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "Uw aanbod staat erin",
        f"Dank u wel voor uw aanbod: {_category(facts)}.\n"
        "Een coördinator vraagt u als er iemand bij past. Nee zeggen mag altijd.",
    )


def _help_requested(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "Wij hebben uw hulpvraag",
        f"Wij hebben uw vraag: {_category(facts)}.\n"
        "Wij zoeken nu iemand die bij u past. U hoeft niets te doen.",
    )


def _match_helper(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "U gaat iemand helpen",
        f"U gaat {around.other_name} helpen: {when(facts['wanted_at'])}, {hours_nl(facts['minutes'])}.\n"
        f"{around.other_reach}\n"
        "Kunt u toch niet? Laat het ons weten, dat mag altijd.",
    )


def _match_asker(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "Wij hebben iemand voor u gevonden",
        f"Wij hebben iemand voor u gevonden. {around.other_name} komt {when(facts['wanted_at'])}.\n"
        f"{around.other_reach}\n"
        "Past het niet? Bel uw buurtcoördinator.",
    )


def _match_ended_helper(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "Uw afspraak gaat niet door",
        "De afspraak om iemand te helpen gaat niet door. U hoeft niets te doen.",
    )


def _match_ended_asker(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "Uw afspraak gaat niet door",
        "Uw helper kan toch niet komen. Wij zoeken nu iemand anders. U hoeft niets te doen.",
    )


def _minutes_differ(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "De tijd die u opschreef",
        f"U schreef {hours_nl(facts['own'])} op, de ander {hours_nl(facts['others'])}. Dat gebeurt.\n"
        "Wij hebben nog niets geboekt. Een coördinator kijkt ernaar en belt u.",
    )


def _hours_booked_helper(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "Er zijn uren bijgeschreven",
        f"Er is {hours_nl(facts['minutes'])} bij uw tegoed geschreven. Dank u wel voor uw hulp.",
    )


def _hours_booked_asker(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    small = "".join(f"\n- {favour}" for favour in around.favours)
    return (
        "Fijn dat het gelukt is",
        f"Er is {hours_nl(facts['minutes'])} van uw tegoed geboekt. Fijn dat het gelukt is.\n"
        f"Wilt u ook eens iets doen voor een buur? Bijvoorbeeld:{small}\nHet hoeft niet.",
    )


def _gift_received(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "U kreeg uren",
        f"Iemand gaf u {hours_nl(facts['minutes'])}. Die staan bij uw tegoed. U hoeft niets te doen.",
    )


def _gift_given(facts: dict[str, Any], around: Around) -> tuple[str, str]:
    return (
        "U gaf uren weg",
        f"U gaf {hours_nl(facts['minutes'])} weg. Dat is aardig van u.\n"
        "Klopt dit niet? Bel uw buurtcoördinator.",
    )


_LETTERS: dict[Template, Callable[[dict[str, Any], Around], tuple[str, str]]] = {
    "member-approved": _member_approved,
    "offer-posted": _offer_posted,
    "help-requested": _help_requested,
    "match-helper": _match_helper,
    "match-asker": _match_asker,
    "match-ended-helper": _match_ended_helper,
    "match-ended-asker": _match_ended_asker,
    "minutes-differ": _minutes_differ,
    "hours-booked-helper": _hours_booked_helper,
    "hours-booked-asker": _hours_booked_asker,
    "gift-received": _gift_received,
    "gift-given": _gift_given,
}
