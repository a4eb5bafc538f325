"""What the unit tests of the ledger share: accounts, a match between Anna (asks) and Bram (helps)."""

from datetime import datetime
from uuid import UUID

from contracts.ledger import (
    POOL,
    REGION,
    SUSPENSE,
    AccountClosed,
    AccountOpened,
    BookMatch,
    CreditTransferred,
    PlaceHold,
    TransferRefused,
)
from contracts.policy import AgeBand, Compensation
from services.kernel.testing import COMMAND_ID
from tests.unit.neighbours import ANNA, BRAM, MATCH


def opened(
    account_id: UUID, floor_minutes: int = -600, *, ceiling: int | None = None, kind: str = "person"
) -> AccountOpened:
    return AccountOpened(
        account_id=account_id, floor_minutes=floor_minutes, ceiling_minutes=ceiling, kind=kind
    )


def closed(account_id: UUID) -> AccountClosed:
    return AccountClosed(account_id=account_id)


TWO_ACCOUNTS = (opened(ANNA), opened(BRAM))
POOL_OPENED = opened(POOL, 0, kind="pool")
REGION_OPENED = opened(REGION, -1_000_000_000, kind="region")
SUSPENSE_OPENED = opened(SUSPENSE, -1_000_000_000, kind="suspense")


def hold(
    minutes: int = 90,
    *,
    compensation: Compensation = "credits",
    floor_minutes: int = -600,
    age_band: AgeBand | None = None,
    at: datetime | None = None,
) -> PlaceHold:
    return PlaceHold(
        hold_id=MATCH,
        account_id=ANNA,
        helper_id=BRAM,
        minutes=minutes,
        compensation=compensation,
        floor_minutes=floor_minutes,
        age_band=age_band,
        at=at,
    )


def book(
    minutes: int,
    *,
    compensation: Compensation = "credits",
    age_band: AgeBand | None = None,
    at: datetime | None = None,
) -> BookMatch:
    return BookMatch(
        match_id=MATCH,
        from_account_id=ANNA,
        to_account_id=BRAM,
        minutes=minutes,
        compensation=compensation,
        age_band=age_band,
        at=at,
    )


def moved(
    minutes: int,
    kind: str,
    payer: UUID = ANNA,
    payee: UUID = BRAM,
    *,
    id: UUID = COMMAND_ID,
    hold_minutes: int = 0,
    match_id: UUID | None = None,
    payer_id: UUID | None = None,
    payee_id: UUID | None = None,
    reverses: UUID | None = None,
) -> CreditTransferred:
    return CreditTransferred(
        transfer_id=id,
        from_account_id=payer,
        to_account_id=payee,
        minutes=minutes,
        kind=kind,
        hold_minutes=hold_minutes,
        match_id=match_id,
        payer_id=payer_id,
        payee_id=payee_id,
        reverses=reverses,
    )


def booked(minutes: int, hold_minutes: int) -> CreditTransferred:
    return moved(minutes, "match", hold_minutes=hold_minutes, match_id=MATCH)


def saved(minutes: int, who: UUID = BRAM) -> tuple[AccountOpened, CreditTransferred]:
    """Someone earned minutes before, of people who are of no concern here."""
    other, id = UUID(int=who.int + 0x100), UUID(int=who.int + 0x200)
    return opened(other, -60_000), moved(minutes, "match", other, who, id=id)


def not_booked(minutes: int, reason: str, caps_year: int | None = None) -> TransferRefused:
    return TransferRefused(
        transfer_id=COMMAND_ID,
        from_account_id=ANNA,
        to_account_id=BRAM,
        minutes=minutes,
        match_id=MATCH,
        reason=reason,
        caps_year=caps_year,
    )
