-- +goose Up

-- What a process can read of what the others write: see Presence.
ALTER TABLE projection.processes ADD COLUMN reads int NOT NULL DEFAULT 0;
