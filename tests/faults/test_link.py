"""Letters between regions: once each and in order, whatever happens to the link or to a region."""

import asyncio
import random
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import nats
import pytest
import pytest_asyncio
from pydantic import BaseModel, ConfigDict

from contracts import subjects
from contracts.link import RefusedBecause
from contracts.network import Greeting
from services.link.keys import Keys
from services.link.seal import MAX_AGE, Correspondent, Seal
from services.region.network.hub import Hub
from services.region.network.joining import join, leave
from tests.harness.links import Linked, LinkedRegion, linked_regions
from tests.harness.postgres import dump, put_back
from tests.harness.waiting import until


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def linked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Linked]:
    """Two regions, and one that has joined and keeps silent. No test leaves anything behind."""
    folder = tmp_path_factory.mktemp("linked")
    async with linked_regions(folder, ["oost", "west"], silent=["zuid"]) as found:
        yield found


HEALS_SECONDS = 5.0
"""With at most 1,000 letters waiting, nothing waits any more so long after the link has healed."""


async def _all_is_there(linked: Linked, one: str, other: str) -> None:
    """Both have in their logs, once each and in order, what the other wrote."""
    for reader, writer in ((linked[one], linked[other]), (linked[other], linked[one])):
        assert await reader.received(writer.name) == writer.wrote


@pytest.mark.long
async def test_a_cut_link_loses_and_doubles_nothing_and_drains_when_it_heals(
    linked: Linked, seed: int
) -> None:
    dice = random.Random(seed)
    oost, west = linked["oost"], linked["west"]
    # Under way while it is cut, in one direction or both, or broken off.
    for cut in dice.sample(["there", "back", "both", "broken"], 4):
        writing = asyncio.gather(oost.write("west", 250), west.write("oost", 250))
        await asyncio.sleep(dice.random() / 20)
        gate = dice.choice([oost.gate, west.gate])
        if cut == "broken":
            gate.break_off()
        else:
            gate.shut(cut)
        await writing
        await asyncio.sleep(0.5)
        gate.heal()
    await linked.drained(10)
    # Longer than a question waits for its answer; what is written meanwhile waits.
    oost.gate.shut()
    await asyncio.gather(oost.write("west", 500), west.write("oost", 500))
    await asyncio.sleep(4)
    assert await oost.waiting("west") == 500
    assert await oost.shows("wd_link_letters_waiting", 500)
    # West, and Zuid who keeps silent.
    await until(lambda: oost.shows("wd_link_peers", 2, state="away"), "Oost showing that West is away")
    assert not await oost.shows("wd_link_away_seconds", 0)
    oost.gate.heal()
    await linked.drained(20)
    await until(lambda: oost.shows("wd_link_letters_waiting", 0), "Oost showing that nothing waits")
    await until(lambda: oost.shows("wd_link_peers", 1, state="up"), "Oost showing that West is there")
    # Another hub in its place, which has never heard of anything.
    await linked.stop_hub(how=signal.SIGKILL)
    await asyncio.gather(oost.write("west", 100), west.write("oost", 100))
    await linked.start_hub()
    await linked.drained(10)
    await _all_is_there(linked, "oost", "west")


async def _heal_and_drain(linked: Linked, *cut: LinkedRegion) -> None:
    for region in cut:
        region.gate.heal()
    began = time.monotonic()
    await linked.drained(HEALS_SECONDS)
    print(f"drained {time.monotonic() - began:.2f} s after healing")


