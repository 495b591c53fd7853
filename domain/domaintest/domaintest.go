// Package domaintest tests aggregates as stories: given what happened, when something is asked, then this is recorded or
// that is refused.
package domaintest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

// Story is a test of one aggregate.
type Story[A kernel.Aggregate] struct {
	t   testing.TB
	agg A
	err error
}

// Given folds what happened before into a blank aggregate.
func Given[A kernel.Aggregate](t testing.TB, blank A, history ...kernel.Event) *Story[A] {
	t.Helper()
	for _, e := range history {
		require.NoError(t, blank.Apply(e))
	}
	return &Story[A]{t: t, agg: blank}
}

// When asks the aggregate for something.
func (s *Story[A]) When(ask func(A) error) *Story[A] {
	s.err = ask(s.agg)
	return s
}

// Then demands that exactly these events were recorded.
func (s *Story[A]) Then(events ...kernel.Event) A {
	s.t.Helper()
	require.NoError(s.t, s.err)
	require.Equal(s.t, events, s.agg.Pending())
	return s.agg
}

// ThenNothing demands that all was well and nothing was recorded.
func (s *Story[A]) ThenNothing() A {
	s.t.Helper()
	require.NoError(s.t, s.err)
	require.Empty(s.t, s.agg.Pending())
	return s.agg
}

// ThenRefused demands an error with the code and that nothing was recorded.
func (s *Story[A]) ThenRefused(code string) {
	s.t.Helper()
	var e *kernel.Error
	require.ErrorAs(s.t, s.err, &e)
	require.Equal(s.t, code, e.Code)
	require.Empty(s.t, s.agg.Pending())
}
