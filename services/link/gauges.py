"""What the link's tables say, as numbers: which regions can be reached, and what waits for them."""

from services.kernel.gauges import Gauge

GAUGES = (
    Gauge(
        "wd_link_peers",
        "Regions of the network that take part, by whether they can be reached",
        "SELECT CASE WHEN up THEN 'up' ELSE 'down' END AS link, count(*) AS value FROM peers "
        "WHERE status = 'joined' GROUP BY 1",
        {"link": ("up", "down")},
    ),
    Gauge(
        "wd_link_down_seconds",
        "How long the region that has been away longest cannot be reached",
        "SELECT coalesce(extract(epoch FROM now() - min(since)), 0) AS value FROM peers "
        "WHERE status = 'joined' AND NOT up",
    ),
    Gauge(
        "wd_link_letters_waiting",
        "Letters that other regions have not taken yet",
        "SELECT coalesce(sum(queued - taken), 0) AS value FROM peers WHERE status = 'joined'",
    ),
    Gauge(
        "wd_link_orphans",
        "Letters that whoever wrote them forgot: each is for a person to look at",
        "SELECT count(*) AS value FROM orphans WHERE NOT solved",
    ),
)
