-- Ids that are only compared are hashes of 64 bits (hashtextextended). What an event itself tells is read from the log.

-- The tables that have a history.
CREATE TABLE tables (
    key      bigint PRIMARY KEY,
    table_id text   NOT NULL COLLATE "C"
);

-- One line for each event that changed a table. A step of undo is told by the line of its first event.
CREATE TABLE lines (
    position  bigint PRIMARY KEY,
    table_key bigint NOT NULL,
    first     bigint,          -- position of the step's first event, if that is another one; then all up to row_id is absent
    by_user   bigint,          -- the person who made the step
    money     bigint,
    cells     bigint,
    row_count bigint,
    step      text COLLATE "C",
    kind      text,            -- absent: edit
    label     text,            -- absent: Edit cells
    row_id    uuid,            -- the one row whose values it set, or which came or went without being added; more are in touches
    col       bigint,          -- the one column whose values it set
    cols      bigint[]         -- or all of several
);
CREATE INDEX lines_step ON lines (hashtextextended(step, 0)) WHERE step IS NOT NULL;
CREATE INDEX lines_first ON lines (first) WHERE first IS NOT NULL;
CREATE INDEX lines_user ON lines (table_key, by_user, position) WHERE by_user IS NOT NULL;
CREATE INDEX lines_row ON lines (row_id, position) WHERE row_id IS NOT NULL;

-- Rows that an event added are found by the range of their ids: each row is added once, so these ranges hardly overlap.
CREATE TABLE begun (
    position  bigint PRIMARY KEY,
    table_key bigint NOT NULL,
    lo        uuid   NOT NULL,
    hi        uuid   NOT NULL
);
CREATE INDEX begun_rows ON begun (table_key, lo);

-- The rows of changes of several rows, but for those that were added. Row ids are unique, so the table isn't needed.
CREATE TABLE touches (
    row_id   uuid    NOT NULL,
    position bigint  NOT NULL,
    valued   boolean NOT NULL, -- false: the row got a state only
    PRIMARY KEY (row_id, position)
);

-- Steps that were taken back, and those that took them back, by the positions of their first events. A step that takes another back has
-- that one as its root; only roots are listed.
CREATE TABLE turns (
    step      bigint  PRIMARY KEY,
    table_key bigint  NOT NULL,
    by_user   bigint,
    root      bigint  NOT NULL,
    undone    boolean NOT NULL,
    effective bigint  NOT NULL, -- the step whose events are to be taken back next
    changed   bigint  NOT NULL  -- when it was done, undone or redone last
) WITH (fillfactor = 70);
CREATE INDEX turns_user ON turns (table_key, by_user, changed) WHERE root = step;
