"""What was booked on an account, and what a helper received in a year."""

import httpx

from tests.unit.screens import HELPER


async def test_a_statement_shows_every_booking_and_says_when_days_do_not_fit(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get(f"/deelnemers/{HELPER}/rekening?van=2026-11-01&tot=2026-11-30")
    for said in ("+ 1 uur 30", "- 30 minuten", "Anna Jansen", "solidariteitspot", "1 nov 2026"):
        assert said in page.text, said
    for van, tot in (("2026-12-01", "2026-11-01"), ("gisteren", "2026-11-01")):
        wrong = await browser.get(f"/deelnemers/{HELPER}/rekening?van={van}&tot={tot}")
        assert wrong.status_code == 400
        assert "Dit is nog niet gelukt" in wrong.text
    table = await browser.get(f"/deelnemers/{HELPER}/rekening.csv?van=2026-11-01&tot=2026-11-30")
    assert table.headers["Content-Type"].startswith("text/csv")


async def test_a_year_shows_what_the_law_lets_a_volunteer_receive(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"/deelnemers/{HELPER}/jaaroverzicht/2026")).text
    for said in ("€ 8,40", "€ 12,50", "€ 210,00 per maand", "€ 2.100,00 per jaar", "nov 2026"):
        assert said in page, said
    assert (await browser.get(f"/deelnemers/{HELPER}/jaaroverzicht/1900")).status_code == 404
