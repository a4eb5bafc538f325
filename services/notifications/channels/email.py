"""E-mail, by SMTP: one connection for what goes out together."""

from email.message import EmailMessage
from email.utils import formataddr, formatdate, parseaddr
from typing import Self

import aiosmtplib

from services.kernel.settings import Region
from services.kernel.telemetry import log
from services.notifications.channels import Away, Outcome, Parcel

TIMEOUT_SECONDS = 5


class Email:
    """The region's mail server."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._smtp = aiosmtplib.SMTP(
            hostname=region.mail.host, port=region.mail.port, timeout=TIMEOUT_SECONDS
        )

    async def __aenter__(self) -> Self:
        try:
            await self._smtp.connect()
        except (aiosmtplib.SMTPException, OSError) as away:
            raise Away from away
        return self

    async def __aexit__(self, *why: object) -> None:
        # As aiosmtplib's own context manager does, which also minds a connection that broke.
        await self._smtp.__aexit__(None, None, None)

    async def carry(self, parcel: Parcel) -> Outcome:
        """Hand one letter to the server. Raises Away."""
        try:
            await self._smtp.send_message(self._mail(parcel))
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = max(recipient.code for recipient in refused.recipients)
        except aiosmtplib.SMTPSenderRefused as unknown:
            # The server does not know us: an operator's matter, no fault of this letter.
            raise Away from unknown
        except aiosmtplib.SMTPResponseException as refused:
            code = refused.code
        except (aiosmtplib.SMTPNotSupported, ValueError) as cannot:
            # This letter cannot be sent at all; those behind it can.
            log.warning("letter_impossible", message_id=str(parcel.message_id), error=type(cannot).__name__)
            code = 550
        except (aiosmtplib.SMTPException, OSError) as away:
            raise Away from away
        else:
            return "sent"
        return "refused" if code >= 500 else "later"

    def _mail(self, parcel: Parcel) -> EmailMessage:
        mail = EmailMessage()
        name, address = parseaddr(self._region.mail.sender)
        mail["From"] = formataddr((name or f"Wederdienst {self._region.name}", address))
        mail["To"] = parcel.person.email
        mail["Subject"] = parcel.letter.subject
        mail["Date"] = formatdate(localtime=False)
        # The same message always has the same Message-ID: a repeat after a crash is seen as one.
        mail["Message-ID"] = f"<{parcel.message_id}@{self._region.region}.wederdienst>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(parcel.letter.text)
        return mail
