package waterfall

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func TestAQuestionThatIsBeingAskedIsNotForgotten(t *testing.T) {
	t.Parallel()
	m := newMemo(2)
	first, lead := m.lead("first")
	require.True(t, lead)
	for i := range 10 {
		r, lead := m.lead(fmt.Sprint("other", i))
		require.True(t, lead)
		m.resolve(r, enrichment.Reply{}, true)
	}
	again, lead := m.lead("first")
	require.False(t, lead, "it would be asked, and paid, twice")
	require.Same(t, first, again)
	m.resolve(first, enrichment.Reply{}, true)
	_, lead = m.lead("first")
	require.False(t, lead)
	require.Equal(t, 2, m.answers.Len(), "answers are bounded")
	require.Empty(t, m.asking)
}

func TestAnAnswerInUseIsKeptBeforeOlderOnes(t *testing.T) {
	t.Parallel()
	m := newMemo(2)
	for _, k := range []string{"a", "b"} {
		r, _ := m.lead(k)
		m.resolve(r, enrichment.Reply{}, true)
	}
	for i := range 5 { // the question that fails again and again pushes nothing out
		r, lead := m.lead("fails")
		require.True(t, lead, i)
		m.resolve(r, enrichment.Reply{}, false)
	}
	_, lead := m.lead("a")
	require.False(t, lead)
	r, _ := m.lead("c")
	m.resolve(r, enrichment.Reply{}, true)
	_, lead = m.lead("a")
	require.False(t, lead)
	_, lead = m.lead("b")
	require.True(t, lead, "the one used longest ago has gone")
}

func TestGatesAreBounded(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Unix(0, 0))
	g := newCallLimiters(func(k limiterKey) *callLimiter { return newCallLimiter(clock, nil, k, enrichment.RateLimits{}) })
	g.perWS, g.overall = 3, 10
	key := func(ws, host int) limiterKey {
		return limiterKey{workspace: kernel.WorkspaceID(strconv.Itoa(ws)), provider: "p", host: strconv.Itoa(host)}
	}
	quiet := g.hold(key(0, 0))
	g.let(quiet)
	used := g.hold(key(1, 0))
	for host := range 100 {
		g.let(g.hold(key(1, host+1)))
	}
	require.Equal(t, 4, g.len(), "three of the workspace with many hosts, one of the other")
	require.Same(t, quiet, g.hold(key(0, 0)), "a workspace with many hosts throws out its own")
	g.let(quiet)
	require.Same(t, used, g.hold(key(1, 0)), "what is in use stays")
	g.let(used)
	for ws := range 100 {
		g.let(g.hold(key(ws+2, 0)))
	}
	require.Equal(t, 10, g.len())
	g.let(used)
	require.Len(t, g.kept, 10)
}

func TestTheCountsOfCallsAreBounded(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Unix(0, 0))
	q, _ := NewMemoryQuotas(clock).(*memoryQuotas)
	for i := range 3 * quotaKeys {
		_, ok, err := q.Take(t.Context(), strconv.Itoa(i), enrichment.RateLimits{PerSecond: 1}, 1, time.Second)
		require.NoError(t, err)
		require.True(t, ok)
		clock.Advance(time.Millisecond)
	}
	require.LessOrEqual(t, len(q.free), quotaKeys)
}
