package boot

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/pgstore"
)

// settingsOf are those of an installation on the pool's database.
func settingsOf(t *testing.T, pool *pgxpool.Pool, key string) config.Config {
	t.Helper()
	c := pool.Config().ConnConfig
	at := url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Host: fmt.Sprintf("%s:%d", c.Host, c.Port), Path: c.Database}
	key = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(key), 32))
	cfg, err := config.Load(map[string]string{
		"HOME": t.TempDir(), "MORKET_DATA_DIR": t.TempDir(), "DATABASE_URL": at.String() + "?sslmode=disable&pool_max_conns=2", "MORKET_MASTER_KEY": key, "MORKET_JWT_KEYS": key,
		"MORKET_BACKUP_PASSPHRASE": "correct horse battery",
	})
	require.NoError(t, err)
	return cfg
}

func backedUp(t *testing.T, cfg config.Config) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, Backup(t.Context(), cfg, slog.New(slog.DiscardHandler), &file, io.Discard))
	return file.Bytes()
}

func restored(ctx context.Context, cfg config.Config, file []byte) error {
	return Restore(ctx, cfg, slog.New(slog.DiscardHandler), bytes.NewReader(file), io.Discard)
}

// inUse is a database with a row in every table that is in no event, as an earlier release has left it.
func inUse(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.Pool(t)
	before, err := os.ReadFile("testdata/unmigrated.sql")
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), string(before))
	require.NoError(t, err)
	require.NoError(t, migrate(t.Context(), pool))
	_, err = pool.Exec(t.Context(), `INSERT INTO projection.checkpoints (place, version, position) VALUES ('webhook_mail__reactor', 1, 0);
INSERT INTO projection.parked (place, stream_id, position, version, event_type, error, attempts) VALUES ('webhook_mail__reactor', 'a-1', 1, 1, 'a.b.v1', 'broken', 2);
INSERT INTO log.redactions (position, ordered_by, was, now, redacted_at) VALUES (1, 2, '\x01', '\x02', '2026-01-02 03:04:05Z');
INSERT INTO log.words (id, word) VALUES (1, 'edit-cells')`)
	require.NoError(t, err)
	return pool
}

