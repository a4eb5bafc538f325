"""The network in a table: for a region's people, and for the operator of the hub."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.link import GetPeers, Peers
from services.kernel.settings import load
from services.region.network.joining import network_of
from services.region.operating import OPERATOR, bus_of


async def of_region(config: Path) -> list[dict[str, Any]]:
    """What the region's link knows of every other. Raises Misconfigured, or Unreachable."""
    region = load(config)
    network_of(region)
    async with bus_of(region) as bus:
        found = await bus.ask(GetPeers(), Peers, OPERATOR)
    return [one.model_dump(mode="json") for one in found.peers]


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """One line a region."""
    if not rows:
        yield "No region takes part yet."
    for row in rows:
        yield "  ".join((f"{row.get('region', row.get('peer')):<20}", *_told(row)))


def _told(row: dict[str, Any]) -> Iterator[str]:
    if row.get("left") or row.get("status") == "left":
        yield "left"
    elif not row.get("listed", True):
        yield "not on the list"
    else:
        yield from _of_who_takes_part(row)
    if "report" in row and (refused := _reasons(row["refused"])):
        yield f"the hub refused {refused}"


def _of_who_takes_part(row: dict[str, Any]) -> Iterator[str]:
    yield "up  " if row["up"] else "AWAY"
    report = row.get("report")
    if report is not None:
        yield f"answers in {row['delay_ms']:.0f} ms"
        yield f"release {report['release']}"
        yield f"{report['peers_up']} up, {report['peers_away']} away"
        yield f"{report['waiting']} letters waiting, {report['refused']} messages refused"
        for what, minutes in sorted(report["positions_minutes"].items()):
            yield f"{what} {minutes} min"
    elif "waiting" in row:
        yield f"release {row['release'] or '?'}"
        yield f"{row['waiting']} waiting, {row['sent']} sent, {row['received']} received"
        yield f"refused: {_reasons(row['refused']) or 'none'}"
        for where, how in (("unread_there", "cannot be read there"), ("unread_here", "cannot be read here")):
            for form, count in row[where].items():
                yield f"{count} {form} {how}: upgrade, then retry"
        if count := row["orphans_count"]:
            yield f"{count} letters were forgotten by who wrote them: look at each matter"


def _reasons(refused: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in refused.items())
