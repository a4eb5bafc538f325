-- What happens here itself: the duty rota, leave with deputies, complaints, calls.

CREATE TABLE duties (
    duty_id     uuid PRIMARY KEY,
    coordinator text        NOT NULL,
    -- Empty: the whole region.
    areas       text[]      NOT NULL,
    begins_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    cancelled   boolean     NOT NULL,
    version     bigint      NOT NULL
);
CREATE INDEX duties_by_end ON duties (ends_at) WHERE NOT cancelled;

CREATE TABLE leaves (
    leave_id    uuid PRIMARY KEY,
    coordinator text    NOT NULL,
    first_day   date    NOT NULL,
    last_day    date    NOT NULL,
    deputy      text,
    cancelled   boolean NOT NULL,
    -- When everyone was first warned that nobody does the work.
    missed_at   timestamptz,
    version     bigint  NOT NULL
);
CREATE INDEX leaves_by_end ON leaves (last_day) WHERE NOT cancelled;

-- Only that there is one, and how far it is: what was said is in the vault.
CREATE TABLE complaints (
    complaint_id       uuid PRIMARY KEY,
    member_id          uuid        NOT NULL,
    about_id           uuid,
    handler            text        NOT NULL,
    status             text        NOT NULL,
    acknowledge_by     timestamptz NOT NULL,
    decide_by          timestamptz NOT NULL,
    acknowledge_passed boolean     NOT NULL,
    decide_passed      boolean     NOT NULL,
    -- Who had it before, oldest first.
    former_handlers    text[]      NOT NULL,
    filed_at           timestamptz NOT NULL,
    moved_at           timestamptz NOT NULL,
    version            bigint      NOT NULL
);
CREATE INDEX complaints_running ON complaints (filed_at) WHERE status NOT IN ('decided', 'withdrawn');

-- That a coordinator spoke with the people of a match to which one of them did not come.
CREATE TABLE calls (
    call_id  uuid PRIMARY KEY,
    match_id uuid        NOT NULL,
    noted_at timestamptz NOT NULL,
    version  bigint      NOT NULL
);
CREATE INDEX calls_of_match ON calls (match_id);

-- What this instance has seen of others. Every table but `history` is written from one source's
-- events only.

-- From members.
CREATE TABLE members_seen (
    member_id             uuid PRIMARY KEY,
    number                bigint      NOT NULL,
    kind                  text        NOT NULL,
    status                text        NOT NULL,
    pc4                   text        NOT NULL,
    capacity_minutes_week bigint      NOT NULL,
    carer_minutes_week    bigint      NOT NULL,
    age_band              text,
    guardian_agrees       boolean     NOT NULL,
    paused                boolean     NOT NULL,
    paused_until          timestamptz,
    channel               text        NOT NULL,
    digest                text        NOT NULL,
    quiet_from            bigint,
    quiet_until           bigint,
    registered_at         timestamptz NOT NULL,
    decided_at            timestamptz,
    left_at               timestamptz,
    version               bigint      NOT NULL
);
CREATE INDEX members_to_decide ON members_seen (registered_at) WHERE status = 'registered';
CREATE INDEX members_without_guardian ON members_seen (decided_at)
    WHERE status = 'approved' AND age_band IN ('under_16', 'from_16') AND NOT guardian_agrees;

-- Who belongs, or belonged, to a household or organisation.
CREATE TABLE households_seen (
    membership_id  uuid PRIMARY KEY,
    member_id      uuid        NOT NULL,
    household_id   uuid        NOT NULL,
    belongs        boolean     NOT NULL,
    shares_balance boolean     NOT NULL,
    may_act        boolean     NOT NULL,
    changed_at     timestamptz NOT NULL,
    version        bigint      NOT NULL
);
CREATE INDEX households_of_member ON households_seen (member_id);
CREATE INDEX members_of_household ON households_seen (household_id);

CREATE TABLE representations_seen (
    representation_id uuid PRIMARY KEY,
    member_id         uuid        NOT NULL,
    representative_id uuid        NOT NULL,
    how               text        NOT NULL,
    stands            boolean     NOT NULL,
    changed_at        timestamptz NOT NULL,
    version           bigint      NOT NULL
);
CREATE INDEX representations_of_member ON representations_seen (member_id);
CREATE INDEX representations_by_member ON representations_seen (representative_id);

