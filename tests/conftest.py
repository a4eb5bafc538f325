"""How hypothesis runs: the same examples every time, unless a seed is given.

pytest tests/unit --hypothesis-seed=20261123     other examples, these ones again
"""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.register_profile(
    "seeded", derandomize=False, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-profile", default=None) is None:
        seed = config.getoption("--hypothesis-seed", default=None)
        settings.load_profile("same" if seed is None else "seeded")


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.getoption("--hypothesis-seed", default=None)
    if seed is None:
        return "hypothesis: the same examples every time; try others with --hypothesis-seed=<number>"
    return f"hypothesis: again with --hypothesis-seed={seed}"
