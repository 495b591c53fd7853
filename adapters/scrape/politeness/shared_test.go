package politeness_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/cache/rediscache"
	"github.com/morket/morket/adapters/scrape/politeness"
	"github.com/morket/morket/adapters/scrape/politeness/politenesstest"
	"github.com/morket/morket/adapters/servers/childtest"
	"github.com/morket/morket/adapters/servers/redischild"
	"github.com/morket/morket/domain/kernel"
)

// server is the address of the Redis that these tests share: MORKET_TEST_REDIS_URL, else a child.
//
//nolint:gochecknoglobals // one server per test process is the point
var server = childtest.Share("MORKET_TEST_REDIS_URL", func(dir string) (string, func() error, error) {
	s, err := redischild.Start(context.Background(), redischild.Config{Dir: dir})
	if err != nil {
		return "", nil, err
	}
	return s.URL(), s.Stop, nil
})

func TestMain(m *testing.M) { os.Exit(server.Run(m)) }

// unused is a fallback that nobody should ask for a moment.
type unused struct {
	*politeness.Memory

	t *testing.T
}

// Take implements politeness.Counter.
func (u unused) Take(context.Context, string, politeness.Rate, time.Duration) (time.Duration, bool) {
	u.t.Error("the fallback was asked while Redis works")
	return 0, true
}

func TestShared(t *testing.T) {
	t.Parallel()
	at := server.URL(t)
	politenesstest.Run(t, func(t *testing.T) politenesstest.Fixture {
		t.Helper()
		prefix := "test:" + strings.ToLower(rand.Text()) + ":"
		own, err := politeness.NewMemory(kernel.SystemClock{})
		require.NoError(t, err)
		process := func() politeness.Counter {
			c, err := rediscache.New(rediscache.Config{URL: at, Prefix: prefix, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler), Timeout: 20 * time.Second})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, c.Close()) })
			return politeness.NewShared(c, unused{own, t})
		}
		return politenesstest.Fixture{Counter: process(), Other: process(), Now: time.Now}
	})
}

// away is a Redis that does not answer.
type away struct{}

// Do implements politeness.Client.
func (away) Do(context.Context, func(context.Context, *redis.Client) error) bool { return false }

// Key implements politeness.Client.
func (away) Key(name string) string { return name }

// A process counts for itself while Redis is away, and goes on where a site asked to be left alone.
func TestSharedWithoutRedis(t *testing.T) {
	t.Parallel()
	politenesstest.Run(t, func(t *testing.T) politenesstest.Fixture {
		t.Helper()
		clock := kernel.NewManualClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		own, err := politeness.NewMemory(clock)
		require.NoError(t, err)
		return politenesstest.Fixture{Counter: politeness.NewShared(away{}, own), Now: clock.Now}
	})
}
