"""What must always hold (design, section 9), checked on a running or stopped region.

Checks 1 to 4, 6 and 8 are plain SQL and import no service code. Check 5 folds the logs with
the services' own kinds and compares every row. Check 9 looks for what is in the vaults
everywhere else.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ahocorasick_rs
import orjson

from contracts.referrals import NEXT
from services.kernel.errors import Misconfigured
from services.kernel.forks import OPEN
from services.kernel.log import Connection
from services.kernel.rebuild import Rebuild, shadow, sources_of
from services.kernel.settings import Region
from services.region.databases import connected, service_of
from services.region.invariant import Check, find
from services.region.mirror import clears
from services.region.operating import bus_of
from services.region.transport import wrong_streams


@dataclass
class Report:
    region: str
    checks: list[Check]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def in_words(self) -> str:
        """How it ended, in a few words: Toestand shows them."""
        wrong = [check.name.partition(" ")[0] for check in self.checks if not check.ok]
        return f"niet goed: {', '.join(wrong)}" if wrong else f"{len(self.checks)} controles goed"

    def as_dict(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "ok": self.ok,
            "checks": [check.as_dict() for check in self.checks],
        }


DRAINED = "10 everything drained"
"""The check that waits: what it finds may be so on purpose a moment later."""

type Databases = dict[str, Connection]


async def verify(
    region: Region, *, folder: Path | None = None, planted: Iterable[str] = (), drain_seconds: float = 15.0
) -> Report:
    """Check every invariant. `folder` holds JetStream's files and logs; `planted` are texts that
    must be found nowhere but in vaults. Raises Misconfigured when the databases do not answer.
    """
    async with connected(region) as databases:
        drained = await _drained(region, databases, drain_seconds)
        checks = [
            await _sums_to_zero(databases["ledger"]),
            await _answers_present(databases),
            await _above_floor(databases["ledger"]),
            await _no_gaps(databases),
            await _projections_equal_fold(region, databases),
            await _one_effect(databases),
            await clears(databases["ledger"]),
            await referrals_follow_their_diagram(databases["exchange"]),
            await _no_personal_data(databases, folder, planted),
            await _streams_as_declared(region),
            drained,
        ]
    return Report(region.region, checks)


_POSTINGS = (
    "SELECT position, (data->>'from_account_id')::uuid AS account_id, -(data->>'minutes')::bigint AS minutes"
    "  FROM events WHERE name = 'CreditTransferred' UNION ALL"
    " SELECT position, (data->>'to_account_id')::uuid, (data->>'minutes')::bigint"
    "  FROM events WHERE name = 'CreditTransferred'"
)


async def _sums_to_zero(ledger: Connection) -> Check:
    """1. Every transfer has two different accounts and a positive amount, and balances are their sums.

    A closed account stands at zero and nothing is booked on it; a transfer is undone once, by no more
    than its minutes, and what undoes is not undone itself.
    """
    check = Check("1 postings sum to zero", await _count(ledger, "CreditTransferred"))
    await find(
        check,
        ledger,
        "SELECT 'position ' || position FROM events WHERE name = 'CreditTransferred' AND "
        "((data->>'minutes')::bigint <= 0 OR data->>'from_account_id' = data->>'to_account_id')",
    )
    await find(
        check,
        ledger,
        "SELECT 'balances sum to ' || sum(balance_minutes) FROM accounts HAVING sum(balance_minutes) <> 0",
    )
    await find(
        check,
        ledger,
        f"WITH postings AS ({_POSTINGS}), "
        "sums AS (SELECT account_id, sum(minutes) AS minutes FROM postings GROUP BY 1) "
        "SELECT 'account ' || coalesce(a.account_id, p.account_id) FROM accounts a FULL JOIN sums p "
        "USING (account_id) WHERE a.account_id IS NULL OR a.balance_minutes <> coalesce(p.minutes, 0)",
    )
    await find(
        check,
        ledger,
        f"WITH postings AS ({_POSTINGS}) "
        "SELECT 'closed account ' || c.entity_id || ' at ' || p.position FROM events c JOIN postings p "
        "ON p.account_id = c.entity_id AND p.position > c.position WHERE c.name = 'AccountClosed' "
        "UNION ALL SELECT 'closed account ' || account_id FROM accounts "
        "WHERE closed AND balance_minutes <> 0",
    )
    await find(
        check,
        ledger,
        "WITH undone AS ("
        " SELECT (data->>'reverses')::uuid AS transfer_id, sum((data->>'minutes')::bigint) AS minutes,"
        "  count(DISTINCT command_id) AS times"
        "  FROM events WHERE name = 'CreditTransferred' AND data->>'reverses' IS NOT NULL GROUP BY 1) "
        "SELECT 'undone transfer ' || u.transfer_id FROM undone u LEFT JOIN events o "
        "ON o.entity_id = u.transfer_id AND o.version = 1 AND o.name = 'CreditTransferred' "
        "WHERE o.entity_id IS NULL OR u.times > 1 OR u.minutes > (o.data->>'minutes')::bigint "
        "OR o.data->>'reverses' IS NOT NULL",
    )
    return check


async def _answers_present(databases: Databases) -> Check:
    """2. Every stored answer stands on events that are there, and each of its events is at most there."""
    check = Check("2 answered means present", 0)
    for service, database in databases.items():
        check.read += await database.fetchval("SELECT count(*) FROM commands")
        await find(
            check,
            database,
            f"SELECT '{service} command ' || c.command_id FROM commands c LEFT JOIN (SELECT command_id, "
            "max(position) AS last FROM events GROUP BY 1) e USING (command_id) "
            "WHERE c.refusal IS NULL AND (c.position > (SELECT position FROM log_head) "
            "OR c.position <> coalesce(e.last, c.position)) "
            "OR c.refusal IS NOT NULL AND e.last IS NOT NULL",
        )
    return check


async def _above_floor(ledger: Connection) -> Check:
    """3. At every position, what each account may spend is at or above its floor of that moment."""
    check = Check("3 available never below the floor", await _count(ledger, None))
    await find(
        check,
        ledger,
        "WITH moves AS ("
        " SELECT position, (data->>'account_id')::uuid AS account_id, -(data->>'minutes')::bigint AS change,"
        "  NULL::bigint AS floor FROM events WHERE name = 'HoldPlaced' UNION ALL"
        " SELECT position, (data->>'account_id')::uuid, (data->>'minutes')::bigint, NULL"
        "  FROM events WHERE name = 'HoldReleased' UNION ALL"
        " SELECT position, (data->>'from_account_id')::uuid, (data->>'minutes')::bigint, NULL"
        "  FROM events WHERE name = 'HoldMoved' UNION ALL"
        " SELECT position, (data->>'to_account_id')::uuid, -(data->>'minutes')::bigint, NULL"
        "  FROM events WHERE name = 'HoldMoved' UNION ALL"
        " SELECT position, (data->>'from_account_id')::uuid, (data->>'hold_minutes')::bigint, NULL"
        "  FROM events WHERE name = 'CreditTransferred' UNION ALL"
        f" SELECT position, account_id, minutes, NULL FROM ({_POSTINGS}) p UNION ALL"
        " SELECT position, (data->>'account_id')::uuid, 0, (data->>'floor_minutes')::bigint"
        "  FROM events WHERE name IN ('AccountOpened', 'LimitsChanged')),"
        # A floor holds until the next one: counting them numbers the stretches in which each does.
        " running AS (SELECT position, account_id, floor, sum(change) OVER account AS available,"
        "  count(floor) OVER account AS stretch FROM moves"
        "  WINDOW account AS (PARTITION BY account_id ORDER BY position)),"
        " held AS (SELECT position, account_id, available,"
        "  max(floor) OVER (PARTITION BY account_id, stretch) AS floor FROM running) "
        "SELECT 'account ' || account_id || ' at ' || position FROM held "
        "WHERE available < floor OR floor IS NULL AND available <> 0",
    )
    return check


async def _no_gaps(databases: Databases) -> Check:
    """4. Positions are 1..N, and each stream's versions 1..n."""
    check = Check("4 no gaps in positions and versions", 0)
    for service, database in databases.items():
        check.read += await _count(database, None)
        await find(
            check,
            database,
            f"SELECT '{service} head ' || h.position || ', events ' || count(e.position) FROM log_head h "
            "LEFT JOIN events e ON true GROUP BY h.position HAVING count(e.position) <> h.position "
            "OR coalesce(max(e.position), 0) <> h.position",
        )
        await find(
            check,
            database,
            f"SELECT '{service} stream ' || entity_id FROM events GROUP BY entity, entity_id "
            "HAVING min(version) <> 1 OR max(version) <> count(*)",
        )
    return check


