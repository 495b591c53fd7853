// Package redislimit counts requests in Redis for all processes together. While Redis is dead or slow, a fallback counts in this
// process: a limit is looser then, never in the way.
package redislimit

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Fallback counts in this process while Redis is away.
type Fallback interface {
	Allow(ctx context.Context, key string, perMinute int) (ok bool, retryAfter time.Duration)
}

// Client is a connection to Redis; a rediscache.Client is one.
type Client interface {
	// Do calls fn with the time that one call may take and reports whether Redis answered.
	Do(ctx context.Context, fn func(context.Context, *redis.Client) error) bool
	// Key returns the name under which this installation keeps what is called name.
	Key(name string) string
}

// Limiter counts requests for all processes together: for each key a bucket that holds a minute's budget and refills evenly.
type Limiter struct {
	client   Client
	fallback Fallback
}

// New counts in Redis, and in the fallback while it is away.
func New(client Client, fallback Fallback) *Limiter { return &Limiter{client, fallback} }

// takeScript takes one from the bucket KEYS[1] of ARGV[1] a minute and answers 0, or else the microseconds until there is one
// again. A script runs alone, so processes that ask at one moment are counted one after the other. The time is Redis's own: the
// processes' clocks may differ. A bucket that nobody asks for is full after a minute, and then need not be remembered.
//
//nolint:gochecknoglobals // a constant that Go can't express
var takeScript = redis.NewScript(`
local size = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(bucket[1]) or size
local at = tonumber(bucket[2]) or now
tokens = math.min(size, tokens + math.max(0, now - at) * size / 60000000)
local wait = 0
if tokens < 1 then
  wait = math.ceil((1 - tokens) * 60000000 / size)
else
  tokens = tokens - 1
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', math.max(now, at)))
redis.call('PEXPIRE', KEYS[1], 61000)
return wait
`)

// Allow takes one from the key's budget of perMinute, and says when to come back if it is used up.
func (l *Limiter) Allow(ctx context.Context, key string, perMinute int) (bool, time.Duration) {
	if perMinute <= 0 {
		return true, 0
	}
	var micros int64
	answered := l.client.Do(ctx, func(ctx context.Context, client *redis.Client) (err error) {
		micros, err = takeScript.Run(ctx, client, []string{l.client.Key("rate:" + key)}, perMinute).Int64()
		return err
	})
	if !answered {
		return l.fallback.Allow(ctx, key, perMinute)
	}
	return micros == 0, time.Duration(micros) * time.Microsecond
}
