"""What a coordinator may change about a member: one form each, by what it is about."""

from contracts.categories import CATEGORIES
from contracts.coordinator import FileComplaint
from contracts.households import EndRepresentation, GrantRepresentation, JoinHousehold, LeaveHousehold
from contracts.initiatives import WaiveReciprocity
from contracts.members import (
    ChangeCapacity,
    ChangeContactDetails,
    ChooseChannel,
    DeclineMember,
    EraseMember,
    GiveGuardianConsent,
    LeaveMembership,
    NameTie,
    NoteAgeBand,
    PauseHelping,
    ResumeHelping,
    WithdrawGuardianConsent,
)
from contracts.vetting import RecordVog
from services.coordinator.console.forms import Field, Form

HOW = (("in_person", "zelf verteld"), ("phone", "aan de telefoon"), ("paper", "op papier"))
SETTLE = (
    ("pool", "naar de solidariteitspot"),
    ("beneficiary", "naar een andere deelnemer"),
    ("write_off", "vervalt"),
)
AGES = (
    ("under_16", "jonger dan 16"),
    ("from_16", "16 of 17"),
    ("from_18", "18 tot 21"),
    ("from_21", "21 of ouder"),
)
CHANNELS = (("email", "e-mail"), ("sms", "sms"), ("letter", "brief"), ("phone", "telefoon"))
_HOW = Field("how", "Hoe gaf diegene toestemming?", "choice", choices=HOW)
_NUMBER_HINT = "Bijvoorbeeld 1042."

DECLINE = Form(
    "afwijzing",
    DeclineMember,
    "Doet nu niet mee",
    "Deze persoon doet nu niet mee. Vertel het zelf, met een vriendelijk woord. Later kan altijd nog.",
    "Zeg nu nee",
    "Deze persoon doet nu niet mee.",
)

# Helping

CAPACITY = Form(
    "ruimte",
    ChangeCapacity,
    "Ruimte per week en eigen zorg",
    "Zorg voor een eigen naaste telt mee. Wij stellen niemand voor boven deze grens.",
    "Bewaar de ruimte",
    "De ruimte per week is bewaard.",
    (
        Field("capacity_minutes_week", "Ruimte in minuten per week", "number", "120 is 2 uur."),
        Field("carer_minutes_week", "Waarvan zorg voor een eigen naaste", "number", "0 als dat er niet is."),
    ),
)
PAUSE = Form(
    "pauze",
    PauseHelping,
    "Pauze",
    "De geplande afspraken krijgen een andere helper. Wij vragen niet waarom.",
    "Begin de pauze",
    "De pauze is begonnen. Voor de afspraken zoeken wij iemand anders.",
    (Field("until", "Tot en met", "date", "Laat leeg als u het nog niet weet.", optional=True),),
)
RESUME = Form(
    "hervatting",
    ResumeHelping,
    "Helpt weer",
    "De pauze is voorbij. Deze helper kan weer worden voorgesteld.",
    "Beëindig de pauze",
    "De pauze is voorbij.",
)
VOG = Form(
    "vog",
    RecordVog,
    "VOG gezien",
    "U heeft de verklaring zelf gezien. Wij bewaren alleen de soort hulp en de laatste dag.",
    "Noteer de VOG",
    "De VOG is genoteerd.",
    (
        Field(
            "categories",
            "Voor welke hulp?",
            "ticks",
            choices=tuple((code, each.nl) for code, each in CATEGORIES.items() if each.vog),
        ),
        Field("valid_until", "Laatste dag", "date"),
    ),
)

# Who belongs to whom

TIE = Form(
    "band",
    NameTie,
    "Noem een band met iemand",
    "Wij gebruiken dit om te kiezen wie bij elkaar past. Niemand kan teruglezen wie is genoemd.",
    "Bewaar de band",
    "De band is bewaard.",
    (
        Field("other_id", "Nummer van de andere deelnemer", "member", _NUMBER_HINT),
        Field(
            "tie",
            "Hoe staan zij tot elkaar?",
            "choice",
            choices=(
                ("relative", "familie"),
                ("friend", "vriend of vriendin"),
                ("neighbour", "directe buur"),
                ("conflict", "liever uit elkaar"),
                ("none", "niets bijzonders (meer)"),
            ),
        ),
    ),
)
JOIN = Form(
    "huishouden",
    JoinHousehold,
    "Hoort bij een huishouden of organisatie",
    "Delen zij de uren? Dan telt alles op de rekening van het huishouden.",
    "Voeg toe",
    "Toegevoegd aan het huishouden.",
    (
        Field("household_id", "Nummer van het huishouden", "member", _NUMBER_HINT),
        Field("shares_balance", "Deelt de uren", "tick"),
        Field("may_act", "Mag namens het huishouden handelen", "tick"),
    ),
)
PART = Form(
    "uit-huishouden",
    LeaveHousehold,
    "Hoort er niet meer bij",
    "De uren blijven bij het huishouden.",
    "Haal weg",
    "Hoort niet meer bij dat huishouden.",
    (Field("household_id", "Welk huishouden?", "choice"),),
)
REPRESENT = Form(
    "vertegenwoordiger",
    GrantRepresentation,
    "Iemand mag namens deze deelnemer vragen en regelen",
    "Deze deelnemer vond dat zelf goed. Vraag het na als u het niet zeker weet.",
    "Bewaar",
    "De vertegenwoordiger mag nu hulp vragen en regelen.",
    (Field("representative_id", "Nummer van de vertegenwoordiger", "member", _NUMBER_HINT), _HOW),
)
UNREPRESENT = Form(
    "vertegenwoordiger-weg",
    EndRepresentation,
    "Iemand mag niets meer vragen of regelen namens deze deelnemer",
    "Wat al gevraagd is, blijft staan.",
    "Haal weg",
    "De vertegenwoordiger mag niets meer vragen of regelen.",
    (Field("representative_id", "Wie?", "choice"),),
)

