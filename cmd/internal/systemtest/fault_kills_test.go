//go:build fault

package systemtest_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rounds is how often a loop of kills goes round; MORKET_TEST_ROUNDS says how often at night.
func rounds(t *testing.T, otherwise int) int {
	t.Helper()
	asked := os.Getenv("MORKET_TEST_ROUNDS")
	if asked == "" {
		return otherwise
	}
	n, err := strconv.Atoi(asked)
	require.NoError(t, err, "MORKET_TEST_ROUNDS")
	return n
}

// Everything is killed at once and started again in the same moment, while the old servers are still going down.
func TestFaultsOfAKillOfEverything(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := demo(t, s)
	table := c.sample()
	name, first := table.column("Company"), c.rows(table.ID, "limit=1")[0].ID
	for round := range rounds(t, 5) {
		c.edit(table.ID, first, name, fmt.Sprint("round ", round))
		children := s.children()
		require.NotEmpty(t, children)
		require.NoError(t, s.cmd.Process.Kill())
		for _, pid := range children {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				require.ErrorIs(t, err, syscall.ESRCH) // its parent's death took it along
			}
		}
		<-s.done
		began := time.Now()
		s.start()
		t.Logf("round %d: ready after %s", round, time.Since(began).Round(time.Millisecond))
		require.Equal(t, fmt.Sprint("round ", round), text(t, in[row](c, http.StatusOK, http.MethodGet, "/tables/"+table.ID+"/rows/"+first, nil).Cells[name]))
	}
	s.verify()
}

// A server of our own is lost in the middle of a paid run: the run ends by itself, with no cell in an error, and nothing is asked or
// paid twice.
func TestFaultsInTheMiddleOfARun(t *testing.T) {
	t.Parallel()
	for name, child := range map[string]string{"Postgres is killed": "postgres", "Temporal is emptied": "temporal"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const operator = "operator@example.com"
			s := newServer(t, append(paying(), "MORKET_OPERATOR_EMAILS="+operator)...)
			s.start()
			g := &grownSystem{ill: &ill{server: s, t: t, c: register(t, s, operator)}}
			g.prepare(120)
			g.desk.hold()
			g.begin()
			g.goesOn()
			old := s.mustChild(child, 0)
			if child == "temporal" {
				files, err := filepath.Glob(filepath.Join(s.dir, "temporal", "temporal.db*"))
				require.NoError(t, err)
				require.NotEmpty(t, files)
				for _, name := range files {
					require.NoError(t, os.Remove(name))
				}
			}
			g.desk.release() // calls end while the server is away
			require.NoError(t, syscall.Kill(old, syscall.SIGKILL))
			s.mustChild(child, old)
			g.ended()
			s.verify()
		})
	}
}
