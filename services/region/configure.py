"""Writes a new region's configuration: free ports, fresh secrets, keys for people."""

import hashlib
import secrets
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts import subjects
from contracts.catalogue import SERVICES
from services.region.servers import free_port


def new_secret() -> str:
    return secrets.token_urlsafe(24)


def key_hash(key: str) -> str:
    """What the configuration keeps of a bearer key."""
    return hashlib.sha256(key.encode()).hexdigest()


def write_region(
    folder: Path,
    *,
    region: str,
    name: str,
    centre: str,
    keys: list[dict[str, Any]],
    teams: Sequence[dict[str, Any]] = (),
    phone: str = "",
    mail_port: int = 25,
    web_port: int | None = None,
    replicas: int = 1,
    lease_seconds: float = 1.5,
    embedded: bool = True,
) -> Path:
    """Write `region.toml` and `secrets.toml` into `folder`; returns the path of the first.

    Secrets that exist are kept, because the databases in `folder` know them. `keys` have
    id, role, sha256 and perhaps member_id, team, label and areas; `teams` have id and label.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known: dict[str, Any] = {}
    secret_file = folder / "secrets.toml"
    if secret_file.exists():
        known = tomllib.loads(secret_file.read_text())
    users = (*SERVICES, "operator", *(subjects.team_user(team["id"]) for team in teams))
    nats = {user: known.get("nats", {}).get(user) or new_secret() for user in users}
    postgres = {role: known.get("postgres", {}).get(role) or new_secret() for role in (*SERVICES, "admin")}
    secret_file.touch(mode=0o600)
    secret_file.write_text(
        f"web = {_quoted(known.get('web') or new_secret())}\n\n[nats]\n"
        + toml_table(nats)
        + "\n[postgres]\n"
        + toml_table(postgres)
    )
    tables = [
        toml_table(
            {
                "region": region,
                "name": name,
                "centre": centre,
                **({"phone": phone} if phone else {}),
                "replicas": replicas,
                "lease_seconds": lease_seconds,
                "logs": "logs",
            }
        ),
        "[postgres]\n" + toml_table({"port": free_port()}),
        "[nats]\n" + toml_table({"port": free_port()}),
        "[mail]\n" + toml_table({"port": mail_port, "sender": f"wederdienst@{region}.example"}),
        "[web]\n" + toml_table({"port": web_port if web_port is not None else free_port()}),
    ]
    # Everything is on this machine: receivers to try webhooks with are too.
    tables.append("[webhooks]\n" + toml_table({"private_networks": ["127.0.0.0/8"]}))
    if embedded:
        tables.append("[embedded]\n" + toml_table({"folder": "servers"}))
    tables += ["[[teams]]\n" + toml_table(team) for team in teams]
    tables += ["[[keys]]\n" + toml_table(key) for key in keys]
    config = folder / "region.toml"
    if config.exists() and (network := tomllib.loads(config.read_text()).get("network")):
        # Joined once is joined: the hub knows the keys that lie here.
        tables.append("[network]\n" + toml_table(network))
    config.write_text("\n".join(tables))
    return config


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def toml_table(values: dict[str, Any]) -> str:
    """These names and values, as TOML writes them."""
    return "".join(f"{name} = {_written(value)}\n" for name, value in values.items())


def _written(value: Any) -> str:
    """A text, number or list of these, as TOML writes it."""
    if isinstance(value, list):
        return f"[{', '.join(_written(each) for each in value)}]"
    return _quoted(value) if isinstance(value, str) else str(value)