-- The newest certificate of each member and category.
CREATE TABLE vogs_seen (
    certificate_id uuid PRIMARY KEY,
    vog_id         uuid        NOT NULL,
    member_id      uuid        NOT NULL,
    category       text        NOT NULL,
    valid_until    date        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    version        bigint      NOT NULL
);
CREATE INDEX vogs_of_member ON vogs_seen (member_id);
CREATE INDEX vogs_by_end ON vogs_seen (valid_until);

-- From exchange.
CREATE TABLE initiatives_seen (
    initiative_id     uuid PRIMARY KEY,
    preset            text        NOT NULL,
    status            text        NOT NULL,
    reciprocity       text        NOT NULL,
    compensation      text        NOT NULL,
    floor_minutes     bigint      NOT NULL,
    tolerance_minutes bigint      NOT NULL,
    most_running      bigint      NOT NULL,
    from_band         text        NOT NULL,
    changed_at        timestamptz NOT NULL,
    version           bigint      NOT NULL
);

-- Who may ask without offering, and until when.
CREATE TABLE waivers_seen (
    participant_id uuid PRIMARY KEY,
    until          timestamptz NOT NULL,
    version        bigint      NOT NULL
);

CREATE TABLE offers_seen (
    offer_id      uuid PRIMARY KEY,
    member_id     uuid        NOT NULL,
    category      text        NOT NULL,
    pc4           text        NOT NULL,
    initiative_id uuid        NOT NULL,
    status        text        NOT NULL,
    posted_at     timestamptz NOT NULL,
    version       bigint      NOT NULL
);
CREATE INDEX offers_of_member ON offers_seen (member_id);

CREATE TABLE requests_seen (
    request_id    uuid PRIMARY KEY,
    member_id     uuid        NOT NULL,
    category      text        NOT NULL,
    pc4           text        NOT NULL,
    minutes       bigint      NOT NULL,
    wanted_at     timestamptz,
    urgency       text        NOT NULL,
    wish          text        NOT NULL,
    initiative_id uuid        NOT NULL,
    recurrence    text,
    last_day      date,
    series_id     uuid,
    asked_by      uuid,
    consent       text,
    referral      boolean     NOT NULL,
    status        text        NOT NULL,
    requested_at  timestamptz NOT NULL,
    -- Since when it waits for a helper: again, after one fell away.
    open_since    timestamptz NOT NULL,
    match_id      uuid,
    version       bigint      NOT NULL
);
CREATE INDEX requests_of_member ON requests_seen (member_id);
CREATE INDEX requests_of_series ON requests_seen (series_id) WHERE series_id IS NOT NULL;
CREATE INDEX requests_without_helper ON requests_seen (requested_at) WHERE status = 'open';
CREATE INDEX requests_drafted ON requests_seen (requested_at) WHERE status = 'draft';

CREATE TABLE matches_seen (
    match_id       uuid PRIMARY KEY,
    request_id     uuid        NOT NULL,
    offer_id       uuid        NOT NULL,
    helper_id      uuid        NOT NULL,
    asker_id       uuid        NOT NULL,
    category       text        NOT NULL,
    minutes        bigint      NOT NULL,
    wanted_at      timestamptz,
    initiative_id  uuid        NOT NULL,
    compensation   text        NOT NULL,
    series_id      uuid,
    -- The coordinator who chose the helper: the id of a key.
    chosen_by      text        NOT NULL,
    status         text        NOT NULL,
    reason         text,
    helper_minutes bigint,
    asker_minutes  bigint,
    minutes_differ boolean     NOT NULL,
    agreed_minutes bigint,
    -- The coordinator who decided how long it took, where two people did not agree.
    decided_by     text,
    moved_from     timestamptz,
    no_show        text,
    thanked        boolean     NOT NULL,
    reserved_at    timestamptz NOT NULL,
    confirmed_at   timestamptz,
    changed_at     timestamptz NOT NULL,
    version        bigint      NOT NULL
);
CREATE INDEX matches_of_request ON matches_seen (request_id);
CREATE INDEX matches_of_helper ON matches_seen (helper_id);
CREATE INDEX matches_of_asker ON matches_seen (asker_id);
CREATE INDEX matches_of_series ON matches_seen (series_id) WHERE series_id IS NOT NULL;
CREATE INDEX matches_to_look_at ON matches_seen (changed_at)
    WHERE status IN ('reserved', 'unbooked') OR minutes_differ;
CREATE INDEX matches_not_shown ON matches_seen (changed_at) WHERE no_show IS NOT NULL;
-- What is planned, by week and helper.
CREATE INDEX matches_planned ON matches_seen (wanted_at) INCLUDE (helper_id, minutes)
    WHERE status IN ('reserved', 'confirmed');