@pytest.mark.long
@pytest.mark.parametrize("lost", ["its list", "all it had"])
async def test_another_hub_lets_nobody_in_until_they_are_invited_anew(tmp_path: Path, lost: str) -> None:
    async with linked_regions(tmp_path, ["oost", "west"]) as linked:
        oost, west = linked["oost"], linked["west"]
        await asyncio.gather(oost.write("west", 20), west.write("oost", 20))
        await linked.drained()
        await linked.stop_hub(how=signal.SIGKILL)
        if lost == "its list":
            (linked.hub.folder / "directory.json").write_text('{"serial": 1, "regions": []}')
        else:
            _, port = linked.hub.address
            shutil.rmtree(linked.hub.folder)
            Hub.init(linked.hub.folder, port=port)
        await linked.start_hub()
        await asyncio.gather(oost.write("west", 100), west.write("oost", 100))
        await asyncio.sleep(2)
        assert (await oost.waiting("west"), await west.waiting("oost")) == (100, 100)
        for region in (oost, west):
            await linked.join(region.name)
            if lost == "all it had":
                # The invitation named a hub with other keys.
                await region.stop()
                await region.start()
        # With the keys that they have they go on where they were.
        await linked.drained(20)
        await _all_is_there(linked, "oost", "west")


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(600)
@pytest.mark.parametrize("direction", ["there", "back", "both"])
async def test_a_cut_longer_than_every_time_out(tmp_path: Path, seed: int, direction: str) -> None:
    async with linked_regions(tmp_path, ["oost", "west"]) as linked:
        oost, west = linked["oost"], linked["west"]
        oost.gate.shut(direction)
        await asyncio.gather(oost.write("west", 1000), west.write("oost", 1000))
        await asyncio.sleep(25)
        assert await oost.count("SELECT count(*) FROM peers WHERE up") == 0
        await _heal_and_drain(linked, oost)
        # And beyond a thousand: a thousand a second.
        oost.gate.shut(direction)
        await asyncio.gather(oost.write("west", 20_000), west.write("oost", 20_000))
        await asyncio.sleep(15)
        oost.gate.heal()
        await linked.drained(HEALS_SECONDS + 20)
        await _all_is_there(linked, "oost", "west")


async def test_what_is_not_as_it_says_it_is_is_refused_counted_and_shown(linked: Linked) -> None:
    """Zuid takes part like the others, and knows their public keys, as everyone does."""
    oost, zuid = linked["oost"], linked.keys("zuid")
    before = oost.refused()
    assert set(before) == set(get_args(RefusedBecause))
    await until(lambda: _knows(oost, "zuid"), "oost knowing zuid")
    errors: list[str] = []
    client = await _as_zuid(linked, zuid, errors)
    try:
        # The hub lets it speak as itself and for itself alone.
        await client.publish(subjects.between("west", "oost", "Greeting"), b"x")
        await client.subscribe(subjects.between("*", "oost", ">"))
        await until(lambda: _are(errors, 2), "the hub refusing both")
        assert all("permissions violation" in error.lower() for error in errors), errors
        # What it says as itself must be so too.
        public = linked.keys("oost")
        to_oost = Correspondent.of("oost", public.signing_key, public.sealing_key)
        said = Seal("zuid", zuid).close(to_oost, "Greeting", Greeting(release="1"))[1]
        other = Correspondent.of("west", public.signing_key, public.sealing_key)
        at = subjects.between("zuid", "oost", "Greeting")
        for message in (
            b"no message at all",
            _altered(said),
            Seal("zuid", Keys.new()).close(to_oost, "Greeting", Greeting(release="1"))[1],
            Seal("west", zuid).close(to_oost, "Greeting", Greeting(release="1"))[1],
            Seal("zuid", zuid).close(other, "Greeting", Greeting(release="1"))[1],
            Seal("zuid", zuid, clock=_long_ago).close(to_oost, "Greeting", Greeting(release="1"))[1],
            said,
            said,
        ):
            await client.publish(at, message)
        wanted = {"unreadable": 2, "forged": 1, "foreign": 2, "stale": 1, "replayed": 1}
        await until(lambda: _refused(oost, wanted), "every one of them being counted")
        risen = {reason: count - before[reason] for reason, count in oost.refused().items()}
        assert {reason: count for reason, count in risen.items() if count} == wanted
    finally:
        await client.close()
    # Nothing of it harmed what is true.
    await oost.write("west", 10)
    await until(lambda: _has(linked["west"], oost), "letters going on")


LIES: tuple[tuple[dict[str, Any], list[dict[str, Any]]], ...] = (
    # How far it says it has our letters, and which it says it has.
    ({"epoch": 1, "number": 5}, [{"number": 2**62}]),
    ({"epoch": 2**31 - 1, "number": 0}, []),
)


