-- One line for each event that changed a table. Rows that an event added are found by the range of their ids: each row is
-- added once, so these ranges hardly overlap.
CREATE TABLE changes (
    position bigint PRIMARY KEY,
    table_id text NOT NULL COLLATE "C",
    step     text NOT NULL COLLATE "C",
    cols     text[] NOT NULL,
    lo       uuid,
    hi       uuid
);
CREATE INDEX changes_step ON changes (table_id, step, position);
CREATE INDEX changes_rows ON changes (table_id, lo) WHERE lo IS NOT NULL;

-- Every other change, by row: exact for any mix of edits, runs and imports. Row ids are unique, so the table isn't needed.
CREATE TABLE touches (
    row_id   uuid NOT NULL,
    position bigint NOT NULL,
    valued   boolean NOT NULL, -- false: the row got a state only
    PRIMARY KEY (row_id, position)
);

-- Steps of undo. A step that takes another back has that one as its root; only roots are listed.
CREATE TABLE steps (
    table_id  text NOT NULL COLLATE "C",
    step      text NOT NULL COLLATE "C",
    root      text NOT NULL COLLATE "C",
    user_id   text NOT NULL COLLATE "C",
    actor     text NOT NULL,
    kind      text NOT NULL,
    label     text NOT NULL,
    position  bigint NOT NULL,
    at        timestamptz NOT NULL,
    cells     bigint NOT NULL,
    row_count bigint NOT NULL,
    money     bigint NOT NULL,
    undone    boolean NOT NULL DEFAULT false,
    effective text NOT NULL COLLATE "C", -- the step whose events are to be taken back next
    changed   bigint NOT NULL,           -- when it was done, undone or redone last
    PRIMARY KEY (table_id, step)
) WITH (fillfactor = 70);
CREATE INDEX steps_user ON steps (table_id, user_id, changed) WHERE root = step;
