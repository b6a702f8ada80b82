-- The first schema. docs/formats/store.md explains every column. Times are microseconds since 1970
-- in UTC; JSON stands in TEXT columns.

CREATE TABLE experiments (
  id               INTEGER PRIMARY KEY,
  uid              TEXT NOT NULL UNIQUE,
  name             TEXT NOT NULL UNIQUE,
  name_space       TEXT NOT NULL,
  object           TEXT NOT NULL,
  phase            TEXT NOT NULL,
  reason           TEXT NOT NULL,
  message          TEXT NOT NULL,
  created_at       INTEGER NOT NULL,
  started_at       INTEGER,
  finished_at      INTEGER,
  search_exhausted INTEGER NOT NULL,
  stop_requested   INTEGER NOT NULL
) STRICT;

CREATE TABLE trials (
  experiment     INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  number         INTEGER NOT NULL,
  name           TEXT NOT NULL,
  purpose        TEXT NOT NULL,
  retrain_of     INTEGER,
  phase          TEXT NOT NULL,
  reason         TEXT NOT NULL,
  message        TEXT NOT NULL,
  exit_code      INTEGER,
  created_at     INTEGER NOT NULL,
  started_at     INTEGER,
  finished_at    INTEGER,
  last_report_at INTEGER,
  metrics        TEXT NOT NULL,
  assignment     TEXT NOT NULL,
  budget         REAL,
  continue_from  INTEGER,
  replicate      INTEGER NOT NULL,
  labels         TEXT NOT NULL,
  log_position   INTEGER NOT NULL,
  batch_size     INTEGER NOT NULL,
  batch_index    INTEGER NOT NULL,
  PRIMARY KEY (experiment, number)
) STRICT, WITHOUT ROWID;

-- The history that samplers see. A Proposed event's values stand in its trial's row.
CREATE TABLE events (
  experiment INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('proposed', 'finished')),
  trial      INTEGER NOT NULL,
  payload    TEXT NOT NULL,
  PRIMARY KEY (experiment, position)
) STRICT, WITHOUT ROWID;

-- Starts of trial processes. Ids grow, so of two the later start has the greater one.
CREATE TABLE writers (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  experiment INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  trial      INTEGER NOT NULL,
  writer     TEXT NOT NULL,
  UNIQUE (experiment, trial, writer)
) STRICT;

CREATE TABLE observations (
  writer   INTEGER NOT NULL REFERENCES writers (id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  metric   TEXT NOT NULL,
  step     INTEGER NOT NULL,
  time     INTEGER NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (writer, sequence)
) STRICT, WITHOUT ROWID;