# Reaching them

CONTACT = Form(
    "contactgegevens",
    ChangeContactDetails,
    "Naam, adres en bereikbaarheid",
    "Vul alleen in wat anders wordt. De rest blijft zo.",
    "Bewaar de gegevens",
    "De gegevens zijn bewaard.",
    (
        Field("name", "Naam", optional=True),
        Field("email", "E-mail", optional=True),
        Field("phone", "Telefoon", hint="Bijvoorbeeld 06-12 34 56 78.", optional=True),
        Field("street", "Straat", optional=True),
        Field("house_number", "Huisnummer", optional=True),
    ),
)
CHANNEL = Form(
    "bericht",
    ChooseChannel,
    "Hoe wil deze deelnemer bericht?",
    "Brieven en telefoontjes komen als taak in Vandaag.",
    "Bewaar de keuze",
    "De keuze is bewaard.",
    (
        Field("channel", "Manier", "choice", choices=CHANNELS),
        Field(
            "digest",
            "Gebundeld",
            "choice",
            choices=(("none", "nee, meteen"), ("daily", "een keer per dag"), ("weekly", "een keer per week")),
        ),
        Field("quiet_from", "Stil vanaf (heel uur)", "number", "22 is 22.00 uur.", optional=True),
        Field("quiet_until", "Stil tot (heel uur)", "number", "8 is 8.00 uur.", optional=True),
    ),
)

# Rules and exceptions

AGE = Form(
    "leeftijd",
    NoteAgeBand,
    "Hoe oud is deze deelnemer?",
    "Wij hebben geen geboortedatum. Sommige initiatieven willen weten of iemand oud genoeg is.",
    "Bewaar de leeftijd",
    "De leeftijd is bewaard.",
    (Field("age_band", "Leeftijd", "choice", choices=AGES),),
)
GUARDIAN = Form(
    "toestemming",
    GiveGuardianConsent,
    "Ouder of voogd vindt het goed",
    "Een deelnemer onder de 18 vraagt of geeft alleen hulp als een ouder of voogd dat goed vindt.",
    "Noteer de toestemming",
    "De toestemming is genoteerd.",
    (Field("guardian", "Wie, en hoe te bereiken?"), _HOW),
)
NO_GUARDIAN = Form(
    "toestemming-weg",
    WithdrawGuardianConsent,
    "Ouder of voogd vindt het niet meer goed",
    "Wie geholpen zou worden, krijgt een andere helper. Wat deze deelnemer zelf vroeg, vervalt.",
    "Haal de toestemming weg",
    "De toestemming is weg.",
)
WAIVER = Form(
    "vrijstelling",
    WaiveReciprocity,
    "Mag hulp vragen zonder iets terug te doen",
    "Dit geldt tot en met een dag. Een vraag die daarop wachtte, gaat meteen open.",
    "Geef vrijstelling",
    "De vrijstelling is gegeven.",
    (Field("reason", "Waarom?", "lines"), Field("until", "Tot en met", "date")),
)
COMPLAINT = Form(
    "klacht",
    FileComplaint,
    "Noteer een klacht van deze deelnemer",
    "Wat u opschrijft, leest alleen de behandelaar. Kies iemand die er niet bij betrokken is.",
    "Noteer de klacht",
    "De klacht is genoteerd. De behandelaar ziet haar in Vandaag.",
    (
        Field("about_id", "Nummer van de deelnemer over wie het gaat", "member", _NUMBER_HINT, optional=True),
        Field("handler", "Behandelaar", "choice"),
        Field("text", "Wat is er gebeurd?", "lines", "Schrijf geen BSN of medische gegevens op."),
    ),
)

# Stopping

_SETTLE = Field("settle", "Wat gebeurt er met de uren?", "choice", choices=SETTLE)
_BENEFICIARY = Field(
    "beneficiary_id", "Nummer van wie de uren krijgt", "member", "Alleen als u daarvoor koos.", optional=True
)
LEAVE = Form(
    "vertrek",
    LeaveMembership,
    "Stopt met meedoen",
    "Alles wat loopt, eindigt. De mensen om wie het gaat, krijgen bericht.",
    "Beëindig de deelname",
    "Deze deelnemer doet niet meer mee.",
    (_SETTLE, _BENEFICIARY),
)
ERASE = Form(
    "wissen",
    EraseMember,
    "Stopt, en wil gewist worden",
    "Alles wat loopt, eindigt. Naam, adres en teksten zijn daarna weg. Dit kan niet terug.",
    "Wis voorgoed",
    "De gegevens worden gewist.",
    (_SETTLE, _BENEFICIARY),
)

MEMBER_FORMS: tuple[Form, ...] = (
    DECLINE,
    CAPACITY,
    PAUSE,
    RESUME,
    VOG,
    TIE,
    JOIN,
    PART,
    REPRESENT,
    UNREPRESENT,
    CONTACT,
    CHANNEL,
    AGE,
    GUARDIAN,
    NO_GUARDIAN,
    WAIVER,
    COMPLAINT,
    LEAVE,
    ERASE,
)
