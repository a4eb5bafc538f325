"""A mail server that delivers to nobody: it keeps every message, to look at and to count.

Messages stay in memory and, one file each, in `<folder>/new` (as in a Maildir), so that
counts hold over a restart. Sending may repeat a message once per crash, with the same
Message-ID: repeats are counted, not hidden.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from services.region.servers import free_port


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it was delivered to one recipient."""

    recipient: str
    message_id: str
    subject: str
    text: str


class Mailbox:
    """An SMTP server on loopback, in a thread of its own; `with` starts and stops it."""

    def __init__(self, folder: Path | None = None, port: int | None = None) -> None:
        self.port = port or free_port()
        self._folder = folder / "new" if folder is not None else None
        self._arrived = threading.Condition()
        self._mails: list[Mail] = []
        self._controller = Controller(_Keep(self), hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> "Mailbox":
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            for file in sorted(self._folder.iterdir()):
                self._mails += _mails(file.read_bytes())
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def mails(self) -> tuple[Mail, ...]:
        """Everything that came in so far, oldest first."""
        with self._arrived:
            return tuple(self._mails)

    def to(self, recipient: str) -> tuple[Mail, ...]:
        return tuple(mail for mail in self.mails if mail.recipient == recipient.lower())

    def by_recipient(self) -> Counter[str]:
        """How many different messages each recipient got: repeats count once."""
        return Counter(recipient for recipient, _ in {(m.recipient, m.message_id) for m in self.mails})

    def repeats(self) -> int:
        """How many deliveries were of a message that had been delivered before."""
        mails = self.mails
        return len(mails) - len({(mail.recipient, mail.message_id) for mail in mails})

    def wait_for(self, predicate: Callable[["Mailbox"], bool], seconds: float) -> bool:
        """Whether `predicate` of this mailbox becomes true within `seconds`."""
        until = time.monotonic() + seconds
        with self._arrived:
            while not predicate(self):
                if (left := until - time.monotonic()) <= 0:
                    return False
                self._arrived.wait(left)
        return True

    def keep(self, raw: bytes, recipients: list[str]) -> None:
        """Take in one message."""
        with self._arrived:
            if self._folder is not None:
                # The name sorts by arrival.
                (self._folder / f"{time.time_ns()}.{len(self._mails)}.eml").write_bytes(raw)
            self._mails += _mails(raw, recipients)
            self._arrived.notify_all()


class _Keep:
    """aiosmtpd calls this for every message."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self._mailbox.keep(envelope.content, list(envelope.rcpt_tos))
        return "250 kept"


def _mails(raw: bytes, recipients: list[str] | None = None) -> list[Mail]:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    to = recipients or [address.addr_spec for address in message["To"].addresses]
    headers = str(message["Message-ID"] or "").strip(), str(message["Subject"] or "")
    return [Mail(recipient.lower(), *headers, text) for recipient in to]
