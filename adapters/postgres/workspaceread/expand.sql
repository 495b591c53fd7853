-- Version 3 seals invited addresses, version 4 has time zones.
ALTER TABLE invitations ADD COLUMN IF NOT EXISTS sealed bytea;
ALTER TABLE workspaces ADD COLUMN IF NOT EXISTS time_zone text NOT NULL DEFAULT 'UTC';
