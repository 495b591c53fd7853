-- The schemas of the release that had no migrations for them, as it made them at its start, with a row in each table.
CREATE SCHEMA IF NOT EXISTS projection;

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

-- What waits to be sent to webhooks, and what has become of it. It is made of the log as it goes and kept apart from the read models: a
-- rebuild must send nothing twice. Safe to run at every start, by several processes at once.
CREATE SCHEMA IF NOT EXISTS webhook_queue;

-- A webhook as the feeder saw it last, and its lane: who has it and until when, and how it fares.
CREATE TABLE IF NOT EXISTS webhook_queue.endpoints (
    id              text PRIMARY KEY,
    workspace_id    text        NOT NULL,
    url             text        NOT NULL,
    types           text[]      NOT NULL,
    tables          text[]      NOT NULL,
    ordered         boolean     NOT NULL,
    secrets         jsonb       NOT NULL,
    enabled         boolean     NOT NULL,
    deleted         boolean     NOT NULL DEFAULT false,
    due_at          timestamptz,
    not_before      timestamptz NOT NULL DEFAULT '-infinity',
    lease           text        NOT NULL DEFAULT '',
    leased_until    timestamptz NOT NULL DEFAULT '-infinity',
    failures        integer     NOT NULL DEFAULT 0,
    failing_since   timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS endpoints_workspace ON webhook_queue.endpoints (workspace_id);
CREATE INDEX IF NOT EXISTS endpoints_due ON webhook_queue.endpoints (due_at) WHERE enabled AND NOT deleted AND due_at IS NOT NULL;

-- One line for an event and a webhook, for ever the same one: a redelivery is a further round of it.
CREATE TABLE IF NOT EXISTS webhook_queue.deliveries (
    endpoint_id text        NOT NULL,
    position    bigint      NOT NULL,
    type        text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    round       integer     NOT NULL DEFAULT 1,
    attempts    integer     NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    PRIMARY KEY (endpoint_id, position)
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS deliveries_due ON webhook_queue.deliveries (endpoint_id, due_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS deliveries_order ON webhook_queue.deliveries (endpoint_id, position) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS deliveries_failed ON webhook_queue.deliveries (endpoint_id, position) WHERE state = 'failed';
CREATE INDEX IF NOT EXISTS deliveries_ended ON webhook_queue.deliveries (ended_at) WHERE state <> 'waiting';

CREATE TABLE IF NOT EXISTS webhook_queue.attempts (
    endpoint_id text        NOT NULL,
    position    bigint      NOT NULL,
    id          bigint      GENERATED ALWAYS AS IDENTITY,
    at          timestamptz NOT NULL,
    took_us     bigint      NOT NULL,
    status      integer     NOT NULL,
    error       text        NOT NULL,
    request     jsonb       NOT NULL,
    response    jsonb       NOT NULL,
    body        text        NOT NULL,
    body_cut    boolean     NOT NULL,
    PRIMARY KEY (endpoint_id, position, id)
);

-- Events after "at" and up to "until" have yet to be put into the queue again.
CREATE TABLE IF NOT EXISTS webhook_queue.replays (
    id          bigint PRIMARY KEY, -- the position at which it was asked for
    endpoint_id text   NOT NULL,
    at          bigint NOT NULL,
    until       bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS replays_endpoint ON webhook_queue.replays (endpoint_id);

CREATE SCHEMA IF NOT EXISTS auth_signals;
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

CREATE SCHEMA IF NOT EXISTS vault;
CREATE TABLE IF NOT EXISTS vault.keys (
	subject      text COLLATE "C" PRIMARY KEY,
	master       text NOT NULL,
	nonce        bytea NOT NULL,
	wrapped      bytea NOT NULL,
	created_at   timestamptz NOT NULL,
	destroyed_at timestamptz
);

CREATE SCHEMA IF NOT EXISTS provider_quotas;
CREATE TABLE IF NOT EXISTS provider_quotas.used (
  key    text PRIMARY KEY,
  second bigint NOT NULL,
  minute bigint NOT NULL,
  hour   bigint NOT NULL,
  day    bigint NOT NULL
) WITH (fillfactor = 50);

INSERT INTO projection.checkpoints (place, version, position, revision) VALUES ('grid', 2, 41, 7);
INSERT INTO projection.parked (place, stream_id, position, version, event_type, error, attempts) VALUES ('grid', 'cells-1', 40, 3, 'table.cells_edited.v1', 'broken', 2);
INSERT INTO projection.leaders (name, epoch, position) VALUES ('relay', 3, 41);
INSERT INTO webhook_queue.endpoints (id, workspace_id, url, types, tables, ordered, secrets, enabled) VALUES ('whk_1', 'ws_1', 'https://example.com', '{}', '{}', true, '{}', true);
INSERT INTO webhook_queue.deliveries (endpoint_id, position, type, state, due_at, created_at) VALUES ('whk_1', 12, 'table.created.v1', 'waiting', 'epoch', 'epoch');
INSERT INTO webhook_queue.attempts (endpoint_id, position, at, took_us, status, error, request, response, body, body_cut) VALUES ('whk_1', 12, 'epoch', 5, 500, 'no', '{}', '{}', '', false);
INSERT INTO webhook_queue.replays (id, endpoint_id, at, until) VALUES (30, 'whk_1', 1, 20);
INSERT INTO auth_signals.attempts (key, began_at, ends_at, count) VALUES ('sign-in:1', 'epoch', 'infinity', 5);
INSERT INTO auth_signals.key_uses (key_id, workspace_id, used_at) VALUES ('key_1', 'ws_1', 'epoch');
INSERT INTO vault.keys (subject, master, nonce, wrapped, created_at) VALUES ('person/usr_1', 'm1', '\x01', '\x02', 'epoch');
INSERT INTO provider_quotas.used (key, second, minute, hour, day) VALUES ('ws_1/hunter', 1, 2, 3, 4);
