// Package cachetest is the suite that every cache passes.
package cachetest

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Cache is the port.
type Cache interface {
	Get(ctx context.Context, key string) ([]byte, bool)
	Set(ctx context.Context, key string, value []byte, life time.Duration)
}

// Fixture is an empty cache under test.
type Fixture struct {
	Cache Cache
	// Pass lets so much time go by.
	Pass func(t *testing.T, d time.Duration)
}

// Run runs the suite; open makes a cache for each test.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Fixture){
		"what was kept is found":         testKept,
		"a value ends with its life":     testLife,
		"the last value stands":          testAgain,
		"what is too long is not kept":   testTooLong,
		"keys and values may be hostile": testHostile,
		"many at once":                   testMany,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func testKept(t *testing.T, f Fixture) {
	_, ok := f.Cache.Get(t.Context(), "a")
	require.False(t, ok)
	value := []byte("one")
	f.Cache.Set(t.Context(), "a", value, time.Minute)
	value[0] = 'X' // the cache has its own
	got, ok := f.Cache.Get(t.Context(), "a")
	require.True(t, ok)
	require.Equal(t, "one", string(got))
	got[0] = 'Y'
	got, _ = f.Cache.Get(t.Context(), "a")
	require.Equal(t, "one", string(got))
	f.Cache.Set(t.Context(), "empty", nil, time.Minute)
	got, ok = f.Cache.Get(t.Context(), "empty")
	require.True(t, ok)
	require.Empty(t, got)
}

func testLife(t *testing.T, f Fixture) {
	f.Cache.Set(t.Context(), "short", []byte("x"), 100*time.Millisecond)
	f.Cache.Set(t.Context(), "long", []byte("x"), time.Hour)
	f.Cache.Set(t.Context(), "none", []byte("x"), 0)
	_, ok := f.Cache.Get(t.Context(), "none")
	require.False(t, ok)
	f.Pass(t, 150*time.Millisecond)
	_, ok = f.Cache.Get(t.Context(), "short")
	require.False(t, ok)
	_, ok = f.Cache.Get(t.Context(), "long")
	require.True(t, ok)
}

func testAgain(t *testing.T, f Fixture) {
	for _, v := range []string{"one", "two", "three"} {
		f.Cache.Set(t.Context(), "a", []byte(v), time.Minute)
	}
	got, _ := f.Cache.Get(t.Context(), "a")
	require.Equal(t, "three", string(got))
}

func testTooLong(t *testing.T, f Fixture) {
	f.Cache.Set(t.Context(), "a", make([]byte, 2<<20), time.Minute)
	_, ok := f.Cache.Get(t.Context(), "a")
	require.False(t, ok)
}

func testHostile(t *testing.T, f Fixture) {
	for _, key := range []string{"", "a b", "a\r\nDEL b", "\x00\xff", string(bytes.Repeat([]byte("k"), 10_000)), "{tag}:*"} {
		f.Cache.Set(t.Context(), key, []byte(key), time.Minute)
		got, ok := f.Cache.Get(t.Context(), key)
		require.True(t, ok, "%.20q", key)
		require.Equal(t, key, string(got))
	}
}

func testMany(t *testing.T, f Fixture) {
	var wait sync.WaitGroup
	for n := range 20 {
		wait.Go(func() {
			for i := range 50 {
				key := strconv.Itoa(i)
				f.Cache.Set(t.Context(), key, []byte(key), time.Minute)
				if got, ok := f.Cache.Get(t.Context(), key); ok && string(got) != key {
					t.Errorf("worker %d: %s holds %s", n, key, got)
				}
			}
		})
	}
	wait.Wait()
}
