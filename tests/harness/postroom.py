"""The sending of messages in a small room: a real log, mail server and gateway; neighbours on a list.

The rest of a region is a list of people who can be looked up. The clock on the wall can be moved.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.catalogue import EMITTED_BY
from contracts.envelope import Actor, Answer, Command, Event, Query, Role
from contracts.exchange import GetMatch, GetTexts, Match, MatchConfirmed, Texts
from contracts.initiatives import THE_INITIATIVE, GetInitiatives, Initiative, Initiatives
from contracts.members import GetPeople, People, Person
from contracts.notifications import QueueMessage, Template
from contracts.policy import Policy, Reciprocity
from contracts.proposals import Favour, Favours, SuggestReturnFavours
from services.kernel.deciding import Item
from services.kernel.errors import Unreachable
from services.kernel.log import Recorded
from services.kernel.probes import WebServer
from services.kernel.service import new_id
from services.kernel.settings import Mail, Region, Secrets, Sms, Webhooks
from services.kernel.telemetry import Metrics
from services.notifications import app
from services.notifications.sender import Sender
from services.region.mailbox import Mailbox
from services.region.servers import free_port
from tests.harness.leader import Leader, place
from tests.harness.waiting import until

TOKEN = "een geheim van de proef"
TO_LOOPBACK = {"private_networks": ["127.0.0.0/8"], "timeout_seconds": 2}


@dataclass
class Gateway:
    """A gateway for text messages, on loopback: keeps what it gets, and answers what a test wants."""

    port: int = field(default_factory=free_port)
    status: int = 202
    before: Callable[[], Awaitable[object]] | None = None
    """What it waits for before it answers."""
    requests: list[tuple[dict[str, str], str | None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/texts"

    @property
    def texts(self) -> list[dict[str, str]]:
        return [text for text, _ in self.requests]

    async def _take(self, request: Request) -> Response:
        self.requests.append((await request.json(), request.headers.get("authorization")))
        if self.before is not None:
            await self.before()
        return Response(status_code=self.status)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listening inside the block."""
        web = Starlette(routes=[Route("/texts", self._take, methods=["POST"])])
        server = WebServer(web, "127.0.0.1", self.port)
        serving = asyncio.create_task(server.serve())

        async def listening() -> bool:
            return bool(server.started)

        await until(listening, "a gateway that listens")
        try:
            yield
        finally:
            server.should_exit = True
            await serving


class Neighbourhood:
    """What notifications asks of members and exchange. `away`: services that do not answer."""

    def __init__(self) -> None:
        self.people: dict[UUID, Person] = {}
        self.words: dict[UUID, str] = {}
        self.away: set[str] = set()
        self.reciprocity: Reciprocity = "encouraged"
        self.asked: list[Query] = []
        self._numbers = count(1001)

    def neighbour(self, **details: Any) -> Person:
        """Someone who can be looked up; with e-mail, phone and address unless said otherwise."""
        number = next(self._numbers)
        person = Person(
            **{
                "member_id": new_id(),
                "number": number,
                "name": f"Buur {number}",
                "email": f"buur{number}@voorbeeld.example",
                "phone": f"06 1234{number}",
                "street": "Lindelaan",
                "house_number": str(number),
                "pc4": "3512",
                **details,
            }
        )
        self.people[person.member_id] = person
        return person

    async def ask(self, query: Query, answer: type[Any], actor: Actor, **_: Any) -> Any:
        self.asked.append(query)
        if ("members" if isinstance(query, GetPeople) else "exchange") in self.away:
            raise Unreachable
        match query:
            case GetPeople():
                return People(people=tuple(p for i in query.member_ids if (p := self.people.get(i))))
            case SuggestReturnFavours():
                return Favours(favours=(Favour(category="dog", nl="Hond uitlaten", en="Walking a dog"),))
            case GetMatch():
                people = dict.fromkeys(("request_id", "offer_id", "helper_id", "asker_id"), query.match_id)
                return Match(
                    match_id=query.match_id, **people, category="dog", minutes=60, status="completed"
                )
            case GetInitiatives():
                always = Initiative(
                    initiative_id=THE_INITIATIVE,
                    name="Voorbeeld",
                    preset="",
                    status="running",
                    policy=Policy(reciprocity=self.reciprocity),
                )
                return Initiatives(initiatives=(always,))
            case GetTexts():
                return Texts(texts={i: self.words[i] for i in query.ids if i in self.words})
            case _:
                raise AssertionError(f"nobody answers {query}")


