"""What is read where memory does not have it: entities, and answers that were given before."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import asyncpg

from contracts.envelope import Answer, Refusal
from services.kernel.entity import Key, Kind
from services.kernel.errors import KEY_REUSED
from services.kernel.log import Connection, Pool


async def entities(
    database: Connection | Pool,
    wanted: Iterable[tuple[Kind[Any], UUID]],
    *,
    table: Callable[[Kind[Any]], str] = lambda kind: kind.table,
) -> dict[Key, Any]:
    """These entities as they are in their tables, in one query a kind; None for what there is not."""
    by_kind: dict[Any, list[UUID]] = {}
    for kind, entity_id in wanted:
        by_kind.setdefault(kind, []).append(entity_id)
    found: dict[Key, Any] = {}
    for kind, ids in by_kind.items():
        found |= dict.fromkeys((kind, entity_id.int) for entity_id in ids)
        rows = await database.fetch(f"{kind.select(table=table(kind))} WHERE {kind.key} = ANY($1)", ids)
        found |= {(kind, row[0].int): kind.load(row) for row in rows}
    return found


async def first_answers(pool: Pool, ids: list[UUID]) -> dict[UUID, asyncpg.Record | None]:
    """The stored answers to these commands; None for those that are new."""
    rows = await pool.fetch(
        "SELECT command_id, content_hash, position, refusal FROM commands WHERE command_id = ANY($1)", ids
    )
    return {**dict.fromkeys(ids), **{row["command_id"]: row for row in rows}}


def first_answer(row: asyncpg.Record, content_hash: int | None) -> Answer:
    """The stored answer of a command, or a refusal when the key came back with other content."""
    # One without a hash came back by a restore: events do not carry it.
    if row["content_hash"] is not None and row["content_hash"] != content_hash:
        return Answer(outcome="refused", id=row["command_id"], refusal=KEY_REUSED)
    if row["refusal"] is not None:
        return Answer(
            outcome="refused",
            id=row["command_id"],
            position=row["position"],
            refusal=Refusal.model_validate_json(row["refusal"]),
        )
    return Answer(outcome="accepted", id=row["command_id"], position=row["position"])


async def done_long_ago(pool: Pool, command_id: UUID) -> Answer | None:
    """The answer to a command whose first answer is forgotten, when what it began is there."""
    position = await pool.fetchval(
        "SELECT min(position) FROM events WHERE entity_id = $1 AND version = 1", command_id
    )
    return Answer(outcome="accepted", id=command_id, position=position) if position is not None else None
