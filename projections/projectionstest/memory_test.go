package projectionstest_test

import (
	"context"
	"testing"

	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	projectionstest.Run(t, func(*testing.T) projectionstest.Subject {
		return projectionstest.Subject{
			Store: projectionstest.NewMemory(),
			Set: func(_ context.Context, tx projections.Tx, key, row string) error {
				tx.(*projectionstest.Tx).Set("rows", key, row)
				return nil
			},
			Break: func() error { return &projectionstest.TransientError{Reason: "gone"} },
		}
	})
}
