"""The world outside: where a webhook may lead, and one attempt to bring one there.

Whoever registers an endpoint chooses where this service connects to. So it goes to public addresses
alone, and to private networks that the region names; looked at when it connects, with the very address
that it then connects to: what a name meant before does not count. Redirects are not followed.
"""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

import httpcore

from contracts.feedback import DeliveryOutcome
from services.kernel.errors import Rejected
from services.kernel.settings import Webhooks

AT_ONCE = 4
"""Connections to one endpoint: as many as its deliveries under way."""

_LOOKING_UP = ThreadPoolExecutor(max_workers=8, thread_name_prefix="names")
"""For names of receivers alone: one that is slow to look up holds a thread, also after its time is over,
and threads that others need must not be among those."""

MOST_ANSWER_BYTES = 64 * 1024
GONE = 410
LONGEST_RETRY_AFTER = 24 * 3600
LOOPBACK = ("localhost", "127.0.0.1", "::1")

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotAllowed(Exception):
    """This address is not public, and in no network that the region allows."""


def embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for (mapped, 6to4 or NAT64); else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def may_reach(address: Address, allowed: Webhooks) -> bool:
    """Whether a webhook may go to this address."""
    meant = embedded(address)
    if any(meant in network for network in allowed.private_networks):
        return True
    # Site-local (fec0::/10) is deprecated, counts as global here, and is still routed inside some networks.
    inside = meant.is_multicast or meant.is_reserved or getattr(meant, "is_site_local", False)
    return meant.is_global and not inside


def check_url(url: str, allowed: Webhooks) -> None:
    """What can be known about an address before it is used. Raises Rejected."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    literal = _literal(host)
    if parts.scheme == "http" and host not in LOOPBACK:
        raise Rejected(
            "url_not_safe",
            "Een webhook moet over een beveiligde verbinding. Geef een adres dat met https begint.",
            "A webhook needs a secure connection. Give an address that begins with https.",
        )
    if host == "localhost":
        literal = ipaddress.ip_address("127.0.0.1")
    if literal is not None and not may_reach(literal, allowed):
        raise Rejected(
            "url_not_public",
            "Naar dit adres mogen wij niet sturen: het is niet openbaar. "
            "Geef een openbaar adres, of vraag de beheerder om uw netwerk toe te laten.",
            "We may not send to this address: it is not public. "
            "Give a public address, or ask the operator to allow your network.",
        )


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to allowed addresses alone."""

    def __init__(self, allowed: Webhooks) -> None:
        self._allowed = allowed
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(_LOOKING_UP, look_up)
        addresses = dict.fromkeys(ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found)
        may = [address for address in addresses if may_reach(address, self._allowed)]
        if not may:
            raise NotAllowed
        error: Exception = NotAllowed()
        for address in may:
            try:
                return await self._backend.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.NetworkError, httpcore.TimeoutException) as away:
                error = away
        raise error

    async def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise NotAllowed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt went. `retry_after_seconds`: what the receiver asked for, if it did."""

    outcome: DeliveryOutcome
    said: str
    milliseconds: int
    retry_after_seconds: float = 0.0


@cache
def _trusted() -> ssl.SSLContext:
    # Reading all certificates takes 30 ms, in which nothing else goes on: once, not for every endpoint.
    return ssl.create_default_context()


class Receiver:
    """The connections to one endpoint."""

    def __init__(self, allowed: Webhooks) -> None:
        self._timeout = allowed.timeout_seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_trusted(),
            max_connections=AT_ONCE,
            keepalive_expiry=30,
            network_backend=_Guarded(allowed),
        )

    async def close(self) -> None:
        await self._pool.aclose()

    async def bring(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """One attempt. Never raises for what the receiver does, or does not do."""
        began = time.perf_counter()
        status, after, said = 0, 0.0, ""
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._pool.stream("POST", url, headers=list(headers.items()), content=body) as response,
            ):
                status = response.status
                after = _retry_after(response.headers)
                await _read_some(response)
        except NotAllowed:
            said = "not_allowed"
        except (TimeoutError, httpcore.TimeoutException):
            said = "timeout"
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, ValueError):
            said = "connection"
        outcome: DeliveryOutcome = "failed"
        if 200 <= status < 300:
            # It took it, even if the rest of its answer got lost.
            outcome = "delivered"
        elif status == GONE:
            outcome = "gone"
        said = str(status) if status else said
        return Outcome(outcome, said, round(1000 * (time.perf_counter() - began)), after)


async def _read_some(response: httpcore.Response) -> None:
    """Read the answer's end, so that the connection can be used again; not more than is reasonable."""
    read = 0
    async for chunk in response.aiter_stream():
        read += len(chunk)
        if read > MOST_ANSWER_BYTES:
            return


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> float:
    """Seconds, from either form of Retry-After (RFC 9110, section 10.2.3); 0 without one."""
    found = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    text = found.decode("ascii", "replace").strip()
    try:
        seconds = float(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
