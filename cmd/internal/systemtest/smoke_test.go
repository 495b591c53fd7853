package systemtest_test

import (
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/smoke"
)

// companies is how many the sample table has.
const companies = 503

func TestTheFirstMinutes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := demo(t, s)
	table := c.sample()
	require.Equal(t, int64(companies), table.RowCount)
	require.Equal(t, int64(companies), c.count(table.ID))

	all := c.rows(table.ID, "limit=1000")
	require.Len(t, all, companies)
	name, first := table.column("Company"), all[0]
	before := text(t, first.Cells[name])
	c.edit(table.ID, first.ID, name, "Edited by a test")
	value := func() string {
		return text(t, in[row](c, http.StatusOK, http.MethodGet, "/tables/"+table.ID+"/rows/"+first.ID, nil).Cells[name])
	}
	require.Equal(t, "Edited by a test", value())
	history := c.history(table.ID, first.ID, name)
	require.Len(t, history, 2)
	require.Equal(t, "Edited by a test", text(t, history[0].Value))
	require.Equal(t, before, text(t, history[0].Previous))
	require.Equal(t, c.user, history[0].Actor.User)
	require.Equal(t, "Demo", history[0].Actor.Name)
	require.Equal(t, "insert", history[1].Source)

	c.call(http.StatusOK, http.MethodPost, c.ws+"/tables/"+table.ID+"/undo", nil)
	require.Equal(t, before, value())
	c.call(http.StatusOK, http.MethodPost, c.ws+"/tables/"+table.ID+"/redo", nil)
	require.Equal(t, "Edited by a test", value())
	require.Len(t, c.history(table.ID, first.ID, name), 4)
	exported(t, c, table)
	s.verify()

	took, code := s.stop()
	t.Logf("stopped in %s", took)
	require.Zero(t, code)
	require.Less(t, took, 15*time.Second)
	began := time.Now()
	s.start()
	warm := time.Since(began)
	t.Logf("warm start in %s", warm)
	require.Less(t, warm, 15*time.Second)
	require.Equal(t, "Edited by a test", value(), "the session and the data outlive a restart")
	require.Equal(t, int64(companies), c.count(table.ID), "the sample is not made twice")
}

// The system that make full starts, tried as make smoke does.
func TestTheGrownSystem(t *testing.T) {
	t.Parallel()
	own := "/system_" + strings.ToLower(rand.Text())
	s := newServer(t, append(grown(t), "S3_URL="+bucket(t), "REDIS_URL="+need(t, "MORKET_TEST_REDIS_URL"),
		"CLICKHOUSE_URL="+need(t, "MORKET_TEST_CLICKHOUSE_URL")+own, "OPENSEARCH_URL="+need(t, "MORKET_TEST_OPENSEARCH_URL")+own)...)
	s.start()
	var out strings.Builder
	require.NoError(t, smoke.Run(t.Context(), s.url, &out), out.String())
	t.Log("\n" + out.String())
	h, err := s.readiness()
	require.NoError(t, err)
	for _, name := range []string{"postgres", "rabbitmq", "redis", "objects", "clickhouse", "opensearch", "temporal"} {
		require.Equal(t, "ok", h.Dependencies[name].State, name)
	}
	_, code := s.tool("health")
	require.Zero(t, code, "the container's health check")
	s.verify()
	_, code = s.stop()
	require.Zero(t, code)
	_, code = s.tool("health")
	require.NotZero(t, code)
}

// exported checks that the CSV file says what the rows say, in the same order.
func exported(t *testing.T, c *client, table tableInfo) {
	t.Helper()
	r := c.call(http.StatusOK, http.MethodGet, c.ws+"/tables/"+table.ID+"/export?escape_formulas=false", nil)
	require.Contains(t, r.Header.Get("Content-Type"), "text/csv")
	records, err := csv.NewReader(strings.NewReader(string(r.Raw))).ReadAll()
	require.NoError(t, err)
	var names []string
	for _, col := range table.Columns {
		names = append(names, col.Name)
	}
	require.True(t, slices.Equal(names, records[0]), records[0])
	rows := c.rows(table.ID, "limit=1000")
	require.Len(t, records, len(rows)+1)
	for i, row := range rows {
		for j, col := range table.Columns {
			require.Equal(t, text(t, row.Cells[col.ID]), records[i+1][j], "row %d, %s", i, col.Name)
		}
	}
}

// text is the value of a cell of text; an absent one is empty.
func text(t *testing.T, value json.RawMessage) string {
	t.Helper()
	if value == nil {
		return ""
	}
	var s *string
	require.NoError(t, json.Unmarshal(value, &s), string(value))
	if s == nil {
		return ""
	}
	return *s
}
