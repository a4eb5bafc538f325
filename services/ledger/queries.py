"""What the ledger answers: balances, statements, and what a helper received in a year."""

from datetime import timedelta
from uuid import UUID

from contracts.clearing import (
    GetPositions,
    Position,
    Positions,
)
from contracts.crossings import DecideTransfer, EndTransfer, SeeToTransfers
from contracts.envelope import Actor
from contracts.ledger import (
    Balance,
    Balances,
    GetBalances,
    GetStatement,
    GetYearStatement,
    MonthPaid,
    Posting,
    ReverseTransfer,
    Statement,
    UndoTransfer,
    YearStatement,
)
from contracts.policy import caps_in_force
from services.kernel.days import begin
from services.kernel.errors import Rejected
from services.kernel.log import Connection
from services.kernel.runtime import Replica
from services.ledger.account import REGIONS_OWN, check_open
from services.ledger.caps import ENTERED
from services.ledger.compensation import Period, period_id

MOST_POSTINGS = 2_000
"""Lines in one statement: it must fit in one message."""

_USED = (
    # As services.ledger.seat.account_used: the household's while it is there and open.
    "SELECT o.account_id AS member_id, o.closed, CASE WHEN h.account_id IS NULL THEN o ELSE h END AS used "
    "FROM accounts o LEFT JOIN seats s ON s.member_id = o.account_id "
    "LEFT JOIN accounts h ON h.account_id = s.household_id AND NOT h.closed "
    "WHERE o.account_id = ANY($1)"
)


async def get_balances(replica: Replica, query: GetBalances, actor: Actor) -> Balances:
    """Of the accounts that are there; who shares a household's balance sees that one."""
    rows = await replica.pool.fetch(
        "SELECT member_id AS account_id, (used).balance_minutes, (used).held_minutes, (used).floor_minutes, "
        "(used).ceiling_minutes, nullif((used).account_id, member_id) AS shared_with, closed "
        f"FROM ({_USED}) u",
        list(query.account_ids),
    )
    found = {row["account_id"]: Balance(**dict(row)) for row in rows}
    for account_id in query.account_ids:
        if account_id in REGIONS_OWN:
            found.setdefault(account_id, _unused(account_id))
    return Balances(balances=tuple(found.values()))


def _unused(account_id: UUID) -> Balance:
    """An account of the region's own that nothing needed yet."""
    _, floor_minutes = REGIONS_OWN[account_id]
    return Balance(account_id=account_id, balance_minutes=0, held_minutes=0, floor_minutes=floor_minutes)


_POSTINGS = (
    "SELECT transfer_id, posted_at, -minutes AS minutes, kind, match_id, "
    "to_account_id AS other_account_id, reverses FROM transfers "
    "WHERE from_account_id = $1 AND status = 'posted' AND posted_at >= $2 UNION ALL "
    "SELECT transfer_id, posted_at, minutes, kind, match_id, from_account_id, reverses FROM transfers "
    "WHERE to_account_id = $1 AND status = 'posted' AND posted_at >= $2"
)

# Moments are those of a batch: which came first is known to the log.
_LINES = (
    f"SELECT p.* FROM ({_POSTINGS}) p JOIN events e ON e.entity_id = p.transfer_id AND e.version = 1 "
    "WHERE p.posted_at < $3 ORDER BY e.position LIMIT $4"
)


