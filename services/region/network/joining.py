"""A region's side of joining: keys of its own, the invitation taken up, `[network]` in region.toml."""

import asyncio
import re
import ssl
from pathlib import Path

from pydantic import ValidationError

from contracts import subjects
from contracts.network import HUB, Directory, GetDirectory, Join, Joining, Leave
from services.kernel.errors import Misconfigured, Unreachable
from services.kernel.settings import Network, Region, load
from services.link.keys import Keys, signed
from services.link.line import Line
from services.link.seal import Correspondent, Refused, Seal
from services.region.network.hub import Invitation
from services.region.network.registrar import on_line

KEYS = "link-keys.json"
ATTEMPTS = 4
PAUSE_SECONDS = 0.3
_TABLE = re.compile(r"^\[network\]\n(?:(?!\[).*\n?)*", re.MULTILINE)

NOT_LET_IN = (
    "The hub did not take us in. An invitation is good for one joining and for some days: ask for another."
)


async def join(config: Path, invitation: Invitation, *, ca: Path | None = None) -> Directory:
    """Make keys, where there are none yet; be taken in; write `[network]`. Raises Misconfigured.

    `ca`: the hub speaks TLS, signed by the authority in this file. Joining again keeps what was so.
    """
    region = load(config)
    tls = _tls(region, ca)
    if invitation.region != region.region:
        raise Misconfigured(
            f"This invitation is for the region {invitation.region}, and this is {region.region}. "
            "Ask the operator of the hub for one of your own."
        )
    keys = _own_keys(config.with_name(KEYS))
    hub = Correspondent.of(HUB, invitation.signing_key, invitation.sealing_key)
    said = Join(
        municipality=region.name,
        signing_key=keys.signing_key,
        sealing_key=keys.sealing_key,
        user_key=keys.user_key,
    )
    seal = Seal(region.region, keys)
    try:
        directory = await _let_in(region, seal, hub, said, invitation, tls)
    except Misconfigured:
        # The answer may have been lost: then we are in, and the invitation is used up.
        directory = await _list_for_members(region, seal, hub, invitation.hub, tls)
    write_network(config, invitation, ca)
    return directory


def _tls(region: Region, ca: Path | None) -> ssl.SSLContext | None:
    """Which certificates are believed. Raises Misconfigured where the file cannot be read."""
    try:
        if ca is not None:
            return ssl.create_default_context(cafile=ca)
        return region.network.ssl_context() if region.network is not None else None
    except OSError as wrong:
        raise Misconfigured(f"{ca}: {wrong.strerror}. Name the file of the hub's authority: --ca …") from None


async def _let_in(
    region: Region,
    seal: Seal,
    hub: Correspondent,
    said: Join,
    invitation: Invitation,
    tls: ssl.SSLContext | None,
) -> Directory:
    """Take up the invitation. Raises Misconfigured."""
    hears = subjects.guest_on_hub(region.region, HUB).subscribe[0]
    guest = Line(region.region, invitation.hub, invitation.seed, _nobody, hears=hears, tls=tls)
    async with on_line(guest) as line:
        for _ in range(ATTEMPTS):
            id, sealed = seal.close(hub, "Join", said)
            outside = Joining(join=said, sealed=sealed.decode(), signature=signed(invitation.seed, sealed))
            try:
                raw = await line.ask(HUB, "Join", outside.model_dump_json().encode())
                return Directory.model_validate(seal.open(raw, hub, "Directory", re=id).body)
            except (Unreachable, Refused, ValidationError):
                # The registrar may be starting.
                await asyncio.sleep(PAUSE_SECONDS)
    raise Misconfigured(NOT_LET_IN)


async def _list_for_members(
    region: Region, seal: Seal, hub: Correspondent, address: str, tls: ssl.SSLContext | None
) -> Directory:
    """The list, as a region gets it that is on it. Raises Misconfigured."""
    try:
        async with on_line(Line(region.region, address, seal.keys.user_seed, _nobody, tls=tls)) as line:
            id, sealed = seal.close(hub, "GetDirectory", GetDirectory())
            raw = await line.ask(HUB, "GetDirectory", sealed)
            return Directory.model_validate(seal.open(raw, hub, "Directory", re=id).body)
    except (Misconfigured, Unreachable, Refused, ValidationError):
        raise Misconfigured(NOT_LET_IN) from None


async def leave(config: Path) -> Directory:
    """Be taken off the list. Letters that wait are handed back by the link, which hears of it too."""
    region = load(config)
    network = network_of(region)
    keys = Keys.load(network.keys)
    hub = Correspondent.of(HUB, network.hub_signing_key, network.hub_sealing_key)
    seal = Seal(region.region, keys)
    line = Line(region.region, network.hub, keys.user_seed, _nobody, tls=network.ssl_context())
    async with on_line(line):
        id, sealed = seal.close(hub, "Leave", Leave())
        try:
            raw = await line.ask(HUB, "Leave", sealed)
            return Directory.model_validate(seal.open(raw, hub, "Directory", re=id).body)
        except (Unreachable, Refused, ValidationError):
            raise Misconfigured("The hub did not answer. Try again, or ask its operator.") from None


def network_of(region: Region) -> Network:
    """Raises Misconfigured where the region is in no network."""
    if region.network is None:
        raise Misconfigured(
            "This region is in no network. Ask the operator of a hub for an invitation, then give: "
            "wederdienst network join"
        )
    return region.network


def write_network(config: Path, invitation: Invitation, ca: Path | None = None) -> None:
    """Put `[network]` in region.toml, in the place of one that is there; what else it says stays."""
    said = {
        "hub": invitation.hub,
        "hub_signing_key": invitation.signing_key,
        "hub_sealing_key": invitation.sealing_key,
        "keys": KEYS,
    }
    if ca is not None:
        said |= {"tls": "verify-full", "ca": str(ca.resolve())}
    text = config.read_text()
    found = _TABLE.search(text)
    before = found[0].splitlines()[1:] if found is not None else []
    kept = [line for line in before if line.strip() and line.partition("=")[0].strip() not in said]
    table = "\n".join(["[network]", *(f'{name} = "{value}"' for name, value in said.items()), *kept, ""])
    if found is None:
        config.write_text(f"{text.rstrip()}\n\n{table}")
    else:
        config.write_text(f"{text[: found.start()]}{table}\n{text[found.end() :]}".rstrip() + "\n")


def _own_keys(path: Path) -> Keys:
    if not path.exists():
        Keys.new().save(path)
    return Keys.load(path)


async def _nobody(sender: str, kind: str, raw: bytes) -> None:
    """This line only asks."""