async def _projections_equal_fold(region: Region, databases: Databases) -> Check:
    """5. Every row of every projection equals the fold of the events, folded anew beside it."""
    check = Check("5 projections equal the fold of the events", 0)
    for name, database in databases.items():
        kinds = service_of(name, region).kinds
        logs = {source: databases[source] for source in sorted(sources_of(name, kinds))}
        # One snapshot for log and tables, so that the service may go on; the copies go with it.
        transaction = database.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            await database.execute("SET LOCAL statement_timeout = 0")
            rebuild = Rebuild(name, kinds, database, logs)
            # Not the tables that a rebuild of the service may be filling at this moment.
            await rebuild.prepare(temporary=True)
            await rebuild.fold()
            for kind in kinds:
                columns = ", ".join(kind.columns)
                check.read += await database.fetchval(f"SELECT count(*) FROM {kind.table}")
                for one, other in ((kind.table, shadow(kind)), (shadow(kind), kind.table)):
                    await find(
                        check,
                        database,
                        f"SELECT '{name}.{kind.table} ' || {kind.key} FROM "
                        f"(SELECT {columns} FROM {one} EXCEPT SELECT {columns} FROM {other}) d",
                    )
        finally:
            await transaction.rollback()
    return check


async def _one_effect(databases: Databases) -> Check:
    """6. Each followed event had its effect once, and marks name events that their source holds."""
    check = Check("6 one effect per follower and event", 0)
    for service, database in databases.items():
        check.read += await database.fetchval("SELECT count(*) FROM events WHERE causation_id IS NOT NULL")
        await find(
            check,
            database,
            f"SELECT '{service} cause ' || causation_id FROM events WHERE causation_id IS NOT NULL "
            "GROUP BY causation_id HAVING count(DISTINCT command_id) > 1",
        )
        await find(
            check,
            database,
            f"SELECT '{service} command ' || command_id FROM events GROUP BY command_id "
            "HAVING count(*) <> max(ordinal) + 1 OR count(*) <> count(DISTINCT ordinal)",
        )
        for mark in await database.fetch("SELECT * FROM watermarks"):
            held = await databases[mark["source"]].fetchval(
                "SELECT command_id || '.' || ordinal FROM events WHERE position = $1", mark["position"]
            )
            if held != mark["event_id"]:
                check.wrong.append(f"{service} follows {mark['source']} beyond what it holds")
    return check


