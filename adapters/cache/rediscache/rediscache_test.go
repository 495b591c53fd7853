package rediscache_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/cache/cachetest"
	"github.com/morket/morket/adapters/cache/rediscache"
	"github.com/morket/morket/adapters/ratelimit/limitertest"
	"github.com/morket/morket/adapters/ratelimit/redislimit"
	"github.com/morket/morket/adapters/servers/childtest"
	"github.com/morket/morket/adapters/servers/redischild"
	"github.com/morket/morket/adapters/servers/toxictest"
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

// client is a process's way to the Redis at the address; the prefix keeps tests apart.
func client(t *testing.T, at, prefix string, more func(*rediscache.Config)) *rediscache.Client {
	t.Helper()
	// The machine may be busy: only a test that wants a short patience has one.
	cfg := rediscache.Config{URL: at, Prefix: prefix, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler), Timeout: 20 * time.Second}
	if more != nil {
		more(&cfg)
	}
	c, err := rediscache.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func prefix() string { return "test:" + strings.ToLower(rand.Text()) + ":" }

func pass(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// unused is a fallback that nobody should ask.
type unused struct{ t *testing.T }

func (u unused) Allow(context.Context, string, int) (bool, time.Duration) {
	u.t.Error("the fallback was asked while Redis works")
	return true, 0
}

// counted notes how often the fallback was asked.
type counted struct{ n int }

func (c *counted) Allow(context.Context, string, int) (bool, time.Duration) {
	c.n++
	return true, 0
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	at := server.URL(t)
	limitertest.Run(t, func(t *testing.T) limitertest.Fixture {
		t.Helper()
		p := prefix()
		return limitertest.Fixture{
			Limiter: redislimit.New(client(t, at, p, nil), unused{t}),
			Other:   redislimit.New(client(t, at, p, nil), unused{t}),
			Pass:    pass,
		}
	})
}

func TestCache(t *testing.T) {
	t.Parallel()
	at := server.URL(t)
	cachetest.Run(t, func(t *testing.T) cachetest.Fixture {
		t.Helper()
		return cachetest.Fixture{Cache: rediscache.NewCache(client(t, at, prefix(), nil)), Pass: pass}
	})
}

func TestProcessesShareTheCache(t *testing.T) {
	t.Parallel()
	at, p := server.URL(t), prefix()
	rediscache.NewCache(client(t, at, p, nil)).Set(t.Context(), "a", []byte("x"), time.Minute)
	got, ok := rediscache.NewCache(client(t, at, p, nil)).Get(t.Context(), "a")
	require.True(t, ok)
	require.Equal(t, "x", string(got))
}

func TestAWrongAddressIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "http://x", "redis://user:hunter2@host:99999x"} {
		_, err := rediscache.New(rediscache.Config{URL: bad, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler)})
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// troubled is a limiter and a cache over a way that can be broken, with a clock that stands still.
type troubled struct {
	way      *toxictest.Proxy
	clock    *kernel.ManualClock
	log      *bytes.Buffer
	limiter  *redislimit.Limiter
	cache    *rediscache.Cache
	client   *rediscache.Client
	fallback *counted
}

func trouble(t *testing.T, at string, timeout time.Duration) *troubled {
	t.Helper()
	u, err := url.Parse(at)
	require.NoError(t, err)
	x := &troubled{way: toxictest.New(t, u.Host), clock: kernel.NewManualClock(time.Now()), log: &bytes.Buffer{}, fallback: &counted{}}
	u.Host = x.way.Address()
	x.client = client(t, u.String(), prefix(), func(c *rediscache.Config) {
		c.Clock, c.Logger, c.Timeout = x.clock, slog.New(slog.NewTextHandler(x.log, nil)), timeout
	})
	x.limiter, x.cache = redislimit.New(x.client, x.fallback), rediscache.NewCache(x.client)
	return x
}

func (x *troubled) allow(t *testing.T) bool {
	t.Helper()
	ok, _ := x.limiter.Allow(t.Context(), "a", 1)
	return ok
}

// works requires that the budget of one is counted in Redis: used up even if the fallback would allow more.
func (x *troubled) works(t *testing.T) {
	t.Helper()
	x.clock.Advance(2 * time.Second) // the rest after a failure is over
	before := x.fallback.n
	require.False(t, x.allow(t))
	require.Equal(t, before, x.fallback.n, "Redis is asked again")
	require.NoError(t, x.client.Check(t.Context()))
}