// keptRows are the rows of a table that a backup is to have.
func keptRows(t *testing.T, pool *pgxpool.Pool, k backup.Table) []string {
	t.Helper()
	sql := "SELECT to_jsonb(t) - 'revision' FROM " + k.Name + " t"
	if k.Where != "" {
		sql += " WHERE " + k.Where
	}
	rows, err := pool.Query(t.Context(), "SELECT x::text FROM ("+sql+") r (x) ORDER BY 1")
	require.NoError(t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return out
}

func TestEveryKeptTableIsRestored(t *testing.T) {
	t.Parallel()
	from, to := inUse(t), pgtest.Pool(t)
	require.NoError(t, restored(t.Context(), settingsOf(t, to, "k"), backedUp(t, settingsOf(t, from, "k"))))
	empty := map[string]bool{"log.events": true, "log.streams": true, "log.commands": true} // a test of their own fills them
	for _, k := range kept() {
		was := keptRows(t, from, k)
		require.Equal(t, len(was) == 0, empty[k.Name], k.Name)
		if k.Name != "log.head" && k.Name != "log.histories" {
			require.Equal(t, was, keptRows(t, to, k), k.Name)
		}
	}
	var live int
	require.NoError(t, to.QueryRow(t.Context(), `SELECT count(*) FROM projection.checkpoints WHERE place = 'grid'`).Scan(&live))
	require.Zero(t, live, "a read model is made anew")
	for _, sql := range []string{ // counters stand behind what is there
		`INSERT INTO webhook_queue.attempts (endpoint_id, position, at, took_us, status, error, request, response, body, body_cut)
SELECT endpoint_id, position, at, took_us, status, error, request, response, body, body_cut FROM webhook_queue.attempts`,
	} {
		_, err := to.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	require.NoError(t, migrate(t.Context(), to), "the next start finds nothing in its way")

	log, err := pgstore.Open(t.Context(), pgstore.Config{Pool: to})
	require.NoError(t, err)
	defer log.Close()
	history, err := log.History(t.Context())
	require.NoError(t, err)
	var before string
	require.NoError(t, from.QueryRow(t.Context(), `SELECT history FROM log.head`).Scan(&before))
	require.NotEqual(t, before, history.ID, "the log begins a new history")
	var reason string
	require.NoError(t, to.QueryRow(t.Context(), `SELECT reason FROM log.histories WHERE id = $1`, history.ID).Scan(&reason))
	require.Contains(t, reason, "restored from the backup of")
	require.NoError(t, refuseUnfinished(t.Context(), to))
}

func schemasIn(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT nspname::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('public', 'information_schema')`)
	require.NoError(t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return out
}

func TestAFailedRestoreLeavesAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	file := backedUp(t, settingsOf(t, inUse(t), "k"))
	to := pgtest.Pool(t)
	cfg := settingsOf(t, to, "k")
	require.ErrorIs(t, restored(t.Context(), cfg, file[:len(file)-1]), backup.ErrDamaged)
	require.Empty(t, schemasIn(t, to))
	require.ErrorContains(t, restored(t.Context(), settingsOf(t, to, "x"), file), "MORKET_MASTER_KEY lacks a key of the backup")
	require.Empty(t, schemasIn(t, to))
	require.NoError(t, restored(t.Context(), cfg, file))
	there := schemasIn(t, to)
	require.ErrorContains(t, restored(t.Context(), cfg, file), "the database is not empty")
	require.Equal(t, there, schemasIn(t, to), "what is refused takes nothing away")
}

func TestADatabaseThatIsHalfRestoredIsNotServed(t *testing.T) {
	t.Parallel()
	pool := inUse(t)
	cfg := settingsOf(t, pool, "k")
	_, err := pool.Exec(t.Context(), "CREATE SCHEMA "+unfinished)
	require.NoError(t, err)
	_, err = Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "has not come to its end")
	require.ErrorContains(t, Backup(t.Context(), cfg, slog.New(slog.DiscardHandler), io.Discard, io.Discard), "has not come to its end")
}

func TestABackupMakesNoKeysAndNoFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := config.Config{DataDir: dir}
	require.ErrorContains(t, Backup(t.Context(), cfg, slog.New(slog.DiscardHandler), io.Discard, io.Discard), "nothing to back up")
	require.NoError(t, os.Mkdir(cfg.PostgresDir(), 0o700))
	require.ErrorIs(t, Backup(t.Context(), cfg, slog.New(slog.DiscardHandler), io.Discard, io.Discard), os.ErrNotExist)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// A backup of an earlier version is restored as that version would have had it, and then brought up to date with what is in it.
func TestABackupOfEarlierSchemasIsRestoredAndMigrated(t *testing.T) {
	t.Parallel()
	from, to := pgtest.Pool(t), pgtest.Pool(t)
	require.NoError(t, postgres.EnsureRole(t.Context(), from))
	const name, earlier = "webhook_queue", 2
	for _, s := range migrated() {
		version, err := s.Newest()
		require.NoError(t, err)
		if s.Name == name {
			require.Greater(t, version, int64(earlier))
			version = earlier
		}
		require.NoError(t, pgstore.MigrateSchemaTo(t.Context(), from, s, version))
	}
	_, err := from.Exec(t.Context(), `INSERT INTO webhook_queue.endpoints (id, workspace_id, url, types, tables, ordered, secrets, enabled) VALUES ('whk_1', 'ws_1', 'https://example.com', '{}', '{}', true, '{}', true)`)
	require.NoError(t, err)
	require.NoError(t, restored(t.Context(), settingsOf(t, to, "k"), backedUp(t, settingsOf(t, from, "k"))))
	require.EqualValues(t, earlier, slices.Max(versions(t, to, name)))
	require.NoError(t, migrate(t.Context(), to))
	require.Greater(t, slices.Max(versions(t, to, name)), int64(earlier))
	var held string
	require.NoError(t, to.QueryRow(t.Context(), `SELECT held_by FROM webhook_queue.endpoints WHERE id = 'whk_1'`).Scan(&held))
	require.Empty(t, held)
}

func TestABackupOfLaterSchemasIsRefused(t *testing.T) {
	t.Parallel()
	from, to := inUse(t), pgtest.Pool(t)
	_, err := from.Exec(t.Context(), `INSERT INTO vault.migrations (version_id, is_applied) VALUES (99, true)`)
	require.NoError(t, err)
	err = restored(t.Context(), settingsOf(t, to, "k"), backedUp(t, settingsOf(t, from, "k")))
	require.ErrorIs(t, err, backup.ErrNewer)
	require.ErrorContains(t, err, "vault is at 99")
	require.Empty(t, schemasIn(t, to))
}

// An object that is no longer needed when a backup comes to it may be named by the log that the backup has.
func TestObjectsStayWhileABackupIsTaken(t *testing.T) {
	t.Parallel()
	b, err := openBase(t.Context(), settingsOf(t, inUse(t), "k"), slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	defer b.close()
	o, err := newObjects(b)
	require.NoError(t, err)
	_, err = o.store.Put(t.Context(), "a", bytes.NewReader(nil), 1)
	require.NoError(t, err)
	release, err := holdObjects(t.Context(), b.pool)
	require.NoError(t, err)
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(o.store.Delete(t.Context(), "a")))
	r, err := o.store.Open(t.Context(), "a", 0)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	release()
	require.NoError(t, o.store.Delete(t.Context(), "a"))
	_, err = o.store.Open(t.Context(), "a", 0)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}
