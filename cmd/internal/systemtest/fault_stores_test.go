//go:build fault

package systemtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/clickhousechild"
	"github.com/morket/morket/adapters/servers/opensearchchild"
)

func TestFaultsOfClickHouse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	engine, err := clickhousechild.Start(t.Context(), clickhousechild.Config{DataDir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { engine.Kill() })
	way, through := behind(t, engine.URL()+"/faults")
	x := install(t, "CLICKHOUSE_URL="+through)
	x.works("all is well")
	x.says("clickhouse", "ok")
	summary := func() reply {
		r, err := x.c.try(t.Context(), http.MethodGet, x.c.ws+"/analytics/credits/summary", nil)
		require.NoError(t, err)
		return r
	}
	current := func() {
		x.eventually(doneWithin, "there are analytics of everything", func() bool {
			r := summary()
			return r.Status == http.StatusOK && !r.Meta.Stale
		})
	}
	current()
	room := func(least string) { refuseInserts(t, engine.URL(), "faults", least) }
	for _, f := range []illness{
		{"slow", func() { way.Slow(15 * time.Second) }, way.Heal, "degraded"},
		{"silent", way.Silence, way.Heal, "degraded"},
		{"reset", way.Reset, way.Heal, "degraded"},
		{"full", func() { room("1000000000000000") }, func() { room("0") }, ""},
		{"killed", engine.Kill, func() {
			var err error
			engine, err = clickhousechild.Start(t.Context(), clickhousechild.Config{DataDir: dir, Port: engine.Port()})
			require.NoError(t, err)
		}, "degraded"},
	} {
		f.hurt()
		x.works(f.name)
		if f.state != "" {
			x.says("clickhouse", f.state)
			x.eventually(doneWithin, "reads say what is missing", func() bool { // what was cached is given for a minute
				r := summary()
				require.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, r.Status, "%s", r.Raw)
				return r.Status == http.StatusServiceUnavailable && r.Error.Code == "CLICKHOUSE_UNAVAILABLE"
			})
		} else {
			require.Equal(t, http.StatusOK, summary().Status, "what is there is read")
		}
		f.heal()
		x.says("clickhouse", "ok")
		current()
		x.works(f.name + ": over")
	}
	x.recovered()
}

// refuseInserts has ClickHouse take nothing new unless so many bytes of its disk are free, as with one that is full.
func refuseInserts(t *testing.T, address, database, bytes string) {
	t.Helper()
	ask := func(sql string) string { return string(operate(t, http.MethodPost, address, sql)) }
	tables := strings.Fields(ask("SELECT name FROM system.tables WHERE database = '" + database + "' AND engine LIKE '%MergeTree'"))
	require.NotEmpty(t, tables)
	for _, name := range tables {
		ask("ALTER TABLE " + database + "." + name + " MODIFY SETTING min_free_disk_bytes_to_perform_insert = " + bytes)
	}
}

func TestFaultsOfOpenSearch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	node, err := opensearchchild.Start(t.Context(), opensearchchild.Config{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { node.Kill() })
	way, through := behind(t, node.URL()+"/faults")
	x := install(t, "OPENSEARCH_URL="+through)
	x.works("all is well")
	x.says("opensearch", "ok")
	finds := func(value string) {
		t.Helper()
		x.eventually(doneWithin, value+" is found", func() bool { return x.c.found(`"`+value+`"`) == 1 })
	}
	finds("all is well")
	for _, f := range []illness{
		{"slow", func() { way.Slow(15 * time.Second) }, way.Heal, "degraded"},
		{"silent", way.Silence, way.Heal, "degraded"},
		{"reset", way.Reset, way.Heal, "degraded"},
		{"full", func() { readOnly(t, node.URL(), "true") }, func() { readOnly(t, node.URL(), "null") }, ""},
		{"killed", node.Kill, func() {
			var err error
			node, err = opensearchchild.Start(t.Context(), opensearchchild.Config{Dir: dir, Port: node.Port()})
			require.NoError(t, err)
		}, "degraded"},
	} {
		f.hurt()
		x.works(f.name)
		if f.state != "" {
			x.says("opensearch", f.state)
			require.EqualValues(t, -1, x.c.found("well"))
		} else {
			require.Zero(t, x.c.found(`"`+f.name+`"`), "nothing new gets in, and what is there can be searched")
		}
		f.heal()
		x.says("opensearch", "ok")
		finds(f.name)
		x.works(f.name + " is over")
		finds(f.name + " is over")
	}
	x.recovered()
}

// readOnly does to the indexes what OpenSearch does when its disk is full, or undoes it.
func readOnly(t *testing.T, address, value string) {
	t.Helper()
	operate(t, http.MethodPut, address+"/faults_*/_settings", `{"index.blocks.read_only_allow_delete":`+value+`}`)
}
