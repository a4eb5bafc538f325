"""How long the certificates last that PostgreSQL and NATS show, looked at where they are used.

So a new certificate that a server has not read yet counts as the old one that it still shows.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from services.kernel.gauges import Gauges

if TYPE_CHECKING:
    from services.kernel.settings import Nats, Postgres, Region

SECONDS = 5.0
EVERY_SECONDS = 3600.0
CERTIFICATE_ENDS = "wd_certificate_ends_timestamp_seconds"


def plainly(_: socket.socket) -> None:
    """TLS from the first byte."""


def as_postgres(connection: socket.socket) -> None:
    """https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL"""
    connection.sendall(struct.pack("!ii", 8, 80877103))
    if connection.recv(1) != b"S":
        raise ssl.SSLError("the server has no TLS")


def as_nats(connection: socket.socket) -> None:
    """The server says a line about itself first: https://docs.nats.io/reference/reference-protocols/nats-protocol"""
    said = b""
    while not said.endswith(b"\n"):
        if not (more := connection.recv(4096)):
            raise ssl.SSLError("the server hung up")
        said += more


@dataclass(frozen=True, slots=True)
class Place:
    """Where a certificate is shown, and what comes before it."""

    host: str
    port: int
    begin: Callable[[socket.socket], None]

    def look(self, context: ssl.SSLContext) -> datetime:
        """Until when what is shown there holds (UTC); takes up to five seconds.

        Raises ssl.SSLCertVerificationError where it is not believed, and OSError where nobody answers.
        """
        with socket.create_connection((self.host, self.port), timeout=SECONDS) as plain:
            self.begin(plain)
            with context.wrap_socket(plain, server_hostname=self.host) as secure:
                return ends((secure.getpeercert() or {})["notAfter"])


def ends(not_after: object) -> datetime:
    """The end of a certificate (UTC), as Python's ssl module writes it."""
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(not_after)), UTC)


def places(region: "Region") -> dict[str, tuple["Postgres | Nats", list[Place]]]:
    """PostgreSQL and NATS where they are reached over TLS, with those that may stand in for them."""
    servers: dict[str, tuple[Postgres | Nats, Callable[[socket.socket], None]]] = {
        "postgres": (region.postgres, as_postgres),
        "nats": (region.nats, as_nats),
    }
    return {
        name: (server, [Place(host, port, begin) for host, port in server.addresses])
        for name, (server, begin) in servers.items()
        if server.tls != "off"
    }


def soonest(region: "Region") -> dict[str, float]:
    """When the first certificate of each ends, its authority's too, in seconds since 1970; may take long.

    0 where one is not believed. One that nobody shows now is left out.
    """
    found = {}
    for name, (server, shown) in places(region).items():
        try:
            context = server.ssl_context()
            assert context is not None
            until = [ends(each["notAfter"]).timestamp() for each in context.get_ca_certs()]
        except OSError:
            found[name] = 0.0
            continue
        for place in shown:
            try:
                until.append(place.look(context).timestamp())
            except ssl.SSLCertVerificationError:
                until.append(0.0)
            except OSError:
                continue
        found[name] = min(until, default=0.0)
    return found


async def keep_looking(region: "Region", gauges: Gauges) -> None:
    """Show when certificates end, now and every hour, until cancelled."""
    while places(region):
        found = await asyncio.to_thread(soonest, region)
        says = "When the first certificate of these servers ends, in seconds since 1970; 0: not believed"
        gauges.show(CERTIFICATE_ENDS, says, ("server",), {(name,): at for name, at in found.items()})
        await asyncio.sleep(EVERY_SECONDS)
