-- Version 2 counts repeated calls.
ALTER TABLE cube ADD COLUMN IF NOT EXISTS repeats bigint NOT NULL DEFAULT 0;
