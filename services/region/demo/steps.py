"""A step on the screen: what is done, what came of it, and whether that was expected."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.markup import escape

from services.region.progress import Screen


class NotAsExpected(Exception):
    """A step did not go as it should; `expected` and `came` say how."""

    def __init__(self, expected: object, came: object) -> None:
        super().__init__(f"expected {expected}, came {came}")
        self.expected = str(expected)
        self.came = str(came)


class Stopped(Exception):
    """A step failed, so what would follow from it is left out. It was shown already."""


def expect(came: object, expected: object, what: str) -> None:
    """Raises NotAsExpected when `came` is not `expected`."""
    if came != expected:
        raise NotAsExpected(f"{what}: {expected}", came)


def until[T](look: Callable[[], T], good: Callable[[T], bool], expected: str, *, seconds: float = 5.0) -> T:
    """Look every 50 ms until what is found is good. Raises NotAsExpected with the last look."""
    deadline = time.monotonic() + seconds
    while not good(found := look()):
        if time.monotonic() > deadline:
            raise NotAsExpected(f"{expected}, within {seconds:.0f} s", found)
        time.sleep(0.05)
    return found


@dataclass
class Step:
    """One step as it went."""

    title: str
    seconds: float
    said: list[str] = field(default_factory=list)
    expected: str | None = None
    came: str | None = None

    @property
    def ok(self) -> bool:
        return self.expected is None


class Steps:
    """All steps of a demo, shown while they are made."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.made: list[Step] = []

    @property
    def ok(self) -> bool:
        return all(step.ok for step in self.made)

    def chapter(self, title: str, tell: Callable[[], None]) -> None:
        """Tell one chapter; when a step fails the rest of it is left out."""
        self._screen.say(f"\n[bold]{title}[/bold]")
        try:
            tell()
        except Stopped:
            self._screen.say("the rest of this part is left out", indent=4, style="dim")

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """One step; call what is yielded with what there is to tell. Raises Stopped when it fails."""
        began = time.monotonic()
        step = Step(title, 0.0)
        try:
            yield step.said.append
        except NotAsExpected as other:
            step.expected, step.came = other.expected, other.came
        except Exception as broken:
            step.expected, step.came = "an answer", f"{type(broken).__name__}: {broken}"
        step.seconds = time.monotonic() - began
        self.made.append(step)
        self._show(step)
        if not step.ok:
            raise Stopped

    def _show(self, step: Step) -> None:
        mark = "[green]✓[/green]" if step.ok else "[red]✗[/red]"
        title = escape(step.title)
        self._screen.say(f"{mark} {title} [dim]({1000 * step.seconds:.0f} ms)[/dim]", indent=2)
        for line in step.said:
            self._screen.quote(line, indent=6)
        if not step.ok:
            self._screen.quote(f"expected: {step.expected}", indent=6, style="red")
            self._screen.quote(f"came:     {step.came}", indent=6, style="red")

    def as_json(self) -> list[dict[str, Any]]:
        return [{**asdict(step), "ok": step.ok} for step in self.made]
