"""What a long command says while it works: bars on a terminal, plain lines elsewhere.

Always on standard error: standard output is for the result.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

PLAIN_EVERY_SECONDS = 10.0


class Screen:
    """Where steps and stages are shown."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)

    def say(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """A line with rich's markup; `indent` columns to the right, also where it is wrapped."""
        self._print(Text.from_markup(text, style=style), indent)

    def quote(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """A line as it is: what came from elsewhere may hold what looks like markup."""
        self._print(Text(text, style=style), indent)

    def copyable(self, line: str) -> None:
        """A line to copy: whole, however narrow the terminal is."""
        self.console.print(Text(line), soft_wrap=True)

    def _print(self, text: Text, indent: int) -> None:
        if self.console.is_terminal:
            self.console.print(Padding(text, (0, 0, 0, indent)))
        else:
            self.console.print(Text(" " * indent) + text, soft_wrap=True)

    @contextmanager
    def stage(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A stretch of work of `total` pieces; call what is yielded with how many are done."""
        shown = self._bar if self.console.is_terminal else self._lines
        with shown(what, total) as done:
            yield done

    @contextmanager
    def _bar(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        columns = (
            TextColumn("  {task.description:<28}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console) as bars:
            task = bars.add_task(what, total=total)
            yield lambda done: bars.update(task, completed=done)

    @contextmanager
    def _lines(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        began = spoken = time.monotonic()
        reached = 0

        def done(count: int) -> None:
            nonlocal spoken, reached
            reached = count
            if time.monotonic() - spoken > PLAIN_EVERY_SECONDS:
                spoken = time.monotonic()
                self.say(f"{what}: {count} of {total}", indent=2)

        yield done
        self.say(f"{what}: {reached} of {total} ({time.monotonic() - began:.1f} s)", indent=2)
