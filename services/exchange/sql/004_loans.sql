-- Help between regions: what we ask of a peer, and what a peer asks of us.
CREATE TABLE loans (
    loan_id        uuid PRIMARY KEY,
    peer           text   NOT NULL,
    thread_id      uuid   NOT NULL,
    side           text   NOT NULL,
    category       text   NOT NULL,
    minutes        bigint NOT NULL,
    pc4            text   NOT NULL,
    wanted_at      timestamptz,
    urgency        text   NOT NULL,
    wish           text   NOT NULL,
    counted        boolean NOT NULL,
    status         text   NOT NULL,
    request_id     uuid,
    member_id      uuid,
    their_id       uuid,
    offer_id       uuid,
    floor_minutes  bigint NOT NULL,
    told           boolean NOT NULL,
    we_agree       boolean NOT NULL,
    they_agree     boolean NOT NULL,
    our_minutes    bigint,
    their_minutes  bigint,
    agreed_minutes bigint,
    attempts       bigint NOT NULL,
    reason         text,
    version        bigint NOT NULL
);
-- A peer asks about a matter by its thread.
CREATE INDEX loans_thread ON loans (thread_id);

-- What a helper does for other regions, and which regions look at a request.
ALTER TABLE participants ADD COLUMN lends uuid[] NOT NULL DEFAULT '{}';
ALTER TABLE requests ADD COLUMN loans uuid[] NOT NULL DEFAULT '{}';