async def get_statement(replica: Replica, query: GetStatement, actor: Actor) -> Statement:
    """What was booked in a period, by the days of the clock on the wall.

    Who shares a household's balance sees what was booked on the household's account, also by the
    others: that is what sharing a balance means. Worked back from today's balance, so that a
    recent period does not read years.
    """
    if query.from_day > query.to_day:
        raise Rejected(
            "period_backwards",
            "De begindatum ligt na de einddatum. Draai de data om.",
            "The first day comes after the last day. Please swap the dates.",
        )
    since, until = begin(query.from_day), begin(query.to_day + timedelta(days=1))
    async with (
        replica.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        account_id, balance = await _balance_used(connection, query.account_id)
        later = await connection.fetchval(f"SELECT sum(minutes) FROM ({_POSTINGS}) p", account_id, until)
        rows = await connection.fetch(_LINES, account_id, since, until, MOST_POSTINGS + 1)
    if len(rows) > MOST_POSTINGS:
        raise Rejected(
            "period_too_long",
            f"In deze periode zijn meer dan {MOST_POSTINGS} boekingen. Kies een kortere periode.",
            f"There are more than {MOST_POSTINGS} postings in this period. Choose a shorter one.",
        )
    closing = balance - int(later or 0)
    opening = running = closing - sum(row["minutes"] for row in rows)
    postings = []
    for row in rows:
        running += row["minutes"]
        postings.append(Posting(**dict(row), balance_minutes=running))
    return Statement(
        account_id=account_id, opening_minutes=opening, closing_minutes=closing, postings=tuple(postings)
    )


async def _balance_used(connection: Connection, member_id: UUID) -> tuple[UUID, int]:
    """The account this member uses, and its balance. Raises Rejected when there is none."""
    row = await connection.fetchrow(
        f"SELECT (used).account_id, (used).balance_minutes FROM ({_USED}) u", [member_id]
    )
    if row is None:
        if member_id not in REGIONS_OWN:
            check_open(None)
        return member_id, 0
    return row["account_id"], row["balance_minutes"]


async def get_year_statement(replica: Replica, query: GetYearStatement, actor: Actor) -> YearStatement:
    """What is set apart for matches that run is not left, though it is not paid yet."""
    names = [f"{query.year}", *(f"{query.year}-{month:02}" for month in range(1, 13))]
    rows = await replica.pool.fetch(
        "SELECT * FROM periods WHERE period_id = ANY($1) ORDER BY period",
        [period_id(query.helper_id, name) for name in names],
    )
    periods = [Period(**dict(row)) for row in rows]
    entered = [ENTERED.load(list(row)) for row in await replica.pool.fetch(ENTERED.select())]
    of_year, limits = caps_in_force(query.year, {found.of_year: found.caps for found in entered})
    year = next(
        (one for one in periods if one.period == names[0]), Period(query.helper_id, query.helper_id, "")
    )
    left = limits.year - year.used_cents
    return YearStatement(
        helper_id=query.helper_id,
        year=query.year,
        minutes=year.paid_minutes,
        cents=year.paid_cents,
        expenses_cents=year.expenses_cents,
        left_cents=left,
        month_cap_cents=limits.month,
        year_cap_cents=limits.year,
        caps_year=of_year,
        months=tuple(
            MonthPaid(
                month=one.period,
                minutes=one.paid_minutes,
                cents=one.paid_cents,
                expenses_cents=one.expenses_cents,
                left_cents=min(limits.month - one.used_cents, left),
            )
            for one in periods
            if one is not year
        ),
    )


async def get_positions(replica: Replica, query: GetPositions, actor: Actor) -> Positions:
    rows = await replica.pool.fetch(
        "SELECT peer, cap_minutes, position_minutes, outgoing_minutes, incoming_minutes, proposal_id, "
        "proposed_minutes, proposed_by, differs OR differs_there AS differs, ended "
        "FROM clearings ORDER BY peer"
    )
    return Positions(positions=tuple(Position(**dict(row)) for row in rows))


async def prepare_reversal(replica: Replica, command: ReverseTransfer, actor: Actor) -> UndoTransfer:
    """Whom the reason is about: so that it is erased with either of them."""
    row = await replica.pool.fetchrow(
        "SELECT coalesce(payer_id, from_account_id) AS one_id, coalesce(payee_id, to_account_id) AS other_id "
        "FROM transfers WHERE transfer_id = $1",
        command.transfer_id,
    )
    # Where there is no such transfer the decider refuses, and no reason is kept.
    one_id, other_id = row or (command.transfer_id, command.transfer_id)
    return UndoTransfer(
        transfer_id=command.transfer_id, reason=command.reason, one_id=one_id, other_id=other_id
    )


_OPEN = (
    "SELECT crossing_id FROM crossings WHERE peer = $1 AND status IN ('offered', 'accepted', 'asked') "
    "UNION ALL SELECT crossing_id FROM crossings WHERE peer = $1 AND stranded IN ('undelivered', 'differs')"
)


async def prepare_open(replica: Replica, command: SeeToTransfers, actor: Actor) -> SeeToTransfers:
    """Which transfers with the peer have no end yet."""
    rows = await replica.pool.fetch(_OPEN, command.peer)
    return command.model_copy(update={"crossing_ids": tuple(row["crossing_id"] for row in rows)})


async def prepare_decision(replica: Replica, command: DecideTransfer, actor: Actor) -> EndTransfer:
    """Whom of ours the note is about: so that it is erased with them."""
    member_id = await replica.pool.fetchval(
        "SELECT CASE WHEN ours THEN payer_id ELSE payee_id END FROM crossings WHERE crossing_id = $1",
        command.crossing_id,
    )
    # A settlement is nobody's; and where there is no such transfer the decider refuses.
    return EndTransfer(**command.model_dump(), member_id=member_id or command.crossing_id)