func TestABrokenWayDegradesAndHeals(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]struct{ hurt, mend func(*toxictest.Proxy) }{
		"refused": {(*toxictest.Proxy).Cut, (*toxictest.Proxy).Mend},
		"reset":   {(*toxictest.Proxy).Reset, (*toxictest.Proxy).Heal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := trouble(t, server.URL(t), 20*time.Second)
			require.True(t, x.allow(t))
			x.works(t)
			x.cache.Set(t.Context(), "k", []byte("v"), time.Hour)
			harm.hurt(x.way)
			for range 5 {
				require.True(t, x.allow(t), "the fallback decides")
				_, ok := x.cache.Get(t.Context(), "k")
				require.False(t, ok)
				x.cache.Set(t.Context(), "k", []byte("other"), time.Hour)
			}
			require.Error(t, x.client.Check(t.Context()), "readiness tells")
			harm.mend(x.way)
			x.works(t)
			got, ok := x.cache.Get(t.Context(), "k")
			require.True(t, ok)
			require.Equal(t, "v", string(got))
		})
	}
}

func TestASilentRedisCostsOneCallerItsTimeout(t *testing.T) {
	t.Parallel()
	for name, hurt := range map[string]func(*toxictest.Proxy){
		"silent": (*toxictest.Proxy).Silence,
		"slow":   func(p *toxictest.Proxy) { p.Slow(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const timeout = 2 * time.Second
			x := trouble(t, server.URL(t), timeout)
			require.True(t, x.allow(t))
			x.works(t)
			hurt(x.way)
			began := time.Now()
			for range 1000 {
				require.True(t, x.allow(t))
			}
			require.Less(t, time.Since(began), 2*timeout, "a thousand calls wait as long as one")
			require.Equal(t, 1000, x.fallback.n)
		})
	}
}

func TestADeadRedisIsLoggedOnceAMinute(t *testing.T) {
	t.Parallel()
	x := trouble(t, server.URL(t), 20*time.Second)
	x.way.Cut()
	said := func() int { return strings.Count(x.log.String(), "Redis is away") }
	for range 5 {
		x.allow(t)
		x.clock.Advance(10 * time.Second)
	}
	require.Equal(t, 1, said())
	for range 6 {
		x.allow(t)
		x.clock.Advance(10 * time.Second)
	}
	require.Equal(t, 2, said())
	x.way.Mend()
	require.True(t, x.allow(t))
	require.Equal(t, 1, strings.Count(x.log.String(), "Redis answers again"))
}

func TestKilledRestartedAndEmptied(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := redischild.Start(t.Context(), redischild.Config{Dir: dir})
	require.NoError(t, err)
	x := trouble(t, s.URL(), 20*time.Second)
	require.True(t, x.allow(t))
	x.works(t)
	s.Kill()
	require.True(t, x.allow(t))
	require.Equal(t, 1, x.fallback.n)
	s, err = redischild.Start(t.Context(), redischild.Config{Dir: dir, Port: s.Port()})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Stop()) }()
	x.clock.Advance(2 * time.Second)
	require.True(t, x.allow(t), "it has forgotten: the minute's budget is there again")
	x.works(t)

	direct := redis.NewClient(&redis.Options{Addr: strings.TrimSuffix(strings.TrimPrefix(s.URL(), "redis://"), "/0")})
	defer func() { _ = direct.Close() }()
	require.NoError(t, direct.FlushAll(t.Context()).Err())
	require.True(t, x.allow(t))
	x.works(t)
	require.Equal(t, 1, x.fallback.n)

	// Full, and told to drop nothing: it refuses to write, which is as good as dead.
	require.NoError(t, direct.ConfigSet(t.Context(), "maxmemory-policy", "noeviction").Err())
	require.NoError(t, direct.ConfigSet(t.Context(), "maxmemory", "1").Err())
	require.True(t, x.allow(t))
	require.Equal(t, 2, x.fallback.n)
	require.NoError(t, direct.ConfigSet(t.Context(), "maxmemory", "0").Err())
	x.works(t)
}

func TestACallerWhoLeavesSaysNothingAboutRedis(t *testing.T) {
	t.Parallel()
	x := trouble(t, server.URL(t), 20*time.Second)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	x.limiter.Allow(gone, "a", 1)
	require.Empty(t, x.log.String())
	before := x.fallback.n
	require.True(t, x.allow(t))
	require.Equal(t, before, x.fallback.n)
}
