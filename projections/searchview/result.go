package searchview

import (
	"context"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Searcher finds documents. Everything it is asked is about one workspace, whose documents alone it looks at.
type Searcher interface {
	// Tables returns the structures of the workspace's tables.
	Tables(ctx context.Context, ws kernel.WorkspaceID) ([]*Structure, error)
	// Find returns the documents that a plan selects, in its order. Rows in the trash are not found.
	Find(ctx context.Context, p Plan) (Found, error)
	// Suggest returns values of the tables' rows that begin with the folded prefix, the most frequent first, each once in
	// all its cases and accents.
	Suggest(ctx context.Context, ws kernel.WorkspaceID, tables []kernel.TableID, prefix string, limit int) ([]Suggestion, error)
}

// Found is what a Searcher found.
type Found struct {
	Total  int64
	Rows   []FoundRow
	Facets map[string][]Bucket // by facet name; only when they were asked for
}

// FoundRow is a document with its place in the order.
type FoundRow struct {
	*Document
	Entry Entry // its name, tags, states and providers at least
	Score float64
}

// Bucket is how many of the found rows have a value.
type Bucket struct {
	Value string `json:"value"`
	Label string `json:"label,omitempty" doc:"What to show instead of the value."`
	Count int64  `json:"count"`
}

// The facets. Each has its FacetBuckets most frequent values, but FacetUpdated, which has the latest months (2026-03).
const (
	FacetTable    = "table"
	FacetProvider = "provider"
	FacetState    = "state"
	FacetTag      = "tag"
	FacetUpdated  = "updated"
)

// Suggestion is a value that completes what was typed.
type Suggestion struct {
	Value string `json:"value"`
	Count int64  `json:"count" doc:"How many rows have it; when very many rows begin so, an estimate."`
}

// Hit is a row that was found, ready to be shown. HTML is escaped but for <mark>.
type Hit struct {
	RowID     kernel.RowID   `json:"row_id"`
	TableID   kernel.TableID `json:"table_id"`
	TableName string         `json:"table_name"`
	Name      string         `json:"name" doc:"The row's label; may be empty."`
	NameHTML  string         `json:"name_html" doc:"The label with what matched in <mark>; everything else is escaped."`
	Score     float64        `json:"score"`
	Matches   []Match        `json:"matches" doc:"The cells that matched, at most 5."`
	Tags      []string       `json:"tags"`
	States    []string       `json:"states" doc:"What the last runs left in the row's cells."`
	Providers []string       `json:"providers" doc:"Who answered for the row's cells."`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`
}

// Match is a cell that matched.
type Match struct {
	ColumnID kernel.ColumnID `json:"column_id"`
	Column   string          `json:"column"`
	HTML     string          `json:"html" doc:"The part of the cell that matched, with <mark>; everything else is escaped."`
}

// Result is a page of hits.
type Result struct {
	Hits   []Hit
	Total  int64
	Next   string // search_after of the page behind; "" on the last
	Facets map[string][]Bucket
}

// Search carries a query out in the tables that visible admits.
func Search(ctx context.Context, s Searcher, ws kernel.WorkspaceID, visible func(kernel.TableID) bool, q Query) (Result, error) {
	out := Result{Hits: []Hit{}}
	if err := q.Validate(); err != nil {
		return out, err
	}
	tables, err := tablesOf(ctx, s, ws, visible)
	if err != nil {
		return out, err
	}
	p, some, err := q.plan(ws, tables)
	if err != nil || !some {
		if q.Facets {
			out.Facets = emptyFacets()
		}
		return out, err
	}
	p.Limit++ // one more tells whether there is a next page
	found, err := s.Find(ctx, p)
	if err != nil {
		return out, err
	}
	out.Total, out.Facets = found.Total, found.Facets
	if len(found.Rows) > q.Limit {
		found.Rows = found.Rows[:q.Limit]
		out.Next = cursorOf(found.Rows[q.Limit-1], p).String()
	}
	byID := make(map[kernel.TableID]*Structure, len(tables))
	for _, t := range tables {
		byID[t.ID()] = t
	}
	for _, row := range found.Rows {
		out.Hits = append(out.Hits, hit(row, byID[row.Table], p.Clauses))
	}
	for i, b := range out.Facets[FacetTable] {
		if t := byID[kernel.TableID(b.Value)]; t != nil {
			out.Facets[FacetTable][i].Label = t.Name()
		}
	}
	return out, nil
}

func emptyFacets() map[string][]Bucket {
	return map[string][]Bucket{FacetTable: {}, FacetProvider: {}, FacetState: {}, FacetTag: {}, FacetUpdated: {}}
}

// tablesOf are the tables that the asking person may see and that are not in the trash.
func tablesOf(ctx context.Context, s Searcher, ws kernel.WorkspaceID, visible func(kernel.TableID) bool) ([]*Structure, error) {
	all, err := s.Tables(ctx, ws)
	if err != nil {
		return nil, err
	}
	var out []*Structure
	for _, t := range all {
		if !t.Trashed() && visible(t.ID()) {
			out = append(out, t)
		}
	}
	return out, nil
}

func cursorOf(r FoundRow, p Plan) Cursor {
	c := Cursor{Sort: p.Sort, Down: p.Descending, Row: r.Row}
	switch p.Sort {
	case ByScore:
		c.Score = r.Score
	case ByCreated:
		c.At = r.CreatedAt.UnixMicro()
	case ByUpdated:
		c.At = r.UpdatedAt.UnixMicro()
	case ByName:
		c.Name = r.Entry.NameKey
	}
	return c
}

// Limits of what is suggested.
const (
	MinSuggest     = 2
	MaxSuggest     = 100
	suggestResults = 10
)

// Suggest completes what a person types.
func Suggest(
	ctx context.Context, s Searcher, ws kernel.WorkspaceID, visible func(kernel.TableID) bool, typed string,
) ([]Suggestion, error) {
	tables, err := tablesOf(ctx, s, ws, visible)
	if err != nil {
		return nil, err
	}
	prefix := Fold(typed)
	if len(tables) == 0 || prefix == "" {
		return []Suggestion{}, nil
	}
	ids := make([]kernel.TableID, len(tables))
	for i, t := range tables {
		ids[i] = t.ID()
	}
	return s.Suggest(ctx, ws, ids, prefix, suggestResults)
}
