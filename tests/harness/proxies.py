"""TCP proxies on loopback that spoil a connection in one chosen way."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from contracts.network import HUB

type Pump = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

# What carries a message in the protocol of NATS, to the server (PUB) or from it (MSG).
_FRAME = re.compile(rb"(?:H?PUB|H?MSG) (\S+) .*?(\d+)\r\n")


async def frames(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str | None, bytes]]:
    """What comes of a NATS connection, piece by piece: each message whole, with its subject, or a line."""
    with suppress(OSError, asyncio.IncompleteReadError):
        # A frame not seen as one would be read by lines, and a long answer has none.
        while line := await reader.readline():
            if (frame := _FRAME.fullmatch(line)) is None:
                yield None, line
            else:
                yield frame[1].decode(), line + await reader.readexactly(int(frame[2]) + 2)


@asynccontextmanager
async def proxy(target_port: int, *, there: Pump, back: Pump) -> AsyncIterator[int]:
    """A proxy to a loopback port; `there` pumps to the server, `back` to the client. Gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", target_port)
        except OSError:
            writer.close()
            return
        pumps = [
            asyncio.create_task(there(reader, to_writer)),
            asyncio.create_task(back(to_reader, writer)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        for end in (writer, to_writer):
            with suppress(OSError):
                end.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pump bytes as they are."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


class CutAfterSending:
    """Lets a commit reach the server and cuts the connection before its answer comes back."""

    def __init__(self) -> None:
        self.cuts_left = 0
        self.cuts = 0
        self._commit_under_way = False

    async def there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                # The log's writer names a command's columns in JSON; nothing else sends them.
                if b'"command_id"' in data:
                    self._commit_under_way = True
                writer.write(data)
                await writer.drain()

    async def back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if self._commit_under_way and self.cuts_left > 0:
                    # The server has answered: it did commit. The client will never hear it.
                    self._commit_under_way = False
                    self.cuts_left -= 1
                    self.cuts += 1
                    return
                writer.write(data)
                await writer.drain()


class LosePublishes:
    """Drops chosen publishes of events on their way to NATS, and nothing else."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.seen = 0
        self.lost = 0
        self.active = False

    async def there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            async for subject, piece in frames(reader):
                if subject is None or not self._drop(subject):
                    writer.write(piece)
                await writer.drain()

    def _drop(self, subject: str) -> bool:
        if not self.active or not subject.startswith("wd.evt."):
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        self.lost += 1
        return True


class Gate:
    """A proxy before the hub that can be shut, in either direction, while connections stay open.

    What was sent meanwhile comes through when it opens again, as on a line that was only slow; `break_off`
    ends every connection, as a router that forgot them, and what was under way is lost. `passed` says what
    went through between regions: the kind of each message, by direction.
    """

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._open = {"there": asyncio.Event(), "back": asyncio.Event()}
        self._last: tuple[str, int] | None = None
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.passed: dict[str, list[str]] = {"there": [], "back": []}
        self.port = 0

    async def open(self) -> None:
        self.heal()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self.break_off()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def shut(self, direction: str = "both") -> None:
        """Let nothing through: `there` (to the target), `back`, or `both`."""
        for name, passing in self._open.items():
            if direction in (name, "both"):
                passing.clear()

    def shut_after(self, messages: int, direction: str) -> None:
        """Let so many more messages between regions through this way, then nothing either way."""
        self._last = (direction, len(self.passed[direction]) + messages)
        self._look()

    @property
    def is_shut(self) -> bool:
        return not any(passing.is_set() for passing in self._open.values())

    def heal(self) -> None:
        self._last = None
        for passing in self._open.values():
            passing.set()

    def break_off(self) -> None:
        """End every connection."""
        for end in self._ends:
            with suppress(OSError):
                end.transport.abort()
        self._ends.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, to_writer}
        self._ends |= ends
        pumps = [
            asyncio.create_task(self._pump(reader, to_writer, "there")),
            asyncio.create_task(self._pump(to_reader, writer, "back")),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for end in ends:
                with suppress(OSError):
                    end.transport.abort()
            self._ends -= ends

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str) -> None:
        with suppress(OSError):
            async for subject, piece in frames(reader):
                # It may be shut in the middle of a message too.
                for at in range(0, len(piece), 65536):
                    await self._open[direction].wait()
                    writer.write(piece[at : at + 65536])
                    await writer.drain()
                if subject is not None:
                    self._note(subject, direction)

    def _note(self, subject: str, direction: str) -> None:
        """What goes to or comes from the hub itself is not counted."""
        _, _, sender, to, kind, *_ = subject.split(".")
        if HUB not in (sender, to):
            self.passed[direction].append(kind)
            self._look()

    def _look(self) -> None:
        if self._last is not None and len(self.passed[self._last[0]]) >= self._last[1]:
            self.shut()
