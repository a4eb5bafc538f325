-- What a volunteer may receive in a year, in euro cents, where this release did not know it yet.
CREATE TABLE caps_entered (
    caps_id    uuid PRIMARY KEY,
    of_year    bigint NOT NULL,
    hour_21    bigint NOT NULL,
    hour_young bigint NOT NULL,
    month      bigint NOT NULL,
    year       bigint NOT NULL,
    version    bigint NOT NULL
);
