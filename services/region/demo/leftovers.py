"""Ends what a demo that was killed (kill -9, a power cut of its session) left running in its folder.

Only for who holds the folder's lock: nobody else's processes can then work on its files. A
process is ours when its command line names this folder's own configuration or data.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

WAIT_SECONDS = 10.0


def end_leftovers(folder: Path) -> list[int]:
    """End them, services before servers; returns their process ids."""
    ours = (
        (f"services.region.cli serve .* --config {folder / 'region.toml'} ", signal.SIGTERM),
        (f"nats-server -c {folder / 'servers/nats/nats.conf'}", signal.SIGTERM),
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
