"""The checker: compares a record of answers with the databases. It asks no service anything."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from services.kernel.settings import Region
from services.notifications.sender import AT_ONCE
from services.region.databases import connect
from services.region.mailbox import Mailbox
from services.region.verify import verify
from tests.harness.neighbourhood import Answered


async def lost_answers(region: Region, answered: Iterable[Answered]) -> list[str]:
    """Every answer that the databases do not bear out, in words. Must be empty."""
    by_service: dict[str, list[Answered]] = {}
    for one in answered:
        by_service.setdefault(one.service, []).append(one)
    lost = []
    for service, answers in by_service.items():
        database = await connect(region, service)
        try:
            stored = {
                row["command_id"]: row
                for row in await database.fetch("SELECT command_id, position, refusal FROM commands")
            }
            with_events = {row[0] for row in await database.fetch("SELECT DISTINCT command_id FROM events")}
        finally:
            await database.close()
        for one in answers:
            row = stored.get(one.answer.id)
            name = type(one.command).__name__
            if row is None:
                lost.append(f"{service}: {name} {one.answer.id} was answered and is not there")
            elif one.answer.outcome == "accepted":
                if row["position"] != one.answer.position or row["refusal"] is not None:
                    lost.append(f"{service}: {name} {one.answer.id} is there with another answer")
                if one.answer.id not in with_events:
                    lost.append(f"{service}: {name} {one.answer.id} left no event")
            elif row["refusal"] is None:
                lost.append(f"{service}: {name} {one.answer.id} was refused and is there as accepted")
    return lost


async def assert_all_holds(
    region: Region,
    answered: Iterable[Answered],
    *,
    folder: Path,
    mailbox: Mailbox | None = None,
    kills: int = 0,
    refusals_too: bool = True,
    drain_seconds: float = 30.0,
) -> None:
    """Answered commands lost: 0; doubled effects: 0; invariants hold; what was sent is in the `mailbox`.

    `kills`: how often the sender was cut off (notifications killed, or its database); each time a mail may
    repeat once. `refusals_too` is off after a restore: a no leaves no event, so only the database knew it.
    """
    report = await verify(region, folder=folder, drain_seconds=drain_seconds)
    assert report.ok, [(check.name, check.wrong) for check in report.checks if not check.ok]
    kept = [one for one in answered if refusals_too or one.answer.outcome == "accepted"]
    lost = await lost_answers(region, kept)
    assert not lost, lost[:10]
    if mailbox is not None:
        assert not (wrong := await mail_faults(region, mailbox, kills)), wrong[:10]


async def mail_faults(region: Region, mailbox: Mailbox, kills: int) -> list[str]:
    """Mails that came too often, or are said to be sent and did not come, in words. Must be empty."""
    times = Counter((mail.recipient, mail.message_id) for mail in mailbox.mails)
    found = [f"{id} came {n} times after {kills} kills" for (_, id), n in times.items() if n > 1 + kills]
    # What the sender sent in one round and had not recorded when it was killed.
    if (repeats := mailbox.repeats()) > kills * AT_ONCE:
        found.append(f"{repeats} mails were sent again after {kills} kills")
    database = await connect(region, "notifications")
    try:
        # Of a digest only the first has a mail of its own.
        rows = await database.fetch(
            "SELECT message_id FROM messages LEFT JOIN recipients USING (member_id) "
            "WHERE status = 'sent' AND messages.channel = 'email' AND coalesce(digest, 'none') = 'none'"
        )
    finally:
        await database.close()
    came = {id for _, id in times}
    sent = {f"<{row['message_id']}@{region.region}.wederdienst>" for row in rows}
    return found + [f"{id} is said to be sent and never came" for id in sorted(sent - came)]
