"""Who handles what is about people, a complaint or an incident: one rule for both.

Its handlers are named in it: credentials of coordinators. They read its restricted file; so does
who stands in for one of them on leave. Who is part of it neither reads nor decides anything,
whatever else they are.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from contracts.envelope import Actor, Role
from services.kernel.errors import Rejected
from services.kernel.settings import Key


def involved(actor: Actor, people: Collection[UUID | None]) -> bool:
    """Whether the actor is one of these people."""
    return actor.member_id is not None and actor.member_id in people


def handles(actor: Actor, handlers: Collection[str], people: Collection[UUID | None]) -> bool:
    """Whether the actor, or who they stand in for today, is a handler; and is not part of it."""
    return not involved(actor, people) and any(name in handlers for name in actor.acts_as)


def check_handler(actor: Actor, handlers: Collection[str], people: Collection[UUID | None]) -> None:
    """Go on only with who handles it. Raises Rejected."""
    check_uninvolved(actor, people)
    if not handles(actor, handlers, people):
        raise Rejected(
            "not_the_handler",
            "Een collega behandelt dit. Alleen die mag het dossier lezen en afsluiten: vraag het na.",
            "A colleague handles this. Only they may read and close the file: ask them.",
        )


def check_uninvolved(actor: Actor, people: Collection[UUID | None]) -> None:
    """Go on only with a coordinator who has no part in it (Awb, art. 9:7). Raises Rejected."""
    if involved(actor, people):
        raise Rejected(
            "involved",
            "Dit gaat ook over uzelf. Laat een collega dit doen.",
            "This is about yourself too. Let a colleague do it.",
        )


def check_coordinator(keys: Iterable[Key], name: str) -> None:
    """Go on only when `name` is the id of a coordinator's key. Raises Rejected."""
    if not any(key.id == name and key.as_role is Role.COORDINATOR for key in keys):
        raise Rejected(
            "unknown_coordinator",
            "Deze coördinator kennen wij niet. Kies iemand die hier een eigen sleutel heeft.",
            "We do not know this coordinator. Choose someone who has a key of their own here.",
        )


def check_can_handle(keys: Iterable[Key], name: str, people: Collection[UUID | None]) -> None:
    """Go on only when `name` is a coordinator who can be given this. Raises Rejected.

    Who cannot sign in could never read the file; who is part of it may not.
    """
    keys = tuple(keys)
    check_coordinator(keys, name)
    own = {UUID(key.member_id) for key in keys if key.id == name and key.member_id}
    if own & set(people):
        raise Rejected(
            "involved",
            "Deze coördinator is er zelf bij betrokken. Kies een collega.",
            "This coordinator is part of it. Choose a colleague.",
        )
