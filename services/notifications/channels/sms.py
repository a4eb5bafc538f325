"""Text messages, through an HTTP gateway (settings: `Sms`)."""

import ssl
from functools import cache
from typing import Self

import httpx

from services.kernel.settings import Region
from services.notifications.channels import Away, Outcome, Parcel

TIMEOUT_SECONDS = 5
NOT_OURS = (401, 403)
TRY_AGAIN = (408, 429)


@cache
def _trusted() -> ssl.SSLContext:
    # Reading all certificates takes 30 ms, in which nothing else goes on: once, not every round.
    return ssl.create_default_context()


class Sms:
    """The region's gateway."""

    def __init__(self, region: Region) -> None:
        self._url = region.sms.url
        token = region.secrets.sms.get_secret_value()
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS,
            headers={"Authorization": f"Bearer {token}"},
            verify=_trusted(),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *why: object) -> None:
        await self._http.__aexit__(None, None, None)

    async def carry(self, parcel: Parcel) -> Outcome:
        """Hand one text to the gateway; the message's id is its reference. Raises Away."""
        # Spaces and dashes are how people write a number, not part of it.
        to = (parcel.person.phone or "").replace(" ", "").replace("-", "")
        text = {"to": to, "text": parcel.letter.sms, "reference": str(parcel.message_id)}
        try:
            answer = await self._http.post(self._url, json=text)
        except httpx.TransportError as away:
            raise Away from away
        if answer.is_success:
            return "sent"
        if answer.status_code in NOT_OURS:
            # The gateway does not know our token: an operator's matter, no fault of this text.
            raise Away(f"the gateway answers {answer.status_code}")
        final = answer.is_client_error and answer.status_code not in TRY_AGAIN
        return "refused" if final else "later"
