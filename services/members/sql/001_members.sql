CREATE TABLE members (
    member_id             uuid PRIMARY KEY,
    number                bigint  NOT NULL,
    status                text    NOT NULL,
    pc4                   text    NOT NULL,
    capacity_minutes_week bigint  NOT NULL,
    carer_minutes_week    bigint  NOT NULL,
    kind                  text    NOT NULL,
    age_band              text,
    guardian_agrees       boolean NOT NULL,
    is_paused             boolean NOT NULL,
    paused_until          timestamptz,
    household_id          uuid,
    birth_date_known      boolean NOT NULL,
    version               bigint  NOT NULL
);
CREATE UNIQUE INDEX members_number ON members (number);
-- Who belongs to the same household: asked for every ranked list.
CREATE INDEX members_household ON members (household_id) WHERE household_id IS NOT NULL;
-- Who still has birthdays that matter.
CREATE INDEX members_young ON members (member_id) WHERE age_band <> 'from_21';

-- One row: the last number given out.
CREATE TABLE numbering (
    numbering_id uuid PRIMARY KEY,
    last_number  bigint NOT NULL,
    version      bigint NOT NULL
);

CREATE TABLE representations (
    representation_id uuid PRIMARY KEY,
    member_id         uuid    NOT NULL,
    representative_id uuid    NOT NULL,
    is_standing       boolean NOT NULL,
    version           bigint  NOT NULL
);

-- One row for each member who asks for another or is asked for: which of these stand now.
CREATE TABLE representing (
    member_id          uuid PRIMARY KEY,
    representation_ids uuid[] NOT NULL,
    version            bigint NOT NULL
);

-- One row for each household or organisation: who belongs to it now.
CREATE TABLE households (
    household_id uuid PRIMARY KEY,
    member_ids   uuid[] NOT NULL,
    version      bigint NOT NULL
);

CREATE TABLE vogs (
    vog_id      uuid PRIMARY KEY,
    member_id   uuid    NOT NULL,
    category    text    NOT NULL,
    valid_until date    NOT NULL,
    has_lapsed  boolean NOT NULL,
    version     bigint  NOT NULL
);

-- One row for each member and category: the certificate that was seen last.
CREATE TABLE newest_vogs (
    purpose_id uuid PRIMARY KEY,
    vog_id     uuid   NOT NULL,
    version    bigint NOT NULL
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
CREATE INDEX vault_tie_of ON vault (person_id) WHERE entity = 'tie';
CREATE INDEX vault_tie_to ON vault (other_id) WHERE entity = 'tie';

-- Whom the log says to have been erased: read whenever the service starts or begins to lead.
CREATE INDEX events_erased ON events (position) WHERE name = 'MemberErased';
