"""Forms about other regions: help that is lent, and hours that go to and fro."""

from contracts.clearing import AnswerCap, ProposeCap
from contracts.crossings import AnswerSettlement, DecideTransfer, GiveAcross, ProposeSettlement
from contracts.link import SettleForgotten
from contracts.loans import (
    AgreeToLoan,
    EndLoan,
    LendHelper,
    ReportLoanMinutes,
    ResolveLoan,
    RetryLoan,
    SeekHelp,
    TakeHelper,
)
from services.coordinator.console.forms import Field, Form

_MINUTES = Field("minutes", "Minuten", "number", "90 is 1 uur 30.")
_PEER = Field("peer", "Welke regio?", "choice")
_ANSWER = Field("agree", "Wat is het antwoord?", "radios", "", (("true", "Ja, akkoord"), ("false", "Nee")))

SEEK = Form(
    "vragen",
    SeekHelp,
    "Vraag het andere regio's",
    "Zij zien wat voor hulp, hoe lang, wanneer en in welk postcodegebied. Geen naam, geen tekst.",
    "Vraag het hun",
    "Het is gevraagd. Het antwoord komt op uw lijst van vandaag.",
    (Field("peers", "Welke regio's?", "ticks"),),
)
LEND = Form(
    "voorstellen",
    LendHelper,
    "Stel een helper voor",
    "De tijd van de helper blijft vrij. De andere coördinator beslist; daarna vraagt u de helper.",
    "Stel voor",
    "Voorgesteld. De andere regio beslist.",
    (Field("offer_id", "Wie kan dit?", "radios"),),
)
TAKE = Form(
    "kiezen",
    TakeHelper,
    "Kies deze helper",
    "De uren van de hulpvrager worden apart gezet. Daarna vraagt u de hulpvrager of het goed is.",
    "Kies deze helper",
    "Gekozen. Vraag nu de hulpvrager of het goed is.",
)
AGREE = Form(
    "akkoord",
    AgreeToLoan,
    "Het is goed",
    "Vul dit in als u uw deelnemer hebt gesproken. De andere regio mag dan de contactgegevens vragen.",
    "Zij vinden het goed",
    "Genoteerd.",
)
REPORT = Form(
    "minuten",
    ReportLoanMinutes,
    "Geef op hoe lang het duurde",
    "Zeggen beide kanten hetzelfde, dan gaan de uren over.",
    "Geef op",
    "Opgeschreven.",
    (_MINUTES,),
)
RETRY = Form(
    "opnieuw",
    RetryLoan,
    "Boek de uren opnieuw",
    "Doe dit nadat de grens of het saldo is aangepast.",
    "Probeer opnieuw",
    "Het wordt opnieuw geprobeerd.",
)
END = Form(
    "stoppen",
    EndLoan,
    "Het gaat niet door",
    "Wat apart stond komt vrij. De andere regio krijgt bericht.",
    "Het gaat niet door",
    "Genoteerd. De andere regio krijgt bericht.",
)
RESOLVE = Form(
    "besproken",
    ResolveLoan,
    "Dit is besproken",
    "Overleg met de andere coördinator. Is er geholpen? Geef de uren dan met de hand, bij Andere regio's.",
    "Dit is besproken",
    "Genoteerd. U hoeft niets meer te doen.",
)
LOAN_FORMS: tuple[Form, ...] = (LEND, TAKE, AGREE, REPORT, RETRY, END, RESOLVE)

PROPOSE_CAP = Form(
    "grens",
    ProposeCap,
    "Stel een grens voor",
    "Zo ver mag de stand met die regio gaan, naar beide kanten. De andere regio moet het ook willen.",
    "Stel voor",
    "Voorgesteld. De andere regio antwoordt.",
    (_PEER, _MINUTES),
)
GIVE = Form(
    "geven",
    GiveAcross,
    "Geef uren aan iemand in een andere regio",
    "De uren staan apart tot de andere regio antwoordt. Zegt die nee, dan komen zij terug.",
    "Geef de uren",
    "De uren zijn onderweg.",
    (
        Field("from_account_id", "Nummer van wie geeft", "member", "Bijvoorbeeld 1042."),
        _PEER,
        Field("to_account_id", "Rekening in de andere regio", "text", "De code die de andere regio u gaf."),
        _MINUTES,
    ),
)
REGION_FORMS: tuple[Form, ...] = (PROPOSE_CAP, GIVE)

ANSWER_CAP = Form(
    "antwoord",
    AnswerCap,
    "Antwoord op de grens",
    "Bij ja geldt de nieuwe grens meteen.",
    "Geef antwoord",
    "Het antwoord is gegeven.",
    (_ANSWER,),
)
SETTLE = Form(
    "vereffenen",
    ProposeSettlement,
    "Stel voor om te vereffenen",
    "Alleen als die regio bij ons in het krijt staat en u buiten de uren om iets afsprak.",
    "Stel voor",
    "Voorgesteld. De andere regio antwoordt.",
    (_MINUTES,),
)
CLEARING_FORMS: tuple[Form, ...] = (ANSWER_CAP, SETTLE)

ANSWER_SETTLEMENT = Form(
    "antwoord",
    AnswerSettlement,
    "Is dit vereffend?",
    "Zeg alleen ja als het klopt met wat u samen afsprak. Beide regio's boeken het dan.",
    "Geef antwoord",
    "Het antwoord is gegeven.",
    (_ANSWER,),
)
SETTLEMENT_FORMS: tuple[Form, ...] = (ANSWER_SETTLEMENT,)

DECIDE_TRANSFER = Form(
    "afloop",
    DecideTransfer,
    "Hoe staat het daar?",
    "Bel eerst de andere regio. Wat u hier kiest, wordt hier meteen gedaan.",
    "Leg vast",
    "Vastgelegd. De uren staan nu zoals u zei.",
    (
        Field(
            "booked",
            "Staan de uren daar in de boeken, of komen zij daar nog in?",
            "radios",
            "",
            (("true", "Ja: hier ook"), ("false", "Nee, en dat blijft zo: hier dan ook niet")),
        ),
        Field("note", "Wie sprak u, en wat is afgesproken?", "lines", "Geen namen van deelnemers."),
    ),
)
TRANSFER_FORMS: tuple[Form, ...] = (DECIDE_TRANSFER,)

SETTLE_FORGOTTEN = Form(
    "nagegaan",
    SettleForgotten,
    "Het is nagegaan",
    "Bel eerst de andere regio. Zet recht wat niet klopt: dit haalt alleen de zaak van de lijst.",
    "Haal van de lijst",
    "Nagegaan. De zaak staat niet meer op de lijst.",
)
FORGOTTEN_FORMS: tuple[Form, ...] = (SETTLE_FORGOTTEN,)
