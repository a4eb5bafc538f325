"""Letters to print and calls to make: messages that a person must bring."""

from typing import Any

from contracts.envelope import Actor
from contracts.notifications import PaperLetter
from services.coordinator.console import rota_forms as ask
from services.coordinator.console.addresses import LETTERS, member_href
from services.coordinator.console.forms import shown_form
from services.coordinator.console.rota_views import Letter, LettersPage, Sheets
from services.coordinator.console.views import Notice
from services.coordinator.console.wording import waited_nl
from services.coordinator.desk import Desk
from services.coordinator.local_time import now
from services.coordinator.to_bring import to_bring
from services.kernel import geography
from services.kernel.dutch import day_nl

MOST = 100


async def letters_page(desk: Desk, actor: Actor, *, done: str | None = None) -> LettersPage:
    """What must be brought in this coordinator's areas, longest wait first."""
    found, missing = await _to_bring(desk, actor)
    return LettersPage(
        letters=tuple(letter for channel, letter in found if channel != "phone"),
        calls=tuple(letter for channel, letter in found if channel == "phone"),
        unreadable=missing,
        notice=Notice("ok", done) if done else None,
    )


async def sheets(desk: Desk, actor: Actor) -> Sheets:
    """The letters, ready for the printer."""
    found, _ = await _to_bring(desk, actor)
    day = now().date()
    return Sheets(
        letters=tuple(letter for channel, letter in found if channel != "phone"),
        sender=f"Wederdienst {desk.region.name}",
        day=f"{day_nl(day)} {day.year}",
    )


async def _to_bring(desk: Desk, actor: Actor) -> tuple[list[tuple[str, Letter]], int]:
    """Channel and letter of each, and how many have no text any more."""
    waiting = await to_bring(desk, actor, limit=MOST)
    found = [(row["channel"], _letter(row, letter)) for row, letter in waiting if letter is not None]
    return found, len(waiting) - len(found)


def _letter(row: dict[str, Any], letter: PaperLetter) -> Letter:
    here = f"{LETTERS}/{letter.message_id}"
    attempts = row["attempts"] if row["channel"] == "phone" else 0
    return Letter(
        message_id=str(letter.message_id),
        to=letter.name,
        href=member_href(letter.member_id),
        address=_address(letter),
        phone=letter.phone or "",
        subject=letter.subject,
        paragraphs=tuple(part.strip() for part in letter.text.split("\n\n") if part.strip()),
        waited=waited_nl(now() - row["since"]),
        tried=_tried(attempts, escalated=row["escalated"]),
        delivered=shown_form(ask.DELIVERED, here),
        missed=shown_form(ask.MISSED, here),
    )


def _address(letter: PaperLetter) -> tuple[str, ...]:
    street = f"{letter.street} {letter.house_number or ''}".strip() if letter.street else ""
    town = f"{letter.pc4} {geography.place(letter.pc4)}" if geography.known(letter.pc4) else letter.pc4
    return tuple(line for line in (letter.name, street, town) if line)


def _tried(attempts: int, *, escalated: bool) -> str:
    if escalated:
        return "Vaak niet bereikt: ga even langs"
    if not attempts:
        return ""
    return "1 keer niet bereikt" if attempts == 1 else f"{attempts} keer niet bereikt"
