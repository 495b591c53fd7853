CREATE TABLE jobs (
    run_id       text        PRIMARY KEY,
    workspace_id text        NOT NULL,
    table_id     text        NOT NULL,
    columns      text[]      NOT NULL,
    state        text        NOT NULL,
    cancelling   boolean     NOT NULL,
    round        integer     NOT NULL,
    total        bigint      NOT NULL,
    done         bigint      NOT NULL,
    succeeded    bigint      NOT NULL,
    not_found    bigint      NOT NULL,
    failed       bigint      NOT NULL,
    skipped      bigint      NOT NULL,
    cached       bigint      NOT NULL,
    spent        bigint      NOT NULL,
    reserved     bigint      NOT NULL,
    estimate     jsonb       NOT NULL,
    scope        text        NOT NULL,
    over         jsonb       NOT NULL DEFAULT '{}',
    reason       text        NOT NULL,
    started_by   text        NOT NULL,
    auto         boolean     NOT NULL,
    created_at   timestamptz NOT NULL,
    started_at   timestamptz,
    finished_at  timestamptz,
    position     bigint      NOT NULL
);
CREATE INDEX jobs_list ON jobs (workspace_id, run_id);

CREATE TABLE records (
    run_id     text        NOT NULL,
    row_id     text        NOT NULL,
    column_id  text        NOT NULL,
    state      text        NOT NULL,
    message    text        NOT NULL,
    input      jsonb       NOT NULL,
    attempts   jsonb       NOT NULL,
    answer     jsonb       NOT NULL,
    kept       bytea,
    kept_for   text        NOT NULL,
    provider   text        NOT NULL,
    credits    bigint      NOT NULL,
    latency_ms bigint      NOT NULL,
    confidence double precision,
    verified_by text[],
    source_url text        NOT NULL,
    cached     boolean     NOT NULL,
    at         timestamptz NOT NULL,
    position   bigint      NOT NULL,
    PRIMARY KEY (run_id, row_id, column_id)
);
CREATE INDEX records_failed ON records (run_id, row_id, column_id) WHERE state = 'error';
CREATE INDEX records_cell ON records (column_id, row_id, position);

-- Which record has the newest reply to a question, in what it keeps.
CREATE TABLE replies (
    workspace_id text NOT NULL,
    provider     text NOT NULL,
    question     text NOT NULL,
    run_id       text NOT NULL,
    row_id       text NOT NULL,
    column_id    text NOT NULL,
    PRIMARY KEY (workspace_id, provider, question)
);
CREATE INDEX replies_run ON replies (run_id);

-- What each provider has done in a job.
CREATE TABLE job_shares (
    run_id   text   NOT NULL,
    provider text   NOT NULL,
    asked    bigint NOT NULL,
    hits     bigint NOT NULL,
    failed   bigint NOT NULL,
    calls    bigint NOT NULL,
    credits  bigint NOT NULL,
    cost     bigint NOT NULL,
    PRIMARY KEY (run_id, provider)
);

CREATE TABLE answers (
    workspace_id text        NOT NULL,
    provider     text        NOT NULL,
    input_hash   text        NOT NULL,
    kept         bytea       NOT NULL,
    kept_for     text        NOT NULL,
    confidence   double precision,
    verified_by  text[],
    source_url   text        NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, provider, input_hash)
);

CREATE TABLE provider_days (
    workspace_id text     NOT NULL,
    provider     text     NOT NULL,
    day          date     NOT NULL,
    asked        bigint   NOT NULL,
    hits         bigint   NOT NULL,
    failed       bigint   NOT NULL,
    calls        bigint   NOT NULL,
    credits      bigint   NOT NULL,
    latency      bigint[] NOT NULL,
    PRIMARY KEY (workspace_id, provider, day)
);
CREATE INDEX provider_days_by_day ON provider_days (day);

-- How often a verified answer was an address of the domain by the pattern.
CREATE TABLE mail_patterns (
    workspace_id text   NOT NULL,
    domain       text   NOT NULL,
    pattern      text   NOT NULL,
    count        bigint NOT NULL,
    PRIMARY KEY (workspace_id, domain, pattern)
);

-- What has been learnt of the shape of replies, and when a change was last told.
CREATE TABLE shapes (
    workspace_id text  NOT NULL,
    provider     text  NOT NULL,
    question     text  NOT NULL,
    shape        jsonb NOT NULL,
    alerted_at   timestamptz,
    PRIMARY KEY (workspace_id, provider, question)
);
