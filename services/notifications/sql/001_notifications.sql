CREATE TABLE messages (
    message_id uuid PRIMARY KEY,
    member_id  uuid   NOT NULL,
    template   text   NOT NULL,
    facts      text   NOT NULL,
    status     text   NOT NULL,
    attempts   bigint NOT NULL,
    queued_at  timestamptz NOT NULL,
    version    bigint NOT NULL
);
CREATE INDEX messages_queued ON messages (queued_at) WHERE status = 'queued';
