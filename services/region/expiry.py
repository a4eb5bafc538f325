"""How long certificates last: of the authorities we trust, of every server, and of the address people use.

Servers are looked at where they are used, so a new certificate that a server has not read yet is seen as
the old one that it still shows.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from services.kernel.certificates import Place, ends, places, plainly
from services.kernel.settings import Nats, Postgres, Region
from services.region.finding import Finding, ok

RENEW_DAYS = 21
AUTHORITY_ENDS = "Make a new authority: docs/runbooks/certificate-ends.md."
NEW_CERTIFICATE = "Give: wederdienst region certificates FOLDER, and restart the server."


async def certificates(region: Region, url: str) -> AsyncIterator[Finding]:
    """Each that we meet. `url`: where people reach this region; empty where that is not asked."""
    for name, (server, shown) in places(region).items():
        async for finding in _of_servers(name, server, shown):
            yield finding
    if url:
        yield await asyncio.to_thread(_of_site, url)


async def _of_servers(name: str, server: Postgres | Nats, shown: list[Place]) -> AsyncIterator[Finding]:
    try:
        context = server.ssl_context()
    except (OSError, ssl.SSLError) as wrong:
        do = f"Put the certificate of its authority there, or mend `ca` under [{name}]."
        yield Finding("bad", "certificates", f"{name}: {server.ca}: {type(wrong).__name__}", do)
        return
    assert context is not None
    for certificate in context.get_ca_certs():
        yield _lasts(f"{name}: authority", ends(certificate["notAfter"]), AUTHORITY_ENDS)
    for place in shown:
        about = f"{name}: {place.host}:{place.port}"
        yield await asyncio.to_thread(_look, about, place, context, NEW_CERTIFICATE)


def _of_site(url: str) -> Finding:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        do = "Put a reverse proxy with TLS before it: people send their keys over this."
        return Finding("bad", "certificates", f"{url} is not https", do)
    renew = "Renew its certificate, or look at the reverse proxy."
    place = Place(parts.hostname, parts.port or 443, plainly)
    return _look(url, place, ssl.create_default_context(), renew)


def _look(about: str, place: Place, context: ssl.SSLContext, renew: str) -> Finding:
    try:
        return _lasts(about, place.look(context), renew)
    except ssl.SSLCertVerificationError as wrong:
        return Finding("bad", "certificates", f"{about}: {wrong.verify_message}", renew)
    except OSError as away:
        return Finding("bad", "certificates", f"{about}: {type(away).__name__}", renew)


def _lasts(about: str, until: datetime, renew: str) -> Finding:
    days = (until - datetime.now(UTC)).days
    says = f"{about} ends on {until:%Y-%m-%d}"
    if days < 0:
        return Finding("bad", "certificates", says, renew)
    if days < RENEW_DAYS:
        return Finding("note", "certificates", f"{says}: {days} days are left", renew)
    return ok("certificates", says)
