"""Letters about a match or visit: who comes when, what moves, what does not go on, thanks."""

from collections.abc import Mapping
from typing import Any

from contracts.notifications import Template
from services.kernel.dutch import hours_nl
from services.notifications.templates.letter import (
    Around,
    Letter,
    Write,
    appointment,
    category,
    falls_out,
    has_passed,
    reach,
    when,
)


def _match_helper(facts: Mapping[str, Any], around: Around) -> Letter:
    at = when(facts["wanted_at"])
    return Letter(
        "U gaat iemand helpen",
        f"U gaat {around.other_name or 'iemand'} helpen: {at}, {hours_nl(facts['minutes'])}.\n"
        f"Het gaat om: {category(facts)}.\n"
        f"{reach(around)}"
        "Kunt u toch niet? Laat het ons weten, dat mag altijd.",
        f"U gaat iemand helpen: {at}. Laat het ons weten als het toch niet kan.",
    )


def _match_asker(facts: Mapping[str, Any], around: Around) -> Letter:
    at = when(facts["wanted_at"])
    return Letter(
        "Wij hebben iemand voor u gevonden",
        f"Wij hebben iemand voor u gevonden. {around.other_name or 'Uw helper'} komt {at}.\n"
        f"Het gaat om: {category(facts)}.\n"
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
    moment = facts.get("wanted_at")
    out = falls_out(moment, around)
    ended = f"{appointment(moment)} om iemand te helpen {out}. U hoeft niets te doen."
    return Letter(
        f"Uw afspraak {out}",
        f"{ended}\nKlopt dit niet? Bel uw buurtcoördinator.",
        ended,
    )


def _match_ended_asker(facts: Mapping[str, Any], around: Around) -> Letter:
    moment = facts.get("wanted_at")
    out = falls_out(moment, around)
    ended = f"{appointment(moment)} {out}. U hoeft niets te doen."
    return Letter(f"Uw afspraak {out}", f"{ended}\nKlopt dit niet? Bel uw buurtcoördinator.", ended)


def _helper_withdrew(facts: Mapping[str, Any], around: Around) -> Letter:
    # The same words whatever the reason: why is nobody else's business.
    moment = facts.get("wanted_at")
    about = appointment(moment)
    if not facts.get("keeps_date", 1) or has_passed(moment, around):
        # That day has passed.
        return Letter(
            "Wij zoeken een andere helper voor u",
            f"{about} ging helaas niet door. Dat spijt ons.\n"
            "Wij zoeken nu iemand anders. Wilt u een andere dag afspreken? Bel uw buurtcoördinator.",
            f"{about} ging helaas niet door. Wij zoeken iemand anders.",
        )
    return Letter(
        "Wij zoeken een andere helper voor u",
        f"{about} kan helaas niet doorgaan met deze helper.\n"
        "Wij zoeken nu iemand anders. De dag die u koos, blijft staan. U hoeft niets te doen.",
        f"{about} gaat niet door met deze helper. Wij zoeken iemand anders.",
    )


def _missed_helper(facts: Mapping[str, Any], around: Around) -> Letter:
    missed = f"{appointment(facts.get('wanted_at'))} ging niet door. U en de ander hebben elkaar gemist."
    return Letter(
        "Dank u wel dat u wilde helpen",
        f"{missed}\nDat kan gebeuren. Dank u wel dat u er was.\n"
        "Voor deze keer schrijven wij geen uren bij. Heeft het u tijd gekost? Bel uw buurtcoördinator. "
        "Die kan u uren geven uit de solidariteitspot.\n"
        "Uw andere afspraken blijven staan.",
        "U en de ander hebben elkaar gemist, dank u wel dat u er was. "
        "Er zijn geen uren bijgeschreven: bel uw buurtcoördinator als het u tijd kostte.",
    )


def _missed_asker(facts: Mapping[str, Any], around: Around) -> Letter:
    missed = f"{appointment(facts.get('wanted_at'))} ging niet door. U en uw helper hebben elkaar gemist."
    return Letter(
        "U en uw helper hebben elkaar gemist",
        f"{missed}\nDat kan iedereen gebeuren. Er gaan geen uren van uw tegoed af.\n"
        "Wilt u deze hulp nog? Vraag het gerust opnieuw. Uw andere afspraken blijven staan.\n"
        "Klopt er iets niet? Bel uw buurtcoördinator.",
        "U en uw helper hebben elkaar gemist, dat kan iedereen gebeuren. "
        "Wilt u deze hulp nog, bel dan uw buurtcoördinator.",
    )


def _visit_open(facts: Mapping[str, Any], around: Around) -> Letter:
    if facts.get("helps"):
        # Perhaps someone else comes; why they do not is nobody else's business.
        moment = facts["wanted_at"]
        need = "hoefde" if has_passed(moment, around) else "hoeft"
        off = f"{appointment(moment)} {falls_out(moment, around)}. Deze keer {need} u niet te komen."
        return Letter(
            "Deze keer hoeft u niet te komen",
            f"{off}\nVan uw andere afspraken hoort u het als er iets verandert.\n"
            "Klopt dit niet? Bel uw buurtcoördinator.",
            off,
        )
    seeking = f"Voor uw afspraak van {when(facts['wanted_at'])} is nog geen helper gevonden."
    return Letter(
        "Wij zoeken nog een helper voor u",
        f"{seeking}\nWij zoeken verder. U hoort het zodra er iemand is.\n"
        "Kan het ook op een andere dag? Bel uw buurtcoördinator, dan vinden wij sneller iemand.",
        f"{seeking} Wij zoeken verder en u hoort het zodra er iemand is.",
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
    "missed-helper": _missed_helper,
    "missed-asker": _missed_asker,
    "visit-open": _visit_open,
    "minutes-differ": _minutes_differ,
    "thanks": _thanks,
}
