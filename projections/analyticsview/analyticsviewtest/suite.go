package analyticsviewtest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/analyticsview"
)

// Subject is a store under test.
type Subject struct {
	Store analyticsview.Store
	// Write makes a step of the projection with the facts, which come from later positions than all before.
	Write func(ctx context.Context, facts []analyticsview.Fact) error
	// Again writes facts that were written before, as after a lost commit; nil where the store's transaction rules that out.
	Again func(ctx context.Context, facts []analyticsview.Fact) error
	// Checks is how many worlds of random events are tried; 0: as many as rapid does. Real servers take their time.
	Checks int
}

// Run runs the suite on one store; each test has workspaces of its own.
func Run(t *testing.T, s Subject) {
	t.Helper()
	t.Run("nothing is there at first", func(t *testing.T) { testNothing(t, s) })
	t.Run("sums are those of the facts", func(t *testing.T) { testSums(t, s) })
	t.Run("names are taken as they are", func(t *testing.T) { testHostile(t, s) })
	t.Run("an error of the caller ends the answer", func(t *testing.T) { testStops(t, s) })
}

func begin() time.Time { return time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC) }

// ask returns all rows of the answer.
func ask(ctx context.Context, tb require.TestingT, store analyticsview.Store, q analyticsview.Query) []analyticsview.Row {
	var rows []analyticsview.Row
	require.NoError(tb, store.Sum(ctx, q, func(r analyticsview.Row) error {
		rows = append(rows, r)
		return nil
	}))
	return rows
}

func whole(ws kernel.WorkspaceID, kind analyticsview.Kind, by ...analyticsview.Dim) analyticsview.Query {
	return analyticsview.Query{Workspace: ws, Kind: kind, Buckets: []time.Time{begin(), begin().AddDate(1, 0, 0)}, By: by}
}

func testNothing(t *testing.T, s Subject) {
	ctx := t.Context()
	stamp, err := s.Store.Stamp(t.Context(), "ws_nothing")
	require.NoError(t, err)
	require.Zero(t, stamp)
	require.Empty(t, ask(ctx, t, s.Store, whole("ws_nothing", analyticsview.Cell)))
	require.Empty(t, ask(ctx, t, s.Store, whole("ws_nothing", analyticsview.Attempt, analyticsview.Dims()...)))
}

// world makes facts at positions that go up, over all checks: the store is one.
type world struct {
	position int64
	checks   int
}

func (w *world) event(t *rapid.T, ws kernel.WorkspaceID, at time.Time) []analyticsview.Fact {
	w.position++
	var out []analyticsview.Fact
	seen := map[analyticsview.Key]bool{}
	for range rapid.IntRange(1, 6).Draw(t, "facts") {
		key := analyticsview.Key{
			Workspace: ws, Quarter: at.Truncate(analyticsview.Quarter),
			Kind: rapid.SampledFrom([]analyticsview.Kind{
				analyticsview.Cell, analyticsview.Attempt, analyticsview.Field, analyticsview.Credit,
			}).Draw(t, "kind"),
		}
		for i := range key.Dims {
			key.Dims[i] = rapid.SampledFrom([]string{"", "a", "B", "ä"}).Draw(t, "dim")
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		f := analyticsview.Fact{Key: key, Position: w.position, Line: len(out)}
		for _, p := range f.Pointers() {
			*p.(*int64) = rapid.Int64Range(-3, 1000).Draw(t, "number") //nolint:errcheck,forcetypeassert // all are
		}
		out = append(out, f)
	}
	return out
}

func (w *world) query(t *rapid.T, ws kernel.WorkspaceID) analyticsview.Query {
	zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"}).Draw(t, "zone"))
	require.NoError(t, err)
	from := begin().Add(time.Duration(rapid.IntRange(-200, 300).Draw(t, "from")) * analyticsview.Quarter)
	r, err := analyticsview.NewRange(from, from.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "length"))*analyticsview.Quarter), zone)
	require.NoError(t, err)
	q := analyticsview.Query{
		Workspace: ws,
		Kind:      rapid.SampledFrom([]analyticsview.Kind{analyticsview.Cell, analyticsview.Attempt, analyticsview.Credit}).Draw(t, "kind"),
		Buckets:   r.Whole(),
		Where:     map[analyticsview.Dim]string{},
	}
	if g := rapid.SampledFrom([]analyticsview.Granularity{
		"", analyticsview.Hour, analyticsview.Day, analyticsview.Week,
	}).Draw(t, "granularity"); g != "" {
		q.Buckets = r.Buckets(g)
	}
	q.By = rapid.Permutation(analyticsview.Dims()).Draw(t, "by")[:rapid.IntRange(0, 3).Draw(t, "dims")]
	if rapid.Bool().Draw(t, "filtered") {
		q.Where[rapid.SampledFrom(analyticsview.Dims()).Draw(t, "where")] = rapid.SampledFrom([]string{"", "a"}).Draw(t, "is")
	}
	return q
}

