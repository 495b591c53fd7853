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
// comes right by itself, and whoever followed the lost one is told.
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
	put(0, "kept")
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
	g.onlyAiling("")
	g.eventually(2*time.Minute, "a search finds what the backup had", func() bool {
		return g.c.found("kept") == 1 && g.c.found("elephant") == 0 && g.c.found("overwritten") == 0
	})
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
