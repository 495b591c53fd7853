package systemtest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// editor makes edits of one row of its own, one after the other, each with a key.
type editor struct {
	row   string
	acked []bool // by edit
}

func (e *editor) key(n int) string   { return e.row + "-" + strconv.Itoa(n) }
func (e *editor) value(n int) string { return fmt.Sprintf("edit %d of %s", n, e.row) }

func TestKilledInABurstOfEdits(t *testing.T) {
	t.Parallel()
	const editors, enough = 8, 400
	s := newServer(t)
	s.start()
	c := demo(t, s)
	table := c.sample()
	name := table.column("Company")
	patch := func(ctx context.Context, e *editor, n int) (reply, error) {
		return c.try(ctx, http.MethodPatch, c.ws+"/tables/"+table.ID+"/cells", edits(e.row, name, e.value(n)), "Idempotency-Key", e.key(n))
	}
	var (
		all   []*editor
		total atomic.Int64
		wait  sync.WaitGroup
	)
	for _, r := range c.rows(table.ID, "limit="+strconv.Itoa(editors)) {
		e := &editor{row: r.ID}
		all = append(all, e)
		wait.Go(func() {
			for n := 0; ; n++ {
				r, err := patch(t.Context(), e, n)
				ok := err == nil && r.Status == http.StatusOK
				e.acked = append(e.acked, ok)
				if !ok {
					return
				}
				total.Add(1)
			}
		})
	}
	s.eventually(doneWithin, "the burst is under way", func() bool { return total.Load() >= enough })
	s.kill()
	wait.Wait()

	// After a crash the pid in the folder may belong to somebody else, who must not be taken for the server.
	pid := fmt.Sprintf(`{"pid":%d,"address":"http://127.0.0.1:1","database_url":"postgres://127.0.0.1:1/none"}`, os.Getpid())
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "runtime.json"), []byte(pid), 0o600))
	s.start()
	lost, inDoubt := 0, 0
	for _, e := range all {
		for n, acked := range e.acked {
			r, err := patch(t.Context(), e, n) // also what was acknowledged: a client that never saw the answer would
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, r.Status, "%s", r.Raw)
			replayed := r.Header.Get("Idempotent-Replayed") == "true"
			if acked && !replayed {
				lost++
			}
			if !acked && replayed {
				inDoubt++
			}
			c.wrote(r)
		}
	}
	require.Zero(t, lost, "acknowledged edits that the restarted server does not know")
	t.Logf("%d edits acknowledged, %d of %d others had been made without an answer", total.Load(), inDoubt, editors)
	for _, e := range all {
		onceEach(t, c, table.ID, name, e)
	}
	s.verify()
}

// onceEach checks that the cell's history has every edit exactly once, in order.
func onceEach(t *testing.T, c *client, table, column string, e *editor) {
	t.Helper()
	var seen []string
	cursor := ""
	for {
		r := c.call(http.StatusOK, http.MethodGet, c.ws+"/tables/"+table+"/cells/"+e.row+"/"+column+"/history?limit=100"+cursor, nil)
		var page struct {
			Data []entry `json:"data"`
		}
		require.NoError(t, r.into(&page))
		for _, h := range page.Data {
			if h.Source != "insert" {
				seen = append(seen, text(t, h.Value))
			}
		}
		if r.Meta.NextCursor == "" {
			break
		}
		cursor = "&cursor=" + r.Meta.NextCursor
	}
	require.Len(t, seen, len(e.acked))
	for i, value := range seen { // newest first
		require.Equal(t, e.value(len(seen)-1-i), value)
	}
}
