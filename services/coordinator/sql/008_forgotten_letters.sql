-- Letters between regions that one of the two forgot, after its database was put back: for people of both.
CREATE TABLE forgotten_letters (
    orphan_id    uuid PRIMARY KEY,
    peer         text        NOT NULL,
    -- The matter it is about: help, hours, a limit.
    thread_id    uuid        NOT NULL,
    -- The region that forgot it: the peer, or our own.
    written_by   text        NOT NULL,
    letter       text        NOT NULL,
    forgotten_at timestamptz NOT NULL,
    settled      boolean     NOT NULL,
    version      bigint      NOT NULL
);
CREATE INDEX forgotten_waiting ON forgotten_letters (thread_id) WHERE NOT settled;
