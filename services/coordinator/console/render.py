"""Turns view models into HTML."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.coordinator.console import addresses, wording
from services.kernel import dutch

HERE = Path(__file__).parent
STATIC = HERE / "static"
"""The folder to serve at `Site.static_href`."""


@cache
def environment() -> Environment:
    """The templates with the wording filters; output is escaped, a missing variable an error."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for word in (
        dutch.day_nl,
        dutch.day_short_nl,
        wording.full_day_nl,
        wording.distance_nl,
        wording.people_nl,
        dutch.time_nl,
        wording.waiting_nl,
        addresses.tel_href,
    ):
        env.filters[word.__name__] = word
    return env


def render(template: str, **context: object) -> str:
    """The HTML of one page.

    Every page takes `site` (Site), `page` (its own view model) and `csrf`; a request with a choice
    takes `idempotency_key` too. Raises jinja2.UndefinedError when one is missing.
    """
    return environment().get_template(template).render(context)
