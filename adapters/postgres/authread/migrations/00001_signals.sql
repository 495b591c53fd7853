-- +goose Up

-- The tables as they were before they had migrations: what is there already is left as it is.
CREATE TABLE IF NOT EXISTS auth_signals.attempts (
  key        text PRIMARY KEY,
  began_at   timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  count      integer NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_ends_at ON auth_signals.attempts (ends_at);
CREATE TABLE IF NOT EXISTS auth_signals.key_uses (
  key_id       text PRIMARY KEY,
  workspace_id text NOT NULL,
  used_at      timestamptz NOT NULL
);