@dataclass
class Postroom:
    """One leading replica of notifications, as far as sending goes."""

    leader: Leader
    mailbox: Mailbox
    gateway: Gateway
    neighbourhood: Neighbourhood
    replica: Any
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _followed: Any = field(default_factory=lambda: count(1))

    @property
    def sender(self) -> Sender:
        """A new sender, on the clock of this room."""
        return Sender(self.replica, clock=lambda: self.at)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Messages are sent inside the block."""
        task = asyncio.create_task(self.sender.run())
        try:
            yield
        finally:
            task.cancel()
            (ended,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(ended, asyncio.CancelledError), ended

    async def queue(self, person: Person, template: Template = "member-approved", **facts: Any) -> UUID:
        message_id = new_id()
        known: dict[str, Any] = {"number": 1042} if template == "member-approved" else {}
        await self.decide(
            QueueMessage(
                message_id=message_id,
                member_id=person.member_id,
                template=template,
                facts={**known, **facts},
            )
        )
        return message_id

    async def decide(self, command: Command) -> Answer:
        return await self.leader.submit(command)

    async def meet(self, helper: Person, asker: Person) -> UUID:
        """A match of these two is confirmed: from now on letters name them to each other."""
        match_id = new_id()
        await self.follow(
            MatchConfirmed(
                match_id=match_id,
                request_id=match_id,
                offer_id=match_id,
                helper_id=helper.member_id,
                asker_id=asker.member_id,
                category="dog",
                minutes=60,
                # Told by hand here: a visit by the usual helper has no letter of its own.
                series_id=match_id,
            )
        )
        return match_id

    async def follow(self, event: Event, *, version: int | None = None) -> None:
        """An event of another service, as it comes over the bus; with `version` of a later release."""
        position = next(self._followed)
        recorded = Recorded(
            source=EMITTED_BY[type(event).__name__],
            epoch=1,
            position=position,
            event_id=f"{new_id()}.0",
            name=type(event).__name__,
            schema_version=version or event.VERSION,
            entity_id=event.entity_id,
            correlation_id=None,
            traceparent=None,
            at=datetime.now(UTC),
            data=event.model_dump(mode="json"),
            raw=b"{}",
        )
        item = Item(new_id(), Actor(role=Role.SERVICE, name="notifications"), followed=recorded)
        await self.leader.loop.submit_followed([item])

    async def pass_by(self, **time: float) -> None:
        """The clock moves on."""
        await self.set_clock(self.at + timedelta(**time))

    async def set_clock(self, at: datetime) -> None:
        self.at = at
        # Whoever waits for the clock looks at it again.
        async with self.leader.loop.committed:
            self.leader.loop.committed.notify_all()

    async def status(self, message_id: UUID) -> str:
        return str(
            await self.leader.pool.fetchval("SELECT status FROM messages WHERE message_id = $1", message_id)
        )

    async def becomes(self, status: str, *message_ids: UUID) -> None:
        """Wait until all these messages have a status."""

        async def all_are() -> bool:
            found = await self.leader.pool.fetchval(
                "SELECT count(*) FROM messages WHERE message_id = ANY($1) AND status = $2",
                list(message_ids),
                status,
            )
            return bool(found == len(message_ids))

        await until(all_are, f"{len(message_ids)} messages being {status}")

    async def events(self, message_id: UUID) -> list[dict[str, Any]]:
        """What happened to a message, by name, with its data."""
        rows = await self.leader.pool.fetch(
            "SELECT name, data FROM events WHERE entity_id = $1 ORDER BY position", message_id
        )
        return [{"name": row["name"], **orjson.loads(row["data"])} for row in rows]


@asynccontextmanager
async def postroom(region: Region, *, sms: bool = True) -> AsyncIterator[Postroom]:
    """A room on a database of its own; `sms`: there is a gateway."""
    with Mailbox() as mailbox:
        gateway = Gateway()
        settings = region.model_copy(
            update={
                "mail": Mail(port=mailbox.port, sender="wederdienst@voorbeeld.example"),
                "webhooks": Webhooks.model_validate(
                    {"private_networks": ["127.0.0.0/8"], "timeout_seconds": 2}
                ),
                "sms": Sms(url=gateway.url if sms else ""),
                "secrets": Secrets(sms=SecretStr(TOKEN)),
            }
        )
        async with gateway.open(), place(region, app.service(region)) as here, here.leading() as leader:
            neighbourhood = Neighbourhood()

            async def decide(command: Command, actor: Actor, command_id: UUID) -> Answer:
                return await leader.loop.submit(Item(command_id=command_id, actor=actor, command=command))

            replica = SimpleNamespace(
                region=settings,
                pool=leader.pool,
                loop=leader.loop,
                bus=neighbourhood,
                decide=decide,
                metrics=Metrics(),
            )
            yield Postroom(leader, mailbox, gateway, neighbourhood, replica)
