//go:build simulate

package simulator_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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
