-- What social teams sent and we could not take in: that there is some. The message itself is in the vault.
CREATE TABLE stranded (
    stranded_id uuid PRIMARY KEY,
    team        text        NOT NULL,
    code        text        NOT NULL,
    kept        boolean     NOT NULL,
    stranded_at timestamptz NOT NULL,
    settled     boolean     NOT NULL,
    version     bigint      NOT NULL
);
CREATE INDEX stranded_waiting ON stranded (stranded_at) WHERE NOT settled;
