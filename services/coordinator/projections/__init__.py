"""What this instance keeps of the other services' events: one module per source.

Each table folds the events of one source only. A source arrives in its own order, so the
result is the same however the sources interleave. What needs two of them is joined when it
is read. Ids, codes, numbers and times only: names and free text are asked for at the moment
of need.
"""

from typing import Any

from services.coordinator.projections.exchange import MATCHES, OFFERS, REQUESTS
from services.coordinator.projections.history import HISTORY
from services.coordinator.projections.ledger import BALANCES
from services.coordinator.projections.members import MEMBERS
from services.coordinator.projections.notifications import MESSAGES
from services.kernel.entity import Kind

KINDS: tuple[Kind[Any], ...] = (MEMBERS, OFFERS, REQUESTS, MATCHES, HISTORY, BALANCES, MESSAGES)
