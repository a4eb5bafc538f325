"""Checkers that come from npm: installed for as long as a test lasts."""

import shutil
import subprocess
from pathlib import Path

import pytest


def installed(folder: Path, *packages: str) -> Path:
    """Where npm put these; skips without npm."""
    if shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", *packages]
    subprocess.run(command, cwd=folder, check=True, timeout=200)
    return folder
