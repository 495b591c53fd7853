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

-- Version 5 looks columns up in other tables.
CREATE TABLE IF NOT EXISTS lookups (
    column_id text PRIMARY KEY COLLATE "C",
    table_id  text NOT NULL COLLATE "C",
    key_id    text NOT NULL COLLATE "C",
    other_id  text NOT NULL COLLATE "C",
    match_id  text NOT NULL COLLATE "C",
    value_id  text NOT NULL COLLATE "C",
    compare   text NOT NULL COLLATE "C"
);
CREATE INDEX IF NOT EXISTS lookups_table ON lookups (table_id);
CREATE INDEX IF NOT EXISTS lookups_other ON lookups (other_id);
CREATE TABLE IF NOT EXISTS keyed (
    column_id text NOT NULL COLLATE "C",
    compare   text NOT NULL COLLATE "C",
    table_id  text NOT NULL COLLATE "C",
    gathered  boolean NOT NULL,
    trash     boolean NOT NULL,
    after     uuid,
    PRIMARY KEY (column_id, compare)
);
CREATE INDEX IF NOT EXISTS keyed_table ON keyed (table_id);
CREATE TABLE IF NOT EXISTS stale (
    table_id  text NOT NULL COLLATE "C",
    row_id    uuid NOT NULL,
    column_id text NOT NULL COLLATE "C",
    PRIMARY KEY (table_id, row_id, column_id)
);

-- Version 6 hides rows that were merged into others.
DO $$
DECLARE
    rows regclass;
BEGIN
    FOR rows IN SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname ~ '^x_[0-9a-z]{26}$' LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN IF NOT EXISTS _into uuid, ADD COLUMN IF NOT EXISTS _merge text COLLATE "C"', rows);
    END LOOP;
END $$;

-- Version 7 keeps branches.
ALTER TABLE tables ADD COLUMN IF NOT EXISTS branch_of text COLLATE "C", ADD COLUMN IF NOT EXISTS branch_base bigint,
    ADD COLUMN IF NOT EXISTS parted boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS merging text COLLATE "C";
CREATE INDEX IF NOT EXISTS tables_branches ON tables (branch_of) WHERE branch_of IS NOT NULL;
