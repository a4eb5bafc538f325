"""The list of erasures: who was erased, kept outside every database (design, section 4).

A database that is put back to an older copy holds people who were erased since. The list is not
put back with it: before a service is ready, whoever stands there is erased from its vault again.

From then on the service's own table `erased` holds them too, and so does everyone whose erasure it
hears of: the statement that writes a batch (log.py) leaves out what would enter the vault about them.

Each machine has a list of its own. Every replica brings onto its list whom its service's table holds, so
that who was erased by the leader of another machine stands on this one's list seconds later.

One line an erasure: an id and the time (UTC). Lines are only ever added. Several services may add
to one file, so the same id may stand there more than once; it holds no names.

Where it is: `erasures` in region.toml; without that `erasures.txt` in the folder of the region's
logs, or in the working directory when there is none either. A region that serves people names a
file on a disk of its own, that is backed up apart from the databases and thrown away last.
"""

import asyncio
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from contracts.catalogue import EMITTED_BY
from contracts.upcasting import read_json
from services.kernel.errors import DATABASE_AWAY, Misconfigured
from services.kernel.log import Pool
from services.kernel.service import Service
from services.kernel.settings import Region
from services.kernel.telemetry import log

FILE = "erasures.txt"
EVERY_SECONDS = 2.0


def place(region: Region) -> Path:
    """Where this region's list is."""
    return region.erasures or (region.logs or Path.cwd()) / FILE


class Erasures:
    """The list in one file. Methods raise Misconfigured when the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[UUID, datetime]:
        """Who was erased, and when. A line that a crash cut off is left out: its service adds it again."""
        return _parsed(self._content())

    def add(self, erased: Mapping[UUID, datetime]) -> None:
        """Put these on the list, if they are not there; returns when the disk has them."""
        content = self._content()
        known = _parsed(content)
        new = {person: at for person, at in erased.items() if person not in known}
        if not new:
            return
        lines = [f"{person} {at.astimezone(UTC).isoformat()}\n" for person, at in new.items()]
        if content and not content.endswith("\n"):
            # The line before was cut off; what comes now must not hang on to it.
            lines.insert(0, "\n")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a", encoding="ascii", opener=_for_ourselves) as file:
                file.write("".join(lines))
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(self.path.parent)
        except OSError as error:
            raise self._unusable("written", error) from None

    async def catch_up(self, service: Service, pool: Pool) -> None:
        """Bring the list and a service's database together, before the service is ready or leads.

        The list gets what the service knows and a crash kept from it; the vault loses what the list
        says and an older copy of the database brought back, and takes nothing about them any more.
        """
        self.add(await _in_own_log(service, pool) | await _in_database(pool))
        erased = self.read()
        people = list(erased)
        if people:
            # First, so that nothing about them comes in behind the sweep.
            await pool.execute(
                "INSERT INTO erased (person_id, erased_at) SELECT unnest($1::uuid[]), "
                "unnest($2::timestamptz[]) ON CONFLICT DO NOTHING",
                people,
                list(erased.values()),
            )
            # Subqueries, because those are hashed: the vault is read once, whatever the list's length.
            gone = await pool.execute(
                "DELETE FROM vault WHERE person_id IN (SELECT unnest($1::uuid[])) "
                "OR other_id IN (SELECT unnest($1::uuid[]))",
                people,
            )
            if not gone.endswith(" 0"):
                log.warning("erased_again", rows=int(gone.split()[-1]))

    async def keep_up(self, pool: Pool) -> None:
        """Put onto this list whom any replica erased, also on another machine; until cancelled."""
        noted = 0
        while True:
            try:
                # Who is in there stays in there: the same number is the same people.
                if await pool.fetchval("SELECT count(*) FROM erased") != noted:
                    erased = await _in_database(pool)
                    await asyncio.to_thread(self.add, erased)
                    noted = len(erased)
            except DATABASE_AWAY as away:
                log.info("erasures_unread", error=type(away).__name__)
            except Misconfigured as wrong:
                log.error("erasures_not_noted", what=str(wrong))
            await asyncio.sleep(EVERY_SECONDS)

    def _content(self) -> str:
        try:
            return self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._unusable("read", error) from None

    def _unusable(self, what: str, error: OSError) -> Misconfigured:
        return Misconfigured(
            f"The list of erasures, {self.path}, cannot be {what} ({error.strerror}). "
            "Mend that, or name another file with `erasures` in region.toml, and bring the old lines along."
        )


def _parsed(content: str) -> dict[UUID, datetime]:
    found: dict[UUID, datetime] = {}
    for line in content.splitlines():
        person, _, at = line.partition(" ")
        try:
            found.setdefault(UUID(person), datetime.fromisoformat(at))
        except ValueError:
            continue
    return found


async def _in_own_log(service: Service, pool: Pool) -> dict[UUID, datetime]:
    """Who the service's own events erased, and when."""
    erases = {
        event.__name__: erase
        for event, erase in service.erases.items()
        if EMITTED_BY[event.__name__] == service.name
    }
    if not erases:
        return {}
    # The names stand in the statement itself, or an index on the events of that name is not used.
    names = ", ".join(f"'{name}'" for name in erases)
    rows = await pool.fetch(
        f"SELECT name, schema_version, data, occurred_at FROM events WHERE name IN ({names})"
    )
    return {
        erases[row["name"]](read_json(row["name"], row["schema_version"], row["data"])): row["occurred_at"]
        for row in rows
    }


async def _in_database(pool: Pool) -> dict[UUID, datetime]:
    """Who was erased here, on whoever's word, and when."""
    rows = await pool.fetch("SELECT person_id, erased_at FROM erased")
    return {row["person_id"]: row["erased_at"] for row in rows}


def _for_ourselves(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _sync_folder(folder: Path) -> None:
    """A new file is there after a crash only when its folder says so too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
