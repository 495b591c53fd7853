-- Which history the log is in: a log that was restored to an earlier position goes on differently from the one that was lost, under
-- the same positions. Each history begins after the position that it shares with the one before.
-- +goose Up
CREATE TABLE log.histories (
    id       text        PRIMARY KEY,
    since    bigint      NOT NULL,
    reason   text        NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO log.histories (id, since, reason) VALUES (replace(gen_random_uuid()::text, '-', ''), 0, 'the log began');
ALTER TABLE log.head ADD COLUMN history text;
UPDATE log.head SET history = (SELECT id FROM log.histories);
ALTER TABLE log.head ALTER COLUMN history SET NOT NULL;

-- +goose Down
ALTER TABLE log.head DROP COLUMN history;
DROP TABLE log.histories;
