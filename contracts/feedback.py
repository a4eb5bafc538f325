"""What social teams hear back, and how it reaches their systems. Emitted and decided by notifications.

Each team has one feed: everything that it may hear, in order, each with its `turn` (from 1 without
gaps). A team reads its feed over HTTP or NATS, hears it live on NATS, and has it brought to webhook
endpoints. An endpoint's address and secrets are in the vault, under the endpoint's own id.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from contracts.common import Moment
from contracts.envelope import Command, Event, Query, VaultEntry, View
from contracts.freetext import clean
from contracts.referrals import ReferralStatus

EndpointStatus = Literal["active", "paused", "disabled", "deleted"]
"""`paused` by a person; `disabled` by us, because the receiver said it is gone or took nothing for days."""

DeliveryOutcome = Literal["delivered", "failed", "gone"]

DeliveryStatus = Literal["queued", "delivered", "set_aside"]
"""`set_aside`: refused for days by a receiver that took other things; it is brought again when replayed."""


def _address(url: str) -> str:
    """An address that a webhook can be sent to. Where it may lead is looked at when it is used."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.username is not None or parts.fragment or not url.isascii() or not url.isprintable():
        raise PydanticCustomError("webhook_url", "not an address that a webhook can be sent to")
    for word in re.split(r"[^0-9A-Za-z]+", url):
        # Not the whole: digits of an IP address or a token are nobody's number.
        if word.isdigit():
            clean(word)
    return url


WebhookUrl = Annotated[str, Field(min_length=10, max_length=500), AfterValidator(_address)]
"""Where a webhook is sent: https, or http to this machine itself where the region allows that."""


# Events


class FeedbackQueued(Event):
    """A team may hear this: the `turn`-th thing in its feed. The rest is as exchange said it."""

    ENTITY: ClassVar[str] = "feedback"
    FIRST: ClassVar[bool] = True
    feedback_id: UUID
    team: str
    turn: int
    referral_id: UUID
    number: int
    status: ReferralStatus
    reason: str | None = None
    outcome: str | None = None
    at: datetime


class EndpointRegistered(Event):
    """A team wants its feed brought to an address. The address and its first secret are in the vault."""

    ENTITY: ClassVar[str] = "endpoint"
    FIRST: ClassVar[bool] = True
    endpoint_id: UUID
    team: str


class EndpointChanged(Event):
    """It has another address."""

    ENTITY: ClassVar[str] = "endpoint"
    endpoint_id: UUID


class SecretRotated(Event):
    """It has a new secret, its `secrets`-th. Until `former_until` (UTC) the one before signs too."""

    ENTITY: ClassVar[str] = "endpoint"
    endpoint_id: UUID
    secrets: int
    former_until: datetime


class EndpointPaused(Event):
    """Nothing is sent for now. What comes is kept."""

    ENTITY: ClassVar[str] = "endpoint"
    endpoint_id: UUID


class EndpointResumed(Event):
    """It is sent again, beginning with what was kept."""

    ENTITY: ClassVar[str] = "endpoint"
    endpoint_id: UUID


class EndpointDisabled(Event):
    """We stopped sending: the receiver is `gone` (410), or took nothing for days (`no_answer`)."""

    ENTITY: ClassVar[str] = "endpoint"
    endpoint_id: UUID
    reason: Literal["gone", "no_answer"]


class EndpointTried(Event):
    """Someone pressed the test button: this very event is brought, so that a receiver can be tried."""

    ENTITY: ClassVar[str] = "endpoint"
    endpoint_id: UUID
    team: str


class EndpointDeleted(Event):
    """Its address, secrets and delivery log leave the vault, and nothing is sent any more."""

    ENTITY: ClassVar[str] = "endpoint"
    endpoint_id: UUID
    team: str


