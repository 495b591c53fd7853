-- +goose Up

-- The tables as they were before they had migrations: what is there already is left as it is.

-- A new place starts at a revision that no place has had, so nobody mistakes it for one of the same name before it.
CREATE SEQUENCE IF NOT EXISTS projection.revisions INCREMENT BY 1000000;

CREATE TABLE IF NOT EXISTS projection.checkpoints (
	place    text PRIMARY KEY,
	version  integer NOT NULL,
	position bigint NOT NULL,
	revision bigint NOT NULL DEFAULT nextval('projection.revisions')
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS projection.parked (
	place       text NOT NULL REFERENCES projection.checkpoints (place) ON DELETE CASCADE ON UPDATE CASCADE,
	stream_id   text NOT NULL,
	position    bigint NOT NULL,
	version     bigint NOT NULL,
	event_type  text NOT NULL,
	error       text NOT NULL,
	attempts    integer NOT NULL,
	retry_at    timestamptz,
	skip_reason text NOT NULL DEFAULT '',
	PRIMARY KEY (place, stream_id)
);

CREATE TABLE IF NOT EXISTS projection.leaders (
	name     text PRIMARY KEY,
	epoch    bigint NOT NULL,
	position bigint NOT NULL
) WITH (fillfactor = 50);
