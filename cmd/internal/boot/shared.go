package boot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/morket/morket/adapters/cache/memcache"
	"github.com/morket/morket/adapters/cache/rediscache"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/adapters/ratelimit/pgquota"
	"github.com/morket/morket/adapters/ratelimit/redislimit"
)

// shared is what the processes count together: calls of providers in Postgres, the rest in Redis when there is one, else each for
// itself.
type shared struct {
	limiter httpapi.Limiter
	cache   enrichmentread.Cache
	quotas  *pgquota.Quotas
	redis   *rediscache.Client // nil without Redis
}

// cacheBytes is what a process without Redis may spend on cached answers.
const cacheBytes = 16 << 20

func newShared(ctx context.Context, c *core) (*shared, error) {
	s := &shared{limiter: memlimit.New(c.clock), cache: memcache.New(c.clock, cacheBytes)}
	var err error
	if s.quotas, err = pgquota.Open(ctx, c.pool); err != nil {
		return nil, err
	}
	if !c.cfg.RedisURL.IsSet() {
		return s, nil
	}
	s.redis, err = rediscache.New(rediscache.Config{URL: c.cfg.RedisURL.Reveal(), Clock: c.clock, Logger: c.log.With("part", "redis")})
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	s.cache = cacheOfHistory{rediscache.NewCache(s.redis), c.history.ID}
	s.limiter = redislimit.New(s.redis, s.limiter)
	return s, nil
}

func (s *shared) dependencies() []httpapi.Dependency {
	if s.redis == nil {
		return nil
	}
	return []httpapi.Dependency{{Name: "redis", Check: func(ctx context.Context) error {
		if err := s.redis.Check(ctx); err != nil {
			return fmt.Errorf("each process counts and caches for itself: %w", err)
		}
		return nil
	}}}
}

func (s *shared) close(log *slog.Logger) {
	if s.redis == nil {
		return
	}
	if err := s.redis.Close(); err != nil {
		log.Warn("close Redis", "error", err)
	}
}

// cacheOfHistory keeps answers of a history apart: Redis outlives a restore, after which the same positions stand for something else.
type cacheOfHistory struct {
	enrichmentread.Cache

	history func() string
}

// Get implements enrichmentread.Cache.
func (c cacheOfHistory) Get(ctx context.Context, key string) ([]byte, bool) {
	return c.Cache.Get(ctx, c.history()+":"+key)
}

// Set implements enrichmentread.Cache.
func (c cacheOfHistory) Set(ctx context.Context, key string, value []byte, life time.Duration) {
	c.Cache.Set(ctx, c.history()+":"+key, value, life)
}
