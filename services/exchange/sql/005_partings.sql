-- Regions that left the network, and loans that ended although minutes had been reported of them.
CREATE TABLE partings (
    parting_id uuid PRIMARY KEY,
    peer       text   NOT NULL,
    version    bigint NOT NULL
);
CREATE INDEX loans_running ON loans (peer) WHERE status NOT IN ('completed', 'ended');

ALTER TABLE loans ADD COLUMN resolved boolean NOT NULL DEFAULT false;
