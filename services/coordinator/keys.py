"""Bearer keys: who asks. The region's configuration holds only their SHA-256.

A coordinator's key names the areas they work in. Who stands in for someone on leave also works in
the areas of that someone, for as long as the leave lasts.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.envelope import Actor, Role
from services.kernel.errors import Rejected
from services.kernel.settings import Key


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a key. `label` is what the console calls them; `fingerprint` changes with the key."""

    actor: Actor
    label: str
    fingerprint: str


class Keys:
    """The keys of one region, and who stands in for whom today."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._holders = {key.sha256: _holder(key) for key in keys}
        self._areas = {key.id: key.areas for key in keys if key.as_role is Role.COORDINATOR}
        self._stand_ins: tuple[tuple[str, str], ...] = ()

    def stand_in(self, stand_ins: Iterable[tuple[str, str]]) -> None:
        """Who is away today, each with who does their work: in place of what was known before."""
        self._stand_ins = tuple(stand_ins)

    def holder(self, presented: str) -> Holder | None:
        """Whose key this is; None for one we do not know.

        Every stored key is compared, each in constant time: how long it takes says nothing.
        """
        digest = hashlib.sha256(presented.encode()).hexdigest()
        found = None
        for sha256, holder in self._holders.items():
            if hmac.compare_digest(sha256, digest):
                found = holder
        return self._today(found)

    def still_held(self, fingerprint: str) -> Holder | None:
        """The holder that signed in with a key, as long as that key is in the configuration."""
        return self._today(next((h for h in self._holders.values() if h.fingerprint == fingerprint), None))

    def _today(self, holder: Holder | None) -> Holder | None:
        """The holder with the areas of today."""
        if holder is None or not holder.actor.areas:
            return holder
        areas = self._areas_of(self._work_of(holder.actor.name))
        return replace(holder, actor=holder.actor.model_copy(update={"areas": areas}))

    def _work_of(self, name: str) -> set[str]:
        """Whose work someone does today: their own, and that of those they stand in for.

        Who stands in may be away too: then it goes on to whoever does their work.
        """
        work, added = {name}, {name}
        while added:
            added = {away for away, deputy in self._stand_ins if deputy in added} - work
            work |= added
        return work

    def _areas_of(self, names: Collection[str]) -> tuple[str, ...]:
        """Where these work, together; empty when one of them works in the whole region."""
        # Whoever has no key any more has no areas to pass on.
        each = [self._areas[name] for name in names if name in self._areas]
        return tuple(sorted({pc4 for areas in each for pc4 in areas})) if all(each) else ()


def check_coordinator(keys: Iterable[Key], name: str) -> None:
    """Go on only when `name` is the id of a coordinator's key. Raises Rejected."""
    if not any(key.id == name and key.as_role is Role.COORDINATOR for key in keys):
        raise Rejected(
            "unknown_coordinator",
            "Deze coördinator kennen wij niet. Kies iemand die hier een eigen sleutel heeft.",
            "We do not know this coordinator. Choose someone who has a key of their own here.",
        )


def check_uninvolved(keys: Iterable[Key], name: str, people: Collection[UUID | None]) -> None:
    """Go on only when the key of this coordinator is not that of one of these people. Raises Rejected."""
    own = {UUID(key.member_id) for key in keys if key.id == name and key.member_id}
    if own & set(people):
        raise Rejected(
            "involved",
            "Deze coördinator is zelf betrokken bij de klacht. Kies een collega.",
            "This coordinator is part of the complaint. Choose a colleague.",
        )


def _holder(key: Key) -> Holder:
    member_id = UUID(key.member_id) if key.member_id else None
    # Half of the hash says which key it was, and is of no use without the key itself.
    return Holder(
        Actor(role=key.as_role, name=key.id, member_id=member_id, areas=key.areas),
        key.label or key.id,
        key.sha256[:32],
    )
