"""How hypothesis runs: the same examples every time, unless a seed is given.

pytest tests/unit --hypothesis-seed=20261123             other examples, these ones again
pytest tests/unit --hypothesis-profile=thorough          three times as many, as `wederdienst test --all` does

On which servers regions run: embedded ones, unless --servers says so (tests/harness/servers.py).

And the one region that all tests over HTTP share: it starts with the first that wants it.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from services.kernel.errors import Misconfigured
from tests.harness import template
from tests.harness.servers import Servers, choose

if TYPE_CHECKING:
    from tests.harness.town import Town

settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.register_profile("thorough", settings.get_profile("same"), max_examples=300)
settings.register_profile(
    "seeded", derandomize=False, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--servers",
        choices=[one.value for one in Servers],
        default=Servers.EMBEDDED.value,
        help="PostgreSQL and NATS out of wheels (embedded), in Docker (containers), or yours (external)",
    )
    parser.addoption("--seed", type=int, default=None, help="seed of the fault tests")
    parser.addoption(
        "--template", type=Path, default=None, help="where runs share the cluster they begin with"
    )


def pytest_configure(config: pytest.Config) -> None:
    try:
        choose(Servers(config.getoption("--servers")))
    except Misconfigured as why:
        raise pytest.UsageError(str(why)) from None
    if config.getoption("--hypothesis-profile", default=None) is None:
        seed = config.getoption("--hypothesis-seed", default=None)
        settings.load_profile("same" if seed is None else "seeded")


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.getoption("--hypothesis-seed", default=None)
    if seed is None:
        return "hypothesis: the same examples every time; try others with --hypothesis-seed=<number>"
    return f"hypothesis: again with --hypothesis-seed={seed}"


@pytest.fixture(scope="session", autouse=True)
def _one_template_for_all_workers(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.getbasetemp()
    own = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "template"
    template.place = pytestconfig.getoption("--template") or own


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(tmp_path_factory: pytest.TempPathFactory) -> "AsyncIterator[Town]":
    """A running region, one for the whole session (and one for each worker of xdist)."""
    from tests.harness.town import running_town

    async with running_town(tmp_path_factory.mktemp("town")) as found:
        yield found
