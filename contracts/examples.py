"""Invented commands and questions for the documents: made from the models, valid by the models.

Every required field is filled. Texts are those of nobody; a new field whose type does not say what it may
hold is named here.
"""

from datetime import date
from typing import Any

from pydantic import BaseModel

from contracts.generate import PLAUSIBLE, invented

_KNOWN: dict[str, Any] = {
    **PLAUSIBLE,
    "name": "Jo Voorbeeld",
    "street": "Voorbeeldstraat",
    "house_number": "12",
    "guardian": "Sam Voorbeeld",
    "text": "Kan sinds de operatie niet zwaar tillen.",
    "note": "Met beiden gesproken.",
    "contact": "Samira, sociaal team West",
    "url": "https://team.example/webhooks",
    "categories": ("gardening",),
    "reason": "Woont ver weg.",
    "deputy": "coordinator-2",
    "year": 2026,
    "month": 21_000,
    "hour_21": 560,
    "hour_young": 400,
    "whole_year": 210_000,
    "cents": 840,
    "on": date(2026, 11, 24),
    "until": date(2026, 12, 31),
    "from_day": date(2026, 1, 1),
    "to_day": date(2026, 12, 31),
    "peers": ("westdorp",),
}
"""What a required field of a command or question holds, where its type alone does not say it."""


def example(model: type[BaseModel]) -> dict[str, Any]:
    """An instance of a command or query as JSON, with what must be there."""
    filled = {
        name: invented(model, name, _KNOWN)
        for name, field in model.model_fields.items()
        if field.is_required()
    }
    return model.model_validate(filled).model_dump(mode="json", exclude_unset=True)
