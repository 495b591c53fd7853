-- +goose Up

-- Carries out a batch of appends in order, each wholly or not at all, and says for each how it went.
--
-- Arrays named a_* have an element per append, s_* per distinct stream, e_* per entry (a stream within an append; one
-- without events is a guard), v_* per event. All indexes are from 1. a_before, e_before hold what comes before the append
-- (events) or the entry (events of its stream) in the batch if every append is taken, which is the usual case: then the
-- batch is a few statements over sets. Otherwise the appends are gone through one by one. A chained append is taken only if
-- the one before it in the batch was.
--
-- base has the streams' versions before the batch. first has, per append, the head before it, NULL if it was not taken:
-- then its key is among the known ones, an expected version was not met, or it is chained to one that was not taken. NULL
-- for the whole of first: all were taken.
-- +goose StatementBegin
CREATE FUNCTION log.append(
    at timestamptz, event_count int, keyed boolean,
    a_key text[], a_fingerprint text[], a_result json[], a_keep boolean[], a_chained boolean[], a_workspace text[], a_metadata json[],
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
            FROM log.sequence(head, base, known_key, a_key, a_chained, a_events, a_entries, e_stream, e_expected, e_events);
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
    head bigint, base bigint[], known_key text[], a_key text[], a_chained boolean[], a_events int[], a_entries int[],
    e_stream int[], e_expected bigint[], e_events int[],
    OUT a_first bigint[], OUT e_first bigint[], OUT latest bigint[], OUT next bigint
) LANGUAGE plpgsql AS $$
DECLARE
    before bigint[];
    taken boolean := true;
    stream int;
    entry int := 0;
BEGIN
    latest := base;
    next := head;
    a_first := array_fill(NULL::bigint, ARRAY[cardinality(a_key)]);
    e_first := array_fill(NULL::bigint, ARRAY[cardinality(e_stream)]);
    FOR a IN 1 .. cardinality(a_key) LOOP
        taken := (taken OR NOT a_chained[a]) AND (a_key[a] = '' OR known_key IS NULL OR a_key[a] <> ALL (known_key));
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

-- A process of the release before knows no chains; it goes on with this until it is replaced.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION log.append(
    at timestamptz, event_count int, keyed boolean,
    a_key text[], a_fingerprint text[], a_result json[], a_keep boolean[], a_workspace text[], a_metadata json[],
    a_events int[], a_entries int[], a_before int[],
    s_id text[], s_events int[],
    e_stream int[], e_expected bigint[], e_events int[], e_before int[],
    v_append int[], v_nth int[], v_entry int[], v_nth_of_entry int[], v_size int[], v_type text[], v_data json[],
    OUT head bigint, OUT recorded timestamptz, OUT base bigint[], OUT first bigint[],
    OUT known_key text[], OUT known_fingerprint text[], OUT known_first bigint[], OUT known_last bigint[], OUT known_result json[]
) LANGUAGE sql AS $$
    SELECT * FROM log.append(at, event_count, keyed, a_key, a_fingerprint, a_result, a_keep,
        array_fill(false, ARRAY[cardinality(a_key)]), a_workspace, a_metadata, a_events, a_entries, a_before, s_id, s_events,
        e_stream, e_expected, e_events, e_before, v_append, v_nth, v_entry, v_nth_of_entry, v_size, v_type, v_data)
$$;
DROP FUNCTION log.sequence(bigint, bigint[], text[], text[], int[], int[], int[], bigint[], int[]);
-- +goose StatementEnd
