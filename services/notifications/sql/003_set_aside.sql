-- One thing that a receiver does not digest is set aside; an endpoint is given up when it took nothing at all.

ALTER TABLE endpoints ADD COLUMN last_taken_at timestamptz;
UPDATE endpoints e SET last_taken_at =
    (SELECT max(delivered_at) FROM deliveries d WHERE d.endpoint_id = e.endpoint_id);

CREATE INDEX deliveries_set_aside ON deliveries (endpoint_id, lane_id) WHERE status = 'set_aside';
