-- When a job that ended badly last ended well, if ever: how old the newest good backup is.
ALTER TABLE jobs ADD COLUMN good_before timestamptz;
