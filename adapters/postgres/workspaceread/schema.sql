CREATE TABLE workspaces (
  id         text PRIMARY KEY,
  name       text NOT NULL,
  slug       text NOT NULL,
  time_zone  text NOT NULL, -- an IANA name
  created_at timestamptz NOT NULL,
  deleted_at timestamptz,
  purge_at   timestamptz
);
CREATE TABLE people (
  user_id text PRIMARY KEY,
  sealed  bytea,         -- a domain/auth.Profile; without it, the two below
  name    text NOT NULL,
  email   text NOT NULL
);
CREATE TABLE members (
  workspace_id text NOT NULL,
  user_id      text NOT NULL,
  role         text NOT NULL,
  joined_at    timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_user ON members (user_id);
CREATE TABLE invitations (
  id           text PRIMARY KEY,
  workspace_id text NOT NULL,
  email        text NOT NULL, -- of the first invitations
  sealed       bytea,
  role         text NOT NULL,
  state        text NOT NULL,
  expires_at   timestamptz NOT NULL
);
CREATE INDEX invitations_workspace ON invitations (workspace_id, id);
CREATE TABLE api_keys (
  id           text PRIMARY KEY,
  workspace_id text NOT NULL,
  name         text NOT NULL,
  role         text NOT NULL,
  tables       text[] NOT NULL,
  last4        text NOT NULL,
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz,
  revoked_at   timestamptz
);
CREATE INDEX api_keys_workspace ON api_keys (workspace_id, id);
