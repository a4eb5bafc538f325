"""One invariant that is checked: how much was read, and what was found wrong."""

from dataclasses import asdict, dataclass, field
from typing import Any

from services.kernel.log import Connection


@dataclass
class Check:
    """One invariant: how much was read, and what was found wrong (at most ten examples)."""

    name: str
    read: int
    wrong: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.wrong

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}


async def find(check: Check, database: Connection, sql: str) -> None:
    """Every row of `sql` is something wrong, in words."""
    rows = await database.fetch(f"{sql} LIMIT 10")
    check.wrong += [row[0] for row in rows]
