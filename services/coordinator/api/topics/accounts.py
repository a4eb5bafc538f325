"""Accounts in minutes: balances, transfers, the solidarity pool, statements, costs."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Header, Path
from starlette.responses import Response

from contracts.caps import EnterCaps
from contracts.ledger import (
    BringBalance,
    ChangeLimits,
    GetBalances,
    GetStatement,
    GetYearStatement,
    GiveToPool,
    NoteExpenses,
    ReverseTransfer,
    SpendFromPool,
    Statement,
    TransferCredit,
    YearStatement,
)
from services.coordinator.account import account_used
from services.coordinator.api.answers import changed, made
from services.coordinator.api.commands import Route
from services.coordinator.api.reading import Reader, may_ask, unknown
from services.coordinator.api.shapes import Account
from services.coordinator.api.statement import CSV, statement_csv, wants_csv
from services.coordinator.desk import Desk

_ONE = "/v1/accounts/{account_id}"

COMMANDS: tuple[Route, ...] = (
    Route("POST", "/v1/transfers", TransferCredit, made, "Give minutes to someone", "accounts"),
    Route(
        "POST",
        "/v1/transfers/{transfer_id}/reversals",
        ReverseTransfer,
        made,
        "Undo a transfer by one the other way",
        "accounts",
    ),
    Route("POST", "/v1/pool-gifts", GiveToPool, made, "Give minutes to the solidarity pool", "accounts"),
    Route("POST", "/v1/pool-spendings", SpendFromPool, made, "Give minutes out of the pool", "accounts"),
    Route("PUT", f"{_ONE}/limits", ChangeLimits, changed, "How far it may go down and up", "accounts"),
    Route("PUT", f"{_ONE}/opening-balance", BringBalance, changed, "Bring a balance", "accounts"),
    Route("POST", "/v1/expenses", NoteExpenses, made, "Note costs with receipts", "accounts"),
    Route(
        "POST",
        "/v1/compensation-caps",
        EnterCaps,
        made,
        "What a volunteer may receive",
        "accounts",
    ),
)

_AS_FILE = {"Content-Disposition": 'attachment; filename="statement.csv"', "Vary": "Accept"}

type Wanted = Annotated[
    str | None, Header(alias="Accept", description="`application/json`, or `text/csv` for a spreadsheet.")
]


def add_reads(api: FastAPI, desk: Desk) -> None:
    @api.get(_ONE, operation_id="get-account", tags=["accounts"])
    async def get_account(account_id: UUID, actor: Reader) -> Account:
        """A balance in minutes. An account has its member's id; members see their own."""
        may_ask(actor, GetBalances(account_ids=(account_id,)))
        row = await account_used(desk, account_id)
        if row is None:
            raise unknown("unknown_account", "Deze rekening", "account")
        return Account(**row)

    @api.get(
        f"{_ONE}/statement",
        operation_id="get-statement",
        tags=["accounts"],
        response_model=Statement,
        responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
    )
    async def get_statement(
        account_id: UUID, actor: Reader, from_day: date, to_day: date, accept: Wanted = None
    ) -> Any:
        """What was booked from one day to another, both included: opening + postings = closing.

        As JSON, or with `Accept: text/csv` as a table.
        """
        about = GetStatement(account_id=account_id, from_day=from_day, to_day=to_day)
        found = await desk.ask(about, Statement, actor)
        if wants_csv(accept):
            return Response(statement_csv(found), headers=_AS_FILE, media_type=CSV)
        return found

    @api.get(
        "/v1/members/{helper_id}/year-statements/{year}", operation_id="get-year-statement", tags=["accounts"]
    )
    async def get_year_statement(
        helper_id: UUID, year: Annotated[int, Path(ge=2000, le=2200)], actor: Reader
    ) -> YearStatement:
        """What a helper received in a calendar year, by month, in euro cents."""
        return await desk.ask(GetYearStatement(helper_id=helper_id, year=year), YearStatement, actor)
