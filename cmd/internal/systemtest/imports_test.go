package systemtest_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// importInfo is what the tests need of the API's Import.
type importInfo struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	TableID string `json:"table_id"`
	Counts  struct {
		Rows     int64 `json:"rows"`
		Imported int64 `json:"imported"`
		Failed   int64 `json:"failed"`
	} `json:"counts"`
	Progress float64 `json:"progress"`
	Undo     *struct {
		Removed int64 `json:"removed"`
		Kept    int64 `json:"kept"`
	} `json:"undo"`
	WaitingFor string `json:"waiting_for"`
	Error      string `json:"error"`
}

// Every badEvery-th record of a test's file has no number where one belongs.
const badEvery = 1000

func key(i int) string { return fmt.Sprintf("key-%06d", i) }

// file is a CSV file of n records with a key each.
func file(n int) raw {
	var b strings.Builder
	b.WriteString("Key,Number,First,Second,Third,Fourth,Fifth,Sixth\n")
	for i := 1; i <= n; i++ {
		number := strconv.Itoa(i * 7)
		if i%badEvery == 0 {
			number = "bad-" + strconv.Itoa(i)
		}
		fmt.Fprintf(&b, "%s,%s", key(i), number)
		for _, name := range []string{"alpha", "beta", "gamma", "delta", "epsilon", "zeta"} {
			fmt.Fprintf(&b, ",%s %d of some length", name, i)
		}
		b.WriteByte('\n')
	}
	return raw(b.String())
}

// importing is a file on its way into a new table.
type importing struct {
	c        *client
	s        *server
	id       string
	commit   map[string]any
	answered importInfo // to the commit
}

const importKey = "the-import-of-this-test"

// begin uploads the file and starts its import.
func begin(c *client, s *server, content raw) *importing {
	c.t.Helper()
	up := in[importInfo](c, http.StatusCreated, http.MethodPost, "/imports?filename=people.csv", content, "Content-Type", "text/csv", "Idempotency-Key", importKey+"/upload")
	i := &importing{c: c, s: s, id: up.ID, commit: map[string]any{
		"new_table": map[string]any{"name": "People"}, "header": true,
		"mapping": []any{
			map[string]any{"index": 0, "new_column": map[string]any{"name": "Key", "type": "text"}},
			map[string]any{"index": 1, "new_column": map[string]any{"name": "Number", "type": "number"}},
			map[string]any{"index": 2, "new_column": map[string]any{"name": "First", "type": "text"}},
			map[string]any{"index": 3, "new_column": map[string]any{"name": "Second", "type": "text"}},
			map[string]any{"index": 4, "new_column": map[string]any{"name": "Third", "type": "text"}},
			map[string]any{"index": 5, "new_column": map[string]any{"name": "Fourth", "type": "text"}},
			map[string]any{"index": 6, "new_column": map[string]any{"name": "Fifth", "type": "text"}},
			map[string]any{"index": 7, "new_column": map[string]any{"name": "Sixth", "type": "text"}},
		},
	}}
	i.answered = i.repeat()
	return i
}

// repeat sends the commit, each time with the same Idempotency-Key.
func (i *importing) repeat() importInfo {
	i.c.t.Helper()
	return in[importInfo](i.c, http.StatusOK, http.MethodPost, "/imports/"+i.id+"/commit", i.commit, "Idempotency-Key", importKey+"/commit")
}

func (i *importing) now() importInfo {
	i.c.t.Helper()
	return in[importInfo](i.c, http.StatusOK, http.MethodGet, "/imports/"+i.id, nil)
}

// await polls the import until it is as wanted.
func (i *importing) await(what string, want func(importInfo) bool) importInfo {
	i.c.t.Helper()
	var last importInfo
	i.s.eventually(doneWithin, what, func() bool {
		last = i.now()
		require.NotEqual(i.c.t, "failed", last.State, last.Error)
		return want(last)
	})
	return last
}

func TestStoppedInTheMiddleOfAnImport(t *testing.T) {
	t.Parallel()
	const records = 20_000
	s := newServer(t)
	s.start()
	s.mustChild("temporal", 0)
	c := demo(t, s)
	i := begin(c, s, file(records))
	at := i.await("the import is half done", func(n importInfo) bool { return n.Progress > 0.1 })
	require.Equal(t, "importing", at.State, "the import was too quick to be stopped: %+v", at)
	took, code := s.stop()
	t.Logf("stopped at %.0f %% within %s", 100*at.Progress, took)
	require.Zero(t, code)
	require.Less(t, took, 15*time.Second)
	s.start()
	began := time.Now()
	done := i.await("the import has ended", func(n importInfo) bool { return n.State != "importing" })
	t.Logf("the import went on by itself and ended %s after the restart", time.Since(began))
	everyKeyOnce(t, c, done.TableID, records)
	refused(t, i, records)
	s.verify()
}

