"""Letters about help that comes back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.notifications import Template
from services.kernel.dutch import hours_nl
from services.notifications.templates.letter import Around, Letter, Write, day, reach, when
from services.notifications.templates.recurrence import how_often


def _series_started(facts: Mapping[str, Any], around: Around) -> Letter:
    starts_at = facts.get("wanted_at")
    begins = datetime.fromisoformat(starts_at) if starts_at else None
    often = f"{how_often(facts['recurrence'], begins)}, {hours_nl(facts['minutes'])}"
    first = f" De eerste keer is {when(starts_at)}." if starts_at else ""
    last = f" De laatste dag is {day(facts['last_day'])}." if facts.get("last_day") else ""
    if left_open := facts.get("left_open"):
        last += f" Voor {left_open} van de keren die al gepland staan zoeken wij nog iemand."
    if facts["helps"]:
        return Letter(
            "U gaat iemand vaker helpen",
            f"U gaat {around.other_name or 'iemand'} vaker helpen: {often}.{first}{last}\n"
            f"{reach(around)}"
            "Kunt u een keer niet? Laat het ons weten, dat mag altijd.",
            f"U gaat iemand vaker helpen: {often}.{first}",
        )
    return Letter(
        "Wij hebben iemand voor u gevonden",
        "Wij hebben iemand voor u gevonden. "
        f"{around.other_name or 'Uw helper'} komt vaker: {often}.{first}{last}\n"
        f"{reach(around)}"
        "Past het een keer niet? Bel uw buurtcoördinator.",
        f"Wij hebben iemand voor u gevonden: {often}.{first}",
    )


def _series_ends(facts: Mapping[str, Any], around: Around) -> Letter:
    if facts.get("handed_over"):
        return Letter(
            "Iemand anders neemt uw hulp over",
            "Iemand anders geeft vanaf nu de hulp die u steeds gaf. Dank u wel voor alles wat u deed.\n"
            "U hoeft alleen nog te komen op de dagen die al met u gepland staan.\n"
            "Weet u niet welke dat zijn? Bel uw buurtcoördinator.",
            "Iemand anders geeft vanaf nu de hulp die u steeds gaf, dank u wel. "
            "Wat al met u gepland staat, blijft staan.",
        )
    if facts.get("last_day") is None:
        return Letter(
            "De hulp die terugkomt is gestopt",
            "De hulp die steeds terugkwam is gestopt. Er komen geen nieuwe afspraken bij.\n"
            "Klopt dit niet? Bel uw buurtcoördinator.",
            "De hulp die steeds terugkwam is gestopt. Bel uw buurtcoördinator als dit niet klopt.",
        )
    last_day = day(facts["last_day"])
    if facts["helps"]:
        return Letter(
            "Uw vaste hulp stopt",
            f"De hulp die u steeds geeft, stopt. De laatste dag is {last_day}.\n"
            "Dank u wel voor alles wat u deed. Klopt dit niet? Bel uw buurtcoördinator.",
            f"De hulp die u steeds geeft, stopt na {last_day}. Dank u wel voor alles wat u deed.",
        )
    return Letter(
        "Uw helper stopt binnenkort",
        f"Uw helper stopt. De laatste dag is {last_day}.\n"
        "Wij zoeken op tijd iemand anders voor daarna. U hoeft niets te doen.",
        f"Uw helper stopt na {last_day}. Wij zoeken op tijd iemand anders.",
    )


LETTERS: dict[Template, Write] = {
    "series-started": _series_started,
    "series-ends": _series_ends,
}
