package httpapi_test

import (
	"testing"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/limitertest"
	"github.com/morket/morket/domain/kernel"
)

func TestMemoryLimiter(t *testing.T) {
	t.Parallel()
	limitertest.Run(t, func(t *testing.T) limitertest.Fixture {
		t.Helper()
		clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		return limitertest.Fixture{Limiter: httpapi.NewMemoryLimiter(clock), Pass: func(_ *testing.T, d time.Duration) { clock.Advance(d) }}
	})
}
