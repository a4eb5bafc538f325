"""Who is there: the hub's list of regions, a greeting now and then, and whom nobody hears."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from contracts.link import LearnDirectory, NoteAway, NoteUp
from contracts.network import HUB, Directory, GetDirectory, Greeting, Mark
from services.kernel.errors import DATABASE_AWAY, NotLeading, Transient
from services.kernel.telemetry import log
from services.link.office import RELEASE, Office
from services.link.seal import Refused

LOOK_SECONDS = 1.0
BREATH_SECONDS = 0.2
AGAIN_SECONDS = 3.0
FAILING_SECONDS = 10.0
"""A peer that does not answer for so long is away."""


type Compare = Callable[[str, Mark], Awaitable[None]]
"""Looks whether a peer's mark agrees with what we know."""


class Presence:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._greet_seconds = office.network.greet_seconds
        self._heard: set[str] = set()
        self._release: dict[str, str] = {}
        self._failing: dict[str, float] = {}
        self.reads: dict[str, dict[str, int]] = {}
        """Which letters each peer's release reads, up to which version, as far as it has said so."""
        self._looked_at: set[str] = set()
        self._compared: dict[str, float] = {}
        """When each peer was last asked, or said, how far it has our letters."""

    # ---- what others notice

    def heard(self, peer: str, release: str = "") -> None:
        """Something verified came from this peer."""
        self._heard.add(peer)
        self._failing.pop(peer, None)
        if release:
            self._release[peer] = release

    def answered(self, peer: str, mark: Mark) -> None:
        """It said how far it has our letters."""
        self.heard(peer, mark.release)
        self._compared[peer] = time.monotonic()
        if mark.reads is not None:
            self.reads[peer] = mark.reads

    def failed(self, peer: str) -> None:
        """It did not answer."""
        self._failing.setdefault(peer, time.monotonic())

    async def learn(self, directory: Directory) -> None:
        """Take over a newer list of the hub's. When it says that we have left, everyone has left us."""
        out = any(region.region == self._office.me and region.left for region in directory.regions)
        others = [region for region in directory.regions if region.region not in (self._office.me, HUB)]
        if out:
            others = [region.model_copy(update={"left": True}) for region in others]
        await self._office.decide(LearnDirectory(serial=directory.serial, regions=tuple(others)))

    # ---- at work

    async def keep_directory(self) -> None:
        """Ask the hub for its list at every connection, and now and then, until cancelled."""
        line = self._office.line
        while True:
            line.connects.clear()
            try:
                await self.learn(await self._office.ask(HUB, GetDirectory(), Directory))
            except NotLeading:
                raise
            except (Transient, Refused, *DATABASE_AWAY) as away:
                log.info("no_directory", error=type(away).__name__)
                if line.connected:
                    await asyncio.sleep(LOOK_SECONDS)
                    continue
            await asyncio.sleep(BREATH_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._greet_seconds):
                    await line.connects.wait()

    async def greet(self, compare: Compare) -> None:
        """Greet who has not answered for a while; note who came up and who went away. Until cancelled.

        What a peer answers is compared with what we know of it: either may have been put back. That it greets
        us says nothing of that, so who is greeted often greets all the same. One that is slow, or wrong,
        keeps nobody waiting but itself.
        """
        async with asyncio.TaskGroup() as tasks:
            while True:
                await asyncio.sleep(min(LOOK_SECONDS, self._greet_seconds / 2))
                rows = []
                with suppress(*DATABASE_AWAY):
                    rows = await self._office.replica.pool.fetch(
                        "SELECT peer, up, release FROM peers WHERE status = 'joined'"
                    )
                for row in rows:
                    if row["peer"] not in self._looked_at:
                        self._looked_at.add(row["peer"])
                        tasks.create_task(self._look(compare, **row))

    async def _look(self, compare: Compare, peer: str, up: bool, release: str) -> None:
        try:
            await self._look_at(compare, peer, up, release)
        except NotLeading:
            raise
        except (Transient, *DATABASE_AWAY) as away:
            log.info("not_looked", peer=peer, error=type(away).__name__)
        except Exception:
            log.exception("peer_failed", peer=peer)
        finally:
            self._looked_at.discard(peer)

    async def _look_at(self, compare: Compare, peer: str, up: bool, release: str) -> None:
        now = time.monotonic()
        pause = min(AGAIN_SECONDS, self._greet_seconds) if peer in self._failing else self._greet_seconds
        if now - self._compared.get(peer, 0.0) > pause:
            self._compared[peer] = now
            await self._say_hello(peer, compare)
        if peer in self._failing:
            if up and time.monotonic() - self._failing[peer] > FAILING_SECONDS:
                await self._office.decide(NoteAway(peer=peer))
        elif peer in self._heard:
            seen = self._release.get(peer, release)
            if not up or seen != release:
                await self._office.decide(NoteUp(peer=peer, release=seen))

    async def _say_hello(self, peer: str, compare: Compare) -> None:
        try:
            mark = await self._office.ask(peer, Greeting(release=RELEASE), Mark)
            self.answered(peer, mark)
            await compare(peer, mark)
        except (Transient, Refused):
            self.failed(peer)
