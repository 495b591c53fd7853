package pgchild

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheLogOfChangesFollowsTheDisk(t *testing.T) {
	t.Parallel()
	for free, want := range map[uint64]string{
		0:         "max_wal_size=128MB",
		1 << 30:   "max_wal_size=128MB",
		10 << 30:  "max_wal_size=1024MB",
		100 << 30: "max_wal_size=2048MB",
	} {
		require.Equal(t, want, maxWAL(free), free)
	}
	require.Positive(t, freeOn(t.TempDir()))
	require.Equal(t, "max_wal_size=2048MB", maxWAL(freeOn("/nowhere at all")))
}
