"""Letters about a match or visit: who comes when, what moves, what does not go on, thanks."""

from collections.abc import Mapping
from typing import Any

from contracts.notifications import Template
from services.kernel.dutch import hours_nl
from services.notifications.templates.letter import Around, Letter, Write, appointment, reach, when


def _match_helper(facts: Mapping[str, Any], around: Around) -> Letter:
    at = when(facts["wanted_at"])
    return Letter(
        "U gaat iemand helpen",
        f"U gaat {around.other_name or 'iemand'} helpen: {at}, {hours_nl(facts['minutes'])}.\n"
        f"{reach(around)}"
        "Kunt u toch niet? Laat het ons weten, dat mag altijd.",
        f"U gaat iemand helpen: {at}. Laat het ons weten als het toch niet kan.",
    )


def _match_asker(facts: Mapping[str, Any], around: Around) -> Letter:
    at = when(facts["wanted_at"])
    return Letter(
        "Wij hebben iemand voor u gevonden",
        f"Wij hebben iemand voor u gevonden. {around.other_name or 'Uw helper'} komt {at}.\n"
        f"{reach(around)}"
        "Past het niet? Bel uw buurtcoördinator.",
        f"Wij hebben iemand voor u gevonden: {at}. Bel uw buurtcoördinator als het niet past.",
    )


def _match_moved(facts: Mapping[str, Any], around: Around) -> Letter:
    at = when(facts["wanted_at"])
    return Letter(
        "Uw afspraak is verzet",
        f"{appointment(facts['from_at'])} is verzet.\n"
        f"De nieuwe tijd is {at}. U ziet dan {around.other_name or 'de ander'}.\n"
        "Past het niet? Bel uw buurtcoördinator.",
        f"Uw afspraak is verzet naar {at}. Bel uw buurtcoördinator als het niet past.",
    )


def _match_ended_helper(facts: Mapping[str, Any], around: Around) -> Letter:
    ended = f"{appointment(facts.get('wanted_at'))} om iemand te helpen gaat niet door."
    return Letter(
        "Uw afspraak gaat niet door",
        f"{ended} U hoeft niets te doen.",
        f"{ended} U hoeft niets te doen.",
    )


def _match_ended_asker(facts: Mapping[str, Any], around: Around) -> Letter:
    ended = f"{appointment(facts.get('wanted_at'))} gaat niet door."
    searching = " Uw hulpvraag staat weer open. Wij zoeken iemand anders." if facts.get("searching") else ""
    return Letter(
        "Uw afspraak gaat niet door",
        f"{ended}{searching} U hoeft niets te doen.",
        f"{ended} U hoeft niets te doen.",
    )


def _helper_withdrew(facts: Mapping[str, Any], around: Around) -> Letter:
    # The same words whatever the reason: why is nobody else's business.
    ended = f"{appointment(facts.get('wanted_at'))} kan helaas niet doorgaan met deze helper."
    keeps = " De dag die u koos, blijft staan." if facts.get("keeps_date", 1) else ""
    return Letter(
        "Wij zoeken een andere helper voor u",
        f"{ended}\nWij zoeken nu iemand anders.{keeps} U hoeft niets te doen.",
        f"{appointment(facts.get('wanted_at'))} gaat niet door met deze helper. Wij zoeken iemand anders.",
    )


def _minutes_differ(facts: Mapping[str, Any], around: Around) -> Letter:
    return Letter(
        "De tijd die u opschreef",
        f"U schreef {hours_nl(facts['own'])} op, de ander {hours_nl(facts['others'])}. Dat gebeurt.\n"
        "Wij hebben nog niets geboekt. Een coördinator kijkt ernaar en belt u.",
        "U en de ander schreven een andere tijd op. Een coördinator kijkt ernaar en belt u.",
    )


def _thanks(facts: Mapping[str, Any], around: Around) -> Letter:
    if around.words:
        text = f"{around.other_name} bedankt u voor uw hulp, met deze woorden:\n\n{around.words}"
    elif around.other_name:
        text = f"{around.other_name} bedankt u voor uw hulp. Dank u wel, ook van ons."
    else:
        text = "U wordt bedankt voor uw hulp. Dank u wel, ook van ons."
    return Letter("Iemand bedankt u", text, "U wordt bedankt voor uw hulp. Dank u wel, ook van ons.")


LETTERS: dict[Template, Write] = {
    "match-helper": _match_helper,
    "match-asker": _match_asker,
    "match-moved": _match_moved,
    "match-ended-helper": _match_ended_helper,
    "match-ended-asker": _match_ended_asker,
    "helper-withdrew": _helper_withdrew,
    "minutes-differ": _minutes_differ,
    "thanks": _thanks,
}
