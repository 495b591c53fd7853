-- The registry of tables. Rows are in a table of their own for each (see doc.go).
CREATE TABLE tables (
    table_id       text PRIMARY KEY COLLATE "C",
    workspace_id   text NOT NULL COLLATE "C",
    name           text NOT NULL,
    state          text NOT NULL, -- of the aggregate domain/table.Table, as JSON
    schema_version bigint NOT NULL,
    column_count   int NOT NULL,
    row_count      bigint NOT NULL DEFAULT 0,
    trash_count    bigint NOT NULL DEFAULT 0,
    last_position  bigint NOT NULL,
    rows_position  bigint NOT NULL, -- when rows last came or went
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    trashed_at     timestamptz,
    purged         boolean NOT NULL DEFAULT false, -- what is left of a table that is gone for good: its late events find nothing
    branch_of      text COLLATE "C", -- of a branch: its table
    branch_base    bigint,           -- of a branch: the position at which it began
    parted         boolean NOT NULL DEFAULT false, -- a branch that shares no rows with its table any more
    merging        text COLLATE "C"  -- of a branch that is being merged: the merge
) WITH (fillfactor = 50);
CREATE INDEX tables_workspace ON tables (workspace_id, table_id);
CREATE INDEX tables_branches ON tables (branch_of) WHERE branch_of IS NOT NULL;

-- Columns in the trash, and since when.
CREATE TABLE trashed_columns (
    table_id   text NOT NULL COLLATE "C",
    column_id  text NOT NULL COLLATE "C",
    deleted_at timestamptz NOT NULL,
    PRIMARY KEY (table_id, column_id)
);

-- Formula and lookup columns whose cells are to be computed anew, and how far that is.
CREATE TABLE recomputes (
    table_id text PRIMARY KEY COLLATE "C",
    columns  text[] NOT NULL,
    trash    boolean NOT NULL, -- the live rows are done
    after    uuid,             -- the last row that is done; null before the first
    done     bigint NOT NULL,
    total    bigint NOT NULL
);

-- What lookup columns look up, those in the trash too, as far as they may still find something.
CREATE TABLE lookups (
    column_id text PRIMARY KEY COLLATE "C",
    table_id  text NOT NULL COLLATE "C",
    key_id    text NOT NULL COLLATE "C",
    other_id  text NOT NULL COLLATE "C", -- the table that is looked into
    match_id  text NOT NULL COLLATE "C",
    value_id  text NOT NULL COLLATE "C", -- empty of a count
    compare   text NOT NULL COLLATE "C"
);
CREATE INDEX lookups_table ON lookups (table_id);
CREATE INDEX lookups_other ON lookups (other_id);

-- Columns whose keys are kept for lookups, each in a table of its own (see lookupkeys.go), and how far their keys are gathered.
CREATE TABLE keyed (
    column_id text NOT NULL COLLATE "C",
    compare   text NOT NULL COLLATE "C",
    table_id  text NOT NULL COLLATE "C",
    gathered  boolean NOT NULL,
    trash     boolean NOT NULL, -- the live rows are done
    after     uuid,             -- the last row that is done; null before the first
    PRIMARY KEY (column_id, compare)
);
CREATE INDEX keyed_table ON keyed (table_id);

-- Cells of lookups whose key leads to rows that have changed: they are to be computed anew.
CREATE TABLE stale (
    table_id  text NOT NULL COLLATE "C",
    row_id    uuid NOT NULL,
    column_id text NOT NULL COLLATE "C",
    PRIMARY KEY (table_id, row_id, column_id)
);

-- The imports and runs that may be writing to a table now.
CREATE TABLE writers (
    stream   text PRIMARY KEY COLLATE "C",
    table_id text NOT NULL COLLATE "C"
);
CREATE INDEX writers_table ON writers (table_id);
