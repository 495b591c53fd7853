package systemtest_test

import (
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPostgresIsKilledWhileServing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := demo(t, s)
	table := c.sample()
	name, rows := table.column("Company"), c.rows(table.ID, "limit=10")
	c.edit(table.ID, rows[0].ID, name, "before")

	old := s.mustChild("postgres", 0)
	require.NoError(t, syscall.Kill(old, syscall.SIGKILL))
	began := time.Now()
	// Whoever repeats the same request meets 503 at worst, and in the end success: once. The killed server's own children may
	// still answer for a moment.
	answers := map[int]int{}
	persist := func(row, value, key string) {
		s.eventually(doneWithin, "the edit is taken", func() bool {
			r, err := c.try(t.Context(), http.MethodPatch, c.ws+"/tables/"+table.ID+"/cells", edits(row, name, value), "Idempotency-Key", key)
			require.NoError(t, err, "the server itself lives on")
			answers[r.Status]++
			if r.Status == http.StatusOK {
				c.wrote(r)
				return true
			}
			require.Equal(t, http.StatusServiceUnavailable, r.Status, "%s", r.Raw)
			require.NotEmpty(t, r.Header.Get("Retry-After"))
			require.NotNil(t, r.Error)
			return false
		})
	}
	persist(rows[1].ID, "after", "one-edit")
	t.Logf("edits worked again after %s; answers until then: %v", time.Since(began), answers)
	require.NotEqual(t, old, s.mustChild("postgres", old))
	persist(rows[1].ID, "after", "one-edit")
	for i := range 10 { // each connection of the old server is noticed by whoever uses it next
		persist(rows[2].ID, "until "+strconv.Itoa(i), "until-"+strconv.Itoa(i))
	}
	require.Len(t, c.history(table.ID, rows[1].ID, name), 2, "the repeated edit acted once")
	require.Equal(t, "before", text(t, in[row](c, http.StatusOK, http.MethodGet, "/tables/"+table.ID+"/rows/"+rows[0].ID, nil).Cells[name]))
	for i := range 20 { // every part that held a connection has another
		c.edit(table.ID, rows[2].ID, name, "again "+strconv.Itoa(i))
		c.rows(table.ID, "limit=10")
	}
	h, err := s.readiness()
	require.NoError(t, err)
	require.True(t, h.Ready, "%+v", h)
	s.verify()
	_, code := s.stop()
	require.Zero(t, code)
}

func TestTemporalHangsAndIsKilledWhileServing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := demo(t, s)
	table := c.sample()
	name, rows := table.column("Company"), c.rows(table.ID, "limit=10")
	old := s.mustChild("temporal", 0)
	s.eventually(startWithin, "Temporal is used", func() bool {
		h, err := s.readiness()
		require.NoError(t, err)
		return h.Dependencies["temporal"].State == "ok"
	})

	require.NoError(t, syscall.Kill(old, syscall.SIGSTOP))
	defer func() { _ = syscall.Kill(old, syscall.SIGCONT) }()
	i := begin(c, s, file(badEvery-1))
	i.await("the import says what it waits for", func(n importInfo) bool { return n.WaitingFor == "temporal" })
	c.edit(table.ID, rows[0].ID, name, "Temporal hangs")
	require.Equal(t, "Temporal hangs", text(t, in[row](c, http.StatusOK, http.MethodGet, "/tables/"+table.ID+"/rows/"+rows[0].ID, nil).Cells[name]))
	h, err := s.readiness()
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, h.status)
	require.True(t, h.Ready, "the grid does not need Temporal")
	require.Equal(t, "degraded", h.Dependencies["temporal"].State)
	require.NotEmpty(t, h.Dependencies["temporal"].Message)

	require.NoError(t, syscall.Kill(old, syscall.SIGKILL))
	began := time.Now()
	c.edit(table.ID, rows[0].ID, name, "Temporal is dead")
	done := i.await("the import has ended", func(n importInfo) bool { return n.State != "importing" })
	t.Logf("the import had ended %s after Temporal was killed", time.Since(began))
	require.Equal(t, "completed", done.State)
	require.Empty(t, done.WaitingFor)
	require.Equal(t, int64(badEvery-1), c.count(done.TableID))
	require.NotEqual(t, old, s.mustChild("temporal", old))
	s.verify()
}
