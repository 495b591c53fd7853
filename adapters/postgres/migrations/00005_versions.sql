-- +goose Up

-- Of which version each process reads the read models, by projection; NULL of a process of an earlier release, which doesn't say. It
-- leaves out what it no longer reads.
ALTER TABLE projection.processes ADD COLUMN models jsonb;

-- Until when the processes of earlier versions leave the live copy alone: the one at this place takes over then.
ALTER TABLE projection.checkpoints ADD COLUMN due timestamptz;
