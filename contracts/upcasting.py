"""Reading yesterday's events with today's code.

An upcaster turns the data of version n into that of n + 1: a pure function of a dict.
Old samples stay in `contracts/samples` for ever and are read through here by the tests.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from contracts.catalogue import EVENTS
from contracts.envelope import Event
from contracts.envelope import UnknownEvent as UnknownEvent


def _as_it_was(data: dict[str, Any]) -> dict[str, Any]:
    """For a version that only may say more than the one before."""
    return data


UPCASTERS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {
    ("TransferStranded", 1): _as_it_was,
}
"""(event name, version it reads) to the function that gives the next version's data."""


def read_json(name: str, version: int, data: str) -> Event:
    """`read` for data that is still JSON: in one pass where no upcaster is needed."""
    kind = EVENTS.get(name)
    if kind is not None and version == kind.VERSION:
        return _reader(kind)(data)
    return read(name, version, json.loads(data))


@cache
def _reader(kind: type[Event]) -> Callable[[str], Event]:
    """`model_validate_json` of a class without what it does around it: every event is read with it."""
    read_one: Callable[[str], Event] = TypeAdapter(kind).validator.validate_json
    return read_one


def read(name: str, version: int, data: dict[str, Any]) -> Event:
    """The event `name` as today's class, whatever version it was written in.

    Raises UnknownEvent for a name or version from the future, and pydantic's
    ValidationError for data that is not what its schema says.
    """
    kind = EVENTS.get(name)
    if kind is None or version > kind.VERSION:
        raise UnknownEvent(f"{name} v{version}")
    while version < kind.VERSION:
        data = UPCASTERS[name, version](data)
        version += 1
    return kind.model_validate(data)
