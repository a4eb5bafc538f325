CREATE TABLE participants (
    participant_id        uuid PRIMARY KEY,
    number                bigint NOT NULL,
    pc4                   text   NOT NULL,
    capacity_minutes_week bigint NOT NULL,
    reserved_minutes      bigint NOT NULL,
    helped_minutes        bigint NOT NULL,
    version               bigint NOT NULL
);

CREATE TABLE offers (
    offer_id  uuid PRIMARY KEY,
    member_id uuid NOT NULL,
    category  text NOT NULL,
    pc4       text NOT NULL,
    status    text NOT NULL,
    version   bigint NOT NULL
);
-- Ranking walks the open offers of a category from near to far.
CREATE INDEX offers_open ON offers (category, pc4) WHERE status = 'open';

CREATE TABLE requests (
    request_id   uuid PRIMARY KEY,
    member_id    uuid NOT NULL,
    category     text NOT NULL,
    pc4          text NOT NULL,
    minutes      bigint NOT NULL,
    wanted_at    timestamptz,
    urgency      text NOT NULL,
    wish         text NOT NULL,
    status       text NOT NULL,
    requested_at timestamptz NOT NULL,
    version      bigint NOT NULL
);

CREATE TABLE matches (
    match_id       uuid PRIMARY KEY,
    request_id     uuid NOT NULL,
    offer_id       uuid NOT NULL,
    helper_id      uuid NOT NULL,
    asker_id       uuid NOT NULL,
    category       text NOT NULL,
    minutes        bigint NOT NULL,
    wanted_at      timestamptz,
    status         text NOT NULL,
    reason         text,
    helper_minutes bigint,
    asker_minutes  bigint,
    version        bigint NOT NULL
);
