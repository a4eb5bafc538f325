CREATE TABLE initiatives (
    initiative_id     uuid PRIMARY KEY,
    preset            text   NOT NULL,
    status            text   NOT NULL,
    reciprocity       text   NOT NULL,
    compensation      text   NOT NULL,
    floor_minutes     bigint NOT NULL,
    tolerance_minutes bigint NOT NULL,
    most_running      bigint NOT NULL,
    from_band         text   NOT NULL,
    version           bigint NOT NULL
);

CREATE TABLE participants (
    participant_id        uuid PRIMARY KEY,
    number                bigint NOT NULL,
    pc4                   text   NOT NULL,
    kind                  text   NOT NULL,
    capacity_minutes_week bigint NOT NULL,
    carer_minutes_week    bigint NOT NULL,
    undated_minutes       bigint NOT NULL,
    helped_lately         double precision NOT NULL,
    helped_at             timestamptz,
    running               uuid[] NOT NULL,
    places                uuid[] NOT NULL,
    series                uuid[] NOT NULL,
    receives              uuid[] NOT NULL,
    asks                  uuid[] NOT NULL,
    drafts                uuid[] NOT NULL,
    -- The initiative of each of their offers that stands.
    offers_in             uuid[] NOT NULL,
    waived_until          timestamptz,
    gone                  boolean NOT NULL,
    version               bigint NOT NULL
);

CREATE TABLE offers (
    offer_id      uuid PRIMARY KEY,
    member_id     uuid NOT NULL,
    category      text NOT NULL,
    pc4           text NOT NULL,
    initiative_id uuid NOT NULL,
    status        text NOT NULL,
    version       bigint NOT NULL
);
-- Ranking walks the open offers of a category from near to far.
CREATE INDEX offers_open ON offers (category, pc4) WHERE status = 'open';
-- Whether someone offers something too, for those who ask.
CREATE INDEX offers_member ON offers (member_id);

CREATE TABLE requests (
    request_id    uuid PRIMARY KEY,
    member_id     uuid NOT NULL,
    category      text NOT NULL,
    pc4           text NOT NULL,
    minutes       bigint NOT NULL,
    wanted_at     timestamptz,
    urgency       text NOT NULL,
    wish          text NOT NULL,
    status        text NOT NULL,
    requested_at  timestamptz NOT NULL,
    initiative_id uuid NOT NULL,
    recurrence    text,
    last_day      date,
    series_id     uuid,
    match_id      uuid,
    version       bigint NOT NULL
);
CREATE INDEX requests_series ON requests (series_id) WHERE series_id IS NOT NULL;

CREATE TABLE matches (
    match_id       uuid PRIMARY KEY,
    request_id     uuid NOT NULL,
    offer_id       uuid NOT NULL,
    helper_id      uuid NOT NULL,
    asker_id       uuid NOT NULL,
    category       text NOT NULL,
    minutes        bigint NOT NULL,
    wanted_at      timestamptz,
    initiative_id  uuid NOT NULL,
    compensation   text NOT NULL,
    age_band       text,
    series_id      uuid,
    from_now_on    boolean NOT NULL,
    by             text NOT NULL,
    status         text NOT NULL,
    reason         text,
    helper_minutes bigint,
    asker_minutes  bigint,
    agreed_minutes bigint,
    differs        boolean NOT NULL,
    parted         boolean NOT NULL,
    thanked        boolean NOT NULL,
    version        bigint NOT NULL
);
-- Who withdrew from a request is proposed for it last: few rows, so it costs the others nothing.
CREATE INDEX matches_withdrew ON matches (request_id) WHERE reason = 'helper_withdrew';

CREATE TABLE series (
    series_id       uuid PRIMARY KEY,
    offer_id        uuid NOT NULL,
    helper_id       uuid NOT NULL,
    asker_id        uuid NOT NULL,
    category        text NOT NULL,
    minutes         bigint NOT NULL,
    recurrence      text NOT NULL,
    starts_at       timestamptz NOT NULL,
    last_day        date,
    next_at         timestamptz,
    by              text NOT NULL,
    status          text NOT NULL,
    helper_last_day date,
    version         bigint NOT NULL
);

CREATE TABLE weeks (
    week_id          uuid PRIMARY KEY,
    member_id        uuid   NOT NULL,
    week             text   NOT NULL,
    planned_minutes  bigint NOT NULL,
    done_minutes     bigint NOT NULL,
    relieved_minutes bigint NOT NULL,
    version          bigint NOT NULL
);
-- How full a candidate's week is, for every ranked list.
CREATE INDEX weeks_member ON weeks (member_id, week);

CREATE TABLE incidents (
    incident_id uuid PRIMARY KEY,
    pair_id     uuid    NOT NULL,
    helper_id   uuid    NOT NULL,
    asker_id    uuid    NOT NULL,
    is_open     boolean NOT NULL,
    -- Who reads its file: ids of coordinators' keys.
    reported_by text    NOT NULL,
    handler     text    NOT NULL,
    -- Who had it before, oldest first.
    former_handlers text[] NOT NULL,
    version     bigint  NOT NULL
);

CREATE TABLE pairs (
    pair_id   uuid PRIMARY KEY,
    one_id    uuid   NOT NULL,
    other_id  uuid   NOT NULL,
    incidents uuid[] NOT NULL,
    version   bigint NOT NULL
);
CREATE INDEX pairs_one ON pairs (one_id);
CREATE INDEX pairs_other ON pairs (other_id);

-- Folded from members' events.
CREATE TABLE persons (
    member_id       uuid PRIMARY KEY,
    kind            text    NOT NULL,
    age_band        text,
    guardian_agrees boolean NOT NULL,
    paused          boolean NOT NULL,
    gone            boolean NOT NULL,
    paused_until    timestamptz,
    version         bigint  NOT NULL
);

CREATE TABLE vettings (
    vetting_id  uuid PRIMARY KEY,
    member_id   uuid    NOT NULL,
    category    text    NOT NULL,
    vog_id      uuid    NOT NULL,
    valid_until date    NOT NULL,
    lapsed      boolean NOT NULL,
    version     bigint  NOT NULL
);
CREATE INDEX vettings_member ON vettings (member_id, category);

CREATE TABLE homes (
    member_id    uuid PRIMARY KEY,
    household_id uuid,
    people       uuid[] NOT NULL,
    version      bigint NOT NULL
);

CREATE TABLE acting (
    acting_id uuid PRIMARY KEY,
    may_act   boolean NOT NULL,
    version   bigint  NOT NULL
);
