-- What foreign trials report through Katib's DBManager: by the trial's name alone, as Katib has it.

CREATE TABLE observation_logs (
  id     INTEGER PRIMARY KEY,
  trial  TEXT NOT NULL,
  time   INTEGER NOT NULL,
  metric TEXT NOT NULL,
  value  TEXT NOT NULL
) STRICT;

CREATE INDEX observation_logs_by_trial ON observation_logs (trial, time, id);
