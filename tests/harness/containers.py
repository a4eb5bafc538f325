"""PostgreSQL and NATS in containers, on a region's own ports.

They share the network of the engine's machine: loopback stays loopback, NATS starts with the
very configuration that an embedded one gets, and an engine needs no bridge.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import ExecWaitStrategy, LogMessageWaitStrategy

from services.kernel.settings import Region
from services.region.servers import nats_config
from tests.harness import images

# It is one more image to have, and these containers end with their block.
testcontainers_config.ryuk_disabled = True

STORE = Path("/jetstream")
NATS_CONF = "/nats.conf"
START_SECONDS = 60


@contextmanager
def in_containers(region: Region) -> Iterator[None]:
    """The region's servers, new and empty, inside the block. Raises Misconfigured without an engine."""
    with _postgres(region), _nats(region):
        yield


def _postgres(region: Region) -> DockerContainer:
    address = ["-h", region.postgres.host, "-p", str(region.postgres.port)]
    accepting = ExecWaitStrategy(["pg_isready", *address])
    return (
        DockerContainer(images.ready("postgres"), network_mode="host")
        .with_envs(
            POSTGRES_USER="admin",
            POSTGRES_PASSWORD=region.postgres_password("admin") or "",
            POSTGRES_DB="postgres",
            POSTGRES_INITDB_ARGS="--encoding=UTF8 --locale=C.UTF-8",
        )
        .with_command(["postgres", *address, "-c", "max_connections=150"])
        .waiting_for(accepting.with_startup_timeout(START_SECONDS).with_poll_interval(0.1))
    )


def _nats(region: Region) -> DockerContainer:
    ready = LogMessageWaitStrategy("Server is ready")
    return (
        DockerContainer(images.ready("nats"), network_mode="host")
        .with_copy_into_container(nats_config(region, STORE).encode(), NATS_CONF)
        .with_command(["-c", NATS_CONF])
        .waiting_for(ready.with_startup_timeout(START_SECONDS).with_poll_interval(0.1))
    )
