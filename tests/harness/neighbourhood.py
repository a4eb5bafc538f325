"""Load on a region, with a record of what was answered: the only memory that the checker trusts.

Everything goes through NATS request/reply, as the coordinator instance does it. Whoever gets
no answer asks again with the same id, for as long as the fault lasts.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from uuid import UUID

from contracts.catalogue import HANDLED_BY
from contracts.envelope import Actor, Answer, Command, Role
from contracts.exchange import ConfirmMatch, GetMatch, Match, PostOffer, ReportMinutes, RequestHelp
from contracts.ledger import Balances, GetBalances, TransferCredit
from contracts.members import ApproveMember, RegisterMember
from services.kernel.bus import Bus
from services.kernel.errors import Rejected, Transient
from services.kernel.service import new_id
from services.kernel.settings import Region

NOOR = Actor(role=Role.COORDINATOR, name="noor")
PATIENCE_SECONDS = 60.0
LATE_SECONDS = 5.0
"""When a caller with less patience gives up: as the coordinator instance does."""
CATEGORIES = ("shopping", "gardening", "coffee")


@dataclass(frozen=True)
class Answered:
    """One answer that a caller got: it must be true for ever."""

    service: str
    command: Command
    answer: Answer


@dataclass
class Neighbourhood:
    """Members who offer, ask, match and report, all from one seed."""

    region: Region
    seed: int
    answered: list[Answered] = field(default_factory=list)
    members: list[UUID] = field(default_factory=list)
    offers: list[UUID] = field(default_factory=list)
    slowest_seconds: float = 0.0
    late: int = 0
    _bus: Bus | None = None

    async def __aenter__(self) -> "Neighbourhood":
        self._bus = Bus(self.region, "operator")
        await self._bus.connect()
        self._random = random.Random(self.seed)
        self._stop = asyncio.Event()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.bus.close()

    @property
    def bus(self) -> Bus:
        assert self._bus is not None
        return self._bus

    async def tell(self, command: Command, *, id: UUID | None = None) -> Answer:
        """Give a command and note the answer. Raises Transient when nobody answered for a minute."""
        began = time.monotonic()
        answer = await self.bus.send(command, NOOR, id=id or new_id(), seconds=PATIENCE_SECONDS)
        took = time.monotonic() - began
        self.slowest_seconds = max(self.slowest_seconds, took)
        self.late += took > LATE_SECONDS
        self.answered.append(Answered(_service(command), command, answer))
        return answer

    async def settle_in(self, members: int = 12) -> None:
        """Register and approve members, and wait until exchange and ledger know them."""
        for n in range(members):
            registered = await self.tell(
                RegisterMember(
                    name=f"Bewoner Proefpersoon {n}",
                    email=f"bewoner{n}@voorbeeld.example",
                    street=f"Proefstraat {n}",
                    house_number="1",
                    pc4="3511",
                    capacity_minutes_week=2400,
                )
            )
            assert registered.id is not None, registered
            await self.tell(ApproveMember(member_id=registered.id))
            self.members.append(registered.id)
        await self.until(self._accounts_open)
        for member in self.members:
            await self.until(lambda who=member: self._may_offer(who))

    async def _accounts_open(self) -> bool:
        found = await self.bus.ask(GetBalances(account_ids=tuple(self.members)), Balances, NOOR)
        return len(found.balances) == len(self.members)

    async def _may_offer(self, member: UUID) -> bool:
        # A refusal is for ever, so each try is a command of its own.
        answer = await self.tell(
            PostOffer(
                member_id=member, category=self._random.choice(CATEGORIES), text="Ik help graag even mee."
            )
        )
        if answer.outcome == "accepted" and answer.id is not None:
            self.offers.append(answer.id)
        return answer.outcome == "accepted"

    async def until(self, condition: object, seconds: float = 30.0) -> None:
        """Wait for an async condition. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while True:
            try:
                if await condition():  # type: ignore[operator]
                    return
            except (Transient, Rejected):
                pass
            if time.monotonic() > until:
                raise TimeoutError("the condition did not come true")
            await asyncio.sleep(0.02)

    # ---- load

    async def live(self, *, neighbours: int = 12, seconds: float) -> None:
        """Let neighbours do things for a while; returns when all of them got their last answer."""
        until = time.monotonic() + seconds
        await asyncio.gather(
            *(self._one(random.Random(f"{self.seed}/{n}"), until) for n in range(neighbours))
        )

    async def _one(self, dice: random.Random, until: float) -> None:
        while time.monotonic() < until:
            what = dice.random()
            if what < 0.3:
                await self._post_offer(dice)
            elif what < 0.6:
                await self._give_hours(dice)
            else:
                await self._match(dice)

    async def _post_offer(self, dice: random.Random) -> None:
        answer = await self.tell(
            PostOffer(
                member_id=dice.choice(self.members), category=dice.choice(CATEGORIES), text="Ook dit kan ik."
            )
        )
        if answer.outcome == "accepted" and answer.id is not None:
            self.offers.append(answer.id)

    async def _give_hours(self, dice: random.Random) -> None:
        giver, taker = dice.sample(self.members, 2)
        await self.tell(
            TransferCredit(from_account_id=giver, to_account_id=taker, minutes=dice.randint(1, 120))
        )

    async def _match(self, dice: random.Random) -> None:
        asker = dice.choice(self.members)
        asked = await self.tell(
            RequestHelp(
                member_id=asker,
                category=dice.choice(CATEGORIES),
                minutes=30,
                text="Wie helpt mij even?",
                consent="phone",
            )
        )
        if asked.outcome != "accepted" or asked.id is None:
            return
        for offer in dice.sample(self.offers, min(6, len(self.offers))):
            confirmed = await self.tell(ConfirmMatch(request_id=asked.id, offer_id=offer))
            if confirmed.outcome == "accepted" and confirmed.id is not None:
                await self._report(confirmed.id, dice)
                return

    async def _report(self, match_id: UUID, dice: random.Random) -> None:
        found: Match | None = None

        async def settled() -> bool:
            nonlocal found
            found = await self.bus.ask(GetMatch(match_id=match_id), Match, NOOR, seconds=10)
            return found.status != "reserved"

        await self.until(settled, PATIENCE_SECONDS)
        if found is not None and found.status == "confirmed":
            minutes = dice.choice((20, 30))
            await self.tell(ReportMinutes(match_id=match_id, member_id=found.helper_id, minutes=minutes))
            await self.tell(ReportMinutes(match_id=match_id, member_id=found.asker_id, minutes=minutes))


def _service(command: Command) -> str:
    return HANDLED_BY[type(command)]
