//go:build fault

package systemtest_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// held stops the caller of a stand-in at a place: it is told on reached, and goes on when the server has been killed.
type held struct {
	mu      sync.Mutex
	path    string // the end of the next call's path that is held; empty for none
	skip    int    // of such calls
	after   bool   // the work is done first
	reached chan struct{}
	dead    chan struct{}
}

func (h *held) next(path string, skip int, after bool) (reached chan struct{}, dead chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.path, h.skip, h.after, h.reached, h.dead = path, skip, after, make(chan struct{}), make(chan struct{})
	return h.reached, h.dead
}

func (h *held) around(twin http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		mine := h.path != "" && strings.HasSuffix(r.URL.Path, h.path)
		if mine && h.skip > 0 {
			h.skip--
			mine = false
		}
		after, reached, dead := h.after, h.reached, h.dead
		if mine {
			h.path = ""
		}
		h.mu.Unlock()
		if !mine {
			twin.ServeHTTP(w, r)
			return
		}
		if after {
			twin.ServeHTTP(httptest.NewRecorder(), r)
		}
		close(reached)
		<-dead
	})
}

// Companies have no key by which HubSpot makes no second one. The server is killed before a batch of them is written, after it and before
// its answer, and while what was written is read again: none is made twice, each row is told once, those of the batch that was not written as not known, and the reversals leave nothing.
func TestFaultsOfAPushThatIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	var h held
	f := newPushing(t, func(_ *server, twin http.Handler) http.Handler { return h.around(twin) })
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
		reached, dead := h.next(k.path, k.skip, k.after)
		if id == "" {
			id = in[syncRun](f.c, http.StatusCreated, http.MethodPost, "/syncs/"+f.sync+"/run", map[string]any{"dry": false}).ID
		}
		<-reached
		f.s.kill()
		close(dead)
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
