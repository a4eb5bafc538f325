"""Vandaag: each kind of work in a sentence, with its verb and where it is solved."""

import re

import httpx
import pytest

from contracts.categories import CATEGORIES
from services.coordinator.console.today import KINDS
from services.coordinator.waiting import WAITING
from tests.unit.paper import PaperPool
from tests.unit.screens import (
    AT,
    HELPER,
    ONE,
)


def test_every_kind_of_work_has_a_verb_and_a_filter_of_its_own() -> None:
    assert set(KINDS) == set(WAITING)
    assert len({kind.label for kind, _ in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("kind", list(WAITING))
async def test_every_kind_of_work_says_what_waits_and_leads_to_where_it_is_solved(
    browser: httpx.AsyncClient, pool: PaperPool, kind: str
) -> None:
    about_request = kind in ("without_helper", "visit_without_helper", "without_answer", "draft_waits")
    work = {
        "kind": kind,
        "entity_id": ONE,
        "request_id": ONE if about_request else None,
        "match_id": None,
        "member_id": None if kind in ("leave_without_deputy", "event_stranded") else HELPER,
        "category": "finances",
        "pc4": "3511",
        "helper_minutes": 90,
        "asker_minutes": 45,
        "reason": {"bring_message": "letter", "complaint_term": "filed", "no_show": "asker"}.get(kind),
        "coordinator": "sam",
        "since": AT,
        "due": None,
        "fixed": False,
        "number": 1042,
        "pressing": False,
    }
    pool.rows["(SELECT kind"] = [work]
    pool.rows["(SELECT * FROM (SELECT"] = [{"kind": kind, "waiting": 1}]
    page = (await browser.get("/")).text
    found = re.search(r'<h3><a href="([^"]+)">([^<]+)</a></h3>', page)
    assert found is not None
    href, title = found.groups()
    assert len(title) >= len(CATEGORIES["finances"].nl)
    if kind not in ("not_reached", "bring_message"):
        assert (await browser.get(href)).status_code == 200
    else:
        assert href == f"/brieven#{ONE}"
