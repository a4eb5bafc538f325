"""Vandaag: the work list as a page."""

from datetime import datetime

from contracts.envelope import Actor
from services.coordinator.console.addresses import (
    COMPENSATIONS,
    LETTERS,
    ROTA,
    clearing_href,
    complaint_href,
    forgotten_href,
    incident_href,
    loan_href,
    match_href,
    member_href,
    referral_href,
    request_href,
    series_href,
    settlement_href,
    stranded_href,
    transfer_href,
)
from services.coordinator.console.due import due_nl
from services.coordinator.console.people import (
    Names,
    coordinator_label,
    names,
    number_label,
    place,
    region_label,
)
from services.coordinator.console.referral import team_label
from services.coordinator.console.stranded import why_nl
from services.coordinator.console.views_today import KindFilter, TodayPage, WorkItem, WorkKind
from services.coordinator.console.wording import category_nl, waited_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.coordinator.work import Work, WorkCode, work_counts, work_list
from services.kernel.settings import Region

KINDS: dict[WorkCode, tuple[WorkKind, str]] = {
    "without_helper": (WorkKind.WITHOUT_HELPER, "Kies helper"),
    "visit_without_helper": (WorkKind.VISIT, "Kies helper"),
    "without_answer": (WorkKind.WITHOUT_ANSWER, "Bekijk"),
    "referral_waits": (WorkKind.REFERRAL, "Beantwoord"),
    "event_stranded": (WorkKind.STRANDED, "Bel het team"),
    "new_member": (WorkKind.NEW_MEMBER, "Beoordeel"),
    "minutes_differ": (WorkKind.MINUTES_DIFFER, "Beslis"),
    "not_booked": (WorkKind.NOT_BOOKED, "Los op"),
    "no_show": (WorkKind.NO_SHOW, "Bel even"),
    "draft_waits": (WorkKind.DRAFT, "Denk mee"),
    "series_helper_ends": (WorkKind.HELPER_ENDS, "Regel opvolger"),
    "vog_ends": (WorkKind.VOG_ENDS, "Vraag na"),
    "over_capacity": (WorkKind.OVER_CAPACITY, "Verlicht"),
    "guardian_missing": (WorkKind.NO_GUARDIAN, "Vraag na"),
    "incident_open": (WorkKind.INCIDENT, "Handel af"),
    "complaint_term": (WorkKind.COMPLAINT, "Behandel"),
    "leave_without_deputy": (WorkKind.NO_DEPUTY, "Kies iemand"),
    "caps_missing": (WorkKind.NO_CAPS, "Bekijk"),
    "balance_noted": (WorkKind.BALANCE, "Bel even"),
    "bring_message": (WorkKind.TO_BRING, "Breng over"),
    "not_reached": (WorkKind.NOT_REACHED, "Ga langs"),
    "message_failed": (WorkKind.MESSAGE_FAILED, "Los op"),
    "help_asked": (WorkKind.OTHER_REGION, "Kijk mee"),
    "helper_offered": (WorkKind.THEIR_HELPER, "Kies"),
    "person_asked": (WorkKind.ASK_PERSON, "Bel even"),
    "loan_waits": (WorkKind.REGION_SILENT, "Bel hen"),
    "loan_unreported": (WorkKind.NOT_REPORTED, "Vraag na"),
    "loan_differs": (WorkKind.REGIONS_DIFFER, "Overleg"),
    "loan_forgotten": (WorkKind.FORGOTTEN_THERE, "Bel de regio"),
    "loan_cut_short": (WorkKind.CUT_SHORT, "Overleg"),
    "loan_not_booked": (WorkKind.NOT_ACROSS, "Los op"),
    "cap_proposed": (WorkKind.CAP, "Beslis"),
    "settlement_proposed": (WorkKind.SETTLEMENT, "Beslis"),
    "position_differs": (WorkKind.POSITION, "Zoek uit"),
    "transfer_stranded": (WorkKind.TRANSFER, "Bel de regio"),
    "letter_forgotten": (WorkKind.FORGOTTEN, "Ga na"),
}
"""Each kind of work with its one verb."""

WHY_FAILED: dict[str | None, str] = {
    "no_address": "geen e-mailadres",
    "refused": "adres werkt niet",
    "gave_up": "vaak geprobeerd",
}

_CODES = {kind.label.lower().replace(" ", "-"): code for code, (kind, _) in KINDS.items()}


