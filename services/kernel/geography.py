"""Where Dutch postcode areas are. Data: GeoNames postal codes (CC BY 4.0), see data/README.md."""

import csv
from functools import cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import NamedTuple

_EARTH_KM = 6371.0088
_FILE = Path(__file__).parent / "data" / "nl-pc4.csv"


class Area(NamedTuple):
    """A four-digit postcode area: its place name and centre in WGS84 degrees."""

    pc4: str
    place: str
    lat: float
    lon: float


@cache
def areas() -> dict[str, Area]:
    """All postcode areas by their four digits."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["pc4"]: Area(row["pc4"], row["place"], float(row["lat"]), float(row["lon"]))
            for row in csv.DictReader(file)
        }


def known(pc4: str) -> bool:
    return pc4 in areas()


def place(pc4: str) -> str:
    """The place a postcode area belongs to; empty when unknown."""
    area = areas().get(pc4)
    return area.place if area else ""


@cache
def _distance(one: str, other: str) -> float:
    a, b = areas()[one], areas()[other]
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))


def distance_km(one: str, other: str) -> float:
    """Kilometres between the centres of two postcode areas, as the crow flies (haversine)."""
    return _distance(min(one, other), max(one, other))
