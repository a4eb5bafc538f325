"""Who may publish and subscribe what, asked of a real server: each user tries every subject there is.

The server runs without services, so that what is granted does no harm. What must hold is said twice:
the server refuses exactly what the allow lists do not name, and the lists grant only what the table
of roles below says in words.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import RePublish, StreamConfig, StreamSource
from nats.js.errors import APIError, NotFoundError

from contracts import subjects
from contracts.catalogue import SERVICES
from contracts.subjects import Permissions, operator_permissions, permissions
from services.kernel.questions import KERNEL_QUERIES
from services.kernel.settings import Region, load
from services.kernel.streams import consumer_config, ensure_consumer, ensure_stream, stream_config
from services.region.configure import write_region
from services.region.servers import Nats, free_port
from services.region.transport import wrong_streams
from tests.harness import servers
from tests.harness.deployed import nats_nodes, written
from tests.harness.waiting import until

REGION = "proef"
USERS = (*SERVICES, "operator")
OTHER_REGION = "elders"


@pytest.fixture(scope="module", params=["for trying", "deployed"])
def region(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    """A NATS server with the users and allow lists of a region, and nobody else on it.

    Once as `up` starts it, and once as `region new` writes it: over TLS.
    """
    if servers.chosen is servers.Servers.EXTERNAL:
        pytest.skip("starts a NATS server of its own")
    folder = tmp_path_factory.mktemp("nats")
    if request.param == "deployed":
        path = written(folder / "region", nats=[f"127.0.0.1:{free_port()}"], postgres=["postgres:5432"])
        with nats_nodes(path.parent, load(path), free_port()):
            yield load(path)
        return
    config = load(write_region(folder, region=REGION, name="Proef", centre="3511", keys=[]))
    server = Nats(folder, config)
    server.start()
    try:
        yield config
    finally:
        server.stop()


@dataclass
class Tries:
    """One user's connection, and what the server refused it."""

    client: Client
    violations: list[str] = field(default_factory=list)

    async def refused(self) -> set[str]:
        """What was refused since the last time, in small letters as the client reports it."""
        # The server answers in order. The client's ping overtakes what it still had to send, so
        # only the answer to a second one says that every violation has been told.
        for _ in range(2):
            await self.client.flush(timeout=5)
        found = {text.partition('"')[2].partition('"')[0] for text in self.violations}
        self.violations.clear()
        return found


@asynccontextmanager
async def connected(region: Region, user: str, password: str | None = None) -> AsyncIterator[Tries]:
    tries: Tries | None = None

    async def on_error(error: Exception) -> None:
        if tries is not None and "permissions violation" in str(error):
            tries.violations.append(str(error))

    client = await nats.connect(
        region.nats.urls,
        tls=region.nats.ssl_context(),
        user=user,
        password=region.nats_password(user) if password is None else password,
        inbox_prefix=subjects.inbox(user).encode(),
        error_cb=on_error,
        allow_reconnect=False,
        connect_timeout=5,
    )
    tries = Tries(client)
    try:
        yield tries
    finally:
        await client.close()


def of(user: str) -> Permissions:
    return operator_permissions(REGION) if user == "operator" else permissions(REGION, user)


def matches(pattern: str, subject: str) -> bool:
    """NATS's own rule: `*` is one token, `>` is one or more at the end."""
    wanted, given = pattern.split("."), subject.split(".")
    for n, token in enumerate(wanted):
        if token == ">":
            return len(given) > n
        if n >= len(given) or (token != "*" and token != given[n]):
            return False
    return len(wanted) == len(given)


def listed(patterns: tuple[str, ...], subject: str) -> bool:
    return any(matches(pattern, subject) for pattern in patterns)


