-- Version 4 finds lines by their thing, for who may read what is remembered of it.
CREATE INDEX IF NOT EXISTS entries_thing ON entries (thing_id);
