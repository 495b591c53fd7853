-- +goose Up

-- The one row whose lock puts appends in order.
CREATE TABLE log.head (
    only_row    boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log.head (position, recorded_at) VALUES (0, 'epoch');

-- (stream_id, version) is unique by the head's lock and log.streams; an index across partitions cannot say so.
-- size is the length of data and metadata, so that a read can be cut at a number of bytes without decompressing them.
-- data and metadata are json, not jsonb: the text is kept exactly as it came.
CREATE TABLE log.events (
    position     bigint      NOT NULL,
    version      bigint      NOT NULL,
    recorded_at  timestamptz NOT NULL,
    size         int         NOT NULL,
    stream_id    text        COLLATE "C" NOT NULL,
    workspace_id text        COLLATE "C" NOT NULL,
    type         text        COLLATE "C" NOT NULL,
    metadata     json        NOT NULL,
    data         json        NOT NULL,
    PRIMARY KEY (position)
) PARTITION BY RANGE (position);
CREATE INDEX events_workspace ON log.events (workspace_id, position);
CREATE INDEX events_stream ON log.events (stream_id, version);

-- The partitions of log.events: positions >= first and < until.
CREATE TABLE log.partitions (
    first bigint PRIMARY KEY,
    until bigint NOT NULL CHECK (until > first)
);

-- A stream's events lie between the two positions; they keep a read off the partitions that hold none of them.
CREATE TABLE log.streams (
    id             text   COLLATE "C" PRIMARY KEY,
    version        bigint NOT NULL,
    first_position bigint NOT NULL,
    last_position  bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE log.commands (
    key            text        COLLATE "C" PRIMARY KEY,
    fingerprint    text        COLLATE "C" NOT NULL,
    first_position bigint      NOT NULL,
    last_position  bigint      NOT NULL,
    keep           boolean     NOT NULL,
    recorded_at    timestamptz NOT NULL,
    result         json        NOT NULL
);
CREATE INDEX commands_expiring ON log.commands (recorded_at) WHERE NOT keep;

CREATE TABLE log.snapshots (
    stream_id text   COLLATE "C" PRIMARY KEY,
    version   bigint NOT NULL,
    schema    int    NOT NULL,
    state     json   NOT NULL
);

-- LZ4 compresses and reads back several times faster than pglz; a server built without it keeps pglz.
-- +goose StatementBegin
DO $$
BEGIN
    ALTER TABLE log.events ALTER COLUMN data SET COMPRESSION lz4;
    ALTER TABLE log.commands ALTER COLUMN result SET COMPRESSION lz4;
    ALTER TABLE log.snapshots ALTER COLUMN state SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END $$;
-- +goose StatementEnd

-- Makes partitions of the given size until they cover the position. A partition is made apart and then attached, which
-- unlike CREATE TABLE … PARTITION OF lets appends and reads go on. Answers the first position that is not covered.
-- +goose StatementBegin
CREATE FUNCTION log.extend(upto bigint, partition_size bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    covered bigint;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('morket.log.extend'));
    covered := coalesce((SELECT max(until) FROM log.partitions), 1);
    WHILE covered <= upto LOOP
        name := 'events_' || covered;
        EXECUTE format('CREATE TABLE log.%I (LIKE log.events INCLUDING ALL)', name);
        EXECUTE format('ALTER TABLE log.events ATTACH PARTITION log.%I FOR VALUES FROM (%s) TO (%s)',
            name, covered, covered + partition_size);
        INSERT INTO log.partitions VALUES (covered, covered + partition_size);
        covered := covered + partition_size;
    END LOOP;
    RETURN covered;
END $$;
-- +goose StatementEnd

-- Carries out a batch of appends in order, each wholly or not at all, and says for each how it went.
--
-- Arrays named a_* have an element per append, s_* per distinct stream, e_* per entry (a stream within an append; one
-- without events is a guard), v_* per event. All indexes are from 1. a_before, e_before hold what comes before the append
-- (events) or the entry (events of its stream) in the batch if every append is taken, which is the usual case: then the
-- batch is a few statements over sets. Otherwise the appends are gone through one by one.
--
-- base has the streams' versions before the batch. first has, per append, the head before it, NULL if it was not taken:
-- then its key is among the known ones, or an expected version was not met. NULL for the whole of first: all were taken.
-- +goose StatementBegin
CREATE FUNCTION log.append(
    at timestamptz, event_count int, keyed boolean,
    a_key text[], a_fingerprint text[], a_result json[], a_keep boolean[], a_workspace text[], a_metadata json[],
    a_events int[], a_entries int[], a_before int[],
    s_id text[], s_events int[],
    e_stream int[], e_expected bigint[], e_events int[], e_before int[],
    v_append int[], v_nth int[], v_entry int[], v_nth_of_entry int[], v_size int[], v_type text[], v_data json[],
    OUT head bigint, OUT recorded timestamptz, OUT base bigint[], OUT first bigint[],
    OUT known_key text[], OUT known_fingerprint text[], OUT known_first bigint[], OUT known_last bigint[], OUT known_result json[]
) LANGUAGE plpgsql AS $$
DECLARE
    e_first bigint[];
    latest bigint[];
    a_first bigint[];
    next bigint;
BEGIN
    SELECT h.position, greatest(h.recorded_at, coalesce(at, clock_timestamp())) INTO head, recorded
        FROM log.head h FOR UPDATE;
    base := ARRAY(SELECT coalesce((SELECT s.version FROM log.streams s WHERE s.id = u.id), 0)
        FROM unnest(s_id) WITH ORDINALITY u(id, n) ORDER BY u.n);
    IF keyed THEN
        SELECT array_agg(c.key), array_agg(c.fingerprint), array_agg(c.first_position), array_agg(c.last_position), array_agg(c.result)
            INTO known_key, known_fingerprint, known_first, known_last, known_result
            FROM log.commands c WHERE c.key = ANY (a_key);
    END IF;
    e_first := ARRAY(SELECT base[u.stream] + u.before FROM unnest(e_stream, e_before) WITH ORDINALITY u(stream, before, n) ORDER BY u.n);

    IF known_key IS NULL AND NOT EXISTS (SELECT FROM unnest(e_expected, e_first) u(expected, actual) WHERE expected >= 0 AND expected <> actual) THEN
        a_first := ARRAY(SELECT head + u.before FROM unnest(a_before) WITH ORDINALITY u(before, n) ORDER BY u.n);
        latest := ARRAY(SELECT b + e FROM unnest(base, s_events) WITH ORDINALITY u(b, e, n) ORDER BY u.n);
        next := head + event_count;
    ELSE
        SELECT * INTO a_first, e_first, latest, next
            FROM log.sequence(head, base, known_key, a_key, a_events, a_entries, e_stream, e_expected, e_events);
        first := a_first;
    END IF;

    IF next > head THEN
        INSERT INTO log.events (position, version, recorded_at, size, stream_id, workspace_id, type, metadata, data)
            SELECT a_first[v.append] + v.nth, e_first[v.entry] + v.nth_of_entry, recorded, v.size, s_id[e_stream[v.entry]],
                a_workspace[v.append], v.type, a_metadata[v.append], v.data
            FROM unnest(v_append, v_nth, v_entry, v_nth_of_entry, v_size, v_type, v_data)
                v(append, nth, entry, nth_of_entry, size, type, data)
            WHERE a_first[v.append] IS NOT NULL;
        INSERT INTO log.streams AS s (id, version, first_position, last_position)
            SELECT u.id, u.version, head + 1, next FROM unnest(s_id, base, latest) u(id, base, version) WHERE u.version > u.base
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, last_position = excluded.last_position;
        UPDATE log.head SET position = next, recorded_at = recorded;
    END IF;
    IF keyed THEN
        INSERT INTO log.commands (key, fingerprint, first_position, last_position, keep, recorded_at, result)
            SELECT u.key, u.fingerprint, CASE u.events WHEN 0 THEN 0 ELSE u.first + 1 END,
                CASE u.events WHEN 0 THEN 0 ELSE u.first + u.events END, u.keep, recorded, u.result
            FROM unnest(a_key, a_fingerprint, a_events, a_first, a_keep, a_result) u(key, fingerprint, events, first, keep, result)
            WHERE u.key <> '' AND u.first IS NOT NULL;
    END IF;
END $$;
-- +goose StatementEnd

-- Goes through the appends of a batch in order: an append sees the versions that those before it made.
-- +goose StatementBegin
CREATE FUNCTION log.sequence(
    head bigint, base bigint[], known_key text[], a_key text[], a_events int[], a_entries int[],
    e_stream int[], e_expected bigint[], e_events int[],
    OUT a_first bigint[], OUT e_first bigint[], OUT latest bigint[], OUT next bigint
) LANGUAGE plpgsql AS $$
DECLARE
    before bigint[];
    taken boolean;
    stream int;
    entry int := 0;
BEGIN
    latest := base;
    next := head;
    a_first := array_fill(NULL::bigint, ARRAY[cardinality(a_key)]);
    e_first := array_fill(NULL::bigint, ARRAY[cardinality(e_stream)]);
    FOR a IN 1 .. cardinality(a_key) LOOP
        taken := a_key[a] = '' OR known_key IS NULL OR a_key[a] <> ALL (known_key);
        before := latest;
        FOR e IN entry + 1 .. entry + a_entries[a] LOOP
            stream := e_stream[e];
            taken := taken AND (e_expected[e] < 0 OR e_expected[e] = latest[stream]);
            EXIT WHEN NOT taken;
            e_first[e] := latest[stream];
            latest[stream] := latest[stream] + e_events[e];
        END LOOP;
        entry := entry + a_entries[a];
        IF taken THEN
            a_first[a] := next;
            next := next + a_events[a];
        ELSE
            latest := before;
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd

-- The last position of a page that starts after a position: as far as asked, unless the bytes run out before. The event
-- that crosses the number of bytes is the last of the page, so a page is never empty because of it.
-- +goose StatementBegin
CREATE FUNCTION log.page_end(after bigint, upto bigint, bytes bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    e record;
    total bigint := 0;
BEGIN
    IF coalesce((SELECT sum(size) FROM log.events WHERE position > after AND position <= upto), 0) <= bytes THEN
        RETURN upto;
    END IF;
    FOR e IN SELECT position, size FROM log.events WHERE position > after AND position <= upto ORDER BY position LOOP
        total := total + e.size;
        IF total >= bytes THEN
            RETURN e.position;
        END IF;
    END LOOP;
    RETURN upto;
END $$;
-- +goose StatementEnd