class DeliveryQueued(Event):
    """Something is to be brought to an endpoint: its `turn`-th delivery. Without feedback: a test."""

    ENTITY: ClassVar[str] = "delivery"
    FIRST: ClassVar[bool] = True
    delivery_id: UUID
    endpoint_id: UUID
    turn: int
    feedback_id: UUID | None = None
    referral_id: UUID | None = None


class FeedbackDelivered(Event):
    """The receiver took it, at the `attempts`-th time since we last began; at `taken_at` (UTC)."""

    ENTITY: ClassVar[str] = "delivery"
    delivery_id: UUID
    endpoint_id: UUID
    attempts: int
    taken_at: datetime | None = None


class DeliverySetAside(Event):
    """The receiver takes other things, but for days not this one. What is behind it in its referral waits."""

    ENTITY: ClassVar[str] = "delivery"
    delivery_id: UUID
    endpoint_id: UUID


class DeliveryRequeued(Event):
    """What was set aside is brought again, and after it what waited behind it."""

    ENTITY: ClassVar[str] = "delivery"
    delivery_id: UUID
    endpoint_id: UUID


EVENTS: tuple[type[Event], ...] = (
    FeedbackQueued,
    EndpointRegistered,
    EndpointChanged,
    SecretRotated,
    EndpointPaused,
    EndpointResumed,
    EndpointDisabled,
    EndpointTried,
    EndpointDeleted,
    DeliveryQueued,
    FeedbackDelivered,
    DeliverySetAside,
    DeliveryRequeued,
)


# Commands


class TakeFeedback(Command):
    """From exchange's FeedbackGiven: put it in the team's feed, and bring it to the team's endpoints."""

    referral_id: UUID
    team: str
    number: int
    status: ReferralStatus
    reason: str | None = None
    outcome: str | None = None
    at: datetime


class RegisterEndpoint(Command):
    """Have your team's feedback brought to an address of yours, signed by Standard Webhooks."""

    url: WebhookUrl


class OpenEndpoint(RegisterEndpoint):
    """`RegisterEndpoint`, with the secret and the Ed25519 key it begins with."""

    secret: str
    signing_key: str

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (
            VaultEntry("endpoint", command_id, command_id, {"url": self.url}),
            secret_entry(command_id, 1, self.secret, self.signing_key),
        )


class ChangeEndpoint(Command):
    """Send to another address from now on, with the same secrets."""

    endpoint_id: UUID
    url: WebhookUrl

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (VaultEntry("endpoint", self.endpoint_id, self.endpoint_id, {"url": self.url}),)


class RotateSecret(Command):
    """Begin with a new secret and key; both sign for some hours (0: the old ones stop at once)."""

    endpoint_id: UUID
    keep_hours: Annotated[int, Field(strict=True, ge=0, le=7 * 24)] = 24


class RenewSecret(RotateSecret):
    """`RotateSecret`, with the new secret and key, the endpoint's `nth`."""

    nth: int
    secret: str
    signing_key: str

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        return (secret_entry(self.endpoint_id, self.nth, self.secret, self.signing_key),)


class PauseEndpoint(Command):
    """Send nothing for now. What comes is kept."""

    endpoint_id: UUID


class ResumeEndpoint(Command):
    """Send again, beginning with what was kept; also after we disabled it."""

    endpoint_id: UUID


class DeleteEndpoint(Command):
    """Send nothing any more, and forget the address, the secrets and the delivery log."""

    endpoint_id: UUID


class TryEndpoint(Command):
    """Send an invented event now, to try your receiver. The delivery log says how it went."""

    endpoint_id: UUID


class ReplayFeedback(Command):
    """Bring feedback again: one, or all of a period (UTC, the end not included), at most 1,000 at once."""

    endpoint_id: UUID
    feedback_id: UUID | None = None
    from_at: Moment | None = None
    until_at: Moment | None = None


