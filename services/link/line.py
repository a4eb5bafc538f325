"""The line to the hub: one NATS connection, on which this region speaks as itself and for itself.

Core requests only: the hub stores nothing. A request's reply subject is of the form of a message from
who is asked to who asks, so the same two allow lists cover both (`contracts.subjects.region_on_hub`).
"""

import asyncio
import ssl
from collections import Counter
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
CONNECT_SECONDS = 3.0
AGAIN_SECONDS = 0.2
PULSE_SECONDS = 2.0
MOST_AT_ONCE = 64
"""Messages of others being answered at once; more are left unanswered, and come again."""
MOST_OF_ONE = 16
"""Of one region: who asks without end leaves room for the others."""

type Hear = Callable[[str, str, bytes], Awaitable[bytes | None]]
"""Who speaks, what kind of message it is, and the message; gives the answer, or None for none."""


class Line:
    """Connects, and connects again, for as long as it runs."""

    def __init__(
        self,
        me: str,
        hub: str,
        user_seed: str,
        hear: Hear,
        *,
        hears: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`hears`: the subjects to listen to, where that is less than all that is for `me`."""
        self._tls = tls
        self._me = me
        self._hears = hears or subjects.region_on_hub(me).subscribe[0]
        self._hub = hub
        self._seed = user_seed
        self._hear = hear
        self._token = new_id().hex
        self._count = 0
        self._asked: dict[str, asyncio.Future[bytes]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._of: Counter[str] = Counter()
        self._client: Client | None = None
        self.connects = asyncio.Event()
        """Set at every (new) connection; whoever waits for one clears it."""

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def run(self) -> None:
        """Be connected until cancelled. Also after the hub showed us the door: it may be a new one.

        A connection is given up for a new one as soon as it does not answer: the library's own way back
        may wait without end for a line that swallows what is sent.
        """
        missed = False
        while True:
            closed = asyncio.Event()
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    self._client = await self._connect(closed)
                log.info("hub_there")
                missed = False
                self.connects.set()
                await self._until_silent(self._client, closed)
            except NATS_AWAY as away:
                # Once: it is tried again five times a second.
                if not missed:
                    log.warning("hub_away", error=type(away).__name__)
                missed = True
            finally:
                self._give_up()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _connect(self, closed: asyncio.Event) -> Client:
        async def on_closed() -> None:
            closed.set()

        async def on_error(error: Exception) -> None:
            if self._client is not None and not isinstance(error, OSError):
                log.warning("hub", error=type(error).__name__, what=str(error)[:200])

        client = await nats.connect(
            f"{'nats' if self._tls is None else 'tls'}://{self._hub}",
            tls=self._tls,
            nkeys_seed_str=self._seed,
            name=self._me,
            connect_timeout=2,
            allow_reconnect=False,
            closed_cb=on_closed,
            error_cb=on_error,
        )
        await client.subscribe(self._hears, cb=self._on_message)
        return client

    async def _until_silent(self, client: Client, closed: asyncio.Event) -> None:
        """Until the connection is closed, or the hub lets a pulse go unanswered."""
        while not closed.is_set():
            async with asyncio.timeout(PULSE_SECONDS):
                await client.flush()
            with suppress(TimeoutError):
                async with asyncio.timeout(PULSE_SECONDS):
                    await closed.wait()

    def _give_up(self) -> None:
        """Who waits for an answer on this connection asks again at once."""
        client, self._client = self._client, None
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(nats.errors.ConnectionClosedError())
        if client is not None and not client.is_closed:
            closing = asyncio.create_task(_closed(client))
            self._answering.add(closing)
            closing.add_done_callback(self._answering.discard)

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
        elif len(self._answering) < MOST_AT_ONCE and self._of[sender] < MOST_OF_ONE:
            self._of[sender] += 1
            task = asyncio.create_task(self._answer(sender, kind, message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, sender: str, kind: str, message: Msg) -> None:
        try:
            answer = await self._hear(sender, kind, message.data)
        finally:
            self._of[sender] -= 1
            # Names are the senders' own: those that say nothing now are not kept.
            self._of += Counter()
        # An answer goes to who asked, and nowhere else: we are nobody's mouthpiece.
        ours = message.reply.startswith(subjects.inbox_between(self._me, sender, ""))
        if answer is not None and ours and self._client is not None:
            with suppress(*NATS_AWAY):
                await self._client.publish(message.reply, answer)


async def _closed(client: Client) -> None:
    """Close a connection that may hang on closing."""
    with suppress(*NATS_AWAY):
        async with asyncio.timeout(1):
            await client.close()
