-- Reports become part of the history, for early stopping. SQLite cannot change a CHECK, so the table
-- is made anew.

CREATE TABLE events_with_reports (
  experiment INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('proposed', 'reported', 'finished')),
  trial      INTEGER NOT NULL,
  payload    TEXT NOT NULL,
  PRIMARY KEY (experiment, position)
) STRICT, WITHOUT ROWID;

INSERT INTO events_with_reports SELECT experiment, position, kind, trial, payload FROM events;
DROP TABLE events;
ALTER TABLE events_with_reports RENAME TO events;
