"""Toestand: how the region runs, for its operators: verdict first, then the services, then what to do.

Each service is asked about itself; one that does not answer in time is said not to.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.envelope import Actor
from services.coordinator.console.views import Icon, StatusTone
from services.coordinator.console.webhooks import EndpointLine, endpoint_lines
from services.coordinator.console.wording import waited_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.kernel.dutch import local
from services.kernel.errors import Rejected, Unreachable
from services.kernel.pulse import PROGRAM_VERSION
from services.kernel.questions import GetState, ParkedState, Retried, RetryParked, ServiceState

ASK_SECONDS = 1.5
RETRY_SECONDS = 10.0
MANY = 1000
"""From how many events behind it needs attention."""

MOST_TROUBLE = 10


@dataclass(frozen=True, slots=True)
class Point:
    """Something that needs attention: one sentence, and where on this page more of it is."""

    text: str
    href: str
    grave: bool = False


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service in the table. Numbers are None where it did not answer."""

    name: str
    label: str
    tone: StatusTone
    icon: Icon
    copies: str
    head: int | None = None
    relay_lag: int | None = None
    follower_lag: int | None = None
    parked: int | None = None
    p99: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """One parked event. `retry_href` is empty where it only waits for another of its lane."""

    service: str
    name: str
    place: str
    why: str
    retry_href: str


@dataclass(frozen=True, slots=True)
class StreamLine:
    """`oldest_at` in the region's time zone."""

    name: str
    messages: int
    size: str
    readers: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class CopyLine:
    """One process of a service."""

    service: str
    replica: str
    says: str
    version: str
    since: datetime
    tone: StatusTone


@dataclass(frozen=True, slots=True)
class JobLine:
    """Work that returns, and how it ended."""

    title: str
    text: str
    ok: bool


@dataclass(frozen=True, slots=True)
class TroubleLine:
    """A line of a log: which, where, when, how often lately."""

    at: datetime
    service: str
    event: str
    detail: str
    level: Literal["warning", "error"]


@dataclass(frozen=True, slots=True)
class OperatingPage:
    """As of a moment in the region's time zone."""

    as_of: datetime
    version: str
    verdict: str
    tone: Literal["ok", "warning", "error"]
    points: tuple[Point, ...]
    services: tuple[ServiceLine, ...]
    parked: tuple[ParkedLine, ...]
    parked_count: int
    streams: tuple[StreamLine, ...]
    copies: tuple[CopyLine, ...]
    jobs: tuple[JobLine, ...]
    trouble: tuple[TroubleLine, ...]
    endpoints: tuple[EndpointLine, ...] | None = ()
    """Where social teams have feedback brought; None: not known now."""
    done: str = ""


DONE = {
    "opnieuw": "Opnieuw geprobeerd. Wat hier niet meer staat, is gelukt.",
    "niets": "Dit stond niet meer geparkeerd.",
    "webhook-uit": "Wij sturen hier niets meer naartoe. Wat komt, blijft bewaard.",
    "webhook-aan": "Wij sturen weer, te beginnen met wat bewaard bleef.",
}


async def operating_page(desk: Desk, actor: Actor, *, done: str | None = None) -> OperatingPage:
    """The page, out of what every service says of itself now."""
    services = desk.region.services
    endpoints, found = await asyncio.gather(
        endpoint_lines(desk, actor, seconds=ASK_SECONDS),
        asyncio.gather(*(_ask(desk, service, actor) for service in services)),
    )
    states: dict[str, ServiceState | None] = dict(zip(services, found, strict=True))
    at = now()
    lines = tuple(_service(name, state, states) for name, state in states.items())
    points = tuple(point for name, state in states.items() for point in _points(name, state, states, at))
    told = [state for state in states.values() if state is not None]
    return OperatingPage(
        as_of=at,
        version=PROGRAM_VERSION,
        verdict=_verdict(desk.region.name, points),
        tone="error" if any(point.grave for point in points) else "warning" if points else "ok",
        points=points,
        services=lines,
        parked=tuple(_parked(state.service, one, at) for state in told for one in state.parked),
        parked_count=sum(state.parked_count for state in told),
        streams=tuple(_stream(state) for state in told),
        copies=tuple(line for state in told for line in _copies(state, at)),
        jobs=_jobs(told, at),
        trouble=_trouble(told),
        endpoints=endpoints,
        done=DONE.get(done or "", ""),
    )


