-- Which list of regions was taken over last: an older one changes nothing.
CREATE TABLE networks (
    network_id uuid PRIMARY KEY,
    serial     bigint NOT NULL,
    version    bigint NOT NULL
);

-- The other regions. Public keys only; our own stand in a file of their own.
CREATE TABLE peers (
    peer_id     uuid PRIMARY KEY,
    peer        text    NOT NULL UNIQUE,
    -- What people call it.
    municipality text   NOT NULL,
    signing_key text    NOT NULL,
    sealing_key text    NOT NULL,
    status      text    NOT NULL,
    up          boolean NOT NULL,
    since       timestamptz NOT NULL,
    release     text    NOT NULL,
    -- What we write to it: numbers 1..queued, of which it has 1..taken; beyond `base` they are of `epoch`.
    queued      bigint  NOT NULL,
    taken       bigint  NOT NULL,
    epoch       bigint  NOT NULL,
    base        bigint  NOT NULL,
    -- What it wrote to us.
    heard_epoch bigint  NOT NULL,
    heard       bigint  NOT NULL,
    version     bigint  NOT NULL
);

-- What we wrote. The letter itself is in the event that queued it.
CREATE TABLE letters (
    letter_id uuid PRIMARY KEY,
    peer_id   uuid    NOT NULL,
    number    bigint  NOT NULL,
    name      text    NOT NULL,
    -- Of the letter's form; `version` counts events, as everywhere.
    form      bigint  NOT NULL,
    given_up  boolean NOT NULL,
    version   bigint  NOT NULL
);
CREATE UNIQUE INDEX letters_in_order ON letters (peer_id, number);

-- What was written to us.
CREATE TABLE received (
    letter_id uuid PRIMARY KEY,
    peer_id   uuid    NOT NULL,
    number    bigint  NOT NULL,
    thread_id uuid    NOT NULL,
    name      text    NOT NULL,
    form      bigint  NOT NULL,
    -- The peer was put back and does not know it any more.
    orphaned  boolean NOT NULL,
    version   bigint  NOT NULL
);
CREATE UNIQUE INDEX received_in_order ON received (peer_id, number) WHERE NOT orphaned;

CREATE TABLE threads (
    thread_id uuid PRIMARY KEY,
    version   bigint NOT NULL
);

-- Letters that whoever wrote them forgot: each is for a person to look at, until it is written again.
CREATE TABLE orphans (
    orphan_id  uuid PRIMARY KEY,
    peer       text    NOT NULL,
    thread_id  uuid    NOT NULL,
    written_by text    NOT NULL,
    number     bigint  NOT NULL,
    name       text    NOT NULL,
    solved     boolean NOT NULL,
    version    bigint  NOT NULL
);
CREATE INDEX orphans_open ON orphans (peer) WHERE NOT solved;

-- Messages from outside that were refused, by peer and reason.
CREATE TABLE refusals (
    refusal_id uuid PRIMARY KEY,
    peer_id    uuid   NOT NULL,
    reason     text   NOT NULL,
    count      bigint NOT NULL,
    version    bigint NOT NULL
);
CREATE INDEX refusals_of_peer ON refusals (peer_id);
