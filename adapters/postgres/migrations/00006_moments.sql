-- +goose Up

-- The copies of tables as they were: where each lies and how far it has come (see gridread.Moments). A crash of the database empties this
-- table together with the rows of the copies, so that no copy is taken for whole that isn't.
CREATE UNLOGGED TABLE projection.moments (
    place        text        PRIMARY KEY COLLATE "C", -- of the copy, as in checkpoints
    workspace_id text        NOT NULL COLLATE "C",
    table_id     text        NOT NULL COLLATE "C",
    position     bigint      NOT NULL,
    version      int         NOT NULL, -- of the projector
    tables       text[]      NOT NULL, -- that the copy has: this one and those that its lookups reach
    ready        boolean     NOT NULL DEFAULT false,
    done         bigint      NOT NULL DEFAULT 0, -- events
    total        bigint      NOT NULL DEFAULT 0,
    bytes        bigint      NOT NULL DEFAULT 0,
    failure      text        NOT NULL DEFAULT '',
    seen_at      timestamptz NOT NULL, -- when its builder last gave a sign of life
    used_at      timestamptz NOT NULL,
    UNIQUE (table_id, position, version)
);
