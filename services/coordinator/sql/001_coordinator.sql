-- What this instance has seen. Every table is written from one source's events only.

-- From members.
CREATE TABLE members_seen (
    member_id             uuid PRIMARY KEY,
    number                bigint      NOT NULL,
    status                text        NOT NULL,
    pc4                   text        NOT NULL,
    capacity_minutes_week bigint      NOT NULL,
    registered_at         timestamptz NOT NULL,
    decided_at            timestamptz,
    version               bigint      NOT NULL
);
CREATE INDEX members_to_decide ON members_seen (registered_at) WHERE status = 'registered';

-- From exchange.
CREATE TABLE offers_seen (
    offer_id  uuid PRIMARY KEY,
    member_id uuid        NOT NULL,
    category  text        NOT NULL,
    pc4       text        NOT NULL,
    status    text        NOT NULL,
    posted_at timestamptz NOT NULL,
    version   bigint      NOT NULL
);
CREATE INDEX offers_of_member ON offers_seen (member_id);

CREATE TABLE requests_seen (
    request_id   uuid PRIMARY KEY,
    member_id    uuid        NOT NULL,
    category     text        NOT NULL,
    pc4          text        NOT NULL,
    minutes      bigint      NOT NULL,
    wanted_at    timestamptz,
    urgency      text        NOT NULL,
    wish         text        NOT NULL,
    status       text        NOT NULL,
    requested_at timestamptz NOT NULL,
    match_id     uuid,
    version      bigint      NOT NULL
);
CREATE INDEX requests_without_helper ON requests_seen (requested_at) WHERE status = 'open';

CREATE TABLE matches_seen (
    match_id       uuid PRIMARY KEY,
    request_id     uuid        NOT NULL,
    offer_id       uuid        NOT NULL,
    helper_id      uuid        NOT NULL,
    asker_id       uuid        NOT NULL,
    category       text        NOT NULL,
    minutes        bigint      NOT NULL,
    wanted_at      timestamptz,
    status         text        NOT NULL,
    reason         text,
    helper_minutes bigint,
    asker_minutes  bigint,
    minutes_differ boolean     NOT NULL,
    reserved_at    timestamptz NOT NULL,
    confirmed_at   timestamptz,
    changed_at     timestamptz NOT NULL,
    version        bigint      NOT NULL
);
CREATE INDEX matches_of_request ON matches_seen (request_id);
CREATE INDEX matches_of_helper ON matches_seen (helper_id);
CREATE INDEX matches_to_look_at ON matches_seen (changed_at)
    WHERE status IN ('reserved', 'unbooked') OR minutes_differ;

CREATE TABLE history (
    line_id    uuid PRIMARY KEY,
    code       text        NOT NULL,
    request_id uuid,
    match_id   uuid,
    person_id  uuid,
    minutes    bigint,
    reason     text,
    at         timestamptz NOT NULL,
    version    bigint      NOT NULL
);
CREATE INDEX history_of_request ON history (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX history_of_match ON history (match_id) WHERE match_id IS NOT NULL;

-- From ledger.
CREATE TABLE balances_seen (
    account_id      uuid PRIMARY KEY,
    balance_minutes bigint NOT NULL,
    held_minutes    bigint NOT NULL,
    floor_minutes   bigint NOT NULL,
    version         bigint NOT NULL
);

-- From notifications.
CREATE TABLE messages_seen (
    message_id uuid PRIMARY KEY,
    member_id  uuid        NOT NULL,
    template   text        NOT NULL,
    -- Who else the message is about: the other person of a match.
    other_id   uuid,
    status     text        NOT NULL,
    reason     text,
    queued_at  timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version    bigint      NOT NULL
);
CREATE INDEX messages_of_member ON messages_seen (member_id);
CREATE INDEX messages_failed ON messages_seen (changed_at) WHERE status = 'failed';
