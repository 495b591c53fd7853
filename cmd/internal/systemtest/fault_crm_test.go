//go:build fault

package systemtest_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

// Companies have no key by which HubSpot makes no second one. The server is killed before a batch of them is written, after it and before
// its answer, and while what was written is read again: none is made twice, each row is told once, those of the batch that was not written as not known, and the reversals leave nothing.
func TestFaultsOfAPushThatIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	var h crmtwin.Gate
	f := newPushing(t, func(_ *server, twin http.Handler) http.Handler { return h.Around(twin) })
	kills := []struct {
		path  string
		skip  int
		after bool
	}{{"/batch/create", 0, false}, {"/batch/create", 1, true}, {"/batch/read", 2, true}}
	rows := 100 * (len(kills) + 4)
	var list [][]string
	for n := range rows {
		list = append(list, []string{"ada@acme.example", "Company " + strconv.Itoa(n), "Berlin"})
	}
	f.rows(list...)
	f.sync = in[syncRun](f.c, http.StatusCreated, http.MethodPost, "/syncs", map[string]any{
		"name": "Companies to HubSpot", "connection_id": f.conn, "object": "companies", "table_id": f.table.ID,
		"keys": []any{map[string]any{"field": "name", "column_id": f.table.column("First name")}},
		"mappings": []any{
			map[string]any{"field": "name", "column_id": f.table.column("First name")}, map[string]any{"field": "city", "column_id": f.table.column("Company")},
		},
		"create": true, "max_records": 1000,
	}).ID
	var id string
	for _, k := range kills {
		reached, release := h.Hold(k.path, k.skip, k.after)
		if id == "" {
			id = in[syncRun](f.c, http.StatusCreated, http.MethodPost, "/syncs/"+f.sync+"/run", map[string]any{"dry": false}).ID
		}
		<-reached
		f.s.kill()
		release()
		f.s.start()
	}
	run := f.end(id)
	require.Equal(t, "completed", run.State, "%+v", run)
	const unsure = 100 // the first batch was not written, which a search that lags could not tell from one that was
	require.Equal(t, []int{rows - unsure, unsure}, []int{run.Counts.Created, run.Counts.Unknown}, "%+v", run)
	require.Len(t, f.twin.IDs("companies"), rows-unsure)
	again := f.ended("/syncs/"+f.sync+"/run", map[string]any{"dry": false})
	require.Equal(t, []int{unsure, rows - unsure}, []int{again.Counts.Created, again.Counts.Unchanged}, "%+v", again)
	names := map[string]bool{}
	ids := f.twin.IDs("companies")
	for _, id := range ids {
		names[f.twin.Values("companies", id)["name"]] = true
	}
	require.Len(t, ids, rows)
	require.Len(t, names, rows, "none twice")
	for _, push := range []string{id, again.ID} {
		f.ended("/sync-runs/"+push+"/reverse", map[string]any{"dry": false, "archive_created": true})
	}
	require.Empty(t, f.twin.IDs("companies"))
	f.s.verify()
}
