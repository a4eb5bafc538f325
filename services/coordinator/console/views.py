"""What each page shows: small frozen view models, filled by the service, read by the templates.

Labels of people ('deelnemer 1042', or a name for those who may see it) and sentences arrive ready
made, in Dutch. Amounts stay numbers with their unit in the name; the templates word them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.coordinator.console import wording
from services.coordinator.console.forms import Group

type Icon = Literal[
    "calendar",
    "check",
    "clock",
    "info",
    "letter",
    "mail",
    "mail-failed",
    "meter",
    "person",
    "person-plus",
    "phone",
    "referral",
    "request",
    "unequal",
    "warning",
]

type StatusTone = Literal["warning", "safe", "neutral"]
"""Amber: needs you. Green: done. Grey: nothing to do."""

type DueTone = Literal["late", "near", "day", "later"]
"""Over its term (red), a fixed hour near by (amber), today or tomorrow (bold), the rest (soft)."""


# Parts that several pages share


@dataclass(frozen=True, slots=True)
class Site:
    """What every page needs besides its own content. `*_href` are paths on this site."""

    region_name: str
    signed_in_as: str | None
    """Label of the coordinator or operator; None hides the menu and the sign-out button."""
    operates: bool = False
    """Whether it is an operator, who sees how the region runs and nothing about people."""
    refers: bool = False
    """Whether it is a social team, which refers people and sees its own referrals."""
    has_network: bool = False
    """Whether the region takes part in a network of regions."""
    home_href: str = "/"
    home_label: str = "Vandaag"
    sign_out_href: str = "/uitloggen"
    static_href: str = "/static"
    """Where the `static` folder is served, without a slash at the end."""
    theme_href: str | None = None
    """A region's own stylesheet, loaded last; it may set any `--wd-*` property."""

    @property
    def coordinates(self) -> bool:
        """Whether it is a coordinator, who works with people."""
        return self.signed_in_as is not None and not self.operates and not self.refers


@dataclass(frozen=True, slots=True)
class Notice:
    """One line on top of a page about what just happened."""

    tone: Literal["ok", "info", "warning"]
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that decides: what it is about, the fact, and a soft line under it.

    `href`: where more of it can be read.
    """

    label: str
    value: str
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Another page, as a button beside the others."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Meter:
    """A part of a whole, as a bar with its words. `added_percent` is drawn hatched, after the rest.

    `note` says what is left, `added` what the hatched part is.
    """

    label: str
    value: str
    percent: float
    added_percent: float = 0.0
    note: str = ""
    added: str = ""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One past event, told in a sentence. `on` is a day in the region's time zone.

    `by`: who did it, where someone did it for the people it is about.
    """

    on: date
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that happens after confirming.

    `text` is a whole sentence; with `strong`, it is the part before it and the full stop follows.
    """

    icon: Icon
    text: str
    strong: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The last question before something happens: all that will follow, and where to post."""

    action_href: str
    consequences: tuple[Consequence, ...]
    note: str = ""
    """A soft sentence beside the buttons, such as how long this can be undone."""
    tick: str = ""
    """What may be added, as a box to tick; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """A helper's week in minutes: now, with this help, and the limit they set (more than 0)."""

    minutes_now: int
    minutes_after: int
    minutes_limit: int

    @property
    def now_percent(self) -> float:
        """Share of the bar in use now, 0 to 100."""
        return round(min(100.0, 100 * self.minutes_now / self.minutes_limit), 1)

    @property
    def added_percent(self) -> float:
        """Share of the bar that this help adds, never past the end of the bar."""
        after = min(100.0, 100 * self.minutes_after / self.minutes_limit)
        return round(max(0.0, after - self.now_percent), 1)


# Hulpvraag


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a helper stands where they stand: in favour, or good to know."""

    text: str
    in_favour: bool = True


@dataclass(frozen=True, slots=True)
class HelperCard:
    """One proposed helper. `distance_km` is None when it is not known."""

    offer_id: str
    label: str
    href: str
    place: str
    distance_km: float | None
    reasons: tuple[Reason, ...]
    load: Load


@dataclass(frozen=True, slots=True)
class Choice:
    """The helper picked with the first click, and what the second click would do."""

    offer_id: str
    confirmation: Confirmation


@dataclass(frozen=True, slots=True)
class Told:
    """Who knows about the match already, or (not `done`) who still has to be told."""

    text: str
    done: bool = True
    href: str = ""
    """Where a person tells them."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Outcome: the match stands."""

    sentence: str
    facts: tuple[Fact, ...]
    load: Load | None = None
    """The helper's week with this help in it."""
    told: tuple[Told, ...] = ()
    undo_href: str | None = None
    """Where to post to undo; None when that is no longer possible."""
    undo_minutes_left: int = 0
    more_href: str = ""
    more_label: str = ""
    """Where everything else about it can be done."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Outcome: the match did not go through, nobody was told and no hours are held."""

    reason: str
    """Whole sentences, without the reason of a third person."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Outcome: not known yet; it will come to Vandaag."""

    offer_id: str


