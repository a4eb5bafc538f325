"""What an operator does to a region: rebuild, recover, look at events and parked ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from contracts import subjects
from contracts.catalogue import EVENTS, SERVICES
from contracts.envelope import Actor, Role
from services.kernel.bus import Bus
from services.kernel.errors import Misconfigured
from services.kernel.forks import ranges as fork_ranges
from services.kernel.forks import settle as settle_range
from services.kernel.log import Publisher, follow, parse
from services.kernel.memory import collect_less
from services.kernel.questions import LogLevelSet, Retried, RetryParked, SetLogLevel
from services.kernel.rebuild import Rebuild, sources_of
from services.kernel.recovery import Recovered
from services.kernel.recovery import recover as recover_logs
from services.kernel.settings import Region
from services.kernel.state import job_ended
from services.kernel.streams import stream_config, update_stream
from services.kernel.telemetry import LEVELS
from services.region.databases import connect, connected, service_of

OPERATOR = Actor(role=Role.OPERATOR, name="command-line")
MOST_NOTE = 500

REBUILDING = 0x7764_0002
"""An advisory lock: two rebuilds of one service would fill the same tables."""


def known_service(name: str) -> str:
    """`name` if there is such a service. Raises Misconfigured."""
    if name not in SERVICES:
        raise Misconfigured(f"There is no service {name!r}. Choose one of: {', '.join(SERVICES)}.")
    return name


@asynccontextmanager
async def bus_of(region: Region) -> AsyncIterator[Bus]:
    bus = Bus(region, "operator")
    try:
        async with asyncio.timeout(5):
            await bus.connect()
    except (TimeoutError, OSError):
        raise Misconfigured(
            f"NATS does not answer at {region.nats.host}:{region.nats.port}. Start the region first."
        ) from None
    try:
        yield bus
    finally:
        await bus.close()


async def note_job(region: Region, job: str, *, ok: bool, said: str) -> None:
    """Keep how a job of the whole region ended, with the coordinator instance; see `state.job_ended`."""
    database = await connect(region, "coordinator")
    try:
        await job_ended(database, job, ok=ok, said=said)
    finally:
        await database.close()


async def rebuild(region: Region, service: str) -> int:
    """Rebuild a service's projections while it runs or rests; returns how many events were read."""
    found = service_of(known_service(service), region)
    sources = sources_of(service, found.kinds)
    async with connected(region, {service, *sources}) as logs:
        own = await connect(region, service)
        try:
            if not await own.fetchval("SELECT pg_try_advisory_lock($1)", REBUILDING):
                raise Misconfigured(f"{service} is being rebuilt already. Wait until that is done.")
            collect_less()
            events = await Rebuild(
                service, found.kinds, own, {name: logs[name] for name in sorted(sources)}
            ).run()
            await job_ended(own, "rebuild", ok=True, said=f"uit {events} gebeurtenissen")
            return events
        finally:
            await own.close()


async def update_streams(region: Region) -> dict[str, list[str]]:
    """Give streams that are there the days and copies of the settings; returns what changed, by stream.

    Where NATS does not answer nothing is changed: who makes a stream later makes it so.
    """
    changed = {}
    with suppress(Misconfigured):
        async with bus_of(region) as bus:
            js = bus.client.jetstream(timeout=5)
            for service in SERVICES:
                wanted = stream_config(region.region, service, region.nats.stream_days, region.nats.copies)
                if found := await update_stream(js, wanted):
                    changed[subjects.stream(service)] = found
    return changed


async def recover(region: Region, services: Iterable[str]) -> list[Recovered]:
    """Take back what others still hold of these services' logs, or open new epochs."""
    chosen = [service_of(known_service(service), region) for service in services]
    async with bus_of(region) as bus, connected(region) as logs:
        return await recover_logs(region, chosen, logs, bus.client.jetstream(timeout=5))


async def forks(region: Region, *, settled: bool = False) -> list[dict[str, Any]]:
    """Ranges of effects without their cause, of every service; with `settled` also those looked at."""
    async with connected(region) as logs:
        return [
            {"service": service, **dict(row)}
            for service, log in logs.items()
            for row in await fork_ranges(log, settled=settled)
        ]


async def settle_fork(region: Region, service: str, source: str, epoch: int, note: str) -> None:
    """Note that a person looked at one such range, and what they found. Raises Misconfigured."""
    if not 0 < len(note.strip()) <= MOST_NOTE:
        raise Misconfigured(f"Say in 1 to {MOST_NOTE} characters what was found and done, without names.")
    async with connected(region, {known_service(service)}) as logs:
        if not await settle_range(logs[service], source, epoch, note.strip()):
            raise Misconfigured(
                f"{service} has no open range of {source} and epoch {epoch}: see `wederdienst forks list`."
            )