def every_subject() -> list[str]:
    """Every subject that the contracts, JetStream and the inboxes know, and some of another region."""
    found = []
    for region in (REGION, OTHER_REGION):
        for name, contract in SERVICES.items():
            found += [subjects.event(region, name, event.__name__) for event in contract.EVENTS]
            found += [subjects.command(region, name, command.__name__) for command in contract.COMMANDS]
            found += [subjects.query(region, name, query.__name__) for query in contract.QUERIES]
            found += [subjects.query(region, name, query) for query in KERNEL_QUERIES]
            found += [
                subjects.event(region, name, "NoSuchEvent"),
                subjects.command(region, name, "NoSuchCommand"),
                subjects.query(region, name, "NoSuchQuery"),
                subjects.head(region, name),
                f"{subjects.event(region, name, 'A')}.b",
            ]
    for name in SERVICES:
        stream = subjects.stream(name)
        found += [
            f"$JS.API.STREAM.{what}.{stream}"
            for what in ("INFO", "CREATE", "UPDATE", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT")
        ]
        found += [f"$JS.API.DIRECT.GET.{stream}", f"$JS.API.CONSUMER.LIST.{stream}"]
        for follower in (*SERVICES, "stranger"):
            found += [
                f"$JS.API.CONSUMER.{what}.{stream}.{follower}"
                for what in ("INFO", "CREATE", "DURABLE.CREATE", "MSG.NEXT", "DELETE", "PAUSE")
            ]
            found.append(f"$JS.ACK.{stream}.{follower}.1.2.3.4.5")
    found += [f"{subjects.inbox(user)}.abc" for user in USERS]
    found += ["$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "_INBOX.abc", "_INBOX"]
    found += ["$SYS.REQ.SERVER.PING", "$SYS.ACCOUNT.x", "wd.net.proef.elders.Hello", "wd", "anything"]
    return found


ALL = every_subject()
WILD = (
    ">",
    "_INBOX.>",
    "_INBOX.*",
    "_INBOX.*.>",
    "*.>",
    "wd.>",
    "wd.evt.>",
    f"wd.evt.{REGION}.>",
    f"wd.cmd.{REGION}.>",
    f"wd.qry.{REGION}.>",
    f"wd.head.{REGION}.>",
    "wd.*.*.*.*",
    "$JS.>",
    "$JS.API.>",
    "$JS.ACK.>",
    "$SYS.>",
    "$JS.EVENT.ADVISORY.>",
    *(f"{subjects.inbox(user)}.>" for user in USERS),
    *(subjects.command(REGION, name, "*") for name in SERVICES),
    *(subjects.query(REGION, name, "*") for name in SERVICES),
    *(subjects.event(REGION, name, "*") for name in SERVICES),
)


@pytest.mark.parametrize("user", USERS)
async def test_the_server_refuses_to_publish_exactly_what_is_not_listed(region: Region, user: str) -> None:
    async with connected(region, user) as tries:
        for subject in ALL:
            await tries.client.publish(subject, b"")
        refused = await tries.refused()
    granted = {subject.lower() for subject in ALL if listed(of(user).publish, subject)}
    assert granted
    assert refused == {subject.lower() for subject in ALL} - granted


@pytest.mark.parametrize("user", USERS)
async def test_the_server_refuses_to_subscribe_exactly_what_is_not_listed(region: Region, user: str) -> None:
    wanted = [*ALL, *WILD]
    async with connected(region, user) as tries:
        for subject in wanted:
            await tries.client.subscribe(subject)
        refused = await tries.refused()
    granted = {subject.lower() for subject in wanted if listed(of(user).subscribe, subject)}
    assert granted
    assert refused == {subject.lower() for subject in wanted} - granted


async def test_a_deployed_server_takes_nobody_without_tls_or_without_its_authority(region: Region) -> None:
    if region.nats.tls == "off":
        pytest.skip("this one is for trying")
    plain = region.model_copy(update={"nats": region.nats.model_copy(update={"tls": "off"})})
    with pytest.raises((nats.errors.Error, OSError)):
        async with connected(plain, "members"):
            pass
    stranger = ssl.create_default_context()
    with pytest.raises((nats.errors.Error, OSError)):
        await nats.connect(region.nats.urls, tls=stranger, allow_reconnect=False, connect_timeout=5)


# ---- the same lists against what they must mean, in words


@pytest.mark.parametrize("user", USERS)
def test_what_the_lists_grant_is_what_a_service_needs(user: str) -> None:
    may = of(user)
    for subject in ALL:
        if listed(may.publish, subject):
            assert _is_needed_to_publish(user, subject), f"{user} may publish {subject}"
    for subject in ALL:
        if listed(may.subscribe, subject):
            assert _is_needed_to_hear(user, subject), f"{user} may hear {subject}"


def _is_needed_to_publish(user: str, subject: str) -> bool:
    """Own events and heads; questions to those it asks; its own place in streams it follows."""
    match subject.split("."):
        case ["wd", "evt" | "head", region, service, *_]:
            return region == REGION and service == user
        case ["wd", "cmd", region, *_]:
            return region == REGION and user in ("coordinator", "operator")
        case ["wd", "qry", region, service, query]:
            if region != REGION or query in ("GetState", "RetryParked"):
                # The coordinator instance asks these in the name of an operator who signed in there.
                return region == REGION and user in ("operator", "coordinator")
            if user == "operator":
                return True
            asks = service in SERVICES[user].ASKS and query not in KERNEL_QUERIES
            asks = asks and query in subjects.questions(user, {query})
            reads_on = query == "ReadLog" and service in SERVICES[user].FOLLOWS
            doubts_itself = query == "GetMarks" and user in SERVICES[service].FOLLOWS
            return asks or reads_on or doubts_itself
        case ["$JS", "API", "STREAM", "INFO" | "CREATE", stream]:
            return user == "operator" or stream == subjects.stream(user)
        case ["$JS", "API", "STREAM", "MSG", "GET", stream]:
            return user == "operator" or stream == subjects.stream(user)
        case ["$JS", "API", "CONSUMER", *what, stream, follower] if user != "operator":
            harmless = what in (["INFO"], ["CREATE"], ["DURABLE", "CREATE"], ["MSG", "NEXT"])
            followed = {subjects.stream(source) for source in SERVICES[user].FOLLOWS}
            return harmless and follower == user and stream in followed
        case ["$JS", "ACK", stream, follower, *_] if user != "operator":
            followed = {subjects.stream(source) for source in SERVICES[user].FOLLOWS}
            return follower == user and stream in followed
        case ["$JS", *_]:
            return user == "operator"
        case _:
            return False


def _is_needed_to_hear(user: str, subject: str) -> bool:
    match subject.split("."):
        case ["wd", "cmd" | "qry", region, service, *_]:
            return region == REGION and service == user
        case ["wd", "head", region, service]:
            return region == REGION and (user == "operator" or service in SERVICES[user].FOLLOWS)
        case ["wd", "evt", region, *_]:
            return region == REGION and user == "operator"
        case ["_INBOX", owner, *_]:
            return owner == user
        case _:
            return False


@pytest.mark.parametrize("user", USERS)
async def test_nobody_hears_anothers_replies(region: Region, user: str) -> None:
    async with connected(region, user) as tries:
        for subject in ("_INBOX.>", ">", *(f"_INBOX.{other}.>" for other in USERS if other != user)):
            await tries.client.subscribe(subject)
        refused = await tries.refused()
        assert len(refused) == 1 + len(USERS)
        # Nor may anyone put words into another's inbox unasked.
        for other in USERS:
            await tries.client.publish(f"_INBOX.{other}.x", b"")
        assert len(await tries.refused()) == len(USERS)


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("stranger", "anything"),
        ("members", "wrong"),
        ("members", ""),
        ("", ""),
        ("admin", "admin"),
        ("_INBOX", "x"),
    ],
)
async def test_who_is_unknown_does_not_come_in(region: Region, user: str, password: str) -> None:
    with pytest.raises((nats.errors.Error, OSError)):
        async with connected(region, user, password):
            pass


