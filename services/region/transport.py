"""What JetStream holds is what the contracts say: a stream for each service, with its events alone.

A service may make its own stream when that is gone (a wiped store heals itself), and NATS cannot
limit what it writes into the configuration. One that is taken over could so collect what is meant
for others, or have its messages sent on as theirs. It cannot change a stream that is there, so what
was made is looked at from outside.
"""

from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from contracts import subjects
from contracts.catalogue import SERVICES
from services.kernel.settings import Region
from services.kernel.streams import differences, stream_config

NEVER = ("mirror", "sources", "republish", "subject_transform")
"""What a stream of ours never has: it would bring in or send on the messages of others."""


async def wrong_streams(region: Region, js: JetStreamContext) -> tuple[int, list[str]]:
    """How many streams there are, and what is wrong with which. Raises NATS's errors."""
    there = [info.config for info in await js.streams_info()]
    wrong = [(config.name, _why(region, config)) for config in there]
    return len(there), [f"stream {name}: {why}" for name, why in wrong if why]


def _why(region: Region, there: StreamConfig) -> str:
    """What is wrong with a stream, or nothing."""
    for service in SERVICES:
        if subjects.stream(service) == there.name:
            wanted = stream_config(region.region, service, region.nats.stream_days, region.nats.copies)
            strange = {*differences(wanted, there), *(name for name in NEVER if getattr(there, name))}
            return ", ".join(sorted(strange))
    return "belongs to no service"
