"""A stream or consumer that is otherwise than declared: it is said, and left as it is."""

from dataclasses import replace

from structlog.testing import capture_logs

from contracts import subjects
from services.kernel.streams import (
    consumer_config,
    ensure_consumer,
    ensure_stream,
    stream_config,
    update_stream,
)
from services.region.operating import bus_of
from tests.harness.town import Town

STREAM = subjects.stream("ledger")


async def test_settings_that_differ_are_told_and_never_overwritten(town: Town) -> None:
    region = town.region.region
    ours = stream_config(region.region, "ledger", region.nats.stream_days, region.nats.copies)
    reader = consumer_config("exchange")
    async with bus_of(region) as bus:
        js = bus.client.jetstream(timeout=5)
        assert (await js.account_info()).domain == region.region
        with capture_logs() as lines:
            assert not await ensure_stream(js, ours)
            await ensure_consumer(js, STREAM, reader)
        assert lines == []
        # As if others had set these: what we wish is otherwise than what is there.
        wanted = replace(ours, max_age=(ours.max_age or 0) + 3600)
        with capture_logs() as lines:
            assert not await ensure_stream(js, wanted)
            await ensure_consumer(js, STREAM, replace(reader, ack_wait=60))
        assert [(line["event"], line["settings"], line["log_level"]) for line in lines] == [
            ("stream_differs", ["max_age"], "warning"),
            ("consumer_differs", ["ack_wait"], "warning"),
        ]
        assert (await js.stream_info(STREAM)).config.max_age == ours.max_age
        assert (await js.consumer_info(STREAM, "exchange")).config.ack_wait == reader.ack_wait
        # Only who is asked to changes it, and only what differs.
        try:
            assert await update_stream(js, wanted) == ["max_age"]
            assert (await js.stream_info(STREAM)).config.max_age == wanted.max_age
        finally:
            await update_stream(js, ours)
        assert await update_stream(js, ours) == []
