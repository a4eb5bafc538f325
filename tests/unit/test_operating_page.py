"""Toestand: the verdict first, each trouble in a sentence, and what an operator can do about it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from contracts.catalogue import SERVICES
from contracts.envelope import Actor, Query, Role, View
from contracts.feedback import Endpoint, Endpoints, GetEndpoints, PauseEndpoint, ResumeEndpoint
from services.coordinator.console.operating import OperatingPage, operating_page, retry
from services.coordinator.console.render import render
from services.coordinator.console.site import Site
from services.coordinator.console.webhooks import switch
from services.coordinator.desk import Caller
from services.kernel.deciding import BEHIND
from services.kernel.errors import Rejected, Unreachable
from services.kernel.questions import (
    GetState,
    JobState,
    ParkedState,
    RetryParked,
    ServiceState,
)
from tests.unit.states import LATELY, copy, state

OPERATOR = Actor(role=Role.OPERATOR, name="beheer")
LANE = UUID(int=7)


class Bus:
    """Every service answers that it is well, but for those whose state is given; None: not at all."""

    def __init__(self, **states: ServiceState | None) -> None:
        self._states = states
        self.asked: list[tuple[str, Query]] = []
        self.refusal: Rejected | None = None
        self.endpoints: tuple[Endpoint, ...] = ()

    async def ask(self, query: Query, answer: type[View], actor: Actor, *, seconds: float, to: str) -> Any:
        assert actor == OPERATOR
        if isinstance(query, GetEndpoints):
            return Endpoints(endpoints=self.endpoints)
        self.asked.append((to, query))
        if self.refusal is not None:
            raise self.refusal
        found = self._states.get(to, state(to)) if isinstance(query, GetState) else state(to)
        if found is None:
            raise Unreachable
        return found


def desk(bus: Bus) -> Any:
    region = SimpleNamespace(name="Lindeveen", services=tuple(SERVICES), team=lambda team: None)
    return SimpleNamespace(region=region, replica=SimpleNamespace(bus=bus))


async def shown(**states: ServiceState | None) -> tuple[OperatingPage, str]:
    page = await operating_page(desk(Bus(**states)), OPERATOR)
    site = Site("Lindeveen", "Beheer", operates=True, home_href="/beheer")
    return page, render("operating.html", site=site, page=page, csrf="token")


async def test_all_is_well() -> None:
    page, html = await shown()
    assert (page.verdict, page.tone, page.points) == ("Lindeveen werkt.", "ok", ())
    assert [line.name for line in page.services] == list(SERVICES)
    assert {line.label for line in page.services} == {"werkt"}
    assert {line.copies for line in page.services} == {"1 leidt, 1 wacht"}
    assert "31 MB" in html
    assert "4 ms" in html
    assert "1.200" in html
    assert "Er staat niets stil." in html
    assert "Hoofdmenu" in html
    assert "/brieven" not in html


async def test_webhooks_of_teams_are_seen_and_switched_without_their_addresses() -> None:
    bus = Bus()
    about: dict[str, Any] = {"waiting": 2, "registered_at": LATELY, "url": "https://team.example/geheim"}
    bus.endpoints = (
        Endpoint(endpoint_id=LANE, team="west", status="active", set_aside=1, last_taken_at=LATELY, **about),
        Endpoint(endpoint_id=LANE, team="oost", status="disabled", reason="no_answer", **about),
    )
    page = await operating_page(desk(bus), OPERATOR)
    html = render("operating.html", site=Site("Lindeveen", "Beheer", operates=True), page=page, csrf="token")
    assert [(line.label, line.action) for line in page.endpoints or ()] == [
        ("gestopt", "aan"),
        ("aan", "uit"),
    ]
    assert "1 opzij gezet" in html
    assert "vijf dagen niets" in html
    assert "geheim" not in html
    sent: list[Any] = []

    async def send(command: Any, caller: Any) -> None:
        sent.append(command)

    sending: Any = SimpleNamespace(send=send)
    caller = Caller(OPERATOR, LANE)
    assert await switch(sending, caller, LANE, "uit") == "webhook-uit"
    assert await switch(sending, caller, LANE, "aan") == "webhook-aan"
    assert sent == [PauseEndpoint(endpoint_id=LANE), ResumeEndpoint(endpoint_id=LANE)]


async def test_what_is_parked_can_be_tried_again_and_what_waits_behind_it_cannot() -> None:
    first = ParkedState(
        source="exchange",
        position=911,
        lane=LANE,
        name="MatchReserved",
        reason="refused: no_account",
        behind=False,
        parked_at=datetime.now(UTC) - timedelta(minutes=5, seconds=1),
    )
    second = first.model_copy(update={"position": 927, "reason": BEHIND, "behind": True})
    page, html = await shown(ledger=state("ledger", parked=(first, second), parked_count=2))
    assert page.verdict == "Lindeveen werkt. Eén punt vraagt aandacht."
    assert page.points[0].text == "2 gebeurtenissen staan geparkeerd bij ledger, in één rij: 5 minuten."
    assert html.count('action="/beheer/geparkeerd/') == 1
    assert f'action="/beheer/geparkeerd/ledger/{LANE}"' in html
    assert "Gaat daarna vanzelf" in html
    assert {line.name: line.label for line in page.services}["ledger"] == "let op"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (None, "ledger antwoordt niet."),
        (
            {"replicas": (copy(leading=False, waits_for={"log": "forked"}),)},
            "Geef: wederdienst recover ledger",
        ),
        (
            {"replicas": (copy(leading=False, waits_for={"nats": "not connected"}),)},
            "Niemand schrijft voor ledger: wacht op nats.",
        ),
        ({"replicas": (copy(silent=True),)}, "Niemand schrijft voor ledger."),
        ({"replicas": ()}, "Niemand schrijft voor ledger."),
    ],
)
async def test_what_is_grave_is_said_so(changed: dict[str, Any] | None, says: str) -> None:
    page, html = await shown(ledger=None if changed is None else state("ledger", **changed))
    assert page.tone == "error"
    assert page.verdict == "Lindeveen werkt niet helemaal. Eén punt vraagt aandacht."
    assert says in page.points[0].text
    assert says in html


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"forks": 1}, "Laat iemand kijken"),
        ({"timers_late": 2}, "2 wekkers van ledger zijn te laat"),
        ({"marks": {"exchange": 10}}, "ledger loopt 1190 gebeurtenissen achter"),
        (
            {"jobs": (JobState(job="backup", ended_at=LATELY, ok=False, said="disk full"),)},
            "Back-up bij ledger",
        ),
        ({"replicas": (copy(relay_lag=5000),)}, "5000 gebeurtenissen van ledger"),
    ],
)
async def test_what_is_not_grave_asks_for_attention(changed: dict[str, Any], says: str) -> None:
    page, _ = await shown(ledger=state("ledger", **changed))
    assert page.tone == "warning"
    assert says in page.points[0].text


async def test_the_last_bad_lines_of_all_come_newest_first() -> None:
    old, new = (
        {"event": event, "level": level, "timestamp": at, "error": "TimeoutError"}
        for event, level, at in (
            ("relay_again", "warning", "2026-11-24T09:00:00Z"),
            ("decide_failed", "error", "2026-11-24T10:00:00Z"),
        )
    )
    page, html = await shown(
        ledger=state("ledger", replicas=(copy(trouble=(old,)),)),
        exchange=state("exchange", replicas=(copy(trouble=(new,)),)),
    )
    assert [line.event for line in page.trouble] == ["decide_failed", "relay_again"]
    assert "24 nov, 11.00 uur: TimeoutError" in html


async def test_a_retry_goes_to_its_service_and_what_is_gone_meanwhile_is_no_fault() -> None:
    bus = Bus()
    assert await retry(desk(bus), OPERATOR, "ledger", LANE) == "opnieuw"
    assert bus.asked == [("ledger", RetryParked(lane=LANE))]
    bus.refusal = Rejected("nothing_parked", "Hier staat niets geparkeerd.", "Nothing is parked there.")
    assert await retry(desk(bus), OPERATOR, "ledger", LANE) == "niets"
    bus.refusal = Rejected("not_allowed", "Dit mag niet.", "Not allowed.")
    with pytest.raises(Rejected):
        await retry(desk(bus), OPERATOR, "ledger", LANE)