async def today(desk: Desk, actor: Actor, chosen: str | None) -> TodayPage:
    """The page; `chosen` is the kind in the address, such as 'zonder-helper'."""
    at = now()
    code = _CODES.get(chosen or "")
    waiting = await work_list(desk, actor, kind=code)
    counts = await work_counts(desk, actor)
    known = await names(desk, actor, (work.member_id for work in waiting if work.member_id is not None))
    items = [(work.pressing, _item(work, known, desk.region, at)) for work in waiting]
    total = counts.get(code, 0) if code else sum(counts.values())
    return TodayPage(
        as_of=at,
        href=_href(code),
        first=tuple(item for pressing, item in items if pressing),
        then=tuple(item for pressing, item in items if not pressing),
        filters=_filters(counts, code),
        beyond=total - len(items) if total > len(items) else 0,
    )


def _filters(counts: dict[WorkCode, int], code: WorkCode | None) -> tuple[KindFilter, ...]:
    every = KindFilter(None, sum(counts.values()), _href(None), code is None)
    return every, *(
        KindFilter(kind, counts.get(each, 0), _href(each), code == each)
        for each, (kind, _) in KINDS.items()
        if counts.get(each) or code == each
    )


def _href(code: WorkCode | None) -> str:
    return "/" if code is None else f"/?soort={KINDS[code][0].label.lower().replace(' ', '-')}"


def _item(work: Work, known: Names, region: Region, at: datetime) -> WorkItem:
    kind, action = KINDS[work.kind]
    title, facts = _what(work, known, region)
    due, tone = due_nl(work.due, fixed=work.fixed, at=at)
    return WorkItem(
        kind=kind,
        title=title,
        facts=tuple(fact for fact in facts if fact),
        waiting=waited_nl(at - work.since),
        due=due,
        due_tone=tone,
        action=action,
        href=_page(work),
    )


def _what(work: Work, known: Names, region: Region) -> tuple[str, tuple[str, ...]]:
    """What waits, then who and where."""
    about = category_nl(work.category)
    who = known.of(work.member_id) if work.member_id is not None else ""
    where = place(work.pc4) if work.pc4 else ""
    title, fact = _sentence(work, about, number_label(work.number), region)
    return title, (fact, who, where)


def _sentence(work: Work, about: str, number: str, region: Region) -> tuple[str, str]:
    """One plain sentence, and what to know at once; `number` is whom it is about: 'Deelnemer 1042'."""
    colleague = coordinator_label(region, work.coordinator or "")
    match work.kind:
        case "without_helper":
            return about, ""
        case "visit_without_helper":
            return f"{about}: voor deze keer is er geen helper", "terugkerende hulp"
        case "without_answer":
            return about, "de uren staan nog niet apart"
        case "referral_waits":
            return f"{about}: een sociaal team verwijst {number.lower()}", REFERRED.get(work.reason or "", "")
        case "event_stranded":
            team = team_label(region, work.coordinator or "")
            return f"Een bericht van {team} kwam niet aan", why_nl(work.reason or "")
        case "new_member":
            return f"{number} wil meedoen", "een verwijzer wacht hierop" if work.reason else ""
        case "minutes_differ":
            said = f"hulpvrager zegt {work.asker_minutes}, helper {work.helper_minutes} minuten"
            return f"{about}: {said}", ""
        case "not_booked":
            return f"{about}: de uren zijn niet geboekt", NOT_BOOKED.get(work.reason or "", "")
        case "no_show":
            return f"{about}: {ABSENT.get(work.reason or '', 'iemand')} was er niet", "bel wie er niet was"
        case "draft_waits":
            return f"{about}: de vraag wacht op een aanbod", "iets kleins is genoeg"
        case "series_helper_ends":
            return f"{about}: de vaste helper stopt binnenkort", "terugkerende hulp"
        case "vog_ends":
            return f"De VOG van {number.lower()} loopt af of is verlopen", about.lower()
        case "over_capacity":
            return f"{number} heeft meer afspraken dan past", "boven de eigen grens"
        case "guardian_missing":
            return f"Voor {number.lower()} is toestemming van een ouder nodig", "onder de 18"
        case "incident_open":
            return "Er is een incident gemeld", "zij worden uit elkaar gehouden"
        case "complaint_term":
            return f"Er loopt een klacht bij {colleague}", COMPLAINT_NEXT.get(work.reason or "", "")
        case "leave_without_deputy":
            return f"{colleague} heeft verlof en nog geen vervanger", "kies wie het werk overneemt"
        case "caps_missing":
            return (
                f"De bedragen van {work.reason} voor helpers staan er nog niet in",
                "vraag de beheerder",
            )
        case "balance_noted":
            return f"{number} {NOTED.get(work.reason or '', 'kwam bij een grens')}", ""
        case "bring_message":
            return f"{TO_BRING.get(work.reason or '', 'Een bericht')} voor {number.lower()}", ""
        case "not_reached":
            return f"{number} is steeds niet bereikt", "ga even langs"
        case "message_failed":
            return f"E-mail aan {number.lower()} komt niet aan", WHY_FAILED.get(work.reason, "")
        case _:
            return _of_regions(work.kind, about, region_label(work.reason or ""))


