"""A follower takes each event once and in order, however the bus brings them the first time."""

import asyncio
from typing import Any, cast
from uuid import NAMESPACE_OID, uuid5

import orjson
from hypothesis import given
from hypothesis import strategies as st

from contracts.generate import sample
from contracts.members import MemberApproved
from services.kernel.bus import Bus
from services.kernel.commit_loop import CommitLoop
from services.kernel.deciding import Item
from services.kernel.follower import Follower, follow_id
from services.kernel.log import Recorded, parse
from services.kernel.questions import LogStretch, ReadLog
from services.kernel.settings import Region
from services.kernel.telemetry import Metrics

HEAD = 12
MEMBER = sample(MemberApproved)
LOG = [
    MEMBER.model_copy(update={"position": n, "id": f"{uuid5(NAMESPACE_OID, str(n))}.0"}).model_dump(
        mode="json"
    )
    for n in range(1, HEAD + 1)
]
"""What the source's log holds, by position from 1."""

RECORDED = [parse(orjson.dumps(event)) for event in LOG]


class Taken:
    """In the place of the commit loop and of the source: what was applied, how often the log was asked."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.asked = 0

    def submit_followed(self, items: list[Item]) -> "asyncio.Future[None]":
        self.items += items
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def ask(self, question: ReadLog, *_: Any, **__: Any) -> LogStretch:
        self.asked += 1
        # A stretch is not the whole.
        return LogStretch(epoch=1, head=HEAD, epochs={1: 1}, events=tuple(LOG[question.after :][:3]))


def following() -> tuple[Follower, Taken]:
    taken = Taken()
    loop, bus = cast(CommitLoop, taken), cast(Bus, taken)
    region = Region.model_construct(region="voorbeeld")
    return Follower(region, "exchange", "members", bus, cast(Any, None), loop, Metrics()), taken


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[Recorded]]:
    """Every event twice, shuffled, some of them lost, in batches of any size."""
    shuffled = draw(st.permutations(RECORDED * 2))
    lost = draw(st.sets(st.sampled_from(range(1, HEAD + 1)), max_size=HEAD - 1))
    left = [event for event in shuffled if event.position not in lost]
    cuts = sorted(draw(st.sets(st.integers(1, len(left)), max_size=6)))
    return [left[a:b] for a, b in zip([0, *cuts], [*cuts, len(left)], strict=True)]


@given(arrivals())
def test_every_event_twice_shuffled_and_some_lost_is_applied_once_and_in_order(
    batches: list[list[Recorded]],
) -> None:
    follower, taken = following()

    async def take() -> None:
        for batch in batches:
            await follower._take(batch)

    asyncio.run(take())
    positions = [item.followed.position for item in taken.items if item.followed is not None]
    last = max(event.position for batch in batches for event in batch)
    assert positions == list(range(1, len(positions) + 1))
    assert len(positions) >= last
    # The same id for every delivery: what asks for it again gets the first answer.
    assert [item.command_id for item in taken.items] == [
        follow_id("exchange", RECORDED[position - 1]) for position in positions
    ]


def test_what_comes_in_order_is_not_asked_for() -> None:
    follower, taken = following()
    asyncio.run(follower._take(RECORDED))
    assert len(taken.items) == HEAD
    assert taken.asked == 0
