package waterfall_test

import (
	"testing"
	"time"

	"github.com/morket/morket/adapters/ratelimit/quotatest"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/kernel"
)

func TestMemoryQuotas(t *testing.T) {
	t.Parallel()
	quotatest.Run(t, func(t *testing.T) quotatest.Fixture {
		t.Helper()
		return quotatest.Fixture{Still: true, Quotas: waterfall.NewMemoryQuotas(kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))}
	})
}
