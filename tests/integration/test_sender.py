"""The sender of letters, against a real mail server on loopback and a replica that loses its lead."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from contracts.members import People, Person
from services.kernel.errors import NotLeading
from services.notifications.sender import send_messages
from services.region.mailbox import Mailbox


async def test_a_lost_lead_ends_the_sender_though_what_it_was_recording_fails() -> None:
    """Swallowing the cancellation would keep the old leader from ever leading again."""
    recording = asyncio.Event()
    member = uuid4()

    async def fetch(*_: object) -> list[dict[str, Any]]:
        return [
            {
                "message_id": uuid4(),
                "member_id": member,
                "template": "offer-posted",
                "facts": '{"category":"dog"}',
            }
            for _ in range(20)
        ]

    async def ask(*_: object, **__: object) -> People:
        return People(
            people=(
                Person(
                    member_id=member, number=1001, name="Proef", email="proef@voorbeeld.example", pc4="3511"
                ),
            )
        )

    async def decide(*_: object) -> None:
        recording.set()
        await asyncio.sleep(0.05)
        raise NotLeading

    with Mailbox() as mailbox:
        replica: Any = SimpleNamespace(
            pool=SimpleNamespace(fetch=fetch),
            bus=SimpleNamespace(ask=ask),
            decide=decide,
            metrics=SimpleNamespace(
                mails=SimpleNamespace(labels=lambda _: SimpleNamespace(inc=lambda: None))
            ),
            region=SimpleNamespace(
                region="proef",
                name="Proef",
                mail=SimpleNamespace(host="127.0.0.1", port=mailbox.port, sender="wd@voorbeeld.example"),
            ),
        )
        sending = asyncio.create_task(send_messages(replica))
        await asyncio.wait_for(recording.wait(), 10)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(sending, 10)
