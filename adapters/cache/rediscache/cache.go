package rediscache

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Cache shares answers between processes. What can't be read is not there; what can't be kept is worked out again.
type Cache struct{ client *Client }

// NewCache keeps answers in Redis.
func NewCache(client *Client) *Cache { return &Cache{client} }

// maxValue is the longest answer that is kept, in bytes: a longer one would hold up those behind it.
const maxValue = 1 << 20

// Get returns what was kept under the key, false if it is not there any more.
func (c *Cache) Get(ctx context.Context, key string) ([]byte, bool) {
	var value []byte
	found := false
	answered := c.client.Do(ctx, func(ctx context.Context, client *redis.Client) error {
		v, err := client.Get(ctx, c.key(key)).Bytes()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		value, found = v, err == nil
		return err
	})
	return value, answered && found
}

// Set keeps the value for at most life. It may be gone sooner.
func (c *Cache) Set(ctx context.Context, key string, value []byte, life time.Duration) {
	if len(value) > maxValue || life <= 0 {
		return
	}
	c.client.Do(ctx, func(ctx context.Context, client *redis.Client) error {
		return client.Set(ctx, c.key(key), value, life).Err()
	})
}

func (c *Cache) key(key string) string { return c.client.Key("cache:" + key) }