def _of_regions(kind: WorkCode, about: str, peer: str) -> tuple[str, str]:
    """What waits with another region."""
    match kind:
        case "help_asked":
            return f"{about}: {peer} zoekt een helper", "kan iemand van ons?"
        case "helper_offered":
            return f"{about}: {peer} stelt een helper voor", ""
        case "person_asked":
            return f"{about}: vraag of het goed is", f"met {peer}"
        case "loan_waits":
            return f"{about}: {peer} antwoordt nog niet", "bel de andere coördinator"
        case "loan_unreported":
            return f"{about}: hoe lang het duurde is nog niet van beide kanten gezegd", f"met {peer}"
        case "loan_forgotten":
            return f"{about}: {peer} weet niet meer dat zij hierom vroeg", "bel de andere coördinator"
        case "loan_cut_short":
            return f"{about}: afgezegd, maar er is wel hulp opgeschreven", f"bel {peer}"
        case "loan_differs":
            return f"{about}: wij en {peer} noemen andere minuten", "bel de andere coördinator"
        case "loan_not_booked":
            return f"{about}: de uren gingen niet naar {peer}", "kijk naar de grens en het saldo"
        case "cap_proposed":
            return f"{peer} stelt een grens voor", "voor uren heen en weer"
        case "settlement_proposed":
            return f"{peer} stelt voor om te vereffenen", ""
        case "transfer_stranded":
            return f"Van uren met {peer} is niet bekend hoe het afloopt", "vraag het daar na"
        case "letter_forgotten":
            return f"Een van ons is een bericht kwijt in een zaak met {peer}", "ga samen na hoe het staat"
        case _:
            return f"De stand met {peer} is daar anders dan hier", "zoek samen uit waarom"


REFERRED = {
    "twin": "kijk: misschien dezelfde persoon als in een andere verwijzing",
    "overdue": "de termijn voor antwoord is voorbij",
    "reminded": "de termijn voor antwoord loopt af",
    "urgent": "heeft haast",
    "guardian-missing": "aangenomen, maar een ouder of voogd moet nog toestemming geven",
    "person-considers": "een week geleden aangehouden: de persoon dacht erover na",
    "person-away": "een week geleden aangehouden: de persoon was er niet",
    "more-information": "een week geleden aangehouden: er was meer informatie nodig",
    "initiative-ended": "aangenomen, maar het initiatief is intussen gestopt: kies een ander",
}
COMPLAINT_NEXT = {
    "filed": "bevestig de ontvangst",
    "acknowledged": "hoor beide kanten",
    "heard": "neem een besluit",
}
NOT_BOOKED = {
    "below_floor": "te weinig uren vrij",
    "compensation_cap": "boven de grens van de vergoeding",
    "no_account": "een rekening ontbreekt",
}
ABSENT = {"helper": "de helper", "asker": "de hulpvrager"}
NOTED = {"saved": "heeft veel uren tegoed", "owed": "kreeg veel meer hulp dan gegeven"}
TO_BRING = {"letter": "Een brief", "phone": "Een telefoontje"}


def _page(work: Work) -> str:
    """Where it is solved."""
    match work.kind:
        case "minutes_differ" | "not_booked" | "no_show":
            return match_href(work.entity_id)
        case "series_helper_ends":
            return series_href(work.entity_id)
        case "referral_waits":
            return referral_href(work.entity_id)
        case "event_stranded":
            return stranded_href(work.entity_id)
        case "incident_open":
            return incident_href(work.entity_id)
        case "complaint_term":
            return complaint_href(work.entity_id)
        case "leave_without_deputy":
            return ROTA
        case "caps_missing":
            return COMPENSATIONS
        case "bring_message" | "not_reached" | "message_failed":
            return f"{LETTERS}#{work.entity_id}"
        case "help_asked" | "helper_offered" | "person_asked" | "loan_waits" | "loan_unreported":
            return loan_href(work.entity_id)
        case "loan_differs" | "loan_forgotten" | "loan_cut_short" | "loan_not_booked":
            return loan_href(work.entity_id)
        case "settlement_proposed":
            return settlement_href(work.entity_id)
        case "transfer_stranded":
            return transfer_href(work.entity_id)
        case "letter_forgotten":
            return forgotten_href(work.entity_id)
        case "cap_proposed" | "position_differs":
            return clearing_href(work.entity_id)
    if work.request_id is not None:
        return request_href(work.request_id)
    return member_href(work.member_id) if work.member_id is not None else "/"
