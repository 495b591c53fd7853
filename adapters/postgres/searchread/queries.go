package searchread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/cached"
	"github.com/morket/morket/projections/searchview"
)

// Queries finds documents.
type Queries struct {
	db     postgres.Reader
	tables *lru.Cache[kernel.TableID, *searchview.Structure] // as last read; a structure of a position never changes
}

var _ searchview.Searcher = (*Queries)(nil)

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries {
	return &Queries{db: db, tables: cached.New[kernel.TableID, *searchview.Structure](maxTables)}
}

// within is how long a search may take.
const within = 10 * time.Second

func tooSlow(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return kernel.E(kernel.KindUnavailable, "SEARCH_TOO_SLOW", "the search took longer than %s; ask for more words or fewer tables",
			within).Because(err)
	}
	return err
}

const (
	positionsQuery = `SELECT table_id, position FROM rm_search.tables WHERE workspace_id = $1 ORDER BY table_id`
	statesQuery    = `SELECT position, state FROM rm_search.tables WHERE workspace_id = $1 AND table_id = ANY($2)`
	maxTables      = 10_000 // structures that are remembered
)

// Tables implements searchview.Searcher.
func (q *Queries) Tables(ctx context.Context, ws kernel.WorkspaceID) ([]*searchview.Structure, error) {
	rows, err := q.db.Query(ctx, positionsQuery, ws)
	if err != nil {
		return nil, fmt.Errorf("list the tables that are searched: %w", err)
	}
	var out []*searchview.Structure
	var unknown []kernel.TableID
	var id kernel.TableID
	var position int64
	_, err = pgx.ForEachRow(rows, []any{&id, &position}, func() error {
		if s, ok := q.tables.Get(id); ok && s.Position == position {
			out = append(out, s)
		} else {
			unknown = append(unknown, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the tables that are searched: %w", err)
	}
	if len(unknown) == 0 {
		return out, nil
	}
	rows, err = q.db.Query(ctx, statesQuery, ws, unknown)
	if err != nil {
		return nil, fmt.Errorf("read the structures of tables: %w", err)
	}
	fresh, err := pgx.CollectRows(rows, scanStructure)
	if err != nil {
		return nil, fmt.Errorf("read the structures of tables: %w", err)
	}
	for _, s := range fresh {
		q.tables.Add(s.ID(), s)
	}
	return append(out, fresh...), nil
}

// Find implements searchview.Searcher.
func (q *Queries) Find(ctx context.Context, p searchview.Plan) (searchview.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	near, err := q.near(ctx, p)
	if err != nil {
		return searchview.Found{}, tooSlow(ctx, err)
	}
	sql, args := q.findSQL(p, near)
	var out searchview.Found
	var facets, page []byte
	if err := q.db.QueryRow(ctx, sql, args...).Scan(&out.Total, &facets, &page); err != nil {
		return out, tooSlow(ctx, fmt.Errorf("search: %w", err))
	}
	if facets != nil {
		if err := json.Unmarshal(facets, &out.Facets); err != nil {
			return out, fmt.Errorf("read facets: %w", err)
		}
	}
	var found []foundRow
	if err := json.Unmarshal(page, &found); err != nil {
		return out, fmt.Errorf("read what was found: %w", err)
	}
	for _, f := range found {
		row, err := f.row(p.Workspace)
		if err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// foundRow is a row of the page as Postgres writes it; times are microseconds since 1970.
type foundRow struct {
	Row       string          `json:"row_id"`
	Table     kernel.TableID  `json:"table_id"`
	Score     float64         `json:"score"`
	Created   int64           `json:"created"`
	Updated   int64           `json:"updated"`
	Position  int64           `json:"position"`
	Name      string          `json:"name"`
	NameKey   string          `json:"name_key"`
	Tags      []string        `json:"tags"`
	States    []string        `json:"states"`
	Providers []string        `json:"providers"`
	Doc       json.RawMessage `json:"doc"`
}

func (f foundRow) row(ws kernel.WorkspaceID) (searchview.FoundRow, error) {
	id, err := rowID(f.Row)
	if err != nil {
		return searchview.FoundRow{}, err
	}
	d := &searchview.Document{
		Workspace: ws, Table: f.Table, Row: id, Position: f.Position, CreatedAt: time.UnixMicro(f.Created), UpdatedAt: time.UnixMicro(f.Updated),
	}
	if err := json.Unmarshal(f.Doc, d); err != nil {
		return searchview.FoundRow{}, fmt.Errorf("document of %s: %w", id, err)
	}
	e := searchview.Entry{Name: f.Name, NameKey: f.NameKey, Tags: f.Tags, States: f.States, Providers: f.Providers}
	return searchview.FoundRow{Document: d, Entry: e, Score: f.Score}, nil
}

const suggestQuery = `SELECT min(label), sum(n)::bigint AS n FROM rm_search.labels
WHERE workspace_id = $1 AND folded >= $2 AND folded < $2 || chr(1114111) AND table_id = ANY($3)
GROUP BY folded ORDER BY n DESC, folded LIMIT $4`

// Suggest implements searchview.Searcher.
func (q *Queries) Suggest(
	ctx context.Context, ws kernel.WorkspaceID, tables []kernel.TableID, prefix string, limit int,
) ([]searchview.Suggestion, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	rows, err := q.db.Query(ctx, suggestQuery, ws, prefix, tables, limit)
	if err != nil {
		return nil, tooSlow(ctx, fmt.Errorf("suggest: %w", err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[searchview.Suggestion])
	if err != nil {
		return nil, tooSlow(ctx, fmt.Errorf("suggest: %w", err))
	}
	return out, nil
}