async def test_a_region_that_lies_is_refused_and_keeps_nobody_else_waiting(linked: Linked) -> None:
    """Zuid tells, each time it is greeted, another untruth about what it has of ours."""
    oost, lies = linked["oost"], iter(LIES)
    letters: list[dict[str, Any]] = []

    def answer(kind: str) -> tuple[str, dict[str, Any]]:
        nonlocal letters
        if kind == "GetTaken":
            about = {"letter_id": LETTER, "thread_id": LETTER, "name": "MinutesReport"}
            return "Taken", {"letters": [about | letter for letter in letters]}
        mark, letters = next(lies, ({"epoch": 1, "number": 0}, []))
        return "Mark", {"letter_id": LETTER, **mark}

    await until(lambda: _knows(oost, "zuid"), "oost knowing zuid")
    before = oost.refused()["malformed"]
    async with _zuid_answers(linked, answer):
        await until(lambda: _malformed(oost, before + len(LIES)), "every lie being refused", seconds=15)
    await oost.write("west", 5)
    await until(lambda: _has(linked["west"], oost), "letters going on")


LETTER = str(UUID(int=0xF))


class _Said(BaseModel):
    """Anything, sealed as if it were in form."""

    model_config = ConfigDict(extra="allow")


@asynccontextmanager
async def _zuid_answers(
    linked: Linked, answer: Callable[[str], tuple[str, dict[str, Any]]]
) -> AsyncIterator[None]:
    """Zuid answers what Oost says to it: by the kind of that, the kind and body of what it says."""
    own, public = linked.keys("zuid"), linked.keys("oost")
    to_oost = Correspondent.of("oost", public.signing_key, public.sealing_key)
    seal = Seal("zuid", own)
    client = await _as_zuid(linked, own, [])

    async def on_message(message: Any) -> None:
        kind = message.subject.split(".")[4]
        heard = seal.open(message.data, to_oost, kind)
        says, body = answer(kind)
        await client.publish(message.reply, seal.close(to_oost, says, _Said(**body), re=heard.id)[1])

    try:
        await client.subscribe(subjects.between("oost", "zuid", "*"), cb=on_message)
        yield
    finally:
        await client.close()


async def _malformed(region: LinkedRegion, wanted: float) -> bool:
    return region.refused()["malformed"] == wanted


async def test_a_letter_that_the_other_release_cannot_read_is_shown_on_both_sides(linked: Linked) -> None:
    """Nobody reads the letters of these tests: they wait in their lanes, and nothing is lost."""
    oost, west = linked["oost"], linked["west"]
    await oost.write("west", 3)
    await linked.drained()
    await until(lambda: _shown(oost, west, "unread_there"), "Oost showing what West cannot read")
    await until(lambda: _shown(west, oost, "unread_here"), "West showing what it cannot read")


async def _shown(region: LinkedRegion, other: LinkedRegion, where: str) -> bool:
    (seen,) = [one for one in (await region.peers()).peers if one.peer == other.name]
    return list(getattr(seen, where)) == ["ProofSent v1"] and seen.up


async def _knows(region: LinkedRegion, peer: str) -> bool:
    return await region.count("SELECT count(*) FROM peers WHERE status = 'joined' AND peer = $1", peer) == 1


async def _are(errors: list[str], count: int) -> bool:
    return len(errors) >= count


async def _refused(region: LinkedRegion, wanted: dict[str, int]) -> bool:
    rows = await region.fetch(
        "SELECT reason, count FROM refusals JOIN peers USING (peer_id) WHERE peer = 'zuid'"
    )
    return wanted.items() <= {row["reason"]: row["count"] for row in rows}.items()


async def _has(reader: LinkedRegion, writer: LinkedRegion) -> bool:
    return await reader.received(writer.name) == writer.wrote


def _long_ago() -> datetime:
    return datetime.now(UTC) - 2 * MAX_AGE


def _altered(raw: bytes) -> bytes:
    return raw[:-5] + bytes([raw[-5] ^ 1]) + raw[-4:]


async def _as_zuid(linked: Linked, keys: Keys, errors: list[str]) -> Any:
    async def note(error: Exception) -> None:
        errors.append(str(error))

    host, port = linked.hub.address
    return await nats.connect(f"nats://{host}:{port}", nkeys_seed_str=keys.user_seed, error_cb=note)


