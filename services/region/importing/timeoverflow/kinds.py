"""What a category or tag of TimeOverflow is called here: a table that the organisation may add to.

Every time bank makes its own categories, so ours (kinds.csv) knows common words only, in Dutch,
English, Spanish and Catalan. What an organisation says itself goes before.
"""

import unicodedata
from functools import cache
from pathlib import Path

from contracts.categories import CATEGORIES
from services.kernel.errors import Misconfigured
from services.region.importing.table import Column, read

COLUMNS = (Column("name", "naam", required=True), Column("category", "soort", required=True))
OURS = Path(__file__).parent / "kinds.csv"


class Kinds:
    """Our code by a name as it is written there, whatever its capitals and accents."""

    def __init__(self, codes: dict[str, str]) -> None:
        self._codes = codes

    def code(self, category: str, tags: str) -> str | None:
        """The code of the first tag that is known, or else of the category: tags say it more exactly.

        `tags` have commas between them.
        """
        names = (*tags.split(","), category)
        return next((self._codes[name] for each in names if (name := _plain(each)) in self._codes), None)


def kinds(own: Path | None = None) -> Kinds:
    """The table of common words, with an organisation's own before it.

    Raises Misconfigured for a file that cannot be read whole, or names a kind that we do not have.
    """
    return Kinds(_ours() | (_codes(own) if own is not None else {}))


@cache
def _ours() -> dict[str, str]:
    return _codes(OURS)


def _codes(path: Path) -> dict[str, str]:
    table = read(path, COLUMNS)
    if table.refused:
        wrong = table.refused[0]
        raise Misconfigured(f"{path.name}, line {wrong.line}: {wrong.en}")
    codes = {}
    for row in table.rows:
        code = row.cells["category"].lower()
        if code not in CATEGORIES:
            raise Misconfigured(
                f"{path.name}, line {row.line}: this is not one of our kinds of help. "
                f"Choose one of: {', '.join(CATEGORIES)}."
            )
        codes[_plain(row.cells["name"])] = code
    return codes


def _plain(name: str) -> str:
    """`name` without capitals, accents and double spaces.

    >>> _plain(" Acompañamiento  y Más ")
    'acompanamiento y mas'
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(char for char in letters if not unicodedata.combining(char)).split())
