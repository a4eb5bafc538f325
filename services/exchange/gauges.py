"""What exchange's tables say, as numbers: what waits, what runs, and how full helpers' weeks are."""

from services.exchange.matching import NEARLY_FULL
from services.exchange.week import RELIEVED_ALWAYS
from services.kernel.gauges import Gauge

_THIS_WEEK = """to_char(now() AT TIME ZONE 'Europe/Amsterdam', 'IYYY-"W"IW')"""
_CARE = (
    "CASE WHEN p.carer_minutes_week = 0 THEN 0 ELSE "
    f"greatest(0, p.carer_minutes_week - {RELIEVED_ALWAYS} - coalesce(w.relieved_minutes, 0)) END"
)

GAUGES = (
    Gauge(
        "wd_requests_waiting",
        "Open requests for help without a helper, by how long they wait",
        "SELECT CASE WHEN requested_at > now() - interval '1 day' THEN 'day' "
        "WHEN requested_at > now() - interval '3 days' THEN 'three_days' "
        "WHEN requested_at > now() - interval '7 days' THEN 'week' ELSE 'longer' END AS age, "
        "count(*) AS value FROM requests WHERE status = 'open' GROUP BY 1",
        {"age": ("day", "three_days", "week", "longer")},
    ),
    Gauge(
        "wd_urgent_oldest_seconds",
        "How long the oldest urgent request waits for a helper",
        "SELECT coalesce(extract(epoch FROM now() - min(requested_at)), 0) AS value FROM requests "
        "WHERE status = 'open' AND urgency = 'urgent'",
    ),
    Gauge(
        "wd_matches",
        "Matches by how far they are: reserved ones are proposals that the ledger has not answered yet",
        "SELECT status, count(*) AS value FROM matches GROUP BY 1",
        {"status": ("reserved", "confirmed", "agreed", "unbooked", "completed", "fell_through")},
    ),
    Gauge(
        "wd_minutes_differ",
        "Matches whose people reported different minutes: a coordinator decides",
        "SELECT count(*) AS value FROM matches WHERE differs AND status = 'confirmed'",
    ),
    Gauge("wd_offers_open", "Open offers", "SELECT count(*) AS value FROM offers WHERE status = 'open'"),
    Gauge(
        "wd_helpers",
        "Helpers by how full this week is: nearly full from 85 %",
        "SELECT room, count(*) AS value FROM (SELECT CASE WHEN load > capacity THEN 'over' "
        f"WHEN load >= {NEARLY_FULL} * capacity THEN 'nearly_full' ELSE 'free' END AS room FROM ("
        "SELECT p.capacity_minutes_week AS capacity, p.undated_minutes + coalesce(w.planned_minutes, 0) "
        f"+ coalesce(w.done_minutes, 0) + {_CARE} AS load FROM participants p LEFT JOIN weeks w "
        f"ON w.member_id = p.participant_id AND w.week = {_THIS_WEEK} "
        "WHERE p.capacity_minutes_week > 0 AND NOT p.gone) h) r GROUP BY 1",
        {"room": ("free", "nearly_full", "over")},
    ),
    Gauge("wd_series", "Series that run", "SELECT count(*) AS value FROM series WHERE status = 'running'"),
    Gauge(
        "wd_incidents_open", "Incidents not closed", "SELECT count(*) AS value FROM incidents WHERE is_open"
    ),
)
