"""Who is told what, when."""

from uuid import UUID, uuid5

from contracts.envelope import Command, Event
from contracts.exchange import (
    HelpRequested,
    MatchConfirmed,
    MatchFellThrough,
    MinutesDiffered,
    OfferPosted,
)
from contracts.ledger import CreditTransferred
from contracts.members import MemberApproved
from contracts.notifications import QueueMessage, RecordDelivery, Template
from services.kernel.service import Decide, Follow
from services.notifications import message

DECIDES: dict[type[Command], Decide] = {QueueMessage: message.queue, RecordDelivery: message.record_delivery}


def _tell(member_id: UUID, template: Template, about: UUID, **facts: int | str | None) -> QueueMessage:
    """One message. Its id is made from what it is about, so that it exists once."""
    return QueueMessage(
        message_id=uuid5(about, f"{template}/{member_id}"),
        member_id=member_id,
        template=template,
        facts=facts,
    )


def on_member_approved(event: MemberApproved) -> list[Command]:
    return [_tell(event.member_id, "member-approved", event.member_id, number=event.number)]


def on_offer_posted(event: OfferPosted) -> list[Command]:
    return [_tell(event.member_id, "offer-posted", event.offer_id, category=event.category)]


def on_help_requested(event: HelpRequested) -> list[Command]:
    return [_tell(event.member_id, "help-requested", event.request_id, category=event.category)]


def on_match_confirmed(event: MatchConfirmed) -> list[Command]:
    when = event.wanted_at.isoformat() if event.wanted_at else None
    return [
        _tell(
            event.helper_id,
            "match-helper",
            event.match_id,
            other=str(event.asker_id),
            category=event.category,
            minutes=event.minutes,
            wanted_at=when,
        ),
        _tell(
            event.asker_id,
            "match-asker",
            event.match_id,
            other=str(event.helper_id),
            category=event.category,
            minutes=event.minutes,
            wanted_at=when,
        ),
    ]


def on_match_fell_through(event: MatchFellThrough) -> list[Command]:
    # Nobody was told of a match that was never confirmed.
    if not event.told:
        return []
    return [
        _tell(event.helper_id, "match-ended-helper", event.match_id),
        _tell(event.asker_id, "match-ended-asker", event.match_id),
    ]


def on_minutes_differed(event: MinutesDiffered) -> list[Command]:
    return [
        _tell(
            event.helper_id,
            "minutes-differ",
            event.match_id,
            own=event.helper_minutes,
            others=event.asker_minutes,
        ),
        _tell(
            event.asker_id,
            "minutes-differ",
            event.match_id,
            own=event.asker_minutes,
            others=event.helper_minutes,
        ),
    ]


def on_credit_transferred(event: CreditTransferred) -> list[Command]:
    helped = event.match_id is not None
    return [
        _tell(
            event.to_account_id,
            "hours-booked-helper" if helped else "gift-received",
            event.transfer_id,
            minutes=event.minutes,
        ),
        _tell(
            event.from_account_id,
            "hours-booked-asker" if helped else "gift-given",
            event.transfer_id,
            minutes=event.minutes,
        ),
    ]


FOLLOWS: dict[type[Event], Follow] = {
    MemberApproved: on_member_approved,
    OfferPosted: on_offer_posted,
    HelpRequested: on_help_requested,
    MatchConfirmed: on_match_confirmed,
    MatchFellThrough: on_match_fell_through,
    MinutesDiffered: on_minutes_differed,
    CreditTransferred: on_credit_transferred,
}