_STEPS = (
    "SELECT entity_id, position, name, data, CASE name WHEN 'PersonReferred' THEN 'requested' "
    "ELSE data->>'status' END AS status FROM events WHERE entity = 'referral'"
)


async def referrals_follow_their_diagram(exchange: Connection) -> Check:
    """8. Each status follows the one before it by the diagram; what a team heard was so, in order, and
    not after the person took back their consent.
    """
    check = Check("8 referrals follow their diagram", await _count(exchange, "PersonReferred"))
    arrows = ", ".join(
        f"('{before or 'nothing'}', '{after}')" for before, following in NEXT.items() for after in following
    )
    await find(
        check,
        exchange,
        f"WITH steps AS (SELECT entity_id, status, coalesce(lag(status) OVER (PARTITION BY entity_id "
        f"ORDER BY position), 'nothing') AS before FROM ({_STEPS}) s "
        "WHERE name IN ('PersonReferred', 'ReferralMoved')) "
        "SELECT 'referral ' || entity_id || ' from ' || before || ' to ' || status FROM steps "
        f"WHERE (before, status) NOT IN (VALUES {arrows})",
    )
    await find(
        check,
        exchange,
        f"WITH told AS (SELECT s.*, (data->>'number')::bigint AS number, row_number() OVER heard AS place, "
        "bool_or(name = 'FeedbackStopped') OVER before AS stopped, "
        "lag(status) OVER before AS was FROM "
        f"({_STEPS}) s WINDOW heard AS (PARTITION BY entity_id, name ORDER BY position), "
        "before AS (PARTITION BY entity_id ORDER BY position)) "
        "SELECT 'referral ' || entity_id || ' told at ' || position FROM told WHERE name = 'FeedbackGiven' "
        "AND (number <> place OR stopped OR status <> was)",
    )
    return check


