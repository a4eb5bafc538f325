"""What a coordinator may do about a referral: one form each."""

from contracts.referrals import (
    AcceptReferral,
    FailReferral,
    HoldReferral,
    RejectReferral,
    StopFeedback,
)
from services.coordinator.console import referral_words as words
from services.coordinator.console.forms import Field, Form

ACCEPT = Form(
    "aannemen",
    AcceptReferral,
    "Neem de verwijzing aan",
    "Het wordt een hulpvraag, met wat het team al schreef. Is de persoon nieuw? Dan doet die meteen mee.",
    "Neem aan en zoek een helper",
    "Aangenomen. Het is nu een hulpvraag.",
    (Field("initiative_id", "In welk initiatief?", "choice"),),
)
REJECT = Form(
    "afwijzen",
    RejectReferral,
    "Wijs de verwijzing af",
    "Het team leest de reden, als de persoon dat goed vindt. Bel bij twijfel eerst het team.",
    "Wijs af",
    "Afgewezen.",
    (Field("reason", "Waarom?", "choice", choices=words.choices(words.REJECTED)),),
)
HOLD = Form(
    "aanhouden",
    HoldReferral,
    "Houd de verwijzing aan",
    "Zij wacht, tot u haar aanneemt of afwijst.",
    "Houd aan",
    "Aangehouden.",
    (Field("reason", "Waar wacht het op?", "choice", choices=words.choices(words.HELD)),),
)
FAIL = Form(
    "niet-gelukt",
    FailReferral,
    "Het is niet gelukt",
    "De hulpvraag vervalt. Het team leest de reden, als de persoon dat goed vindt.",
    "Sluit de verwijzing",
    "De verwijzing is gesloten.",
    (Field("reason", "Waarom niet?", "choice", choices=words.choices(words.FAILED)),),
)
STOP = Form(
    "terugkoppeling",
    StopFeedback,
    "Vertel het team niets meer",
    "De persoon wil niet meer dat het team iets hoort. Dat gaat meteen in.",
    "Stop de terugkoppeling",
    "Het team hoort niets meer.",
)
REFERRAL_FORMS: tuple[Form, ...] = (ACCEPT, REJECT, HOLD, FAIL, STOP)
