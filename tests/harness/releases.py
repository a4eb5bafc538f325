"""Data and code of earlier releases, to upgrade from.

    python -m tests.harness.releases 0.1.0     keeps the data of this release, as a backup

Kept once, as the last commit before a release's tag, and never changed: what it holds must be readable
for ever. `commit` beside the data says which code left it, for a clone that has no tags; `reads.json` what
that code reads of other regions.
"""

import asyncio
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from contracts import network
from contracts.letters import LETTERS
from services.region import backup
from services.region.verify import verify
from tests.harness.neighbourhood import Neighbourhood
from tests.harness.regions import real_region

PROJECT = Path(__file__).parents[2]
KEPT = PROJECT / "tests" / "releases"
COMMIT = "commit"
READS = "reads.json"


def kept() -> list[Path]:
    """The folder of every release whose data was kept, oldest first."""
    found = (file.parent for file in KEPT.glob(f"*/{backup.MANIFEST}"))
    return sorted(found, key=lambda folder: [int(part) for part in folder.name.split(".")])


def reads() -> dict[str, Any]:
    """What this code reads of other regions: letters, up to which version, and messages, with their forms."""
    letters = {
        name: {"version": kind.VERSION, "form": kind.model_json_schema()} for name, kind in LETTERS.items()
    }
    messages = {kind.__name__: kind.model_json_schema() for kind in network.Message.__subclasses__()}
    return {"letters": letters, "messages": messages}


def read_by(release: Path) -> dict[str, Any]:
    """The same of an earlier release."""
    found: dict[str, Any] = json.loads((release / READS).read_text())
    return found


def code_of(release: Path, folder: Path) -> bool:
    """Unpack a release's code into `folder`; False where the history here does not reach so far."""
    for name in (f"v{release.name}", (release / COMMIT).read_text().strip()):
        if _git("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}"):
            packed = subprocess.run(
                ["git", "archive", name, "contracts", "services"],
                cwd=PROJECT,
                capture_output=True,
                check=True,
            )
            with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
                tar.extractall(folder, filter="data")
            return True
    return False


def as_it_was(config: Path, code: Path) -> Path:
    """The configuration as the earlier release knows it: without tables that came later."""
    tell = "from services.kernel.settings import Region; print(*Region.model_fields)"
    known = subprocess.run(
        [sys.executable, "-c", tell], cwd=code, capture_output=True, text=True, check=True
    ).stdout.split()
    tables = re.split(r"^(?=\[)", config.read_text(), flags=re.MULTILINE)
    before = config.with_name("before.toml")
    before.write_text("".join(table for table in tables if _name(table) in ("", *known)))
    return before


def _name(table: str) -> str:
    found = re.match(r"\[+([a-z_]+)", table)
    return found[1] if found else ""


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return ""


async def keep(name: str) -> Path:
    """Let neighbours live for a moment, and keep what that left. Raises FileExistsError."""
    folder = KEPT / name
    if folder.exists():
        raise FileExistsError(f"{folder} is there already: what a release left never changes")
    with tempfile.TemporaryDirectory() as place:
        async with real_region(Path(place)) as (region, _):
            async with Neighbourhood(region.region, seed=1) as neighbours:
                await neighbours.settle_in(6)
                await neighbours.live(seconds=1.0)
            assert (await verify(region.region, folder=Path(place))).ok
            taken, _ = await backup.take(region.region, Path(place) / "backups")
        await asyncio.to_thread(shutil.copytree, taken, folder)
    await asyncio.to_thread((folder / COMMIT).write_text, _git("rev-parse", "HEAD"))
    await asyncio.to_thread((folder / READS).write_text, json.dumps(reads(), indent=1, sort_keys=True) + "\n")
    return folder


if __name__ == "__main__":
    print(asyncio.run(keep(sys.argv[1])))
