"""The pages against axe-core, the checker that auditors begin with: WCAG 2.2 at level AA (long, from npm)."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_main_job import Visitor, visitor
from tests.harness.npm import installed
from tests.harness.town import NOOR, OPERATOR, TEAM, Town
from tests.journeys.test_15_referral import details, referral, refers

__all__ = ["visitor"]

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(300)]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COORDINATORS = (
    *(
        "/",
        "/deelnemers",
        "/verwijzingen",
        "/rooster",
        "/brieven",
        "/initiatieven",
        "/solidariteitspot",
        "/vergoedingen",
    ),
    "/cijfers",
)
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = installed(tmp_path_factory.mktemp("axe"), "axe-core@4")
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def violations(visitor: Visitor, axe: str, path: str) -> list[str]:
    """What axe finds on a page, wide and narrow, with everything that folds open."""
    found = []
    visitor.page.goto(path)
    visitor.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    visitor.page.evaluate(axe)
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        said: dict[str, Any] = visitor.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
        )
        assert len(said["passes"]) > 10, "axe looked at the page"
        found += [
            f"{path} at {width}: {one['id']}: {', '.join(node['html'][:120] for node in one['nodes'][:3])}"
            for one in said["violations"]
        ]
    return found


def test_the_pages_of_a_coordinator(town: Town, visitor: Visitor, axe: str) -> None:
    referral_id = refers(town, referral(details(town.stranger())))
    helper, asker = town.neighbour(capacity=600), town.neighbour()
    offer_id = town.offer(helper, "paperwork")
    open_id, matched_id = (town.ask(asker, "paperwork", 60) for _ in range(2))
    match_id = town.confirm(matched_id, offer_id)
    visitor.sign_in(NOOR.key)
    visitor.heading("Vandaag")
    pages = (
        *OF_COORDINATORS,
        f"/verwijzingen/{referral_id}",
        f"/deelnemers/{helper.id}",
        f"/deelnemers/{asker.id}/rekening",
        f"/hulpvragen/{open_id}",
        f"/koppelingen/{match_id}",
    )
    assert [said for path in pages for said in violations(visitor, axe, path)] == []


def test_the_pages_of_a_team_and_of_an_operator(town: Town, visitor: Visitor, axe: str) -> None:
    refers(town, referral(details(town.stranger())))
    found = violations(visitor, axe, "/inloggen")
    visitor.sign_in(TEAM.key)
    found += violations(visitor, axe, "/verwijzen")
    visitor.context.clear_cookies()
    visitor.sign_in(OPERATOR.key)
    assert found + violations(visitor, axe, "/beheer") == []
