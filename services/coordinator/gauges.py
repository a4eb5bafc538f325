"""What the coordinator instance's tables say, as numbers: what waits for a person, the region's jobs."""

from typing import get_args

from services.coordinator.waiting import WAITING, WorkCode
from services.kernel.gauges import Gauge, jobs

_WORK = " UNION ALL ".join(waiting.select(kind) for kind, waiting in WAITING.items())

GAUGES = (
    Gauge(
        "wd_work",
        "What waits for a coordinator, as in Vandaag but in all areas: by kind, and whether over its term",
        "SELECT kind, CASE WHEN due < now() THEN 'over' ELSE 'within' END AS term, count(*) AS value "
        f"FROM ({_WORK}) w GROUP BY 1, 2",
        {"kind": get_args(WorkCode), "term": ("within", "over")},
    ),
    *jobs("backup", "verify"),
)
