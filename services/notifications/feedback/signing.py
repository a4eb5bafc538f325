"""Secrets and signatures of webhooks, by Standard Webhooks 1.0.

A receiver checks `v1` (HMAC-SHA256, with the secret it shares with us) or `v1a` (Ed25519, with a public
key: nothing of its own has to be kept secret). Every webhook carries both, and for some hours after a
rotation also those of the secret and key before.
"""

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

SECRET_BYTES = 32
"""Between the 24 and 64 of the standard."""


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_signing_key() -> str:
    return "whsk_" + base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def _private(signing_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(signing_key.removeprefix("whsk_")))


def public_key(signing_key: str) -> str:
    """The public half, as receivers want it."""
    return "whpk_" + base64.b64encode(_private(signing_key).public_key().public_bytes_raw()).decode()


@dataclass(frozen=True, slots=True)
class Signer:
    """One generation of an endpoint's secrets."""

    secret: str = field(repr=False)
    signing_key: str = field(repr=False)

    def signatures(self, webhook_id: str, at: datetime, body: str) -> tuple[str, str]:
        """Both signatures over an id, a time (UTC, whole seconds) and a body."""
        shared = Webhook(self.secret).sign(webhook_id, at, body)
        signed = f"{webhook_id}.{int(at.timestamp())}.{body}".encode()
        own = base64.b64encode(_private(self.signing_key).sign(signed)).decode()
        return shared, f"v1a,{own}"


def headers(signers: Iterable[Signer], webhook_id: str, at: datetime, body: str) -> Mapping[str, str]:
    """What a webhook carries besides its body."""
    at = at.astimezone(UTC)
    signatures = [one for signer in signers for one in signer.signatures(webhook_id, at, body)]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
