package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

const testPassphrase = "correct horse battery"

// cheap makes trying a passphrase quick.
const cheap = 4

func logTables() []Table {
	return []Table{{Name: "log.head"}, {Name: "log.histories"}, {Name: "log.events", OrderBy: "position"}, {Name: "log.streams"}, {Name: "log.commands"}}
}

// installation is a log and an object store.
type installation struct {
	log     *pgstore.Store
	pool    *pgxpool.Pool
	objects *objectstore.Folder
}

func install(t *testing.T) *installation {
	t.Helper()
	i := &installation{}
	i.log, i.pool = pgtest.Log(t)
	var err error
	i.objects, err = objectstore.NewFolder(t.TempDir(), kernel.SystemClock{})
	require.NoError(t, err)
	return i
}

// perAppend is how many events each append of the tests has.
const perAppend = 3

func (i *installation) append(ctx context.Context, stream string, n int) error {
	for range n {
		events := make([]eventstore.EventData, perAppend)
		for e := range events {
			events[e] = eventstore.EventData{Type: "a.b.v1", Data: json.RawMessage(`{"text":"tab\t, line\n, quote \" and \\. é"}`)}
		}
		_, err := i.log.Append(ctx, eventstore.Append{
			Meta:    kernel.Meta{Actor: kernel.System(), Workspace: "ws_1", IdempotencyKey: rand.Text(), Fingerprint: "f"},
			Streams: []eventstore.StreamAppend{{Stream: eventstore.StreamID(stream), Expected: eventstore.Any, Events: events}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (i *installation) source(tables []Table) Source {
	return Source{
		Pool: i.pool, Schemas: []string{"log"}, Tables: tables, Objects: i.objects, Keys: Keys{Master: "m", Signing: "s"}, Passphrase: testPassphrase, Version: "1",
		Clock: kernel.SystemClock{}, Progress: func(string) {}, work: cheap,
	}
}

func (i *installation) backup(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	_, _, err := Write(t.Context(), &b, i.source(logTables()))
	require.NoError(t, err)
	return b.Bytes()
}

func (i *installation) restore(ctx context.Context, r io.Reader, passphrase string) error {
	b, err := Open(r, passphrase)
	if err != nil {
		return err
	}
	defer b.Close()
	_, err = b.Restore(ctx, i.target(logTables()))
	return err
}

func (i *installation) target(tables []Table) Target {
	extend := func(ctx context.Context, tx pgx.Tx, h Header) error { return pgstore.Extend(ctx, tx, h.Position) }
	return Target{Pool: i.pool, Tables: tables, Objects: i.objects, Prepare: extend, Progress: func(string) {}}
}

// content is everything that is in it.
func (i *installation) content(t *testing.T) (rows map[string][]string, objects map[string]string) {
	t.Helper()
	rows, objects = map[string][]string{}, map[string]string{}
	for _, table := range logTables() {
		found, err := i.pool.Query(t.Context(), "SELECT to_jsonb(t)::text FROM "+table.Name+" t ORDER BY 1")
		require.NoError(t, err)
		rows[table.Name], err = pgx.CollectRows(found, pgx.RowTo[string])
		require.NoError(t, err)
	}
	require.NoError(t, i.objects.List(t.Context(), func(key string) error {
		r, err := i.objects.Open(t.Context(), key, 0)
		require.NoError(t, err)
		defer r.Close()
		body, err := io.ReadAll(r)
		objects[key] = string(body)
		return err
	}))
	return rows, objects
}

// filled has events and objects: an empty one, and one of several pieces.
func filled(t *testing.T) *installation {
	t.Helper()
	i := install(t)
	require.NoError(t, i.append(t.Context(), "a-1", 20))
	require.NoError(t, i.append(t.Context(), "b-1", 5))
	for key, body := range map[string]string{"a": "", "uploads/ws_1/imp_1": "hello", "uploads/ws_1/imp_2": strings.Repeat("0123456789", pieceBytes/4)} {
		_, err := i.objects.Put(t.Context(), key, strings.NewReader(body), 10*pieceBytes)
		require.NoError(t, err)
	}
	return i
}

func TestWhatWasBackedUpIsRestored(t *testing.T) {
	t.Parallel()
	from, to := filled(t), install(t)
	file := from.backup(t)
	require.NotContains(t, string(file), "hello")
	require.NoError(t, to.restore(t.Context(), bytes.NewReader(file), testPassphrase))
	rows, objects := from.content(t)
	restored, restoredObjects := to.content(t)
	require.Equal(t, rows, restored)
	require.Equal(t, objects, restoredObjects)
	problems, err := to.log.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
	require.NoError(t, to.append(t.Context(), "a-1", 1), "it goes on")
}

func TestAnEmptyInstallationIsBackedUpToo(t *testing.T) {
	t.Parallel()
	from, to := install(t), install(t)
	require.NoError(t, to.restore(t.Context(), bytes.NewReader(from.backup(t)), testPassphrase))
	rows, _ := from.content(t)
	restored, _ := to.content(t)
	require.Equal(t, rows, restored)
}

// Objects that are there already, as in a bucket that has outlived its database, are left; another one under the name is refused.
func TestObjectsThatAreThereAlready(t *testing.T) {
	t.Parallel()
	from, to, other := filled(t), install(t), install(t)
	file := from.backup(t)
	_, err := to.objects.Put(t.Context(), "uploads/ws_1/imp_1", strings.NewReader("hello"), 10)
	require.NoError(t, err)
	require.NoError(t, to.restore(t.Context(), bytes.NewReader(file), testPassphrase))
	_, err = other.objects.Put(t.Context(), "uploads/ws_1/imp_1", strings.NewReader("another"), 10)
	require.NoError(t, err)
	require.ErrorContains(t, other.restore(t.Context(), bytes.NewReader(file), testPassphrase), "another object under the name uploads/ws_1/imp_1")
	_, left := other.content(t)
	require.Equal(t, map[string]string{"uploads/ws_1/imp_1": "another"}, left)
}

// An append is in a backup wholly or not at all, also while others are made.
func TestABackupIsOfOneMoment(t *testing.T) {
	t.Parallel()
	from := install(t)
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := from.append(context.WithoutCancel(ctx), fmt.Sprintf("w%d-%d", w, n%3), 1); err != nil {
					t.Errorf("append: %v", err)
					return
				}
			}
		})
	}
	var positions []int64
	for range 4 {
		require.NoError(t, from.append(t.Context(), "m-1", 1))
		file := from.backup(t)
		to := install(t)
		require.NoError(t, to.restore(t.Context(), bytes.NewReader(file), testPassphrase))
		problems, err := to.log.Verify(t.Context())
		require.NoError(t, err)
		require.Empty(t, problems)
		head, err := to.log.Head(t.Context())
		require.NoError(t, err)
		positions = append(positions, head)
		var torn int
		require.NoError(t, to.pool.QueryRow(t.Context(), `SELECT count(*) FROM log.streams WHERE version % $1 <> 0`, perAppend).Scan(&torn))
		require.Zero(t, torn)
		var commands int64
		require.NoError(t, to.pool.QueryRow(t.Context(), `SELECT count(*) FROM log.commands`).Scan(&commands))
		require.Equal(t, head, commands*perAppend)
	}
	stop()
	writers.Wait()
	require.Len(t, slices.Compact(positions), 4, "the log grew meanwhile")
	require.True(t, slices.IsSorted(positions))
}