# ---- what is granted works


async def test_granted_messages_arrive_where_they_belong(region: Region) -> None:
    """Every listed event, command, query and head is heard by those who may, and by nobody else."""
    heard: dict[str, set[str]] = {user: set() for user in USERS}

    def hearing(user: str) -> Callable[[Msg], Awaitable[None]]:
        async def hear(message: Msg) -> None:
            heard[user].add(message.subject)

        return hear

    async with _all_connected(region) as clients:
        for user, tries in clients.items():
            for subject in of(user).subscribe:
                await tries.client.subscribe(subject, cb=hearing(user))
            assert not await tries.refused()
        sent = set()
        for user, tries in clients.items():
            for subject in ALL:
                if subject.startswith("wd.") and listed(of(user).publish, subject):
                    await tries.client.publish(subject, b"")
                    sent.add(subject)
            assert not await tries.refused()
        wanted = {user: {s for s in sent if listed(of(user).subscribe, s)} for user in USERS}

        async def all_heard() -> bool:
            return heard == wanted

        await until(all_heard, "each hearing what is theirs")
    assert set().union(*heard.values()) == sent


@asynccontextmanager
async def _all_connected(region: Region) -> AsyncIterator[dict[str, Tries]]:
    async with asyncio.TaskGroup() as tasks:
        opened: dict[str, Tries] = {}
        done = asyncio.Event()

        async def hold(user: str) -> None:
            async with connected(region, user) as tries:
                opened[user] = tries
                await done.wait()

        for user in USERS:
            tasks.create_task(hold(user))

        async def all_there() -> bool:
            return len(opened) == len(USERS)

        try:
            await until(all_there, "everyone being connected")
            yield opened
        finally:
            done.set()