async def retry(desk: Desk, actor: Actor, service: str, lane: UUID) -> str:
    """Have a service try a lane again; the word for the address of the page after it. Raises Rejected."""
    try:
        await desk.replica.bus.ask(RetryParked(lane=lane), Retried, actor, to=service, seconds=RETRY_SECONDS)
    except Rejected as no:
        if no.refusal.code == "nothing_parked":
            return "niets"
        raise
    return "opnieuw"


async def _ask(desk: Desk, service: str, actor: Actor) -> ServiceState | None:
    try:
        return await desk.replica.bus.ask(GetState(), ServiceState, actor, to=service, seconds=ASK_SECONDS)
    except Unreachable:
        return None


def _behind(state: ServiceState, states: dict[str, ServiceState | None]) -> int:
    """How many events this service has not followed yet, of the source of which it is furthest behind."""
    heads = {name: other.head for name, other in states.items() if other is not None}
    return max((max(0, heads[each] - at) for each, at in state.marks.items() if each in heads), default=0)


def _leads(state: ServiceState) -> bool:
    return any(copy.leading and not copy.silent for copy in state.replicas)


def _service(name: str, state: ServiceState | None, states: dict[str, ServiceState | None]) -> ServiceLine:
    if state is None:
        return ServiceLine(name, "antwoordt niet", "warning", "warning", "onbekend")
    leader = next((copy for copy in state.replicas if copy.leading and not copy.silent), None)
    trouble = _points(name, state, states, now())
    label = "schrijft niet" if leader is None else "let op" if trouble else "werkt"
    waiting = sum(not copy.leading and not copy.silent for copy in state.replicas)
    silent = sum(copy.silent for copy in state.replicas)
    counts = ((1 if leader else 0, "leidt"), (waiting, "wacht"), (silent, "stil"))
    copies = ", ".join(f"{count} {word}" for count, word in counts if count)
    return ServiceLine(
        name=name,
        label=label,
        tone="safe" if label == "werkt" else "warning",
        icon="check" if label == "werkt" else "warning",
        copies=copies or "geen",
        head=state.head,
        relay_lag=leader.relay_lag if leader else None,
        follower_lag=_behind(state, states),
        parked=state.parked_count,
        p99=f"{leader.p99_ms:.0f} ms" if leader and leader.p99_ms is not None else "",
        level=state.level if state.level != "info" else "",
    )


def _points(
    name: str, state: ServiceState | None, states: dict[str, ServiceState | None], at: datetime
) -> list[Point]:
    """What needs attention at one service, gravest first."""
    if state is None:
        return [Point(f"{name} antwoordt niet. Kijk of het proces en NATS er zijn.", "#diensten", grave=True)]
    found = []
    for copy in state.replicas:
        if "log" in copy.waits_for and not copy.silent:
            text = f"Anderen zijn verder dan het log van {name}. Geef: wederdienst recover {name}"
            found.append(Point(text, "#diensten", grave=True))
    if not found and not _leads(state):
        waits = {part for copy in state.replicas if not copy.silent for part in copy.waits_for}
        why = f": wacht op {', '.join(sorted(waits))}" if waits else ""
        found.append(Point(f"Niemand schrijft voor {name}{why}.", "#kopieen", grave=True))
    if state.parked_count:
        lanes = len({one.lane for one in state.parked})
        since = waited_nl(at - min(one.parked_at for one in state.parked))
        what = "gebeurtenis staat" if state.parked_count == 1 else "gebeurtenissen staan"
        rows = "één rij" if lanes == 1 else f"{lanes} rijen"
        found.append(
            Point(f"{state.parked_count} {what} geparkeerd bij {name}, in {rows}: {since}.", "#geparkeerd")
        )
    if state.forks:
        text = f"{name} verwerkte {state.forks} keer iets dat de bron niet meer heeft. Laat iemand kijken."
        found.append(Point(text, "#diensten"))
    leader = next((copy for copy in state.replicas if copy.leading and not copy.silent), None)
    if leader is not None and leader.relay_lag > MANY:
        found.append(
            Point(f"{leader.relay_lag} gebeurtenissen van {name} zijn niet doorgegeven.", "#diensten")
        )
    if (behind := _behind(state, states)) > MANY:
        found.append(
            Point(f"{name} loopt {behind} gebeurtenissen achter. Dat trekt vanzelf bij.", "#diensten")
        )
    if state.timers_late:
        found.append(Point(f"{state.timers_late} wekkers van {name} zijn te laat.", "#taken"))
    found += [
        Point(f"{_TITLES.get(job.job, job.job)} bij {name} ging niet goed.", "#taken")
        for job in state.jobs
        if not job.ok
    ]
    return found


