package boot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/analyticsread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/postgres/historyread"
	"github.com/morket/morket/adapters/postgres/searchread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/gridview"
	"github.com/morket/morket/projections/searchview"
)

// walled is an installation with two workspaces, each with a table of one row, whose read models are all there.
type walled struct {
	pool, app *pgxpool.Pool
	codec     *eventstore.Codec
	log       *pgstore.Store
	store     *postgres.Store
	rows      *postgres.Scoped
	ids       *kernel.IDs
	spaces    []kernel.WorkspaceID
	tables    []kernel.TableID
	row       []kernel.RowID
}

func newWalled(t *testing.T) *walled {
	t.Helper()
	log, pool := pgtest.Log(t)
	return newWalledOn(t, log, pool)
}

func newWalledOn(t *testing.T, log *pgstore.Store, pool *pgxpool.Pool) *walled {
	t.Helper()
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	codec, err := Codec()
	require.NoError(t, err)
	w := &walled{pool: pool, log: log, codec: codec, ids: kernel.NewIDs(clock)}
	require.NoError(t, migrate(t.Context(), pool))
	w.store, err = postgres.NewStore(pool, models()...)
	require.NoError(t, err)
	for i := range 2 {
		w.space(t, clock, fmt.Sprint("canary", i))
	}
	cfg := pool.Config()
	postgres.AppPool(cfg, 10*time.Second)
	w.app, err = pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(w.app.Close)
	w.rows = postgres.NewScoped(w.app, pool)
	w.rebuild(t)
	return w
}

func (w *walled) space(t *testing.T, clock kernel.Clock, text string) {
	t.Helper()
	ws, user := kernel.WorkspaceID(w.ids.New(kernel.PrefixWorkspace)), kernel.UserID(w.ids.New(kernel.PrefixUser))
	id := kernel.TableID(w.ids.New(kernel.PrefixTable))
	tbl, err := table.New(table.Maker{IDs: w.ids, Clock: clock}, id, ws, "", text, []table.Draft{{Name: "Name", Type: table.Text}})
	require.NoError(t, err)
	row := kernel.RowID(w.ids.New(kernel.PrefixRow))
	chunk := kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{tbl.Schema().Columns[0].ID: {table.Quote(text)}}}
	a, err := w.codec.Append(kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(user)}, Workspace: ws}, nil,
		eventstore.At(eventstore.Stream("workspace", string(ws)), eventstore.NoStream, workspace.Created{
			Workspace: ws, Name: text, Slug: text, Owner: user, Membership: string(user), At: clock.Now(),
		}),
		eventstore.At(eventstore.Stream(table.StructureStream, string(id)), eventstore.NoStream, tbl.Pending()...),
		eventstore.At(eventstore.Stream(table.CellStream, string(id)), eventstore.NoStream,
			table.RowsInserted{TableID: id, Chunk: chunk, Source: table.FromInsert, Step: table.Step{Step: "step-" + text}}))
	require.NoError(t, err)
	_, err = w.log.Append(t.Context(), a)
	require.NoError(t, err)
	w.spaces, w.tables, w.row = append(w.spaces, ws), append(w.tables, id), append(w.row, row)
}

// rebuild makes every read model from the log, by the way of a rebuild, and leaves a further copy of each that is being made.
func (w *walled) rebuild(t *testing.T) {
	t.Helper()
	all := append(projectors(w.codec), analyticsview.New(analyticsview.Name, analyticsread.Open), searchview.New(searchview.Name, w.codec, searchread.Open))
	for _, p := range all {
		done, err := projections.Rebuild(t.Context(), projections.RebuildConfig{RunnerConfig: projections.RunnerConfig{
			Projector: p, Log: w.log, Store: w.store, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler),
		}})
		require.NoError(t, err, p.Name())
		require.Empty(t, done.Parked, p.Name())
		_, err = w.store.Create(t.Context(), projections.Location{Projection: p.Name(), Copy: projections.Next}, p.Version())
		require.NoError(t, err)
	}
}

