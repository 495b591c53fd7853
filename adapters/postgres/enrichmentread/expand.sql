-- Version 4 keeps the evidence of answers.
ALTER TABLE records ADD COLUMN IF NOT EXISTS verified_by text[];
ALTER TABLE answers ADD COLUMN IF NOT EXISTS verified_by text[];

-- Version 5 keeps the patterns of addresses.
CREATE TABLE IF NOT EXISTS mail_patterns (
    workspace_id text   NOT NULL,
    domain       text   NOT NULL,
    pattern      text   NOT NULL,
    count        bigint NOT NULL,
    PRIMARY KEY (workspace_id, domain, pattern)
);

-- Version 6 finds the replies that are recorded.
CREATE INDEX IF NOT EXISTS records_cell ON records (column_id, row_id, position);
CREATE TABLE IF NOT EXISTS replies (
    workspace_id text NOT NULL,
    provider     text NOT NULL,
    question     text NOT NULL,
    run_id       text NOT NULL,
    row_id       text NOT NULL,
    column_id    text NOT NULL,
    PRIMARY KEY (workspace_id, provider, question)
);
CREATE INDEX IF NOT EXISTS replies_run ON replies (run_id);

-- Version 7 learns the shape of replies.
CREATE TABLE IF NOT EXISTS shapes (
    workspace_id text  NOT NULL,
    provider     text  NOT NULL,
    question     text  NOT NULL,
    shape        jsonb NOT NULL,
    alerted_at   timestamptz,
    PRIMARY KEY (workspace_id, provider, question)
);

-- Version 8 keeps which rows a job is for, and what each provider has done in it.
ALTER TABLE jobs ADD COLUMN IF NOT EXISTS over jsonb NOT NULL DEFAULT '{}';
CREATE TABLE IF NOT EXISTS job_shares (
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
