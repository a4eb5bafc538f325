"""The API and the console on paper: a bus that answers, a database with given rows, and who comes in.

Building all routes takes a tenth of a second, so one API and one console serve all tests.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.coordinator.api import app
from services.coordinator.desk import Desk
from services.coordinator.web import site
from tests.unit import callers, screens
from tests.unit.paper import PaperBus, PaperPool, PaperReplica
from tests.unit.screens import ASKER, MATCH, ONE, token


@pytest.fixture
def bus() -> PaperBus:
    return PaperBus()


@pytest.fixture
def pool() -> PaperPool:
    return PaperPool()


# The API


@pytest.fixture(scope="session")
def one_api() -> tuple[PaperReplica, FastAPI]:
    replica: Any = PaperReplica(callers.REGION)
    return replica, app(replica)


@pytest.fixture
def api(one_api: tuple[PaperReplica, FastAPI], bus: PaperBus, pool: PaperPool) -> FastAPI:
    replica, found = one_api
    replica.take(bus, pool)
    return found


@pytest.fixture
async def client(api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://test") as client:
        yield client


# The console


@pytest.fixture(scope="session")
def one_console() -> tuple[PaperReplica, Any]:
    replica: Any = PaperReplica(screens.REGION)
    return replica, site(Desk(replica))


@pytest.fixture
async def browser(
    one_console: tuple[PaperReplica, Any], bus: PaperBus, pool: PaperPool
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which Noor is signed in; what a test does not say otherwise is as in `screens.py`."""
    replica, found = one_console
    bus.answers = {**screens.ANSWERS, **bus.answers}
    pool.rows = {**screens.ROWS_SEEN, **pool.rows}
    replica.take(bus, pool)
    transport = httpx.ASGITransport(found)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as browser:
        form = {"csrf": token(await browser.get("/inloggen")), "key": "secret-noor"}
        await browser.post("/inloggen", data=form)
        yield browser


@pytest.fixture
def brought(pool: PaperPool) -> None:
    """Two messages wait: a letter, and a call that was tried twice."""
    since = datetime.now(UTC) - timedelta(hours=3)
    message = {
        "member_id": ASKER,
        "since": since,
        "escalated": False,
        "reason": None,
        "status": "handed_over",
    }
    pool.rows["messages_seen"] = [
        {**message, "message_id": ONE, "channel": "letter", "attempts": 0},
        {**message, "message_id": MATCH, "channel": "phone", "attempts": 2},
    ]