func (w *walled) in(t *testing.T, i int) context.Context {
	t.Helper()
	return kernel.WithScope(t.Context(), kernel.Scope{Workspace: w.spaces[i]})
}

func (w *walled) count(ctx context.Context, t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, w.rows.QueryRow(ctx, sql, args...).Scan(&n), sql)
	return n
}

const tablesSQL = `SELECT n.nspname, c.relname,
c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND 'morket_app'::regrole = ANY (p.polroles)),
has_schema_privilege('morket_app', n.oid, 'USAGE'), has_table_privilege('morket_app', c.oid, 'SELECT'),
has_table_privilege('morket_app', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') OR pg_has_role('morket_app', c.relowner, 'MEMBER')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2`

// Every table of the database is behind the wall: with policies, in a schema that requests can't enter, or rows of one user's table,
// whose readers ask the registry.
func TestEveryTableIsBehindTheSecondWall(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	rows, err := w.pool.Query(t.Context(), tablesSQL)
	require.NoError(t, err)
	var schema, name string
	var walled, enters, reads, writes bool
	seen := map[string]int{}
	_, err = pgx.ForEachRow(rows, []any{&schema, &name, &walled, &enters, &reads, &writes}, func() error {
		at := schema + "." + name
		require.False(t, writes, "%s: requests only read", at)
		switch {
		case strings.HasPrefix(schema, "rm_grid") && (strings.HasPrefix(name, "t_") || strings.HasPrefix(name, "x_")):
			seen["apart"]++
		case strings.HasPrefix(schema, "rm_"):
			seen["model"]++
			require.True(t, walled, "%s has no policy: say in its model whose its rows are", at)
			require.True(t, enters && reads, "%s can't be read", at)
		case at == "projection.checkpoints": // how far each read model has come
			require.True(t, enters && reads)
		default:
			seen["closed"]++
			require.False(t, enters && reads, "%s: requests don't read it through this role", at)
		}
		return nil
	})
	require.NoError(t, err)
	require.GreaterOrEqual(t, seen["apart"], 4)
	require.Greater(t, seen["model"], 50)
	require.Greater(t, seen["closed"], 10)
	var strong, owns bool
	require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT rolsuper OR rolbypassrls OR rolcanlogin OR rolcreatedb OR rolcreaterole,
EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid) FROM pg_roles r WHERE rolname = 'morket_app'`).Scan(&strong, &owns))
	require.False(t, strong || owns)
}

func TestAQueryThatForgetsItsWorkspaceFindsItsOwn(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	for _, sql := range []string{
		`SELECT count(*) FROM rm_grid.tables`, `SELECT count(*) FROM rm_workspace.members`, `SELECT count(*) FROM rm_workspace.workspaces`,
		`SELECT count(*) FROM rm_history.tables`, `SELECT count(DISTINCT table_key) FROM rm_history.lines WHERE step <> ''`,
		`SELECT count(*) FROM rm_search.rows`, `SELECT count(*) FROM rm_search.own_rows WHERE words @@ '''canary0'' | ''canary1'''`,
		`SELECT count(DISTINCT workspace) FROM rm_audit.lines`, `SELECT count(DISTINCT thing_id) FROM rm_audit.facts WHERE thing = 'table'`,
	} {
		require.Equal(t, 1, w.count(w.in(t, 0), t, sql), sql)
		require.Equal(t, 1, w.count(w.in(t, 1), t, sql), sql)
		require.Zero(t, w.count(kernel.WithScope(t.Context(), kernel.Scope{}), t, sql), sql)
		require.Equal(t, 2, w.count(kernel.AsSystem(t.Context(), "test"), t, sql), sql)
	}
	require.ErrorIs(t, w.rows.QueryRow(t.Context(), `SELECT 1`).Scan(new(int)), postgres.ErrNoScope)
	_, err := w.rows.Query(w.in(t, 0), `SELECT FROM log.events`) //nolint:sqlclosecheck // there are none
	require.ErrorContains(t, err, "permission denied")
	_, err = w.rows.Query(w.in(t, 0), `DELETE FROM rm_grid.tables`) //nolint:sqlclosecheck // there are none
	require.Error(t, err)
	var left string
	require.NoError(t, w.app.QueryRow(t.Context(), `SELECT coalesce(current_setting('morket.workspace', true), '')`).Scan(&left))
	require.Empty(t, left, "the scope ends with its query")
	tx, err := w.rows.BeginTx(w.in(t, 1), pgx.TxOptions{})
	require.NoError(t, err)
	var name string
	require.NoError(t, tx.QueryRow(t.Context(), `SELECT name FROM rm_grid.tables`).Scan(&name))
	require.Equal(t, "canary1", name)
	require.NoError(t, tx.Rollback(t.Context()))
}

// A handler that has come by the structure of another workspace's table reads none of its rows.
func TestRowsOfATableAreForItsWorkspace(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	grid := gridread.NewGrid(w.rows, kernel.SystemClock{})
	info, err := grid.Table(w.in(t, 0), w.spaces[0], w.tables[0])
	require.NoError(t, err)
	col := info.Schema.Columns[0]
	for i, want := range []int{1, 0} {
		ctx := w.in(t, i)
		page, err := grid.Page(ctx, info, gridview.Query{}, "", 0, 10)
		require.NoError(t, err)
		require.Equal(t, want, page.Count)
		cells, _, err := grid.Cells(ctx, info.Schema, w.row, []kernel.ColumnID{col.ID})
		require.NoError(t, err)
		require.Len(t, cells, want)
		live, _, err := grid.Exists(ctx, info.ID, w.row)
		require.NoError(t, err)
		require.Len(t, live, want)
		for _, find := range []func(context.Context, table.Schema, []kernel.ColumnID, [][]json.RawMessage) ([][]kernel.RowID, error){grid.MatchKeys, grid.JoinKeys} {
			found, err := find(ctx, info.Schema, []kernel.ColumnID{col.ID}, [][]json.RawMessage{{table.Quote("canary0")}})
			require.NoError(t, err)
			require.Len(t, found[0], want)
		}
		n := 0
		require.NoError(t, grid.Export(ctx, info, gridview.Query{}, nil, func(gridview.ExportRow) error { n++; return nil }))
		require.Equal(t, want, n)
		steps := historyread.NewQueries(w.rows, w.log, w.codec)
		past, err := steps.Previous(ctx, info.ID, 1<<40, w.row[:1], []kernel.ColumnID{col.ID})
		require.NoError(t, err)
		require.Len(t, past[w.row[0]], want)
	}
	_, err = grid.Table(w.in(t, 1), w.spaces[0], w.tables[0])
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err), "not even when it asks for the right workspace in the wrong scope")
}

// A person sees all own workspaces, in each of them.
func TestAPersonsOwnRows(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	var users []kernel.UserID
	rows, err := w.pool.Query(t.Context(), `SELECT user_id FROM rm_workspace.members ORDER BY workspace_id`)
	require.NoError(t, err)
	users, err = pgx.CollectRows(rows, pgx.RowTo[kernel.UserID])
	require.NoError(t, err)
	require.Len(t, users, 2)
	reads := workspaceread.NewQueries(w.rows, nil)
	ctx := kernel.WithScope(t.Context(), kernel.Scope{User: users[0]})
	for i, want := range []int{1, 0} {
		list, err := reads.Of(ctx, users[i], "", time.Now(), 10)
		require.NoError(t, err)
		require.Len(t, list, want)
	}
}

// The search's index over words serves requests as well as it serves the tables' owner, also when the owner is no superuser.
func TestWordsAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	tx, err := w.rows.BeginTx(w.in(t, 0), pgx.TxOptions{})
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), `SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off`)
	require.NoError(t, err)
	for sql, index := range map[string]string{
		`SELECT row_id FROM rm_search.own_rows WHERE words @@ '''canary0'''::tsquery`:                  "rows_words",
		`SELECT term FROM rm_search.own_terms WHERE term OPERATOR(public.%) 'canari'`:                  "terms_trigrams",
		`SELECT name FROM rm_grid.tables WHERE workspace_id = 'ws_1' AND table_id > 'tbl_' ORDER BY 1`: "tables_workspace",
	} {
		rows, err := tx.Query(t.Context(), "EXPLAIN "+sql)
		require.NoError(t, err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Contains(t, strings.Join(plan, "\n"), index)
	}
}

// A query that takes too long is answered as such, and an export may take its time.
func TestAQueryThatIsTooSlowIsEnded(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	cfg := w.pool.Config()
	postgres.AppPool(cfg, 50*time.Millisecond)
	app, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer app.Close()
	rows := postgres.NewScoped(app, w.pool)
	const slow = `SELECT pg_sleep(0.3)::text`
	err = rows.QueryRow(w.in(t, 0), slow).Scan(new(string))
	var e *kernel.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "QUERY_TOO_SLOW", e.Code)
	require.Equal(t, kernel.KindUnavailable, e.Kind)
	require.NoError(t, rows.QueryRow(postgres.Unhurried(w.in(t, 0)), slow).Scan(new(string)))
	require.Error(t, rows.QueryRow(w.in(t, 0), slow).Scan(new(string)), "the next one has its limit again")
	require.Zero(t, app.Stat().AcquiredConns(), "every connection is given back")
}

// Files that leave have connections of their own: their readers take as long as they like, and a page of the grid is read meanwhile.
func TestExportsDoNotTakeTheConnectionsOfPages(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	one := func() *pgxpool.Pool {
		cfg := w.pool.Config()
		postgres.AppPool(cfg, 10*time.Second)
		cfg.MaxConns = 1
		pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		return pool
	}
	app, exports := one(), one()
	rows := postgres.NewScoped(app, w.pool).WithExports(exports)
	ctx, cancel := context.WithTimeout(w.in(t, 0), time.Minute) // a page that waited would wait for ever
	defer cancel()
	slow, err := rows.Query(postgres.Unhurried(ctx), `SELECT g FROM generate_series(1, 10) g`)
	require.NoError(t, err)
	defer slow.Close()
	require.True(t, slow.Next())
	require.NoError(t, slow.Err())
	require.EqualValues(t, 1, exports.Stat().AcquiredConns(), "there is a reader that reads no further")

	grid := gridread.NewGrid(rows, kernel.SystemClock{})
	info, err := grid.Table(ctx, w.spaces[0], w.tables[0])
	require.NoError(t, err)
	page, err := grid.Page(ctx, info, gridview.Query{}, "", 0, 10)
	require.NoError(t, err)
	require.Equal(t, 1, page.Count)
	slow.Close()
	n := 0
	require.NoError(t, grid.Export(ctx, info, gridview.Query{}, nil, func(gridview.ExportRow) error {
		n++
		return nil
	}))
	require.Equal(t, 1, n)
	require.EqualValues(t, 2, exports.Stat().AcquireCount(), "the slow reader's and the export's")
}

// asUser opens a database of its own for a login that is no superuser, with the given attributes of the role.
func asUser(t *testing.T, attributes string) (*pgxpool.Pool, string) {
	t.Helper()
	owner := pgtest.Pool(t)
	cfg := owner.Config()
	user := "u_" + cfg.ConnConfig.Database
	for _, sql := range []string{
		"CREATE ROLE " + user + " LOGIN NOSUPERUSER " + attributes, fmt.Sprintf("ALTER DATABASE %s OWNER TO %s", cfg.ConnConfig.Database, user),
		"ALTER SCHEMA public OWNER TO " + user, "CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public",
	} {
		_, err := owner.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	cfg.ConnConfig.User = user
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		pool.Close()
		for _, sql := range []string{"REASSIGN OWNED BY " + user + " TO CURRENT_USER", "DROP OWNED BY " + user, "DROP ROLE " + user} {
			_, err := owner.Exec(context.WithoutCancel(t.Context()), sql)
			require.NoError(t, err, sql)
		}
	})
	return pool, user
}

// As on a hosted Postgres: the database's user is no superuser. If that user may not make or take on the role, the start says what an
// administrator has to run, and after that everything works, for the tables' owner too, whom the policies bind.
func TestADatabaseWhoseUserIsNoSuperuser(t *testing.T) {
	t.Parallel()
	require.NoError(t, postgres.EnsureRole(t.Context(), pgtest.Pool(t))) // it is there, of another database of the server
	pool, user := asUser(t, "NOCREATEROLE")
	var why *postgres.RoleError
	require.ErrorAs(t, migrate(t.Context(), pool), &why)
	require.Contains(t, why.Why, user)
	require.Equal(t, `GRANT morket_app TO "`+user+`"`, why.Run)
	admin := pgtest.Pool(t)
	_, err := admin.Exec(t.Context(), why.Run)
	require.NoError(t, err)
	require.NoError(t, migrate(t.Context(), pool))
	log, err := pgstore.Open(t.Context(), pgstore.Config{Pool: pool})
	require.NoError(t, err)
	t.Cleanup(log.Close)
	w := newWalledOn(t, log, pool)
	for i := range 2 {
		require.Equal(t, 1, w.count(w.in(t, i), t, `SELECT count(*) FROM rm_grid.tables`))
	}
	require.Equal(t, 2, w.count(kernel.AsSystem(t.Context(), "test"), t, `SELECT count(*) FROM rm_grid.tables`))
	w.rebuild(t)
	require.Equal(t, 1, w.count(w.in(t, 1), t, `SELECT count(*) FROM rm_search.own_rows WHERE words @@ '''canary0'' | ''canary1'''`))
}

// A user who may make roles needs nobody.
func TestAUserWhoMayMakeRoles(t *testing.T) {
	t.Parallel()
	pool, _ := asUser(t, "CREATEROLE")
	require.NoError(t, migrate(t.Context(), pool))
	require.NoError(t, migrate(t.Context(), pool))
}

const withoutWallSQL = `SELECT format('DROP POLICY %I ON %I.%I', policyname, schemaname, tablename) FROM pg_policies
UNION ALL SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', c.oid::regclass) FROM pg_class c WHERE relrowsecurity
UNION ALL SELECT format('REVOKE ALL ON ALL TABLES IN SCHEMA %1$I FROM morket_app; REVOKE ALL ON SCHEMA %1$I FROM morket_app', nspname)
FROM pg_namespace WHERE nspname LIKE 'rm\_%'`

// An installation of the release before has read models without policies; a start puts them up.
func TestReadModelsThatWereThereArePutBehindTheWall(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	rows, err := w.pool.Query(t.Context(), withoutWallSQL)
	require.NoError(t, err)
	undo, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, sql := range undo {
		_, err := w.pool.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	for range 2 { // again does nothing
		require.NoError(t, w.store.Protect(t.Context()))
		require.Equal(t, 1, w.count(w.in(t, 0), t, `SELECT count(*) FROM rm_grid.tables`))
		require.Equal(t, 1, w.count(w.in(t, 0), t, `SELECT count(*) FROM rm_grid.t_`+strings.ToLower(strings.TrimPrefix(string(w.tables[0]), "tbl_"))))
		require.Equal(t, 1, w.count(w.in(t, 0), t, `SELECT count(*) FROM rm_search.rows`))
	}
}
