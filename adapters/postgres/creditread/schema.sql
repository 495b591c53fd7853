CREATE TABLE balances (
    workspace_id text PRIMARY KEY,
    available    bigint NOT NULL,
    reserved     bigint NOT NULL,
    spent        bigint NOT NULL,
    seq          bigint NOT NULL,
    head         text   NOT NULL,
    caps         jsonb  NOT NULL,
    closed       text   NOT NULL DEFAULT ''
);

CREATE TABLE transactions (
    workspace_id    text        NOT NULL,
    seq             bigint      NOT NULL,
    position        bigint      NOT NULL,
    kind            text        NOT NULL,
    amount          bigint      NOT NULL,
    balance_after   bigint      NOT NULL,
    reserved_after  bigint      NOT NULL,
    at              timestamptz NOT NULL,
    actor_kind      text        NOT NULL,
    actor_id        text        NOT NULL,
    on_behalf_of    text        NOT NULL,
    reservation_id  text        NOT NULL,
    run_id          text        NOT NULL,
    table_id        text        NOT NULL,
    note            text        NOT NULL,
    lines           integer     NOT NULL,
    prev_hash       text        NOT NULL,
    hash            text        NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
CREATE INDEX transactions_spent ON transactions (workspace_id, at) WHERE kind = 'debit';

CREATE TABLE debit_lines (
    workspace_id text    NOT NULL,
    seq          bigint  NOT NULL,
    line         integer NOT NULL,
    run_id       text    NOT NULL,
    row_id       text    NOT NULL,
    column_id    text    NOT NULL,
    provider     text    NOT NULL,
    attempt      integer NOT NULL,
    amount       bigint  NOT NULL,
    answer_hash  text    NOT NULL,
    PRIMARY KEY (workspace_id, seq, line)
);
CREATE INDEX debit_lines_cell ON debit_lines (workspace_id, row_id, column_id);
