-- The log of one service: the truth. Positions are gapless and in commit order, because
-- every write moves the one head row first and takes its positions from it.

CREATE TABLE log_head (
    one           boolean PRIMARY KEY DEFAULT true CHECK (one),
    position      bigint      NOT NULL DEFAULT 0,
    epoch         integer     NOT NULL DEFAULT 1,
    -- Moves with every commit, also one without events.
    commits       bigint      NOT NULL DEFAULT 0,
    -- Fencing: a replica that lost the lead still holds an old term and cannot write.
    term          bigint      NOT NULL DEFAULT 0,
    leader        text        NOT NULL DEFAULT '',
    leader_until  timestamptz NOT NULL DEFAULT '-infinity',
    oldest_leader integer     NOT NULL DEFAULT 1
);
INSERT INTO log_head DEFAULT VALUES;

-- Which positions belong to which epoch: a fork after a restore closes one and opens the next.
CREATE TABLE log_epochs (
    epoch          integer PRIMARY KEY,
    first_position bigint      NOT NULL,
    opened_at      timestamptz NOT NULL DEFAULT now()
);
INSERT INTO log_epochs VALUES (1, 1);

CREATE TABLE events (
    position       bigint PRIMARY KEY,
    epoch          integer     NOT NULL,
    entity         text        NOT NULL,
    entity_id      uuid        NOT NULL,
    version        integer     NOT NULL,
    name           text        NOT NULL,
    schema_version smallint    NOT NULL,
    -- An event's id is <command_id>.<ordinal>: known before the write, unique across restores.
    command_id     uuid        NOT NULL,
    ordinal        smallint    NOT NULL,
    causation_id   text,
    correlation_id uuid        NOT NULL,
    actor          text        NOT NULL,
    traceparent    text,
    occurred_at    timestamptz NOT NULL,
    data           json        NOT NULL,
    -- A stream is an entity of a kind: a series has the id of the request that it began with.
    UNIQUE (entity_id, version, entity)
);

-- First answers, by command id: a repeat gets the same one. No personal data: ids and codes only.
CREATE TABLE commands (
    command_id   uuid PRIMARY KEY,
    content_hash bigint,
    position     bigint      NOT NULL,
    refusal      json,
    answered_at  timestamptz NOT NULL
);
-- For forgetting: a block range index costs an insert next to nothing.
CREATE INDEX commands_answered ON commands USING brin (answered_at);

-- How far this service has followed each source; moved in the same commit as the effect.
CREATE TABLE watermarks (
    source   text PRIMARY KEY,
    epoch    integer NOT NULL,
    position bigint  NOT NULL,
    -- The last event followed, so that the source can see whether it still holds it.
    event_id text    NOT NULL
);

-- Effects of events that their source no longer has, after it was put back to an older copy:
-- each range is a task for a person.
CREATE TABLE forks (
    source         text    NOT NULL,
    epoch          integer NOT NULL,
    first_position bigint  NOT NULL,
    last_position  bigint  NOT NULL,
    noticed_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, epoch)
);

-- Followed events that could not be applied, and those of the same lane behind them.
-- The payload may be anything, also what should never have been sent: vault.
CREATE TABLE parked (
    source    text        NOT NULL,
    position  bigint      NOT NULL,
    lane      uuid        NOT NULL,
    reason    text        NOT NULL,
    event     json        NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, position)
);

-- Everything that can identify or describe a person. Erasing a person deletes by person_id
-- and other_id: rare, and allowed to read the whole table; an index on it would cost every command.
CREATE TABLE vault (
    entity    text  NOT NULL,
    entity_id uuid  NOT NULL,
    person_id uuid  NOT NULL,
    data      jsonb NOT NULL,
    -- The second one, where a text is about two people.
    other_id  uuid,
    PRIMARY KEY (entity_id, entity)
);

-- Who was erased, as far as this service heard: no row about them enters the vault any more. Ids only.
CREATE TABLE erased (
    person_id uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL
);

-- What must happen at a time. The command's id is made from the timer's.
CREATE TABLE timers (
    timer_id uuid PRIMARY KEY,
    due_at   timestamptz NOT NULL,
    command  text        NOT NULL,
    body     json        NOT NULL
);
CREATE INDEX timers_due ON timers (due_at);
