// Package searchtest holds the memory twin of the search's stores and the suite that every store passes.
package searchtest

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

// Memory is a Writer and a Searcher that looks at everything.
type Memory struct {
	tables  map[kernel.TableID]*searchview.Structure
	rows    map[kernel.RowID]*searchview.Document
	entries map[kernel.RowID]searchview.Entry
}

var (
	_ searchview.Writer   = (*Memory)(nil)
	_ searchview.Searcher = (*Memory)(nil)
)

// NewMemory returns an empty one.
func NewMemory() *Memory {
	return &Memory{map[kernel.TableID]*searchview.Structure{}, map[kernel.RowID]*searchview.Document{}, map[kernel.RowID]searchview.Entry{}}
}

// Structures implements searchview.Writer.
func (m *Memory) Structures(_ context.Context, ids []kernel.TableID) ([]*searchview.Structure, error) {
	var out []*searchview.Structure
	for _, id := range ids {
		if s := m.tables[id]; s != nil {
			out = append(out, s)
		}
	}
	return out, nil
}

// Documents implements searchview.Writer.
func (m *Memory) Documents(_ context.Context, rows []kernel.RowID) ([]*searchview.Document, error) {
	var out []*searchview.Document
	for _, id := range rows {
		if d := m.rows[id]; d != nil {
			out = append(out, clone(d))
		}
	}
	return out, nil
}

// Scan implements searchview.Writer.
func (m *Memory) Scan(_ context.Context, id kernel.TableID, after kernel.RowID, limit int) ([]*searchview.Document, error) {
	var out []*searchview.Document
	for _, row := range slices.Sorted(maps.Keys(m.rows)) {
		if d := m.rows[row]; d.Table == id && row > after && len(out) < limit {
			out = append(out, clone(d))
		}
	}
	return out, nil
}

// Save implements searchview.Writer.
func (m *Memory) Save(_ context.Context, b searchview.Batch) error {
	for _, c := range b.Changes {
		m.rows[c.Row], m.entries[c.Row] = clone(c.Document), c.Entry
	}
	for _, s := range b.Structures {
		m.tables[s.ID()] = s
	}
	return nil
}

// Finish implements searchview.Writer.
func (*Memory) Finish(context.Context) error { return nil }

func clone(d *searchview.Document) *searchview.Document {
	c := *d
	c.Cells, c.Formers = maps.Clone(d.Cells), maps.Clone(d.Formers)
	c.States, c.Providers = maps.Clone(d.States), maps.Clone(d.Providers)
	if c.Cells == nil {
		c.Cells = map[kernel.ColumnID]json.RawMessage{}
	}
	return &c
}

// Tables implements searchview.Searcher.
func (m *Memory) Tables(_ context.Context, ws kernel.WorkspaceID) ([]*searchview.Structure, error) {
	var out []*searchview.Structure
	for _, id := range slices.Sorted(maps.Keys(m.tables)) {
		if s := m.tables[id]; s.Workspace() == ws {
			out = append(out, s)
		}
	}
	return out, nil
}

// Find implements searchview.Searcher. It knows no score: what is asked for by score comes by row.
func (m *Memory) Find(_ context.Context, p searchview.Plan) (searchview.Found, error) {
	var out searchview.Found
	for id, d := range m.rows {
		if e := m.entries[id]; m.selects(p, d, e) {
			out.Rows = append(out.Rows, searchview.FoundRow{Document: d, Entry: e})
		}
	}
	out.Total = int64(len(out.Rows))
	slices.SortFunc(out.Rows, func(a, b searchview.FoundRow) int {
		c := order(p.Sort, a, b)
		if p.Descending {
			return -c
		}
		return c
	})
	out.Rows = out.Rows[min(p.Offset, len(out.Rows)):]
	out.Rows = out.Rows[:min(p.Limit, len(out.Rows))]
	return out, nil
}

func order(s searchview.Sort, a, b searchview.FoundRow) int {
	c := 0
	switch s {
	case searchview.ByCreated:
		c = a.CreatedAt.Compare(b.CreatedAt)
	case searchview.ByUpdated:
		c = a.UpdatedAt.Compare(b.UpdatedAt)
	case searchview.ByName:
		c = cmp.Compare(a.Entry.NameKey, b.Entry.NameKey)
	case searchview.ByScore:
	}
	return cmp.Or(c, cmp.Compare(a.Row, b.Row))
}

func (m *Memory) selects(p searchview.Plan, d *searchview.Document, e searchview.Entry) bool {
	if d.Gone || d.Workspace != p.Workspace || !slices.Contains(p.Tables, d.Table) {
		return false
	}
	some := func(want, have []string) bool {
		return len(want) == 0 || slices.ContainsFunc(want, func(v string) bool { return slices.Contains(have, v) })
	}
	in := func(r searchview.Range, at interface{ UnixMicro() int64 }) bool {
		return (r.From.IsZero() || at.UnixMicro() >= r.From.UnixMicro()) && (r.To.IsZero() || at.UnixMicro() < r.To.UnixMicro())
	}
	if !some(p.Providers, e.Providers) || !some(p.States, e.States) || !some(p.Tags, e.Tags) || !in(p.Created, d.CreatedAt) ||
		!in(p.Updated, d.UpdatedAt) {
		return false
	}
	return !slices.ContainsFunc(p.Clauses, func(c searchview.Clause) bool { return !c.Matches(e) })
}

// Suggest implements searchview.Searcher.
func (m *Memory) Suggest(
	_ context.Context, ws kernel.WorkspaceID, tables []kernel.TableID, prefix string, limit int,
) ([]searchview.Suggestion, error) {
	counts, labels := map[string]int64{}, map[string]string{}
	for id, d := range m.rows {
		if d.Workspace != ws || !slices.Contains(tables, d.Table) {
			continue
		}
		for _, s := range m.entries[id].Suggest {
			if folded := searchview.Fold(s); strings.HasPrefix(folded, prefix) {
				counts[folded]++
				if labels[folded] == "" || s < labels[folded] {
					labels[folded] = s
				}
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	out := []searchview.Suggestion{}
	for _, k := range keys[:min(limit, len(keys))] {
		out = append(out, searchview.Suggestion{Value: labels[k], Count: counts[k]})
	}
	return out, nil
}
