"""Letters about taking part: approved, offering, asking, a certificate that ends."""

from collections.abc import Mapping
from typing import Any

from contracts.notifications import Template
from services.notifications.templates.letter import Around, Letter, Write, category, day, listed


def _member_approved(facts: Mapping[str, Any], around: Around) -> Letter:
    return Letter(
        "Welkom bij Wederdienst",
        f"Fijn dat u meedoet. U bent deelnemer {facts['number']}.\n"
        "U kunt nu hulp aanbieden en om hulp vragen. Klein mag ook.\n"
        "Weet u niet waar u moet beginnen? Bel uw buurtcoördinator.",
        f"Fijn dat u meedoet met Wederdienst. U bent deelnemer {facts['number']}.",
    )


def _offer_posted(facts: Mapping[str, Any], around: Around) -> Letter:
    return Letter(
        "Uw aanbod staat erin",
        f"Dank u wel voor uw aanbod: {category(facts)}.\n"
        "Een coördinator vraagt u als er iemand bij past. Nee zeggen mag altijd.",
        "Dank u wel voor uw aanbod. Een coördinator vraagt u als er iemand bij past.",
    )


def _help_requested(facts: Mapping[str, Any], around: Around) -> Letter:
    return Letter(
        "Wij hebben uw hulpvraag",
        f"Wij hebben uw vraag: {category(facts)}.\n"
        "Wij zoeken nu iemand die bij u past. U hoeft niets te doen.",
        "Wij hebben uw hulpvraag en zoeken iemand die bij u past. U hoeft niets te doen.",
    )


def _draft_waits(facts: Mapping[str, Any], around: Around) -> Letter:
    favours = f" Bijvoorbeeld:{listed(around.favours)}" if around.favours else ""
    return Letter(
        "Uw hulpvraag: nog één stap",
        f"Wij hebben uw vraag: {category(facts)}.\n"
        "Hier helpen mensen elkaar over en weer. Wilt u ook iets voor een buur doen?\n"
        f"Klein is al genoeg.{favours}\n"
        "Kies iets en bel uw buurtcoördinator. Dan gaan wij voor u zoeken.\n"
        "Lukt het nu niet? Bel ook, dan denken wij mee.",
        "Wij hebben uw hulpvraag. Bied ook iets kleins aan, of bel uw buurtcoördinator, dan gaan wij zoeken.",
    )


def _request_opened(facts: Mapping[str, Any], around: Around) -> Letter:
    return Letter(
        "Uw hulpvraag staat open",
        "Uw hulpvraag staat nu open. Wij zoeken iemand die bij u past. U hoeft niets te doen.",
        "Uw hulpvraag staat nu open. Wij zoeken iemand die bij u past.",
    )


def _vog_expiring(facts: Mapping[str, Any], around: Around) -> Letter:
    days = "1 dag" if facts["days_left"] == 1 else f"{facts['days_left']} dagen"
    return Letter(
        "Uw VOG loopt bijna af",
        f"Uw verklaring omtrent het gedrag (VOG) geldt nog {days}: tot en met {day(facts['valid_until'])}.\n"
        f"U heeft die nodig voor deze hulp: {category(facts)}.\n"
        "Bel uw buurtcoördinator. Dan vragen wij samen een nieuwe aan.",
        f"Uw VOG geldt nog {days}. Bel uw buurtcoördinator, dan vragen wij samen een nieuwe aan.",
    )


def _vog_lapsed(facts: Mapping[str, Any], around: Around) -> Letter:
    return Letter(
        "Uw VOG is verlopen",
        f"Uw verklaring omtrent het gedrag (VOG) geldt niet meer voor deze hulp: {category(facts)}.\n"
        "Afspraken waarvoor die nodig is, gaan daarom even niet door. Ander aanbod van u blijft staan.\n"
        "Wilt u dit weer doen? Bel uw buurtcoördinator. Dan vragen wij samen een nieuwe VOG aan.",
        "Uw VOG is verlopen. Bel uw buurtcoördinator, dan vragen wij samen een nieuwe aan.",
    )


LETTERS: dict[Template, Write] = {
    "member-approved": _member_approved,
    "offer-posted": _offer_posted,
    "help-requested": _help_requested,
    "draft-waits": _draft_waits,
    "request-opened": _request_opened,
    "vog-expiring": _vog_expiring,
    "vog-lapsed": _vog_lapsed,
}
