CREATE TABLE sessions (
  id           text PRIMARY KEY,
  user_id      text NOT NULL,
  client       text NOT NULL,
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  ended_at     timestamptz
);
CREATE INDEX sessions_user ON sessions (user_id, id);
