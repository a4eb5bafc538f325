CREATE TABLE accounts (
    account_id      uuid PRIMARY KEY,
    balance_minutes bigint NOT NULL,
    held_minutes    bigint NOT NULL CHECK (held_minutes >= 0),
    floor_minutes   bigint NOT NULL,
    version         bigint NOT NULL,
    -- The rule of the house, kept by the database too.
    CHECK (balance_minutes - held_minutes >= floor_minutes)
);

CREATE TABLE holds (
    hold_id    uuid PRIMARY KEY,
    account_id uuid   NOT NULL,
    minutes    bigint NOT NULL,
    status     text   NOT NULL,
    version    bigint NOT NULL
);

CREATE TABLE transfers (
    transfer_id     uuid PRIMARY KEY,
    from_account_id uuid   NOT NULL,
    to_account_id   uuid   NOT NULL,
    minutes         bigint NOT NULL,
    status          text   NOT NULL,
    match_id        uuid,
    posted_at       timestamptz NOT NULL,
    version         bigint NOT NULL
);
