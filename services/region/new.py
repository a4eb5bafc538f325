"""`wederdienst region new`: a region's whole configuration in a folder, checked, with fresh keys.

    region.toml ca.pem                   for every service
    secrets/                             a file for each service, and operator.toml for who looks after all
    nats/  (or nats-1/ nats-2/ nats-3/)  nats.conf and certificate, for each NATS server
    postgres/                            certificate, pg_hba.conf, roles.sql, for each PostgreSQL server
    authority/                           signs those certificates; no server needs it
    compose.env mail.env mail-password targets/   for deploy/compose.yaml
    state/                               the list of erasures, and what NATS holds, there

Whoever has the folder has the region. Nothing that is there is ever overwritten.
"""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contracts.catalogue import SERVICES
from contracts.envelope import NOBODY
from services.kernel.errors import Misconfigured
from services.kernel.settings import Region, load
from services.region.certificates import Signed, authority, server
from services.region.configure import key_hash, new_secret, toml_table
from services.region.databases import roles_sql
from services.region.servers import Node, nats_config

STATE = Path("/var/lib/wederdienst")
NATS_FOLDER = Path("/etc/nats")
NATS_STORE = Path("/data/jetstream")
PROBE_PORT = 9464
FIRST_KEYS = {"coordinator-1": "coordinator", "operator-1": "operator"}


@dataclass(frozen=True)
class Wishes:
    """What has to be known to begin. Servers are `host:port`; names in compose.yaml are the default."""

    token: str
    name: str
    centre: str
    domain: str
    sender: str
    phone: str = ""
    mail: str = "mail:587"
    organisation: str = NOBODY
    postgres: tuple[str, ...] = ("postgres:5432",)
    nats: tuple[str, ...] = ("nats:4222",)