class ReplayThese(ReplayFeedback):
    """`ReplayFeedback`, with which feedback that is, in the order of the feed.

    `unbrought_ids` are its deliveries to this endpoint that wait or were set aside, also those of replays.
    """

    feedback_ids: tuple[UUID, ...]
    unbrought_ids: tuple[UUID, ...] = ()


class RecordAttempt(Command):
    """From the courier: how one attempt went. `said` is the HTTP status, or why there was none."""

    delivery_id: UUID
    endpoint_id: UUID
    outcome: DeliveryOutcome
    attempts: int
    at: datetime
    milliseconds: int
    said: str

    def vault(self, command_id: UUID) -> tuple[VaultEntry, ...]:
        data = {"outcome": self.outcome, "said": self.said, "milliseconds": self.milliseconds}
        return (VaultEntry(attempt_entity(self.at), self.delivery_id, self.endpoint_id, data),)


COMMANDS: tuple[type[Command], ...] = (
    RegisterEndpoint,
    ChangeEndpoint,
    RotateSecret,
    PauseEndpoint,
    ResumeEndpoint,
    DeleteEndpoint,
    TryEndpoint,
    ReplayFeedback,
)


def secret_entry(endpoint_id: UUID, nth: int, secret: str, signing_key: str) -> VaultEntry:
    return VaultEntry(
        f"secret-{nth}", endpoint_id, endpoint_id, {"secret": secret, "signing_key": signing_key}
    )


ATTEMPT = "attempt/"


def attempt_entity(at: datetime) -> str:
    """Under which name the vault keeps an attempt: in order of time, so that old ones can be dropped."""
    return f"{ATTEMPT}{at.astimezone(UTC).isoformat(timespec='microseconds')}"


# Queries and views


class GetFeedback(Query):
    """Your team's feed after a cursor (0: from the beginning), oldest first."""

    after: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class FeedbackPage(View):
    """CloudEvents as they are also sent elsewhere. Ask on with `cursor`; `more` says whether to do so now."""

    events: tuple[dict[str, Any], ...]
    cursor: int
    more: bool


class GetEndpoints(Query):
    """Webhook endpoints that are not deleted: of your team, or for operators and coordinators of all."""


class Endpoint(View):
    """`waiting` is how much is still to be brought, `set_aside` how much your receiver does not digest.

    Only its own team reads the address.
    """

    endpoint_id: UUID
    team: str
    url: str | None = None
    status: EndpointStatus
    reason: str | None = None
    waiting: int
    set_aside: int = 0
    last_taken_at: datetime | None = None
    registered_at: datetime
    former_secret_until: datetime | None = None


class Endpoints(View):
    endpoints: tuple[Endpoint, ...]


class GetEndpointSecrets(Query):
    """What signatures of an endpoint of your team are checked with."""

    endpoint_id: UUID


class EndpointSecrets(View):
    """`secret` (whsec_) is for `v1` signatures, `public_key` (whpk_) for `v1a`. Former ones sign too."""

    secret: str
    public_key: str
    former_secret: str | None = None
    former_public_key: str | None = None


class GetDeliveries(Query):
    """The newest deliveries of an endpoint, each with its attempts in the last weeks."""

    endpoint_id: UUID
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Attempt(View):
    """`said` is the HTTP status, or why there was none: timeout, connection, not_allowed."""

    at: datetime
    outcome: DeliveryOutcome
    said: str
    milliseconds: int


class Delivery(View):
    delivery_id: UUID
    feedback_id: UUID | None
    referral_id: UUID | None
    referral_status: ReferralStatus | None
    status: DeliveryStatus
    queued_at: datetime
    delivered_at: datetime | None
    attempts: tuple[Attempt, ...]


class Deliveries(View):
    """Newest first."""

    deliveries: tuple[Delivery, ...]


QUERIES: dict[type[Query], type[View]] = {
    GetFeedback: FeedbackPage,
    GetEndpoints: Endpoints,
    GetEndpointSecrets: EndpointSecrets,
    GetDeliveries: Deliveries,
}
