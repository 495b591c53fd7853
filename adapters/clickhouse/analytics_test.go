package clickhouse_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/clickhouse"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/analyticsview/analyticsviewtest"
	"github.com/morket/morket/projections/sidestore"
)

// fixed is a reader of one copy.
type fixed sidestore.Copy

func (f fixed) Read(ctx context.Context, _ string, fn func(context.Context, sidestore.Copy) error) error {
	return fn(ctx, sidestore.Copy(f))
}

// write makes one flush.
func write(ctx context.Context, e *clickhouse.Engine, c sidestore.Copy, facts []analyticsview.Fact) error {
	b, err := e.Begin(ctx, c)
	if err != nil {
		return err
	}
	w, err := clickhouse.OpenAnalytics(b)
	if err != nil {
		return err
	}
	if err := w.Write(ctx, facts); err != nil {
		return err
	}
	return b.Flush(ctx, facts[len(facts)-1].Position)
}

func TestAnalytics(t *testing.T) {
	t.Parallel()
	cl := client(t)
	// So few that the suite's facts are rolled up while they come.
	e := clickhouse.NewEngine(cl, clickhouse.AnalyticsModel(30))
	c := sidestore.Copy{Projection: analyticsview.NameClickHouse, Generation: "a"}
	require.NoError(t, e.Make(t.Context(), c))
	put := func(ctx context.Context, facts []analyticsview.Fact) error { return write(ctx, e, c, facts) }
	analyticsviewtest.Run(t, analyticsviewtest.Subject{Store: clickhouse.NewAnalytics(e, fixed(c)), Write: put, Again: put, Checks: 15})
	sums, err := e.Checksums(t.Context(), c)
	require.NoError(t, err)
	require.Positive(t, sums.Tables["facts"].Rows)

	// A copy of the same facts that rolls up nothing has the same cube.
	require.NoError(t, e.Finish(t.Context(), c))
	after, err := e.Checksums(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, sums, after)
}

// A copy that the version before has made is read by the questions of this one until it is made anew.
func TestACopyOfAnEarlierVersionHasWhatQuestionsAskFor(t *testing.T) {
	t.Parallel()
	cl := client(t)
	model := clickhouse.AnalyticsModel(30)
	older := model
	older.Expand = nil
	for i := range older.Tables {
		older.Tables = slices.Clone(older.Tables)
		older.Tables[i].DDL = strings.Replace(older.Tables[i].DDL, "repeats Int64, ", "", 1)
	}
	c := sidestore.Copy{Projection: analyticsview.NameClickHouse, Generation: "a"}
	require.NoError(t, clickhouse.NewEngine(cl, older).Make(t.Context(), c))
	e := clickhouse.NewEngine(cl, model)
	_, err := e.Checksums(t.Context(), c)
	require.Error(t, err)
	_, there, err := e.Reached(t.Context(), c)
	require.NoError(t, err)
	require.True(t, there)
	_, err = e.Checksums(t.Context(), c)
	require.NoError(t, err)
}
