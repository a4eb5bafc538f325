"""What notifications' tables say, as numbers: what waits to be sent, and what did not arrive.

Failures of webhooks belong here too, where they are delivered.
"""

from services.kernel.gauges import Gauge

GAUGES = (
    Gauge(
        "wd_messages",
        "Messages by how far they are",
        "SELECT status, count(*) AS value FROM messages GROUP BY 1",
        {"status": ("queued", "sent", "handed_over", "escalated", "delivered", "overtaken", "failed")},
    ),
    Gauge(
        "wd_messages_oldest_seconds",
        "How long the oldest message waits that goes at once: digests and quiet hours left out",
        "SELECT coalesce(extract(epoch FROM now() - min(m.queued_at)), 0) AS value FROM messages m "
        "LEFT JOIN recipients r USING (member_id) WHERE m.status = 'queued' "
        "AND coalesce(r.digest, 'none') = 'none' AND r.quiet_from IS NULL",
    ),
)
