-- What social teams may hear, and where it is brought. Addresses, secrets and the log of attempts are
-- in the vault, under the endpoint's id.

CREATE TABLE feeds (
    feed_id      uuid PRIMARY KEY,
    team         text   NOT NULL,
    turn         bigint NOT NULL,
    endpoint_ids uuid[] NOT NULL,
    version      bigint NOT NULL
);

CREATE TABLE feedback (
    feedback_id uuid PRIMARY KEY,
    team        text   NOT NULL,
    turn        bigint NOT NULL,
    referral_id uuid   NOT NULL,
    number      bigint NOT NULL,
    status      text   NOT NULL,
    reason      text,
    outcome     text,
    at          timestamptz NOT NULL,
    queued_at   timestamptz NOT NULL,
    version     bigint NOT NULL
);
-- A team reads on from its cursor.
CREATE INDEX feedback_of_team ON feedback (team, turn);

CREATE TABLE endpoints (
    endpoint_id   uuid PRIMARY KEY,
    team          text   NOT NULL,
    status        text   NOT NULL,
    reason        text,
    turn          bigint NOT NULL,
    secrets       bigint NOT NULL,
    former_until  timestamptz,
    registered_at timestamptz NOT NULL,
    active_since  timestamptz NOT NULL,
    version       bigint NOT NULL
);

CREATE TABLE deliveries (
    delivery_id  uuid PRIMARY KEY,
    endpoint_id  uuid   NOT NULL,
    turn         bigint NOT NULL,
    feedback_id  uuid,
    lane_id      uuid   NOT NULL,
    status       text   NOT NULL,
    queued_at    timestamptz NOT NULL,
    delivered_at timestamptz,
    version      bigint NOT NULL
);
-- What waits for an endpoint, in its order.
CREATE INDEX deliveries_waiting ON deliveries (endpoint_id, turn) WHERE status = 'queued';
-- Its log, newest first.
CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint_id, turn);

-- Of which referrals a team hears nothing any more, also not what was still to be brought.
CREATE TABLE quiet_referrals (
    referral_id uuid PRIMARY KEY,
    since       timestamptz NOT NULL,
    version     bigint NOT NULL
);
