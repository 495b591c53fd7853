//go:build simulate

package simulator_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFreshSeeds runs seeds that nobody has run before, for as long as MORKET_SIMULATE_FOR says.
func TestFreshSeeds(t *testing.T) { //nolint:paralleltest // one processor
	most, err := time.ParseDuration(os.Getenv("MORKET_SIMULATE_FOR"))
	require.NoError(t, err)
	began := time.Now()
	block{first: uint64(began.UnixMilli()) << 20, more: func(uint64) bool { return time.Since(began) < most }}.run(t)
}
