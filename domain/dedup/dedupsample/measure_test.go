package dedupsample_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dedup/dedupsample"
)

// The bars are those of the specification; the rows that were taken wrongly are shown.
func TestDuplicatesAreFoundAndOthersLeftAlone(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2} {
		m, err := dedupsample.Measure(dedupsample.Make(6_000, seed), dedupsample.Definition())
		require.NoError(t, err)
		t.Logf("seed %d: %d rows, %d groups, precision %.4f, recall %.4f, %+v", seed, m.Rows, m.Groups, m.Precision, m.Recall, m.Told)
		require.GreaterOrEqual(t, m.Precision, 0.98, "%+v", m.Wrong)
		require.GreaterOrEqual(t, m.Recall, 0.9, "%+v", m.Missed)
	}
}
