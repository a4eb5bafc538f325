"""Who offers, asks and pays in the measurements, and the commands they give."""

import asyncio
import random
from collections.abc import Sequence
from uuid import UUID

import orjson

from contracts.categories import CATEGORIES
from contracts.exchange import PostOffer
from contracts.ledger import OpenAccount, TransferCredit
from contracts.participants import AdmitParticipant
from services.kernel import geography
from services.kernel.service import new_id
from tests.bench.leader import Leader

TEXT = "Ik loop graag een rondje mee, ook met de hond. Het liefst overdag."
"""What a neighbour writes with an offer: about 60 characters. It goes to the vault."""

PLACE = "Utrecht"
PEOPLE = 1000
MINUTES = 5

_CATEGORIES = tuple(CATEGORIES)


def postcodes() -> list[str]:
    """The four-digit postcodes of one municipality."""
    return sorted(area.pc4 for area in geography.areas().values() if area.place == PLACE)


def people(count: int = PEOPLE) -> list[UUID]:
    """Ids of this many people."""
    return [new_id() for _ in range(count)]


async def admit(exchange: Leader, members: Sequence[UUID]) -> None:
    """Let these people take part."""
    where = postcodes()
    await asyncio.gather(
        *(
            exchange.give(
                AdmitParticipant(
                    participant_id=member,
                    number=1001 + n,
                    pc4=where[n % len(where)],
                    capacity_minutes_week=240,
                )
            )
            for n, member in enumerate(members)
        )
    )


async def open_accounts(ledger: Leader, members: Sequence[UUID]) -> None:
    """Open an account for each, with the region's floor."""
    floor = ledger.region.ledger.floor_minutes
    await asyncio.gather(
        *(ledger.give(OpenAccount(account_id=member, floor_minutes=floor)) for member in members)
    )


def offer(members: Sequence[UUID], caller: int, made: int) -> PostOffer:
    """The next offer of a caller, checked as one that came over the bus is."""
    return PostOffer(
        member_id=members[(caller * 131 + made) % len(members)],
        category=_CATEGORIES[(caller + made) % len(_CATEGORIES)],
        text=TEXT,
    )


def payload(member_id: UUID) -> bytes:
    """What one offer leaves behind, as a peer stores it: the event's data and the text."""
    facts = {"offer_id": new_id(), "member_id": member_id, "category": "walking", "pc4": "3511", "text": TEXT}
    return orjson.dumps(facts)


def transfer_between_any(accounts: Sequence[UUID], dice: random.Random) -> TransferCredit:
    """A gift between two of these accounts."""
    giver, taker = dice.sample(accounts, 2)
    return TransferCredit(from_account_id=giver, to_account_id=taker, minutes=MINUTES)


def transfer_to_and_fro(accounts: Sequence[UUID], caller: int, made: int) -> TransferCredit:
    """A gift from the first account to the second, the next one back: neither comes near its floor."""
    giver, taker = accounts[:2] if (caller + made) % 2 else (accounts[1], accounts[0])
    return TransferCredit(from_account_id=giver, to_account_id=taker, minutes=MINUTES)
