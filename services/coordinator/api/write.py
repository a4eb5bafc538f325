"""Writes the documents that every region serves to `contracts/documents`: for who builds on this without one.

python -m services.coordinator.api.write
"""

from types import SimpleNamespace
from typing import Any

from contracts import asyncapi, generate
from services.coordinator.api import api
from services.coordinator.api.openapi import document
from services.coordinator.desk import Desk
from services.kernel.settings import Region

FOLDER = generate.CONTRACTS / "documents"
COMMAND = "python -m services.coordinator.api.write"


def documents() -> dict[str, str]:
    """The text of each document by its file's name, as an invented region serves it."""
    region = Region(region="voorbeeld", name="Voorbeeld")
    # Nothing is asked of the replica: only what there is to ask is looked at.
    replica: Any = SimpleNamespace(region=region)
    found = {
        "openapi.json": document(api(Desk(replica)), region),
        "asyncapi.json": asyncapi.document(f"Wederdienst {region.name}"),
    }
    return {name: generate.as_text(made) for name, made in found.items()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
