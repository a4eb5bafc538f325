-- What each replica says of itself, every two seconds. Unlogged: after a crash they say it again.
CREATE UNLOGGED TABLE replicas (
    replica text PRIMARY KEY,
    seen_at timestamptz NOT NULL,
    state   json        NOT NULL
);

-- Which lines all replicas write for a while; one row, or none for the usual.
CREATE TABLE log_level (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    level text        NOT NULL,
    until timestamptz NOT NULL
);
