"""What lies in deploy/ keeps its promises: read here always, built and run where a Docker engine answers."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.catalogue import SERVICES
from services.region.new import CONTAINER_USER, PROBE_PORT
from tests.harness.deployed import written

PROJECT = Path(__file__).parent.parent
DEPLOY = PROJECT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
HUB: dict[str, Any] = yaml.safe_load((DEPLOY / "hub.yaml").read_text())
RUNNING = sorted(COMPOSE["services"])
OURS = sorted(
    name for name, one in COMPOSE["services"].items() if str(one["image"]).startswith("wederdienst:")
)


def test_every_service_of_the_catalogue_runs_in_compose_from_the_one_image() -> None:
    assert set(SERVICES) <= set(OURS)
    for name in SERVICES:
        assert COMPOSE["services"][name]["command"] == ["serve", name]
    assert len({COMPOSE["services"][name]["image"] for name in OURS}) == 1


@pytest.mark.parametrize("name", RUNNING)
def test_every_image_is_named_by_its_version(name: str) -> None:
    image = COMPOSE["services"][name]["image"]
    tag = image.partition(":")[2]
    assert ":" in image
    assert re.match(r"\$\{WD_VERSION|v?\d", tag), image
    assert "latest" not in image


def test_the_image_is_built_from_named_versions_and_of_nothing_but_the_code() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert set(bases) == {"${BASE}"}
    (base,) = re.findall(r"^ARG BASE=(\S+)", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"[\w/.-]+:[\w.-]+", base)
    assert "latest" not in base
    # From the lock and nothing newer; without what is for trying and testing.
    # With what traces need, or `[traces]` in region.toml would stop every service.
    assert DOCKERFILE.count("uv sync --frozen --no-default-groups --extra traces ") == 2
    assert "sbom.json" in DOCKERFILE
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == {
        *("pyproject.toml", "uv.lock", "README.md", "LICENSE", "contracts", "services")
    }


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_is_ready() -> None:
    after_build = DOCKERFILE.rpartition("FROM ")[2]
    assert f"USER {CONTAINER_USER[0]}:{CONTAINER_USER[1]}" in after_build
    assert after_build.index("USER ") > after_build.index("RUN ")
    assert f"127.0.0.1:{PROBE_PORT}/readyz" in after_build.partition("HEALTHCHECK")[2]
    assert 'ENTRYPOINT ["wederdienst"]' in after_build


@pytest.mark.parametrize("name", RUNNING)
def test_a_container_has_a_read_only_root_and_no_powers_it_does_not_need(name: str) -> None:
    one = COMPOSE["services"][name]
    # Postfix writes its configuration where it runs.
    assert one["read_only"] is (name != "mail")
    assert one["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in one["security_opt"]
    assert "privileged" not in one
    if name in (*OURS, "nats"):
        assert one["user"].startswith("${WD_USER")
        assert "cap_add" not in one


def test_a_hub_is_as_bare_and_opens_one_port() -> None:
    assert {name: one.get("ports") for name, one in HUB["services"].items()} == {
        "hub": ["4223:4223"],
        "registrar": None,
    }
    for one in HUB["services"].values():
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
        assert "no-new-privileges:true" in one["security_opt"]
        assert one["user"].startswith("${WD_USER")
        assert re.match(r"wederdienst:\$\{WD_VERSION|nats:\d", one["image"])


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name, one in COMPOSE["services"].items():
        ports = one.get("ports", [])
        if name != "proxy":
            assert all(port.startswith("127.0.0.1:") for port in ports), name
        # Several regions on one engine: each port of the machine can be another.
        assert all(re.match(r"(127\.0\.0\.1:)?\$\{WD_\w+:-\d+\}:\d+", port) for port in ports), name
    for name in ("postgres", "nats", "prometheus"):
        assert COMPOSE["services"][name]["networks"] == ["inside"]


def test_who_asks_while_a_coordinator_restarts_waits_for_it_also_with_a_body() -> None:
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert re.search(r"^\s+lb_try_duration 30s$", caddy, re.MULTILINE)
    assert re.search(r"^\s+request_buffers \d+MB$", caddy, re.MULTILINE)
    assert set(re.findall(r"\{\$(\w+)", caddy)) == set(COMPOSE["services"]["proxy"]["environment"])


def test_secrets_come_by_files_alone(tmp_path: Path) -> None:
    """No password stands in compose.yaml or in the environment of a container."""
    for name, one in COMPOSE["services"].items():
        for key, value in (one.get("environment") or {}).items():
            secret = re.search("PASSWORD|SECRET|TOKEN", key)
            assert not secret or str(value).startswith("/run/secrets/"), f"{name}: {key}"
    config = written(tmp_path / "region", nats=["nats:4222"], postgres=["postgres:5432"])
    named = [secret["file"] for secret in COMPOSE["secrets"].values()]
    mounted = [
        volume.split(":")[0]
        for name, one in COMPOSE["services"].items()
        for volume in one.get("volumes", [])
        # The link's keys come when the region joins a network.
        if "WD_FOLDER" in volume and name != "link"
    ]
    assert "PASSWORD" not in (config.parent / "mail.env").read_text()
    for path in {*named, *mounted, "${WD_FOLDER}/mail.env"}:
        there = re.sub(r"\$\{WD_FOLDER[^}]*\}", str(config.parent), path)
        if "WD_FOLDER" not in there and there.startswith("/"):
            assert Path(there).exists(), f"compose.yaml mounts {path}, which `region new` does not write"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_given_its_own_secrets_and_no_others(name: str) -> None:
    one = COMPOSE["services"][name]
    assert one["secrets"] == [{"source": name, "target": f"/etc/wederdienst/secrets/{name}.toml"}]
    assert COMPOSE["secrets"][name]["file"] == f"${{WD_FOLDER}}/secrets/{name}.toml"
    assert not any("/secrets" in volume or volume.startswith("${WD_FOLDER}:") for volume in one["volumes"])


def test_who_is_given_a_secret_can_read_it() -> None:
    """The files are their owner's alone; PostgreSQL and Postfix begin as root and read theirs."""
    given = {name for name, one in COMPOSE["services"].items() if one.get("secrets")}
    for name in given:
        if name in ("postgres", "mail"):
            assert "DAC_OVERRIDE" in COMPOSE["services"][name]["cap_add"]
        else:
            assert COMPOSE["services"][name]["user"].startswith("${WD_USER"), name


