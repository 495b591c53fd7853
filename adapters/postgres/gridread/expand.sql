-- Version 2 purges the trash.
ALTER TABLE tables ADD COLUMN IF NOT EXISTS purged boolean NOT NULL DEFAULT false;
CREATE TABLE IF NOT EXISTS trashed_columns (
    table_id   text NOT NULL COLLATE "C",
    column_id  text NOT NULL COLLATE "C",
    deleted_at timestamptz NOT NULL,
    PRIMARY KEY (table_id, column_id)
);

-- Version 3 keeps folded forms beside the rows. What an earlier version wrote has none, and is compared by the case of a to z.
DO $$
DECLARE
    rows regclass;
BEGIN
    FOR rows IN SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname ~ '^[tx]_[0-9a-z]{26}$' LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN IF NOT EXISTS _k jsonb', rows);
    END LOOP;
END $$;

-- Version 4 computes formula columns.
CREATE TABLE IF NOT EXISTS recomputes (
    table_id text PRIMARY KEY COLLATE "C",
    columns  text[] NOT NULL,
    trash    boolean NOT NULL,
    after    uuid,
    done     bigint NOT NULL,
    total    bigint NOT NULL
);
