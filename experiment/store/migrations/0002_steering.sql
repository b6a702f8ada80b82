-- What users ask of an experiment that may be running in another process.

ALTER TABLE experiments ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;

-- Trials that are to end. A row goes when its trial has ended.
CREATE TABLE kill_requests (
  experiment INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  trial      INTEGER NOT NULL,
  PRIMARY KEY (experiment, trial)
) STRICT, WITHOUT ROWID;

-- Trials that are to come next, in order of id. A row goes when its trial is recorded.
CREATE TABLE enqueued (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  experiment INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  given      TEXT NOT NULL,
  retry_of   INTEGER
) STRICT;

CREATE INDEX enqueued_by_experiment ON enqueued (experiment, id);
