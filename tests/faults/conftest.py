"""Every fault prints its seed; `--seed N` runs it again with the same dice.

Faults take servers away and bring them back: only embedded ones are theirs to kill.
"""

import random

import pytest

from tests.harness import servers


@pytest.fixture(autouse=True)
def _embedded_servers() -> None:
    if servers.chosen is not servers.Servers.EMBEDDED:
        pytest.skip(f"Faults kill their servers, which --servers={servers.chosen} cannot bear: leave it out.")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    chosen = request.config.getoption("--seed")
    found = int(chosen) if chosen is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {found}: again with --seed {found}")
    return found
