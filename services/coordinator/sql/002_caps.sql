-- For which years an operator entered what a volunteer may receive.
CREATE TABLE caps_seen (
    caps_id uuid PRIMARY KEY,
    of_year bigint NOT NULL,
    hour_21    bigint NOT NULL,
    hour_young bigint NOT NULL,
    month      bigint NOT NULL,
    year       bigint NOT NULL,
    version bigint NOT NULL
);
