"""NATS subjects, streams and who may use which: built and checked here, nowhere else.

    wd.evt.<region>.<service>.<EventName>   in a service's stream
    wd.cmd.<region>.<service>.<Command>     request/reply
    wd.qry.<region>.<service>.<Query>       request/reply
    wd.head.<region>.<service>              heartbeat of the log's head, core NATS
    wd.net.<from>.<to>.<Message>            between regions, on the hub; replies to
    wd.net.<to>.<from>.inbox.<…>            so that the same two allow lists cover them
    wd.ref.<region>.<team>.in               a social team's CloudEvents: referrals, core NATS
    wd.ref.<region>.<team>.out.>            what a social team may hear, live, core NATS
    wd.ref.<region>.<team>.ask              request/reply: a team's feed after a cursor

No ids in subjects: metrics and permissions stay bounded. Inboxes are `_INBOX.<user>.>`,
one prefix per user, so that nobody reads another's replies; whoever answers may publish
to the reply subject of a request it received and to no other inbox (`allow_responses`).
"""

import re
from dataclasses import dataclass

from contracts.catalogue import SERVICES

_TOKEN = re.compile(r"[a-z][a-z0-9-]{0,31}")

READ_LOG = "ReadLog"
"""Query of the kernel: a stretch of a service's log, for followers with a gap."""

GET_MARKS = "GetMarks"
"""Query of the kernel: how far a follower is, for a source that doubts its own log."""


OF_OPERATORS = ("GetState", "RetryParked")
"""Queries of the kernel that the coordinator instance asks in an operator's name."""


def region_token(region: str) -> str:
    """`region` if it can be a subject token. Raises ValueError otherwise."""
    if not _TOKEN.fullmatch(region):
        raise ValueError(
            f"region {region!r}: use 1 to 32 lower-case letters, digits and hyphens, beginning with a letter"
        )
    return region


def event(region: str, service: str, name: str) -> str:
    return f"wd.evt.{region}.{service}.{name}"


def command(region: str, service: str, name: str) -> str:
    return f"wd.cmd.{region}.{service}.{name}"


def query(region: str, service: str, name: str) -> str:
    return f"wd.qry.{region}.{service}.{name}"


def head(region: str, service: str) -> str:
    return f"wd.head.{region}.{service}"


def between(sender: str, to: str, kind: str) -> str:
    """Where one region says something to another, on the hub."""
    return f"wd.net.{sender}.{to}.{kind}"


def inbox_between(asked: str, asking: str, token: str) -> str:
    """Where a region that was asked puts its answer: it is a message from there to who asks."""
    return between(asked, asking, f"inbox.{token}")


def referrals_in(region: str, team: str) -> str:
    """Where a social team sends its referrals."""
    return f"wd.ref.{region}.{team}.in"


def referrals_out(region: str, team: str) -> str:
    """All that a social team may hear."""
    return f"wd.ref.{region}.{team}.out.>"


def feedback_out(region: str, team: str) -> str:
    """Where a social team hears live what may be told back of its referrals."""
    return f"wd.ref.{region}.{team}.out.FeedbackGiven"


def refused_out(region: str, team: str) -> str:
    """Where a social team hears that something it sent, not waiting for an answer, was not taken in."""
    return f"wd.ref.{region}.{team}.out.Refused"


def feedback_ask(region: str, team: str) -> str:
    """Where a social team asks for its feed after a cursor."""
    return f"wd.ref.{region}.{team}.ask"


def asking_team(subject: str) -> str:
    """Which team asks: the server lets each team's user publish to its own subject only."""
    return subject.split(".")[3]


def team_user(team: str) -> str:
    """A social team's NATS user: its name cannot be a service's."""
    return f"team-{team}"


def stream(service: str) -> str:
    """The JetStream stream that carries one service's events."""
    return f"EVT_{service}"


def inbox(user: str) -> str:
    return f"_INBOX.{user}"