def told(recovered: Iterable[Recovered]) -> Iterator[str]:
    """What a recovery did, in lines for a person; the last ones say what to do now."""
    for done in recovered:
        yield (
            f"{done.service}: {done.taken_back} events taken back; head {done.head_after}, epoch {done.epoch}"
        )
        if done.new_epoch:
            yield "  Not everything was still there: a new epoch begins. Later: wederdienst forks list"
        for lost in done.without_text:
            yield f"  what was written with {lost} is lost: ask the person again"
        if done.parked:
            yield f"  {done.parked} followed events may have been parked, and wait: wederdienst park retry"
        for changed in done.without_cause:
            yield f"  {changed} was changed because of an event that is lost: look at it"
    yield "Start the services, then: wederdienst verify"


@dataclass(frozen=True, slots=True)
class Sought:
    """Which events: of a service, of a name, about an entity.

    Raises Misconfigured where there is no such service or event.
    """

    service: str | None = None
    name: str | None = None
    entity: UUID | None = None

    def __post_init__(self) -> None:
        if self.service is not None:
            known_service(self.service)
        if self.name is not None and self.name not in EVENTS:
            raise Misconfigured(
                f"There is no event {self.name!r}. Choose one of: {', '.join(sorted(EVENTS))}."
            )


async def search_events(
    region: Region, sought: Sought, *, since: datetime | None = None
) -> AsyncIterator[dict[str, Any]]:
    """Events of the logs that fit, service by service, in order of position; `since` has an offset."""
    async with connected(region, SERVICES if sought.service is None else (sought.service,)) as logs:
        for source, log in logs.items():
            publisher = Publisher(region.region, source, region.organisation)
            async for row in follow(log, 0):
                if (
                    sought.name in (None, row["name"])
                    and sought.entity in (None, row["entity_id"])
                    and (since is None or row["occurred_at"] >= since)
                ):
                    yield json.loads(publisher.cloud_event(row))


async def follow_events(region: Region, sought: Sought) -> AsyncIterator[dict[str, Any]]:
    """New events that fit, as they are published, until cancelled."""
    async with bus_of(region) as bus:
        subject = subjects.event(region.region, sought.service or "*", sought.name or "*")
        arrived = await bus.client.subscribe(subject)
        async for message in arrived.messages:
            event = json.loads(message.data)
            if sought.entity in (None, UUID(event["subject"])):
                yield event


def one_line(event: dict[str, Any]) -> str:
    """An event in a line for a person: when, where, what, about which id, and its facts."""
    at = datetime.fromisoformat(event["time"]).astimezone(UTC)
    _, _, source, name, _ = event["type"].split(".")
    facts = " ".join(f"{key}={value}" for key, value in event["data"].items() if value is not None)
    return f"{at:%Y-%m-%d %H:%M:%S} {source:<13} {event['position']:>7}  {name:<24} {facts}"


async def parked(region: Region) -> list[dict[str, Any]]:
    """Every parked event of every service, oldest first; the payload is left out."""
    async with connected(region) as logs:
        return [
            {"service": service, **{key: str(value) for key, value in row.items()}}
            for service, log in logs.items()
            for row in await log.fetch(
                "SELECT source, position, lane, reason, parked_at FROM parked ORDER BY parked_at, position"
            )
        ]


async def parked_event(region: Region, service: str, source: str, position: int) -> dict[str, Any]:
    """One parked event whole. It may hold what should never have been sent: handle with care."""
    async with connected(region, {known_service(service)}) as logs:
        raw = await logs[service].fetchval(
            "SELECT event FROM parked WHERE source = $1 AND position = $2", source, position
        )
    if raw is None:
        raise Misconfigured(
            f"{service} has nothing parked of {source} at {position}: see `wederdienst park list`."
        )
    parse(raw.encode())
    found: dict[str, Any] = json.loads(raw)
    return found


async def set_log_level(region: Region, service: str, level: str, minutes: int) -> datetime:
    """Have all replicas of a service write lines from this level on; returns until when (UTC)."""
    try:
        asked = SetLogLevel.model_validate({"level": level, "minutes": minutes})
    except ValidationError:
        raise Misconfigured(f"Choose a level ({', '.join(LEVELS)}) and at most {24 * 60} minutes.") from None
    async with bus_of(region) as bus:
        return (await bus.ask(asked, LogLevelSet, OPERATOR, to=known_service(service))).until


async def retry_parked(region: Region, service: str, lane: UUID | None) -> int:
    """Ask a service to try parked events again; returns how many were applied."""
    async with bus_of(region) as bus:
        answer = await bus.ask(
            RetryParked(lane=lane), Retried, OPERATOR, to=known_service(service), seconds=30
        )
    return answer.applied
