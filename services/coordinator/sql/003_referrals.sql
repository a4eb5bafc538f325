-- From exchange: how referrals stand, and what their teams were told.

CREATE TABLE referrals_seen (
    referral_id  uuid PRIMARY KEY,
    team         text        NOT NULL,
    member_id    uuid        NOT NULL,
    pc4          text        NOT NULL,
    category     text        NOT NULL,
    minutes      bigint      NOT NULL,
    wanted_at    timestamptz,
    urgency      text        NOT NULL,
    wish         text        NOT NULL,
    recurrence   text,
    last_day     date,
    consent      text        NOT NULL,
    feedback     text        NOT NULL,
    remind_at    timestamptz NOT NULL,
    answer_by    timestamptz NOT NULL,
    twin_ids     uuid[]      NOT NULL,
    status       text        NOT NULL,
    referred_at  timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    reason       text,
    visits       bigint      NOT NULL,
    reminded     boolean     NOT NULL,
    overdue      boolean     NOT NULL,
    -- What the team may know: within the person's consent, and nothing else.
    told_status  text,
    told_reason  text,
    told_outcome text,
    told_at      timestamptz,
    version      bigint      NOT NULL
);
CREATE INDEX referrals_waiting ON referrals_seen (member_id) WHERE status = 'requested';
CREATE INDEX referrals_of_team ON referrals_seen (team, referred_at);
