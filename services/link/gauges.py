"""What the link's tables say, as numbers: who is there, what waits, what a person must look at."""

from services.kernel.gauges import Gauge

GAUGES = (
    Gauge(
        "wd_link_peers",
        "Other regions that take part, by whether they answer",
        "SELECT CASE WHEN up THEN 'up' ELSE 'away' END AS state, count(*) AS value FROM peers "
        "WHERE status = 'joined' GROUP BY 1",
        {"state": ("up", "away")},
    ),
    Gauge(
        "wd_link_away_seconds",
        "How long the region that is away longest does not answer",
        "SELECT coalesce(extract(epoch FROM now() - min(since)), 0) AS value FROM peers "
        "WHERE status = 'joined' AND NOT up",
    ),
    Gauge(
        "wd_link_letters_waiting",
        "Letters that their region has not taken yet",
        "SELECT count(*) AS value FROM letters l JOIN peers p USING (peer_id) "
        "WHERE l.number > p.taken AND NOT l.given_up",
    ),
    Gauge(
        "wd_link_orphans",
        "Letters that whoever wrote them forgot after a restore: a person looks at each",
        "SELECT count(*) AS value FROM orphans WHERE NOT solved",
    ),
)
