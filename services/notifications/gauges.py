"""What notifications' tables say, as numbers: what waits to be sent, and what did not arrive."""

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
    Gauge(
        "wd_webhook_endpoints",
        "Webhook endpoints of social teams by how they are",
        "SELECT status, count(*) AS value FROM endpoints WHERE status <> 'deleted' GROUP BY 1",
        {"status": ("active", "paused", "disabled")},
    ),
    Gauge(
        "wd_webhooks_oldest_seconds",
        "How long the oldest webhook waits for an endpoint that is active",
        "SELECT coalesce(extract(epoch FROM now() - min(d.queued_at)), 0) AS value FROM deliveries d "
        "JOIN endpoints e USING (endpoint_id) WHERE d.status = 'queued' AND e.status = 'active' "
        "AND NOT EXISTS (SELECT FROM quiet_referrals q WHERE q.referral_id = d.lane_id) "
        "AND NOT EXISTS (SELECT FROM deliveries s WHERE s.endpoint_id = d.endpoint_id "
        "AND s.lane_id = d.lane_id AND s.status = 'set_aside')",
    ),
    Gauge(
        "wd_webhooks_set_aside",
        "Webhooks that a receiver refused for days while it took others: its team replays them",
        "SELECT count(*) AS value FROM deliveries d JOIN endpoints e USING (endpoint_id) "
        "WHERE d.status = 'set_aside' AND e.status <> 'deleted' AND d.feedback_id IS NOT NULL "
        "AND NOT EXISTS (SELECT FROM quiet_referrals q WHERE q.referral_id = d.lane_id)",
    ),
)
