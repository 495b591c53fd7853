package sidestoretest_test

import (
	"context"
	"testing"

	"github.com/morket/morket/projections/sidestore"
	"github.com/morket/morket/projections/sidestore/sidestoretest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	sidestoretest.Run(t, func(*testing.T) sidestoretest.Subject {
		return sidestoretest.Subject{
			Engine: sidestoretest.NewMemory(), Projection: "suite",
			Set: func(_ context.Context, b sidestore.Batch, key, row string, position int64) error {
				b.(*sidestoretest.Batch).Set("rows", key, row, position)
				return nil
			},
			Break: func() error { return sidestoretest.ErrDown },
		}
	})
}