async def test_a_request_is_answered_once_and_to_its_own_inbox_only(region: Region) -> None:
    async with connected(region, "coordinator") as asks, connected(region, "members") as answers:
        got: asyncio.Queue[Msg] = asyncio.Queue()
        await answers.client.subscribe(subjects.command(REGION, "members", "*"), cb=got.put)
        assert not await answers.refused()
        asking = asyncio.create_task(
            asks.client.request(subjects.command(REGION, "members", "ApproveMember"), b"?", timeout=5)
        )
        message = await asyncio.wait_for(got.get(), 5)
        await answers.client.publish(message.reply, b"!")
        assert (await asking).data == b"!"
        assert not await answers.refused()
        # One answer was granted; a second, or to somewhere else, is not.
        await answers.client.publish(message.reply, b"again")
        await answers.client.publish(f"{message.reply}x", b"elsewhere")
        assert len(await answers.refused()) == 2


async def test_streams_are_made_by_their_owner_and_read_by_their_followers(region: Region) -> None:
    for name in SERVICES:
        async with connected(region, name) as tries:
            js = tries.client.jetstream(timeout=2)
            await ensure_stream(js, stream_config(REGION, name, 1.0))
            if SERVICES[name].EVENTS:
                event = SERVICES[name].EVENTS[0].__name__
                ack = await js.publish(subjects.event(REGION, name, event), b"{}")
                assert ack.stream == subjects.stream(name)
                assert (await js.get_msg(subjects.stream(name), seq=ack.seq)).data == b"{}"
            assert not await tries.refused()
    for name, contract in SERVICES.items():
        async with connected(region, name) as tries:
            js = tries.client.jetstream(timeout=2)
            for source in contract.FOLLOWS:
                await ensure_consumer(js, subjects.stream(source), consumer_config(name))
                assert (await js.consumer_info(subjects.stream(source), name)).num_pending > 0
            assert not await tries.refused()


async def test_the_log_of_another_can_be_neither_changed_nor_read_unfollowed(region: Region) -> None:
    async with connected(region, "operator") as tries:
        await ensure_stream(tries.client.jetstream(timeout=2), stream_config(REGION, "ledger", 1.0))
        before = (await tries.client.jetstream().stream_info("EVT_ledger")).state.last_seq
    async with connected(region, "members") as tries:
        js = tries.client.jetstream(timeout=0.3)
        for attempt in (
            js.purge_stream("EVT_ledger"),
            js.delete_stream("EVT_ledger"),
            js.update_stream(StreamConfig(name="EVT_ledger", subjects=["x"])),
            js.add_consumer("EVT_ledger", consumer_config("members")),
            js.get_msg("EVT_ledger", seq=1),
            js.publish(subjects.event(REGION, "ledger", "CreditTransferred"), b"{}"),
        ):
            with pytest.raises((TimeoutError, nats.errors.Error, APIError, NotFoundError)):
                await attempt
        assert len(await tries.refused()) == 6
    async with connected(region, "operator") as tries:
        assert (await tries.client.jetstream().stream_info("EVT_ledger")).state.last_seq == before


@pytest.mark.parametrize(
    "more",
    [
        {"subjects": [f"wd.evt.{REGION}.ledger.*", f"wd.cmd.{REGION}.members.*"]},
        {
            "republish": RePublish(
                src=f"wd.evt.{REGION}.ledger.*", dest=f"wd.cmd.{REGION}.members.{{{{wildcard(1)}}}}"
            )
        },
        {"sources": [StreamSource(name="EVT_members")]},
        {"name": "EVT_other"},
    ],
    ids=["with commands", "sending on", "with another's events", "nobody's"],
)
async def test_a_stream_made_for_more_than_its_own_events_is_found(
    region: Region, more: dict[str, Any]
) -> None:
    async with connected(region, "operator") as tries:
        js = tries.client.jetstream(timeout=2)
        for service in SERVICES:
            with suppress(NotFoundError):
                await js.delete_stream(subjects.stream(service))
        await ensure_stream(js, stream_config(REGION, "members", region.nats.stream_days))
        assert await wrong_streams(region, js) == (1, [])
        made = replace(stream_config(REGION, "ledger", region.nats.stream_days), **more)
        # Whoever makes it: nobody else may make another's (the lists), and nothing limits what is in it.
        async with connected(region, "operator" if "name" in more else "ledger") as maker:
            await maker.client.jetstream(timeout=2).add_stream(made)
        count, wrong = await wrong_streams(region, js)
        assert (count, [each.partition(":")[0] for each in wrong]) == (2, [f"stream {made.name}"])
        await js.delete_stream(str(made.name))
