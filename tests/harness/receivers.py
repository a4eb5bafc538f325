"""Systems of social teams that get webhooks: real servers on loopback, that answer what a test wants."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.envelope import Actor, Command, Role
from contracts.feedback import DeleteEndpoint, OpenEndpoint
from contracts.referrals import FeedbackGiven, ReferralStatus
from services.kernel.probes import WebServer
from services.kernel.service import new_id
from services.notifications.feedback.courier import Courier
from services.notifications.feedback.round import Round
from services.notifications.feedback.signing import new_secret, new_signing_key
from services.region.servers import free_port
from tests.harness.postroom import Postroom
from tests.harness.town import word
from tests.harness.waiting import until


@dataclass(frozen=True)
class Webhook:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def told(self) -> tuple[str, int]:
        """Of which referral, and which of what is told about it."""
        data = self.event["data"]
        return data["referral_id"], data["number"]


@dataclass
class Receiver:
    """Takes what comes, unless `answers` says otherwise, one for each request; `hangs`: never answers.

    `refuses`: referrals of which it digests nothing.
    """

    port: int = field(default_factory=free_port)
    got: list[Webhook] = field(default_factory=list)
    answers: deque[Response] = field(default_factory=deque)
    always: int = 204
    refuses: set[str] = field(default_factory=set)
    hangs: bool = False
    at_once: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks?from=wederdienst"

    @property
    def taken(self) -> list[tuple[str, int]]:
        """What was told, in the order in which it came, refused or not."""
        return [webhook.told for webhook in self.got]

    async def _take(self, request: Request) -> Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.got.append(Webhook(dict(request.headers), await request.body()))
            if self.hangs:
                await asyncio.sleep(3600)
            if self.refuses and self.got[-1].told[0] in self.refuses:
                return Response(status_code=400)
            return self.answers.popleft() if self.answers else Response(status_code=self.always)
        finally:
            self.at_once -= 1

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Receiver"]:
        """Listening inside the block."""
        web = Starlette(routes=[Route("/webhooks", self._take, methods=["POST"])])
        server = WebServer(web, "127.0.0.1", self.port)
        server.config.timeout_graceful_shutdown = 0
        serving = asyncio.create_task(server.serve())

        async def listening() -> bool:
            return server.started

        await until(listening, "a receiver listening")
        try:
            yield self
        finally:
            server.should_exit = server.force_exit = True
            await serving

    async def gets(self, number: int, *, seconds: float = 10.0) -> None:
        """Wait until so many requests came."""

        async def enough() -> bool:
            return len(self.got) >= number

        await until(enough, f"{number} webhooks coming (there are {len(self.got)})", seconds=seconds)


@dataclass
class Dispatch:
    """A room from which feedback is brought: what two teams ask of it, and what exchange says.

    The teams are those of one test: several tests may use one room after another.
    """

    room: Postroom
    rounds: list[Round] = field(default_factory=list)
    west: str = field(default_factory=lambda: f"west-{word()[-12:]}")
    oost: str = field(default_factory=lambda: f"oost-{word()[-12:]}")
    _numbers: dict[UUID, Any] = field(default_factory=dict)
    _endpoints: list[UUID] = field(default_factory=list)

    @property
    def of_west(self) -> Actor:
        return Actor(role=Role.REFERRER, name="key-1", team=self.west)

    @property
    def of_oost(self) -> Actor:
        return Actor(role=Role.REFERRER, name="key-2", team=self.oost)

    @asynccontextmanager
    async def bringing(self) -> AsyncIterator[None]:
        """Webhooks are sent inside the block."""
        self.rounds.clear()
        task = asyncio.create_task(Courier(self.room.replica, self._round).run())
        try:
            yield
        finally:
            task.cancel()
            (ended,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(ended, asyncio.CancelledError), ended

    def _round(self, replica: Any, endpoint_id: UUID) -> Round:
        found = Round(replica, endpoint_id, clock=lambda: self.room.at, chance=lambda: 0.5)
        self.rounds.append(found)
        return found

    async def ask(self, command: Command, by: Actor | None = None) -> UUID:
        """A wish of a team (without `by`: of the one in the west), which must be granted."""
        answer = await self.room.replica.decide(command, by or self.of_west, new_id())
        assert answer.outcome == "accepted", answer.refusal
        return UUID(str(answer.id))

    async def register(self, receiver: Receiver, by: Actor | None = None) -> tuple[UUID, OpenEndpoint]:
        """An endpoint of a team; returns its id, and what it was opened with."""
        opened = OpenEndpoint(url=receiver.url, secret=new_secret(), signing_key=new_signing_key())
        endpoint_id = await self.ask(opened, by)
        self._endpoints.append(endpoint_id)
        return endpoint_id, opened

    async def clear(self) -> None:
        """Delete all endpoints: what waits here does not concern the next test."""
        operator = Actor(role=Role.OPERATOR, name="operator")
        for endpoint_id in self._endpoints:
            await self.room.replica.decide(DeleteEndpoint(endpoint_id=endpoint_id), operator, new_id())

    async def give(
        self, referral_id: UUID, status: ReferralStatus = "accepted", *, team: str = ""
    ) -> tuple[str, int]:
        """Exchange says something about a referral (without `team`: of the one in the west)."""
        number = next(self._numbers.setdefault(referral_id, count(1)))
        said = {"number": number, "status": status, "at": self.room.at}
        await self.room.follow(FeedbackGiven(referral_id=referral_id, team=team or self.west, **said))
        return str(referral_id), number

    async def pass_by(self, **time: float) -> None:
        """The clock moves on, and who waits for it looks."""
        self.room.at += timedelta(**time)
        for each in self.rounds:
            each.wake(changed=False)

    async def waiting(self, endpoint_id: UUID) -> int:
        """How much is still to be brought there."""
        return int(
            await self.room.leader.pool.fetchval(
                "SELECT count(*) FROM deliveries WHERE endpoint_id = $1 AND status = 'queued'", endpoint_id
            )
        )

    async def all_brought(self, endpoint_id: UUID, *, seconds: float = 10.0) -> None:
        async def none_left() -> bool:
            return await self.waiting(endpoint_id) == 0

        await until(none_left, "everything being brought", seconds=seconds)

    async def tried(self, endpoint_id: UUID, times: int) -> None:
        """Wait until so many attempts are in its delivery log: then what failed knows when it is due."""

        where = f"person_id = '{endpoint_id}' AND starts_with(entity, 'attempt/')"

        async def noted() -> bool:
            return await self.room.leader.count("vault", where) >= times

        await until(noted, f"{times} attempts being noted")

    async def becomes(self, endpoint_id: UUID, status: str) -> None:
        """Wait until the endpoint is `active`, `paused`, `disabled` or `deleted`."""

        async def is_so() -> bool:
            found = await self.room.leader.pool.fetchval(
                "SELECT status FROM endpoints WHERE endpoint_id = $1", endpoint_id
            )
            return bool(found == status)

        await until(is_so, f"an endpoint being {status}")
