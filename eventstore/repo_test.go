package eventstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// account is an aggregate that adds up.
type account struct {
	kernel.Root
	name  string
	total int
}

func (a *account) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case opened:
		a.name = e.Name
	case added:
		a.total += e.Amount
	default:
		return kernel.UnknownEvent("account", e)
	}
	return nil
}

// saved is an account with snapshots.
type saved struct {
	account
	schema int
}

func (a *saved) SnapshotSchema() int { return a.schema }

func (a *saved) MarshalState() (json.RawMessage, error) {
	return json.RawMessage(fmt.Sprintf(`{"total":%d}`, a.total)), nil
}

func (a *saved) UnmarshalState(b json.RawMessage) error {
	var s struct {
		Total int `json:"total"`
	}
	err := json.Unmarshal(b, &s)
	a.total = s.Total
	return err
}

func accounts(t *testing.T, store eventstore.Store) *eventstore.Repo[*account] {
	t.Helper()
	return eventstore.NewRepo("account", store, codec(t), func() *account { return &account{} })
}

func add(n int) func(*account) (any, error) {
	return func(a *account) (any, error) {
		err := a.Record(a, added{Amount: n})
		return map[string]int{"total": a.total}, err
	}
}

func TestRepoUpdate(t *testing.T) {
	t.Parallel()
	repo := accounts(t, memstore.New(kernel.SystemClock{}))
	_, version, err := repo.Load(t.Context(), "1")
	require.NoError(t, err)
	require.Zero(t, version)
	done, err := repo.Update(t.Context(), kernel.Meta{}, "1", add(5))
	require.NoError(t, err)
	require.Equal(t, int64(1), done.Last)
	require.JSONEq(t, `{"total":5}`, string(done.Result))
	_, err = repo.Update(t.Context(), kernel.Meta{}, "1", add(2))
	require.NoError(t, err)
	a, version, err := repo.Load(t.Context(), "1")
	require.NoError(t, err)
	require.Equal(t, 7, a.total)
	require.Equal(t, int64(2), version)
	require.Empty(t, a.Pending())
}

func TestRepoUpdateWithoutEvents(t *testing.T) {
	t.Parallel()
	store := memstore.New(kernel.SystemClock{})
	done, err := accounts(t, store).Update(t.Context(), kernel.Meta{}, "1", func(*account) (any, error) { return "same", nil })
	require.NoError(t, err)
	require.Zero(t, done.Last)
	head, err := store.Head(t.Context())
	require.NoError(t, err)
	require.Zero(t, head)
}

func TestRepoUpdateRefused(t *testing.T) {
	t.Parallel()
	refused := errors.New("no")
	_, err := accounts(t, memstore.New(kernel.SystemClock{})).Update(t.Context(), kernel.Meta{}, "1",
		func(*account) (any, error) { return nil, refused })
	require.ErrorIs(t, err, refused)
}

func TestRepoUpdateReplays(t *testing.T) {
	t.Parallel()
	repo := accounts(t, memstore.New(kernel.SystemClock{}))
	meta := kernel.Meta{IdempotencyKey: "k", Fingerprint: "f"}
	first, err := repo.Update(t.Context(), meta, "1", add(5))
	require.NoError(t, err)
	again, err := repo.Update(t.Context(), meta, "1", add(5))
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.Result, again.Result)
}

// TestRepoUpdateConcurrently has more callers than attempts: each addition is in the sum once, or its caller was told no.
func TestRepoUpdateConcurrently(t *testing.T) {
	t.Parallel()
	repo := accounts(t, memstore.New(kernel.SystemClock{}))
	const callers = 30
	var wg sync.WaitGroup
	errs := make([]error, callers)
	for i := range callers {
		wg.Go(func() { _, errs[i] = repo.Update(t.Context(), kernel.Meta{}, "1", add(1)) })
	}
	wg.Wait()
	want := 0
	for _, err := range errs {
		if err == nil {
			want++
			continue
		}
		require.Equal(t, kernel.KindConflict, kernel.KindOf(err))
	}
	a, _, err := repo.Load(t.Context(), "1")
	require.NoError(t, err)
	require.Equal(t, want, a.total)
}

// alwaysAhead is a log in which somebody else always appends first.
type alwaysAhead struct {
	eventstore.Store
	tries int
}

func (s *alwaysAhead) Append(_ context.Context, a eventstore.Append) (eventstore.Appended, error) {
	s.tries++
	first := a.Streams[0]
	return eventstore.Appended{}, &eventstore.ConflictError{Stream: first.Stream, Expected: first.Expected, Actual: int64(first.Expected) + 1}
}

