-- Version 2 purges the trash.
ALTER TABLE tables ADD COLUMN IF NOT EXISTS purged boolean NOT NULL DEFAULT false;
CREATE TABLE IF NOT EXISTS trashed_columns (
    table_id   text NOT NULL COLLATE "C",
    column_id  text NOT NULL COLLATE "C",
    deleted_at timestamptz NOT NULL,
    PRIMARY KEY (table_id, column_id)
);
