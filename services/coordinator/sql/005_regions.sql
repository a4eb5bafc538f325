-- What is done with other regions, as exchange and the ledger tell it.

CREATE TABLE loans_seen (
    loan_id        uuid PRIMARY KEY,
    peer           text        NOT NULL,
    thread_id      uuid        NOT NULL,
    side           text        NOT NULL,
    category       text        NOT NULL,
    minutes        bigint      NOT NULL,
    pc4            text        NOT NULL,
    wanted_at      timestamptz,
    urgency        text        NOT NULL,
    wish           text        NOT NULL,
    counted        boolean     NOT NULL,
    status         text        NOT NULL,
    changed_at     timestamptz NOT NULL,
    request_id     uuid,
    member_id      uuid,
    helper_pc4     text,
    we_agree       boolean     NOT NULL,
    they_agree     boolean     NOT NULL,
    our_minutes    bigint,
    their_minutes  bigint,
    differs        boolean     NOT NULL,
    agreed_minutes bigint,
    reason         text,
    ended_by       text,
    version        bigint      NOT NULL
);
CREATE INDEX loans_running ON loans_seen (changed_at) WHERE status NOT IN ('completed', 'ended');
CREATE INDEX loans_of_request ON loans_seen (request_id);
CREATE INDEX loans_of_member ON loans_seen (member_id);

CREATE TABLE clearings_seen (
    clearing_id      uuid PRIMARY KEY,
    peer             text    NOT NULL,
    cap_minutes      bigint  NOT NULL,
    proposal_id      uuid,
    proposed_minutes bigint,
    proposed_by      text,
    proposed_at      timestamptz,
    differs          boolean NOT NULL,
    differs_there    boolean NOT NULL,
    differs_since    timestamptz,
    reckoned_at      timestamptz,
    version          bigint  NOT NULL
);

CREATE TABLE crossings_seen (
    crossing_id uuid PRIMARY KEY,
    peer        text        NOT NULL,
    ours        boolean     NOT NULL,
    minutes     bigint      NOT NULL,
    kind        text,
    status      text        NOT NULL,
    changed_at  timestamptz NOT NULL,
    payer_id    uuid,
    payee_id    uuid,
    about       uuid,
    reason      text,
    version     bigint      NOT NULL
);
CREATE INDEX crossings_waiting ON crossings_seen (changed_at) WHERE status IN ('offered', 'asked', 'accepted');
CREATE INDEX crossings_by_time ON crossings_seen (changed_at);
