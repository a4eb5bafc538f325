CREATE TABLE accounts (
    account_id      uuid PRIMARY KEY,
    balance_minutes bigint  NOT NULL,
    held_minutes    bigint  NOT NULL CHECK (held_minutes >= 0),
    floor_minutes   bigint  NOT NULL,
    ceiling_minutes bigint,
    closed          boolean NOT NULL,
    -- Matches for which something is held.
    holds           uuid[]  NOT NULL,
    version         bigint  NOT NULL,
    -- The rules of the house, kept by the database too.
    CHECK (balance_minutes - held_minutes >= floor_minutes),
    CHECK (NOT closed OR balance_minutes = 0 AND held_minutes = 0)
);

-- Whose account a member uses, where it is not their own.
CREATE TABLE seats (
    member_id    uuid PRIMARY KEY,
    household_id uuid,
    version      bigint NOT NULL
);

-- Where someone lives: coordinators may be bound to areas.
CREATE TABLE places (
    member_id uuid PRIMARY KEY,
    pc4       text   NOT NULL,
    version   bigint NOT NULL
);

CREATE TABLE holds (
    hold_id    uuid PRIMARY KEY,
    account_id uuid   NOT NULL,
    minutes    bigint NOT NULL,
    cents      bigint NOT NULL,
    month      text,
    status     text   NOT NULL,
    version    bigint NOT NULL
);

CREATE TABLE transfers (
    transfer_id     uuid PRIMARY KEY,
    from_account_id uuid   NOT NULL,
    to_account_id   uuid   NOT NULL,
    minutes         bigint NOT NULL,
    status          text   NOT NULL,
    kind            text   NOT NULL,
    match_id        uuid,
    posted_at       timestamptz NOT NULL,
    payer_id        uuid,
    payee_id        uuid,
    reverses        uuid,
    reversed_by     uuid,
    version         bigint NOT NULL,
    CHECK (status <> 'posted' OR minutes > 0 AND from_account_id <> to_account_id)
);
-- A statement is what was posted on one account in a period.
CREATE INDEX transfers_from ON transfers (from_account_id, posted_at) WHERE status = 'posted';
CREATE INDEX transfers_to ON transfers (to_account_id, posted_at) WHERE status = 'posted';

-- A helper's month or year, in euro cents: its id is made from the helper's and the period.
CREATE TABLE periods (
    period_id      uuid PRIMARY KEY,
    helper_id      uuid   NOT NULL,
    period         text   NOT NULL,
    held_cents     bigint NOT NULL CHECK (held_cents >= 0),
    paid_cents     bigint NOT NULL CHECK (paid_cents >= 0),
    paid_minutes   bigint NOT NULL,
    expenses_cents bigint NOT NULL,
    version        bigint NOT NULL
);

CREATE TABLE expenses (
    expenses_id uuid PRIMARY KEY,
    helper_id   uuid   NOT NULL,
    cents       bigint NOT NULL,
    month       text   NOT NULL,
    version     bigint NOT NULL
);
