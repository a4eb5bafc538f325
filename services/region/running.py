"""A running region: servers and its services as processes of their own."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from services.kernel.errors import Misconfigured
from services.kernel.settings import Region, load
from services.region.databases import create_databases, migrate_all
from services.region.servers import Nats, Postgres, answers, free_port, wait_until


class Process(Protocol):
    """A process that runs: `subprocess.Popen`, or what behaves as one."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int, /) -> None: ...

    def kill(self) -> None: ...


type Launch = Callable[[Sequence[str], Path, Mapping[str, str], Path], Process]


def launch(arguments: Sequence[str], log: Path, environment: Mapping[str, str], code: Path) -> Process:
    """Run `wederdienst` of a checkout in a process of its own; what it says goes to `log`."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "services.region.cli", *arguments],
            stdout=file,
            stderr=file,
            start_new_session=True,
            cwd=code,
            env={**environment, "PYTHONUNBUFFERED": "1"},
        )


@dataclass
class ServiceProcess:
    """One replica of one service as a process, with its probe port and log file."""

    service: str
    config: Path
    log: Path
    probe_port: int = field(default_factory=free_port)
    process: Process | None = None
    environment: dict[str, str] = field(default_factory=dict)
    code: Path = Path(__file__).parents[2]
    launch: Launch = launch

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        where = ("--config", str(self.config), "--probe-port", str(self.probe_port))
        self.process = self.launch(
            ("serve", self.service, *where), self.log, {**os.environ, **self.environment}, self.code
        )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        """Whether /readyz says yes."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.probe_port}/readyz", timeout=1) as page:
                return bool(json.load(page)["ready"])
        except (OSError, urllib.error.HTTPError, ValueError):
            return False

    def metric(self, name: str) -> float:
        """One number from /metrics, with labels or without; 0 when the replica does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.probe_port}/metrics", timeout=1) as page:
                for line in page.read().decode().splitlines():
                    if line.startswith((f"{name} ", f"{name}{{")):
                        return float(line.rpartition(" ")[2])
        except OSError:
            return 0.0
        return 0.0

    def leading(self) -> bool:
        return self.metric("wd_leading") == 1.0

    def kill(self) -> None:
        """kill -9, as a crash."""
        if self.running:
            self.send(signal.SIGKILL)
            assert self.process is not None
            self.process.wait(10)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        """Ask it to finish and leave; after ten seconds, make it."""
        if not self.running:
            return
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


class RunningRegion:
    """Starts and stops a region's processes. Ends only what it started."""

    def __init__(self, config: Path, services: Sequence[str] | None = None) -> None:
        self.config = config
        self.region: Region = load(config)
        self.services = services or self.region.services
        self.postgres: Postgres | None = None
        self.nats: Nats | None = None
        self.logs = self.region.logs or config.parent / "logs"
        self.replicas = [
            ServiceProcess(service, config, self.logs / f"{service}-{n + 1}.log")
            for service in self.services
            for n in range(self.region.replicas)
        ]

    def of(self, service: str) -> list[ServiceProcess]:
        return [replica for replica in self.replicas if replica.service == service]

    def leader_of(self, service: str) -> ServiceProcess:
        """The replica that commits now. Raises TimeoutError when there is none for ten seconds."""
        wait_until(
            lambda: any(r.running and r.leading() for r in self.of(service)),
            f"{service} having a leader",
            seconds=10,
        )
        return next(r for r in self.of(service) if r.running and r.leading())

    def start_servers(self) -> None:
        """Start the embedded servers, where the configuration asks for them."""
        if self.region.embedded is None:
            return
        folder = self.region.embedded.folder
        self.postgres = Postgres(
            folder, self.region.postgres.port, self.region.postgres_password("admin") or ""
        )
        self.nats = Nats(folder, self.region)
        self.postgres.start()
        self.nats.start()
        asyncio.run(create_databases(self.region))

    def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start everything; returns when every replica is ready and every service has a leader."""
        began = time.monotonic()
        say("servers")
        self.start_servers()
        say("tables")
        asyncio.run(migrate_all(self.region))
        say("services")
        for replica in self.replicas:
            replica.start()
        self.wait_ready()
        say(f"ready after {time.monotonic() - began:.1f} s")

    def wait_ready(self, seconds: float = 60.0) -> None:
        def all_ready() -> bool:
            for replica in self.replicas:
                if not replica.running:
                    raise Misconfigured(f"{replica.service} ended. Its last words are in {replica.log}.")
            return all(replica.ready() for replica in self.replicas) and all(
                any(r.leading() for r in self.of(service)) for service in self.services
            )

        wait_until(all_ready, "every service being ready", seconds=seconds)

    def start_again(self) -> list[str]:
        """Start every replica that ended by itself; returns which services."""
        ended = [replica for replica in self.replicas if not replica.running]
        for replica in ended:
            replica.start()
        return [replica.service for replica in ended]

    def stop(self, postgres: signal.Signals = signal.SIGINT) -> None:
        """Stop services first, then the servers, in reverse; `postgres` is how its server is told."""
        for replica in self.replicas:
            if replica.running:
                with contextlib.suppress(ProcessLookupError):
                    replica.send(signal.SIGTERM)
        for replica in self.replicas:
            replica.stop()
        if self.nats is not None:
            self.nats.stop()
        if self.postgres is not None:
            self.postgres.stop(postgres)


@contextlib.contextmanager
def servers_for(region: Region, *, nats: bool = False) -> Iterator[None]:
    """The region's database server (and NATS), for the block: started where it is ours and rests."""
    if region.embedded is None:
        yield
        return
    password = region.postgres_password("admin") or ""
    wanted: list[tuple[int, Postgres | Nats]] = [
        (region.postgres.port, Postgres(region.embedded.folder, region.postgres.port, password))
    ]
    if nats:
        wanted.append((region.nats.port, Nats(region.embedded.folder, region)))
    with contextlib.ExitStack() as stack:
        for port, server in wanted:
            if not answers(port):
                server.start()
                stack.callback(server.stop)
        yield


@contextlib.contextmanager
def running(config: Path, say: Callable[[str], None] = lambda _: None) -> Iterator[RunningRegion]:
    """A region that runs inside the `with` block. The caller holds its folder (`holding.hold`)."""
    region = RunningRegion(config)
    try:
        region.start(say)
        yield region
    finally:
        region.stop()
