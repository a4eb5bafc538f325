"""Where postcode areas are, and how far apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.geography import areas, distance_km, known, place

PC4 = st.sampled_from(sorted(areas()))


def test_the_whole_country_is_there_and_nothing_else() -> None:
    assert len(areas()) > 4000
    for pc4, area in areas().items():
        assert pc4 == area.pc4
        assert len(pc4) == 4
        assert "1000" <= pc4 <= "9999"
        assert area.place
        # The European Netherlands, from Vaals to Schiermonnikoog.
        assert 50.7 < area.lat < 53.6
        assert 3.3 < area.lon < 7.3


def test_a_postcode_is_known_or_not() -> None:
    assert known("3512")
    assert place("3512") == "Utrecht"
    for nowhere in ("0000", "1000", "", "35", "3512AB"):
        assert not known(nowhere)
        assert place(nowhere) == ""


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [("3511", "1012", 35), ("9712", "6211", 269), ("3511", "3512", 0.5)],
    ids=["Utrecht-Amsterdam", "Groningen-Maastricht", "next to each other"],
)
def test_distances_are_those_on_the_map(one: str, other: str, km: float) -> None:
    assert distance_km(one, other) == pytest.approx(km, rel=0.05, abs=0.2)


@given(PC4, PC4, PC4)
def test_a_detour_is_never_shorter(a: str, b: str, c: str) -> None:
    assert distance_km(a, b) == distance_km(b, a) >= 0
    assert distance_km(a, a) == 0
    assert distance_km(a, c) <= distance_km(a, b) + distance_km(b, c) + 1e-9
