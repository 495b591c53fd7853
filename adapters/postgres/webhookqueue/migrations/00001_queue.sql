-- +goose Up

-- What waits to be sent to webhooks, and what has become of it. It is made of the log as it goes and kept apart from the read models: a
-- rebuild must send nothing twice. The tables as they were before they had migrations: what is there already is left as it is.

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
