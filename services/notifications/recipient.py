"""A recipient: how and when one member wants to hear from us, and when a message to them may go.

Whoever never chose has no row: e-mail, at any hour, each message by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import assert_never
from uuid import UUID

from contracts.ledger import AccountOpened
from contracts.members import Channel, ChannelChosen, Digest, MemberErased, MemberLeft
from services.kernel.dutch import LOCAL, local
from services.kernel.entity import Kind, replace

NIGHT = (22, 7)
"""No text message rings between these hours, however urgent."""

DIGEST_HOUR = 8
SOON = timedelta(hours=24)

APPOINTMENTS = frozenset(
    {
        "match-helper",
        "match-asker",
        "match-moved",
        "match-ended-helper",
        "match-ended-asker",
        "helper-withdrew",
        "missed-helper",
        "missed-asker",
        "visit-open",
        "series-started",
        "series-ends",
    }
)
"""About when someone comes, or does not: these never wait for a digest."""

WEEKS_AHEAD = timedelta(days=14)
"""From when on people hear of a visit without a helper: before that there is time to find someone."""


@dataclass(slots=True)
class Recipient:
    """Quiet hours are whole hours of the region's clock. `gone`: left or erased, gets nothing more.

    `account` is the kind of account under this id: a household is not written to about hours.
    """

    member_id: UUID
    channel: Channel = "email"
    digest: Digest = "none"
    quiet_from: int | None = None
    quiet_until: int | None = None
    gone: bool = False
    account: str = "person"
    version: int = 0


type RecipientEvent = ChannelChosen | MemberLeft | MemberErased | AccountOpened


def evolve(before: Recipient | None, event: RecipientEvent, member_id: UUID, at: datetime) -> Recipient:
    recipient = before or Recipient(member_id)
    match event:
        case ChannelChosen():
            return replace(
                recipient,
                channel=event.channel,
                digest=event.digest,
                quiet_from=event.quiet_from,
                quiet_until=event.quiet_until,
            )
        case MemberLeft() | MemberErased():
            return replace(recipient, gone=True)
        case AccountOpened():
            return replace(recipient, account=event.kind)
        case _:
            assert_never(event)


# Each field is written from one source alone, so the order between sources does not matter.
RECIPIENT = Kind(
    "recipients",
    Recipient,
    {
        ChannelChosen: lambda e: (e.member_id,),
        MemberLeft: lambda e: (e.member_id,),
        MemberErased: lambda e: (e.member_id,),
        # People are the rule: only what else has an account is kept.
        AccountOpened: lambda e: (e.account_id,) if e.kind != "person" else (),
    },
    evolve,
)


def may_go_at(
    recipient: Recipient,
    template: str,
    facts: Mapping[str, int | str | None],
    queued_at: datetime,
    now: datetime,
) -> datetime:
    """The first moment from `now` on at which this message may go (UTC)."""
    now = max(now, not_before(template, facts, now))
    match recipient.channel:
        case "email":
            waits = waits_for_digest(recipient, template)
            at = max(now, gathered_at(recipient.digest, queued_at)) if waits else now
            return at if urgent(template, facts, queued_at) else _awake(at, recipient)
        case "sms":
            at = now if urgent(template, facts, queued_at) else _awake(now, recipient)
            return after_quiet(at, *NIGHT)
        case "letter" | "phone":
            # A person brings it, at an hour that people ring at.
            return now
        case _:
            assert_never(recipient.channel)


def digests(recipient: Recipient, template: str) -> bool:
    """Whether this message is gathered with others into one mail. Visits of a week always are."""
    gathered = waits_for_digest(recipient, template) or template == "visit-open"
    return recipient.channel == "email" and gathered


def waits_for_digest(recipient: Recipient, template: str) -> bool:
    """Whether this message waits for the moment of the digest that its reader chose."""
    return recipient.digest != "none" and template not in APPOINTMENTS


def not_before(template: str, facts: Mapping[str, int | str | None], now: datetime) -> datetime:
    """Before when it is too early to tell this (UTC).

    That a visit has no helper yet is told on a Monday, one to two weeks ahead: by then most have
    found one, and visits of the same week are told at once.
    """
    wanted_at = facts.get("wanted_at")
    if template != "visit-open" or wanted_at is None:
        return now
    return gathered_at("weekly", datetime.fromisoformat(str(wanted_at)) - WEEKS_AHEAD)


def urgent(template: str, facts: Mapping[str, int | str | None], queued_at: datetime) -> bool:
    """Whether it may not wait: a helper who withdrew, or what ends or moves within 24 hours."""
    if template == "helper-withdrew":
        return True
    if template not in ("match-moved", "match-ended-helper", "match-ended-asker"):
        return False
    moments = (facts.get("wanted_at"), facts.get("from_at"))
    return any(datetime.fromisoformat(str(m)) <= queued_at + SOON for m in moments if m is not None)


def gathered_at(digest: Digest, queued_at: datetime) -> datetime:
    """When the digest goes that a message of `queued_at` is in: at eight, weekly on Mondays."""
    day = local(queued_at).date()
    while True:
        at = datetime.combine(day, time(DIGEST_HOUR), LOCAL)
        if at > queued_at and (digest != "weekly" or at.weekday() == 0):
            return at.astimezone(queued_at.tzinfo)
        day += timedelta(days=1)


def after_quiet(at: datetime, quiet_from: int, quiet_until: int) -> datetime:
    """`at`, or the end of the quiet hours that it falls in. They may wrap midnight."""
    wall = local(at)
    wraps = quiet_from > quiet_until
    quiet = (
        wall.hour >= quiet_from or wall.hour < quiet_until if wraps else quiet_from <= wall.hour < quiet_until
    )
    if not quiet:
        return at
    tomorrow = wraps and wall.hour >= quiet_from
    day = wall.date() + timedelta(days=1 if tomorrow else 0)
    return datetime.combine(day, time(quiet_until), LOCAL).astimezone(at.tzinfo)


def _awake(at: datetime, recipient: Recipient) -> datetime:
    if recipient.quiet_from is None or recipient.quiet_until is None:
        return at
    return after_quiet(at, recipient.quiet_from, recipient.quiet_until)
