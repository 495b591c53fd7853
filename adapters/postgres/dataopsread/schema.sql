CREATE TABLE imports (
    import_id    text PRIMARY KEY,
    workspace_id text        NOT NULL,
    table_id     text        NOT NULL,
    state        text        NOT NULL,
    body         jsonb       NOT NULL,
    position     bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    finished_at  timestamptz
);
CREATE INDEX imports_newest ON imports (workspace_id, import_id DESC);

CREATE TABLE problems (
    import_id text    NOT NULL,
    position  bigint  NOT NULL,
    index     integer NOT NULL,
    line      bigint  NOT NULL,
    col       text    NOT NULL,
    value     text    NOT NULL,
    reason    text    NOT NULL,
    kept      boolean NOT NULL,
    cells     jsonb,
    PRIMARY KEY (import_id, position, index)
);
