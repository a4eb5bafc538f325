-- Transfers with another region of which a person must find out how they stand there.
ALTER TABLE crossings_seen ADD COLUMN stranded text;
ALTER TABLE crossings_seen ADD COLUMN stranded_at timestamptz;
CREATE INDEX crossings_stranded ON crossings_seen (stranded_at) WHERE stranded IS NOT NULL;
