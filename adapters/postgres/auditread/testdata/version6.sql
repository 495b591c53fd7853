CREATE TABLE entries (
    first        bigint PRIMARY KEY,
    last         bigint      NOT NULL,
    workspace_id text        NOT NULL,
    stream_id    text        NOT NULL,
    at           timestamptz NOT NULL,
    actor_kind   text        NOT NULL,
    actor_id     text        NOT NULL,
    user_id      text        NOT NULL, -- the person behind the actor
    person_id    text        NOT NULL, -- whom it is about
    action       text        NOT NULL,
    thing        text        NOT NULL,
    thing_id     text        NOT NULL,
    says         text        NOT NULL,
    n            bigint      NOT NULL,
    before       jsonb,
    after        jsonb,
    client       text        NOT NULL,
    agent        text        NOT NULL,
    request      text        NOT NULL,
    activity     boolean     NOT NULL
);
CREATE INDEX entries_last ON entries (last);
CREATE INDEX entries_thing ON entries (thing_id);
CREATE INDEX entries_audit ON entries (workspace_id, first DESC);
CREATE INDEX entries_activity ON entries (workspace_id, first DESC) WHERE activity;
CREATE INDEX entries_person ON entries ((CASE WHEN person_id = '' THEN user_id ELSE person_id END), first DESC) WHERE workspace_id = '';

