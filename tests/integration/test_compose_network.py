"""Two regions and a hub in containers: help that crosses, a cut in the middle of it, and what heals."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.kernel.errors import Misconfigured
from services.kernel.service import new_id
from services.region.new import CONTAINER_USER
from tests.harness import images
from tests.harness.composed import Composed
from tests.harness.town import in_days
from tests.test_deploy import DEPLOY, compose_program

pytestmark = [pytest.mark.long, pytest.mark.containers, pytest.mark.timeout(1500)]
NETWORK = "wederdienst-proef-hub"


class HubComposed:
    """deploy/hub.yaml, reached as `hub` on the network between the regions."""

    def __init__(self, folder: Path, tags: dict[str, str], program: list[str]) -> None:
        folder.mkdir()
        over = folder.with_name("hub.json")
        over.write_text(
            json.dumps(
                {
                    "services": {
                        "hub": {"image": tags["nats"], "networks": [NETWORK]},
                        "registrar": {"networks": [NETWORK]},
                    },
                    "networks": {NETWORK: {"external": True}},
                }
            )
        )
        owner = CONTAINER_USER if os.getuid() == 0 else (os.getuid(), os.getgid())
        os.chown(folder, *owner)
        images.engine().containers.run(
            tags["wederdienst"],
            ["network", "init", "--folder", "/hub", "--host", "hub", "--beside"],
            user="{}:{}".format(*owner),
            volumes={str(folder): {"bind": "/hub"}},
            remove=True,
        )
        self._environment = {
            **os.environ,
            "WD_HUB": str(folder),
            "WD_VERSION": tags["wederdienst"].rpartition(":")[2],
            "WD_USER": "{}:{}".format(*owner),
        }
        self._command = [
            *program,
            *("--project-name", NETWORK, "--file", str(DEPLOY / "hub.yaml"), "--file", str(over)),
        ]

    def compose(self, *arguments: str) -> str:
        ran = subprocess.run(
            [*self._command, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert ran.returncode == 0, f"{arguments}: {ran.stdout[-2000:]} {ran.stderr[-2000:]}"
        return ran.stdout

    def told(self, *words: str) -> str:
        """What `wederdienst network …` says beside the server."""
        return self.compose("run", "--rm", "-T", "registrar", "network", *words, "--folder", "/hub")


class Side:
    """One region, as its coordinator uses it."""

    def __init__(self, region: Composed) -> None:
        self.region = region
        self.web = region.web

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.web.post(path, json=body or {}, headers={"Idempotency-Key": str(new_id())})
        assert answer.status_code < 300, f"{path}: {answer.text}"
        return answer.json() if answer.content else None

    def read(self, path: str) -> Any:
        answer = self.web.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()

    def neighbour(self, name: str, capacity: int) -> str:
        person = {"name": name, "street": f"{name}straat", "house_number": "1", "pc4": "3511"}
        made = self.post("/v1/members", {**person, "capacity_minutes_week": capacity})["id"]
        self.post(f"/v1/members/{made}/approvals")
        until(lambda: self.web.get(f"/v1/accounts/{made}").status_code == 200, f"{name} having an account")
        return str(made)

    def work(self, kind: str) -> str:
        def waiting() -> list[dict[str, Any]]:
            return list(self.read(f"/v1/work-items?kind={kind}&limit=200")["items"])

        until(lambda: bool(waiting()), f"{kind} on the list of {self.region.token}")
        return str(waiting()[-1]["entity_id"])

    def until_loan(self, loan_id: str, status: str) -> None:
        until(
            lambda: self.read(f"/v1/loans/{loan_id}")["status"] == status,
            f"a loan {status} in {self.region.token}",
        )

    def sees_the_other(self) -> bool:
        return any(peer["up"] for peer in self.read("/v1/peers")["peers"])

    def position(self) -> dict[str, Any]:
        found = self.read("/v1/positions")["positions"]
        return dict(found[0]) if found else {"cap_minutes": 0, "position_minutes": 0}


def until(condition: Callable[[], bool], what: str, seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    program = compose_program()
    if program is None:
        pytest.skip("there is no docker compose here")
    try:
        tags = images.of_the_region()
    except Misconfigured as reason:
        pytest.skip(str(reason))
    folder = tmp_path_factory.mktemp("network")
    between = images.engine().networks.create(NETWORK)
    hub = HubComposed(folder / "hub", tags, program)
    regions = [
        Composed(folder / token, tags, program, token=token, network=NETWORK) for token in ("oost", "west")
    ]
    try:
        hub.compose("up", "--detach")
        for region in regions:
            word = hub.told("invite", region.token).split()[-1]
            where = str(region.folder)
            region.compose("up", "--detach", "postgres", "nats", "migrate")
            region.compose(
                *("run", "--rm", "-T", "--volume", f"{where}:{where}", "operator"),
                *("network", "join", word, "--config", f"{where}/region.toml"),
            )
            region.running.append("link")
            region.compose("--profile", "network", "up", "--detach", *region.running)
        for region in regions:
            region.until_healthy()
        yield Side(regions[0]), Side(regions[1])
    finally:
        for region in regions:
            region.compose("--profile", "network", "down", "--volumes")
        hub.compose("down", "--volumes")
        between.remove()


def test_help_crosses_a_cut_in_the_middle_of_it_and_both_sides_agree(sides: tuple[Side, Side]) -> None:
    oost, west = sides
    for side in sides:
        until(side.sees_the_other, "the other being up")
    proposal = oost.post("/v1/clearing-caps", {"peer": "west", "minutes": 600})["id"]
    assert west.work("cap_proposed")
    west.post(f"/v1/clearing-caps/{proposal}/answers", {"peer": "oost", "agree": True})
    until(lambda: oost.position()["cap_minutes"] == 600, "the cap")

    hanna, bert = oost.neighbour("Hanna", 0), west.neighbour("Bert", 120)
    said = {"member_id": bert, "category": "gardening", "text": "Ik help graag even mee."}
    offer = west.post("/v1/offers", said)["id"]
    asked = {**said, "member_id": hanna, "minutes": 60, "wanted_at": in_days(3), "consent": "phone"}
    request = oost.post("/v1/help-requests", asked)["id"]
    oost.post(f"/v1/help-requests/{request}/appeals", {"peers": ["west"]})
    there = west.work("help_asked")
    west.post(f"/v1/loans/{there}/proposals", {"offer_id": offer})
    here = oost.work("helper_offered")
    oost.post(f"/v1/loans/{here}/choices")
    for side, loan in ((oost, here), (west, there)):
        side.until_loan(loan, "wanted")
    oost.post(f"/v1/loans/{here}/agreements", {"member_id": hanna})
    west.post(f"/v1/loans/{there}/agreements", {"member_id": bert})
    for side, loan in ((oost, here), (west, there)):
        side.until_loan(loan, "confirmed")

    # Cut: each side goes on by itself, and what is for the other waits.
    between = images.engine().networks.get(NETWORK)
    link = oost.region.container("link")
    between.disconnect(link)
    oost.post(f"/v1/loans/{here}/minutes", {"member_id": hanna, "minutes": 45})
    west.post(f"/v1/loans/{there}/minutes", {"member_id": bert, "minutes": 45})
    assert oost.neighbour("Ina", 60)
    assert oost.read(f"/v1/loans/{here}")["status"] == "confirmed"
    assert west.read(f"/v1/accounts/{bert}")["balance_minutes"] == 0

    between.connect(link)
    for side, loan in ((oost, here), (west, there)):
        side.until_loan(loan, "completed")
    until(lambda: west.read(f"/v1/accounts/{bert}")["balance_minutes"] == 45, "Bert having his hours")
    assert oost.read(f"/v1/accounts/{hanna}")["balance_minutes"] == -45
    assert (oost.position()["position_minutes"], west.position()["position_minutes"]) == (45, -45)
    for side in sides:
        verified(side.region)


def test_a_region_put_back_beside_a_peer_that_is_ahead(sides: tuple[Side, Side], tmp_path: Path) -> None:
    oost, west = sides
    backups = oost.region.folder / "state/region"
    told = oost.region.compose(
        "run", "--rm", "-T", "operator", "backup", "--to", "/var/lib/wederdienst", "--json"
    )
    folder = json.loads(told.splitlines()[-1])["folder"]
    assert (backups / Path(folder).name).is_dir()
    before = oost.position()["position_minutes"]
    proposal = oost.post("/v1/clearing-caps", {"peer": "west", "minutes": 900})["id"]
    assert west.work("cap_proposed")
    west.post(f"/v1/clearing-caps/{proposal}/answers", {"peer": "oost", "agree": True})
    until(lambda: oost.position()["cap_minutes"] == 900, "the new cap")

    oost.region.compose("--profile", "network", "stop", *oost.region.running)
    told = oost.region.compose("run", "--rm", "-T", "operator", "restore", "--from", folder)
    assert "events taken back" in told
    oost.region.compose("--profile", "network", "up", "--detach", *oost.region.running)
    oost.region.until_healthy()
    again = Side(oost.region)
    until(lambda: again.position()["cap_minutes"] == 900, "what was agreed after the backup being back")
    assert again.position()["position_minutes"] == before == -west.position()["position_minutes"]
    for side in sides:
        verified(side.region)


def verified(region: Composed) -> None:
    told = region.compose("run", "--rm", "-T", "operator", "verify", "--json", "--drain-seconds", "60")
    report = json.loads(told.splitlines()[-1])
    # Nobody carries e-mail here.
    wrong = [
        check
        for check in report["checks"]
        if not check["ok"] and not all("messages to send" in each for each in check["wrong"])
    ]
    assert not wrong