async def test_a_region_put_back_to_an_older_copy_doubles_nothing_and_what_is_lost_is_listed(
    linked: Linked, tmp_path: Path
) -> None:
    oost, west = linked["oost"], linked["west"]
    await asyncio.gather(oost.write("west", 40), west.write("oost", 40))
    await linked.drained()
    copy = await asyncio.to_thread(dump, oost.region, "link", tmp_path)
    before = list(oost.wrote)
    await asyncio.gather(oost.write("west", 25), west.write("oost", 25))
    await linked.drained()
    forgotten = oost.wrote[len(before) :]
    # Yesterday's copy, and JetStream has forgotten too: only West knows what was.
    await oost.stop()
    await _put_back(oost, copy)
    oost.wrote[:] = before
    await oost.start()
    # One of the forgotten is written again, as happens when what led to it is followed again.
    await oost.write("west", 10)
    await oost.write_again("west", forgotten[3])
    await linked.drained(20)
    assert await west.received("oost") == [*before, *forgotten, *oost.wrote[len(before) :][:10]]
    # West notices at its next greeting what Oost has lost, and sends it again.
    await until(lambda: _has(oost, west), "West's letters being there again")
    lost = {letter for letter in forgotten if letter != forgotten[3]}
    for region in (oost, west):
        rows = await region.fetch("SELECT orphan_id, thread_id, written_by FROM orphans WHERE NOT solved")
        assert {row["orphan_id"] for row in rows} == lost
        assert {row["written_by"] for row in rows} == {"oost"}
        assert await _orphans(region, len(lost))
        # Looked at together, matter by matter, they wait no more.
        for thread_id in {row["thread_id"] for row in rows}:
            await region.settle(thread_id)
        assert await _orphans(region, 0)
    # And it goes on. What West got of old stays there, before what Oost knows it wrote.
    await asyncio.gather(oost.write("west", 5), west.write("oost", 5))
    await linked.drained()
    assert await oost.received("west") == west.wrote
    oost.wrote[:] = await west.received("oost")


async def test_what_waits_for_a_region_that_leaves_is_handed_back_and_it_may_come_back(
    linked: Linked, tmp_path: Path
) -> None:
    oost, west = linked["oost"], linked["west"]
    await until(lambda: _knows(oost, "west"), "oost knowing west")
    await linked.drained()
    copy = await asyncio.to_thread(dump, west.region, "link", tmp_path)
    await oost.write("west", 3)
    await linked.drained()
    await west.stop()
    before = await _handed_back(oost)
    await oost.write_to_nobody("west", 7)
    await leave(west.config)
    await until(lambda: _is(_handed_back(oost), before + 7), "what waited being handed back", seconds=15)
    await linked.join("west")
    await west.start()
    await oost.write("west", 5)
    await until(lambda: _has(west, oost), "letters going on", seconds=15)
    # And put back to a copy from before: it gets those of then, and passes over what was handed back.
    await west.stop()
    await _put_back(west, copy)
    await west.start()
    await oost.write("west", 5)
    await until(lambda: _has(west, oost), "all being there again", seconds=15)


async def _orphans(region: LinkedRegion, wanted: int) -> bool:
    """Whether so many are told, and make the alert fire."""
    told = sum(one.orphans_count for one in (await region.peers()).peers)
    return told == wanted and await region.shows("wd_link_orphans", wanted)


async def _put_back(region: LinkedRegion, copy: Path) -> None:
    """An older copy of its database, and a JetStream that has forgotten too."""
    await asyncio.to_thread(put_back, region.region, "link", copy)
    await asyncio.to_thread(region.nats.stop, signal.SIGKILL)
    shutil.rmtree(region.nats.folder / "jetstream")
    await asyncio.to_thread(region.nats.start)


async def _handed_back(region: LinkedRegion) -> int:
    return await region.count("SELECT count(*) FROM events WHERE name = 'LetterUndeliverable'")


async def _is(found: Awaitable[int], wanted: int) -> bool:
    return await found == wanted


async def test_joining_twice_is_joining_once(linked: Linked) -> None:
    """As after an answer that was lost: the invitation is used up, and the region is in."""
    config = linked.folder / "zuid" / "region.toml"
    invitation = linked.hub.invite("zuid")
    first = await join(config, invitation)
    again = await join(config, invitation)
    assert again.serial == first.serial
