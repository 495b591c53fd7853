//go:build fault

package systemtest_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A backup is restored beside servers that have lived on: RabbitMQ, ClickHouse, OpenSearch and Redis know of a later history. Everything
// comes right by itself, nothing says that it is well before it is, and whoever followed the lost history is told.
func TestFaultsOfARestoreBesideNewerStores(t *testing.T) {
	t.Parallel()
	parts := startParts(t)
	const operator = "operator@example.com"
	env := append(external(t), "MORKET_OPERATOR_EMAILS="+operator, "MORKET_BACKUP_PASSPHRASE=correct horse battery", "AMQP_URL="+parts[0].url, "CLICKHOUSE_URL="+parts[1].url,
		"OPENSEARCH_URL="+parts[2].url, "REDIS_URL="+parts[3].url)
	s := newServer(t, env...)
	s.start()
	g := &grownSystem{ill: &ill{server: s, t: t, env: env, c: register(t, s, operator)}, parts: parts}
	g.onlyAiling("")
	table := in[tableInfo](g.c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Edited", "columns": []any{map[string]any{"name": "Name", "type": "text"}}})
	name, rows := table.column("Name"), insertRows(g.c, table.ID, 3)
	put := func(row int, word string) {
		g.c.edit(table.ID, rows[row], name, word)
		g.caughtUp(word)
	}
	type place struct {
		Cursor string `json:"cursor"`
		Next   int64  `json:"next"`
	}
	end := func() place {
		return in[place](g.c, http.StatusOK, http.MethodGet, "/changes?after=now&wait=0", nil)
	}
	n := number(t, "MORKET_TEST_RESTORE_ROWS", 1_500)
	patience := doneWithin + time.Duration(n)*10*time.Millisecond
	g.c.imported(s, n, patience)
	g.c.edit(table.ID, rows[0], name, "kept")
	g.eventually(patience, "a search finds all", func() bool { return g.c.found("kept") == 1 && g.c.found("alpha") == good(n) })
	kept := end()
	file := filepath.Join(t.TempDir(), "backup")
	out, code := s.tool("backup", file)
	require.Zero(t, code, out)
	put(0, "overwritten")
	put(1, "elephant")
	lost := end()
	require.Greater(t, lost.Next, kept.Next)
	_, code = s.stop()
	require.Zero(t, code)

	again := newServer(t, append(env, "DATABASE_URL="+freshDatabase(t))...)
	out, code = again.tool("restore", file)
	require.Zero(t, code, out)
	began := time.Now()
	again.start()
	c := *g.c
	c.base, c.at = strings.Replace(c.base, s.url, again.url, 1), 0
	g.server, g.c = again, &c
	t.Logf("ready after %s", time.Since(began).Round(time.Millisecond))
	g.comesRight(patience, map[string]int64{"kept": 1, "alpha": good(n), "elephant": 0, "overwritten": 0})
	t.Logf("right after %s", time.Since(began).Round(time.Millisecond))

	refused := g.c.call(http.StatusConflict, http.MethodGet, g.c.ws+"/changes?wait=0&after="+lost.Cursor, nil)
	require.Equal(t, "HISTORY_CHANGED", refused.Error.Code)
	require.NotEqual(t, kept.Cursor, end().Cursor)
	require.Equal(t, http.StatusOK, g.c.call(http.StatusOK, http.MethodGet, g.c.ws+"/changes?wait=0&after="+kept.Cursor, nil).Status, "up to there nothing has changed")

	for round := range 3 { // the new history fills the positions that the lost one had
		put(1+round%2, []string{"other", "further", "onwards"}[round])
	}
	require.Zero(t, g.c.found("elephant"))
	again.verify()
}

// good is how many records of a test's file can be read.
func good(records int) int64 { return int64(records - records/badEvery) }

// imported imports a file of n records.
func (c *client) imported(s *server, n int, within time.Duration) {
	c.t.Helper()
	i := begin(c, s, file(n))
	var last importInfo
	s.eventually(within, "the import has ended", func() bool {
		last = i.now()
		return last.State != "importing"
	})
	require.Equal(c.t, good(n), last.Counts.Imported, "%+v", last)
}

// comesRight waits until everything is well and searches find so many rows. Until then they find that, or say that they can't be
// answered; and what readiness calls well is right.
func (g *grownSystem) comesRight(within time.Duration, want map[string]int64) {
	g.t.Helper()
	g.eventually(within, "everything comes right", func() bool {
		h, err := g.readiness()
		require.NoError(g.t, err)
		well := h.ailing() == ""
		for _, q := range sortedKeys(want) {
			n := g.c.found(q)
			require.Contains(g.t, []int64{want[q], -1}, n, "a search for %s; readiness: %+v", q, h)
			if well {
				require.Equal(g.t, want[q], n, "everything is said to be well, but a search for %s can't be answered", q)
			}
		}
		return well
	})
}