func TestRepoUpdateGivesUp(t *testing.T) {
	t.Parallel()
	store := &alwaysAhead{Store: memstore.New(kernel.SystemClock{})}
	_, err := accounts(t, store).Update(t.Context(), kernel.Meta{}, "1", add(1))
	require.Equal(t, kernel.KindConflict, kernel.KindOf(err))
	require.True(t, eventstore.IsConflict(err), "the cause is kept")
	require.Greater(t, store.tries, 1)
}

// counted counts the events that are read from streams.
type counted struct {
	eventstore.Store
	read int
}

func (s *counted) ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error) {
	events, err := s.Store.ReadStream(ctx, stream, after, limit)
	s.read += len(events)
	return events, err
}

func TestRepoSnapshots(t *testing.T) {
	t.Parallel()
	store := &counted{Store: memstore.New(kernel.SystemClock{})}
	schema := 1
	repo := eventstore.NewRepo("account", store, codec(t), func() *saved { return &saved{schema: schema} })
	const n = 2500 // more than a page
	evs := make([]kernel.Event, n)
	for i := range evs {
		evs[i] = added{Amount: 1}
	}
	req, err := repo.Append(kernel.Meta{}, nil, eventstore.At(repo.Stream("1"), eventstore.NoStream, evs...))
	require.NoError(t, err)
	_, err = store.Append(t.Context(), req)
	require.NoError(t, err)
	load := func(wantRead int) {
		store.read = 0
		a, version, err := repo.Load(t.Context(), "1")
		require.NoError(t, err)
		require.Equal(t, n, a.total)
		require.Equal(t, int64(n), version)
		require.Equal(t, wantRead, store.read)
	}
	load(n)
	load(1)    // the event that the snapshot is of
	schema = 2 // another shape of state: the snapshot is not for it
	load(n)
	load(1) // the event that the snapshot is of
}

func TestRepoUnknownEvent(t *testing.T) {
	t.Parallel()
	store := memstore.New(kernel.SystemClock{})
	repo := accounts(t, store)
	_, err := store.Append(t.Context(), eventstore.Append{Streams: []eventstore.StreamAppend{{
		Stream: repo.Stream("1"), Events: []eventstore.EventData{{Type: "account.stranger.v1", Data: json.RawMessage(`{}`)}},
	}}})
	require.NoError(t, err)
	_, _, err = repo.Load(t.Context(), "1")
	require.ErrorContains(t, err, "unknown type")
	_, err = repo.Update(t.Context(), kernel.Meta{}, "1", add(1))
	require.ErrorContains(t, err, "unknown type", "nothing is appended to a stream that is not understood")
}

// complaining is a log that hears of damaged snapshots.
type complaining struct {
	*memstore.Store
	why []error
}

func (c *complaining) SnapshotDamaged(_ context.Context, _ eventstore.StreamID, why error) {
	c.why = append(c.why, why)
}

func TestRepoDoesWithoutADamagedSnapshot(t *testing.T) {
	t.Parallel()
	for name, damaged := range map[string]eventstore.Snapshot{
		"state of another shape":         {Version: 3, Schema: 1, State: json.RawMessage(`{"total":"three"}`)},
		"no object":                      {Version: 3, Schema: 1, State: json.RawMessage(`[1]`)},
		"null":                           {Version: 3, Schema: 1, State: json.RawMessage(`null`)},
		"of a version that never was":    {Version: 9, Schema: 1, State: json.RawMessage(`{"total":90}`)},
		"of the stream as it was before": {Version: 5, Schema: 1, State: json.RawMessage(`{"total":50}`)},
		"of version 0":                   {Version: 0, Schema: 1, State: json.RawMessage(`{"total":7}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &complaining{Store: memstore.New(kernel.SystemClock{})}
			repo := eventstore.NewRepo("account", log, codec(t), func() *saved { return &saved{schema: 1} })
			for range 4 {
				_, err := repo.Update(t.Context(), kernel.Meta{Actor: kernel.System()}, "1", func(a *saved) (any, error) {
					return nil, a.Record(a, added{Amount: 10})
				})
				require.NoError(t, err)
			}
			require.NoError(t, log.SaveSnapshot(t.Context(), "account-1", damaged))
			a, version, err := repo.Load(t.Context(), "1")
			require.NoError(t, err)
			require.EqualValues(t, 4, version)
			require.Equal(t, 40, a.total)
			require.Len(t, log.why, 1, "somebody is told")
			_, _, err = repo.Load(t.Context(), "1")
			require.NoError(t, err)
			require.Len(t, log.why, 1, "it was made anew")
			kept, found, err := log.LoadSnapshot(t.Context(), "account-1")
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, eventstore.Snapshot{Version: 4, Schema: 1, State: json.RawMessage(`{"total":40}`)}, kept)
		})
	}
}
