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
