"""Taking part: approved, offering, asking, a certificate that ends."""

from uuid import uuid5

from contracts.envelope import Command
from contracts.exchange import HelpRequested, OfferPosted, RequestOpened, RequestWithdrawn
from contracts.members import MemberApproved
from contracts.notifications import OvertakeMessage, Template
from contracts.vetting import VogLapsed, VogReminded
from services.notifications.telling import instead, message_id, tell


def on_member_approved(event: MemberApproved) -> list[Command]:
    return [tell(event.member_id, "member-approved", event.member_id, number=event.number)]


def on_offer_posted(event: OfferPosted) -> list[Command]:
    return [tell(event.member_id, "offer-posted", event.offer_id, category=event.category)]


def on_help_requested(event: HelpRequested) -> list[Command]:
    # Each visit of a series is a request: they asked once.
    if event.series_id is not None and event.series_id != event.request_id:
        return []
    template: Template = "draft-waits" if event.draft else "help-requested"
    return [tell(event.member_id, template, event.request_id, category=event.category)]


def on_request_opened(event: RequestOpened) -> list[Command]:
    told = tell(event.member_id, "request-opened", event.request_id)
    return [instead(event.member_id, "draft-waits", event.request_id, told)]


def on_request_withdrawn(event: RequestWithdrawn) -> list[Command]:
    # Who asked knows that they do not any more: what waits about it need not come.
    began: tuple[Template, ...] = ("draft-waits", "visit-open")
    return [
        OvertakeMessage(message_id=message_id(event.member_id, template, event.request_id))
        for template in began
    ]


def on_vog_reminded(event: VogReminded) -> list[Command]:
    return [
        tell(
            event.member_id,
            "vog-expiring",
            uuid5(event.vog_id, str(event.days_left)),
            category=event.category,
            valid_until=event.valid_until.isoformat(),
            days_left=event.days_left,
        )
    ]


def on_vog_lapsed(event: VogLapsed) -> list[Command]:
    return [tell(event.member_id, "vog-lapsed", event.vog_id, category=event.category)]
