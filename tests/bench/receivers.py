"""Receivers of webhooks in a process of their own: most take what comes, some hang, some fail.

Small on purpose: what is measured is who sends, not who receives.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from services.region.servers import free_port

_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"
_FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Receivers:
    """`healthy`, `hanging` and `failing` are ports on loopback."""

    healthy: tuple[int, ...]
    hanging: tuple[int, ...]
    failing: tuple[int, ...]
    _end: Connection

    async def arrived(self, number: int, *, seconds: float) -> dict[str, float]:
        """When which webhook came to a healthy one, by id (seconds since 1970), and forget them.

        Waits until there are so many. Raises TimeoutError.
        """
        found: dict[str, float] = {}
        async with asyncio.timeout(seconds):
            while len(found) < number:
                await asyncio.sleep(0.1)
                self._end.send("arrived")
                found |= await asyncio.to_thread(self._end.recv)
        return found


@contextmanager
def receivers(healthy: int, hanging: int, failing: int) -> Iterator[Receivers]:
    """All of them listen inside the block."""
    ports = [free_port() for _ in range(healthy + hanging + failing)]
    groups = (
        tuple(ports[:healthy]),
        tuple(ports[healthy : healthy + hanging]),
        tuple(ports[healthy + hanging :]),
    )
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, *groups), daemon=True)
    process.start()
    try:
        assert ours.recv() == "listening"
        yield Receivers(*groups, ours)
    finally:
        process.terminate()
        process.join()


def _serve(
    end: Connection, healthy: tuple[int, ...], hanging: tuple[int, ...], failing: tuple[int, ...]
) -> None:
    asyncio.run(_listen(end, healthy, hanging, failing))


async def _listen(
    end: Connection, healthy: tuple[int, ...], hanging: tuple[int, ...], failing: tuple[int, ...]
) -> None:
    arrived: dict[str, float] = {}

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("sockname")[1]
        try:
            while True:
                webhook_id = await _request(reader)
                at = time.time()
                if port in hanging:
                    await asyncio.sleep(3600)
                if port in healthy:
                    arrived.setdefault(webhook_id, at)
                writer.write(_FAILED if port in failing else _TAKEN)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    for port in (*healthy, *hanging, *failing):
        await asyncio.start_server(take, "127.0.0.1", port)
    end.send("listening")
    while True:
        await asyncio.to_thread(end.recv)
        end.send(dict(arrived))
        arrived.clear()


async def _request(reader: asyncio.StreamReader) -> str:
    """The webhook-id of the next request, read to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").lower()
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    await reader.readexactly(int(headers["content-length"]))
    return headers["webhook-id"]
