package pgstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

func addOne(ctx context.Context, s *pgstore.Store, typ, data string) error {
	_, err := s.Append(ctx, eventstore.Append{
		Meta: kernel.Meta{Actor: kernel.System(), Command: "test", CorrelationID: "req_1", Workspace: "ws_1"},
		Streams: []eventstore.StreamAppend{{Stream: "a-1", Expected: eventstore.Any, Events: []eventstore.EventData{
			{Type: typ, Data: json.RawMessage(data)},
		}}},
	})
	return err
}

// inFiles counts the partitions whose files have the bytes, with those of values that are kept beside the rows.
func inFiles(t *testing.T, pool *pgxpool.Pool, sought string) (n int) {
	t.Helper()
	_, err := pool.Exec(t.Context(), "CHECKPOINT")
	require.NoError(t, err)
	rows, err := pool.Query(t.Context(), `SELECT pg_read_binary_file(pg_relation_filepath(f)) FROM pg_class c,
		LATERAL (VALUES (c.oid), (c.reltoastrelid)) AS of(f) WHERE c.relnamespace = 'log'::regnamespace AND c.relkind = 'r' AND f <> 0`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var b []byte
		require.NoError(t, rows.Scan(&b))
		if bytes.Contains(b, []byte(sought)) {
			n++
		}
	}
	require.NoError(t, rows.Err())
	return n
}

// What was redacted is in no file of the log, and everything else is as it was, although appends and reads go on meanwhile.
func TestAScrubLeavesNothingOfWhatWasRedactedInTheFiles(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{PartitionSize: 20})
	const events, secret = 50, "lovelace"
	for i := range events {
		typ := "a.happened.v1"
		if i == 6 {
			typ = "erasure.confirmed.v1"
		}
		require.NoError(t, addOne(t.Context(), s, typ, fmt.Sprintf(`{"n":%d,"who":"%s"}`, i+1, map[bool]string{true: secret, false: "hopper"}[i == 4 || i == 44])))
	}
	before, err := s.ReadAll(t.Context(), 0, events)
	require.NoError(t, err)
	require.Equal(t, 2, inFiles(t, pool, secret))
	var list []eventstore.Redaction
	for _, at := range []int{4, 44} {
		before[at].Data = json.RawMessage(`{"n":0,"who":"[erased]"}`)
		list = append(list, eventstore.Redaction{Position: int64(at + 1), Was: was(t, s, int64(at)), Data: before[at].Data, Proof: []byte("proof")})
	}
	require.NoError(t, s.Redact(t.Context(), 7, list))
	require.Equal(t, 2, inFiles(t, pool, secret), "an update alone leaves it")

	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				ended <- nil
				return
			default:
			}
			if err := addOne(context.WithoutCancel(t.Context()), s, "a.happened.v1", fmt.Sprintf(`{"late":%d}`, i)); err != nil {
				ended <- err
				return
			}
		}
	}()
	n, err := s.Scrub(t.Context(), 7, func(int64) {})
	close(stop)
	require.NoError(t, <-ended, "appends go on")
	require.NoError(t, err)
	require.EqualValues(t, 2, n, "the partition between them is left alone")
	require.Zero(t, inFiles(t, pool, secret))
	after, err := s.ReadAll(t.Context(), 0, events)
	require.NoError(t, err)
	require.Equal(t, before, after)
	head, err := s.Head(t.Context())
	require.NoError(t, err)
	requireSound(t, s, head)
	n, err = s.Scrub(t.Context(), 8, func(int64) {})
	require.NoError(t, err)
	require.Zero(t, n, "another order has redacted nothing")
}

func was(t *testing.T, s *pgstore.Store, after int64) json.RawMessage {
	t.Helper()
	events, err := s.ReadAll(t.Context(), after, 1)
	require.NoError(t, err)
	return events[0].Data
}
