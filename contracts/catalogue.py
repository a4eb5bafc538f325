"""Every contract by name: the one place that knows which services there are."""

import re
from functools import cache
from types import ModuleType

from contracts import coordinator, exchange, ledger, link, members, notifications
from contracts.envelope import Command, Event, Query

SERVICES: dict[str, ModuleType] = {
    module.SERVICE: module for module in (members, exchange, ledger, notifications, coordinator, link)
}

EVENTS: dict[str, type[Event]] = {e.__name__: e for module in SERVICES.values() for e in module.EVENTS}
COMMANDS: dict[str, type[Command]] = {c.__name__: c for module in SERVICES.values() for c in module.COMMANDS}
QUERIES: dict[str, type[Query]] = {q.__name__: q for module in SERVICES.values() for q in module.QUERIES}
EMITTED_BY: dict[str, str] = {e.__name__: name for name, module in SERVICES.items() for e in module.EVENTS}
HANDLED_BY: dict[type[Command] | type[Query], str] = {
    message: name for name, module in SERVICES.items() for message in (*module.COMMANDS, *module.QUERIES)
}


def kebab(name: str) -> str:
    """`MatchConfirmed` as `match-confirmed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


@cache
def event_name(kebab_name: str) -> str:
    """`match-confirmed` as `MatchConfirmed`: the other way round."""
    return "".join(word.capitalize() for word in kebab_name.split("-"))


def event_type(event: type[Event]) -> str:
    """The CloudEvents type: `nl.wederdienst.exchange.match-confirmed.v1`."""
    return f"nl.wederdienst.{EMITTED_BY[event.__name__]}.{kebab(event.__name__)}.v{event.VERSION}"


def schema_name(event: type[Event], version: int | None = None) -> str:
    """File name of an event's schema and sample, without its ending."""
    return f"{EMITTED_BY[event.__name__]}.{kebab(event.__name__)}.v{version or event.VERSION}"
