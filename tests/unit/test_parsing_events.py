"""What comes over the bus is an event of this network, or it is passed by."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from services.kernel.log import parse

ID = "0198c5f0-0000-7000-8000-000000000001"
GOOD = {
    "id": f"{ID}.0",
    "type": "nl.wederdienst.exchange.offer-withdrawn.v1",
    "time": "2026-11-30T10:00:00+00:00",
    "subject": ID,
    "epoch": 1,
    "position": 7,
    "correlationid": ID,
    "actor": "coordinator:noor",
    "data": {"offer_id": ID},
}


def test_an_event_of_this_network_is_read() -> None:
    found = parse(orjson.dumps(GOOD))
    assert (found.source, found.name, found.position) == ("exchange", "OfferWithdrawn", 7)
    assert found.entity_id == UUID(ID)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("id", f"{ID}.0\x00"),
        ("id", "a\x00b"),
        ("id", ID),
        ("id", 5),
        ("position", 7.0),
        ("position", True),
        ("position", "7"),
        ("epoch", 1.0),
        ("epoch", None),
        ("subject", "someone"),
        ("type", "nl.wederdienst.v1"),
        ("time", "later"),
    ],
)
def test_a_place_in_a_log_that_cannot_be_is_no_event(field: str, wrong: Any) -> None:
    with pytest.raises(ValueError):
        parse(orjson.dumps({**GOOD, field: wrong}))