// testSums writes random events, in batches of any size, and compares the answers to random questions with the twin's.
func testSums(t *testing.T, s Subject) {
	ctx := t.Context()
	w := &world{}
	rapid.Check(t, func(t *rapid.T) {
		if w.checks++; s.Checks > 0 && w.checks > s.Checks {
			return
		}
		twin, ws := NewMemory(), kernel.WorkspaceID(fmt.Sprintf("ws_%d_%d", w.checks, w.position))
		at := begin()
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var batch []analyticsview.Fact
			for range rapid.IntRange(1, 12).Draw(t, "events") {
				at = at.Add(time.Duration(rapid.IntRange(-1, 60).Draw(t, "minutes")) * time.Minute)
				batch = append(batch, w.event(t, ws, at)...)
			}
			require.NoError(t, twin.Write(ctx, batch))
			require.NoError(t, s.Write(ctx, batch))
			if s.Again != nil && rapid.Bool().Draw(t, "again") {
				from := rapid.IntRange(0, len(batch)-1).Draw(t, "from")
				require.NoError(t, s.Again(ctx, batch[from:rapid.IntRange(from+1, len(batch)).Draw(t, "to")]))
			}
		}
		stamp, err := s.Store.Stamp(ctx, ws)
		require.NoError(t, err)
		require.Equal(t, w.position, stamp)
		for range 4 {
			q := w.query(t, ws)
			require.Equal(t, ask(ctx, t, twin, q), ask(ctx, t, s.Store, q), "%+v", q)
		}
	})
}

func testHostile(t *testing.T, s Subject) {
	ctx := t.Context()
	names := []string{"'", `\`, "`;--", "{facts}", "{x:String}", "$1", "?", "%", "a\nb", "日本", "\""}
	var facts []analyticsview.Fact
	for i, name := range names {
		f := analyticsview.Fact{
			Key:      analyticsview.Key{Workspace: "ws_'hostile\\", Kind: analyticsview.Cell, Quarter: begin()},
			Position: 1_000_000,
			Line:     i,
			Measures: analyticsview.Measures{N: 1},
		}
		f.Dims[2] = name
		facts = append(facts, f)
	}
	require.NoError(t, s.Write(t.Context(), facts))
	require.Len(t, ask(ctx, t, s.Store, whole("ws_'hostile\\", analyticsview.Cell, analyticsview.Provider)), len(names))
	for _, name := range names {
		q := whole("ws_'hostile\\", analyticsview.Cell, analyticsview.Provider)
		q.Where = map[analyticsview.Dim]string{analyticsview.Provider: name}
		rows := ask(ctx, t, s.Store, q)
		require.Len(t, rows, 1, "%q", name)
		require.Equal(t, []string{name}, rows[0].Dims)
		require.EqualValues(t, 1, rows[0].N)
	}
}

func testStops(t *testing.T, s Subject) {
	var facts []analyticsview.Fact
	for i := range 100 {
		f := analyticsview.Fact{
			Key:      analyticsview.Key{Workspace: "ws_stops", Kind: analyticsview.Cell, Quarter: begin()},
			Position: 2_000_000,
			Line:     i,
		}
		f.Dims[2] = strconv.Itoa(i)
		facts = append(facts, f)
	}
	require.NoError(t, s.Write(t.Context(), facts))
	enough, calls := errors.New("enough"), 0
	err := s.Store.Sum(t.Context(), whole("ws_stops", analyticsview.Cell, analyticsview.Provider), func(analyticsview.Row) error {
		if calls++; calls == 3 {
			return enough
		}
		return nil
	})
	require.ErrorIs(t, err, enough)
	require.Equal(t, 3, calls)
}
