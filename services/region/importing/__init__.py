"""Moving in: members, offers and requests out of CSV files (docs/import.md).

table.py      a file into rows, each with its line; what cannot be read is refused line by line
rows.py       a row into the command it means, with an id made from the row's ref
sending.py    the commands over NATS, in the order they need each other, 64 at a time
report.py     what was imported, and every refused row with its reason
timeoverflow/ TimeOverflow's reports into such files, and balances

The same file twice is the same import once: a row's command id is made from the region, the
kind of file and the row's ref, so a repeat hears the first answer.
"""

from services.region.importing.report import Report
from services.region.importing.sending import Files, import_files

__all__ = ["Files", "Report", "import_files"]
