"""Coordinator: the region's own instance. It keeps projections of the other services' events."""

from contracts.envelope import Command, Event, Query, View

SERVICE = "coordinator"
FOLLOWS = ("members", "exchange", "ledger", "notifications")
ASKS = ("members", "exchange", "ledger", "notifications")

EVENTS: tuple[type[Event], ...] = ()
COMMANDS: tuple[type[Command], ...] = ()
QUERIES: dict[type[Query], type[View]] = {}