type Outcome = Matched | Refused | Waiting


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One help request: what decides, who may help, and what happened so far.

    `href` is this page without a choice. `excluded_counts` are pairs of a reason and a number of
    people; small numbers are shown as 'minder dan 5', so pass them as they are.
    """

    number_label: str
    """How people refer to it: 'Hulpvraag 2317'."""
    href: str
    title: str
    status_label: str
    status_tone: StatusTone
    status_icon: Icon
    facts: tuple[Fact, ...]
    helpers: tuple[HelperCard, ...] = ()
    helpers_found: int = 0
    """How many people fit; the best of them are in `helpers`."""
    excluded_counts: tuple[tuple[str, int], ...] = ()
    history: tuple[HistoryLine, ...] = ()
    chosen: Choice | None = None
    outcome: Outcome | None = None
    draft: str | None = None
    """What it waits for, and what to do now, while it may not be matched yet."""
    looking: bool = True
    """Whether a helper is still looked for; False for a request that was withdrawn."""
    elsewhere_href: str = ""
    """Where other regions may be asked, while none is."""
    stop_href: str = ""
    """Where it may be stopped, as long as that is possible."""

    @property
    def matched(self) -> Matched | None:
        """The outcome, when the match stands."""
        return self.outcome if isinstance(self.outcome, Matched) else None

    @property
    def refused(self) -> Refused | None:
        """The outcome, when it did not go through."""
        return self.outcome if isinstance(self.outcome, Refused) else None

    @property
    def waiting(self) -> Waiting | None:
        """The outcome, when it is not known yet."""
        return self.outcome if isinstance(self.outcome, Waiting) else None

    @property
    def highlighted(self) -> str | None:
        """The offer that stands out: the one just chosen, or the one that waits for an answer."""
        picked = self.chosen or self.waiting
        return picked.offer_id if picked else None

    @property
    def helpers_sentence(self) -> str:
        """How many people may be proposed."""
        return wording.helpers_nl(self.helpers_found)


# The other pages


@dataclass(frozen=True, slots=True)
class RunningLine:
    """What is asked or given now: what, with whom, when, how it stands, and where it is read on."""

    href: str
    what: str
    who: str
    when: str
    status: str


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Someone who takes part, or wants to. `approval` is None once there is nothing left to approve.

    `details` are facts that do not decide each time; `groups` are what may be changed.
    """

    number_label: str
    """How people refer to them: 'Deelnemer 1411'."""
    title: str
    status_label: str
    status_tone: StatusTone
    status_icon: Icon
    facts: tuple[Fact, ...]
    details: tuple[Fact, ...] = ()
    running: tuple[RunningLine, ...] = ()
    approval: Confirmation | None = None
    groups: tuple[Group, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    notice: Notice | None = None
    failed: bool = False
    """Whether a form on it did not go through."""


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit of a series: when, with whom, and where it is read on."""

    when: str
    helper: str
    status: str
    href: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """A match, a series, an incident, a complaint, an initiative: the facts, and what may be done.

    `links` lead to what has a page of its own. `visits` are those of a series; `words` what was said
    at each step of a complaint, or of an incident.
    """

    number_label: str
    title: str
    status_label: str
    status_tone: StatusTone
    status_icon: Icon
    facts: tuple[Fact, ...]
    groups: tuple[Group, ...] = ()
    visits: tuple[VisitLine, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    history: tuple[HistoryLine, ...] = ()
    notice: Notice | None = None
    failed: bool = False
    links: tuple[Link, ...] = ()
    above: Link | None = None
    """The page that it is under, when that is not Vandaag."""


@dataclass(frozen=True, slots=True)
class SignInPage:
    """One field: the key. `error` says what is wrong and what to do now."""

    action_href: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """A page that could not be shown, or an action that was refused."""

    title: str
    """What is wrong, in a few words."""
    explanation: str
    """What is so, and that it is nobody's fault."""
    next_steps: tuple[str, ...] = ()
    """What to do now, a sentence each."""
    reference: str = ""
    """What to mention when asking for help; empty when there is nothing to mention."""
