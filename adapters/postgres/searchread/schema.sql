CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- The structures of the tables (see searchview.Structure).
CREATE TABLE tables (
    table_id     text PRIMARY KEY COLLATE "C",
    workspace_id text NOT NULL COLLATE "C",
    position     bigint NOT NULL,
    state        text NOT NULL
);
CREATE INDEX tables_workspace ON tables (workspace_id, table_id);

-- A document for each row of every table. words holds the workspace's id too, so that the index leaves other workspaces out.
CREATE TABLE rows (
    row_id       uuid PRIMARY KEY,
    table_id     text NOT NULL COLLATE "C",
    workspace_id text NOT NULL COLLATE "C",
    position     bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    gone         boolean NOT NULL,
    name         text NOT NULL,
    name_key     text NOT NULL COLLATE "C",
    tags         text[] NOT NULL,
    states       text[] NOT NULL,
    providers    text[] NOT NULL,
    doc          jsonb NOT NULL,
    words        tsvector NOT NULL
);
CREATE INDEX rows_table ON rows (table_id, row_id);

-- The words of each workspace, for those that are nearly what was asked for.
CREATE TABLE terms (
    workspace_id text NOT NULL COLLATE "C",
    term         text NOT NULL COLLATE "C",
    n            bigint NOT NULL, -- rows that have it
    PRIMARY KEY (workspace_id, term)
) WITH (fillfactor = 80);

-- Values that complete what a person types.
CREATE TABLE labels (
    workspace_id text NOT NULL COLLATE "C",
    table_id     text NOT NULL COLLATE "C",
    folded       text NOT NULL COLLATE "C",
    label        text NOT NULL COLLATE "C",
    n            bigint NOT NULL, -- rows that have it
    PRIMARY KEY (workspace_id, folded, table_id, label)
) WITH (fillfactor = 80);

-- What requests search in. The tables have policies too, but under a policy Postgres uses no index for what is not marked leakproof,
-- as words and trigrams are not; under the condition of a view it does.
CREATE OR REPLACE VIEW own_rows AS SELECT * FROM rows WHERE workspace_id = current_setting('morket.workspace', true) OR current_user <> 'morket_app';
CREATE OR REPLACE VIEW own_terms AS SELECT * FROM terms WHERE workspace_id = current_setting('morket.workspace', true) OR current_user <> 'morket_app';
