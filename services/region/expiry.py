"""How long certificates last: of the authorities we trust, of every server, and of the address people use.

Servers are looked at where they are used, so a new certificate that a server has not read yet is seen as
the old one that it still shows.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from services.kernel.settings import Nats, Postgres, Region
from services.region.finding import Finding, ok

RENEW_DAYS = 21
SECONDS = 5.0
NEW_CERTIFICATE = "Give: wederdienst region certificates FOLDER, and restart the server."


def _plain(_: socket.socket) -> None:
    """TLS from the first byte."""


def _postgres(connection: socket.socket) -> None:
    """https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL"""
    connection.sendall(struct.pack("!ii", 8, 80877103))
    if connection.recv(1) != b"S":
        raise ssl.SSLError("the server has no TLS")


def _nats(connection: socket.socket) -> None:
    """The server says a line about itself first: https://docs.nats.io/reference/reference-protocols/nats-protocol"""
    said = b""
    while not said.endswith(b"\n"):
        if not (more := connection.recv(4096)):
            raise ssl.SSLError("the server hung up")
        said += more


@dataclass(frozen=True)
class _Place:
    """Where a certificate is shown, and what comes before it."""

    about: str
    host: str
    port: int
    begin: Callable[[socket.socket], None]
    renew: str

    def look(self, context: ssl.SSLContext) -> Finding:
        try:
            with socket.create_connection((self.host, self.port), timeout=SECONDS) as plain:
                self.begin(plain)
                with context.wrap_socket(plain, server_hostname=self.host) as secure:
                    certificate = secure.getpeercert() or {}
        except ssl.SSLCertVerificationError as wrong:
            return Finding("bad", "certificates", f"{self.about}: {wrong.verify_message}", self.renew)
        except OSError as away:
            return Finding("bad", "certificates", f"{self.about}: {type(away).__name__}", self.renew)
        return _lasts(self.about, str(certificate["notAfter"]), self.renew)


async def certificates(region: Region, url: str) -> AsyncIterator[Finding]:
    """Each that we meet. `url`: where people reach this region; empty where that is not asked."""
    for name, server, begin in (
        ("postgres", region.postgres, _postgres),
        ("nats", region.nats, _nats),
    ):
        async for finding in _of_servers(name, server, server.addresses, begin):
            yield finding
    if url:
        yield await asyncio.to_thread(_of_site, url)


async def _of_servers(
    name: str,
    server: Postgres | Nats,
    addresses: Sequence[tuple[str, int]],
    begin: Callable[[socket.socket], None],
) -> AsyncIterator[Finding]:
    try:
        context = server.ssl_context()
    except (OSError, ssl.SSLError) as wrong:
        do = f"Put the certificate of its authority there, or mend `ca` under [{name}]."
        yield Finding("bad", "certificates", f"{name}: {server.ca}: {type(wrong).__name__}", do)
        return
    if context is None:
        return
    trusted: list[dict[str, Any]] = context.get_ca_certs()
    for certificate in trusted:
        yield _lasts(f"{name}: authority", certificate["notAfter"], "Make a new authority: docs/install.md.")
    for host, port in addresses:
        place = _Place(f"{name}: {host}:{port}", host, port, begin, NEW_CERTIFICATE)
        yield await asyncio.to_thread(place.look, context)


def _of_site(url: str) -> Finding:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        do = "Put a reverse proxy with TLS before it: people send their keys over this."
        return Finding("bad", "certificates", f"{url} is not https", do)
    renew = "Renew its certificate, or look at the reverse proxy."
    place = _Place(url, parts.hostname, parts.port or 443, _plain, renew)
    return place.look(ssl.create_default_context())


def _lasts(about: str, not_after: str, renew: str) -> Finding:
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(not_after), UTC)
    days = (ends - datetime.now(UTC)).days
    says = f"{about} ends on {ends:%Y-%m-%d}"
    if days < 0:
        return Finding("bad", "certificates", says, renew)
    if days < RENEW_DAYS:
        return Finding("note", "certificates", f"{says}: {days} days are left", renew)
    return ok("certificates", says)
