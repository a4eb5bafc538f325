"""A real browser: the Chromium of this machine, driven by playwright. Nothing is downloaded."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Where Chromium is. Without one these tests are skipped; in CI, where all is tested, they fail."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        why = f"no Chromium on this machine: none of {', '.join(NAMES)} is on PATH"
        if os.environ.get("CI", "").lower() in ("", "0", "false"):
            pytest.skip(why)
        pytest.fail(why)
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a module: while it is there its own event loop runs, and no async test could."""
    path = chromium()
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, headless=True, args=list(ARGUMENTS))
        try:
            yield launched
        finally:
            launched.close()
