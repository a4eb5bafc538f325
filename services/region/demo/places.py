"""Where the demo plays: real municipalities, with invented people."""

from dataclasses import dataclass

PHONE = "030-000 00 00"
"""Nobody's: where people of the demo call their coordinator."""


@dataclass(frozen=True, slots=True)
class Place:
    """One municipality: its region's token, its name in the postcode data, and how many people to invent.

    `home` is where the people of the story live.
    """

    region: str
    name: str
    centre: str
    home: str
    members: int
    offers: int
    requests: int


UTRECHT = Place("utrecht", "Utrecht", "3511", "3515", 400, 600, 250)


def _small(region: str, name: str, centre: str, home: str) -> Place:
    return Place(region, name, centre, home, 60, 80, 30)


NETWORK = (
    _small("utrecht", "Utrecht", "3511", "3515"),
    _small("amersfoort", "Amersfoort", "3811", "3812"),
    _small("nieuwegein", "Nieuwegein", "3431", "3432"),
    _small("zeist", "Zeist", "3701", "3702"),
    _small("woerden", "Woerden", "3441", "3442"),
    _small("soest", "Soest", "3761", "3762"),
    _small("houten", "Houten", "3991", "3992"),
    _small("veenendaal", "Veenendaal", "3901", "3902"),
    _small("culemborg", "Culemborg", "4101", "4102"),
    _small("bilthoven", "Bilthoven", "3721", "3722"),
)
"""The regions of `demo --regions N`: the first N of these, each with few people so that it starts soon."""
