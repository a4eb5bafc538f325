"""What the rota and the page of letters and calls show."""

from dataclasses import dataclass
from datetime import datetime

from services.coordinator.console.forms import Group, Shown
from services.coordinator.console.views import Notice


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One duty; `cancel` is a form of one button."""

    who: str
    period: str
    areas: str
    cancel: Shown


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """One leave; `deputy` None is a warning."""

    who: str
    days: str
    deputy: str | None
    name_deputy: Shown
    cancel: Shown


@dataclass(frozen=True, slots=True)
class RotaPage:
    """The rota as of a moment in the region's time zone."""

    as_of: datetime
    on_duty: tuple[DutyLine, ...]
    later: tuple[DutyLine, ...]
    leaves: tuple[LeaveLine, ...]
    groups: tuple[Group, ...]
    notice: Notice | None = None
    failed: bool = False

    @property
    def unmanned(self) -> int:
        """Leaves without a deputy."""
        return sum(leave.deputy is None for leave in self.leaves)

    @property
    def sentence(self) -> str:
        """Who is there now."""
        if not self.on_duty:
            return "Nu heeft niemand dienst."
        people = list(dict.fromkeys(duty.who for duty in self.on_duty))
        names = " en ".join((", ".join(people[:-1]), people[-1])) if len(people) > 1 else people[0]
        return f"Nu {'heeft' if len(people) == 1 else 'hebben'} {names} dienst."


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to bring, as it is to be read. `address` is lines on the sheet, the name first."""

    message_id: str
    to: str
    href: str
    address: tuple[str, ...]
    phone: str
    subject: str
    paragraphs: tuple[str, ...]
    waited: str
    tried: str
    """How often someone tried in vain, in words; empty for not yet."""
    delivered: Shown
    missed: Shown


@dataclass(frozen=True, slots=True)
class LettersPage:
    """What a person must bring, longest wait first. `unreadable`: how many have no text any more."""

    letters: tuple[Letter, ...]
    calls: tuple[Letter, ...]
    unreadable: int = 0
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Sheets:
    """Letters to print, one a sheet. `place_and_day` stands above each; `sender` is who writes."""

    letters: tuple[Letter, ...]
    sender: str
    day: str
