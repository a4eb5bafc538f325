"""The checker: compares a record of answers with the databases. It asks no service anything."""

from collections.abc import Iterable
from pathlib import Path

from services.kernel.settings import Region
from services.notifications.sender import AT_ONCE
from services.region.databases import connect
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
    repeated_mails: int = 0,
    kills: int = 0,
    refusals_too: bool = True,
    drain_seconds: float = 30.0,
) -> None:
    """Answered commands lost: 0; doubled effects: 0 (a mail may repeat once per kill); invariants hold.

    `refusals_too` is off after a restore: a no leaves no event, so only the database knew it.
    """
    report = await verify(region, folder=folder, drain_seconds=drain_seconds)
    assert report.ok, [(check.name, check.wrong) for check in report.checks if not check.ok]
    kept = [one for one in answered if refusals_too or one.answer.outcome == "accepted"]
    lost = await lost_answers(region, kept)
    assert not lost, lost[:10]
    # What the sender sent in one round and had not recorded when it was killed.
    assert repeated_mails <= kills * AT_ONCE, f"{repeated_mails} mails were sent again after {kills} kills"
