package pgstore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore/pgstore"
)

func TestHistories(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	grow := func(n int) {
		for range n {
			head, err := s.Head(t.Context())
			require.NoError(t, err)
			_, err = s.Append(t.Context(), one("a-1", fmt.Sprint("key ", head), "t.v1"))
			require.NoError(t, err)
		}
	}
	begin := func() pgstore.History {
		h, err := pgstore.BeginHistory(t.Context(), pool, "a test restored it")
		require.NoError(t, err)
		now, err := s.History(t.Context())
		require.NoError(t, err)
		require.Equal(t, h, now)
		return h
	}
	common := func(history string) int64 {
		position, err := s.Common(t.Context(), history)
		require.NoError(t, err)
		return position
	}
	first, err := s.History(t.Context())
	require.NoError(t, err)
	require.Zero(t, first.Since)
	require.Len(t, first.ID, 32)
	grow(3)
	require.EqualValues(t, 3, common(first.ID), "it is the present one")
	require.Zero(t, common("unknown"), "nothing is known to be shared")
	second := begin()
	require.EqualValues(t, 3, second.Since)
	require.NotEqual(t, first.ID, second.ID)
	grow(2)
	require.EqualValues(t, 3, common(first.ID))
	require.EqualValues(t, 5, common(second.ID))
	third := begin()
	grow(1)
	require.EqualValues(t, 3, common(first.ID))
	require.EqualValues(t, 5, common(second.ID))
	require.EqualValues(t, 6, common(third.ID))
	require.EqualValues(t, 3, common("unknown"), "what all of them share")

	late, err := pgstore.BeginHistoryAfter(t.Context(), pool, second.ID, 6, "another process was faster")
	require.NoError(t, err)
	require.Equal(t, third, late)
	fourth, err := pgstore.BeginHistoryAfter(t.Context(), pool, third.ID, 99, "a store was ahead")
	require.NoError(t, err)
	require.EqualValues(t, 6, fourth.Since)
	grow(2)
	fifth, err := pgstore.BeginHistoryAfter(t.Context(), pool, fourth.ID, 5, "it was seen late")
	require.NoError(t, err)
	require.EqualValues(t, 5, fifth.Since)
	require.EqualValues(t, 5, common(fourth.ID), "what was appended in between is of the new one")
	known, err := s.Knows(t.Context(), second.ID)
	require.NoError(t, err)
	require.True(t, known)
	known, err = s.Knows(t.Context(), "lost")
	require.NoError(t, err)
	require.False(t, known)
}

// A log that Postgres' own means have brought elsewhere begins a new history there, and only there.
func TestALogThatLiesElsewhereBeginsAHistory(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	settle := func() bool {
		moved, err := pgstore.Reconcile(t.Context(), pool)
		require.NoError(t, err)
		return moved
	}
	now := func() string {
		h, err := s.History(t.Context())
		require.NoError(t, err)
		return h.ID
	}
	first := now()
	require.False(t, settle(), "the first look takes note")
	require.False(t, settle())
	require.Equal(t, first, now())
	here, err := pgstore.Origin(t.Context(), pool)
	require.NoError(t, err)
	parts := strings.Split(here, "/")
	for i, other := range []string{"7713597421766352798", "00000009", "1"} {
		require.NotEqual(t, other, parts[i])
		was := slices.Clone(parts)
		was[i] = other
		before := now()
		_, err = pool.Exec(t.Context(), `UPDATE log.origin SET name = $1`, strings.Join(was, "/"))
		require.NoError(t, err)
		require.True(t, settle(), other)
		require.NotEqual(t, before, now())
		require.False(t, settle(), "once")
	}
}
