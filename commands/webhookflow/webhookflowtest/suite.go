package webhookflowtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
)

// Bench is what the suite needs beside a Queue.
type Bench struct {
	Open     func(process string) webhookflow.Queue              // the queue as a process that gives signs of life reaches it
	End      func(process string)                                // it gives none from now on
	Return   func(process string)                                // it does again
	Add      func(ordered bool) kernel.WebhookID                 // a webhook that nothing waits for
	Feed     func(id kernel.WebhookID, n int) []int64            // n events come; their positions grow
	Again    func(id kernel.WebhookID, position int64)           // somebody wants the event sent once more
	Pass     func(d time.Duration)                               // time passes by the queue's clock
	Delivery func(id kernel.WebhookID, position int64) (d State) // what has become of an event
}

// State is what has become of an event for a webhook.
type State struct {
	State    webhookflow.State
	Attempts int
}

// Run runs the suite; each case has a bench of its own.
func Run(t *testing.T, open func(t *testing.T) Bench) {
	t.Helper()
	for name, fn := range map[string]func(*testing.T, Bench){
		"one process has an endpoint queue":                                    oneHasIt,
		"what a process that ended had is another one's":                       theNextHasIt,
		"a process does not take what a worker of its own still has":           noTwoOfAProcess,
		"a process takes again what it could not give back":                    takenAgain,
		"a worker that has lost it gets nothing and marks nothing":             lostGetsNothing,
		"a worker that has lost it tells of deliveries only":                   lostTellsDeliveries,
		"what was delivered stays so":                                          deliveredStays,
		"what was given up waits no more":                                      givenUpStays,
		"in order means by position":                                           inOrder,
		"otherwise by the time things are due at":                              byDue,
		"a pause is kept, and one longer than any is none":                     pauses,
		"an endpoint queue rests unless somebody wants it tried at once":       rests,
		"an outcome of another round says nothing of this one":                 rounds,
		"the next worker knows how the receiver fares":                         fares,
		"what has come since the receiver took something is hastened":          hastens,
		"what a process costs is known to the next one":                        marks,
		"outcomes of one call are kept in their order":                         several,
		"an endpoint queue that was lost is not given back by who had it":      notGivenBack,
		"nothing is due of an endpoint queue whose first item in order is not": headBlocks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, open(t))
		})
	}
}

