-- +goose Up

-- Who is there. A process writes its row anew every few seconds by this server's clock, and takes it away when it ends in order.
CREATE TABLE projection.processes (
    id       text        PRIMARY KEY,
    seen_at  timestamptz NOT NULL,
    patience interval    NOT NULL -- without a word for so long it is taken to have ended
) WITH (fillfactor = 50);

-- A row from the future is of a clock that was set back: its process writes it anew if it lives. A server that was away lets them.
-- +goose StatementBegin
CREATE FUNCTION projection.is_alive(process text) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    SELECT EXISTS (SELECT FROM projection.processes p WHERE p.id = process
        AND (clock_timestamp() BETWEEN p.seen_at - p.patience AND p.seen_at + p.patience
            OR clock_timestamp() < pg_postmaster_start_time() + p.patience));
$$;
-- +goose StatementEnd

-- What a process is about to apply with care at a place.
CREATE TABLE projection.attempts (
    place   text    PRIMARY KEY REFERENCES projection.checkpoints (place) ON DELETE CASCADE ON UPDATE CASCADE,
    process text    NOT NULL,
    first   bigint  NOT NULL,
    last    bigint  NOT NULL,
    deaths  integer NOT NULL
) WITH (fillfactor = 50);
