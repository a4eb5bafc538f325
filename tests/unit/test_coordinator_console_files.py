"""The pages of a complaint and an incident: their restricted files, and who reads them."""

import httpx

from contracts.coordinator import HandOverComplaint
from contracts.safety import HandOverIncident, IncidentFile
from tests.unit.paper import PaperBus, PaperPool
from tests.unit.screens import AT, ONE, ROWS_SEEN, only_sent, post


async def test_only_the_handler_reads_what_was_said(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    page = (await browser.get(f"/klachten/{ONE}")).text
    assert "Hij kwam twee keer niet." in page
    assert "te laat" in page
    assert "Sam is ziek." in page
    assert "eerder Sam de Vries" in page
    (row,) = ROWS_SEEN["complaints"]
    pool.rows["complaints"] = [{**row, "handler": "sam", "former_handlers": []}]
    bus.asked.clear()
    page = (await browser.get(f"/klachten/{ONE}")).text
    assert "Hij kwam twee keer niet." not in page
    assert "Sam de Vries" in page
    assert not any(type(query).__name__ == "GetRestricted" for query, _ in bus.asked)


async def test_a_complaint_is_given_to_a_colleague_also_when_it_has_ended(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    (row,) = ROWS_SEEN["complaints"]
    for status in ("filed", "decided"):
        pool.rows["complaints"] = [{**row, "status": status}]
        page = (await browser.get(f"/klachten/{ONE}")).text
        assert 'value="sam"' in page
        # It is with Noor.
        assert 'value="noor"' not in page
    response = await post(browser, f"/klachten/{ONE}/overdracht", handler="sam", reason="Ik ga met verlof.")
    assert response.status_code == 303
    assert only_sent(bus) == HandOverComplaint(complaint_id=ONE, handler="sam", reason="Ik ga met verlof.")


async def test_only_its_handlers_read_what_happened(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    (row,) = ROWS_SEEN["incidents_seen"]
    for names, reads in (
        ({"handler": "noor", "reported_by": "sam"}, True),
        ({"handler": "sam", "reported_by": "noor"}, True),
        ({"handler": "sam", "reported_by": "sam"}, False),
    ):
        pool.rows["incidents_seen"] = [{**row, **names}]
        bus.asked.clear()
        page = (await browser.get(f"/incidenten/{ONE}")).text
        assert ("Er is geld weg." in page) == ("Beiden zijn gebeld." in page) == reads
        assert any(type(query).__name__ == "GetIncidentFile" for query, _ in bus.asked) == reads


async def test_an_incident_is_given_to_a_colleague_also_when_it_is_closed(
    browser: httpx.AsyncClient, bus: PaperBus, pool: PaperPool
) -> None:
    (row,) = ROWS_SEEN["incidents_seen"]
    for closed_at in (None, AT):
        pool.rows["incidents_seen"] = [{**row, "closed_at": closed_at}]
        page = (await browser.get(f"/incidenten/{ONE}")).text
        assert 'value="sam"' in page
        # It is with Noor.
        assert 'value="noor"' not in page
        assert ('id="afsluiting"' in page) == (closed_at is None)
    answer = await post(browser, f"/incidenten/{ONE}/overdracht", handler="sam", reason="Ik ga met verlof.")
    assert answer.status_code == 303
    assert only_sent(bus) == HandOverIncident(incident_id=ONE, handler="sam", reason="Ik ga met verlof.")


async def test_the_file_of_an_incident_says_why_it_changed_hands_in_between(
    browser: httpx.AsyncClient, bus: PaperBus
) -> None:
    texts = {"closed": "Beiden zijn gebeld.", "handed-over-1": "Noor is ziek.", "reported": "Er is geld weg."}
    bus.answers[IncidentFile] = IncidentFile(texts=texts)
    page = (await browser.get(f"/incidenten/{ONE}")).text
    places = [page.index(said) for said in ("Er is geld weg.", "Noor is ziek.", "Beiden zijn gebeld.")]
    assert places == sorted(places)
    assert "Waarom een ander het kreeg" in page
