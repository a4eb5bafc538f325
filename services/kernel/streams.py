"""JetStream streams and consumers: declared here, compared with what is there, never overwritten.

A missing stream or consumer is made (the store may be wiped at any time). One that
differs is reported with what differs: an operator decides.
"""

from typing import Any

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from contracts import subjects
from services.kernel.telemetry import log


def stream_config(region: str, service: str, days: float, copies: int = 1) -> StreamConfig:
    """A service's stream: file storage on `copies` nodes, one subject tree, `days` of history.

    It de-duplicates for 2 minutes.
    """
    return StreamConfig(
        name=subjects.stream(service),
        subjects=[subjects.event(region, service, "*")],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=days * 86400,
        duplicate_window=120,
        num_replicas=copies,
    )


def consumer_config(follower: str) -> ConsumerConfig:
    """A follower's durable consumer. `ALL`: acknowledging one acknowledges those before it.

    Redelivery without end: the follower's own watermark decides what is done.
    """
    return ConsumerConfig(
        durable_name=follower,
        ack_policy=AckPolicy.ALL,
        deliver_policy=DeliverPolicy.ALL,
        ack_wait=30,
        max_deliver=-1,
        max_ack_pending=20_000,
    )


def differences(wanted: Any, there: Any) -> dict[str, tuple[Any, Any]]:
    """Settings that we declare and that are otherwise on the server: name to (wanted, there)."""
    return {
        name: (value, getattr(there, name))
        for name, value in vars(wanted).items()
        if value is not None and getattr(there, name) != value
    }


async def ensure_stream(js: JetStreamContext, wanted: StreamConfig) -> bool:
    """Make the stream if it is missing; returns whether it was made."""
    assert wanted.name is not None
    try:
        there = (await js.stream_info(wanted.name)).config
    except NotFoundError:
        await js.add_stream(wanted)
        log.info("stream_made", stream=wanted.name)
        return True
    if found := differences(wanted, there):
        log.warning("stream_differs", stream=wanted.name, settings=sorted(found))
    return False


async def update_stream(js: JetStreamContext, wanted: StreamConfig) -> list[str]:
    """Give a stream that is there the settings it should have; returns the names of those that differed.

    For the operator: a service may not change a stream. One that is missing is left to who makes it.
    """
    assert wanted.name is not None
    try:
        there = (await js.stream_info(wanted.name)).config
    except NotFoundError:
        return []
    found = differences(wanted, there)
    if found:
        await js.update_stream(there.evolve(**{name: value for name, (value, _) in found.items()}))
    return sorted(found)


async def ensure_consumer(js: JetStreamContext, stream: str, wanted: ConsumerConfig) -> None:
    """Make the consumer if it is missing. Raises NotFoundError when the stream is."""
    assert wanted.durable_name is not None
    try:
        there = (await js.consumer_info(stream, wanted.durable_name)).config
    except NotFoundError:
        await js.add_consumer(stream, wanted)
        log.info("consumer_made", stream=stream, consumer=wanted.durable_name)
        return
    if found := differences(wanted, there):
        log.warning("consumer_differs", stream=stream, consumer=wanted.durable_name, settings=sorted(found))