async def _drained(region: Region, databases: Databases, seconds: float) -> Check:
    """10. Everything drains: followers reach their sources, and nothing is parked or waits to be sent."""
    check = Check(DRAINED, 0)
    until = time.monotonic() + seconds
    while True:
        waits = [line async for line in _waiting(region, databases)]
        if not waits or time.monotonic() > until:
            break
        await asyncio.sleep(0.1)
    check.read = len(databases)
    check.wrong = waits[:10]
    return check


async def _waiting(region: Region, databases: Databases) -> AsyncIterator[str]:
    for service, database in databases.items():
        marks = {row["source"]: row["position"] for row in await database.fetch("SELECT * FROM watermarks")}
        for source in region.followed_by(service) if service in region.services else ():
            head = await databases[source].fetchval("SELECT position FROM log_head")
            if marks.get(source, 0) < head:
                yield f"{service} has followed {source} to {marks.get(source, 0)} of {head}"
        if parked := await database.fetchval("SELECT count(*) FROM parked"):
            yield f"{service} has {parked} parked events: see `wederdienst park list`"
        if forks := await database.fetchval(OPEN):
            yield f"{service} has effects of {forks} closed epochs: see `wederdienst forks list`"
    # What waits for a digest, quiet hours, the morning or the week before a visit waits on purpose.
    queued = await databases["notifications"].fetchval(
        "SELECT count(*) FROM messages LEFT JOIN recipients r USING (member_id) WHERE status = 'queued' "
        "AND coalesce(r.digest, 'none') = 'none' AND r.quiet_from IS NULL "
        "AND coalesce(r.channel, 'email') <> 'sms' AND template <> 'visit-open'"
    )
    if queued:
        yield f"notifications has {queued} messages to send"


async def _no_personal_data(databases: Databases, folder: Path | None, planted: Iterable[str]) -> Check:
    """9. What is in the vaults is nowhere else: not in other tables, JetStream's files or logs."""
    check = Check("9 personal data only in vaults", 0)
    needles = sorted({text for text in planted if text} | await _personal(databases))
    if not needles:
        return check
    search = ahocorasick_rs.BytesAhoCorasick([needle.encode() for needle in needles])
    for service, database in databases.items():
        for table in await _tables(database):
            found = False
            async with database.transaction():
                async for row in database.cursor(f"SELECT t::text FROM {table} t", prefetch=2000):
                    check.read += 1
                    found = found or bool(search.find_matches_as_indexes(row[0].encode()))
            if found:
                check.wrong.append(f"{service}.{table}")
    for file in _files(folder):
        check.read += 1
        # A server's store is read as it lies there; a torn last block does not matter for a search.
        if search.find_matches_as_indexes(file.read_bytes()):
            check.wrong.append(str(file.relative_to(folder) if folder else file))
    return check


async def _streams_as_declared(region: Region) -> Check:
    """9, on the way: no stream has what is not its service's. Reads nothing where NATS rests."""
    check = Check("9 streams hold their own service's events", 0)
    with suppress(Misconfigured):
        async with bus_of(region) as bus:
            check.read, wrong = await wrong_streams(region, bus.client.jetstream(timeout=5))
            check.wrong += wrong[:10]
    return check


async def _personal(databases: Databases) -> set[str]:
    """Distinctive personal texts of the vaults: whole names, ways of contact, free text."""
    found: set[str] = set()
    for database in databases.values():
        for row in await database.fetch("SELECT data FROM vault"):
            data = orjson.loads(row["data"])
            for name in ("name", "email", "phone", "text", "contact", "reference"):
                value = data.get(name)
                # Short texts ("Tuin") may stand anywhere by chance.
                if isinstance(value, str) and len(value) >= 10:
                    found.add(value[:60])
    return found


async def _tables(database: Connection) -> list[str]:
    rows = await database.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
        "AND tablename NOT IN ('vault', 'parked', 'migrations') ORDER BY 1"
    )
    return [row["tablename"] for row in rows]


def _files(folder: Path | None) -> list[Path]:
    """JetStream's store and every log below `folder`."""
    if folder is None:
        return []
    return [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and ("jetstream" in file.parts or file.suffix == ".log")
    ]


async def _count(database: Connection, name: str | None) -> int:
    return int(
        await database.fetchval("SELECT count(*) FROM events WHERE $1::text IS NULL OR name = $1", name)
    )
