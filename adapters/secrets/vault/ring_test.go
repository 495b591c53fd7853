package vault_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
)

// Both stores of keys keep the same promises.
func TestRing(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) vault.Keys{
		"memory": func(*testing.T) vault.Keys { return vault.NewMemoryKeys() },
		"postgres": func(t *testing.T) vault.Keys {
			t.Helper()
			keys, err := vault.OpenPostgresKeys(t.Context(), pgtest.Pool(t))
			require.NoError(t, err)
			return keys
		},
	} {
		for what, test := range map[string]func(*testing.T, vault.Keys, *kernel.ManualClock){
			"what is sealed opens for its subject only": opensForItsSubject, "a destroyed key opens nothing": destroyed,
			"keys grow old by prefix": growOld, "master keys are rotated": rotated, "one key however many ask": oneKey,
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				test(t, open(t), kernel.NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
			})
		}
	}
}

func ring(t *testing.T, keys vault.Keys, clock kernel.Clock, masters ...[]byte) *vault.Ring {
	t.Helper()
	if masters == nil {
		masters = [][]byte{key(1)}
	}
	return vault.NewRing(open(t, masters...), keys, clock)
}

func seal(t *testing.T, r *vault.Ring, subject string) []byte {
	t.Helper()
	s, err := r.Seal(t.Context(), subject, []byte(canary))
	require.NoError(t, err)
	require.NotContains(t, string(s), canary)
	return s
}

func requireOpens(t *testing.T, r *vault.Ring, subject string, sealed []byte) {
	t.Helper()
	plain, ok, err := r.Open(t.Context(), subject, sealed)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, canary, string(plain))
}

func requireGone(t *testing.T, r *vault.Ring, subject string, sealed []byte) {
	t.Helper()
	_, ok, err := r.Open(t.Context(), subject, sealed)
	require.NoError(t, err)
	require.False(t, ok)
	_, err = r.Seal(t.Context(), subject, []byte(canary))
	require.ErrorIs(t, err, vault.ErrKeyDestroyed)
}

func opensForItsSubject(t *testing.T, keys vault.Keys, clock *kernel.ManualClock) {
	t.Helper()
	r := ring(t, keys, clock)
	s := seal(t, r, "user/1")
	require.NotEqual(t, s, seal(t, r, "user/1"), "a fresh nonce each time")
	requireOpens(t, r, "user/1", s)
	requireOpens(t, ring(t, keys, clock), "user/1", s)
	seal(t, r, "user/2")
	_, _, err := r.Open(t.Context(), "user/2", s)
	require.ErrorContains(t, err, "sealed for somebody else")
	_, _, err = r.Open(t.Context(), "user/3", s)
	require.ErrorContains(t, err, "there is no key for user/3")
	_, _, err = r.Open(t.Context(), "user/1", []byte("x"))
	require.ErrorContains(t, err, "unknown form")
	s[20] ^= 1
	_, _, err = r.Open(t.Context(), "user/1", s)
	require.ErrorContains(t, err, "was changed")
	_, _, err = ring(t, keys, clock, key(2)).Open(t.Context(), "user/1", s)
	require.ErrorContains(t, err, "is not configured")
}

func destroyed(t *testing.T, keys vault.Keys, clock *kernel.ManualClock) {
	t.Helper()
	r, other := ring(t, keys, clock), ring(t, keys, clock)
	s := seal(t, r, "user/1")
	requireOpens(t, other, "user/1", s)
	require.NoError(t, r.Destroy(t.Context(), "user/1"))
	require.NoError(t, r.Destroy(t.Context(), "user/1"), "twice is no fault")
	requireGone(t, r, "user/1", s)
	clock.Advance(6 * time.Second)
	requireGone(t, other, "user/1", s)
	require.NoError(t, r.Destroy(t.Context(), "user/never"))
	requireGone(t, r, "user/never", s)
	k, _, err := keys.Find(t.Context(), "user/1")
	require.NoError(t, err)
	require.Empty(t, k.Wrapped)
}

func growOld(t *testing.T, keys vault.Keys, clock *kernel.ManualClock) {
	t.Helper()
	r := ring(t, keys, clock)
	old, person, like := seal(t, r, "answers/a_b"), seal(t, r, "user/1"), seal(t, r, "answersX")
	clock.Advance(time.Hour)
	fresh := seal(t, r, "answers/c")
	n, err := r.DestroyOlder(t.Context(), "answers/", clock.Now())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	requireGone(t, r, "answers/a_b", old)
	requireOpens(t, r, "answers/c", fresh)
	requireOpens(t, r, "user/1", person)
	requireOpens(t, r, "answersX", like)
}

func rotated(t *testing.T, keys vault.Keys, clock *kernel.ManualClock) {
	t.Helper()
	s := seal(t, ring(t, keys, clock, key(1)), "user/1")
	both := ring(t, keys, clock, key(2), key(1))
	requireOpens(t, both, "user/1", s)
	n, err := both.Rewrap(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = both.Rewrap(t.Context(), 10)
	require.NoError(t, err)
	require.Zero(t, n)
	requireOpens(t, ring(t, keys, clock, key(2)), "user/1", s)
}

func oneKey(t *testing.T, keys vault.Keys, clock *kernel.ManualClock) {
	t.Helper()
	var all sync.WaitGroup
	sealed := make([][]byte, 8)
	for i := range sealed {
		r := ring(t, keys, clock)
		all.Go(func() { sealed[i], _ = r.Seal(context.Background(), "user/1", []byte(canary)) })
	}
	all.Wait()
	for _, s := range sealed {
		requireOpens(t, ring(t, keys, clock), "user/1", s)
	}
}
