package systemtest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// metric reads a figure without labels.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	c := client{t: s.t, base: s.url}
	r := c.call(http.StatusOK, http.MethodGet, "/metrics", nil)
	for lines := bufio.NewScanner(bytes.NewReader(r.Raw)); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			v, err := strconv.ParseFloat(text, 64)
			require.NoError(s.t, err)
			return v
		}
	}
	s.t.Fatalf("there is no metric %s", name)
	return 0
}

var restoredAt = regexp.MustCompile(`restored position (\d+) of`)

// The disk is lost. What was archived brings an empty folder to each moment since the base backup, with its files and keys.
func TestALostDiskIsRestoredToAPointInTime(t *testing.T) {
	t.Parallel()
	place := filepath.Join(t.TempDir(), "archive")
	archiving := []string{passphrase, "MORKET_ARCHIVE_TARGET=" + place, "MORKET_ARCHIVE_EVERY=1s"}
	s := newServer(t, archiving...)
	s.start()
	c := demo(t, s)
	s.eventually(doneWithin, "there is a base backup", func() bool { return s.metric("morket_archive_oldest_timestamp_seconds") > 0 })
	table := c.sample()
	id, name := c.rows(table.ID, "limit=1")[0].ID, table.Columns[0].ID
	type moment struct {
		position int64
		at       time.Time
	}
	var moments []moment
	for i := range 3 {
		c.edit(table.ID, id, name, fmt.Sprintf("name %d", i))
		moments = append(moments, moment{c.at, time.Now()})
	}
	upload := in[importInfo](c, http.StatusCreated, http.MethodPost, "/imports?filename=kept.csv", raw("a,b\n1,2\n"), "Content-Type", "text/csv")
	c.edit(table.ID, id, name, "name 3")
	last := c.at
	wrote := time.Now()
	s.eventually(doneWithin, "all of it is archived", func() bool {
		return s.metric("morket_archive_last_success_timestamp_seconds") > float64(wrote.Unix()+1)
	})
	require.Positive(t, s.metric("morket_archive_bytes"))
	s.kill()
	require.NoError(t, os.RemoveAll(s.dir))

	restore := func(until string) (*server, string, int) {
		again := newServer(t, passphrase)
		out, code := again.tool("restore", "--until", until, place)
		return again, out, code
	}
	for until, want := range map[string]int64{
		strconv.FormatInt(moments[1].position, 10):   moments[1].position,
		moments[0].at.UTC().Format(time.RFC3339Nano): moments[0].position,
		strconv.FormatInt(last, 10):                  last,
	} {
		began := time.Now()
		again, out, code := restore(until)
		require.Zero(t, code, out)
		at := restoredAt.FindStringSubmatch(out)
		require.NotNil(t, at, out)
		require.Equal(t, strconv.FormatInt(want, 10), at[1], out)
		if want != last {
			continue
		}
		again.start()
		t.Logf("restored and ready after %s: %s", time.Since(began), out)
		c.base = again.url
		require.JSONEq(t, `"name 3"`, string(c.rows(table.ID, "limit=1")[0].Cells[name]))
		mapping := []any{map[string]any{"index": 0, "new_column": map[string]any{"name": "A", "type": "text"}}}
		c.call(http.StatusOK, http.MethodPost, c.ws+"/imports/"+upload.ID+"/commit", map[string]any{"new_table": map[string]any{"name": "Kept"}, "header": true, "mapping": mapping})
		again.eventually(doneWithin, "the file that was uploaded is there", func() bool {
			return in[importInfo](c, http.StatusOK, http.MethodGet, "/imports/"+upload.ID, nil).State == "completed"
		})
		c.edit(table.ID, id, name, "in the new history")
		again.verify()
	}
	for until, why := range map[string]string{
		"2020-01-01T00:00:00Z":                               "the archive begins at",
		strconv.FormatInt(last+1000, 10):                     "the archive ends at position",
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339): "the archive ends before",
		"yesterday": "neither a time",
	} {
		again, out, code := restore(until)
		require.NotZero(t, code, out)
		require.Contains(t, out, why, until)
		require.NoDirExists(t, again.dir, "nothing is left")
	}
}
