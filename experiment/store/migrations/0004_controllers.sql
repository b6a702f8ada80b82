-- Saved controllers: versions of names. A deleted version keeps its row, so that its number is not
-- given again.

CREATE TABLE controllers (
  name           TEXT NOT NULL,
  version        INTEGER NOT NULL,
  digest         TEXT NOT NULL,
  bytes          INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  experiment     TEXT NOT NULL,
  experiment_uid TEXT NOT NULL,
  deleted        INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;

-- The controller that an experiment started from, whatever its name has come to mean since.
ALTER TABLE experiments ADD COLUMN reused_controller TEXT NOT NULL DEFAULT '';
