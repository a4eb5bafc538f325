"""A hub's folder. What stands in it: its keys, who takes part, who is invited. No letter ever does.

hub.toml         where it listens; whether its NATS server is ours, or one of a cluster (`beside = true`)
hub-keys.json    the hub's own keys (kept secret)
directory.json   regions with their public keys, and a serial number
invites.json     open invitations: public keys only, each good for one joining
refused.json     how many messages to the hub were refused, by who said to speak and why
nats.conf        made from these: each region speaks as itself and hears what is for it. Beside a cluster
                 only who may what, for its servers to include
"""

import base64
import fcntl
import json
import os
import signal
import ssl
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts import subjects
from contracts.link import Neighbour
from contracts.network import HUB, Directory
from contracts.subjects import region_token
from services.kernel.errors import Misconfigured
from services.link.keys import Keys, is_signed, new_user_seed, user_key
from services.region.servers import free_port

INVITED_FOR = timedelta(days=7)
_MARK = "wederdienst-"


@dataclass(frozen=True)
class Invitation:
    """What a region needs to join, once. Whoever has it can join in the region's place: send it safely."""

    hub: str
    region: str
    seed: str
    signing_key: str
    sealing_key: str

    def text(self) -> str:
        """As one word, to copy."""
        return _MARK + base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")

    @staticmethod
    def of(text: str) -> "Invitation":
        """Raises Misconfigured when it is not whole."""
        coded = text.strip().removeprefix(_MARK)
        try:
            return Invitation(**json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))))
        except (ValueError, TypeError):
            raise Misconfigured(
                "This invitation is not whole. Copy all of it, from wederdienst-… to the end."
            ) from None


