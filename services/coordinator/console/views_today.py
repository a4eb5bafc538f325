"""What *Vandaag* shows: the work list, its kinds and filters. See `views` for what a view model is."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from services.coordinator.console.views import DueTone, Icon, Notice


class WorkKind(Enum):
    """The kinds of work on the list, each with its words and icon."""

    REFERRAL = ("Doorverwijzing", "referral")
    STRANDED = ("Bericht niet gelukt", "mail-failed")
    WITHOUT_HELPER = ("Zonder helper", "request")
    VISIT = ("Keer zonder helper", "calendar")
    WITHOUT_ANSWER = ("Zonder antwoord", "clock")
    NEW_MEMBER = ("Nieuwe deelnemer", "person-plus")
    MINUTES_DIFFER = ("Minuten verschillen", "unequal")
    NOT_BOOKED = ("Niet geboekt", "unequal")
    NO_SHOW = ("Niet gekomen", "phone")
    DRAFT = ("Wacht op aanbod", "request")
    HELPER_ENDS = ("Helper stopt", "calendar")
    VOG_ENDS = ("VOG loopt af", "calendar")
    OVER_CAPACITY = ("Te vol", "meter")
    NO_GUARDIAN = ("Toestemming nodig", "person")
    INCIDENT = ("Incident", "warning")
    COMPLAINT = ("Klacht", "info")
    NO_DEPUTY = ("Geen vervanger", "person")
    NO_CAPS = ("Bedragen ontbreken", "calendar")
    BALANCE = ("Saldo", "meter")
    TO_BRING = ("Brief of telefoon", "letter")
    NOT_REACHED = ("Niet bereikt", "phone")
    MESSAGE_FAILED = ("Bericht mislukt", "mail-failed")
    OTHER_REGION = ("Andere regio vraagt", "request")
    THEIR_HELPER = ("Helper van elders", "person-plus")
    ASK_PERSON = ("Nog te vragen", "phone")
    REGION_SILENT = ("Regio zwijgt", "clock")
    NOT_REPORTED = ("Duur onbekend", "clock")
    REGIONS_DIFFER = ("Regio's verschillen", "unequal")
    FORGOTTEN_THERE = ("Afspraak kwijt", "warning")
    CUT_SHORT = ("Toch geholpen", "unequal")
    NOT_ACROSS = ("Uren niet over", "unequal")
    CAP = ("Grens voorgesteld", "meter")
    SETTLEMENT = ("Vereffening voorgesteld", "meter")
    POSITION = ("Stand verschilt", "warning")
    TRANSFER = ("Uren zonder einde", "warning")
    FORGOTTEN = ("Bericht kwijt", "mail-failed")

    def __init__(self, label: str, icon: Icon) -> None:
        self.label: str = label
        self.icon: Icon = icon


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One row of the work list."""

    kind: WorkKind
    title: str
    facts: tuple[str, ...]
    """Who and where, a few words each."""
    waiting: str
    """How long it waits, see `wording.waited_nl`."""
    due: str | None
    """Until when, in words; None when there is no date."""
    due_tone: DueTone
    action: str
    """One verb, which says what the page behind it is for."""
    href: str


@dataclass(frozen=True, slots=True)
class KindFilter:
    """A link that narrows the list to one kind; `kind` None is the whole list."""

    kind: WorkKind | None
    count: int
    href: str
    current: bool

    @property
    def label(self) -> str:
        """The words on the link."""
        return "Alle soorten" if self.kind is None else self.kind.label


@dataclass(frozen=True, slots=True)
class TodayPage:
    """The work list in two groups, both in the order in which they are shown.

    `first` is over its term, or due today or tomorrow, most pressing first; `then` is the rest,
    longest wait first. `as_of` is in the region's time zone. `href` is this page, filter included.
    `beyond` is how many more wait than the page shows.
    """

    as_of: datetime
    href: str
    first: tuple[WorkItem, ...]
    then: tuple[WorkItem, ...]
    filters: tuple[KindFilter, ...] = ()
    notice: Notice | None = None
    beyond: int = 0

    @property
    def total(self) -> int:
        """Items in the list as it is narrowed, also those beyond the page."""
        return len(self.first) + len(self.then) + self.beyond

    @property
    def pressing(self) -> str:
        """How much of it presses, in words; empty when nothing does."""
        late = sum(item.due_tone == "late" for item in self.first)
        soon = len(self.first) - late
        parts = (f"{late} te laat" if late else "", f"{soon} vandaag of morgen" if soon else "")
        return ", ".join(part for part in parts if part)

    @property
    def current_filter(self) -> KindFilter | None:
        """The filter in use."""
        return next((each for each in self.filters if each.current), None)

    @property
    def narrowed(self) -> bool:
        """Whether only one kind is shown."""
        return self.current_filter is not None and self.current_filter.kind is not None