// claim has the queue give the one endpoint queue that there is.
func claim(t *testing.T, q webhookflow.Queue) webhookflow.EndpointQueue {
	t.Helper()
	list, err := q.Claim(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

func claimsNone(t *testing.T, q webhookflow.Queue, why string) {
	t.Helper()
	list, err := q.Claim(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, list, why)
}

func dueOf(t *testing.T, q webhookflow.Queue, l webhookflow.EndpointQueue) (items []webhookflow.Item) {
	t.Helper()
	items, err := q.Due(t.Context(), l, 100)
	require.NoError(t, err)
	return items
}

func positions(items []webhookflow.Item) (out []int64) {
	for _, i := range items {
		out = append(out, i.Position)
	}
	return out
}

// after is an outcome of a further attempt.
func after(item webhookflow.Item, s webhookflow.State, pause time.Duration) webhookflow.Outcome {
	item.Attempts++
	o := webhookflow.Outcome{Item: item, State: s, Pause: pause, Attempt: webhookflow.Attempt{At: time.Unix(1, 0).UTC()}}
	if s != webhookflow.Delivered {
		o.Attempt.Error = "refused"
	}
	return o
}

func record(t *testing.T, q webhookflow.Queue, l webhookflow.EndpointQueue, outcomes ...webhookflow.Outcome) {
	t.Helper()
	require.NoError(t, q.Record(t.Context(), l, outcomes))
}

func release(t *testing.T, q webhookflow.Queue, l webhookflow.EndpointQueue, pause time.Duration) {
	t.Helper()
	require.NoError(t, q.Release(t.Context(), l, pause))
}

func oneHasIt(t *testing.T, b Bench) {
	first, second := b.Open("first"), b.Open("second")
	id := b.Add(true)
	claimsNone(t, first, "nothing waits")
	b.Feed(id, 1)
	l := claim(t, first)
	require.Equal(t, id, l.ID)
	require.True(t, l.Ordered)
	require.False(t, l.Lost)
	claimsNone(t, first, "a worker of the process has it")
	claimsNone(t, second, "a living process has it")
	require.NoError(t, first.Hold(t.Context(), l))
	release(t, first, l, 0)
	require.NotEqual(t, l.Lease, claim(t, second).Lease)
}

func theNextHasIt(t *testing.T, b Bench) {
	first, second := b.Open("first"), b.Open("second")
	b.Feed(b.Add(true), 1)
	claim(t, first)
	b.End("first")
	claimsNone(t, first, "a process that is taken for dead takes nothing")
	require.True(t, claim(t, second).Lost)
}

// interrupted has the first process lose its endpoint queue to the second one, which it doesn't know.
func interrupted(
	t *testing.T, b Bench, n int,
) (first, second webhookflow.Queue, old, l webhookflow.EndpointQueue, items []webhookflow.Item) {
	t.Helper()
	first, second = b.Open("first"), b.Open("second")
	b.Feed(b.Add(true), n)
	old = claim(t, first)
	items = dueOf(t, first, old)
	require.Len(t, items, n)
	b.End("first")
	l = claim(t, second)
	b.Return("first")
	return first, second, old, l, items
}

func noTwoOfAProcess(t *testing.T, b Bench) {
	first, _, old, _, _ := interrupted(t, b, 1)
	b.End("second")
	claimsNone(t, first, "its worker may be about to send")
	release(t, first, old, 0)
	require.True(t, claim(t, first).Lost)
}

func takenAgain(t *testing.T, b Bench) {
	q := b.Open("first")
	b.Feed(b.Add(true), 1)
	claim(t, q)
	require.True(t, claim(t, b.Open("first")).Lost, "by another opening, which knows of no worker")
}

func lostGetsNothing(t *testing.T, b Bench) {
	first, second, old, l, items := interrupted(t, b, 2)
	require.ErrorIs(t, first.Hold(t.Context(), old), webhookflow.ErrLost)
	require.Empty(t, dueOf(t, first, old))
	require.ErrorIs(t, first.Mark(t.Context(), old, items[0], 1), webhookflow.ErrLost)
	require.Equal(t, items, dueOf(t, second, l))
	release(t, second, l, 0)
	require.ErrorIs(t, first.Hold(t.Context(), old), webhookflow.ErrLost)
	require.ErrorIs(t, second.Hold(t.Context(), l), webhookflow.ErrLost, "nobody has it")
}

func lostTellsDeliveries(t *testing.T, b Bench) {
	first, second, old, l, items := interrupted(t, b, 3)
	err := first.Record(t.Context(), old, []webhookflow.Outcome{
		after(items[0], webhookflow.Delivered, 0), after(items[1], webhookflow.Waiting, time.Hour), after(items[2], webhookflow.Failed, 0),
	})
	require.ErrorIs(t, err, webhookflow.ErrLost)
	require.Equal(t, State{webhookflow.Delivered, 1}, b.Delivery(l.ID, items[0].Position))
	require.Equal(t, items[1:], dueOf(t, second, l), "what waits is its new worker's to decide")
}

func deliveredStays(t *testing.T, b Bench) {
	for _, otherwise := range []webhookflow.State{webhookflow.Waiting, webhookflow.Failed} {
		first, second, old, l, items := interrupted(t, b, 1)
		require.ErrorIs(t, first.Record(t.Context(), old, []webhookflow.Outcome{after(items[0], webhookflow.Delivered, 0)}), webhookflow.ErrLost)
		record(t, second, l, after(items[0], otherwise, 0))
		require.Equal(t, webhookflow.Delivered, b.Delivery(l.ID, items[0].Position).State)
		require.Empty(t, dueOf(t, second, l))
		release(t, second, l, 0)
		release(t, first, old, 0)
	}
}

func givenUpStays(t *testing.T, b Bench) {
	first, second, old, l, items := interrupted(t, b, 1)
	record(t, second, l, after(items[0], webhookflow.Failed, 0))
	require.ErrorIs(t, first.Record(t.Context(), old, []webhookflow.Outcome{after(items[0], webhookflow.Waiting, 0)}), webhookflow.ErrLost)
	record(t, second, l, after(items[0], webhookflow.Waiting, 0))
	require.Equal(t, webhookflow.Failed, b.Delivery(l.ID, items[0].Position).State)
	require.ErrorIs(t, first.Record(t.Context(), old, []webhookflow.Outcome{after(items[0], webhookflow.Delivered, 0)}), webhookflow.ErrLost)
	require.Equal(t, webhookflow.Delivered, b.Delivery(l.ID, items[0].Position).State, "it came after all")
}

func inOrder(t *testing.T, b Bench) {
	q, id := b.Open("first"), b.Add(true)
	want := b.Feed(id, 5)
	l := claim(t, q)
	require.Equal(t, want, positions(dueOf(t, q, l)))
	items, err := q.Due(t.Context(), l, 2)
	require.NoError(t, err)
	require.Equal(t, want[:2], positions(items))
	record(t, q, l, after(items[0], webhookflow.Delivered, 0), after(items[1], webhookflow.Delivered, 0))
	require.Equal(t, want[2:], positions(dueOf(t, q, l)))
}

func byDue(t *testing.T, b Bench) {
	q, id := b.Open("first"), b.Add(false)
	want := b.Feed(id, 3)
	l := claim(t, q)
	items := dueOf(t, q, l)
	require.Equal(t, want, positions(items))
	record(t, q, l, after(items[0], webhookflow.Waiting, time.Minute))
	require.Equal(t, want[1:], positions(dueOf(t, q, l)))
	b.Pass(2 * time.Minute)
	require.Equal(t, []int64{want[1], want[2], want[0]}, positions(dueOf(t, q, l)))
}

func pauses(t *testing.T, b Bench) {
	q, id := b.Open("first"), b.Add(false)
	b.Feed(id, 1)
	l := claim(t, q)
	record(t, q, l, after(dueOf(t, q, l)[0], webhookflow.Waiting, webhookflow.MaxPause()-time.Minute))
	require.Empty(t, dueOf(t, q, l))
	release(t, q, l, 0)
	claimsNone(t, q, "nothing is due")
	b.Pass(webhookflow.MaxPause())
	l = claim(t, q)
	record(t, q, l, after(dueOf(t, q, l)[0], webhookflow.Waiting, 2*webhookflow.MaxPause()))
	require.Len(t, dueOf(t, q, l), 1, "a clock that was wrong has said it")
	release(t, q, l, 2*webhookflow.MaxPause())
	claim(t, q)
}

func headBlocks(t *testing.T, b Bench) {
	q, id := b.Open("first"), b.Add(true)
	b.Feed(id, 3)
	l := claim(t, q)
	items := dueOf(t, q, l)
	record(t, q, l, after(items[0], webhookflow.Waiting, time.Minute))
	require.Empty(t, dueOf(t, q, l))
	release(t, q, l, 0)
	claimsNone(t, q, "all wait for the first")
	b.Pass(2 * time.Minute)
	l = claim(t, q)
	require.Equal(t, positions(items), positions(dueOf(t, q, l)))
}

func rests(t *testing.T, b Bench) {
	q, id := b.Open("first"), b.Add(true)
	at := b.Feed(id, 1)[0]
	l := claim(t, q)
	release(t, q, l, time.Minute)
	claimsNone(t, q, "it rests")
	b.Feed(id, 1)
	claimsNone(t, q, "whatever comes")
	b.Pass(2 * time.Minute)
	l = claim(t, q)
	b.Again(id, at)
	release(t, q, l, time.Minute)
	l = claim(t, q)
	release(t, q, l, time.Minute)
	b.Again(id, at)
	claim(t, q)
}

func rounds(t *testing.T, b Bench) {
	q, id := b.Open("first"), b.Add(true)
	at := b.Feed(id, 1)[0]
	l := claim(t, q)
	items := dueOf(t, q, l)
	b.Again(id, at)
	require.NoError(t, q.Mark(t.Context(), l, items[0], 1))
	record(t, q, l, after(items[0], webhookflow.Delivered, 0))
	again := dueOf(t, q, l)
	require.Len(t, again, 1)
	require.Equal(t, items[0].Round+1, again[0].Round)
	require.Zero(t, again[0].Lost)
	require.Zero(t, again[0].Attempts)
}

func fares(t *testing.T, b Bench) {
	q, id := b.Open("first"), b.Add(false)
	b.Feed(id, 4)
	l := claim(t, q)
	require.Nil(t, l.LastSuccess)
	require.Nil(t, l.FailingSince)
	items := dueOf(t, q, l)
	unsent := after(items[3], webhookflow.Failed, 0)
	unsent.Unsent = true
	record(t, q, l, after(items[0], webhookflow.Waiting, 0), after(items[1], webhookflow.Waiting, 0), unsent)
	release(t, q, l, 0)
	l = claim(t, q)
	require.Equal(t, 2, l.Failures, "what was not sent says nothing of the receiver")
	require.NotNil(t, l.FailingSince)
	since := *l.FailingSince
	b.Pass(time.Minute)
	record(t, q, l, after(items[2], webhookflow.Waiting, 0))
	release(t, q, l, 0)
	l = claim(t, q)
	require.Equal(t, 3, l.Failures)
	require.WithinDuration(t, l.Taken.Add(-time.Minute), *l.FailingSince, 10*time.Second)
	require.Less(t, l.FailingSince.Sub(since), 10*time.Second)
	record(t, q, l, after(items[2], webhookflow.Delivered, 0))
	release(t, q, l, 0)
	l = claim(t, q)
	require.Zero(t, l.Failures)
	require.Nil(t, l.FailingSince)
	require.NotNil(t, l.LastSuccess)
}

func hastens(t *testing.T, b Bench) {
	q, id := b.Open("first"), b.Add(false)
	b.Feed(id, 3)
	l := claim(t, q)
	items := dueOf(t, q, l)
	b.Pass(time.Second)
	record(t, q, l, after(items[0], webhookflow.Delivered, 0))
	b.Pass(time.Second)
	later := b.Feed(id, 1)[0]
	items = dueOf(t, q, l)
	require.Len(t, items, 3)
	record(t, q, l, after(items[0], webhookflow.Waiting, time.Hour), after(items[2], webhookflow.Waiting, time.Hour))
	require.Equal(t, positions(items[1:2]), positions(dueOf(t, q, l)))
	o := after(items[1], webhookflow.Delivered, 0)
	o.Hasten = true
	record(t, q, l, o)
	items = dueOf(t, q, l)
	require.Equal(t, []int64{later}, positions(items), "what was refused while other things were taken is not")
	require.Zero(t, items[0].Attempts)
}

func marks(t *testing.T, b Bench) {
	first, second := b.Open("first"), b.Open("second")
	b.Feed(b.Add(true), 2)
	l := claim(t, first)
	items := dueOf(t, first, l)
	require.NoError(t, first.Mark(t.Context(), l, items[0], 1))
	b.End("first")
	l = claim(t, second)
	next := dueOf(t, second, l)
	require.Equal(t, 1, next[0].Lost)
	require.Zero(t, next[1].Lost)
	record(t, second, l, after(next[0], webhookflow.Waiting, 0))
	require.Zero(t, dueOf(t, second, l)[0].Lost, "it was tried, and nobody died of it")
}

func several(t *testing.T, b Bench) {
	q, id := b.Open("first"), b.Add(false)
	b.Feed(id, 3)
	l := claim(t, q)
	items := dueOf(t, q, l)
	record(t, q, l, after(items[0], webhookflow.Waiting, 0), after(items[1], webhookflow.Delivered, 0),
		after(items[2], webhookflow.Waiting, 0))
	for i, want := range []State{{webhookflow.Waiting, 1}, {webhookflow.Delivered, 1}, {webhookflow.Waiting, 1}} {
		require.Equal(t, want, b.Delivery(id, items[i].Position))
	}
	release(t, q, l, 0)
	require.Equal(t, 1, claim(t, q).Failures, "since it took something")
}

func notGivenBack(t *testing.T, b Bench) {
	first, second, old, l, items := interrupted(t, b, 1)
	release(t, first, old, time.Hour)
	require.NoError(t, second.Hold(t.Context(), l))
	require.Equal(t, items, dueOf(t, second, l))
	require.NoError(t, second.Mark(t.Context(), l, items[0], 1))
	claimsNone(t, first, "the second one has it")
}
