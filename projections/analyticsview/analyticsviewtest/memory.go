// Package analyticsviewtest holds the memory twin of analyticsview.Store and the suite that every store passes.
package analyticsviewtest

import (
	"context"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/analyticsview"
)

type line struct {
	workspace kernel.WorkspaceID
	position  int64
	line      int
}

// Memory is a Store in memory that adds up every fact for each question.
type Memory struct {
	mu    sync.Mutex
	facts map[line]analyticsview.Fact
}

var (
	_ analyticsview.Store  = (*Memory)(nil)
	_ analyticsview.Writer = (*Memory)(nil)
)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{facts: map[line]analyticsview.Fact{}} }

// Write implements analyticsview.Writer.
func (m *Memory) Write(_ context.Context, facts []analyticsview.Fact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range facts {
		m.facts[line{f.Workspace, f.Position, f.Line}] = f
	}
	return nil
}

// Stamp implements analyticsview.Store.
func (m *Memory) Stamp(_ context.Context, ws kernel.WorkspaceID) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var last int64
	for k := range m.facts {
		if k.workspace == ws {
			last = max(last, k.position)
		}
	}
	return last, nil
}

// Sum implements analyticsview.Store.
func (m *Memory) Sum(_ context.Context, q analyticsview.Query, fn func(analyticsview.Row) error) error {
	for _, row := range m.rows(q) {
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

func (m *Memory) rows(q analyticsview.Query) []analyticsview.Row {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows []analyticsview.Row
	for _, f := range m.facts {
		if !picks(q, f) {
			continue
		}
		row := analyticsview.Row{Bucket: bucket(q.Buckets, f.Quarter), Dims: make([]string, len(q.By)), Measures: f.Measures}
		for i, d := range q.By {
			row.Dims[i] = dim(f, d)
		}
		rows = append(rows, row)
	}
	sort.Slice(rows, func(i, j int) bool { return compare(rows[i], rows[j]) < 0 })
	var out []analyticsview.Row
	for _, r := range rows {
		if n := len(out); n > 0 && compare(out[n-1], r) == 0 {
			out[n-1].Add(r.Measures)
			continue
		}
		out = append(out, r)
	}
	return out
}

func picks(q analyticsview.Query, f analyticsview.Fact) bool {
	if f.Workspace != q.Workspace || f.Kind != q.Kind || f.Quarter.Before(q.From()) || !f.Quarter.Before(q.To()) {
		return false
	}
	for d, want := range q.Where {
		if dim(f, d) != want {
			return false
		}
	}
	return true
}

func dim(f analyticsview.Fact, d analyticsview.Dim) string {
	return f.Dims[slices.Index(analyticsview.Dims(), d)]
}

func bucket(edges []time.Time, at time.Time) time.Time {
	i := sort.Search(len(edges), func(i int) bool { return edges[i].After(at) })
	return edges[i-1]
}

func compare(a, b analyticsview.Row) int {
	if c := a.Bucket.Compare(b.Bucket); c != 0 {
		return c
	}
	return slices.Compare(a.Dims, b.Dims)
}
