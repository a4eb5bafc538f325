"""The mailbox keeps every message, counts it by person, and sees a repeat for what it is."""

import smtplib
import threading
import time
from email.message import EmailMessage
from pathlib import Path

from services.region.mailbox import Mailbox


def send(mailbox: Mailbox, to: str, message_id: str, text: str = "Tot ziens") -> None:
    mail = EmailMessage()
    mail["From"] = "wederdienst@proef.example"
    mail["To"] = to
    mail["Subject"] = "Fijn dat het gelukt is, Zoë"
    mail["Message-ID"] = message_id
    mail.set_content(text)
    with smtplib.SMTP("127.0.0.1", mailbox.port) as smtp:
        smtp.send_message(mail)


def test_a_message_is_kept_as_it_was_sent() -> None:
    with Mailbox() as mailbox:
        send(mailbox, "Ans@voorbeeld.example", "<1@proef>", "Tot donderdag, één uur.")
        (mail,) = mailbox.to("ans@voorbeeld.example")
    assert (mail.recipient, mail.message_id) == ("ans@voorbeeld.example", "<1@proef>")
    assert mail.subject == "Fijn dat het gelukt is, Zoë"
    assert mail.text.strip() == "Tot donderdag, één uur."


def test_a_repeat_is_counted_apart() -> None:
    with Mailbox() as mailbox:
        for to, message_id in (("a@x.example", "<1>"), ("a@x.example", "<1>"), ("b@x.example", "<2>")):
            send(mailbox, to, message_id)
        assert mailbox.by_recipient() == {"a@x.example": 1, "b@x.example": 1}
        assert mailbox.repeats() == 1
        assert len(mailbox.mails) == 3


def test_counts_hold_over_a_restart(tmp_path: Path) -> None:
    for n in range(2):
        with Mailbox(tmp_path) as mailbox:
            send(mailbox, "a@x.example", f"<{n}>")
    with Mailbox(tmp_path) as mailbox:
        assert [mail.message_id for mail in mailbox.mails] == ["<0>", "<1>"]


def test_one_can_wait_for_a_message_and_stops_waiting_in_time() -> None:
    with Mailbox() as mailbox:
        later = threading.Timer(0.2, send, (mailbox, "a@x.example", "<1>"))
        later.start()
        assert mailbox.wait_for(lambda box: bool(box.to("a@x.example")), seconds=5)
        later.join()
        began = time.monotonic()
        assert not mailbox.wait_for(lambda box: bool(box.to("b@x.example")), seconds=0.1)
        assert time.monotonic() - began < 2
