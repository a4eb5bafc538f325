"""One region, one folder, one who runs it: a lock, and an end to what a killed run left behind.

A process is ours when its command line names this folder's own configuration or data; and
who holds the lock may end it, since nobody else's processes can then work on its files.
"""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from services.kernel.errors import Misconfigured

WAIT_SECONDS = 10.0


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a region's folder for this run alone. Raises Misconfigured when another run has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Misconfigured(
                f"A region already runs in {folder} (process {lock.read().strip() or 'unknown'}). "
                "Stop it with Ctrl-C, or give this one a folder of its own (the demo: --folder)."
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        end_leftovers(folder)
        yield


def end_leftovers(folder: Path) -> list[int]:
    """End them, services before servers; returns their process ids."""
    ours = (
        (f"services.region.cli serve .* --config {folder / 'region.toml'} ", signal.SIGTERM),
        (f"nats-server -c {folder / 'servers/nats/nats.conf'}", signal.SIGTERM),
        # A hub, where the folder is a hub's.
        (f"services.region.cli network serve .* --folder {folder} ", signal.SIGTERM),
        (f"nats-server -c {folder / 'nats.conf'}", signal.SIGTERM),
        (f"postgres -D {folder / 'servers/postgres'} ", signal.SIGINT),
    )
    ended = []
    running = list(_command_lines())
    for pattern, how in ours:
        start, _, rest = pattern.partition(" .* ")
        for pid, line in running:
            if start in line and rest in line:
                _end(pid, how)
                ended.append(pid)
    return ended


def _command_lines() -> Iterator[tuple[int, str]]:
    """Process id and command line of every process that can be seen, each ending in a space."""
    processes = Path("/proc")
    if processes.is_dir():
        for entry in processes.iterdir():
            with suppress(OSError):
                if entry.name.isdigit():
                    yield (
                        int(entry.name),
                        (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"),
                    )
        return
    with suppress(OSError):
        listed = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False)
        for line in listed.stdout.splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), f"{command} "


def _end(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, how)
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
