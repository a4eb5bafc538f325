"""The page of one match: what was agreed, what each wrote down, and what can be done when it goes wrong."""

from typing import Any
from uuid import UUID

from contracts.envelope import Actor
from services.coordinator.console import match_forms as ask
from services.coordinator.console.addresses import (
    match_href,
    member_href,
    request_href,
    reversal_href,
    series_href,
)
from services.coordinator.console.due import appointment_nl
from services.coordinator.console.forms import Failed, Form, Group, Shown, kept, shown_form
from services.coordinator.console.history import history, people_in
from services.coordinator.console.people import (
    Names,
    coordinator_label,
    coordinators,
    match_label,
    names,
    request_label,
)
from services.coordinator.console.reversal import Booking, bookings
from services.coordinator.console.views import CasePage, Fact, Icon, Link, Notice, StatusTone
from services.coordinator.console.wording import category_nl, full_day_nl
from services.coordinator.desk import Desk
from services.coordinator.outcome import match_seen, why_not_booked
from services.coordinator.projections.exchange import MatchSeen
from services.coordinator.projections.history import readable
from services.kernel.dutch import hours_nl
from services.kernel.errors import Transient

STATUS: dict[str, tuple[str, StatusTone, Icon]] = {
    "reserved": ("Even geduld", "neutral", "clock"),
    "confirmed": ("Staat", "safe", "check"),
    "agreed": ("Uren worden geboekt", "neutral", "clock"),
    "completed": ("Klaar", "safe", "check"),
    "unbooked": ("Uren niet geboekt", "warning", "warning"),
    "fell_through": ("Gaat niet door", "neutral", "info"),
}
_DIFFER: tuple[str, StatusTone, Icon] = ("Minuten verschillen", "warning", "unequal")

_REWARD = {"euro": "vergoeding in geld", "none": "zonder uren of geld"}


async def match_page(
    desk: Desk, actor: Actor, match_id: UUID, *, done: str | None = None, failed: Failed | None = None
) -> CasePage | None:
    """The page; None for a match we do not know."""
    match = await match_seen(desk, match_id)
    if match is None:
        return None
    told = readable(await desk.fetch("SELECT * FROM history WHERE match_id = $1", match_id), actor)
    known = await names(desk, actor, [match.helper_id, match.asker_id, *people_in(told)])
    label, tone, icon = _DIFFER if match.minutes_differ else STATUS[match.status]
    about = category_nl(match.category)
    booked = await _booked(desk, actor, match)
    return CasePage(
        number_label=match_label(match_id),
        title=f"{about}: {known.of(match.helper_id)} en {known.of(match.asker_id)}",
        status_label=label,
        status_tone=tone,
        status_icon=icon,
        facts=(*_facts(desk, match, known), *_undone(booked)),
        groups=kept(_groups(desk, match, known, failed), ask.MATCH_FORMS, match_href(match_id), failed),
        history=history(told, known, desk.region),
        notice=Notice("ok", done) if done else await _not_booked(desk, match),
        failed=failed is not None,
        links=(Link("Boek de uren terug", reversal_href(match_id)),)
        if any(each.reversed_on is None for each in booked)
        else (),
    )


async def _booked(desk: Desk, actor: Actor, match: MatchSeen) -> tuple[Booking, ...]:
    """What was booked for it; while the ledger is away the page shows the rest."""
    try:
        return await bookings(desk, actor, match)
    except Transient:
        return ()


def _undone(booked: tuple[Booking, ...]) -> tuple[Fact, ...]:
    return tuple(
        Fact("Teruggeboekt", hours_nl(each.minutes), f"op {full_day_nl(each.reversed_on)}")
        for each in booked
        if each.reversed_on is not None
    )


async def given(desk: Desk, form: Form, match_id: UUID) -> dict[str, object]:
    """What a form about a match is given by its page."""
    if form is not ask.INCIDENT:
        return {"match_id": match_id}
    match = await match_seen(desk, match_id)
    people = {"helper_id": match.helper_id, "asker_id": match.asker_id} if match else {}
    return {"match_id": match_id, **people}


async def _not_booked(desk: Desk, match: MatchSeen) -> Notice | None:
    """Why the ledger could not book the minutes, and what to do now."""
    if match.status != "unbooked":
        return None
    row = await desk.row("SELECT reason FROM refusals_seen WHERE hold_id = $1", match.match_id)
    return Notice("warning", "De uren zijn niet geboekt.", why_not_booked(row["reason"] if row else None).nl)


def _facts(desk: Desk, match: MatchSeen, known: Names) -> tuple[Fact, ...]:
    when = appointment_nl(match.wanted_at) if match.wanted_at is not None else "kiezen zij samen"
    moved = f"was {appointment_nl(match.moved_from)}" if match.moved_from is not None else ""
    facts = [
        Fact("Helper", known.first(match.helper_id), href=member_href(match.helper_id)),
        Fact("Hulpvrager", known.first(match.asker_id), href=member_href(match.asker_id)),
        Fact("Afspraak", when, moved),
        Fact("Verwacht", hours_nl(match.minutes), _REWARD.get(match.compensation, "")),
        Fact("Hulpvraag", request_label(match.request_id), href=request_href(match.request_id)),
    ]
    if match.series_id is not None:
        facts.append(Fact("Hoort bij", "terugkerende hulp", href=series_href(match.series_id)))
    for label, minutes in (
        ("Helper schreef op", match.helper_minutes),
        ("Hulpvrager schreef op", match.asker_minutes),
        ("Vastgesteld", match.agreed_minutes),
    ):
        if minutes is not None:
            facts.append(Fact(label, hours_nl(minutes)))
    if match.decided_by is not None:
        facts.append(Fact("Besloten door", coordinator_label(desk.region, match.decided_by)))
    if match.no_show is not None:
        facts.append(Fact("Niet gekomen", dict(ask.WHO).get(match.no_show, match.no_show)))
    return tuple(facts)


def _groups(desk: Desk, match: MatchSeen, known: Names, failed: Failed | None) -> tuple[Group, ...]:
    here = match_href(match.match_id)
    people = tuple((str(id), known.first(id)) for id in (match.helper_id, match.asker_id))
    choices = {"member_id": people, "handler": coordinators(desk.region)}

    def shown(form: Form, **more: Any) -> Shown:
        return shown_form(form, here, failed=failed, choices=choices, **more)

    groups: list[Group] = []
    if match.minutes_differ or match.status == "unbooked":
        why = "De minuten verschillen" if match.minutes_differ else "De uren zijn niet geboekt"
        groups.append(Group(why, (shown(ask.DECIDE, unfolded=True),)))
    if match.no_show is not None:
        groups.append(Group("Iemand was er niet", (shown(ask.CALLED),)))
    if match.status == "confirmed":
        each_time = (shown(ask.SKIP),) if match.series_id is not None else ()
        groups.append(
            Group("De afspraak", (shown(ask.REPORT), shown(ask.MOVE), *each_time, shown(ask.CANCEL)))
        )
    wrong = (shown(ask.NO_SHOW),) if match.status == "confirmed" else ()
    if match.status != "reserved":
        groups.append(Group("Als het niet goed ging", (*wrong, shown(ask.INCIDENT))))
    return tuple(groups)
