-- Hours between regions.
ALTER TABLE holds ADD COLUMN peer text;

CREATE TABLE clearings (
    clearing_id      uuid PRIMARY KEY,
    peer             text    NOT NULL UNIQUE,
    cap_minutes      bigint  NOT NULL,
    position_minutes bigint  NOT NULL,
    outgoing_minutes bigint  NOT NULL CHECK (outgoing_minutes >= 0),
    incoming_minutes bigint  NOT NULL CHECK (incoming_minutes >= 0),
    proposal_id      uuid,
    proposed_minutes bigint,
    proposed_by      text,
    sent_count       bigint  NOT NULL,
    sent_minutes     bigint  NOT NULL,
    got_count        bigint  NOT NULL,
    got_minutes      bigint  NOT NULL,
    told_count       bigint  NOT NULL,
    got_then         bigint  NOT NULL,
    reckoned_on      date,
    differs          boolean NOT NULL,
    differs_there    boolean NOT NULL,
    version          bigint  NOT NULL,
    -- What we owe a peer is what we posted to it, less what it posted to us.
    CHECK (position_minutes = sent_minutes - got_minutes)
);

CREATE TABLE crossings (
    crossing_id uuid PRIMARY KEY,
    peer        text    NOT NULL,
    transfer_id uuid    NOT NULL,
    ours        boolean NOT NULL,
    minutes     bigint  NOT NULL,
    kind        text,
    status      text    NOT NULL,
    changed_at  timestamptz NOT NULL,
    payer_id    uuid,
    payee_id    uuid,
    about       uuid,
    reason      text    NOT NULL,
    version     bigint  NOT NULL
);
-- For comparing with the peer, and for what waits.
CREATE INDEX crossings_peer ON crossings (peer, status);
