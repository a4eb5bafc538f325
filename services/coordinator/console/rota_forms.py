"""What a coordinator may change on the rota, and report about letters and calls: one form each."""

from contracts.coordinator import CancelDuty, CancelLeave, NameDeputy, PlanDuty, PlanLeave
from contracts.notifications import ReportDelivery
from services.coordinator.console.forms import Field, Form

PLAN_DUTY = Form(
    "dienst",
    PlanDuty,
    "Plan een dienst",
    "Laat de gebieden leeg voor de hele regio.",
    "Plan de dienst",
    "De dienst staat in het rooster.",
    (
        Field("coordinator", "Wie?", "choice"),
        Field("begins_at", "Begint", "moment"),
        Field("ends_at", "Eindigt", "moment"),
        Field("areas", "Gebieden", "areas", "Postcodes van vier cijfers, zoals 3511, 3512.", optional=True),
    ),
)
PLAN_LEAVE = Form(
    "verlof",
    PlanLeave,
    "Plan verlof",
    "Wie neemt het werk over? Zonder vervanger krijgt iedereen een waarschuwing.",
    "Plan het verlof",
    "Het verlof staat in het rooster.",
    (
        Field("coordinator", "Wie is er niet?", "choice"),
        Field("first_day", "Eerste dag", "date"),
        Field("last_day", "Laatste dag", "date"),
        Field("deputy", "Vervanger", "choice", optional=True),
    ),
)
ROTA_FORMS: tuple[Form, ...] = (PLAN_DUTY, PLAN_LEAVE)

CANCEL_DUTY = Form("vervallen", CancelDuty, "Dienst vervalt", "", "Haal weg", "De dienst is uit het rooster.")
CANCEL_LEAVE = Form(
    "vervallen", CancelLeave, "Verlof vervalt", "", "Haal weg", "Het verlof is uit het rooster."
)
DEPUTY = Form(
    "vervanger",
    NameDeputy,
    "Kies een vervanger",
    "",
    "Kies",
    "De vervanger staat in het rooster.",
    (Field("deputy", "Vervanger", "choice"),),
)
DELIVERED = Form(
    "gebracht",
    ReportDelivery,
    "Gebracht",
    "",
    "Gelukt",
    "Genoteerd: het bericht is overgebracht.",
)
MISSED = Form(
    "niet-bereikt",
    ReportDelivery,
    "Niet bereikt",
    "",
    "Niet bereikt",
    "Genoteerd. Probeer het later nog eens.",
)
