"""What happened to a request, a match or someone, in sentences, and who did it in whose name."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.coordinator.console.people import Names, region_label
from services.coordinator.console.views import HistoryLine
from services.kernel.dutch import agrees_nl, hours_nl, local
from services.kernel.settings import Region

SENTENCES: dict[str, str] = {
    # Someone
    "member-registered": "{who} meldde zich aan.",
    "member-approved": "{who} doet mee.",
    "member-declined": "{who} doet nu niet mee.",
    "capacity-changed": "De ruimte per week van {whom} is gewijzigd.",
    "age-band-reached": "{who} kwam in een nieuwe leeftijdsgroep.",
    "guardian-consent-given": "Ouder of voogd van {whom} vindt het goed.",
    "guardian-consent-withdrawn": "Ouder of voogd van {whom} vindt het niet meer goed.",
    "contact-details-changed": "Naam, adres of bereikbaarheid van {whom} is gewijzigd.",
    "circle-changed": "De eigen kring van {whom} is gewijzigd.",
    "channel-chosen": "{who} koos hoe wij bericht geven.",
    "household-joined": "{who} hoort nu bij {other}.",
    "household-left": "{who} hoort niet meer bij {other}.",
    "representation-granted": "{Other} mag namens {whom} vragen en regelen.",
    "representation-ended": "{Other} mag niets meer vragen of regelen namens {whom}.",
    "vog-recorded": "Een VOG van {whom} is gezien.",
    "vog-lapsed": "Een VOG van {whom} geldt niet meer.",
    "member-paused": "{who} heeft pauze.",
    "member-resumed": "{who} helpt weer.",
    "reciprocity-waived": "{who} mag vragen zonder iets terug te doen.",
    "limits-changed": "De grenzen van de rekening van {whom} zijn gewijzigd.",
    "member-left": "{who} doet niet meer mee.",
    "member-erased": "Alle gegevens zijn gewist.",
    # Help
    "person-referred": "Een sociaal team verwees {whom}.",
    "referral-moved": "De verwijzing van {whom} {referral}.",
    "offer-posted": "{who} bood hulp aan.",
    "offer-withdrawn": "{who} trok een aanbod in.",
    "help-requested": "De hulpvraag kwam binnen.",
    "request-opened": "De hulpvraag ging open{because}.",
    "match-reserved": "{who} werd gekozen. De uren worden apart gezet.",
    "match-confirmed": "{who} is gekoppeld.",
    "series-started": "De terugkerende hulp met {whom} begon.",
    "visit-moved": "De afspraak is verzet.",
    "helper-end-planned": "{who} stopt na een afgesproken dag.",
    "series-helper-changed": "{who} neemt de terugkerende hulp over.",
    "no-show-noted": "Bij de afspraak was {absent} er niet.",
    "match-fell-through": "De koppeling met {whom} {why}.",
    "series-ended": "De terugkerende hulp is gestopt.",
    "incident-reported": "Er is een incident gemeld. De twee worden uit elkaar gehouden.",
    "incident-handed-over": "Het incident heeft een andere behandelaar: {handler}.",
    "incident-closed": "Het incident is afgesloten.",
    "minutes-reported": "{who} schreef {time} op.",
    "minutes-differed": "De minuten verschillen. Er is niets geboekt.",
    "minutes-decided": "Een coördinator besliste: {time}.",
    "minutes-agreed": "{time} {stands} vast.",
    "help-recorded": "De hulp is genoteerd: {time}.",
    "credit-transferred": "{time} {went} van {whom} naar {other}.",
    "compensation-booked": "Een vergoeding voor {whom} is geboekt.",
    "expenses-noted": "Onkosten van {whom} zijn genoteerd.",
    "match-completed": "De hulp is klaar: {time}.",
    "match-unbooked": "De uren konden niet worden geboekt.",
    "helper-thanked": "{who} kreeg een bedankje.",
    "request-withdrawn": "De hulpvraag is ingetrokken.",
    # Between regions
    "help-sought": "De vraag ging naar {region}.",
    "help-asked": "{region} vroeg om hulp.",
    "helper-lent": "{who} is voorgesteld aan {region}.",
    "helper-offered": "{region} stelde een helper voor.",
    "helper-taken": "De helper uit {region} is gekozen. De uren worden apart gezet.",
    "helper-confirmed": "{region} hoorde dat hun helper is gekozen.",
    "helper-wanted": "{region} wil graag dat {whom} helpt.",
    "person-agreed": "{who} vindt het goed.",
    "loan-confirmed": "De hulp met {region} is afgesproken.",
    "loan-reminded": "Er kwam nog geen antwoord. Een coördinator is eraan herinnerd.",
    "loan-minutes-reported": "{who} schreef {time} op.",
    "loan-minutes-differed": "De minuten hier en in {region} verschillen. Er is niets geboekt.",
    "loan-minutes-agreed": "{time} {stands} vast, met {region}.",
    "loan-unbooked": "De uren konden niet naar de andere regio.",
    "loan-completed": "De hulp met {region} is klaar: {time}.",
    "loan-ended": "De hulp met een andere regio {ended}.",
    "loan-forgotten": "{region} is teruggezet naar een oudere kopie, en weet hier niets meer van.",
    "loan-resolved": "Een coördinator besprak wat er na het afzeggen was opgeschreven.",
    # Telling people
    "message-delivered": "Een bericht aan {whom} is overgebracht.",
    "contact-attempted": "{who} was niet te bereiken.",
    "contact-escalated": "{who} was vaak niet te bereiken. Iemand moet gaan kijken.",
    "call-noted": "Een coördinator sprak {whom} en {other} over de afspraak.",
    "complaint-moved": "De klacht van {whom} {step}.",
    "complaint-filed": "{who} diende een klacht in. Behandelaar: {handler}.",
    "complaint-handed-over": "De klacht van {whom} heeft een andere behandelaar: {handler}.",
}
"""One sentence for each code, in the order in which they can happen at one moment."""

WHY = {
    "below_floor": "ging niet door: er waren te weinig uren vrij",
    "compensation_cap": "ging niet door: de vergoeding kwam boven de grens",
    "withdrawn": "ging niet door: de hulpvraag was ingetrokken",
    "offer_withdrawn": "ging niet door: het aanbod was ingetrokken",
    "cancelled": "is afgezegd",
    "no_answer": "ging niet door: de uren konden niet op tijd apart",
    "helper_withdrew": "is afgezegd door de helper",
    "skipped": "is deze keer overgeslagen",
    "no_show": "ging niet door: iemand was er niet",
    "asker_absent": "ging niet door: de hulpvrager was er niet",
    "vog_lapsed": "ging niet door: de VOG geldt niet meer",
    "consent_withdrawn": "ging niet door: er is geen toestemming meer",
    "paused": "ging niet door: de helper heeft pauze",
    "incident": "ging niet door: er is een incident gemeld",
    "left": "ging niet door: iemand doet niet meer mee",
}
"""What became of a match that is over, by the reason in the event."""

_ENDED = {
    "declined": "ging niet door: daar was niemand",
    "withdrawn": "ging niet door: de vraag is ingetrokken",
    "found_elsewhere": "hoefde niet meer: er is iemand gevonden",
    "clearing_cap": "ging niet door: de grens tussen de regio's was bereikt",
    "no_account": "ging niet door: een rekening ontbreekt",
    "no_answer": "ging niet door: er kwam niet op tijd antwoord",
    "peer_left": "ging niet door: die regio doet niet meer mee",
}
"""What became of help between regions; where it is as for a match, `WHY` says it."""

_BECAUSE = {
    "offered": ": er staat iets tegenover",
    "waived": ": er hoeft niets tegenover te staan",
    "rules_changed": ": het initiatief vraagt er niets meer voor terug",
}
_STEP = {
    "acknowledged": "is ontvangen: dat is bevestigd",
    "heard": "is besproken",
    "decided": "is besloten",
    "withdrawn": "is ingetrokken",
}
REFERRAL = {
    "accepted": "is aangenomen",
    "rejected": "is afgewezen",
    "on-hold": "is aangehouden",
    "in-progress": "loopt: er is hulp",
    "completed": "is afgerond",
    "failed": "is niet gelukt",
    "cancelled": "is teruggenomen",
}
_ABSENT = {"helper": "de helper", "asker": "de hulpvrager"}
_ORDER = {code: n for n, code in enumerate(SENTENCES)}


def history(rows: Iterable[dict[str, Any]], known: Names, region: Region) -> tuple[HistoryLine, ...]:
    """Newest first."""
    labels = {f"{key.role}:{key.id}": key.label or key.id for key in region.keys}
    told = [row for row in rows if row["code"] in SENTENCES]
    told.sort(key=lambda row: (row["at"], _ORDER[row["code"]]), reverse=True)
    return tuple(
        HistoryLine(local(row["at"]).date(), _sentence(row, known, labels), _by(row["actor"], labels))
        for row in told
    )


def people_in(rows: Iterable[dict[str, Any]]) -> list[Any]:
    """Everyone who is named in these lines."""
    return [row[name] for row in rows for name in ("person_id", "other_id") if row[name] is not None]


def _by(actor: str, labels: Mapping[str, str]) -> str:
    """Who did it, where that is not the people themselves and not the system."""
    role, _, name = actor.partition(":")
    if name == "import":
        return "bij het overzetten"
    if role in ("coordinator", "operator", "referrer"):
        return f"door {labels.get(actor, name)}"
    return ""


def _sentence(row: dict[str, Any], known: Names, labels: Mapping[str, str]) -> str:
    person, other, minutes, reason = row["person_id"], row["other_id"], row["minutes"], row["reason"] or ""
    said = SENTENCES[row["code"]].format(
        who=known.first(person) if person else "De andere regio" if row.get("loan_id") else "Iemand",
        region=region_label(reason),
        ended=_ENDED.get(reason) or WHY.get(reason, "ging niet door"),
        whom=known.of(person) if person else "iemand",
        other=known.of(other) if other else "iemand",
        Other=known.first(other) if other else "Iemand",
        time=hours_nl(abs(minutes)) if minutes is not None else "",
        stands=agrees_nl(abs(minutes or 0), "staat", "staan"),
        went=agrees_nl(abs(minutes or 0), "ging", "gingen"),
        why=WHY.get(reason, "ging niet door"),
        because=_BECAUSE.get(reason, ""),
        step=_STEP.get(reason, "ging verder"),
        referral=REFERRAL.get(reason, "ging verder"),
        absent=_ABSENT.get(reason, "iemand"),
        handler=labels.get(f"coordinator:{reason}", reason) or "onbekend",
    )
    return said[:1].upper() + said[1:]
