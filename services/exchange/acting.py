"""In whose name: someone may let others ask for them, and arrange what was asked.

The table of `contracts.access` says which commands are a member's own to send, and those that others
may send for them (`ACTING`). Here it is looked at who those others are, for all of them at once.
"""

from typing import Any
from uuid import UUID

from contracts.access import ACTING, MAY
from contracts.envelope import Command, Event, Role
from services.exchange.person import may_act
from services.kernel.entity import State
from services.kernel.errors import Rejected
from services.kernel.service import Context, Decide


def check_acting(state: State, context: Context, for_id: UUID) -> None:
    """Go on only with who acts for themself, or may act for `for_id`. Raises Rejected.

    Coordinators act for everyone in their area: that is looked at where the area is known.
    """
    by_id = context.actor.member_id
    if context.actor.role is not Role.MEMBER or by_id == for_id:
        return
    if by_id is None or not may_act(state, for_id, by_id):
        raise Rejected(
            "may_not_act",
            "U mag nog niets vragen of regelen voor deze deelnemer. Een buurtcoördinator kan dat voor u "
            "mogelijk maken.",
            "You may not ask or arrange anything for this participant yet. A coordinator can make that "
            "possible for you.",
        )


def in_someones_name(decides: dict[type[Command], Decide]) -> dict[type[Command], Decide]:
    """The same deciders; those that members may send in someone's name look at who acts first."""
    return {command: _checked(decide) if _acts(command) else decide for command, decide in decides.items()}


def _acts(command: type[Command]) -> bool:
    """What is looked up for a command makes another of it, which has the rule of the first."""
    return any(MAY.get(kind.__name__, {}).get(Role.MEMBER) == ACTING for kind in command.__mro__)


def _checked(decide: Decide) -> Decide:
    def decided(command: Any, context: Context, state: State) -> list[Event]:
        if command.member_id is not None:
            check_acting(state, context, command.member_id)
        return decide(command, context, state)

    return decided
