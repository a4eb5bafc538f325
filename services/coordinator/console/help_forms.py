"""What a coordinator writes down for someone who calls or comes by: help they ask, help they offer.

In their name: the history says who wrote it down. Who asks has agreed to it themselves, and how is kept
(design, section 7).
"""

from contracts.categories import CATEGORIES
from contracts.exchange import PostOffer, RequestHelp, WithdrawOffer, WithdrawRequest
from services.coordinator.console.forms import Field, Form
from services.coordinator.console.wording import recurrence_nl

_CATEGORIES = tuple(sorted(((code, each.nl) for code, each in CATEGORIES.items()), key=lambda one: one[1]))
_RECURRENCES = ("FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=DAILY")
_INITIATIVE = Field("initiative_id", "In welk initiatief?", "choice")

ASK = Form(
    "hulpvraag",
    RequestHelp,
    "Noteer een hulpvraag van deze deelnemer",
    "Deze deelnemer wil dit zelf. Is er nog een aanbod nodig, dan zegt de volgende bladzijde dat.",
    "Noteer de hulpvraag",
    "De hulpvraag is genoteerd.",
    (
        Field("category", "Wat voor hulp?", "choice", choices=_CATEGORIES),
        Field("minutes", "Hoe lang, in minuten?", "number", "90 is 1 uur 30."),
        Field("wanted_at", "Wanneer (de eerste keer)?", "moment", "Leeg: zij kiezen samen.", optional=True),
        Field(
            "recurrence",
            "Komt het terug?",
            "choice",
            "Leeg: het is voor één keer.",
            choices=tuple((rule, recurrence_nl(rule)) for rule in _RECURRENCES),
            optional=True,
        ),
        Field("last_day", "Tot en met", "date", "Alleen bij hulp die terugkomt.", optional=True),
        Field(
            "urgency",
            "Hoeveel haast heeft het?",
            "choice",
            choices=(("normal", "geen haast"), ("soon", "binnen een paar dagen"), ("urgent", "vandaag nog")),
        ),
        Field(
            "wish",
            "Van wie liever?",
            "choice",
            choices=(
                ("none", "maakt niet uit"),
                ("known", "een bekende"),
                ("unknown", "een onbekende"),
                ("outside_street", "iemand van buiten de straat"),
            ),
        ),
        _INITIATIVE,
        Field(
            "consent",
            "Hoe vond deze deelnemer het zelf goed?",
            "choice",
            choices=(("in_person", "zelf verteld"), ("phone", "aan de telefoon"), ("paper", "op papier")),
        ),
        Field(
            "asked_by",
            "Nummer van wie het vraagt voor deze deelnemer",
            "member",
            "Alleen als een ander belt, zoals een zoon of dochter die dat mag.",
            optional=True,
        ),
        Field("text", "Wat moet een helper weten?", "lines", "Schrijf geen BSN of ziekte op.", optional=True),
    ),
    then="/hulpvragen/{id}",
)
OFFER = Form(
    "aanbod",
    PostOffer,
    "Noteer een aanbod van deze deelnemer",
    "Iets kleins is ook goed. Wacht er een hulpvraag op een aanbod, dan gaat die meteen open.",
    "Noteer het aanbod",
    "Het aanbod is genoteerd.",
    (
        Field("category", "Wat wil deze deelnemer doen?", "choice", choices=_CATEGORIES),
        _INITIATIVE,
        Field("text", "In eigen woorden", "lines", optional=True),
    ),
)
WITHDRAW_OFFER = Form(
    "aanbod-weg",
    WithdrawOffer,
    "Haal een aanbod weg",
    "Wij stellen deze deelnemer hiervoor niet meer voor. Afspraken die staan, gaan door.",
    "Haal weg",
    "Het aanbod is weg. Afspraken die staan, gaan door.",
    (Field("offer_id", "Welk aanbod?", "choice"),),
)
HELP_FORMS: tuple[Form, ...] = (ASK, OFFER, WITHDRAW_OFFER)

WITHDRAW = Form(
    "intrekking",
    WithdrawRequest,
    "Stop de hulpvraag",
    "Doe dit als de hulpvrager het niet meer wil. Wij zoeken dan niet verder. Later weer vragen mag altijd.",
    "Stop de hulpvraag",
    "De hulpvraag is gestopt.",
)
