"""Vandaag: the work list as a page."""

from datetime import datetime
from uuid import UUID

from contracts.categories import CATEGORIES
from contracts.envelope import Actor
from services.coordinator.console.due import due_nl
from services.coordinator.console.people import Names, names, number_label, place
from services.coordinator.console.views import KindFilter, TodayPage, WorkItem, WorkKind
from services.coordinator.console.wording import waited_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.coordinator.work import Work, WorkCode, work_counts, work_list

KINDS: dict[WorkCode, tuple[WorkKind, str]] = {
    "without_helper": (WorkKind.WITHOUT_HELPER, "Kies helper"),
    "without_answer": (WorkKind.WITHOUT_ANSWER, "Bekijk"),
    "new_member": (WorkKind.NEW_MEMBER, "Beoordeel"),
    "minutes_differ": (WorkKind.MINUTES_DIFFER, "Beslis"),
    "not_booked": (WorkKind.NOT_BOOKED, "Los op"),
    "message_failed": (WorkKind.MESSAGE_FAILED, "Los op"),
}
"""Each kind of work with its one verb."""

WHY_FAILED: dict[str | None, str] = {
    "no_address": "geen e-mailadres",
    "refused": "adres werkt niet",
    "gave_up": "vaak geprobeerd",
}

_CODES = {kind.label.lower().replace(" ", "-"): code for code, (kind, _) in KINDS.items()}


async def today(desk: Desk, actor: Actor, chosen: str | None) -> TodayPage:
    """The page; `chosen` is the kind in the address, such as 'zonder-helper'."""
    at = now()
    code = _CODES.get(chosen or "")
    waiting = await work_list(desk, kind=code)
    counts = await work_counts(desk)
    known = await names(desk, actor, (work.member_id for work in waiting))
    items = [(work.pressing, _item(work, known, at)) for work in waiting]
    total = counts.get(code, 0) if code else sum(counts.values())
    return TodayPage(
        as_of=at,
        href=_href(code),
        first=tuple(item for pressing, item in items if pressing),
        then=tuple(item for pressing, item in items if not pressing),
        filters=_filters(counts, code),
        beyond=total - len(items) if total > len(items) else 0,
    )


def _filters(counts: dict[WorkCode, int], code: WorkCode | None) -> tuple[KindFilter, ...]:
    every = KindFilter(None, sum(counts.values()), _href(None), code is None)
    return every, *(
        KindFilter(kind, counts.get(each, 0), _href(each), code == each)
        for each, (kind, _) in KINDS.items()
        if counts.get(each) or code == each
    )


def _href(code: WorkCode | None) -> str:
    return "/" if code is None else f"/?soort={KINDS[code][0].label.lower().replace(' ', '-')}"


def _item(work: Work, known: Names, at: datetime) -> WorkItem:
    kind, action = KINDS[work.kind]
    title, facts = _what(work, known)
    due, tone = due_nl(work.due, fixed=work.fixed, at=at)
    return WorkItem(
        kind=kind,
        title=title,
        facts=tuple(fact for fact in facts if fact),
        waiting=waited_nl(at - work.since),
        due=due,
        due_tone=tone,
        action=action,
        href=_page(work),
    )


def _what(work: Work, known: Names) -> tuple[str, tuple[str, ...]]:
    """What waits, then who and where."""
    about = CATEGORIES[work.category].nl if work.category in CATEGORIES else "Hulp"
    who = known.of(work.member_id)
    where = place(work.pc4) if work.pc4 else ""
    match work.kind:
        case "without_helper":
            return about, (who, where)
        case "without_answer":
            return about, ("de uren staan nog niet apart", who, where)
        case "new_member":
            return f"{number_label(work.number)} wil meedoen", (who, where)
        case "minutes_differ":
            said = f"hulpvrager zegt {work.asker_minutes}, helper {work.helper_minutes} minuten"
            return f"{about}: {said}", (who, where)
        case "not_booked":
            return f"{about}: de uren zijn niet geboekt", ("te weinig uren vrij", who, where)
        case "message_failed":
            to = number_label(work.number).lower()
            return f"E-mail aan {to} komt niet aan", (who, WHY_FAILED.get(work.reason, ""), where)


def _page(work: Work) -> str:
    return member_href(work.member_id) if work.request_id is None else request_href(work.request_id)


def request_href(request_id: UUID) -> str:
    return f"/hulpvragen/{request_id}"


def member_href(member_id: UUID) -> str:
    return f"/deelnemers/{member_id}"
