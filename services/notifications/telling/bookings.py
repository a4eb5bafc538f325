"""Hours, thanks and small amounts of money: what was booked, and for whom."""

from uuid import UUID, uuid5

from contracts.envelope import Command
from contracts.ledger import (
    OPENING,
    POOL,
    REGION,
    SUSPENSE,
    WRITTEN_OFF,
    BalanceNoted,
    CompensationBooked,
    CreditTransferred,
    HelpRecorded,
)
from contracts.notifications import Template
from services.notifications.telling import tell

_NOBODYS = frozenset({POOL, SUSPENSE, OPENING, REGION, WRITTEN_OFF})
"""The region's own accounts."""


def on_credit_transferred(event: CreditTransferred) -> list[Command]:
    """Payer and payee, by the kind of transfer; the region's own accounts read no letters.

    Whoever left is not written to: of a settlement only the one who receives hears.
    """
    payer = event.payer_id or event.from_account_id
    payee = event.payee_id or event.to_account_id
    told: list[tuple[UUID, Template, dict[str, int | str | None]]]
    match event.kind:
        case "match" if event.match_id is not None:
            told = [
                (payee, "hours-booked-helper", {}),
                (payer, "hours-booked-asker", {"match": str(event.match_id)}),
            ]
        case "match" | "gift":
            told = [(payee, "gift-received", {}), (payer, "gift-given", {})]
        case "pool":
            told = [(payee, "hours-received", {"out_of": "pool"}), (payer, "gift-given", {"to": "pool"})]
        case "settlement" if payer not in _NOBODYS:
            told = [(payee, "hours-received", {"out_of": "settlement"})]
        case "ceiling":
            # What a helper had no room for. Who that is, the transfer may say.
            told = [(payer, "gift-given", {"to": "ceiling"}), (payee, "gift-given", {"to": "full"})]
        case "reversal" if event.peer is not None:
            # It goes back to another region: who gave it is told there.
            told = [(payer, "transfer-reversed", {"back": 0})]
        case "reversal":
            told = [(payee, "transfer-reversed", {"back": 1}), (payer, "transfer-reversed", {"back": 0})]
        case _:
            # Opening balances, what was owed by someone who left, what a later release may book.
            told = []
    return [
        tell(member_id, template, event.transfer_id, minutes=event.minutes, **facts)
        for member_id, template, facts in told
        if member_id not in _NOBODYS
    ]


def on_compensation_booked(event: CompensationBooked) -> list[Command]:
    return [
        tell(
            event.helper_id,
            "compensation-booked",
            event.transfer_id,
            minutes=event.minutes,
            cents=event.cents,
        ),
        _recorded_for_asker(event),
    ]


def _recorded_for_asker(event: CompensationBooked | HelpRecorded) -> Command:
    return tell(
        event.asker_id,
        "help-recorded",
        event.transfer_id,
        minutes=event.minutes,
        helped=0,
        match=str(event.match_id),
    )


def on_help_recorded(event: HelpRecorded) -> list[Command]:
    return [
        tell(event.helper_id, "help-recorded", event.transfer_id, minutes=event.minutes, helped=1),
        _recorded_for_asker(event),
    ]


def on_balance_noted(event: BalanceNoted) -> list[Command]:
    if event.account_id in _NOBODYS:
        return []
    template: Template = "balance-saved" if event.which == "saved" else "balance-owed"
    about = uuid5(event.account_id, str(event.balance_minutes))
    return [tell(event.account_id, template, about, minutes=abs(event.balance_minutes))]
