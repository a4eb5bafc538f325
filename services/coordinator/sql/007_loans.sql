-- Help between regions: when it ends without an answer, what a person must still talk about, its history.
ALTER TABLE loans_seen ADD COLUMN answer_by timestamptz;
ALTER TABLE loans_seen ADD COLUMN resolved boolean NOT NULL DEFAULT false;
CREATE INDEX loans_cut_short ON loans_seen (changed_at) WHERE status = 'ended' AND NOT resolved;

ALTER TABLE history ADD COLUMN loan_id uuid;
CREATE INDEX history_of_loan ON history (loan_id) WHERE loan_id IS NOT NULL;