class Hub:
    """The folder of one hub. Several processes may change it: one at a time."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._clock = clock

    @staticmethod
    def init(
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        beside: bool = False,
        ca: Path | None = None,
    ) -> "Hub":
        """A new hub in an empty folder. One that is there stays as it is.

        `beside`: its NATS servers run by themselves, and one of them answers at `host` and `port`. `ca`: with
        TLS, signed by the authority in this file.
        """
        if ca is not None and not beside:
            raise Misconfigured("The hub's own server is for trying, and speaks no TLS. Give --beside too.")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        hub = Hub(folder)
        if not hub.configuration.exists():
            Keys.new().save(folder / "hub-keys.json")
            hub._write("directory.json", {"serial": 1, "regions": []})
            hub._write("invites.json", {})
            said = f'host = "{host}"\nport = {port or free_port()}\n'
            said += "beside = true\n" if beside else ""
            hub.configuration.write_text(said + (f'ca = "{ca.resolve()}"\n' if ca is not None else ""))
        hub.write_nats_config()
        return hub

    @property
    def configuration(self) -> Path:
        return self.folder / "hub.toml"

    @property
    def settings(self) -> dict[str, Any]:
        """What stands in `hub.toml`. Raises Misconfigured where there is no hub."""
        try:
            return tomllib.loads(self.configuration.read_text())
        except OSError:
            raise Misconfigured(
                f"There is no hub in {self.folder}. Make one with: wederdienst network init --folder …"
            ) from None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port. Raises Misconfigured where there is no hub."""
        said = self.settings
        return said["host"], said["port"]

    @property
    def beside(self) -> bool:
        """Whether others run its NATS servers."""
        return bool(self.settings.get("beside", False))

    def ssl_context(self) -> ssl.SSLContext | None:
        """Which certificates are believed; None without TLS. Raises OSError where `ca` cannot be read."""
        ca = self.settings.get("ca")
        return ssl.create_default_context(cafile=ca) if ca is not None else None

    @property
    def keys(self) -> Keys:
        return Keys.load(self.folder / "hub-keys.json")

    @property
    def nats_config(self) -> Path:
        return self.folder / "nats.conf"

    # ---- who takes part

    def directory(self) -> Directory:
        """The list as regions get it."""
        said = self._read("directory.json")
        return Directory(serial=said["serial"], regions=tuple(Neighbour(**one) for one in said["regions"]))

    def admit(self, region: Neighbour, user: str, *, asked: bytes, signature: str) -> Directory:
        """Put a region that was invited on the list, with its keys; its invitation is used up.

        `signature`: of what it `asked`, by the invitation's seed. Raises PermissionError when it was not
        invited, or too long ago, or is not who was.
        """
        with self._changing():
            invites = self._read("invites.json")
            invite = invites.pop(region.region, None)
            if invite is None or not self._is_open(invite):
                raise PermissionError(region.region)
            if not is_signed(invite["user_key"], asked, signature):
                raise PermissionError(region.region)
            self._write("invites.json", invites)
            self._put(region.model_dump() | {"user_key": user})
        return self.directory()

    def dismiss(self, region: str) -> Directory:
        """Take a region off the list; it may be invited again."""
        with self._changing():
            (known,) = (one for one in self._read("directory.json")["regions"] if one["region"] == region)
            self._put(known | {"left": True})
        return self.directory()

    def invite(self, region: str, *, valid: timedelta = INVITED_FOR) -> Invitation:
        """An invitation for one region, good for one joining. Raises Misconfigured for an impossible name."""
        try:
            region_token(region)
        except ValueError as wrong:
            raise Misconfigured(str(wrong)) from None
        if region == HUB:
            raise Misconfigured(f"{HUB!r} is the name of the hub itself. Choose another name for the region.")
        seed = new_user_seed()
        host, port = self.address
        with self._changing():
            until = self._now() + valid
            invite = {"user_key": user_key(seed), "until": until.isoformat()}
            self._write("invites.json", self._read("invites.json") | {region: invite})
        self.reload()
        keys = self.keys
        return Invitation(f"{host}:{port}", region, seed, keys.signing_key, keys.sealing_key)

    def forget_ended(self) -> bool:
        """Take invitations off the list whose term has passed. Whether there were any."""
        with self._changing():
            invites = self._read("invites.json")
            still = {region: invite for region, invite in invites.items() if self._is_open(invite)}
            self._write("invites.json", still)
            return len(still) < len(invites)

    def count_refused(self, counted: Mapping[tuple[str, str], int]) -> None:
        """Add messages that were refused, by region and reason."""
        with self._changing():
            refused = self.refused()
            for (region, reason), count in counted.items():
                of = refused.setdefault(region, {})
                of[reason] = of.get(reason, 0) + count
            self._write("refused.json", refused)

    def refused(self) -> dict[str, dict[str, int]]:
        """Messages to the hub that were refused so far, by region and reason."""
        try:
            found: dict[str, dict[str, int]] = self._read("refused.json")
        except FileNotFoundError:
            return {}
        return found

    def _is_open(self, invite: dict[str, str]) -> bool:
        return datetime.fromisoformat(invite["until"]) >= self._now()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _put(self, region: dict[str, Any]) -> None:
        """Regions believe a list with a higher serial only. It goes up by the clock (seconds since 1970), so
        also after the folder was put back to an older copy."""
        said = self._read("directory.json")
        others = [one for one in said["regions"] if one["region"] != region["region"]]
        serial = max(said["serial"] + 1, int(self._clock()))
        self._write("directory.json", {"serial": serial, "regions": [*others, region]})

    # ---- the server's configuration

    def write_nats_config(self) -> None:
        """One user for the hub, one for each region, one for each open invitation. Allow lists only."""
        with self._changing():
            self._replace(self.nats_config, self._server() + self._users())

    def _server(self) -> str:
        if self.beside:
            return ""
        host, port = self.address
        return (
            f'listen: "{host}:{port}"\nserver_name: "{HUB}"\nmax_payload: 1MB\nping_interval: "5s"\n'
            f'pid_file: "{self.folder / "nats.pid"}"\n'
        )

    def _users(self) -> str:
        users = [_user(self.keys.user_key, subjects.region_on_hub(HUB))]
        users += [
            _user(one["user_key"], subjects.region_on_hub(one["region"]))
            for one in self._read("directory.json")["regions"]
            if not one["left"]
        ]
        users += [
            _user(invite["user_key"], subjects.guest_on_hub(region, HUB))
            for region, invite in self._read("invites.json").items()
            if self._is_open(invite)
        ]
        return "authorization {\n  users = [\n" + "".join(users) + "  ]\n}\n"

    def reload(self) -> None:
        """Have the server take over what changed, where it runs on this machine (and writes `nats.pid`)."""
        self.write_nats_config()
        with suppress(OSError, ValueError):
            os.kill(int((self.folder / "nats.pid").read_text()), signal.SIGHUP)

    # ---- files

    def _read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())

    def _write(self, name: str, said: Any) -> None:
        self._replace(self.folder / name, json.dumps(said, indent=2) + "\n")

    def _replace(self, path: Path, text: str) -> None:
        """Whole or not at all."""
        new = path.with_name(f".{path.name}.new")
        new.write_text(text)
        new.chmod(0o600)
        new.replace(path)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with (self.folder / "changing").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _user(key: str, may: subjects.Permissions) -> str:
    publish = ", ".join(f'"{subject}"' for subject in may.publish)
    subscribe = ", ".join(f'"{subject}"' for subject in may.subscribe)
    return (
        f'    {{ nkey: "{key}", permissions: {{\n'
        f"      publish: {{ allow: [{publish}] }},\n"
        f"      subscribe: {{ allow: [{subscribe}] }} }} }}\n"
    )
