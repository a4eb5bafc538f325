"""Durable credit transfers in this process: TransferCredit without a hold, the floor checked each time.

A transfer writes one event, one transfer, two balances and a command result. All transfers on
two accounts are the worst case for whoever locks rows or retries.
"""

import random

from tests.bench.bench import Bench
from tests.bench.figures import Figure, times_at_least
from tests.bench.leader import leading
from tests.bench.meters import closed_loop
from tests.bench.neighbours import (
    PEOPLE,
    admit,
    offer,
    open_accounts,
    people,
    transfer_between_any,
    transfer_to_and_fro,
)
from tests.bench.topics.commands import CALLERS

SEED = 20261123


async def measure(bench: Bench) -> list[Figure]:
    """Transfers between 1,000 accounts against commands, and between two against 1,000."""
    place = await bench.servers.place("bench")
    members = people()
    dice = random.Random(SEED)
    cpu = bench.cpu()
    async with leading(place.region, "ledger") as ledger, leading(place.region, "exchange") as exchange:
        await open_accounts(ledger, members)
        await admit(exchange, members)

        async def post(caller: int, made: int) -> None:
            await exchange.give(offer(members, caller, made))

        async def give(caller: int, made: int) -> None:
            await ledger.give(transfer_between_any(members, dice))

        async def to_and_fro(caller: int, made: int) -> None:
            await ledger.give(transfer_to_and_fro(members, caller, made))

        sides = await bench.in_turns(
            "transfers",
            {
                "transfers": lambda: closed_loop(CALLERS, bench.seconds, give, cpu),
                "two accounts": lambda: closed_loop(CALLERS, bench.seconds, to_and_fro, cpu),
                "commands": lambda: closed_loop(CALLERS, bench.seconds, post, cpu),
            },
        )
    return [
        Figure(
            "transfers",
            f"Durable transfers, {PEOPLE:,} accounts; commands",
            "/s",
            sides["transfers"],
            times_at_least(0.5),
            sides["commands"],
        ),
        Figure(
            "transfers-two-accounts",
            f"The same on two accounts; on {PEOPLE:,}",
            "/s",
            sides["two accounts"],
            times_at_least(0.8),
            sides["transfers"],
        ),
    ]