def _verdict(region: str, points: tuple[Point, ...]) -> str:
    """One sentence first.

    >>> _verdict("Lindeveen", ()), _verdict("Lindeveen", (Point("", ""),))
    ('Lindeveen werkt.', 'Lindeveen werkt. Eén punt vraagt aandacht.')
    """
    if not points:
        return f"{region} werkt."
    count = "Eén punt vraagt" if len(points) == 1 else f"{len(points)} punten vragen"
    stands = "werkt niet helemaal" if any(point.grave for point in points) else "werkt"
    return f"{region} {stands}. {count} aandacht."


def _parked(service: str, one: ParkedState, at: datetime) -> ParkedLine:
    why = "Wacht achter een andere van deze rij. Gaat daarna vanzelf." if one.behind else f"{one.reason}."
    return ParkedLine(
        service=service,
        name=one.name,
        place=f"{service} volgt {one.source} {one.position}",
        why=f"{why} {waited_nl(at - one.parked_at).capitalize()}.",
        retry_href="" if one.behind else f"/beheer/geparkeerd/{service}/{one.lane}",
    )


def _stream(state: ServiceState) -> StreamLine:
    stream = state.stream
    if stream is None:
        return StreamLine(state.service, 0, "antwoordt niet", 0, None)
    oldest = local(stream.oldest_at) if stream.oldest_at else None
    return StreamLine(state.service, stream.messages, size_nl(stream.bytes), stream.consumers, oldest)


def size_nl(size_bytes: int) -> str:
    """A size as people read it.

    >>> size_nl(0), size_nl(31_400_000), size_nl(2_100_000_000)
    ('0 kB', '31 MB', '2,1 GB')
    """
    if size_bytes >= 1e9:
        return f"{size_bytes / 1e9:.1f} GB".replace(".", ",")
    if size_bytes >= 1e6:
        return f"{size_bytes / 1e6:.0f} MB"
    return f"{size_bytes / 1e3:.0f} kB"


def _copies(state: ServiceState, at: datetime) -> Iterable[CopyLine]:
    for copy in state.replicas:
        if copy.silent:
            says = f"zweeg: {waited_nl(at - copy.seen_at)}"
        elif copy.waits_for:
            says = f"wacht op {', '.join(copy.waits_for)}"
        else:
            says = "leidt" if copy.leading else "staat klaar"
        tone: StatusTone = "warning" if copy.silent or copy.waits_for else "safe"
        yield CopyLine(state.service, copy.replica, says, copy.version, local(copy.started_at), tone)


_TITLES = {
    "forget_answers": "Bewaartermijn van antwoorden",
    "rebuild": "Opnieuw opbouwen",
    "backup": "Back-up",
    "verify": "Controle",
    "restore": "Herstel",
    "reconcile": "Vergelijken met regio's",
}


def _jobs(states: Iterable[ServiceState], at: datetime) -> tuple[JobLine, ...]:
    jobs = []
    for state in states:
        jobs += [
            JobLine(
                f"{_TITLES.get(job.job, job.job)}, {state.service}",
                f"{waited_nl(at - job.ended_at)} geleden: {job.said}",
                job.ok,
            )
            for job in state.jobs
        ]
        if state.timers:
            late = f", {state.timers_late} te laat" if state.timers_late else ""
            jobs.append(
                JobLine(
                    f"Wekkers, {state.service}", f"{state.timers} staan klaar{late}", not state.timers_late
                )
            )
    return tuple(jobs)


def _trouble(states: Iterable[ServiceState]) -> tuple[TroubleLine, ...]:
    """The last bad lines of all processes, newest first."""
    lines = []
    for state in states:
        for copy in state.replicas:
            for said in copy.trouble:
                if "timestamp" not in said:
                    continue
                detail = str(said.get("error") or said.get("what") or "")
                lines.append(
                    TroubleLine(
                        local(datetime.fromisoformat(said["timestamp"])),
                        state.service,
                        str(said["event"]),
                        detail[:120],
                        "error" if said["level"] == "error" else "warning",
                    )
                )
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True)[:MOST_TROUBLE])
