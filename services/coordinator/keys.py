"""Bearer keys: who asks. The region's configuration holds only their SHA-256."""

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from contracts.envelope import Actor
from services.kernel.settings import Key


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a key. `label` is what the console calls them; `fingerprint` changes with the key."""

    actor: Actor
    label: str
    fingerprint: str


class Keys:
    """The keys of one region."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._holders = {key.sha256: _holder(key) for key in keys}

    def holder(self, presented: str) -> Holder | None:
        """Whose key this is; None for one we do not know.

        Every stored key is compared, each in constant time: how long it takes says nothing.
        """
        digest = hashlib.sha256(presented.encode()).hexdigest()
        found = None
        for sha256, holder in self._holders.items():
            if hmac.compare_digest(sha256, digest):
                found = holder
        return found

    def still_held(self, fingerprint: str) -> Holder | None:
        """The holder that signed in with a key, as long as that key is in the configuration."""
        return next((h for h in self._holders.values() if h.fingerprint == fingerprint), None)


def _holder(key: Key) -> Holder:
    member_id = UUID(key.member_id) if key.member_id else None
    # Half of the hash says which key it was, and is of no use without the key itself.
    return Holder(
        Actor(role=key.as_role, name=key.id, member_id=member_id), key.label or key.id, key.sha256[:32]
    )
