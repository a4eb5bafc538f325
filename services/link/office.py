"""The link at work in the leading replica: its line, its seal, and who it corresponds with."""

import asyncio
from collections import Counter
from functools import lru_cache
from importlib.metadata import version
from typing import get_args
from uuid import UUID

from pydantic import BaseModel, ValidationError

from contracts.envelope import Actor, Command, Role
from contracts.letters import LETTERS
from contracts.link import NoteRefused, RefusedBecause
from contracts.network import HUB, Stated
from services.kernel.errors import DATABASE_AWAY, NotLeading, Transient
from services.kernel.runtime import Replica
from services.kernel.service import new_id
from services.kernel.settings import Network
from services.kernel.telemetry import log
from services.link.keys import Keys
from services.link.line import ASK_SECONDS, Hear, Line
from services.link.seal import Correspondent, Refused, Seal

RELEASE = version("wederdienst")
READS = {name: letter.VERSION for name, letter in LETTERS.items()}
"""The letters that this release reads, up to which version."""

TELL_SECONDS = 2.0
NOBODY = "-"
"""Under this name is counted what came from regions that the directory does not know."""

ITSELF = Actor(role=Role.SERVICE, name="link")

_KEYS = "SELECT status, signing_key, sealing_key FROM peers WHERE peer = $1"


class Office:
    """Seals, asks and opens for the sender, the receiver and whoever keeps an eye on peers."""

    def __init__(self, replica: Replica, network: Network, hear: Hear) -> None:
        self.replica = replica
        self.me = replica.region.region
        self.network = network
        keys = Keys.load(network.keys)
        self.seal = Seal(self.me, keys)
        self.hub = Correspondent.of(HUB, network.hub_signing_key, network.hub_sealing_key)
        self.line = Line(self.me, network.hub, keys.user_seed, hear, tls=network.ssl_context())
        self._refused: Counter[tuple[str, RefusedBecause]] = Counter()
        for reason in get_args(RefusedBecause):
            # Shown from the start: of what appears with its first number nobody sees that it rose.
            replica.metrics.messages_refused.labels(reason)

    async def correspondent(self, region: str) -> Correspondent:
        """The region with its keys. Raises Refused when it does not take part (any more)."""
        if region == HUB:
            return self.hub
        row = await self.replica.pool.fetchrow(_KEYS, region)
        if row is None or row["status"] == "unknown":
            raise Refused("unknown_peer")
        if row["status"] == "left":
            raise Refused("left_peer")
        try:
            return _correspondent(region, row["signing_key"], row["sealing_key"])
        except ValueError:
            raise Refused("malformed") from None

    async def ask[A: BaseModel](
        self, to: str, message: BaseModel, answer: type[A], *, seconds: float = ASK_SECONDS
    ) -> A:
        """Say something to a region and hear its answer. Raises Unreachable, or Refused for what came."""
        other = await self.correspondent(to)
        kind = type(message).__name__
        id, sealed = self.seal.close(other, kind, message)
        raw = await self.line.ask(to, kind, sealed, seconds=seconds)
        try:
            return answer.model_validate(self.seal.open(raw, other, answer.__name__, re=id).body)
        except ValidationError:
            raise self.refused(to, "malformed") from None
        except Refused as no:
            self.refused(to, no.reason)
            raise

    async def opened(self, sender: str, kind: str, raw: bytes) -> tuple[Correspondent, Stated]:
        """Who says this, and what. Raises Refused."""
        other = await self.correspondent(sender)
        return other, self.seal.open(raw, other, kind)

    async def decide(self, command: Command) -> UUID:
        """Have a command of our own decided. Raises Transient; a no of ours is a mistake of ours."""
        answer = await self.replica.decide(command, ITSELF, new_id())
        assert answer.refusal is None, answer.refusal
        assert answer.id is not None
        return answer.id

    # ---- what is refused

    def refused(self, sender: str, reason: RefusedBecause) -> Refused:
        """Count a message that was not what it said; gives what may be raised."""
        peer = NOBODY if reason == "unknown_peer" else sender
        self._refused[peer, reason] += 1
        self.replica.metrics.messages_refused.labels(reason).inc()
        log.warning("message_refused", peer=peer, reason=reason)
        return Refused(reason)

    async def tell_refused(self) -> None:
        """Put what was counted on record, every few seconds, until cancelled: a flood is one event."""
        while True:
            await asyncio.sleep(TELL_SECONDS)
            for (peer, reason), count in list(self._refused.items()):
                try:
                    await self.decide(NoteRefused(peer=peer, reason=reason, count=count))
                except NotLeading:
                    raise
                except (Transient, *DATABASE_AWAY):
                    continue
                self._refused[peer, reason] -= count
            self._refused = +self._refused


@lru_cache(maxsize=1024)
def _correspondent(region: str, signing_key: str, sealing_key: str) -> Correspondent:
    return Correspondent.of(region, signing_key, sealing_key)
