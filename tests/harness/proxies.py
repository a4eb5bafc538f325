"""TCP proxies on loopback that spoil a connection in one chosen way."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

type Pump = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


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

    # Without a reply subject nats-py leaves two spaces. A frame not seen as one would be read by lines,
    # and a long answer has none.
    _FRAME = re.compile(rb"(H?PUB) (\S+) +(?:(\S+) +)?(?:(\d+) +)?(\d+)\r\n")

    def __init__(self, every: int) -> None:
        self.every = every
        self.seen = 0
        self.lost = 0
        self.active = False

    async def there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                frame = self._FRAME.fullmatch(line)
                if frame is None:
                    writer.write(line)
                else:
                    payload = await reader.readexactly(int(frame[5]) + 2)
                    if not self._drop(frame[2]):
                        writer.write(line + payload)
                await writer.drain()

    def _drop(self, subject: bytes) -> bool:
        if not self.active or not subject.startswith(b"wd.evt."):
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        self.lost += 1
        return True


class Gate:
    """A proxy that can be shut, in either direction, while connections stay open: nothing passes.

    What was sent meanwhile comes through when it opens again, as on a line that was only slow; `break_off`
    ends every connection, as a router that forgot them.
    """

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._there, self._back = asyncio.Event(), asyncio.Event()
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self) -> None:
        self._there.set()
        self._back.set()
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
        for name, passing in (("there", self._there), ("back", self._back)):
            if direction in (name, "both"):
                passing.clear()

    def heal(self) -> None:
        self._there.set()
        self._back.set()

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
            asyncio.create_task(self._pump(reader, to_writer, self._there)),
            asyncio.create_task(self._pump(to_reader, writer, self._back)),
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

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await passing.wait()
                writer.write(data)
                await writer.drain()
