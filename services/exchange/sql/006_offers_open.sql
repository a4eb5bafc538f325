-- How many open offers each area holds is counted for every proposal: from the index alone.
DROP INDEX offers_open;
CREATE INDEX offers_open ON offers (category, initiative_id, pc4, offer_id) WHERE status = 'open';
