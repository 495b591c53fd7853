package systemtest_test

import (
	"archive/tar"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// installation is what an earlier release has left, in testdata/upgrade/<release>.tar.zst: its database, its objects, and what was under
// way when it was killed. See the README there.
type installation struct {
	Release   string   `json:"release"` // the commit
	Workspace string   `json:"workspace"`
	Table     string   `json:"table"`  // with the columns Key and Note
	Column    string   `json:"column"` // that is enriched
	Keys      []string `json:"keys"`   // of its rows
	Note      string   `json:"note"`   // that was put into the first row's cell last
	Run       string   `json:"run"`    // half done
	Answered  int64    `json:"answered"`
	Import    string   `json:"import"` // half done
	Rows      int64    `json:"rows"`   // of the import
	Webhook   string   `json:"webhook"`
	Edits     int      `json:"edits"`   // events for the webhook that wait
	Credits   int64    `json:"credits"` // the balance before the run
}

const (
	dumpFile  = "database.sql"
	stateFile = "state.json"
	// deskAt is where the provider of the dumps is asked: below the ports that the system gives out.
	deskAt       = "127.0.0.1:18417"
	upgradedUser = "upgraded@example.com"
	// askedPrice is what an answer costs, in millicredits.
	askedPrice = 500
)

// upgradeSettings are those of the releases that made the dumps and of the one that takes them over.
func upgradeSettings() []string {
	const key = "dXBncmFkZSB1cGdyYWRlIHVwZ3JhZGUgdXBncmFkZSA=" // of tests
	return append([]string{"MORKET_PROVIDER_PRICES=http_api=0.5", "MORKET_DIAL_ALLOW=127.0.0.1/32", "MORKET_OPERATOR_EMAILS=" + upgradedUser}, "MORKET_MASTER_KEY="+key, "MORKET_JWT_KEYS="+key)
}

// answerer is the provider of the dumps: it answers each key, and counts how often it was asked.
type answerer struct {
	mu    sync.Mutex
	asked map[string]int
	most  int           // so many are answered at once, the others never
	done  chan struct{} // closed at the end
}

func newAnswerer(t *testing.T, most int) *answerer {
	t.Helper()
	d := &answerer{asked: map[string]int{}, most: most, done: make(chan struct{})}
	at, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", deskAt)
	require.NoError(t, err)
	srv := &httptest.Server{Listener: at, Config: &http.Server{Handler: d}}
	srv.Start()
	t.Cleanup(func() {
		close(d.done)
		srv.Close()
	})
	return d
}

// ServeHTTP answers a key.
func (d *answerer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("key")
	d.mu.Lock()
	d.asked[key]++
	held := d.most > 0 && len(d.asked) > d.most
	d.mu.Unlock()
	if held {
		select {
		case <-d.done:
		case <-r.Context().Done():
		}
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"answer":%q}`, "answer to "+key)
}

func (d *answerer) calls() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.asked)
}

// unpack puts the objects into the folder, and answers the rest.
func unpack(t *testing.T, path, folder string) (at installation, sql []byte) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := zstd.NewReader(f)
	require.NoError(t, err)
	defer z.Close()
	files := tar.NewReader(z)
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			require.NotEmpty(t, sql)
			return at, sql
		}
		require.NoError(t, err)
		body, err := io.ReadAll(files)
		require.NoError(t, err)
		switch h.Name {
		case dumpFile:
			sql = body
		case stateFile:
			require.NoError(t, json.Unmarshal(body, &at))
		default:
			to := filepath.Join(folder, filepath.FromSlash(h.Name))
			require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
			require.NoError(t, os.WriteFile(to, body, 0o600))
		}
	}
}

const readersRole = `DO $$ BEGIN CREATE ROLE morket_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`

// plain is the database's address without what only a pool understands.
func plain(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	q := u.Query()
	q.Del("pool_max_conns")
	u.RawQuery = q.Encode()
	return u.String()
}

// fill makes the database what it was.
func fill(t *testing.T, database string, sql []byte) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), plain(t, database))
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	_, err = conn.PgConn().Exec(t.Context(), readersRole).ReadAll()
	require.NoError(t, err)
	_, err = conn.PgConn().Exec(t.Context(), string(sql)).ReadAll()
	require.NoError(t, err)
}

// Each schema that ever was on the main branch is taken over with a run, an import and webhooks under way.
func TestEveryEarlierReleaseIsUpgraded(t *testing.T) { //nolint:tparallel // one after the other: each is a whole server
	t.Parallel()
	dumps, err := filepath.Glob("testdata/upgrade/*.tar.zst")
	require.NoError(t, err)
	require.NotEmpty(t, dumps)
	asked := newAnswerer(t, 0)
	for _, path := range dumps {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".tar.zst"), func(t *testing.T) {
			u := upgrade(t, path)
			u.runEnds(asked)
			u.importEnds()
			u.webhooksCome()
			u.keepsWhatWas()
			u.proves()
		})
	}
}

// upgraded is an installation that this release serves.
type upgraded struct {
	*server
	was installation
	c   *client
}

func upgrade(t *testing.T, path string) *upgraded {
	t.Helper()
	database := freshDatabase(t)
	s := newServer(t, append(upgradeSettings(), "DATABASE_URL="+database)...)
	was, sql := unpack(t, path, s.dir)
	fill(t, database, sql)
	s.start()
	c := &client{t: t, base: s.url, ws: "/api/v1/workspaces/" + was.Workspace}
	c.signedIn(c.call(http.StatusOK, http.MethodPost, "/api/v1/auth/login", map[string]string{"email": upgradedUser, "password": "correct horse battery"}))
	return &upgraded{s, was, c}
}

// runEnds requires that the run goes on where it was, and that each accepted answer was paid once.
func (u *upgraded) runEnds(asked *answerer) {
	u.t.Helper()
	if u.was.Run == "" {
		return
	}
	var job jobInfo
	u.eventually(doneWithin, "the run has ended", func() bool {
		job = in[jobInfo](u.c, http.StatusOK, http.MethodGet, "/enrichment-jobs/"+u.was.Run, nil)
		return job.State == "completed" || job.State == "partially_completed" || job.State == "failed"
	})
	n := int64(len(u.was.Keys))
	require.Equal(u.t, n, job.Counts.Done, "%+v", job)
	require.GreaterOrEqual(u.t, job.Counts.Succeeded, u.was.Answered)
	var answered []map[string]string
	u.eventually(doneWithin, "the answers are in the cells", func() bool { // the grid follows the run's own read model
		answered = slices.DeleteFunc(u.lines(), func(r map[string]string) bool { return r["Asked"] == "" })
		return int64(len(answered)) >= job.Counts.Succeeded
	})
	calls, answers := asked.calls(), int64(len(answered))
	require.Equal(u.t, job.Counts.Succeeded, answers)
	for _, r := range answered {
		require.Equal(u.t, "answer to "+r["Key"], r["Asked"])
		require.LessOrEqual(u.t, calls[r["Key"]], 1, "what was asked for in this life was asked for once")
	}
	type credits struct {
		Balance  int64 `json:"balance_mc"`
		Reserved int64 `json:"reserved_mc"`
	}
	u.eventually(doneWithin, "each answer is paid once, and nothing is reserved", func() bool { // the account's read model follows too
		return in[credits](u.c, http.StatusOK, http.MethodGet, "/credits", nil) == credits{Balance: u.was.Credits - answers*askedPrice}
	})
}

// lines are the table's rows as its file has them.
func (u *upgraded) lines() (out []map[string]string) {
	u.t.Helper()
	all, err := csv.NewReader(bytes.NewReader(u.c.call(http.StatusOK, http.MethodGet, u.c.ws+"/tables/"+u.was.Table+"/export", nil).Raw)).ReadAll()
	require.NoError(u.t, err)
	for _, line := range all[1:] {
		r := map[string]string{}
		for i, name := range all[0] {
			r[strings.TrimPrefix(name, "\ufeff")] = line[i]
		}
		out = append(out, r)
	}
	return out
}

func (u *upgraded) importEnds() {
	u.t.Helper()
	if u.was.Import == "" {
		return
	}
	var done importInfo
	u.eventually(doneWithin, "the import has ended", func() bool {
		done = in[importInfo](u.c, http.StatusOK, http.MethodGet, "/imports/"+u.was.Import, nil)
		return done.State != "importing"
	})
	require.Equal(u.t, "completed", done.State, "%+v", done)
	require.Equal(u.t, u.was.Rows, done.Counts.Imported)
	u.eventually(doneWithin, "the rows are there", func() bool { return u.c.count(done.TableID) == u.was.Rows })
}

// webhooksCome requires that what waited for a receiver comes to it, once it has a new address.
func (u *upgraded) webhooksCome() {
	u.t.Helper()
	if u.was.Webhook == "" {
		return
	}
	var mu sync.Mutex
	got := map[string]bool{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e struct{ ID, Type string }
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		got[e.ID] = strings.HasPrefix(e.Type, "table.cells_edited")
	}))
	u.t.Cleanup(receiver.Close)
	u.c.call(http.StatusOK, http.MethodPatch, u.c.ws+"/webhooks/"+u.was.Webhook, map[string]any{"url": receiver.URL})
	u.c.call(http.StatusOK, http.MethodPost, u.c.ws+"/webhooks/"+u.was.Webhook+"/test", nil)
	u.eventually(doneWithin, "the deliveries come", func() bool {
		mu.Lock()
		defer mu.Unlock()
		edits := 0
		for _, edit := range got {
			if edit {
				edits++
			}
		}
		return edits >= u.was.Edits
	})
}

// keepsWhatWas requires that the table is as it was, and takes an edit and an undo.
func (u *upgraded) keepsWhatWas() {
	u.t.Helper()
	table := u.c.table(u.was.Table)
	rows := u.c.rows(table.ID, "limit=1")
	note := table.column("Note")
	require.JSONEq(u.t, fmt.Sprintf("%q", u.was.Note), string(rows[0].Cells[note]))
	require.NotEmpty(u.t, u.c.history(table.ID, rows[0].ID, note))
	u.c.edit(table.ID, rows[0].ID, note, "by the new release")
	require.GreaterOrEqual(u.t, len(u.c.history(table.ID, rows[0].ID, note)), 2, "the history goes on")
	require.Len(u.t, u.lines(), len(u.was.Keys))
}

// proves requires that the log is whole, live = rebuilt, the feed without a gap and the ledger proved.
func (u *upgraded) proves() {
	u.t.Helper()
	feed := u.c.feed()
	require.NotEmpty(u.t, feed)
	for i := 1; i < len(feed); i++ {
		require.Greater(u.t, feed[i], feed[i-1])
	}
	proof := in[struct {
		OK bool `json:"ok"`
	}](u.c, http.StatusOK, http.MethodGet, "/credits/proof", nil)
	require.True(u.t, proof.OK)
	u.verify()
}

// feed reads the positions of all events that the change feed tells.
func (c *client) feed() (positions []int64) {
	c.t.Helper()
	cursor := "0"
	for {
		page := in[struct {
			Events []struct {
				Position int64 `json:"position,string"`
			} `json:"events"`
			Cursor string `json:"cursor"`
			More   bool   `json:"more"`
		}](c, http.StatusOK, http.MethodGet, "/changes?limit=500&after="+cursor, nil)
		for _, e := range page.Events {
			positions = append(positions, e.Position)
		}
		cursor = page.Cursor
		if !page.More {
			return positions
		}
	}
}
