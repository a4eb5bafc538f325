"""What happened to whom, line by line, and who did it. Ids and codes; words come later.

One line for every event that people would want to see. With the actor it also shows what someone
did in another's name: the actor is `coordinator:noor`, the line is about a member.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts import (
    coordinator,
    exchange,
    initiatives,
    ledger,
    loans,
    members,
    notifications,
    referrals,
    safety,
    vetting,
    visits,
)
from contracts.catalogue import kebab
from contracts.envelope import Actor, Event
from contracts.exchange import MinutesReported
from contracts.loans import HelperOffered, LoanMinutesAgreed
from services.kernel.entity import Trail
from services.kernel.handling import involved


@dataclass(slots=True)
class HistoryLine:
    """`code` is the event's name: `match-confirmed`. `actor` is the role and credential that did it.

    `person_id` is whom it is about: the member, the helper, or who reported. `other_id` is the other
    person, where there is one. `reason` is a code: why it was so, who was missing, which step, the key of
    who handles it from then on, or with which region it is (of a loan, whose other person is not ours).
    """

    line_id: UUID
    code: str
    person_id: UUID | None
    other_id: UUID | None
    request_id: UUID | None
    match_id: UUID | None
    series_id: UUID | None
    minutes: int | None
    reason: str | None
    at: datetime
    actor: str = ""
    loan_id: UUID | None = None
    version: int = 0


TOLD: tuple[type[Event], ...] = (
    *(event for event in members.EVENTS if event.ENTITY != "contact" and event is not vetting.VogReminded),
    exchange.OfferPosted,
    exchange.OfferWithdrawn,
    exchange.HelpRequested,
    exchange.RequestOpened,
    exchange.RequestWithdrawn,
    exchange.MatchReserved,
    exchange.MatchConfirmed,
    exchange.MatchFellThrough,
    exchange.MinutesReported,
    exchange.MinutesDiffered,
    exchange.MinutesAgreed,
    exchange.MatchCompleted,
    exchange.MatchUnbooked,
    initiatives.ReciprocityWaived,
    visits.SeriesStarted,
    visits.HelperEndPlanned,
    visits.SeriesHelperChanged,
    visits.SeriesEnded,
    visits.VisitMoved,
    visits.NoShowNoted,
    visits.HelperThanked,
    *safety.EVENTS,
    *(event for event in loans.EVENTS if event.ENTITY == "loan"),
    referrals.PersonReferred,
    referrals.ReferralMoved,
    ledger.LimitsChanged,
    ledger.CreditTransferred,
    ledger.CompensationBooked,
    ledger.ExpensesNoted,
    ledger.HelpRecorded,
    notifications.MessageDelivered,
    notifications.ContactAttempted,
    notifications.ContactEscalated,
    coordinator.ComplaintFiled,
    coordinator.ComplaintMoved,
    coordinator.ComplaintHandedOver,
    coordinator.CallNoted,
)
"""What gets a line. Not what services do among themselves, nor what was merely sent by itself."""

CONFIDENTIAL = frozenset(
    (
        "incident-reported",
        "incident-handed-over",
        "incident-closed",
        "no-show-noted",
        "call-noted",
        "complaint-filed",
        "complaint-moved",
        "complaint-handed-over",
    )
)
"""Codes of lines that are for coordinators alone, also when a member reads their own history.

And for those without a part in it.
"""


COULD_BE_NEARNESS = frozenset({("match-fell-through", "cancelled"), ("helper-end-planned", None)})
"""Code and reason of lines that come of themselves where two people turn out to be near.

Who is in whose circle is nobody's to know (exchange/leaving.py). So of these is told who did it only where
that was someone who works here: that nobody did would tell why.
"""

_WORKS_HERE = ("coordinator:", "operator:", "referrer:")


def readable(rows: Iterable[dict[str, Any]], actor: Actor) -> list[dict[str, Any]]:
    """The lines of `history` that a coordinator may read, each with who did it as far as they may know.

    Who complains of them is not theirs to know. That a circle changed is for who wrote it down: beside
    the help that ended at that moment it would tell who is near.
    """
    return [
        {**row, "actor": told_actor(row)}
        for row in rows
        if not _kept_from(row, actor) and (row["code"] != "circle-changed" or row["actor"] == str(actor))
    ]


def told_actor(row: Mapping[str, Any]) -> str:
    """Who did what a line says; empty where that would tell who is near."""
    who = str(row["actor"])
    return (
        "" if (row["code"], row["reason"]) in COULD_BE_NEARNESS and not who.startswith(_WORKS_HERE) else who
    )


def _kept_from(row: Mapping[str, Any], actor: Actor) -> bool:
    return row["code"] in CONFIDENTIAL and involved(actor, (row["person_id"], row["other_id"]))


_PERSON = ("member_id", "helper_id", "participant_id", "payer_id", "from_account_id", "account_id")
_REASON = ("status", "reason", "because", "who", "handler", "step")
_OTHER = (
    "asker_id",
    "asked_by",
    "about_id",
    "household_id",
    "representative_id",
    "payee_id",
    "to_account_id",
)


def _first(event: Event, names: tuple[str, ...]) -> Any:
    """The first of these fields that the event has a value for."""
    return next((found for name in names if (found := getattr(event, name, None)) is not None), None)


def _people(event: Event) -> tuple[UUID | None, UUID | None]:
    if isinstance(event, MinutesReported) and event.by == "asker":
        return event.asker_id, event.helper_id
    if isinstance(event, HelperOffered | LoanMinutesAgreed):
        # Their helper is nobody here.
        return getattr(event, "asker_id", None), None
    return _first(event, _PERSON), _first(event, _OTHER)


def _tell(event: Event, line_id: UUID, at: datetime) -> HistoryLine:
    person_id, other_id = _people(event)
    loan_id = getattr(event, "loan_id", None)
    return HistoryLine(
        line_id,
        kebab(type(event).__name__),
        person_id,
        other_id,
        getattr(event, "request_id", None),
        getattr(event, "match_id", None),
        getattr(event, "series_id", None),
        getattr(event, "minutes", None),
        _first(event, _REASON if loan_id is None else (*_REASON, "peer")),
        at,
        loan_id=loan_id,
    )


HISTORY = Trail("history", HistoryLine, TOLD, _tell)
