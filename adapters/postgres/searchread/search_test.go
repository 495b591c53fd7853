package searchread_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/postgres/searchread"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/searchview/searchtest"
)

// harness is the suite's store in Postgres.
type harness struct{ *postgrestest.Harness }

func (h harness) Searcher() searchview.Searcher { return searchread.NewQueries(h.Pool) }
func (h harness) Clock() *kernel.ManualClock    { return h.Harness.Clock }

func open(tb testing.TB) searchtest.Harness {
	tb.Helper()
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
	require.NoError(tb, err)
	return harness{postgrestest.NewModel(tb, searchview.New(searchview.Name, codec, searchread.Open), searchread.Model())}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, open)
}
