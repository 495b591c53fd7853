package systemtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// branch is what the tests need of the API's Branch.
type branch struct {
	ID    string `json:"id"`
	Merge *struct {
		ID    string `json:"id"`
		State string `json:"state"`
		Done  struct {
			Cells int `json:"cells"`
		} `json:"done"`
	} `json:"merge"`
}

// TestABranchIsMergedOnceThroughAKill: the process is killed as soon as the merge is asked for, and the job goes on by itself.
func TestABranchIsMergedOnceThroughAKill(t *testing.T) {
	t.Parallel()
	const people = 1_000
	list := make([][3]string, people)
	for i := range list {
		list[i] = [3]string{fmt.Sprint("Person ", i), "", "Bern"}
	}
	d := newDeduping(t, list...)
	city := d.table.column("City")
	made := in[branch](d.c, http.StatusCreated, http.MethodPost, d.path("/branches"), map[string]any{"name": "What if"})
	rows := d.c.rows(d.table.ID, "limit=1000")
	var edits []any
	for _, r := range rows {
		edits = append(edits, map[string]any{"row_id": r.ID, "column_id": city, "value": "Basel"})
	}
	for part := range slices.Chunk(edits, insertedAtOnce) {
		d.c.call(http.StatusOK, http.MethodPatch, d.c.ws+"/tables/"+made.ID+"/cells", map[string]any{"edits": part})
	}
	cities := func(table string) map[string]int {
		out := map[string]int{}
		for _, r := range d.c.rows(table, "limit=1000") {
			out[string(r.Cells[city])]++
		}
		return out
	}
	require.Equal(t, map[string]int{`"Bern"`: len(rows)}, cities(d.table.ID))
	require.Equal(t, map[string]int{`"Basel"`: len(rows)}, cities(made.ID))
	count := in[struct {
		Cells, Conflicts int
	}](d.c, http.StatusOK, http.MethodGet, d.path("/branches/%s/diff:count", made.ID), nil)
	require.Equal(t, len(rows), count.Cells)
	require.Zero(t, count.Conflicts)

	d.c.call(http.StatusOK, http.MethodPost, d.c.ws+d.path("/branches/%s/merge", made.ID), map[string]any{})
	d.s.kill()
	d.s.start()
	var merged branch
	d.s.eventually(doneWithin, "the merge's end", func() bool {
		merged = in[[]branch](d.c, http.StatusOK, http.MethodGet, d.path("/branches"), nil)[0]
		return merged.Merge.State != "running"
	})
	require.Equal(t, "completed", merged.Merge.State)
	require.Equal(t, len(rows), merged.Merge.Done.Cells)
	d.s.eventually(doneWithin, "the table shows it", func() bool { return cities(d.table.ID)[`"Basel"`] == len(rows) })
	history := in[[]any](d.c, http.StatusOK, http.MethodGet, d.path("/cells/%s/%s/history", rows[0].ID, city), nil)
	require.Len(t, history, 2, "the cell has one more value, once")
	d.c.call(http.StatusOK, http.MethodPost, d.c.ws+d.path("/undo"), map[string]any{"steps": []string{merged.Merge.ID}})
	require.Equal(t, map[string]int{`"Bern"`: len(rows)}, cities(d.table.ID), "the merge is one step")
	d.s.verify()
}
