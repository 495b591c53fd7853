package politeness

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Client is a connection to Redis; a rediscache.Client is one.
type Client interface {
	// Do calls fn with the time that one call may take and reports whether Redis answered.
	Do(ctx context.Context, fn func(context.Context, *redis.Client) error) bool
	// Key returns the name under which this installation keeps what is called name.
	Key(name string) string
}

// Shared counts in Redis for all processes together. While Redis is away each counts for itself.
type Shared struct {
	client   Client
	fallback Counter
}

// NewShared counts in Redis, and in the fallback while it is away.
func NewShared(client Client, fallback Counter) *Shared { return &Shared{client, fallback} }

// takeScript takes the domain KEYS[1]'s next moment and answers 1 and the microseconds until then, or 0 and the wait that would be too
// long. ARGV are the time between two requests, the burst, and the longest wait, times in microseconds. A script runs alone, so processes
// that ask at one moment get moments one after the other. The time is Redis's own: the processes' clocks may differ.
//
//nolint:gochecknoglobals // a constant that Go can't express
var takeScript = redis.NewScript(`
local every, burst, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local d = redis.call('HMGET', KEYS[1], 'next', 'slow', 'rest')
if (tonumber(d[2]) or 0) > now then every = every * 2 end
local first = math.max(now, tonumber(d[3]) or 0)
local at = math.max(first, tonumber(d[1]) or 0)
local allowed = math.max(first, at - (burst - 1) * every)
local wait = allowed - now
if wait > most then return {0, string.format('%.0f', wait)} end
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', at + every))
local life = math.ceil((at + every - now) / 1000) + 1000
if redis.call('PTTL', KEYS[1]) < life then redis.call('PEXPIRE', KEYS[1], life) end
return {1, string.format('%.0f', wait)}
`)

// untilScript sets the field ARGV[1] of the domain KEYS[1] to a time ARGV[2] microseconds from now, unless it is later already.
//
//nolint:gochecknoglobals // a constant that Go can't express
var untilScript = redis.NewScript(`
local time = redis.call('TIME')
local untilThen = time[1] * 1000000 + time[2] + tonumber(ARGV[2])
if (tonumber(redis.call('HGET', KEYS[1], ARGV[1])) or 0) < untilThen then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', untilThen))
end
local life = math.ceil(ARGV[2] / 1000) + 1000
if redis.call('PTTL', KEYS[1]) < life then redis.call('PEXPIRE', KEYS[1], life) end
return 0
`)

func (s *Shared) key(domain string) []string { return []string{s.client.Key("polite:" + domain)} }

// Take implements Counter.
func (s *Shared) Take(ctx context.Context, domain string, r Rate, most time.Duration) (time.Duration, bool) {
	var out []int64
	answered := s.client.Do(ctx, func(ctx context.Context, client *redis.Client) (err error) {
		out, err = takeScript.Run(ctx, client, s.key(domain), r.Every.Microseconds(), r.Burst, most.Microseconds()).Int64Slice()
		return err
	})
	if !answered || len(out) != 2 {
		return s.fallback.Take(ctx, domain, r, most)
	}
	return time.Duration(out[1]) * time.Microsecond, out[0] == 1
}

// Slow implements Counter. The fallback notes it too: it counts when Redis goes away meanwhile.
func (s *Shared) Slow(ctx context.Context, domain string, d time.Duration) {
	s.fallback.Slow(ctx, domain, d)
	s.until(ctx, domain, "slow", d)
}

// Rest implements Counter.
func (s *Shared) Rest(ctx context.Context, domain string, d time.Duration) {
	s.fallback.Rest(ctx, domain, d)
	s.until(ctx, domain, "rest", d)
}

func (s *Shared) until(ctx context.Context, domain, field string, d time.Duration) {
	s.client.Do(ctx, func(ctx context.Context, client *redis.Client) error {
		return untilScript.Run(ctx, client, s.key(domain), field, d.Microseconds()).Err()
	})
}
