package searchtest

import (
	"math/rand/v2"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/searchview"
)

// randomTest compares the store with the memory twin, which looks at every document.
func randomTest(w *world) {
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
	require.NoError(w.t, err)
	twin := NewMemory()
	projector := searchview.New(searchview.Name, codec, func(projections.Tx) (searchview.Writer, error) { return twin, nil })
	rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same at each run
	words := []string{"alpha", "alpine", "Älpha", "beta", "bet", "gamma-ray", "delta", "12", "1.5", "a@b.co", "Straße", "strasse", "O'Neil"}
	text := func() string {
		parts := make([]string, 1+rnd.IntN(3))
		for i := range parts {
			parts[i] = words[rnd.IntN(len(words))]
		}
		return strings.Join(parts, " ")
	}
	mirror := func(recorded []eventstore.Recorded) {
		require.NoError(w.t, projector.Apply(w.t.Context(), nil, recorded))
	}
	t, created := w.draft("T", "Name", "text", "Note", "long_text", "Tag", "select")
	mirror(w.Append(eventstore.Stream(table.StructureStream, string(t.id)), created))
	var events []kernel.Event
	for range 40 {
		ids := t.rowIDs(1)
		events = append(events, table.RowsInserted{
			TableID: t.id,
			Chunk:   t.chunk(ids, row{"Name": text(), "Note": text(), "Tag": words[rnd.IntN(3)]}),
		})
		if rnd.IntN(4) == 0 {
			events = append(events, table.CellsEdited{TableID: t.id, Chunk: t.chunk(ids, row{"Note": text()})})
		}
		if rnd.IntN(8) == 0 {
			events = append(events, table.RowsDeleted{TableID: t.id, Rows: ids})
		}
		if len(events) >= 1+rnd.IntN(20) {
			mirror(w.Append(eventstore.Stream(table.CellStream, string(t.id)), events...))
			events = nil
		}
	}
	for range 100 {
		q := searchview.Query{Sort: searchview.ByCreated, Limit: searchview.MaxLimit}
		for range 1 + rnd.IntN(2) {
			word := words[rnd.IntN(len(words))]
			switch rnd.IntN(5) {
			case 0:
				word = word[:min(len(word), 3)]
			case 1:
				word = `"` + text() + `"`
			case 2:
				word = []string{"name", "note", "tag"}[rnd.IntN(3)] + ":" + word
			}
			q.Text += " " + strings.ToValidUTF8(word, "")
		}
		want, err := searchview.Search(w.t.Context(), twin, w.ws, everything, q)
		require.NoError(w.t, err)
		require.Equal(w.t, rowsOf(want), rowsOf(w.search(q)), "search for %q", q.Text)
	}
}
