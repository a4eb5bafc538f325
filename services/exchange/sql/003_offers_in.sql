-- The initiatives in which someone has offers that stand, each once, and how many there: with an
-- entry for each offer, whoever has many had all of them written again with every next one.

ALTER TABLE participants ADD COLUMN offers_count bigint[] NOT NULL DEFAULT '{}';

UPDATE participants p SET offers_in = counted.initiatives, offers_count = counted.offers
FROM (
    SELECT participant_id, array_agg(initiative ORDER BY initiative) AS initiatives,
        array_agg(offers ORDER BY initiative) AS offers
    FROM (
        SELECT participant_id, initiative, count(*) AS offers
        FROM participants, unnest(offers_in) AS initiative
        GROUP BY participant_id, initiative
    ) each
    GROUP BY participant_id
) counted
WHERE counted.participant_id = p.participant_id;
