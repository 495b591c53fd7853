package simulator_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain has everything run on one processor, as goroutines of one moment then take turns in one order.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// result is what a seed has come to.
type result struct {
	faults []string
	sum    uint64
	lines  []string
	events int
}

// longestSeed is how long a seed may take by the clock on the wall: one that stands still in its own time would never end.
const longestSeed = 5 * time.Minute

// simulate runs a seed.
func simulate(t *testing.T, c *constants, seed uint64, m mutant, trace bool) (res result) {
	t.Helper()
	hangs := time.AfterFunc(longestSeed, func() { panic(fmt.Sprintf("seed %d doesn't end", seed)) })
	defer hangs.Stop()
	synctest.Test(t, func(t *testing.T) {
		simulatorChoices = choices(seed)
		w := newWorld(c, seed, m, trace)
		if err := w.begin(t.Context()); err != nil {
			w.wrong("begin: %v", err)
		} else {
			w.live()
			w.rest(t.Context())
		}
		if len(w.faults) == 0 {
			w.check(t.Context())
		}
		w.end()
		head, _ := w.log.Head(t.Context())
		res = result{w.faults, w.sum, w.lines, int(head)}
	})
	return res
}

func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(t, err, name)
	return n
}

// TestSeeds runs a block of seeds, which must stay sound: those from MORKET_SIMULATE_FIRST on, MORKET_SIMULATE_SEEDS of them.
func TestSeeds(t *testing.T) { //nolint:paralleltest // one processor
	first, n := number(t, "MORKET_SIMULATE_FIRST", 1), number(t, "MORKET_SIMULATE_SEEDS", 200)
	block{first: first, more: func(done uint64) bool { return done < n }}.run(t)
}

// block is a number of seeds that follow each other.
type block struct {
	first uint64
	more  func(done uint64) bool
}

// mostShown is after how many seeds with faults a block ends.
const mostShown = 20

func (b block) run(t *testing.T) {
	t.Helper()
	c := newConstants(t)
	began, used, events, bad, n := time.Now(), cpu(), 0, 0, uint64(0)
	for ; b.more(n) && bad < mostShown; n++ {
		r := simulate(t, c, b.first+n, sound, false)
		events += r.events
		if len(r.faults) > 0 {
			bad++
			t.Errorf("seed %d (make simulate SEED=%d shows what happened):\n\t%s",
				b.first+n, b.first+n, strings.Join(r.faults[:min(len(r.faults), 5)], "\n\t"))
		}
	}
	t.Logf("%d seeds from %d on in %s, %.0f a second of a core, %d events each",
		n, b.first, time.Since(began).Round(time.Millisecond), float64(n)/(cpu()-used).Seconds(), events/int(max(1, n)))
}

// cpu is the processor time that the program has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// seedsPerFault is within how many seeds each seeded fault is found.
const seedsPerFault = 2000

// TestSeededFaults shows that the simulator finds what is wrong: one fault in each layer.
func TestSeededFaults(t *testing.T) { //nolint:paralleltest // one processor
	c := newConstants(t)
	for _, m := range mutants() {
		t.Run(string(m), func(t *testing.T) {
			for seed := range uint64(seedsPerFault) {
				if r := simulate(t, c, seed+1, m, false); len(r.faults) > 0 {
					t.Logf("found by seed %d: %s", seed+1, r.faults[0])
					return
				}
			}
			t.Errorf("not found by %d seeds", seedsPerFault)
		})
	}
}
