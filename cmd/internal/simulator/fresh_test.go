//go:build simulate

package simulator_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// failed are seeds that have found a fault, and which. A seed does the same only as long as the simulator draws the same: what each has found
// has a test of its own beside the code, too.
func failed() map[uint64]string {
	return map[uint64]string{
		1883218422321388185: "a worker of a run took what its successor appended for its own and left the successor's page in order",
	}
}

// TestSeedsThatFailed runs them again.
func TestSeedsThatFailed(t *testing.T) { //nolint:paralleltest // one processor
	c := newConstants(t)
	for seed, fault := range failed() {
		require.Empty(t, simulate(t, c, seed, sound, false).faults, "seed %d: %s", seed, fault)
	}
}

// replayed is how many seeds are run twice, to see that they replay.
const replayed = 20

// TestFreshSeeds runs seeds that nobody has run before, for as long as MORKET_SIMULATE_FOR says.
func TestFreshSeeds(t *testing.T) { //nolint:paralleltest // one processor
	most, err := time.ParseDuration(os.Getenv("MORKET_SIMULATE_FOR"))
	require.NoError(t, err)
	began := time.Now()
	first := uint64(began.UnixMilli()) << 20
	c := newConstants(t)
	for seed := first; seed < first+replayed; seed++ {
		r := simulate(t, c, seed, sound, false)
		require.NotZero(t, simulatorChoices-choices(seed), "the runtime's choices are random; build with the go command of this folder")
		require.Equal(t, r.sum, simulate(t, c, seed, sound, false).sum, "seed %d does the same again", seed)
	}
	block{first: first, more: func(uint64) bool { return time.Since(began) < most }}.run(t)
}

// TestReplay runs one seed twice and tells what happened.
func TestReplay(t *testing.T) { //nolint:paralleltest // one processor
	c := newConstants(t)
	seed := number(t, "MORKET_SIMULATE_SEED", 1)
	m := mutant(os.Getenv("MORKET_SIMULATE_FAULT"))
	r := simulate(t, c, seed, m, true)
	again := simulate(t, c, seed, m, true)
	for _, line := range r.lines {
		fmt.Println(line)
	}
	for i := range r.lines {
		if r.sum != again.sum && (i >= len(again.lines) || r.lines[i] != again.lines[i]) {
			t.Logf("differs at %d:\n%s\n%s", i, r.lines[i], again.lines[min(i, len(again.lines)-1)])
			break
		}
	}
	require.Equal(t, r.sum, again.sum, "the same seed does the same")
	require.Empty(t, r.faults)
}
