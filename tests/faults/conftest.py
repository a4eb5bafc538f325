"""Every fault prints its seed; `--seed N` runs it again with the same dice."""

import random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="seed of the fault tests")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    chosen = request.config.getoption("--seed")
    found = int(chosen) if chosen is not None else random.SystemRandom().randrange(10**6)
    print(f"seed {found}: again with --seed {found}")
    return found
