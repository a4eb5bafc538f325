CREATE TABLE members (
    member_id             uuid PRIMARY KEY,
    number                bigint NOT NULL,
    status                text   NOT NULL,
    pc4                   text   NOT NULL,
    capacity_minutes_week bigint NOT NULL,
    version               bigint NOT NULL
);
CREATE UNIQUE INDEX members_number ON members (number);

-- One row: the last number given out.
CREATE TABLE numbering (
    numbering_id uuid PRIMARY KEY,
    last_number  bigint NOT NULL,
    version      bigint NOT NULL
);

CREATE TABLE contacts (
    contact_id uuid PRIMARY KEY,
    helper_id  uuid    NOT NULL,
    asker_id   uuid    NOT NULL,
    is_open    boolean NOT NULL,
    version    bigint  NOT NULL
);

-- Who lives in the same street, and who named whom: asked for every ranked list.
CREATE INDEX vault_street ON vault (lower(data ->> 'street')) WHERE entity = 'member';
CREATE INDEX vault_circle ON vault USING gin ((data -> 'circle')) WHERE entity = 'member';
