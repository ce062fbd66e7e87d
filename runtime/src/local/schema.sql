-- Version 1. Times are epoch seconds of the jobs' clock, or, where a name ends in _ms, real epoch
-- milliseconds. JSON is text.

CREATE TABLE jobs (
    user_id TEXT NOT NULL,
    job_id INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (user_id, job_id)
) WITHOUT ROWID;

-- The next id of each user: ids are never given twice.
CREATE TABLE counters (
    user_id TEXT PRIMARY KEY,
    next INTEGER NOT NULL
) WITHOUT ROWID;

-- Change events on their way to the controller, written with the job that they tell of.
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    message_group TEXT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE schedules (
    name TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    job_id INTEGER NOT NULL,
    job_type TEXT NOT NULL,
    rev INTEGER NOT NULL,
    minutes INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    input TEXT NOT NULL,
    anchor INTEGER,
    next_fire INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX schedules_due ON schedules (next_fire) WHERE enabled = 1;

-- One tick to one consumer, from the moment that it was due. `body` is kept as long as it may
-- have to be sent again.
CREATE TABLE runs (
    run_id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL,
    job_id INTEGER NOT NULL,
    job_type TEXT NOT NULL,
    consumer TEXT,
    due INTEGER NOT NULL,
    body TEXT,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    visible_at_ms INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    ended_ms INTEGER,
    error TEXT,
    output TEXT
);

CREATE INDEX runs_of_job ON runs (user_id, job_id, run_id);
-- What is not at its end: the only runs that a start, a take or a count looks at.
CREATE INDEX runs_open ON runs (consumer, visible_at_ms, run_id)
    WHERE state IN ('waiting', 'retrying', 'running');
CREATE INDEX runs_ended ON runs (ended_ms) WHERE ended_ms IS NOT NULL;

-- Changes that can never be applied.
CREATE TABLE dead_letters (
    message_id TEXT PRIMARY KEY,
    message_group TEXT NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;
