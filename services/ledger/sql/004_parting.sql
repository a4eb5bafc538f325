-- Peers that left the network, and transfers that wait for a person.
ALTER TABLE clearings ADD COLUMN ended boolean NOT NULL DEFAULT false;
ALTER TABLE crossings ADD COLUMN asked bigint NOT NULL DEFAULT 0;
ALTER TABLE crossings ADD COLUMN stranded text NOT NULL DEFAULT '';
ALTER TABLE crossings ADD COLUMN decided boolean NOT NULL DEFAULT false;
CREATE INDEX crossings_stranded ON crossings (peer) WHERE stranded <> '';
