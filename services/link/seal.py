"""The seal: what a region says is signed by it and encrypted for one other region.

Inside: JWS (Ed25519, RFC 8037) over who says what to whom, when, under which id. Around it: JWE
(ECDH-ES with X25519, A256GCM). The names stand inside the signature, so nothing that was said to one
region can be passed on to another, and an answer names the message it answers. The hub sees who writes
to whom, how much and when; not what.
"""

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from joserfc import jwe, jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ValidationError

from contracts.link import RefusedBecause
from contracts.network import Stated
from services.kernel.service import new_id
from services.link.keys import Keys, sealing_key_of, signing_key_of

MAX_SEALED_BYTES = 900_000
"""A message fits in what NATS carries (1 MB) with room to spare."""

MAX_AGE = timedelta(minutes=5)
"""How old a message may be, or how far ahead of our clock."""


class Refused(Exception):
    """A message from outside is not what it says; `reason` is told to nobody but our own people."""

    def __init__(self, reason: RefusedBecause) -> None:
        super().__init__(reason)
        self.reason: RefusedBecause = reason


class _Wide(jwe.JWERegistry):
    max_ciphertext_length = MAX_SEALED_BYTES


class _WideSigned(jws.JWSRegistry):
    max_payload_length = MAX_SEALED_BYTES


_ENCRYPTION = _Wide(algorithms=["ECDH-ES", "A256GCM"])
_SIGNATURE = _WideSigned(algorithms=["Ed25519"])


@dataclass(frozen=True)
class Correspondent:
    """Another region with its public keys."""

    region: str
    signing: OKPKey
    sealing: OKPKey

    @staticmethod
    def of(region: str, signing_key: str, sealing_key: str) -> "Correspondent":
        """Raises ValueError when these are no keys."""
        return Correspondent(region, signing_key_of(signing_key), sealing_key_of(sealing_key))


@dataclass
class Seal:
    """Seals and opens messages of one region. Remembers ids for as long as they could come again."""

    me: str
    keys: Keys
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _seen: dict[UUID, float] = field(default_factory=dict)

    def close(
        self, to: Correspondent, kind: str, body: BaseModel, re: UUID | None = None
    ) -> tuple[UUID, bytes]:
        """A sealed message and its id. Raises ValueError when it is too large to travel."""
        stated = Stated(
            id=new_id(),
            sender=self.me,
            to=to.region,
            kind=kind,
            at=self.clock(),
            re=re,
            body=body.model_dump(mode="json"),
        )
        said = stated.model_dump_json().encode()
        # Base64 twice makes it larger by 78 %.
        if len(said) > MAX_SEALED_BYTES // 2:
            raise ValueError("too large to travel")
        signed = jws.serialize_compact({"alg": "Ed25519"}, said, self.keys.signing, registry=_SIGNATURE)
        sealed = jwe.encrypt_compact(
            {"alg": "ECDH-ES", "enc": "A256GCM"}, signed.encode(), to.sealing, registry=_ENCRYPTION
        ).encode()
        return stated.id, sealed

    def open(self, raw: bytes, sender: Correspondent, kind: str, re: UUID | None = None) -> Stated:
        """What was said, when all is as it should be. Raises Refused."""
        if len(raw) > MAX_SEALED_BYTES:
            raise Refused("unreadable")
        try:
            signed = jwe.decrypt_compact(raw, self.keys.sealing, registry=_ENCRYPTION).plaintext or b""
        except (JoseError, ValueError, TypeError, zlib.error):
            raise Refused("unreadable") from None
        try:
            said = jws.deserialize_compact(signed, sender.signing, registry=_SIGNATURE).payload
        except BadSignatureError:
            raise Refused("forged") from None
        except (JoseError, ValueError, TypeError):
            raise Refused("unreadable") from None
        try:
            stated = Stated.model_validate_json(said)
        except ValidationError:
            raise Refused("malformed") from None
        if (stated.sender, stated.to, stated.kind, stated.re) != (sender.region, self.me, kind, re):
            raise Refused("foreign")
        self._check_fresh(stated)
        return stated

    def _check_fresh(self, stated: Stated) -> None:
        """Once, and now. Raises Refused."""
        if abs(stated.at - self.clock()) > MAX_AGE:
            raise Refused("stale")
        now = time.monotonic()
        if stated.id in self._seen:
            raise Refused("replayed")
        # In order of their coming, so the oldest stand first.
        while self._seen:
            seen, at = next(iter(self._seen.items()))
            if now - at < 2 * MAX_AGE.total_seconds():
                break
            del self._seen[seen]
        self._seen[stated.id] = now