def test_profiles_are_for_who_asks_for_them() -> None:
    profiles = {name: one.get("profiles", []) for name, one in COMPOSE["services"].items()}
    assert profiles["prometheus"] == profiles["grafana"] == ["observability"]
    assert profiles["mail"] == ["mail"]
    assert profiles["operator"] == ["operator"]
    assert not any(profiles[name] for name in ("members", "postgres", "nats", "proxy", "migrate"))


def test_past_one_machine_each_service_is_reached_at_a_private_address_alone(tmp_path: Path) -> None:
    grown: dict[str, Any] = yaml.safe_load((DEPLOY / "grown.yaml").read_text())["services"]
    assert set(grown) == {"nats", *SERVICES}
    ports = [port for one in grown.values() for port in one["ports"]]
    assert all(port.startswith("${WD_PRIVATE") for port in ports)
    opened = [re.sub(r"\$\{[^}]*\}", "", port).split(":")[1] for port in ports]
    assert len(set(opened)) == len(opened)
    asked = {port.rsplit(":", 1)[1] for name in SERVICES for port in grown[name]["ports"]}
    assert asked == {str(PROBE_PORT), "8080"}
    nodes = [f"nats{n}.example:4222" for n in (1, 2, 3)]
    folder = written(tmp_path / "region", nats=nodes, postgres=["db1.example:5432"]).parent
    (mounted,) = grown["nats"]["volumes"]
    for node in "123":
        there = re.sub(r"\$\{WD_NODE[^}]*\}", node, mounted.removesuffix(":/etc/nats:ro"))
        assert Path(there.replace("${WD_FOLDER}", str(folder)), "nats.conf").exists()


def compose_program() -> list[str] | None:
    if (
        shutil.which("docker")
        and not subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    ):
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


@pytest.mark.parametrize("more", [(), ("grown.yaml",)], ids=["one machine", "several"])
def test_compose_itself_finds_it_right(
    tmp_path: Path, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = compose_program()
    if program is None:
        pytest.skip("there is no docker compose here")
    monkeypatch.setenv("WD_PRIVATE", "10.8.0.1")
    monkeypatch.setenv("WD_NODE", "2")
    config = written(tmp_path / "region", nats=["nats:4222"], postgres=["postgres:5432"])
    read = subprocess.run(
        [
            *program,
            *("--env-file", str(config.parent / "compose.env"), "--file", str(DEPLOY / "compose.yaml")),
            *(word for name in more for word in ("--file", str(DEPLOY / name))),
            *("--profile", "mail", "--profile", "observability", "--profile", "operator"),
            *("--profile", "network", "config"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert read.returncode == 0, read.stderr
    found = yaml.safe_load(read.stdout)
    assert set(SERVICES) <= set(found["services"])
    mounts = [str(volume) for volume in found["services"]["nats"]["volumes"] if "/etc/nats" in str(volume)]
    assert len(mounts) == 1
    assert ("nats-2" in mounts[0]) is bool(more)
    assert "WD_" not in re.sub(r"WD_(DOMAIN|COORDINATORS)", "", read.stdout), "a variable was left open"
