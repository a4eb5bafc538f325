"""How a referral is told on screens: its status, why, what came of it, and what the team may hear."""

from services.coordinator.console.views import Icon, StatusTone

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "requested": ("Wacht op antwoord", "warning", "clock"),
    "accepted": ("Aangenomen", "neutral", "clock"),
    "rejected": ("Afgewezen", "neutral", "info"),
    "on-hold": ("Aangehouden", "warning", "clock"),
    "in-progress": ("Hulp loopt", "safe", "check"),
    "completed": ("Klaar", "safe", "check"),
    "failed": ("Niet gelukt", "warning", "warning"),
    "cancelled": ("Teruggenomen", "neutral", "info"),
}
"""To coordinators."""

REJECTED = {
    "needs-professional": "hier is een vakman of zorgverlener voor nodig",
    "outside-region": "dit valt buiten ons gebied",
    "already-arranged": "dit is al geregeld",
    "no-consent": "de persoon wil dit niet",
    "incomplete": "wij weten nog te weinig",
    "not-admitted": "deze persoon kan hier nu niet meedoen",
}
HELD = {
    "person-considers": "de persoon denkt er nog over na",
    "person-away": "de persoon is er even niet",
    "more-information": "wij vragen eerst iets na",
    "guardian-missing": "een ouder of voogd moet nog toestemming geven",
    "initiative-ended": "dit initiatief is intussen gestopt",
}
FAILED = {
    "no-helper-found": "wij vonden geen helper",
    "not-reached": "wij konden de persoon niet bereiken",
    "withdrawn": "de persoon zag ervan af",
    "no-longer-needed": "het is niet meer nodig",
}
REASONS = REJECTED | HELD | FAILED

_BY_ITSELF = ("not-admitted", "guardian-missing", "initiative-ended")

OUTCOMES = {"visit-done": "er is geholpen, en het gaat door", "help-given": "de hulp is gegeven"}

FEEDBACK = {
    "nothing": "niets",
    "status": "alleen de status",
    "outcome": "de status en hoe het afliep",
}


def choices(words: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Reasons as a choice in a form; what only the system says is not among them."""
    return tuple((code, text) for code, text in words.items() if code not in _BY_ITSELF)
