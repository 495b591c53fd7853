package analyticsviewtest_test

import (
	"testing"

	"github.com/morket/morket/projections/analyticsview/analyticsviewtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	m := analyticsviewtest.NewMemory()
	analyticsviewtest.Run(t, analyticsviewtest.Subject{Store: m, Write: m.Write, Again: m.Write})
}
