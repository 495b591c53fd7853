package dataopsread

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/dataopsview"
)

// Queries answers questions about imports.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

const importQuery = `SELECT body, position, created_at, finished_at FROM rm_dataops.imports WHERE workspace_id = $1 AND import_id = $2`

// Import returns an import of the workspace, or an error of kernel.KindNotFound.
func (q *Queries) Import(ctx context.Context, ws kernel.WorkspaceID, id kernel.ImportID) (dataops.Summary, error) {
	rows, err := q.db.Query(ctx, importQuery, ws, id)
	if err != nil {
		return dataops.Summary{}, fmt.Errorf("read import: %w", err)
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanImport)
	if errors.Is(err, pgx.ErrNoRows) {
		return dataops.Summary{}, kernel.NotFound("import", string(id))
	}
	if err != nil {
		return dataops.Summary{}, fmt.Errorf("read import: %w", err)
	}
	return i.Summary(), nil
}

const importsQuery = `SELECT body, position, created_at, finished_at FROM rm_dataops.imports
WHERE workspace_id = $1 AND ($2 = '' OR import_id < $2) AND ($3 = '' OR table_id = $3)
AND (cardinality($5::text[]) = 0 OR table_id = ANY($5) OR table_id = '' AND body ->> 'uploader' = $6) ORDER BY import_id DESC LIMIT $4`

// Imports lists imports of the workspace, newest first, from before the given one on; of one table if it is named.
func (q *Queries) Imports(
	ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, before kernel.ImportID, limit int, only dataopsview.Only,
) ([]dataops.Summary, error) {
	rows, err := q.db.Query(ctx, importsQuery, ws, before, table, limit, append([]kernel.TableID{}, only.Tables...), only.Uploader)
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanImport)
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	out := make([]dataops.Summary, len(list))
	for i, imp := range list {
		out[i] = imp.Summary()
	}
	return out, nil
}

const problemsQuery = `SELECT p.position, p.index, p.line, p.col, p.value, p.reason, p.kept, p.cells FROM rm_dataops.problems p
	JOIN rm_dataops.imports i USING (import_id)
WHERE i.workspace_id = $1 AND p.import_id = $2 AND (p.position, p.index) > ($3, $4) ORDER BY p.position, p.index LIMIT $5`

// Problems calls fn with each line of the import's errors file, in the file's order, without holding them in memory.
func (q *Queries) Problems(ctx context.Context, ws kernel.WorkspaceID, id kernel.ImportID, fn func(dataops.Problem) error) error {
	ctx = postgres.Unhurried(ctx)
	var position, index int64 = -1, 0 // of the last one read
	return postgres.InPages(func(limit int) ([]dataops.Problem, error) {
		rows, err := q.db.Query(ctx, problemsQuery, ws, id, position, index, limit)
		if err != nil {
			return nil, fmt.Errorf("read problems: %w", err)
		}
		page, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p dataops.Problem, err error) {
			return p, row.Scan(&position, &index, &p.Line, &p.Column, &p.Value, &p.Reason, &p.Kept, &p.Row)
		})
		if err != nil {
			return nil, fmt.Errorf("read problems: %w", err)
		}
		return page, nil
	}, fn)
}

// Upload names an uploaded file.
type Upload struct {
	Workspace kernel.WorkspaceID
	Import    kernel.ImportID
}

const waitingQuery = `SELECT workspace_id, import_id FROM rm_dataops.imports WHERE state IN ('uploaded', 'previewed') AND created_at < $1
	ORDER BY import_id LIMIT $2`

// Waiting lists uploads from before a time that nobody has committed, of all workspaces, oldest first.
func (q *Queries) Waiting(ctx context.Context, before time.Time, limit int) ([]Upload, error) {
	rows, err := q.db.Query(ctx, waitingQuery, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list waiting uploads: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Upload])
	if err != nil {
		return nil, fmt.Errorf("list waiting uploads: %w", err)
	}
	return out, nil
}

// Unfinished names an import that is being carried out or taken back.
type Unfinished struct {
	Import  kernel.ImportID
	Undoing bool
}

const unfinishedQuery = `SELECT import_id, coalesce((body -> 'undoing')::boolean, false) AS undoing FROM rm_dataops.imports
WHERE (state = 'importing' OR body -> 'undoing' = 'true') AND import_id > $1 ORDER BY import_id LIMIT $2`

// Unfinished lists imports of all workspaces that are under way, those after the given one.
func (q *Queries) Unfinished(ctx context.Context, after kernel.ImportID, limit int) ([]Unfinished, error) {
	rows, err := q.db.Query(ctx, unfinishedQuery, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list imports under way: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Unfinished])
	if err != nil {
		return nil, fmt.Errorf("list imports under way: %w", err)
	}
	return out, nil
}

const importsOfQuery = `SELECT import_id FROM rm_dataops.imports WHERE workspace_id = $1 AND table_id = $2 ORDER BY import_id`

// ImportsOf lists the imports into a table, the oldest first.
func (q *Queries) ImportsOf(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) ([]kernel.ImportID, error) {
	rows, err := q.db.Query(ctx, importsOfQuery, ws, id)
	if err != nil {
		return nil, fmt.Errorf("list the imports of a table: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[kernel.ImportID])
	if err != nil {
		return nil, fmt.Errorf("list the imports of a table: %w", err)
	}
	return out, nil
}
