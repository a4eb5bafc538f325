"""Letters about hours and small amounts of money. Owing is no shame, saving no merit."""

from collections.abc import Mapping
from typing import Any

from contracts.notifications import Template
from services.kernel.dutch import agrees_nl, euro_nl, hours_nl
from services.notifications.templates.letter import Around, Letter, Write, giving_back, listed


def _hours_booked_helper(facts: Mapping[str, Any], around: Around) -> Letter:
    minutes = facts["minutes"]
    booked = (
        f"Er {agrees_nl(minutes, 'is', 'zijn')} {hours_nl(minutes)} bij uw tegoed geschreven. "
        "Dank u wel voor uw hulp."
    )
    return Letter("Er zijn uren bijgeschreven", f"{booked}\nU kunt er zelf ook hulp mee vragen.", booked)


def _hours_booked_asker(facts: Mapping[str, Any], around: Around) -> Letter:
    minutes = facts["minutes"]
    booked = (
        f"Er {agrees_nl(minutes, 'is', 'zijn')} {hours_nl(minutes)} van uw tegoed afgegaan. "
        "Fijn dat het gelukt is."
    )
    return Letter("Fijn dat het gelukt is", f"{booked}{giving_back(around)}", booked)


def _hours_received(facts: Mapping[str, Any], around: Around) -> Letter:
    minutes = facts["minutes"]
    received = f"U kreeg {hours_nl(minutes)}"
    if facts.get("out_of") == "pool":
        received += " uit de solidariteitspot"
    received += f". Die {agrees_nl(minutes, 'staat', 'staan')} bij uw tegoed."
    return Letter(
        "U kreeg uren",
        f"{received} U kunt er hulp mee vragen. U hoeft niets terug te doen.",
        received,
    )


def _gift_received(facts: Mapping[str, Any], around: Around) -> Letter:
    minutes = facts["minutes"]
    given = f"Iemand gaf u {hours_nl(minutes)}. Die {agrees_nl(minutes, 'staat', 'staan')} bij uw tegoed."
    return Letter("U kreeg uren", f"{given} U hoeft niets te doen.", given)


def _gift_given(facts: Mapping[str, Any], around: Around) -> Letter:
    hours = hours_nl(facts["minutes"])
    went = agrees_nl(facts["minutes"], "ging", "gingen")
    match facts.get("to"):
        case "pool":
            sms = f"U gaf {hours} aan de solidariteitspot. Dank u wel."
            given = f"{sms} Daarmee krijgt iemand anders hulp."
        case "ceiling":
            # What another has saved is not for the reader to know.
            sms = f"Van uw tegoed {went} {hours} naar de solidariteitspot. Daarmee krijgt iemand anders hulp."
            return Letter(
                "Uren naar de solidariteitspot",
                f"{sms}\nU hoeft niets te doen. Klopt dit niet? Bel uw buurtcoördinator.",
                sms,
            )
        case "full":
            return Letter(
                "Uw tegoed is vol",
                f"Uw tegoed is vol. Daarom {went} {hours} naar de solidariteitspot. Dank u wel.\n"
                "Daarmee krijgt iemand anders hulp. Vraag ook gerust zelf eens iets.",
                f"Uw tegoed is vol. Daarom {went} {hours} naar de solidariteitspot.",
            )
        case _:
            given = sms = f"U gaf {hours} weg. Dat is aardig van u."
    return Letter("U gaf uren weg", f"{given}\nKlopt dit niet? Bel uw buurtcoördinator.", sms)


def _transfer_reversed(facts: Mapping[str, Any], around: Around) -> Letter:
    minutes = facts["minutes"]
    if facts["back"]:
        done = f"{hours_nl(minutes)} {agrees_nl(minutes, 'staat', 'staan')} weer bij uw tegoed"
    else:
        done = f"{hours_nl(minutes)} {agrees_nl(minutes, 'is', 'zijn')} van uw tegoed gehaald"
    return Letter(
        "Een boeking is teruggedraaid",
        f"Wij draaiden een boeking terug: {done}.\nWilt u weten waarom? Bel uw buurtcoördinator.",
        f"Wij draaiden een boeking terug: {done}. Bel uw buurtcoördinator als u vragen heeft.",
    )


def _balance_saved(facts: Mapping[str, Any], around: Around) -> Letter:
    minutes = facts["minutes"]
    stands = f"{agrees_nl(minutes, 'staat', 'staan')} nu {hours_nl(minutes)}"
    if facts.get("shared"):
        saved = f"Uw huishouden heeft veel geholpen: op uw gezamenlijke rekening {stands}."
    else:
        saved = f"U heeft veel geholpen: er {stands} bij uw tegoed."
    return Letter(
        "U heeft veel gegeven",
        f"{saved} Dank u wel.\n"
        "Vraag ook eens iets voor uzelf. Of geef uren aan de solidariteitspot, voor wie hulp nodig heeft.",
        f"{saved} Vraag ook eens iets voor uzelf.",
    )


def _balance_owed(facts: Mapping[str, Any], around: Around) -> Letter:
    favours = f" Bijvoorbeeld:{listed(around.favours)}" if around.favours else ""
    who, gave = ("Uw huishouden", "het gaf") if facts.get("shared") else ("U", "u gaf")
    return Letter(
        "Wilt u eens iets doen voor een buur?",
        f"{who} kreeg de laatste tijd hulp. Fijn dat u erom vroeg.\n"
        f"{who} kreeg tot nu toe {hours_nl(facts['minutes'])} meer dan {gave}.\n"
        f"Er is geen haast. Wilt u iets kleins doen voor een buur?{favours}\n"
        "Lukt dat niet? Bel uw buurtcoördinator: in de solidariteitspot zitten uren die anderen gaven.",
        f"{who} kreeg de laatste tijd hulp, fijn dat u erom vroeg. "
        "Er is geen haast, maar wilt u eens iets kleins doen voor een buur?",
    )


def _compensation_booked(facts: Mapping[str, Any], around: Around) -> Letter:
    booked = (
        f"Voor {hours_nl(facts['minutes'])} hulp krijgt u {euro_nl(facts['cents'])}. Dank u wel voor uw hulp."
    )
    return Letter(
        "Uw vergoeding is opgeschreven",
        f"{booked}\nU hoeft niets te doen. Klopt dit niet? Bel uw buurtcoördinator.",
        booked,
    )


def _help_recorded(facts: Mapping[str, Any], around: Around) -> Letter:
    helped = facts["helped"]
    thanks = "Dank u wel voor uw hulp." if helped else "Fijn dat het gelukt is."
    hours = "Voor deze hulp tellen wij geen uren." if helped else "Er gaan geen uren van een tegoed af."
    return Letter(
        "De hulp is opgeschreven",
        f"{thanks} Wij hebben opgeschreven dat het gedaan is.\n"
        f"{hours}{giving_back(around) or ' U hoeft niets te doen.'}",
        f"{thanks} Wij hebben opgeschreven dat het gedaan is.",
    )


LETTERS: dict[Template, Write] = {
    "hours-booked-helper": _hours_booked_helper,
    "hours-booked-asker": _hours_booked_asker,
    "hours-received": _hours_received,
    "gift-received": _gift_received,
    "gift-given": _gift_given,
    "transfer-reversed": _transfer_reversed,
    "balance-saved": _balance_saved,
    "balance-owed": _balance_owed,
    "compensation-booked": _compensation_booked,
    "help-recorded": _help_recorded,
}
