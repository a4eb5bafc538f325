-- Work that returns (rebuild, backup, forgetting): how it ended last. No personal data.
CREATE TABLE jobs (
    job      text PRIMARY KEY,
    ended_at timestamptz NOT NULL,
    ok       boolean     NOT NULL,
    said     text        NOT NULL
);
