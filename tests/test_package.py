"""What is released holds what it needs: the wheel is built, unpacked elsewhere, and runs from there."""

import asyncio
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import httpx
import pytest
import yaml

from tests.harness import releases
from tests.harness.checker import assert_all_holds
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.regions import real_region

PROJECT = Path(__file__).parent.parent
NOT_CODE = (
    "*.sql",
    "*.html",
    "*.css",
    "*.js",
    "*.csv",
    "*.svg",
    "*.woff2",
    "*.txt",
    "*.po",
    "*.json",
    "*.toml",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of this checkout, and the wheel unpacked in `unpacked`."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        timeout=100,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder


def test_the_wheel_holds_every_file_that_the_code_reads(built: Path) -> None:
    wanted = {
        file.relative_to(PROJECT).as_posix()
        for part in ("contracts", "services")
        for pattern in ("*.py", *NOT_CODE)
        for file in (PROJECT / part).rglob(pattern)
    }
    there = {
        file.relative_to(built / "unpacked").as_posix()
        for file in (built / "unpacked").rglob("*")
        if file.is_file()
    }
    assert "services/kernel/sql/001_log.sql" in wanted
    assert "services/kernel/data/nl-pc4.csv" in wanted
    assert wanted - there == set()
    # And nothing of the tests, which would be `tests` for everyone who installs it.
    assert {name.partition("/")[0] for name in there if "dist-info" not in name} == {"contracts", "services"}


def test_everything_that_names_the_release_names_the_same_one() -> None:
    released = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    public = yaml.safe_load((PROJECT / "publiccode.yml").read_text())
    assert public["softwareVersion"] == released
    headings = re.findall(r"^## (.+)$", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert f"{released} ({public['releaseDate']})" in headings[:2]
    assert set(headings[:1]) <= {"Unreleased", f"{released} ({public['releaseDate']})"}
    # What it leaves behind is kept, and the code that left it can be found.
    assert releases.kept()[-1].name == released
    assert re.fullmatch(r"[0-9a-f]{40}\n?", (releases.kept()[-1] / releases.COMMIT).read_text())


def test_the_sdist_is_the_whole_project(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for file in (
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "uv.lock",
        "deploy/Dockerfile",
        "tests/test_package.py",
    ):
        assert file in names
    assert not [name for name in names if name.startswith((".venv", ".wederdienst", ".tools"))]


def run(built: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command out of the wheel, from a folder where there is no checkout."""
    return subprocess.run(
        [sys.executable, "-m", "services.region.cli", *arguments],
        cwd=built,
        env={"PYTHONPATH": str(built / "unpacked"), "PATH": "/usr/bin:/bin", "HOME": str(built)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_out_of_the_wheel_explains_itself_and_writes_a_region(built: Path) -> None:
    told = run(built, "--help")
    assert told.returncode == 0, told.stderr
    assert all(name in told.stdout for name in ("serve", "backup", "verify", "park"))
    answers = ("--name", "Utrecht", "--token", "utrecht", "--centre", "3511")
    others = ("--domain", "hulp.voorbeeld.nl", "--sender", "hulp@voorbeeld.nl")
    done = run(built, "region", "new", "utrecht", *answers, *others)
    assert done.returncode == 0, done.stderr
    assert (built / "utrecht/region.toml").exists()


@pytest.mark.long
async def test_a_region_runs_out_of_the_wheel(built: Path, tmp_path: Path) -> None:
    async with real_region(tmp_path) as (region, _):
        for replica in region.replicas:
            await asyncio.to_thread(replica.stop)
            replica.code = built / "unpacked"
            replica.start()
        await asyncio.to_thread(region.wait_ready)
        web = region.region.web
        async with httpx.AsyncClient(base_url=f"http://{web.host}:{web.port}", timeout=10) as client:
            for path in ("/", "/v1/openapi.json"):
                assert (await client.get(path, follow_redirects=True)).status_code == 200, path
        async with Neighbourhood(region.region, seed=1) as place:
            await place.settle_in(4)
        await assert_all_holds(region.region, place.answered, folder=tmp_path)
