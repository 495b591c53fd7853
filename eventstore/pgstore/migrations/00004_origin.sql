-- Where the log lies: the server, its timeline and the database. A log that was restored by Postgres' own means lies elsewhere than the
-- name that it brings along says.
-- +goose Up
CREATE TABLE log.origin (name text NOT NULL);
CREATE UNIQUE INDEX ON log.origin ((true)); -- one row at most

-- +goose Down
DROP TABLE log.origin;
