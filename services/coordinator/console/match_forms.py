"""What a coordinator may do about a match, a series, an incident or a complaint: one form each."""

from contracts.coordinator import HandOverComplaint, MoveComplaint, NoteCall
from contracts.exchange import CancelMatch, ReportMinutes
from contracts.safety import CloseIncident, DecideMinutes, HandOverIncident, ReportIncident
from contracts.visits import EndHelping, EndSeries, MoveVisit, NoteNoShow, SkipVisit
from services.coordinator.console.forms import Field, Form

WHO = (("helper", "de helper"), ("asker", "de hulpvrager"))
_WHOSE = Field("member_id", "Wie zegt dit af?", "choice")
_MINUTES = Field("minutes", "Minuten", "number", "90 is 1 uur 30.")

# A match

DECIDE = Form(
    "besluit",
    DecideMinutes,
    "Beslis hoe lang het duurde",
    "Bel eerst beiden. U bent hier zelf niet bij betrokken. Uw minuten worden meteen geboekt.",
    "Beslis en boek",
    "Uw besluit is genoteerd. De uren worden geboekt.",
    (_MINUTES, Field("note", "Waarom zo?", "lines", "Beiden mogen dit later vragen.")),
)
REPORT = Form(
    "minuten",
    ReportMinutes,
    "Schrijf op hoe lang het duurde",
    "Doe dit als iemand het u vertelde. De ander schrijft het zelf op, of vertelt het u ook.",
    "Schrijf op",
    "De minuten zijn opgeschreven.",
    (Field("member_id", "Wie vertelde het?", "choice"), _MINUTES),
)
MOVE = Form(
    "verzetten",
    MoveVisit,
    "Verzet de afspraak",
    "Dezelfde helper komt op een ander moment. Beiden krijgen bericht.",
    "Verzet",
    "De afspraak is verzet. Beiden krijgen bericht.",
    (Field("wanted_at", "Nieuwe dag en tijd", "moment"),),
)
SKIP = Form(
    "overslaan",
    SkipVisit,
    "Sla deze keer over",
    "De volgende keren gaan gewoon door. Beiden krijgen bericht.",
    "Sla over",
    "Deze keer gaat niet door. De volgende keren wel.",
)
CANCEL = Form(
    "afzeggen",
    CancelMatch,
    "Zeg de afspraak af",
    "De hulpvraag staat daarna weer open, met dezelfde dag. De uren zijn weer vrij.",
    "Zeg af",
    "De afspraak is afgezegd. De hulpvraag staat weer open.",
    (_WHOSE,),
)
NO_SHOW = Form(
    "niet-gekomen",
    NoteNoShow,
    "Iemand was er niet",
    "De afspraak vervalt en er wordt niets geboekt. Alleen coördinatoren zien dit.",
    "Noteer",
    "Genoteerd. Bel beiden even.",
    (Field("who", "Wie was er niet?", "choice", choices=WHO),),
)
CALLED = Form(
    "gebeld",
    NoteCall,
    "Noteer dat u hen sprak",
    "Bel wie er niet was: gaat het goed? En bel de ander. Daarna staat dit niet meer op de werklijst.",
    "Noteer",
    "Genoteerd: u sprak hen.",
)
INCIDENT = Form(
    "incident",
    ReportIncident,
    "Er is iets ergs gebeurd",
    "Deze twee mensen worden meteen uit elkaar gehouden. Al hun afspraken samen vervallen.",
    "Meld het incident",
    "Het incident is gemeld. Deze twee mensen worden niet meer gekoppeld.",
    (
        Field("text", "Wat is er gebeurd?", "lines", "Alleen wat nodig is. Schrijf geen BSN op."),
        Field(
            "handler",
            "Wie behandelt het?",
            "choice",
            "Leeg: u zelf. Gaat het ook over u? Kies dan een collega.",
            optional=True,
        ),
    ),
)
MATCH_FORMS: tuple[Form, ...] = (DECIDE, REPORT, MOVE, SKIP, CANCEL, NO_SHOW, CALLED, INCIDENT)

# A series

END_HELPING = Form(
    "laatste-dag",
    EndHelping,
    "De helper stopt na een dag",
    "Voor de keren daarna zoeken wij op tijd iemand anders.",
    "Bewaar de laatste dag",
    "De laatste dag is bewaard. Voor daarna zoeken wij iemand anders.",
    (Field("last_day", "Laatste dag van de helper", "date"),),
)
END_SERIES = Form(
    "stoppen",
    EndSeries,
    "Stop de terugkerende hulp",
    "De keren die gepland staan, gaan niet door. Beiden krijgen bericht.",
    "Stop de hulp",
    "De terugkerende hulp is gestopt.",
)
SERIES_FORMS: tuple[Form, ...] = (END_HELPING, END_SERIES)

# An incident

CLOSE_INCIDENT = Form(
    "afsluiting",
    CloseIncident,
    "Sluit het incident af",
    "Alles is besproken en gedaan. U kiest of zij elkaar weer mogen helpen.",
    "Sluit af",
    "Het incident is afgesloten.",
    (
        Field("note", "Wat is er afgesproken?", "lines"),
        Field("released", "Zij mogen weer worden gekoppeld", "tick"),
    ),
)
PASS_ON = Form(
    "overdracht",
    HandOverIncident,
    "Geef het incident aan een collega",
    "Die leest voortaan het dossier. Wie het nu behandelt leest het dan niet meer; wie het meldde wel.",
    "Geef over",
    "Het incident is bij een collega in behandeling.",
    (
        Field("handler", "Wie behandelt het verder?", "choice"),
        Field("reason", "Waarom?", "lines", "Dit komt in het dossier."),
    ),
)
INCIDENT_FORMS: tuple[Form, ...] = (CLOSE_INCIDENT, PASS_ON)

# A complaint

STEP = Form(
    "stap",
    MoveComplaint,
    "Volgende stap",
    "Wat u opschrijft, leest alleen de behandelaar (of wie die vervangt).",
    "Bewaar de stap",
    "De stap is bewaard.",
    (
        Field(
            "step",
            "Welke stap?",
            "choice",
            choices=(
                ("acknowledged", "ontvangst bevestigd"),
                ("heard", "gehoord"),
                ("decided", "besloten"),
                ("withdrawn", "ingetrokken"),
            ),
        ),
        Field("text", "Toelichting", "lines", optional=True),
    ),
)
HAND_OVER = Form(
    "overdracht",
    HandOverComplaint,
    "Geef de klacht aan een collega",
    "Die leest voortaan het dossier. Wie de klacht nu behandelt, leest het dan niet meer.",
    "Geef over",
    "De klacht is bij een collega in behandeling.",
    (
        Field("handler", "Wie behandelt de klacht verder?", "choice"),
        Field("reason", "Waarom?", "lines", "Dit komt in het dossier."),
    ),
)
COMPLAINT_FORMS: tuple[Form, ...] = (STEP, HAND_OVER)