func TestKilledInTheMiddleOfAnImportAndOfItsUndo(t *testing.T) {
	t.Parallel()
	const records = 20_000
	s := newServer(t)
	s.start()
	s.mustChild("temporal", 0)
	c := demo(t, s)
	content := file(records)
	i := begin(c, s, content)
	at := i.await("the import is half done", func(n importInfo) bool { return n.Progress > 0.1 })
	require.Equal(t, "importing", at.State, "the import was too quick to be killed: %+v", at)
	t.Logf("killed at %.0f %%; the children were gone after %s", 100*at.Progress, s.kill())

	s.start()
	began := time.Now()
	again := in[importInfo](c, http.StatusCreated, http.MethodPost, "/imports?filename=people.csv", content, "Content-Type", "text/csv", "Idempotency-Key", importKey+"/upload")
	require.Equal(t, i.id, again.ID, "the same upload, repeated after the crash, acts once")
	require.Equal(t, i.answered, i.repeat(), "the same commit, repeated after the crash, gets its first answer")
	done := i.await("the import has ended", func(n importInfo) bool { return n.State != "importing" })
	t.Logf("the import went on by itself and ended %s after the restart", time.Since(began))
	require.Equal(t, "partially_completed", done.State)
	require.Equal(t, int64(records-records/badEvery), done.Counts.Imported)
	require.Equal(t, int64(records/badEvery), done.Counts.Failed)
	require.Len(t, in[[]importInfo](c, http.StatusOK, http.MethodGet, "/imports", nil), 1)
	everyKeyOnce(t, c, done.TableID, records)
	refused(t, i, records)

	undone(t, s, i, done)
}

// everyKeyOnce checks that each good record of the file is one row of the table.
func everyKeyOnce(t *testing.T, c *client, table string, records int) {
	t.Helper()
	good := records - records/badEvery
	require.Equal(t, int64(good), c.count(table))
	seen := map[string]int{}
	for _, r := range exportOf(t, c, table)[1:] {
		n, err := strconv.Atoi(strings.TrimPrefix(r[0], "key-"))
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(n*7), r[1])
		seen[r[0]]++
	}
	require.Len(t, seen, good)
	for k, times := range seen {
		require.Equal(t, 1, times, k)
	}
}

func exportOf(t *testing.T, c *client, table string) [][]string {
	t.Helper()
	r := c.call(http.StatusOK, http.MethodGet, c.ws+"/tables/"+table+"/export", nil)
	all, err := csv.NewReader(strings.NewReader(string(r.Raw))).ReadAll()
	require.NoError(t, err)
	return all
}

// refused checks that errors.csv names each bad record once, in the file's order.
func refused(t *testing.T, i *importing, records int) {
	t.Helper()
	r := i.c.call(http.StatusOK, http.MethodGet, i.c.ws+"/imports/"+i.id+"/errors.csv", nil)
	all, err := csv.NewReader(strings.NewReader(string(r.Raw))).ReadAll()
	require.NoError(t, err)
	require.Len(t, all, 1+records/badEvery, "%s", r.Raw)
	width := len(all[0]) - 3
	require.Equal(t, []string{"import_line", "import_result", "import_problem"}, all[0][width:])
	number := slices.Index(all[0], "Number")
	require.GreaterOrEqual(t, number, 0, "the file's own columns come first")
	for n, got := range all[1:] {
		bad := (n + 1) * badEvery
		require.Equal(t, strconv.Itoa(bad+1), got[width], "the header is line 1")
		require.Equal(t, "bad-"+strconv.Itoa(bad), got[number])
		require.Equal(t, "left out", got[width+1])
		require.NotEmpty(t, got[width+2])
	}
}

// undone takes the import back, kills the server in the middle of it, and checks that it is whole after the restart.
func undone(t *testing.T, s *server, i *importing, done importInfo) {
	t.Helper()
	undo := func() importInfo {
		return in[importInfo](i.c, http.StatusOK, http.MethodPost, "/imports/"+i.id+"/undo", nil, "Idempotency-Key", importKey+"/undo")
	}
	first := undo()
	at := i.await("the undo is under way", func(n importInfo) bool { return n.Undo != nil && n.Undo.Removed > done.Counts.Imported/10 })
	require.NotEqual(t, "undone", at.State, "the undo was too quick to be killed: %+v", at.Undo)
	t.Logf("killed after %d rows were taken back; the children were gone after %s", at.Undo.Removed, s.kill())
	s.start()
	began := time.Now()
	require.Equal(t, first, undo(), "the same undo, repeated after the crash, gets its first answer")
	end := i.await("the undo has ended", func(n importInfo) bool { return n.State == "undone" })
	t.Logf("the undo went on by itself and ended %s after the restart", time.Since(began))
	require.Equal(t, done.Counts.Imported, end.Undo.Removed)
	require.Zero(t, end.Undo.Kept)
	s.eventually(doneWithin, "the rows are gone from the grid too", func() bool { return i.c.count(done.TableID) == 0 })
	require.Len(t, exportOf(t, i.c, done.TableID), 1)
	s.verify()
}
