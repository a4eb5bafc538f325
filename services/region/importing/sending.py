"""Sends an import to the services: members, approvals, then offers and requests, then balances.

A service remembers its no under the command's id. So nothing is sent before it can be
accepted: offers and requests wait until exchange knows who was approved, balances until the
ledger has followed exchange that far and opened their accounts.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts import exchange, ledger
from contracts.envelope import Actor, Command, Refusal, Role
from contracts.exchange import GetParticipants, Participants
from contracts.members import ApproveMember
from services.kernel.bus import Bus, content_hash
from services.kernel.errors import Misconfigured, Rejected, Transient
from services.kernel.questions import GetMarks, LogStretch, Marks, ReadLog
from services.kernel.settings import Region
from services.region.importing import rows
from services.region.importing.report import Count, RefusedRow, Report, refused
from services.region.importing.rows import Ids, Wish
from services.region.importing.table import Table, read
from services.region.progress import Screen

OPERATOR = Actor(role=Role.OPERATOR, name="import")
IN_FLIGHT = 64
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
FOLLOW_SECONDS = 60.0
ASKED_AT_ONCE = 500

MEMBERS, OFFERS, REQUESTS, BALANCES = "members", "offers", "requests", "balances"


@dataclass(frozen=True)
class Files:
    """What to import; each file may be left out."""

    members: Path | None = None
    offers: Path | None = None
    requests: Path | None = None


@dataclass
class Sheet:
    """One file as wishes, and its rows that are refused, more as the import goes on."""

    wishes: list[Wish[Any]] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    def refuse(self, wish: Wish[Any], why: Rejected) -> None:
        self.refused.append(refused(wish.file, wish.line, wish.ref, why))


async def import_files(region: Region, files: Files, screen: Screen) -> Report:
    """Import what is right in these files; the report names every row that was refused.

    Raises Misconfigured, before anything is sent, for a file that cannot be read as such and
    for a region that does not answer.
    """
    ids = Ids(region.region)
    return await send(region, ids, _read(files, ids), screen)


async def send(region: Region, ids: Ids, sheets: dict[str, Sheet], screen: Screen) -> Report:
    """Send what these sheets wish for, by kind. Raises Misconfigured for a region that does not answer."""
    began = time.monotonic()
    bus = Bus(region, "operator")
    try:
        await _reach(bus, region)
        sending = _Sending(bus, ids, sheets, screen)
        await sending.members()
        await sending.offers_and_requests()
        await sending.balances()
    finally:
        await bus.close()
    sending.report.seconds = time.monotonic() - began
    return sending.report


def _read(files: Files, ids: Ids) -> dict[str, Sheet]:
    # All files are opened before any is gone into: a wrong heading stops everything.
    tables = {
        kind: read(path, columns)
        for kind, path, columns in (
            (MEMBERS, files.members, rows.MEMBERS),
            (OFFERS, files.offers, rows.OFFERS),
            (REQUESTS, files.requests, rows.REQUESTS),
        )
        if path is not None
    }
    if not tables:
        raise Misconfigured("There is nothing to import. Give --members, --offers or --requests.")
    wishes_of: dict[str, Callable[[Table, Ids], tuple[list[Any], list[RefusedRow]]]] = {
        MEMBERS: rows.members,
        OFFERS: rows.offers,
        REQUESTS: rows.requests,
    }
    sheets = {}
    for kind, table in tables.items():
        wishes, no_good = wishes_of[kind](table, ids)
        sheets[kind] = Sheet(wishes, [*table.refused, *no_good])
    return sheets


async def _reach(bus: Bus, region: Region) -> None:
    """Connect, and see that exchange answers. Raises Misconfigured with what to do."""
    where = f"{region.nats.host}:{region.nats.port}"
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await bus.connect()
            await bus.ask(GetParticipants(member_ids=()), Participants, OPERATOR)
    except (Transient, TimeoutError, OSError):
        raise Misconfigured(
            f"The region {region.region} does not answer at {where}. "
            "Is it running? Start it with `wederdienst up`, then try again."
        ) from None


class _Sending:
    """One import under way."""

    def __init__(self, bus: Bus, ids: Ids, sheets: dict[str, Sheet], screen: Screen) -> None:
        self.report = Report()
        self._bus = bus
        self._ids = ids
        self._sheets = sheets
        self._screen = screen
        self._known: set[UUID] = set()
        self._unapproved: set[UUID] = set()
        self._silent = False

    # ---- members

    async def members(self) -> None:
        """Register members, approve those who were, and wait until exchange knows them."""
        sheet = self._sheets.get(MEMBERS)
        if sheet is None:
            return
        listed = {wish.id for wish in sheet.wishes} | self._refused_members().keys()
        await self._learn({other for wish in sheet.wishes for other in wish.needs} - listed)
        may = [wish for wish in sheet.wishes if self._circle_is_known(sheet, wish, listed)]
        registered = await self._send(sheet, "registering members", may, self._carry_out)
        to_approve = [wish for wish in registered if wish.approved]
        self._unapproved = {wish.id for wish in registered if not wish.approved}
        approved = await self._send(sheet, "approving members", to_approve, self._approve)
        await self._until_known({wish.id for wish in approved})
        self._count(MEMBERS, sheet, len(registered) - len(to_approve) + len(approved))

    def _circle_is_known(self, sheet: Sheet, wish: Wish[Any], listed: Collection[UUID]) -> bool:
        # Someone in the same file counts, also when refused now: their id will be the same later.
        if all(other in listed or other in self._known for other in wish.needs):
            return True
        sheet.refuse(
            wish,
            Rejected(
                "unknown_member",
                "In de kring staat iemand die wij niet kennen. Zet die deelnemer ook in dit bestand.",
                "The circle names someone we do not know. Put that participant in this file too.",
            ),
        )
        return False

    async def _approve(self, wish: Wish[Any]) -> None:
        try:
            await self._answered(ApproveMember(member_id=wish.id), self._ids.approval(wish.ref))
        except Rejected as no:
            # A coordinator was first: that is what the row wants.
            if no.refusal.facts.get("status") == "approved":
                return
            raise Rejected(
                no.refusal.code,
                f"Deze deelnemer is ingeschreven, maar niet goedgekeurd. {no.refusal.nl}",
                f"This participant is registered, but not approved. {no.refusal.en}",
            ) from None

    # ---- offers and requests

    async def offers_and_requests(self) -> None:
        """Post offers, then ask for help, of members whom exchange knows."""
        for kind, what in ((OFFERS, "posting offers"), (REQUESTS, "asking for help")):
            sheet = self._sheets.get(kind)
            if sheet is None:
                continue
            may = await self._of_participants(sheet)
            self._count(kind, sheet, len(await self._send(sheet, what, may, self._carry_out)))

    async def _of_participants(self, sheet: Sheet) -> list[Wish[Any]]:
        """The wishes of whom exchange knows; the others are refused."""
        await self._learn({need for wish in sheet.wishes for need in wish.needs} - self._known)
        may = []
        for wish in sheet.wishes:
            if self._known.issuperset(wish.needs):
                may.append(wish)
            else:
                sheet.refuse(wish, self._why_not(wish.needs[0]))
        return may

    def _refused_members(self) -> dict[UUID, RefusedRow]:
        sheet = self._sheets.get(MEMBERS, Sheet())
        return {self._ids.member(row.ref): row for row in sheet.refused if row.ref}

    def _why_not(self, member_id: UUID) -> Rejected:
        if (row := self._refused_members().get(member_id)) is not None:
            return Rejected(
                "member_refused",
                f"De deelnemer bij deze regel is geweigerd: zie regel {row.line} van {row.file}.",
                f"The participant of this row was refused: see line {row.line} of {row.file}.",
            )
        if member_id in self._unapproved:
            return Rejected(
                "not_approved",
                "De deelnemer bij deze regel is nog niet goedgekeurd. Doe dat eerst en lees dit opnieuw in.",
                "The participant of this row is not approved yet. Do that first and import this again.",
            )
        return Rejected(
            "unknown_member",
            "De deelnemer bij deze regel kennen wij niet, of is nog niet goedgekeurd. Kijk het kenmerk na.",
            "We do not know the participant of this row, or they are not approved yet. Check the ref.",
        )

    # ---- balances

    async def balances(self) -> None:
        """Bring balances to the accounts of whom exchange knows."""
        sheet = self._sheets.get(BALANCES)
        if sheet is None:
            return
        may = await self._of_participants(sheet)
        if may and not await self._ledger_has_followed():
            self._silent = True
        self._count(BALANCES, sheet, len(await self._send(sheet, "bringing balances", may, self._carry_out)))

    async def _ledger_has_followed(self) -> bool:
        """Wait until the ledger is where exchange is now; no when it comes no further for a minute."""
        try:
            log = await self._bus.ask(
                ReadLog(after=0, limit=1), LogStretch, OPERATOR, seconds=ANSWER_SECONDS, to=exchange.SERVICE
            )
            target = (log.epoch, log.head)
            reached = await self._followed()
            until = time.monotonic() + FOLLOW_SECONDS
            while reached < target and time.monotonic() < until:
                await asyncio.sleep(0.05)
                before, reached = reached, await self._followed()
                if reached > before:
                    until = time.monotonic() + FOLLOW_SECONDS
        except Transient:
            return False
        return reached >= target

    async def _followed(self) -> tuple[int, int]:
        """Epoch and position of exchange up to which the ledger has followed. Raises Unreachable."""
        marks = await self._bus.ask(GetMarks(), Marks, OPERATOR, seconds=ANSWER_SECONDS, to=ledger.SERVICE)
        mark = marks.marks.get(exchange.SERVICE)
        return (mark.epoch, mark.position) if mark is not None else (0, 0)

    # ---- what exchange knows

    async def _learn(self, member_ids: Iterable[UUID]) -> None:
        """Ask exchange which of these take part. Raises Unreachable."""
        for some in batched(member_ids, ASKED_AT_ONCE):
            query = GetParticipants(member_ids=some)
            answer = await self._bus.ask(query, Participants, OPERATOR, seconds=ANSWER_SECONDS)
            self._known.update(answer.member_ids)

    async def _until_known(self, member_ids: set[UUID]) -> None:
        """Wait until exchange knows all of them, or has not come further for a minute."""
        until = time.monotonic() + FOLLOW_SECONDS
        with self._screen.stage("exchange hears of them", len(member_ids)) as done:
            missing = member_ids - self._known
            while missing and time.monotonic() < until:
                before = len(missing)
                await self._learn(missing)
                missing -= self._known
                done(len(member_ids) - len(missing))
                if len(missing) < before:
                    until = time.monotonic() + FOLLOW_SECONDS
                if missing:
                    await asyncio.sleep(0.05)
            done(len(member_ids) - len(missing))

    # ---- sending

    async def _send(
        self,
        sheet: Sheet,
        what: str,
        wishes: list[Wish[Any]],
        send: Callable[[Wish[Any]], Awaitable[None]],
    ) -> list[Wish[Any]]:
        """Send each wish, in the file's order with some in flight; returns those accepted."""
        accepted: set[UUID] = set()
        waiting = iter(wishes)
        with self._screen.stage(what, len(wishes)) as done:
            sent = 0

            async def take_turns() -> None:
                nonlocal sent
                for wish in waiting:
                    try:
                        await send(wish)
                        accepted.add(wish.id)
                    except Rejected as no:
                        sheet.refuse(wish, no)
                    sent += 1
                    done(sent)

            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(IN_FLIGHT, len(wishes))):
                    tasks.create_task(take_turns())
        return [wish for wish in wishes if wish.id in accepted]

    async def _carry_out(self, wish: Wish[Any]) -> None:
        await self._answered(wish.command, wish.id)

    async def _answered(self, command: Command, id: UUID) -> None:
        """Send one command and hear its answer. Raises Rejected for a no, and when nobody answers."""
        try:
            if self._silent:
                raise Transient
            answer = await self._bus.send(
                command,
                OPERATOR,
                id=id,
                content_hash=content_hash(command),
                seconds=ANSWER_SECONDS,
            )
        except Transient:
            # Whoever waited this long in vain speaks for the rows behind it.
            self._silent = True
            raise Rejected(
                "no_answer",
                "De dienst gaf geen antwoord. Lees dit bestand later opnieuw in; dat kan geen kwaad.",
                "The service did not answer. Import this file again later; that does no harm.",
            ) from None
        if answer.refusal is not None:
            raise _in_terms_of_rows(answer.refusal)

    # ---- the report

    def _count(self, kind: str, sheet: Sheet, imported: int) -> None:
        lines = sorted(sheet.refused, key=lambda row: row.line)
        self.report.counts[kind] = Count(imported, len(lines))
        self.report.refused += lines


def _in_terms_of_rows(no: Refusal) -> Rejected:
    """The service speaks of an Idempotency-Key; someone with a file has rows."""
    if no.code != "idempotency_key_reused":
        return Rejected(no.code, no.nl, no.en, **no.facts)
    return Rejected(
        no.code,
        "Deze regel is al eerder ingelezen, met een andere inhoud. Er is niets veranderd. "
        "Pas het aan in Wederdienst zelf, of geef iets nieuws een nieuw kenmerk.",
        "This row was imported before, with other content. Nothing has changed. "
        "Change it in Wederdienst itself, or give something new a new ref.",
    )
