"""The coordinator instance, put together."""

from pathlib import Path

from services.coordinator.projections import KINDS
from services.coordinator.web import serve_web
from services.kernel.service import Service
from services.kernel.settings import Region


def service(region: Region) -> Service:
    return Service(name="coordinator", sql=Path(__file__).parent / "sql", kinds=KINDS, fronts=(serve_web,))