def is_own_inbox(reply: str, user: str) -> bool:
    """Whether an answer goes to who asked, and nowhere else: a service is nobody's mouthpiece.

    A server lets whoever answers publish to the reply subject of a request, whatever that is.

    >>> is_own_inbox("_INBOX.team-west.abc", "team-west"), is_own_inbox("wd.evt.a.ledger.X", "team-west")
    (True, False)
    """
    return reply.startswith(f"{inbox(user)}.")


@dataclass(frozen=True)
class Permissions:
    """Allow lists of one NATS user; whatever is not listed is refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def permissions(region: str, service: str) -> Permissions:
    """What `service` may publish and subscribe to, worked out from the contracts.

    It publishes its own events and heads; answers requests; asks those it `ASKS`
    (the coordinator instance also sends commands); and reads the streams it `FOLLOWS`.
    """
    contract = SERVICES[service]
    own_stream = stream(service)
    publish = [
        event(region, service, "*"),
        head(region, service),
        # A wiped JetStream store is made again by those who use it.
        f"$JS.API.STREAM.INFO.{own_stream}",
        f"$JS.API.STREAM.CREATE.{own_stream}",
        f"$JS.API.STREAM.MSG.GET.{own_stream}",
    ]
    subscribe = [
        f"{inbox(service)}.>",
        command(region, service, "*"),
        query(region, service, "*"),
    ]
    for source in contract.FOLLOWS:
        followed = stream(source)
        publish += [
            query(region, source, READ_LOG),
            f"$JS.API.CONSUMER.INFO.{followed}.{service}",
            f"$JS.API.CONSUMER.CREATE.{followed}.{service}",
            f"$JS.API.CONSUMER.DURABLE.CREATE.{followed}.{service}",
            f"$JS.API.CONSUMER.MSG.NEXT.{followed}.{service}",
            f"$JS.ACK.{followed}.{service}.>",
        ]
        subscribe.append(head(region, source))
    publish += [query(region, other, GET_MARKS) for other, c in SERVICES.items() if service in c.FOLLOWS]
    for asked in contract.ASKS:
        names = {q.__name__ for q in SERVICES[asked].QUERIES}
        publish += [query(region, asked, name) for name in sorted(names & questions(service, names))]
    if service == "notifications":
        subscribe.append(feedback_ask(region, "*"))
        publish.append(feedback_out(region, "*"))
    if service == "coordinator":
        subscribe.append(referrals_in(region, "*"))
        publish.append(refused_out(region, "*"))
        publish += [command(region, other, "*") for other in SERVICES]
        publish += [query(region, other, name) for other in SERVICES for name in OF_OPERATORS]
    return Permissions(tuple(dict.fromkeys(publish)), tuple(subscribe))


def questions(service: str, queries: set[str]) -> set[str]:
    """Which of these queries a service may ask: all, where it does not name its `QUESTIONS`."""
    return set(getattr(SERVICES[service], "QUESTIONS", queries))


def team_permissions(region: str, team: str) -> Permissions:
    """A social team's own system: it refers, and hears what it may know. Nothing of another team."""
    return Permissions(
        publish=(referrals_in(region, team), feedback_ask(region, team)),
        subscribe=(f"{inbox(team_user(team))}.>", referrals_out(region, team)),
    )


def operator_permissions(region: str) -> Permissions:
    """The operator's command line: watches events and heads, inspects streams, asks logs, sends imports."""
    return Permissions(
        publish=(
            f"wd.cmd.{region}.>",
            f"wd.qry.{region}.>",
            "$JS.API.STREAM.>",
            "$JS.API.CONSUMER.>",
            "$JS.API.INFO",
            "$JS.ACK.>",
        ),
        subscribe=(f"{inbox('operator')}.>", f"wd.evt.{region}.>", f"wd.head.{region}.>"),
    )


def region_on_hub(region: str) -> Permissions:
    """A region on the hub says what is its own, and hears what is for it. The hub itself is one too."""
    return Permissions(publish=(f"wd.net.{region}.>",), subscribe=(between("*", region, ">"),))


def guest_on_hub(region: str, hub: str) -> Permissions:
    """Who was invited may ask the hub to be taken in, and hear its answer."""
    return Permissions(publish=(between(region, hub, "Join"),), subscribe=(inbox_between(hub, region, ">"),))
