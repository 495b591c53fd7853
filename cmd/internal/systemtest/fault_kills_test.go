//go:build fault

package systemtest_test

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rounds is how often a loop of faults goes round; MORKET_TEST_ROUNDS says how often at night.
func rounds(t *testing.T) int {
	t.Helper()
	return number(t, "MORKET_TEST_ROUNDS", 5)
}

// number is what the variable says, or else a number that a quiet machine is through with soon.
func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	asked := os.Getenv(variable)
	if asked == "" {
		return otherwise
	}
	n, err := strconv.Atoi(asked)
	require.NoError(t, err, variable)
	return n
}

// Postgres is lost in the middle of a paid run: the run ends by itself, with no cell in an error, and nothing is asked or paid twice.
func TestFaultsOfPostgresInTheMiddleOfARun(t *testing.T) {
	t.Parallel()
	g := inTheMiddleOfARun(t, 120)
	old := g.mustChild("postgres", 0)
	g.desk.release() // calls end while the server is away
	require.NoError(t, syscall.Kill(old, syscall.SIGKILL))
	g.mustChild("postgres", old)
	g.ended()
	g.verify()
}

// Temporal is deleted in the middle of a paid run, process and files: the run ends by itself, and the vendor was asked as often as there
// are answers and told repeats.
func TestFaultsOfATemporalThatIsDeletedInTheMiddleOfARun(t *testing.T) {
	t.Parallel()
	g := inTheMiddleOfARun(t, number(t, "MORKET_TEST_RUN_ROWS", 120))
	g.desk.release()
	g.eventually(g.patience(), "a third of the run is done", func() bool { return g.now().Counts.Done >= int64(g.records/3) })
	require.Equal(t, "running", g.now().State)
	began := time.Now()
	g.emptyTemporal()
	g.killChild("temporal")
	g.eventually(g.patience(), "the run has ended", func() bool { return ended(g.now().State) })
	calls := 0
	for _, n := range g.desk.asked() {
		calls += n
	}
	reader := &steady{c: *g.c, signed: time.Now()}
	all, err := reader.records(t.Context(), g.job)
	require.NoError(t, err)
	require.Len(t, all, g.records)
	told := 0
	for _, r := range all {
		for _, try := range r.Tries {
			told += try.Calls
			if try.Repeated {
				told++
			}
		}
	}
	t.Logf("%d records: %d calls, %d told; ended %s after Temporal was deleted", g.records, calls, told, time.Since(began).Round(time.Millisecond))
	require.Equal(t, told, calls, "the vendor's calls are the answers and the told repeats")
	require.Equal(t, g.records, int(g.now().Counts.Succeeded))
	g.balances()
	g.verify()
}

// inTheMiddleOfARun is an installation of its own servers whose run over the records is held up in its middle.
func inTheMiddleOfARun(t *testing.T, records int) *grownSystem {
	t.Helper()
	const operator = "operator@example.com"
	s := newServer(t, append(paying(), "MORKET_OPERATOR_EMAILS="+operator)...)
	s.start()
	g := &grownSystem{ill: &ill{server: s, t: t, c: register(t, s, operator)}}
	g.prepare(records)
	g.desk.hold()
	g.begin()
	g.goesOn()
	return g
}

// patience is how long the run may take: the vendor is asked ten times a second.
func (g *grownSystem) patience() time.Duration {
	return doneWithin + time.Duration(g.records)*time.Second/5
}
