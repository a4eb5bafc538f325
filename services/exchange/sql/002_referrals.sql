-- Social teams refer people: where each referral stands, and who was referred.

CREATE TABLE referrals (
    referral_id   uuid PRIMARY KEY,
    team          text   NOT NULL,
    member_id     uuid   NOT NULL,
    pc4           text   NOT NULL,
    category      text   NOT NULL,
    minutes       bigint NOT NULL,
    wanted_at     timestamptz,
    urgency       text   NOT NULL,
    wish          text   NOT NULL,
    recurrence    text,
    last_day      date,
    consent       text   NOT NULL,
    -- What the person agrees to now.
    feedback      text   NOT NULL,
    status        text   NOT NULL,
    initiative_id uuid,
    visits        bigint NOT NULL,
    told          bigint NOT NULL,
    reminded      boolean NOT NULL,
    overdue       boolean NOT NULL,
    version       bigint NOT NULL
);

CREATE TABLE referred (
    member_id uuid PRIMARY KEY,
    referrals uuid[] NOT NULL,
    version   bigint NOT NULL
);

ALTER TABLE requests ADD COLUMN referral boolean NOT NULL DEFAULT false;
UPDATE requests SET referral = true
 WHERE request_id IN (SELECT entity_id FROM events WHERE name = 'HelpRequested' AND (data ->> 'referral')::boolean);
