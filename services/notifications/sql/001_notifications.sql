CREATE TABLE messages (
    message_id uuid PRIMARY KEY,
    member_id  uuid   NOT NULL,
    template   text   NOT NULL,
    facts      text   NOT NULL,
    status     text   NOT NULL,
    channel    text   NOT NULL,
    attempts   bigint NOT NULL,
    instead    text,
    queued_at  timestamptz NOT NULL,
    version    bigint NOT NULL
);
-- The sender reads all that waits once, page by page, when it begins.
CREATE INDEX messages_queued ON messages (message_id) WHERE status = 'queued';
-- What one person's digest gathers.
CREATE INDEX messages_of_member ON messages (member_id) WHERE status = 'queued';

CREATE TABLE recipients (
    member_id   uuid PRIMARY KEY,
    channel     text    NOT NULL,
    digest      text    NOT NULL,
    quiet_from  bigint,
    quiet_until bigint,
    gone        boolean NOT NULL,
    account     text    NOT NULL,
    version     bigint  NOT NULL
);

CREATE TABLE threads (
    thread_id   uuid PRIMARY KEY,
    message_ids uuid[] NOT NULL,
    version     bigint NOT NULL
);

CREATE TABLE series_known (
    series_id       uuid PRIMARY KEY,
    helper_id       uuid   NOT NULL,
    asker_id        uuid   NOT NULL,
    recurrence      text   NOT NULL,
    minutes         bigint NOT NULL,
    helper_last_day date,
    version         bigint NOT NULL
);

-- Which matches run between two people: as long as one does, letters name them to each other.
CREATE TABLE contacts (
    pair_id   uuid PRIMARY KEY,
    match_ids uuid[] NOT NULL,
    version   bigint NOT NULL
);

-- Who may act for a household.
CREATE TABLE households (
    household_id uuid PRIMARY KEY,
    acting       uuid[] NOT NULL,
    version      bigint NOT NULL
);
