-- What a person found and did about a range of effects without their cause; NULL while nobody did.
ALTER TABLE forks ADD COLUMN settled_at timestamptz, ADD COLUMN note text;