-- Who helps for a compensation in money.
CREATE INDEX matches_for_money ON matches_seen (helper_id) INCLUDE (wanted_at, confirmed_at, changed_at)
    WHERE compensation = 'euro';

CREATE TABLE series_seen (
    series_id       uuid PRIMARY KEY,
    offer_id        uuid        NOT NULL,
    helper_id       uuid        NOT NULL,
    asker_id        uuid        NOT NULL,
    category        text        NOT NULL,
    minutes         bigint      NOT NULL,
    recurrence      text        NOT NULL,
    starts_at       timestamptz NOT NULL,
    last_day        date,
    next_at         timestamptz,
    helper_last_day date,
    status          text        NOT NULL,
    reason          text,
    changed_at      timestamptz NOT NULL,
    version         bigint      NOT NULL
);
CREATE INDEX series_of_helper ON series_seen (helper_id);
CREATE INDEX series_of_asker ON series_seen (asker_id);
CREATE INDEX series_helper_ends ON series_seen (helper_last_day)
    WHERE status = 'running' AND helper_last_day IS NOT NULL;

-- Only that something happened: what, is in a restricted file of exchange.
CREATE TABLE incidents_seen (
    incident_id uuid PRIMARY KEY,
    helper_id   uuid        NOT NULL,
    asker_id    uuid        NOT NULL,
    match_id    uuid,
    -- Who reads its file: ids of coordinators' keys.
    reported_by text        NOT NULL,
    handler     text        NOT NULL,
    reported_at timestamptz NOT NULL,
    closed_at   timestamptz,
    -- Whether the two may be matched again.
    released    boolean     NOT NULL,
    version     bigint      NOT NULL
);
CREATE INDEX incidents_open ON incidents_seen (reported_at) WHERE closed_at IS NULL;

-- From ledger.
CREATE TABLE balances_seen (
    account_id      uuid PRIMARY KEY,
    kind            text    NOT NULL,
    balance_minutes bigint  NOT NULL,
    held_minutes    bigint  NOT NULL,
    floor_minutes   bigint  NOT NULL,
    ceiling_minutes bigint,
    closed          boolean NOT NULL,
    -- Which soft limit the balance last passed: saved or owed.
    noted           text,
    noted_at        timestamptz,
    version         bigint  NOT NULL
);
CREATE INDEX balances_noted ON balances_seen (noted_at) WHERE noted IS NOT NULL AND NOT closed;

-- Matches for which nothing could be set apart, or booked.
CREATE TABLE refusals_seen (
    hold_id    uuid PRIMARY KEY,
    reason     text   NOT NULL,
    -- What was left for the helper under the caps of a compensation, and of which year those are.
    left_cents bigint,
    caps_year  bigint,
    version    bigint NOT NULL
);

-- From notifications.
CREATE TABLE messages_seen (
    message_id uuid PRIMARY KEY,
    member_id  uuid        NOT NULL,
    template   text        NOT NULL,
    -- Who else the message is about: the other person of a match.
    other_id   uuid,
    status     text        NOT NULL,
    -- How it went out, or is to be brought: email, sms, letter, phone.
    channel    text,
    attempts   bigint      NOT NULL,
    reason     text,
    queued_at  timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version    bigint      NOT NULL
);
CREATE INDEX messages_of_member ON messages_seen (member_id);
CREATE INDEX messages_failed ON messages_seen (changed_at) WHERE status = 'failed';
CREATE INDEX messages_to_bring ON messages_seen (changed_at) WHERE status IN ('handed_over', 'escalated', 'failed');

-- From everyone: one line for everything that happened to someone, and who did it.
CREATE TABLE history (
    line_id    uuid PRIMARY KEY,
    code       text        NOT NULL,
    -- Role and name of the credential: coordinator:noor, member:key-7, service:exchange.
    actor      text        NOT NULL,
    person_id  uuid,
    other_id   uuid,
    request_id uuid,
    match_id   uuid,
    series_id  uuid,
    minutes    bigint,
    reason     text,
    at         timestamptz NOT NULL,
    version    bigint      NOT NULL
);
CREATE INDEX history_of_request ON history (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX history_of_match ON history (match_id) WHERE match_id IS NOT NULL;
CREATE INDEX history_of_series ON history (series_id) WHERE series_id IS NOT NULL;
CREATE INDEX history_of_person ON history (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX history_of_other ON history (other_id) WHERE other_id IS NOT NULL;
-- Who had expenses in a year.
CREATE INDEX history_expenses ON history (person_id) INCLUDE (at) WHERE code = 'expenses-noted';
