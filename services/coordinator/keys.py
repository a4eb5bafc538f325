"""Bearer keys: who asks. The region's configuration holds only their SHA-256.

A coordinator's key names the areas they work in. Who stands in for someone on leave also works in
the areas that the key of that someone names, for as long as the leave lasts: one step, never onward.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.envelope import Actor, Role
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
        """The holder with whom they stand in for today, and the areas that come with it."""
        if holder is None or holder.actor.name not in self._areas:
            return holder
        name = holder.actor.name
        # Whoever has no key any more has nothing to pass on. Nor is passed on what someone has only
        # because they stand in themselves: nobody gave that to their deputy.
        for_whom = sorted({away for away, deputy in self._stand_ins if deputy == name} & self._areas.keys())
        each = [self._areas[one] for one in (name, *for_whom)]
        # No areas is the whole region.
        areas = tuple(sorted({pc4 for areas in each for pc4 in areas})) if all(each) else ()
        update = {"areas": areas, "stands_in_for": tuple(for_whom)}
        return replace(holder, actor=holder.actor.model_copy(update=update))


def _holder(key: Key) -> Holder:
    member_id = UUID(key.member_id) if key.member_id else None
    # Half of the hash says which key it was, and is of no use without the key itself.
    return Holder(
        Actor(role=key.as_role, name=key.id, member_id=member_id, team=key.team, areas=key.areas),
        key.label or key.id,
        key.sha256[:32],
    )
