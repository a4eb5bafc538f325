"""Regions that compose runs, out of deploy/compose.yaml, with images made on this machine."""

import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from contracts.catalogue import SERVICES
from services.region import new
from tests.harness import images
from tests.test_deploy import DEPLOY

# The link is there for who takes part in a network.
RUNNING = tuple(name for name in SERVICES if name != "link")


class Composed:
    """A region that compose runs. `network`: one that its link and its operator are on too."""

    def __init__(
        self,
        folder: Path,
        tags: dict[str, str],
        program: Sequence[str],
        *,
        token: str,
        network: str | None = None,
    ) -> None:
        self.folder = folder
        self.token = token
        self.project = f"wederdienst-{token}"
        self.running = list(RUNNING)
        self.keys = new.write(
            folder,
            new.Wishes(
                token=token,
                name=token.title(),
                centre="3511",
                domain="localhost",
                sender=f"{token}@voorbeeld.nl",
            ),
        )
        over = folder / "override.json"
        changed: dict[str, Any] = {"services": {name: {"image": tags[name]} for name in ("postgres", "nats")}}
        if network is not None:
            changed["services"] |= {name: {"networks": [network]} for name in ("link", "operator")}
            changed["networks"] = {network: {"external": True}}
        over.write_text(json.dumps(changed))
        self._command = [
            *program,
            *("--env-file", str(folder / "compose.env")),
            *("--file", str(DEPLOY / "compose.yaml"), "--file", str(over)),
        ]

    def compose(self, *arguments: str) -> str:
        ran = subprocess.run(
            [*self._command, *arguments], capture_output=True, text=True, check=False, timeout=300
        )
        assert ran.returncode == 0, f"{arguments}: {ran.stdout[-2000:]} {ran.stderr[-2000:]}"
        return ran.stdout

    def container(self, service: str) -> Any:
        (found,) = images.engine().containers.list(
            filters={
                "label": [
                    f"com.docker.compose.project={self.project}",
                    f"com.docker.compose.service={service}",
                ]
            }
        )
        return found

    def until_healthy(self, seconds: float = 120.0) -> None:
        until = time.monotonic() + seconds
        while True:
            states = {name: self.container(name).attrs["State"]["Health"]["Status"] for name in self.running}
            if set(states.values()) == {"healthy"}:
                return
            assert time.monotonic() < until, f"{states}: {self.compose('logs', '--tail=5')}"
            time.sleep(0.5)

    @property
    def web(self) -> httpx.Client:
        networks = self.container("coordinator").attrs["NetworkSettings"]["Networks"]
        address = networks[f"{self.project}_outside"]["IPAddress"]
        return httpx.Client(
            base_url=f"http://{address}:8080",
            headers={"Authorization": f"Bearer {self.keys['coordinator-1']}"},
            timeout=20,
        )
