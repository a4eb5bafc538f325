"""The line to the hub: one NATS connection, on which this region speaks as itself and for itself.

Core requests only: the hub stores nothing. A request's reply subject is of the form of a message from
who is asked to who asks, so the same two allow lists cover both (`contracts.subjects.region_on_hub`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts import subjects
from services.kernel.errors import NATS_AWAY, Unreachable
from services.kernel.service import new_id
from services.kernel.telemetry import log

ASK_SECONDS = 2.0
MOST_AT_ONCE = 64
"""Messages of others being answered at once; more are left unanswered, and come again."""

type Hear = Callable[[str, str, bytes], Awaitable[bytes | None]]
"""Who speaks, what kind of message it is, and the message; gives the answer, or None for none."""


class Line:
    """Connects, and connects again, for as long as it runs."""

    def __init__(self, me: str, hub: str, user_seed: str, hear: Hear, *, hears: str | None = None) -> None:
        """`hears`: the subjects to listen to, where that is less than all that is for `me`."""
        self._me = me
        self._hears = hears or subjects.region_on_hub(me).subscribe[0]
        self._hub = hub
        self._seed = user_seed
        self._hear = hear
        self._token = new_id().hex
        self._count = 0
        self._asked: dict[str, asyncio.Future[bytes]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._client: Client | None = None
        self.connects = asyncio.Event()
        """Set at every (new) connection; whoever waits for one clears it."""

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def run(self) -> None:
        """Be connected until cancelled. Also after the hub showed us the door: it may be a new one."""
        while True:
            closed = asyncio.Event()
            try:
                await self._connect(closed)
                await closed.wait()
            except NATS_AWAY as away:
                log.info("hub_away", error=type(away).__name__)
            finally:
                client, self._client = self._client, None
                if client is not None and not client.is_closed:
                    with suppress(*NATS_AWAY):
                        async with asyncio.timeout(1):
                            await client.close()
            await asyncio.sleep(0.5)

    async def _connect(self, closed: asyncio.Event) -> None:
        async def on_closed() -> None:
            closed.set()

        async def on_broken() -> None:
            # Their answers will not come any more: who waits for one asks again at once.
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(nats.errors.ConnectionClosedError())

        async def on_again() -> None:
            self.connects.set()

        async def on_error(error: Exception) -> None:
            if not isinstance(error, OSError):
                log.warning("hub", error=type(error).__name__, what=str(error)[:200])

        self._client = await nats.connect(
            f"nats://{self._hub}",
            nkeys_seed_str=self._seed,
            name=self._me,
            connect_timeout=2,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,
            ping_interval=2,
            max_outstanding_pings=2,
            closed_cb=on_closed,
            disconnected_cb=on_broken,
            reconnected_cb=on_again,
            error_cb=on_error,
        )
        await self._client.subscribe(self._hears, cb=self._on_message)
        self.connects.set()

    async def ask(self, to: str, kind: str, raw: bytes, *, seconds: float = ASK_SECONDS) -> bytes:
        """One request, one answer. Raises Unreachable."""
        client = self._client
        if client is None or not client.is_connected:
            raise Unreachable
        self._count += 1
        reply = subjects.inbox_between(to, self._me, f"{self._token}.{self._count}")
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[reply] = answer
        try:
            await client.publish(subjects.between(self._me, to, kind), raw, reply=reply)
            async with asyncio.timeout(seconds):
                return await answer
        except NATS_AWAY:
            raise Unreachable(to) from None
        finally:
            del self._asked[reply]

    async def tell(self, to: str, kind: str, raw: bytes) -> None:
        """Say something that nobody answers. Raises Unreachable."""
        if self._client is None or not self._client.is_connected:
            raise Unreachable
        try:
            await self._client.publish(subjects.between(self._me, to, kind), raw)
        except NATS_AWAY:
            raise Unreachable(to) from None

    async def _on_message(self, message: Msg) -> None:
        _, _, sender, _, kind, *_ = message.subject.split(".")
        if kind == "inbox":
            answer = self._asked.get(message.subject)
            if answer is not None and not answer.done():
                if message.headers and message.headers.get("Status") == "503":
                    # Nobody is there: the server says so at once.
                    answer.set_exception(nats.errors.NoRespondersError())
                else:
                    answer.set_result(message.data)
        elif len(self._answering) < MOST_AT_ONCE:
            task = asyncio.create_task(self._answer(sender, kind, message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, sender: str, kind: str, message: Msg) -> None:
        answer = await self._hear(sender, kind, message.data)
        # An answer goes to who asked, and nowhere else: we are nobody's mouthpiece.
        ours = message.reply.startswith(subjects.inbox_between(self._me, sender, ""))
        if answer is not None and ours and self._client is not None:
            with suppress(*NATS_AWAY):
                await self._client.publish(message.reply, answer)
