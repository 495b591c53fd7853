-- A line for each thing that was done. What its first event tells (stream, actor, client, agent, request) is read from there. Ids that
-- are only compared are hashes of 64 bits.
CREATE TABLE lines (
    workspace bigint      NOT NULL, -- hash of its id, or of '' for what belongs to none
    first     bigint      NOT NULL,
    at        timestamptz NOT NULL,
    n         bigint      NOT NULL,
    by_user   bigint      NOT NULL, -- hash of the id of the person behind the actor, or of ''
    work      bigint,               -- of a line that may still grow: see auditview.Entry.Work
    more      int         NOT NULL, -- events after the first
    activity  boolean     NOT NULL,
    action    text        NOT NULL COLLATE "C",
    thing     text        NOT NULL COLLATE "C",
    thing_id  text        NOT NULL COLLATE "C",
    person_id text        COLLATE "C", -- whom it is about
    whose     text        COLLATE "C", -- of what belongs to no workspace: the person whose own it is
    says      text,                    -- unless it is what the rule of the event's type says
    before    jsonb,
    after     jsonb,
    PRIMARY KEY (workspace, activity, first)
);
CREATE INDEX lines_thing ON lines (thing_id);
CREATE INDEX lines_whose ON lines (whose, first) WHERE whose IS NOT NULL;

CREATE TABLE facts (
    thing    text  NOT NULL COLLATE "C",
    thing_id text  NOT NULL COLLATE "C",
    name     text  NOT NULL COLLATE "C",
    value    jsonb NOT NULL,
    PRIMARY KEY (thing, thing_id, name)
);
