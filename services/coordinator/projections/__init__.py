"""What this instance keeps of the other services' events: one module per subject.

Each table folds the events of one source only. A source arrives in its own order, so the
result is the same however the sources interleave. What needs two of them is joined when it
is read. Only `history` takes lines from everyone: a line for each event, so their order in it
is that of their times. Ids, codes, numbers and times only: names and free text are asked for
at the moment of need.
"""

from typing import Any

from services.coordinator.projections.exchange import MATCHES, OFFERS, REQUESTS
from services.coordinator.projections.forgotten import FORGOTTEN
from services.coordinator.projections.history import HISTORY
from services.coordinator.projections.initiatives import INITIATIVES, WAIVERS
from services.coordinator.projections.ledger import BALANCES, ENTERED, REFUSALS
from services.coordinator.projections.members import HOUSEHOLDS, MEMBERS, REPRESENTATIONS, VOGS
from services.coordinator.projections.notifications import MESSAGES
from services.coordinator.projections.referrals import REFERRALS
from services.coordinator.projections.regions import CLEARINGS, CROSSINGS, LOANS
from services.coordinator.projections.safety import INCIDENTS
from services.coordinator.projections.visits import SERIES
from services.kernel.entity import Kind

KINDS: tuple[Kind[Any], ...] = (
    MEMBERS,
    HOUSEHOLDS,
    REPRESENTATIONS,
    VOGS,
    INITIATIVES,
    WAIVERS,
    OFFERS,
    REQUESTS,
    MATCHES,
    SERIES,
    REFERRALS,
    INCIDENTS,
    BALANCES,
    REFUSALS,
    ENTERED,
    MESSAGES,
    LOANS,
    CLEARINGS,
    CROSSINGS,
    FORGOTTEN,
    HISTORY,
)
