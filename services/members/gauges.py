"""What members' tables say, as numbers: who takes part, who waits, and which certificates end."""

from services.kernel.gauges import Gauge

GAUGES = (
    Gauge(
        "wd_members",
        "Members by status",
        "SELECT status, count(*) AS value FROM members GROUP BY 1",
        {"status": ("registered", "approved", "declined", "left", "erased")},
    ),
    Gauge(
        "wd_members_paused",
        "Members who help nobody for a while",
        "SELECT count(*) AS value FROM members WHERE is_paused AND status = 'approved'",
    ),
    Gauge(
        "wd_certificates_ending",
        "Certificates of conduct that end within 30 days",
        "SELECT count(*) AS value FROM newest_vogs JOIN vogs USING (vog_id) "
        "WHERE NOT has_lapsed AND valid_until BETWEEN current_date AND current_date + 30",
    ),
)
