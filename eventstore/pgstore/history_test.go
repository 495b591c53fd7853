package pgstore_test

import (
	"fmt"
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

	late, err := pgstore.BeginHistoryAfter(t.Context(), pool, second.ID, "another process was faster")
	require.NoError(t, err)
	require.Equal(t, third, late)
	fourth, err := pgstore.BeginHistoryAfter(t.Context(), pool, third.ID, "a store was ahead")
	require.NoError(t, err)
	require.EqualValues(t, 6, fourth.Since)
}