def write(folder: Path, wishes: Wishes) -> dict[str, str]:
    """Write the configuration into `folder`; returns the first people's keys, which are kept nowhere.

    Raises Misconfigured when the folder holds something already, or a wish is not right.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Misconfigured(f"{folder} is not empty. Nothing is overwritten: give another folder.")
    if len(wishes.nats) not in (1, 3):
        raise Misconfigured("NATS runs on one server or on three: with two, one that fails stops both.")
    part = folder.with_name(f"{folder.name}.part")
    if part.exists():
        raise Misconfigured(f"{part} was left by a run that did not come to its end. Remove it, then again.")
    part.mkdir(parents=True, mode=0o700)
    try:
        keys = {name: new_secret() for name in FIRST_KEYS}
        _write_region(part, wishes, keys)
        region = load(part / "region.toml")
        (part / "authority").mkdir(mode=0o700)
        authority(wishes.name).write(part / "authority/ca.pem", part / "authority/ca.key")
        write_certificates(part, region)
        write_nats(part, region)
        _write_postgres(part, region)
        _write_compose(part, folder, wishes, region)
        _give_away(part)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part)
        raise
    return keys


def write_certificates(folder: Path, region: Region) -> list[Path]:
    """New certificates for every server of the region, signed by its authority; returns where they are.

    Raises Misconfigured where the authority's key is not in `folder`.
    """
    try:
        signs = Signed.read(folder / "authority/ca.pem", folder / "authority/ca.key")
    except (OSError, ValueError) as missing:
        raise Misconfigured(f"The authority of this region cannot be read: {missing}.") from None
    written = []
    places = {"postgres": [host for host, _ in region.postgres.addresses]}
    hosts = [host for host, _ in region.nats.addresses]
    places |= {place: [host] for place, host in zip(_nats_places(hosts), hosts, strict=True)}
    shutil.copy(folder / "authority/ca.pem", folder / "ca.pem")
    for place, names in places.items():
        there = folder / place
        there.mkdir(exist_ok=True, mode=0o700)
        server(signs, names).write(there / "server.pem", there / "server.key")
        shutil.copy(folder / "authority/ca.pem", there / "ca.pem")
        written.append(there / "server.pem")
    return written


def _nats_places(hosts: Sequence[str]) -> list[str]:
    return ["nats"] if len(hosts) == 1 else [f"nats-{n}" for n in range(1, len(hosts) + 1)]


def _write_region(folder: Path, wishes: Wishes, keys: dict[str, str]) -> None:
    _write_secrets(folder / "secrets")
    cluster = {"others": list(wishes.nats[1:]), "copies": 3} if len(wishes.nats) > 1 else {}
    standbys = {"standbys": list(wishes.postgres[1:])} if len(wishes.postgres) > 1 else {}
    tls = {"tls": "verify-full", "ca": "ca.pem"}
    region: dict[str, Any] = {
        "region": wishes.token,
        "name": wishes.name,
        "organisation": wishes.organisation,
        "centre": wishes.centre,
        "phone": wishes.phone,
        "erasures": str(STATE / "erasures.txt"),
        "probe_host": "0.0.0.0",  # noqa: S104 - its own container or a firewall is around it
        "probe_port": PROBE_PORT,
    }
    tables = [
        toml_table(region),
        "[postgres]\n" + toml_table({**_address(wishes.postgres[0]), **standbys, **tls}),
        "[nats]\n" + toml_table({**_address(wishes.nats[0]), **cluster, **tls}),
        "[mail]\n" + toml_table({**_address(wishes.mail), "sender": wishes.sender}),
        "[web]\n" + toml_table({"host": "0.0.0.0", "port": 8080}),  # noqa: S104 - behind the proxy
    ]
    for name, role in FIRST_KEYS.items():
        tables.append("[[keys]]\n" + toml_table({"id": name, "role": role, "sha256": key_hash(keys[name])}))
    (folder / "region.toml").write_text("\n".join(tables))


def _write_secrets(folder: Path) -> None:
    """Fresh ones. A service is given its own file and no other: then that is all it can give away."""
    folder.mkdir(mode=0o700)
    for name in (*SERVICES, "operator"):
        users, roles = (("operator", "cluster"), ("admin",)) if name == "operator" else ((name,), (name,))
        tables = ["[nats]\n" + _fresh(*users), "[postgres]\n" + _fresh(*roles)]
        if name == "coordinator":
            tables.insert(0, _fresh("web"))
        _write_secret(folder / f"{name}.toml", "\n".join(tables))


def _fresh(*names: str) -> str:
    return toml_table({name: new_secret() for name in names})


def _write_secret(file: Path, text: str) -> None:
    """Readable by its owner only, from before it holds anything."""
    file.touch(mode=0o600)
    file.write_text(text)


def _address(server: str) -> dict[str, Any]:
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit():
        raise Misconfigured(f"{server!r} is not a server: write it as host:port.")
    return {"host": host, "port": int(port)}


def write_nats(folder: Path, region: Region) -> list[Path]:
    """Who may publish and hear what, for every NATS server of the region; returns where it was written.

    Raises Misconfigured where a user has no password in the secrets.
    """
    written = []
    hosts = [host for host, _ in region.nats.addresses]
    for place, host in zip(_nats_places(hosts), hosts, strict=True):
        others = tuple(f"{other}:6222" for other in hosts if other != host)
        config = folder / place / "nats.conf"
        _write_secret(config, nats_config(region, NATS_STORE, Node(host, NATS_FOLDER, routes=others)))
        written.append(config)
    return written


CONTAINER_USER = (10001, 10001)
"""As in deploy/Dockerfile."""

MAIL_ENV = """\
# For compose's profile `mail`: the provider that takes our messages, as it told you.
# Its password goes into the file mail-password beside this one.
ALLOWED_SENDER_DOMAINS={domain}
RELAYHOST=
RELAYHOST_USERNAME=
"""

PG_HBA = """\
# Over the network only with TLS and a password; each role comes into its own database (roles.sql).
local   all          all                 scram-sha-256
hostssl all          all          all    scram-sha-256
hostssl replication  replication  all    scram-sha-256
"""


def _write_postgres(folder: Path, region: Region) -> None:
    for name, text in (
        ("roles.sql", roles_sql(region)),
        ("admin-password", region.postgres_password("admin") or ""),
    ):
        _write_secret(folder / "postgres" / name, text)
    (folder / "postgres/pg_hba.conf").write_text(PG_HBA)


def _write_compose(part: Path, folder: Path, wishes: Wishes, region: Region) -> None:
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+|localhost", wishes.domain):
        raise Misconfigured(f"{wishes.domain!r} is not a host name: write it as hulp.voorbeeld.nl.")
    owner, group = _owner()
    values = {
        "COMPOSE_PROJECT_NAME": f"wederdienst-{wishes.token}",
        "WD_REGION": wishes.token,
        "WD_FOLDER": str(folder.resolve()),
        "WD_DOMAIN": wishes.domain,
        "WD_VERSION": version("wederdienst"),
        # Services run as whoever owns the secrets, and never as root.
        "WD_USER": f"{owner}:{group}",
    }
    (part / "compose.env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    for name, text in (
        ("grafana-password", new_secret()),
        ("mail-password", ""),
        ("mail.env", MAIL_ENV.format(domain=wishes.sender.rpartition("@")[2])),
    ):
        _write_secret(part / name, text)
    for place in ("state/region", "state/nats", "targets"):
        (part / place).mkdir(parents=True, mode=0o700 if place.startswith("state") else 0o755)
    (part / "targets/region.yaml").write_text(
        "".join(
            f"- targets: [{service}:{PROBE_PORT}]\n  labels: {{region: {wishes.token}, service: {service}}}\n"
            # The link runs where there is a network; who joins one adds its line (docs/network.md).
            for service in region.services
        )
    )


def _owner() -> tuple[int, int]:
    return CONTAINER_USER if os.getuid() == 0 else (os.getuid(), os.getgid())


def _give_away(folder: Path) -> None:
    """What root writes is for the services' own user."""
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, *CONTAINER_USER)
