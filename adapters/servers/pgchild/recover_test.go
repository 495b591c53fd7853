//go:build unix

package pgchild_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgchild"
)

// logged is what a replica was handed of the log.
type logged struct {
	mu     sync.Mutex
	at     []pgchild.LSN
	pieces [][]byte
	end    pgchild.LSN
	moved  chan struct{}
}

func (l *logged) take(at pgchild.LSN, data []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at, l.pieces, l.end = append(l.at, at), append(l.pieces, bytes.Clone(data)), at+pgchild.LSN(len(data))
	return nil
}

func (l *logged) keep() (pgchild.LSN, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.moved <- struct{}{}:
	default:
	}
	return l.end, nil
}

// reaches waits until the log is there up to the place.
func (l *logged) reaches(t *testing.T, at pgchild.LSN) {
	t.Helper()
	for {
		select {
		case <-l.moved:
		case <-t.Context().Done():
			t.Fatal("the log has not come")
		}
		l.mu.Lock()
		end := l.end
		l.mu.Unlock()
		if end >= at {
			return
		}
	}
}

func (l *logged) replay(to func(pgchild.LSN, []byte) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, piece := range l.pieces {
		if err := to(l.at[i], piece); err != nil {
			return err
		}
	}
	return nil
}

func value[T any](t *testing.T, c *pgx.Conn, sql string) (v T) {
	t.Helper()
	require.NoError(t, c.QueryRow(t.Context(), sql).Scan(&v))
	return v
}

func TestAServerIsBroughtToAPointInTime(t *testing.T) { //nolint:tparallel // the server runs for the subtests, one after the other
	t.Parallel()
	s, err := pgchild.Start(t.Context(), pgchild.Config{DataDir: folder(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	c := connect(t, s.DSN())
	_, err = c.Exec(t.Context(), `CREATE TABLE rows (n int)`)
	require.NoError(t, err)

	r, err := pgchild.NewReplica(t.Context(), s.DSN())
	require.NoError(t, err)
	require.NoError(t, r.Reserve(t.Context(), "test"))
	require.NoError(t, r.Reserve(t.Context(), "test"), "it stays")
	var base bytes.Buffer
	b, err := r.Base(t.Context(), "test", &base)
	require.NoError(t, err)
	require.Less(t, b.From, b.To)

	l := &logged{moved: make(chan struct{}, 1)}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- r.Stream(ctx, pgchild.Taking{Slot: "test", From: b.From, Timeline: b.Timeline, Every: 20 * time.Millisecond, Take: l.take, Keep: l.keep})
	}()
	var moments []time.Time
	var transactions []string
	for n := range 3 {
		var at time.Time
		var xid string
		require.NoError(t, c.QueryRow(t.Context(), `INSERT INTO rows SELECT $1 RETURNING clock_timestamp(), pg_current_xact_id()::text`, n).Scan(&at, &xid))
		moments, transactions = append(moments, value[time.Time](t, c, `SELECT clock_timestamp()`)), append(transactions, xid)
	}
	last, err := pgchild.ParseLSN(value[string](t, c, `SELECT pg_current_wal_flush_lsn()::text`))
	require.NoError(t, err)
	l.reaches(t, last)
	end()
	require.ErrorIs(t, <-ended, context.Canceled)

	recovered := func(t *testing.T, until pgchild.Recovery) (*pgchild.Server, error) {
		t.Helper()
		until.Base, until.From, until.Timeline, until.Log = bytes.NewReader(base.Bytes()), b.From, b.Timeline, l.replay
		return pgchild.Recover(t.Context(), pgchild.Config{DataDir: folder(t)}, until)
	}
	for name, want := range map[string]struct {
		until pgchild.Recovery
		rows  []int
	}{
		"a time":        {pgchild.Recovery{Until: moments[0]}, []int{0}},
		"a transaction": {pgchild.Recovery{Transaction: transactions[1]}, []int{0, 1}},
		"the end":       {pgchild.Recovery{}, []int{0, 1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := recovered(t, want.until)
			require.NoError(t, err)
			defer func() { require.NoError(t, at.Stop()) }()
			c := connect(t, at.DSN())
			rows, err := c.Query(t.Context(), `SELECT n FROM rows ORDER BY n`)
			require.NoError(t, err)
			found, err := pgx.CollectRows(rows, pgx.RowTo[int])
			require.NoError(t, err)
			require.True(t, slices.Equal(want.rows, found), "%v", found)
			require.NotEqual(t, "00000001", value[string](t, c, `SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)`), "a timeline of its own")
		})
	}
	_, err = recovered(t, pgchild.Recovery{Until: moments[2].Add(time.Hour)})
	var failed *pgchild.RecoveryError
	require.ErrorAs(t, err, &failed)
	require.True(t, failed.TooFar(), failed.Log)
}
