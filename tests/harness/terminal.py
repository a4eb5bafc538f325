"""A terminal of a social team: the lines of the demo's sandbox, typed as the demo prints them."""

import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LISTENING = 'until curl --silent --output /dev/null "http://127.0.0.1:$PORT"; do sleep 0.1; done'
"""Until the example's receiver of webhooks is there, as a person would see."""


@contextmanager
def typing(setup: Iterable[str], folder: Path, *lines: str) -> Iterator["subprocess.Popen[str]"]:
    """A shell of which nothing is left after the block; its temporary files are in `folder`."""
    shell = subprocess.Popen(
        ["sh", "-c", "\n".join(("set -e", *setup, *lines))],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield shell
    finally:
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()


def said(shell: "subprocess.Popen[str]") -> str:
    """The next line on the terminal."""
    assert shell.stdout is not None
    return shell.stdout.readline().strip()


def typed(setup: Iterable[str], folder: Path, *lines: str, seconds: float = 60) -> str:
    """All that these lines say. Fails when one of them does."""
    with typing(setup, folder, *lines) as shell:
        told, _ = shell.communicate(timeout=seconds)
        assert shell.returncode == 0, told
        return told
