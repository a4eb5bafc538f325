"""Moving in from TimeOverflow, out of the reports it gives as CSV (docs/import.md).

reports.py    which files there are, and their columns in order
members.py    the members report and a list of addresses, as a members file of ours
posts.py      the reports of offers and of requests, as files of ours
kinds.py      what a category or tag there is called here
balances.py   seconds there, whole minutes here; whether all of it adds up
transfers.py  whether the transfers add up to the balances (they are not imported)
moving.py     all of it together, sent as any other import

Each report becomes what an import of ours would have been (services/region/importing/rows.py), so
the same rules, the same refusals and the same "twice is once" hold. A ref is made of a mark for the
time bank and TimeOverflow's own number: `timeoverflow-12`.
"""

from services.region.importing.timeoverflow.balances import seconds_of
from services.region.importing.timeoverflow.moving import Terms, import_timeoverflow
from services.region.importing.timeoverflow.reports import Reports, found_in

__all__ = ["Reports", "Terms", "found_in", "import_timeoverflow", "seconds_of"]
