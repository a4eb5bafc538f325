"""Services that start at once: forked from a process that has imported everything already.

A service spends a second of CPU on imports, and a test run starts hundreds. They are processes as
real as those of `wederdienst up` and run the same command; the demo's and README's tests start
them cold.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from services.region import running
from services.region.running import Process

PROJECT = Path(__file__).parents[2]


class Forked:
    """A process that was forked for us: what `subprocess.Popen` offers, as far as it is used."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._fd = os.pidfd_open(pid)

    def poll(self) -> int | None:
        return self.wait(0) if select.select([self._fd], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; its exit code is not known here. Raises TimeoutExpired."""
        if not select.select([self._fd], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return 0

    def send_signal(self, number: signal.Signals) -> None:
        signal.pidfd_send_signal(self._fd, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        os.close(self._fd)


def launch(arguments: Sequence[str], log: Path, environment: Mapping[str, str], code: Path) -> Process:
    """Run `wederdienst` with these arguments in a process of its own; other code than ours starts cold."""
    if code != PROJECT:
        return running.launch(arguments, log, environment, code)
    wanted = {"arguments": list(arguments), "log": str(log), "environment": dict(environment)}
    # Regions may start side by side: each must hear of its own process.
    with _asking:
        ours, answers = _nursery()
        ours.sendall(json.dumps(wanted).encode() + b"\n")
        return Forked(int(answers.readline()))


_asking = threading.Lock()


@cache
def _nursery() -> tuple[socket.socket, BinaryIO]:
    """The line to this session's nursery, and what it answers; it ends when we do."""
    ours, its = socket.socketpair()
    subprocess.Popen(
        [sys.executable, "-m", "tests.harness.warm"], stdin=its, cwd=PROJECT, start_new_session=True
    )
    its.close()
    return ours, ours.makefile("rb")


def _import_everything() -> Any:
    import uvloop  # noqa: F401

    from contracts.catalogue import SERVICES
    from services.kernel import runtime  # noqa: F401
    from services.region import cli
    from services.region.databases import service_of  # noqa: F401

    for service in SERVICES:
        __import__(f"services.{service}.app")
    return cli.main


def _tend() -> None:
    """Fork a process for every line that asks for one."""
    main = _import_everything()
    # Nobody here waits for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    line = socket.socket(fileno=0)
    children = []
    for asked in line.makefile("rb"):
        assert threading.active_count() == 1, "a thread would not live on in a fork"
        pid = os.fork()
        if pid == 0:
            line.detach()
            _become(json.loads(asked))
            main()
            return
        children.append(os.pidfd_open(pid))
        line.sendall(b"%d\n" % pid)
    # A run that was killed leaves none behind.
    for child in children:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(child, signal.SIGTERM)


def _become(wanted: dict[str, Any]) -> None:
    """Be as a process that was just started: own session, log, environment and arguments."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for fd, to in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(fd, to)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = ["wederdienst", *wanted["arguments"]]


if __name__ == "__main__":
    _tend()
