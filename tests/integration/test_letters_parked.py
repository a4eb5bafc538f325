"""A letter of a later release: its matter waits for the upgrade, others go on, and then it is read."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from contracts.letters import HelpAppeal, Letter, LoanEnd, TransferOffer, TransferQuestion
from contracts.link import LetterReceived, PeerJoined, peer_id
from services.exchange import app as exchange_app
from services.kernel.follower import _item, parse, retry_parked
from services.kernel.log import Recorded
from services.kernel.service import new_id
from services.ledger import app as ledger_app
from tests.harness.leader import place
from tests.harness.town import Town
from tests.unit.neighbours import REGION

ONE, OTHER = UUID(int=0x81), UUID(int=0x82)

type Write = Callable[[UUID], Letter]


def appeal(thread_id: UUID) -> Letter:
    return HelpAppeal(loan_id=thread_id, category="shopping", minutes=60, pc4="2611")


def ended(thread_id: UUID) -> Letter:
    return LoanEnd(loan_id=thread_id, reason="withdrawn")


def offer(thread_id: UUID) -> Letter:
    return TransferOffer(transfer_id=thread_id, payee_id=None, minutes=60, kind="gift")


def question(thread_id: UUID) -> Letter:
    return TransferQuestion(transfer_id=thread_id, asks="payer")


def of_link(position: int, event: LetterReceived | PeerJoined) -> Recorded:
    """An event of the link, as it comes off the bus."""
    kind = "letter-received" if isinstance(event, LetterReceived) else "peer-joined"
    said = {
        "id": f"{new_id()}.0",
        "type": f"nl.wederdienst.link.{kind}.v1",
        "subject": str(event.entity_id),
        "epoch": 1,
        "position": position,
        "time": datetime.now(UTC).isoformat(),
        "actor": "service:link",
        "data": event.model_dump(mode="json"),
    }
    return parse(orjson.dumps(said))


def received(position: int, letter: Letter, version: int = 1) -> Recorded:
    data = {**letter.model_dump(mode="json"), "of_later": 1}
    return of_link(
        position,
        LetterReceived(
            thread_id=letter.thread_id,
            letter_id=new_id(),
            peer="delft",
            epoch=1,
            number=position,
            name=type(letter).__name__,
            version=version,
            data=data,
        ),
    )


@pytest.mark.parametrize(
    ("app", "first", "second"),
    [(exchange_app, appeal, ended), (ledger_app, offer, question)],
    ids=["exchange", "ledger"],
)
async def test_a_letter_of_a_later_release_waits_with_its_matter_until_the_upgrade(
    town: Town, app: Any, first: Write, second: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = app.service(REGION)
    keys = {"signing_key": "s", "sealing_key": "e"}
    joined = PeerJoined(peer_id=peer_id("delft"), peer="delft", municipality="Delft", **keys)
    came = [
        of_link(1, joined),
        received(2, first(ONE), version=2),
        received(3, second(ONE)),
        received(4, first(OTHER)),
    ]
    async with place(town.region.region, service) as here, here.leading() as leader:
        await leader.loop.submit_followed([_item(service.name, event) for event in came])
        rows = await leader.pool.fetch("SELECT lane, position, reason FROM parked ORDER BY position")
        assert [(row["lane"], row["position"]) for row in rows] == [(ONE, 2), (ONE, 3)]
        assert "upgrade" in rows[0]["reason"]
        assert await leader.count("events", f"data::text LIKE '%{OTHER}%'") > 0
        assert await leader.count("events", f"data::text LIKE '%{ONE}%'") == 0
        # Nothing is lost by trying too early.
        assert await retry_parked(leader.loop, here.pool, service.name, ONE) == 0
        monkeypatch.setattr(type(first(ONE)), "VERSION", 2)
        assert await retry_parked(leader.loop, here.pool, service.name, ONE) == 2
        assert await leader.count("parked") == 0
        assert await leader.count("events", f"data::text LIKE '%{ONE}%'") >= 2
